//! Who may not do what, and which kind of policy says so: read from the words of AWS's refusals.

use std::fmt;

/// A refusal, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The action, e.g. `iam:CreateRole`.
    pub action: String,
    /// What it was about, as AWS says it, else as this tool does.
    pub resource: String,
    /// Who was refused, if it is known.
    pub caller: Option<String>,
    /// Which kind of policy decides.
    pub policy: PolicyKind,
    /// Whether it forbids; if not, nothing in it allows.
    pub is_explicit: bool,
    /// The server's own words.
    pub message: String,
}

/// The kinds of policies that can refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// What is attached to the caller.
    Identity,
    /// The boundary of the caller's permissions.
    Boundary,
    /// What narrows the caller's session.
    Session,
    /// The organisation's rule for the account.
    ServiceControl,
    /// The organisation's rule for resources.
    ResourceControl,
    /// What is attached to the resource.
    Resource,
    /// What is attached to the VPC endpoint on the way.
    VpcEndpoint,
    /// Who may assume the role.
    Trust,
    /// AWS does not say.
    Unsaid,
}

/// How AWS names them, in the order in which they are looked for.
const KINDS: [(&str, PolicyKind); 8] = [
    ("service control policy", PolicyKind::ServiceControl),
    ("resource control policy", PolicyKind::ResourceControl),
    ("permissions boundary", PolicyKind::Boundary),
    ("session policy", PolicyKind::Session),
    ("identity-based policy", PolicyKind::Identity),
    ("resource-based policy", PolicyKind::Resource),
    ("VPC endpoint policy", PolicyKind::VpcEndpoint),
    ("trust policy", PolicyKind::Trust),
];

impl PolicyKind {
    /// As AWS says it, without an article.
    pub fn words(self) -> Option<&'static str> {
        KINDS.iter().find(|(_, kind)| *kind == self).map(|(words, _)| *words)
    }

    /// Whether only the organisation's administrator can change it.
    pub fn is_of_organisation(self) -> bool {
        matches!(self, Self::ServiceControl | Self::ResourceControl)
    }
}

impl Denial {
    /// Takes a refusal apart; what it does not say comes from the call.
    pub(super) fn read(message: &str, action: &str, resource: &str) -> Self {
        let between = |from: &str, ends: &[&str]| {
            let rest = &message[message.find(from)? + from.len()..];
            let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
            Some(rest[..end].trim().trim_end_matches('.').to_owned()).filter(|text| !text.is_empty())
        };
        let forbids = between("with an explicit deny in ", &["\n"]);
        let lacks = between("because no ", &[" allows"]);
        let policy = forbids
            .as_deref()
            .or(lacks.as_deref())
            .and_then(|reason| KINDS.iter().find(|(words, _)| reason.contains(words)).map(|(_, kind)| *kind));
        Self {
            action: between("not authorized to perform: ", &[" "]).unwrap_or_else(|| action.to_owned()),
            resource: between("on resource: ", &[" because ", " with an explicit "])
                .unwrap_or_else(|| resource.to_owned()),
            caller: between("User: ", &[" is not authorized"]),
            policy: policy.unwrap_or(PolicyKind::Unsaid),
            is_explicit: forbids.is_some() || message.contains("explicit deny"),
            message: message.to_owned(),
        }
    }

    /// Why, as the rest of a sentence.
    pub fn why(&self) -> String {
        match (self.policy.words(), self.is_explicit) {
            (Some(policy), true) => format!("explicit deny in {} {policy}", article(policy)),
            (Some(policy), false) => format!("no {policy} allows it"),
            (None, true) => "explicit deny".to_owned(),
            (None, false) => "AWS does not say which policy".to_owned(),
        }
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.caller {
            Some(caller) => write!(f, "`{caller}` may not {} on {}: {}", self.action, self.resource, self.why()),
            None => write!(f, "not allowed to {} on {}: {}", self.action, self.resource, self.why()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &str) -> Denial {
        let user = "arn:aws:sts::123456789012:assumed-role/Admin/me";
        let message = format!(
            "User: {user} is not authorized to perform: iam:CreateRole on resource: \
             arn:aws:iam::123456789012:role/humanitec-x {rest}"
        );
        Denial::read(&message, "iam:GetRole", "role `x`")
    }

    #[test]
    fn the_policy_that_refuses_is_named() {
        for (words, kind, is_explicit, why) in [
            (
                "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o/service_control_policy/p",
                PolicyKind::ServiceControl,
                true,
                "explicit deny in a service control policy",
            ),
            (
                "because no permissions boundary allows the iam:CreateRole action",
                PolicyKind::Boundary,
                false,
                "no permissions boundary allows it",
            ),
            (
                "because no session policy allows the iam:CreateRole action",
                PolicyKind::Session,
                false,
                "no session policy allows it",
            ),
            (
                "because no identity-based policy allows the iam:CreateRole action",
                PolicyKind::Identity,
                false,
                "no identity-based policy allows it",
            ),
            (
                "with an explicit deny in an identity-based policy",
                PolicyKind::Identity,
                true,
                "explicit deny in an identity-based policy",
            ),
            ("with an explicit deny", PolicyKind::Unsaid, true, "explicit deny"),
            ("", PolicyKind::Unsaid, false, "AWS does not say which policy"),
        ] {
            let denial = read(words);
            assert_eq!((denial.policy, denial.is_explicit, denial.why().as_str()), (kind, is_explicit, why), "{words}");
            assert_eq!(denial.action, "iam:CreateRole");
            assert_eq!(denial.resource, "arn:aws:iam::123456789012:role/humanitec-x");
            assert_eq!(denial.caller.as_deref(), Some("arn:aws:sts::123456789012:assumed-role/Admin/me"));
        }
    }

    #[test]
    fn what_aws_does_not_say_comes_from_the_call() {
        let denial = Denial::read("no", "eks:DescribeCluster", "cluster `prod`");
        assert_eq!(
            denial.to_string(),
            "not allowed to eks:DescribeCluster on cluster `prod`: AWS does not say which policy"
        );
        let denial =
            Denial::read("User: arn:aws:iam::1:user/u is not authorized to perform: iam:GetRole", "x", "role `r`");
        assert_eq!((denial.action.as_str(), denial.resource.as_str()), ("iam:GetRole", "role `r`"));
        assert_eq!(denial.caller.as_deref(), Some("arn:aws:iam::1:user/u"));
    }
}
