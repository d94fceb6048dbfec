//! `permissions`: the exact rights that this configuration takes, for whoever hands them out.

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use crate::answers::{Need, settle};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::terminal::Output;

use super::Call;
use super::session::gather;

mod aws;
mod azure;
mod gcp;

/// The document's schema.
const SCHEMA: &str = "runner-setup/permissions/v1";

/// Flags of `permissions`.
#[derive(Debug, Args)]
pub(super) struct PermissionsArgs {
    /// Whose rights to print
    #[arg(long = "for", value_enum, value_name = "PART")]
    part: Part,
    /// Also what `destroy` takes
    #[arg(long)]
    destroy: bool,
}

/// Who hands out rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// IAM of AWS, for a cluster on EKS
    Aws,
    /// IAM of Google Cloud, for a cluster on GKE
    Gcp,
    /// Roles of Azure, for a cluster on AKS
    Azure,
}

/// What `permissions` writes.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct PermissionsDocument {
    /// Always `runner-setup/permissions/v1`.
    #[schemars(extend("const" = SCHEMA))]
    schema: String,
    /// One document for each part that was asked for.
    parts: Vec<PermissionsPart>,
}

/// The rights of one part.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct PermissionsPart {
    /// `aws`, `gcp` or `azure`.
    part: String,
    /// `iam-policy`: an identity-based policy of AWS' IAM. `gcp-custom-role`: a role as `gcloud iam roles create --file`
    /// takes it. `azure-role-definition`: a role as `az role definition create --role-definition` takes it.
    format: String,
    /// The project in which the role is granted; of Google Cloud only.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// The rights, in that format.
    document: Value,
}

/// Runs `permissions`.
pub(super) async fn run(call: &Call<'_>, args: &PermissionsArgs) -> Result<ExitCode, Failure> {
    let (answers, _) = gather(call).await?;
    let settled = settle(&answers, call.process, Need::NOTHING)?;
    for warning in &settled.warnings {
        call.terminal.warn(warning);
    }
    let parts = match args.part {
        Part::Aws => vec![PermissionsPart {
            part: "aws".to_owned(),
            format: "iam-policy".to_owned(),
            project: None,
            document: aws::policy(call, &answers, &settled, args.destroy).await?,
        }],
        Part::Gcp => gcp::roles(&settled.settings, call.process, args.destroy)?,
        Part::Azure => azure::roles(&settled.settings, args.destroy)?,
    };
    if call.terminal.output == Output::Human {
        for project in parts.iter().filter_map(|part| part.project.as_deref()) {
            call.terminal.say(&gcp::how_to_use(project, parts.len() == 1));
        }
        if args.part == Part::Azure {
            parts.iter().for_each(|part| call.terminal.say(&azure::how_to_use(&part.document)));
        }
        // One document in any case: two after each other are none that anything reads.
        let document = match parts.as_slice() {
            [only] => only.document.clone(),
            several if args.part == Part::Azure => azure::by_scope(several),
            several => gcp::by_project(several),
        };
        call.terminal.data(&serde_json::to_string_pretty(&document).unwrap_or_default());
        return Ok(ExitCode::Done);
    }
    call.terminal.document(&PermissionsDocument { schema: SCHEMA.to_owned(), parts });
    Ok(ExitCode::Done)
}
