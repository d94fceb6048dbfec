//! What the written guide, eksctl and Terraform make in AWS beside the program, by the real `aws` command.

use serde_json::{Value, json};

use super::{AGENT, EksLab, JOB, Outcome};

/// The audience of IRSA.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";

impl EksLab {
    /// The name that the guide gives the role.
    pub(crate) fn role_name(&self) -> String {
        format!("{AGENT}-{}", self.cluster.name())
    }

    /// The role as the program names it in its plans.
    pub(crate) fn role_object(&self) -> String {
        format!("aws:role/{}", self.role_name())
    }

    /// The ARN of a role of this account.
    pub(crate) fn role_arn(&self, role: &str) -> String {
        self.account.iam_arn(&format!("role/{role}"))
    }

    /// The cluster's issuer without its scheme.
    pub(crate) fn issuer(&self) -> String {
        self.cluster.issuer().trim_start_matches("https://").to_owned()
    }

    /// The ARN of the cluster's OIDC provider.
    pub(crate) fn provider_arn(&self) -> String {
        self.account.iam_arn(&format!("oidc-provider/{}", self.issuer()))
    }

    /// The subject of the jobs' tokens.
    pub(crate) fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{JOB}", self.job_namespace)
    }

    /// The trust policy that the guide writes.
    pub(crate) fn guide_trust(&self) -> Value {
        self.trust_of(&json!({ "StringEquals": {
            (format!("{}:aud", self.issuer())): AUDIENCE,
            (format!("{}:sub", self.issuer())): self.subject(),
        } }))
    }

    /// A trust policy for the cluster's provider under these conditions.
    pub(crate) fn trust_of(&self, conditions: &Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Federated": self.provider_arn() },
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": conditions,
        }] })
    }

    /// `aws iam create-open-id-connect-provider` with these audiences.
    pub(crate) fn create_provider(&self, audiences: &[&str], more: &[&str]) {
        let url = self.cluster.issuer();
        let words = ["iam", "create-open-id-connect-provider", "--url", &url, "--client-id-list"];
        let _ = self.account.aws(&[&words[..], audiences, more].concat());
    }

    /// `aws iam create-role`.
    pub(crate) fn create_role(&self, name: &str, trust: &Value, more: &[&str]) {
        let text = trust.to_string();
        let words = ["iam", "create-role", "--role-name", name, "--assume-role-policy-document", &text];
        let _ = self.account.aws(&[&words[..], more].concat());
    }

    /// `aws iam update-assume-role-policy`.
    pub(crate) fn set_trust(&self, name: &str, trust: &Value) {
        let text = trust.to_string();
        let _ =
            self.account.aws(&["iam", "update-assume-role-policy", "--role-name", name, "--policy-document", &text]);
    }

    /// What `aws iam get-role` says.
    pub(crate) fn get_role(&self, name: &str) -> Value {
        self.account.aws(&["iam", "get-role", "--role-name", name])["Role"].clone()
    }

    /// The statements of a role's trust policy, by `aws iam get-role`.
    #[track_caller]
    pub(crate) fn statements(&self, name: &str) -> Vec<Value> {
        self.get_role(name)["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap().clone()
    }

    /// The value of a tag of a role.
    pub(crate) fn tag(&self, role: &str, key: &str) -> Option<String> {
        let role = self.get_role(role);
        let tag = role["Tags"].as_array()?.iter().find(|tag| tag["Key"] == key)?.clone();
        Some(tag["Value"].as_str()?.to_owned())
    }

    /// The actions of all calls that changed something, or would have, since a mark.
    pub(crate) fn aws_writes_since(&self, mark: u64) -> Vec<String> {
        let requests = self.account.requests_since(mark).into_iter().filter(|request| request.writes);
        // Becoming a role changes nothing that lasts.
        requests.map(|request| request.action).filter(|action| !action.starts_with("Assume")).collect()
    }

    /// The annotation of the job service account that names its role.
    pub(crate) fn annotated(&self) -> Option<String> {
        let account = self.get("v1", "ServiceAccount", &self.job_namespace, JOB)?;
        Some(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].as_str()?.to_owned())
    }

    /// The guide's kubectl, helm and hctl steps, with the role on both accounts. Returns the key's PEM.
    pub(crate) fn create_all_for(&self, role_arn: &str) -> String {
        self.create_all_annotated("eks.amazonaws.com/role-arn", role_arn)
    }

    /// What came of a claim, in a result document.
    #[track_caller]
    pub(crate) fn verified(outcome: &Outcome, claim: &str) -> (String, String) {
        let document = outcome.json();
        let found = document["verified"].as_array().unwrap().iter().find(|it| it["claim"] == claim);
        let found = found.unwrap_or_else(|| panic!("{claim} is not among what was verified\n{outcome}"));
        (found["outcome"].as_str().unwrap().to_owned(), found["observed"].as_str().unwrap().to_owned())
    }

    /// Demands that the jobs' token was really exchanged for this role.
    #[track_caller]
    pub(crate) fn was_exchanged(outcome: &Outcome, role: &str) {
        let (word, observed) = Self::verified(outcome, "token-exchanged");
        assert_eq!(word, "pass", "{outcome}");
        assert!(observed.contains(&format!(":assumed-role/{role}/")), "{outcome}");
    }
}
