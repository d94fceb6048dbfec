//! The least that one must be allowed in AWS for a configuration: as a policy, and as single rights to ask about; no IO.

use serde_json::{Value, json};

use super::change::{AwsChange, RoleStep};
use super::names::{Arn, Region};
use super::simulate::RightCheck;
use crate::settings::AwsIdentity;

/// The add-on that brings the Pod Identity agent.
pub const POD_IDENTITY_AGENT: &str = "eks-pod-identity-agent";
/// The service that a role for Pod Identity is handed to.
const PODS: &str = "pods.eks.amazonaws.com";

/// What a policy is for.
#[derive(Debug, Clone)]
pub struct PolicyScope<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// The account's 12 digits.
    pub account: &'a str,
    /// The cluster's region.
    pub region: &'a Region,
    /// The cluster's name.
    pub cluster: &'a str,
    /// The issuer without its scheme; `None`: not known yet, so any cluster's of the region.
    pub issuer_name: Option<&'a str>,
    /// How jobs get their rights.
    pub identity: AwsIdentity,
    /// The role's name.
    pub role_name: &'a str,
    /// The role's path; `/` for none.
    pub role_path: &'a str,
    /// Whether the tool makes and keeps the role; if not, somebody brought it.
    pub own_role: bool,
    /// The managed policies to attach.
    pub attach: &'a [Arn],
    /// Whether there is an inline policy to write.
    pub inline: bool,
    /// The role's permissions boundary.
    pub boundary: Option<&'a Arn>,
    /// Whether to install the Pod Identity agent.
    pub install_addon: bool,
}

impl PolicyScope<'_> {
    fn eks(&self, resource: &str) -> String {
        format!("arn:{}:eks:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    fn cluster(&self) -> String {
        self.eks(&format!("cluster/{}", self.cluster))
    }

    fn associations(&self) -> String {
        self.eks(&format!("podidentityassociation/{}/*", self.cluster))
    }

    fn addon(&self) -> String {
        self.eks(&format!("addon/{}/{POD_IDENTITY_AGENT}/*", self.cluster))
    }

    fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }

    fn provider(&self) -> String {
        match self.issuer_name {
            Some(name) => self.iam(&format!("oidc-provider/{name}")),
            None => {
                let (region, suffix) = (self.region, self.region.dns_suffix());
                self.iam(&format!("oidc-provider/oidc.eks.{region}.{suffix}/id/*"))
            }
        }
    }

    fn role(&self) -> String {
        self.iam(&format!("role{}{}", self.role_path, self.role_name))
    }

    /// What names a role, which IAM knows the path of only once it is there.
    fn role_by_name(&self) -> Vec<String> {
        match self.role_path {
            "/" => vec![self.role()],
            _ => vec![self.role(), self.iam(&format!("role/{}", self.role_name))],
        }
    }

    fn has_role(&self) -> bool {
        self.identity != AwsIdentity::None
    }

    fn changes_role(&self) -> bool {
        self.has_role() && self.own_role
    }
}

/// A list of one is written as the one.
fn one_or_more(texts: &[String]) -> Value {
    match texts {
        [one] => json!(one),
        more => json!(more),
    }
}

struct Statements(Vec<Value>);

impl Statements {
    fn allow(&mut self, sid: &str, actions: &[&str], resources: &[String]) {
        self.push(sid, actions, resources, None);
    }

    fn allow_if(&mut self, sid: &str, actions: &[&str], resources: &[String], condition: Value) {
        self.push(sid, actions, resources, Some(condition));
    }

    fn push(&mut self, sid: &str, actions: &[&str], resources: &[String], condition: Option<Value>) {
        if actions.is_empty() {
            return;
        }
        let mut statement = json!({
            "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": one_or_more(resources),
        });
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        self.0.push(statement);
    }

    fn document(self) -> Value {
        json!({ "Version": "2012-10-17", "Statement": self.0 })
    }
}

fn policies(attach: &[Arn]) -> Value {
    let arns: Vec<_> = attach.iter().map(|arn| arn.as_str().to_owned()).collect();
    json!({ "ArnEquals": { "iam:PolicyARN": one_or_more(&arns) } })
}

/// What setting up, setting up again and repairing need; nothing more.
pub fn setup_policy(scope: &PolicyScope<'_>) -> Value {
    let mut statements = Statements(Vec::new());
    statements.allow("SeeCluster", &["eks:DescribeCluster"], &[scope.cluster()]);
    if scope.identity == AwsIdentity::Irsa {
        let actions = [
            "iam:GetOpenIDConnectProvider",
            "iam:CreateOpenIDConnectProvider",
            "iam:TagOpenIDConnectProvider",
            "iam:AddClientIDToOpenIDConnectProvider",
        ];
        statements.allow("Provider", &actions, &[scope.provider()]);
    }
    if scope.has_role() {
        let mut reads = vec!["iam:GetRole"];
        if scope.changes_role() && !scope.attach.is_empty() {
            reads.push("iam:ListAttachedRolePolicies");
        }
        if scope.changes_role() && scope.inline {
            reads.push("iam:GetRolePolicy");
        }
        statements.allow("SeeRole", &reads, &scope.role_by_name());
    }
    if scope.changes_role() {
        let role = [scope.role()];
        let mut writes = vec!["iam:TagRole", "iam:UpdateAssumeRolePolicy"];
        if scope.inline {
            writes.push("iam:PutRolePolicy");
        }
        match scope.boundary {
            Some(boundary) => {
                let condition = json!({ "StringEquals": { "iam:PermissionsBoundary": boundary.as_str() } });
                let actions = ["iam:CreateRole", "iam:PutRolePermissionsBoundary"];
                statements.allow_if("CreateRole", &actions, &role, condition);
            }
            None => statements.allow("CreateRole", &["iam:CreateRole"], &role),
        }
        statements.allow("ChangeRole", &writes, &role);
        if !scope.attach.is_empty() {
            statements.allow_if("AttachPolicies", &["iam:AttachRolePolicy"], &role, policies(scope.attach));
        }
    }
    if scope.identity == AwsIdentity::PodIdentity {
        let mut of_cluster = vec!["eks:ListPodIdentityAssociations", "eks:CreatePodIdentityAssociation"];
        let mut tagged = vec![scope.associations()];
        if scope.install_addon {
            of_cluster.push("eks:CreateAddon");
            tagged.push(scope.addon());
        }
        let of_association = ["eks:DescribePodIdentityAssociation", "eks:UpdatePodIdentityAssociation"];
        statements.allow("Associations", &of_cluster, &[scope.cluster()]);
        statements.allow("Association", &of_association, &[scope.associations()]);
        statements.allow("TagInCluster", &["eks:TagResource"], &tagged);
        statements.allow("SeeAgent", &["eks:DescribeAddon"], &[scope.addon()]);
        let condition = json!({ "StringEquals": { "iam:PassedToService": PODS } });
        statements.allow_if("HandRoleToPods", &["iam:PassRole"], &[scope.role()], condition);
    }
    statements.document()
}

/// What taking everything back needs in addition.
pub fn teardown_policy(scope: &PolicyScope<'_>) -> Value {
    let mut statements = Statements(Vec::new());
    if scope.identity == AwsIdentity::Irsa {
        // Who else needs the provider; IAM lists all roles or none.
        statements.allow("SeeRoles", &["iam:ListRoles"], &["*".to_owned()]);
        // The jobs may have had their role by Pod Identity before.
        statements.allow("SeeAssociations", &["eks:ListPodIdentityAssociations"], &[scope.cluster()]);
        statements.allow("RemoveProvider", &["iam:DeleteOpenIDConnectProvider"], &[scope.provider()]);
    }
    if scope.changes_role() {
        let reads = ["iam:ListAttachedRolePolicies", "iam:ListRolePolicies"];
        statements.allow("SeePoliciesOfRole", &reads, &scope.role_by_name());
        let writes = ["iam:DeleteRolePolicy", "iam:DeleteRole"];
        statements.allow("RemoveRole", &writes, &[scope.role()]);
        if !scope.attach.is_empty() {
            statements.allow_if("DetachPolicies", &["iam:DetachRolePolicy"], &[scope.role()], policies(scope.attach));
        }
    }
    if scope.identity == AwsIdentity::PodIdentity {
        statements.allow("RemoveAssociation", &["eks:DeletePodIdentityAssociation"], &[scope.associations()]);
    }
    statements.document()
}

fn right(action: &str, resource: impl Into<String>) -> RightCheck {
    RightCheck { action: action.to_owned(), resource: resource.into(), context: Vec::new() }
}

fn right_if(action: &str, resource: impl Into<String>, key: &str, value: &str) -> RightCheck {
    RightCheck { context: vec![(key.to_owned(), value.to_owned())], ..right(action, resource) }
}

/// What one change needs.
pub fn rights_of(change: &AwsChange, scope: &PolicyScope<'_>) -> Vec<RightCheck> {
    let when = |is: bool, right: RightCheck| is.then_some(right);
    let handed = |role: &str| [right_if("iam:PassRole", role, "iam:PassedToService", PODS), right("iam:GetRole", role)];
    match change {
        AwsChange::CreateOidcProvider { arn, tags, .. } => [
            Some(right("iam:CreateOpenIDConnectProvider", arn)),
            when(!tags.is_empty(), right("iam:TagOpenIDConnectProvider", arn)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        AwsChange::AddAudience { arn, .. } => vec![right("iam:AddClientIDToOpenIDConnectProvider", arn)],
        AwsChange::CreateRole { role, then } => {
            let arn = scope.iam(&format!("role{}{}", role.path, role.name));
            let create = match &role.boundary {
                Some(boundary) => right_if("iam:CreateRole", &arn, "iam:PermissionsBoundary", boundary),
                None => right("iam:CreateRole", &arn),
            };
            let mut rights = vec![create];
            rights.extend(when(!role.tags.is_empty(), right("iam:TagRole", &arn)));
            rights.extend(then.iter().map(|step| right_of(step, &arn)));
            rights
        }
        AwsChange::UpdateRole { steps, .. } => steps.iter().map(|step| right_of(step, &scope.role())).collect(),
        AwsChange::CreateAssociation(new) => {
            let mut rights = vec![right("eks:CreatePodIdentityAssociation", scope.cluster())];
            rights.extend(when(!new.tags.is_empty(), right("eks:TagResource", scope.associations())));
            rights.extend(handed(&new.role_arn));
            rights
        }
        AwsChange::UpdateAssociation { id, role_arn, .. } => {
            let association = scope.eks(&format!("podidentityassociation/{}/{id}", scope.cluster));
            let mut rights = vec![right("eks:UpdatePodIdentityAssociation", association)];
            rights.extend(handed(role_arn));
            rights
        }
        AwsChange::DeleteAssociation { id, .. } => {
            let association = scope.eks(&format!("podidentityassociation/{}/{id}", scope.cluster));
            vec![right("eks:DeletePodIdentityAssociation", association)]
        }
        AwsChange::TakeBackTrust { .. } => vec![right("iam:UpdateAssumeRolePolicy", scope.role())],
        AwsChange::DeleteRole { detach, inline, .. } => {
            let detach =
                detach.iter().map(|policy| right_if("iam:DetachRolePolicy", scope.role(), "iam:PolicyARN", policy));
            let mut rights: Vec<_> = detach.collect();
            rights.extend(when(!inline.is_empty(), right("iam:DeleteRolePolicy", scope.role())));
            rights.push(right("iam:DeleteRole", scope.role()));
            rights
        }
        AwsChange::DeleteOidcProvider { arn, .. } => vec![right("iam:DeleteOpenIDConnectProvider", arn)],
        AwsChange::InstallAddon { tags, .. } => [
            Some(right("eks:CreateAddon", scope.cluster())),
            when(!tags.is_empty(), right("eks:TagResource", scope.addon())),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

fn right_of(step: &RoleStep, role: &str) -> RightCheck {
    match step {
        RoleStep::SetTrust { .. } => right("iam:UpdateAssumeRolePolicy", role),
        RoleStep::Tag(_) => right("iam:TagRole", role),
        RoleStep::SetBoundary(boundary) => {
            right_if("iam:PutRolePermissionsBoundary", role, "iam:PermissionsBoundary", boundary)
        }
        RoleStep::Attach(policy) => right_if("iam:AttachRolePolicy", role, "iam:PolicyARN", policy),
        RoleStep::PutInlinePolicy { .. } => right("iam:PutRolePolicy", role),
    }
}

#[cfg(test)]
mod tests;
