//! What a cluster on EKS takes, as a policy of IAM.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use crate::access::Access;
use crate::answers::{Answers, Settled};
use crate::cloud::aws::context::EksContext;
use crate::cloud::aws::names::Region;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::aws::{Aws, AwsError, AwsOptions, setup_policy, teardown_policy};
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::plan::scope;

use super::super::Call;
use super::super::detect::context_facts;
use super::super::session::extra_roots;

/// The policy with everything filled in that can be known: from AWS as far as it answers, else from the context.
pub(super) async fn policy(
    call: &Call<'_>,
    answers: &Answers,
    settled: &Settled,
    with_destroy: bool,
) -> Result<Value, Failure> {
    let Some(aws) = &settled.settings.aws else {
        let message = format!("the cluster's provider is `{}`: nothing is needed in AWS", settled.settings.provider);
        return Err(
            Failure::new(FailureKind::Usage, message).hint("--provider eks --cluster-name NAME --region REGION")
        );
    };
    let options = AwsOptions {
        profile: aws.profile.clone(),
        region: aws.region.clone(),
        extra_roots: extra_roots(call.process, answers, settled)?,
        access: Access::ReadOnly,
        deadline: Instant::now() + settled.connection.timeout,
        on_retry: Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    };
    let client = Aws::connect(call.process, options).await?;
    let said = context_facts(call, answers)?.as_ref().and_then(EksContext::of).and_then(|eks| eks.account);
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
