//! `permissions`: the exact rights that this configuration takes, for whoever hands them out.

use std::sync::Arc;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use crate::access::Access;
use crate::answers::{Need, settle};
use crate::cloud::aws::context::EksContext;
use crate::cloud::aws::names::Region;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::aws::{Aws, AwsError, AwsOptions, setup_policy, teardown_policy};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::plan::scope;
use crate::terminal::Output;

use super::Call;
use super::reach::context_facts;
use super::session::{extra_roots, gather};

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
    /// IAM, for a cluster on EKS
    Aws,
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
    /// `aws`.
    part: String,
    /// `iam-policy`: an identity-based policy of IAM.
    format: String,
    /// The rights, in that format.
    document: Value,
}

/// Runs `permissions`.
pub(super) async fn run(call: &Call<'_>, args: &PermissionsArgs) -> Result<ExitCode, Failure> {
    let Part::Aws = args.part;
    let policy = aws_policy(call, args.destroy).await?;
    if call.terminal.output == Output::Human {
        call.terminal.data(&serde_json::to_string_pretty(&policy).unwrap_or_default());
        return Ok(ExitCode::Done);
    }
    let part = PermissionsPart { part: "aws".to_owned(), format: "iam-policy".to_owned(), document: policy };
    call.terminal.document(&PermissionsDocument { schema: SCHEMA.to_owned(), parts: vec![part] });
    Ok(ExitCode::Done)
}

/// The policy with everything filled in that can be known: from AWS as far as it answers, else from the context.
async fn aws_policy(call: &Call<'_>, with_destroy: bool) -> Result<Value, Failure> {
    let (answers, _) = gather(call)?;
    let settled = settle(&answers, call.process, Need::NOTHING)?;
    for warning in &settled.warnings {
        call.terminal.warn(warning);
    }
    let Some(aws) = &settled.settings.aws else {
        let message = format!("the cluster's provider is `{}`: nothing is needed in AWS", settled.settings.provider);
        return Err(
            Failure::new(FailureKind::Usage, message).hint("--provider eks --cluster-name NAME --region REGION")
        );
    };
    let options = AwsOptions {
        profile: aws.profile.clone(),
        region: aws.region.clone(),
        extra_roots: extra_roots(call.process, &answers, &settled)?,
        access: Access::ReadOnly,
        deadline: Instant::now() + settled.connection.timeout,
        on_retry: Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    };
    let client = Aws::connect(call.process, options).await?;
    let said = context_facts(call, &answers)?.as_ref().and_then(EksContext::of).and_then(|eks| eks.account);
    let seen = Seen::ask(&client, aws, said.as_deref()).await?;
    for note in &seen.notes {
        call.terminal.warn(note);
    }
    let scope =
        scope(aws, client.region(), seen.role_path.as_deref(), &seen.partition, &seen.account, seen.issuer.as_deref());
    let mut policy = setup_policy(&scope);
    if with_destroy {
        let more = teardown_policy(&scope)["Statement"].take();
        if let (Some(statements), Some(more)) = (policy["Statement"].as_array_mut(), more.as_array()) {
            for statement in more {
                statements.extend(beside(statements, statement));
            }
        }
    }
    Ok(policy)
}

/// A statement without what others allow already; `None` when nothing is left of it.
fn beside(statements: &[Value], statement: &Value) -> Option<Value> {
    let is_there = |action: &Value| {
        statements.iter().any(|other| {
            other.get("Condition").is_none()
                && other["Resource"] == statement["Resource"]
                && other["Action"].as_array().is_some_and(|actions| actions.contains(action))
        })
    };
    let mut rest = statement.clone();
    let actions = rest["Action"].as_array_mut()?;
    actions.retain(|action| !is_there(action));
    (!actions.is_empty()).then_some(rest)
}

/// What AWS says, or what has to do without.
struct Seen {
    partition: String,
    account: String,
    issuer: Option<String>,
    role_path: Option<String>,
    notes: Vec<String>,
}

impl Seen {
    /// Whoever asks may have no rights at all yet: then the resources are as narrow as they can be.
    async fn ask(client: &Aws, aws: &AwsSettings, account: Option<&str>) -> Result<Self, Failure> {
        let name = aws.role_name();
        let (caller, cluster, role) = futures::join!(client.caller(), client.cluster(&aws.cluster), client.role(name));
        let mut notes = Vec::new();
        let (partition, account) = match (caller, account) {
            (Ok(caller), _) => (caller.arn.partition().to_owned(), caller.account),
            (Err(error), Some(account)) => {
                notes.push(format!("the account is the one that the context names, as AWS was not asked: {error}"));
                (partition_of(client.region()), account.to_owned())
            }
            (Err(error), None) => return Err(error.into()),
        };
        let issuer = match cluster {
            Ok(cluster) => cluster.issuer_name().map(str::to_owned),
            Err(error) => {
                let why = unless_wrong(error)?;
                notes.push(format!("the cluster can't be looked at, so the policy covers every OIDC provider of EKS in the region: {why}"));
                None
            }
        };
        let role_path = role.ok().flatten().map(|role| role.path);
        Ok(Self { partition, account, issuer, role_path, notes })
    }
}

fn partition_of(region: &Region) -> String {
    region.partition().to_owned()
}

/// A cluster that is not there is a mistake; one that may not be seen is why somebody asks.
fn unless_wrong(error: AwsError) -> Result<String, Failure> {
    if error.is_missing() { Err(error.into()) } else { Ok(error.to_string()) }
}
