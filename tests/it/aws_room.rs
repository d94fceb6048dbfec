//! The AWS room against an AWS that evaluates policies, trust and tokens: each scene in a process of its own, since the
//! SDK reads the environment of its process.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use runner_setup::access::Access;
use runner_setup::cloud::aws::change::{AwsChange, NewAssociation, NewRole, RoleStep, Tags};
use runner_setup::cloud::aws::names::{Arn, Region};
use runner_setup::cloud::aws::{
    Aws, AwsError, AwsOptions, POD_IDENTITY_AGENT, PolicyScope, Profile, RightVerdict, look, rights_of, setup_policy,
    teardown_policy,
};
use runner_setup::failure::Failure;
use runner_setup::interrupt::Interrupt;
use runner_setup::process::Process;
use serde_json::{Value, json};
use world::aws::{Account, Aws as Provider};

const AUDIENCE: &str = "sts.amazonaws.com";
const ROLE: &str = "humanitec-kubernetes-agent-runner-prod";
const READ_ONLY: &str = "policy/AmazonS3ReadOnlyAccess";

/// Plays one scene and returns what came of it, or the failure as a person would read it.
#[track_caller]
fn play(env: &BTreeMap<String, String>, scene: &Value) -> Result<Value, Failing> {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["aws_room::actor", "--exact", "--ignored", "--nocapture"])
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_ROOM_SCENE", scene.to_string())
        .envs(env)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("SCENE ")).unwrap_or_else(|| panic!("{said}")).1;
    let answer: Value = serde_json::from_str(line).unwrap();
    match answer.get("failure") {
        Some(failure) => Err(Failing(failure.clone())),
        None => Ok(answer),
    }
}

/// A failure as data.
#[derive(Debug)]
struct Failing(Value);

impl Failing {
    /// Kind, message and hints on one line.
    fn text(&self) -> String {
        self.0.to_string()
    }
}

#[test]
#[ignore = "an actor of the tests beside it, with an environment of its own"]
fn actor() {
    let process = Process::real();
    let scene: Value = serde_json::from_str(process.var("AWS_ROOM_SCENE").unwrap()).unwrap();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let ear = told.clone();
    let profile = scene["profile"].as_str().map(|name| Profile { name: name.to_owned(), by_flag: true });
    let options = AwsOptions {
        profile,
        region: None,
        extra_roots: Vec::new(),
        access: if scene["reads"] == true { Access::ReadOnly } else { Access::Write },
        deadline: Instant::now() + Duration::from_secs(90),
        on_retry: Arc::new(move |text| ear.lock().unwrap().push(text.to_owned())),
        interrupt: Interrupt::default(),
    };
    let played = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let aws = Aws::connect(&process, options).await?;
        act(&aws, &scene).await
    });
    let mut answer = match played {
        Ok(answer) => answer,
        Err(error) => json!({ "failure": Failure::from(error) }),
    };
    answer["told"] = json!(*told.lock().unwrap());
    println!("\nSCENE {answer}");
}

async fn act(aws: &Aws, scene: &Value) -> Result<Value, AwsError> {
    let cluster = scene["cluster"].as_str().unwrap_or("prod");
    match scene["name"].as_str().unwrap() {
        "caller" => Ok(json!({ "arn": aws.caller().await?.arn.as_str() })),
        "cluster" => Ok(json!({ "issuer": aws.cluster(cluster).await?.issuer })),
        "lists" => Ok(json!({
            "clusters": aws.clusters().await?,
            "attached": aws.attached_policies(ROLE).await?,
            "inline": aws.inline_policies(ROLE).await?,
        })),
        "look" => Ok(json!({ "role": format!("{:?}", look(aws.role(ROLE).await)?) })),
        "token" => Ok(json!({ "token": aws.cluster_token(cluster).await?.expose() })),
        "set up" => set_up(aws, scene).await,
        "take back" => take_back(aws, scene).await,
        "ask" => ask(aws, scene).await,
        "become" => {
            let role = format!("arn:aws:iam::{}:role/{ROLE}", aws.caller().await?.account);
            let token = scene["token"].as_str().unwrap();
            let patience = Duration::from_secs(scene["patience"].as_u64().unwrap_or_default());
            Ok(match aws.assume_with_web_identity(&role, token, "check", patience).await {
                Ok(arn) => json!({ "arn": arn }),
                Err(error) => json!({ "code": error.code, "message": error.message }),
            })
        }
        other => panic!("no scene {other}"),
    }
}

fn tags() -> Tags {
    [("runner-setup/cluster".to_owned(), "prod".to_owned())].into()
}

/// Everything that is to be set up, in two lists: creating, and then changing.
async fn changes(aws: &Aws, scene: &Value) -> Result<[Vec<AwsChange>; 2], AwsError> {
    let (caller, cluster) = futures::try_join!(aws.caller(), aws.cluster("prod"))?;
    let (partition, account) = (caller.arn.partition(), &caller.account);
    let issuer = cluster.issuer_name().unwrap();
    let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}");
    let pods = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "pods.eks.amazonaws.com" },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }] });
    let jobs = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": {
            format!("{issuer}:aud"): AUDIENCE, format!("{issuer}:sub"): "system:serviceaccount:jobs:job",
        } },
    }] });
    let is_irsa = scene["identity"] == "irsa";
    let trust = if is_irsa { jobs } else { pods };
    let path = scene["path"].as_str().unwrap_or("/").to_owned();
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" },
    ] });
    let then = vec![
        RoleStep::Attach(format!("arn:{partition}:iam::aws:{READ_ONLY}")),
        RoleStep::PutInlinePolicy { name: "jobs".to_owned(), document },
    ];
    let role_arn = format!("arn:{partition}:iam::{account}:role{path}{ROLE}");
    let role = NewRole {
        name: ROLE.to_owned(),
        path,
        description: "For the jobs".to_owned(),
        trust: trust.clone(),
        boundary: scene["boundary"].as_str().map(str::to_owned),
        tags: tags(),
    };
    let seen = aws.role(ROLE).await?.map(|role| role.trust).unwrap_or_default();
    let mut steps = vec![RoleStep::SetTrust { seen, document: trust }, RoleStep::Tag(tags())];
    steps.extend(role.boundary.clone().map(RoleStep::SetBoundary));
    let name = ROLE.to_owned();
    let create_role = AwsChange::CreateRole { role, then };
    let update_role = AwsChange::UpdateRole { name, steps };
    let (arn, audience) = (provider, AUDIENCE.to_owned());
    if is_irsa {
        let url = cluster.issuer.unwrap();
        let create = AwsChange::CreateOidcProvider { arn: arn.clone(), url, audience: audience.clone(), tags: tags() };
        return Ok([vec![create, create_role], vec![AwsChange::AddAudience { arn, audience }, update_role]]);
    }
    let name = || "prod".to_owned();
    let (namespace, service_account) = ("jobs".to_owned(), "job".to_owned());
    let new = NewAssociation { cluster: name(), namespace, service_account, role_arn: role_arn.clone(), tags: tags() };
    let addon = AwsChange::InstallAddon { cluster: name(), addon: POD_IDENTITY_AGENT.to_owned(), tags: tags() };
    let mut later = vec![update_role];
    if let Some(there) = aws.association("prod", "jobs", "job").await? {
        later.push(AwsChange::UpdateAssociation { cluster: name(), id: there.id, role_arn });
    }
    Ok([vec![create_role, AwsChange::CreateAssociation(new), addon], later])
}

async fn set_up(aws: &Aws, scene: &Value) -> Result<Value, AwsError> {
    let [create, change] = changes(aws, scene).await?;
    for change in create.iter().chain(&change) {
        aws.apply(change).await?;
    }
    let role = aws.role(ROLE).await?.unwrap();
    let policy = aws.inline_policy(ROLE, "jobs").await?.unwrap();
    let attached = aws.attached_policies(ROLE).await?.unwrap();
    let mut seen = json!({ "role": role.arn.as_str(), "path": role.path, "tags": role.tags, "attached": attached,
        "boundary": role.boundary, "inline": policy["Statement"][0]["Action"] });
    if scene["identity"] == "irsa" {
        let provider = role.trust["Statement"][0]["Principal"]["Federated"].as_str().unwrap();
        seen["audiences"] = json!(aws.oidc_provider(provider).await?.unwrap().audiences);
    } else {
        seen["association"] = json!(aws.association("prod", "jobs", "job").await?.unwrap().role_arn);
        seen["addon"] = json!(aws.addon("prod", POD_IDENTITY_AGENT).await?.unwrap().tags);
    }
    Ok(seen)
}

async fn take_back(aws: &Aws, scene: &Value) -> Result<Value, AwsError> {
    let is_irsa = scene["identity"] == "irsa";
    let role = aws.role(ROLE).await?;
    let issuer = aws.cluster("prod").await?.issuer_name().unwrap().to_owned();
    let arn = format!("arn:aws:iam::{}:oidc-provider/{issuer}", aws.caller().await?.account);
    let users = if is_irsa { aws.roles_trusting(&arn).await? } else { Vec::new() };
    let mut changes = Vec::new();
    // IAM knows the path of a role, and so whether a policy is about it, only while it is there.
    if role.is_some() || scene["path"] == "/" {
        let detach = aws.attached_policies(ROLE).await?.unwrap_or_default();
        let inline = aws.inline_policies(ROLE).await?;
        let seen = aws.role(ROLE).await?.map(|role| role.trust).unwrap_or_default();
        changes.push(AwsChange::DeleteRole { name: ROLE.to_owned(), seen, detach, inline });
    }
    if is_irsa {
        changes.push(AwsChange::DeleteOidcProvider { arn, but_for: Some(ROLE.to_owned()) });
    } else {
        let there = aws.association("prod", "jobs", "job").await?;
        changes.extend(there.map(|it| AwsChange::DeleteAssociation { cluster: "prod".to_owned(), id: it.id }));
    }
    for change in &changes {
        aws.apply(change).await?;
    }
    Ok(json!({ "users": users, "there": aws.role(ROLE).await?.is_some() }))
}

async fn ask(aws: &Aws, scene: &Value) -> Result<Value, AwsError> {
    let who: Arn = scene["who"].as_str().unwrap().parse().unwrap();
    let account = aws.caller().await?.account;
    let region = aws.region().clone();
    let scope = PolicyScope { account: &account, region: &region, ..scope_of(&region, &[], scene) };
    let [create, change] = changes(aws, scene).await?;
    let rights: Vec<_> = create.iter().chain(&change).flat_map(|change| rights_of(change, &scope)).collect();
    let verdicts = aws.simulate(&who, &rights).await?;
    let refused = rights.iter().zip(&verdicts).filter(|(_, verdict)| **verdict != RightVerdict::Allowed);
    Ok(json!({ "asked": rights.len(), "refused": refused.map(|(right, verdict)| {
        format!("{} {}", right.action, verdict.words())
    }).collect::<Vec<_>>() }))
}

fn scope_of<'a>(region: &'a Region, attach: &'a [Arn], scene: &'a Value) -> PolicyScope<'a> {
    PolicyScope {
        partition: region.partition(),
        account: "",
        region,
        cluster: "prod",
        issuer_name: None,
        identity: scene["identity"].as_str().unwrap_or("none").parse().unwrap(),
        role_name: ROLE,
        role_path: scene["path"].as_str().unwrap_or("/"),
        own_role: true,
        attach,
        inline: true,
        boundary: None,
        install_addon: true,
    }
}

mod scenes;
