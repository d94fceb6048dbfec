//! Changes in AWS as lines for the aws CLI.

use serde_json::{Value, json};

use super::change::{AwsChange, NewAssociation, NewRole, RoleStep, Tags};

/// Lines for a POSIX shell that do the same.
pub fn lines(change: &AwsChange, region: &str) -> Vec<String> {
    match change {
        AwsChange::CreateOidcProvider { url, audience, tags, .. } => {
            let words = ["aws", "iam", "create-open-id-connect-provider", "--url", url, "--client-id-list", audience];
            vec![with_tags(shell(&words), tags)]
        }
        AwsChange::AddAudience { arn, audience } => {
            let words = ["aws", "iam", "add-client-id-to-open-id-connect-provider"];
            vec![shell(&[&words[..], &["--open-id-connect-provider-arn", arn, "--client-id", audience]].concat())]
        }
        AwsChange::CreateRole { role, then } => {
            let mut lines = vec![create_role(role)];
            lines.extend(then.iter().map(|step| role_step(&role.name, step)));
            lines
        }
        AwsChange::UpdateRole { name, steps } => steps.iter().map(|step| role_step(name, step)).collect(),
        AwsChange::CreateAssociation(association) => vec![create_association(association, region)],
        AwsChange::UpdateAssociation { cluster, id, role_arn } => vec![shell(&[
            "aws",
            "eks",
            "update-pod-identity-association",
            "--region",
            region,
            "--cluster-name",
            cluster,
            "--association-id",
            id,
            "--role-arn",
            role_arn,
        ])],
        AwsChange::DeleteAssociation { cluster, id } => {
            let words = ["aws", "eks", "delete-pod-identity-association", "--region", region];
            vec![shell(&[&words[..], &["--cluster-name", cluster, "--association-id", id]].concat())]
        }
        AwsChange::TakeBackTrust { name, document, .. } => vec![set_trust(name, document)],
        AwsChange::DeleteRole { name, detach, inline, .. } => {
            let line =
                |command: &str, rest: &[&str]| shell(&[&["aws", "iam", command, "--role-name", name], rest].concat());
            let mut lines: Vec<_> =
                detach.iter().map(|arn| line("detach-role-policy", &["--policy-arn", arn])).collect();
            lines.extend(inline.iter().map(|policy| line("delete-role-policy", &["--policy-name", policy])));
            lines.push(line("delete-role", &[]));
            lines
        }
        AwsChange::DeleteOidcProvider { arn, .. } => {
            vec![shell(&["aws", "iam", "delete-open-id-connect-provider", "--open-id-connect-provider-arn", arn])]
        }
        AwsChange::InstallAddon { cluster, addon, tags } => {
            let words =
                ["aws", "eks", "create-addon", "--region", region, "--cluster-name", cluster, "--addon-name", addon];
            let line = shell(&[&words[..], &["--tags", &json!(tags).to_string()]].concat());
            vec![line]
        }
    }
}

/// The line that makes a context for kubectl and helm.
pub fn update_kubeconfig(cluster: &str, region: &str) -> String {
    shell(&["aws", "eks", "update-kubeconfig", "--name", cluster, "--region", region])
}

fn create_role(role: &NewRole) -> String {
    let trust = role.trust.to_string();
    let mut words = vec!["aws", "iam", "create-role", "--role-name", &role.name];
    if role.path != "/" {
        words.extend(["--path", &role.path]);
    }
    words.extend(["--description", &role.description, "--assume-role-policy-document", &trust]);
    if let Some(boundary) = &role.boundary {
        words.extend(["--permissions-boundary", boundary]);
    }
    with_tags(shell(&words), &role.tags)
}

fn set_trust(name: &str, document: &Value) -> String {
    let words = ["aws", "iam", "update-assume-role-policy", "--role-name", name, "--policy-document"];
    shell(&[&words[..], &[&document.to_string()]].concat())
}

fn role_step(name: &str, step: &RoleStep) -> String {
    let line = |command: &str, rest: &[&str]| shell(&[&["aws", "iam", command, "--role-name", name], rest].concat());
    match step {
        RoleStep::SetTrust { document, .. } => set_trust(name, document),
        RoleStep::Tag(tags) => with_tags(line("tag-role", &[]), tags),
        RoleStep::SetBoundary(arn) => line("put-role-permissions-boundary", &["--permissions-boundary", arn]),
        RoleStep::Attach(arn) => line("attach-role-policy", &["--policy-arn", arn]),
        RoleStep::PutInlinePolicy { name: policy, document } => {
            line("put-role-policy", &["--policy-name", policy, "--policy-document", &document.to_string()])
        }
    }
}

fn create_association(association: &NewAssociation, region: &str) -> String {
    shell(&[
        "aws",
        "eks",
        "create-pod-identity-association",
        "--region",
        region,
        "--cluster-name",
        &association.cluster,
        "--namespace",
        &association.namespace,
        "--service-account",
        &association.service_account,
        "--role-arn",
        &association.role_arn,
        "--tags",
        &json!(association.tags).to_string(),
    ])
}

/// IAM's tags are a list of keys and values; JSON takes every sign that a tag may have.
fn with_tags(line: String, tags: &Tags) -> String {
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    if tags.is_empty() { line } else { format!("{line} \\\n  --tags {}", word(&json!(tags).to_string())) }
}

fn shell(words: &[&str]) -> String {
    words.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

fn word(text: &str) -> String {
    shlex::Quoter::new().allow_nul(true).quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
