//! What a role's trust policy lets in, read as IAM evaluates it, and the one statement that this tool adds. Pure.

use serde_json::{Value, json};

mod evaluate;

pub use evaluate::{Asked, asked_of, normalized, statements};
use evaluate::{Truth, condition, issuers, names_action, texts};

/// The audience of IRSA's tokens, in every partition: the webhook's default, not an endpoint.
pub const AUDIENCE: &str = "sts.amazonaws.com";
/// The principal of EKS Pod Identity, in every partition.
const PODS: &str = "pods.eks.amazonaws.com";
/// A name, and an audience, that nobody has.
const OTHER: &str = "somebody-else";

/// Who has to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrant {
    /// A service account, by a token of its cluster's issuer.
    WebIdentity {
        /// The ARN of the cluster's OIDC provider.
        provider: String,
        /// The issuer without its scheme.
        issuer: String,
        /// `system:serviceaccount:<namespace>:<name>`
        subject: String,
    },
    /// A service account, by EKS Pod Identity.
    PodIdentity {
        /// The service account's namespace.
        namespace: String,
        /// Its name.
        service_account: String,
    },
}

/// What a trust policy does about somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// They are let in for certain.
    pub lets_in: bool,
    /// A statement keeps them out whatever the others say.
    pub denies: bool,
    /// Who else is let in by the same door, in words: a condition is missing or too wide.
    pub too_wide: Option<String>,
    /// A statement names them and has conditions that nobody can judge from outside.
    pub unjudged: bool,
    /// The issuers of OIDC providers that are trusted, without scheme.
    pub issuers: Vec<String>,
}

impl Entrant {
    /// The statement that lets exactly them in.
    pub fn statement(&self) -> Value {
        match self {
            Self::WebIdentity { provider, issuer, subject } => json!({
                "Effect": "Allow",
                "Principal": { "Federated": provider },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": {
                    (format!("{issuer}:aud")): AUDIENCE,
                    (format!("{issuer}:sub")): subject,
                } },
            }),
            Self::PodIdentity { namespace, service_account } => json!({
                "Effect": "Allow",
                "Principal": { "Service": PODS },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": { "StringEquals": {
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                } },
            }),
        }
    }

    /// A whole trust policy that lets exactly them in.
    pub fn document(&self) -> Value {
        json!({ "Version": "2012-10-17", "Statement": [self.statement()] })
    }

    /// The policy with everything that was in it and the statement that lets them in.
    pub fn added_to(&self, document: &Value) -> Value {
        let mut whole = document.clone();
        let mut statements: Vec<Value> = statements(document).into_iter().cloned().collect();
        statements.push(self.statement());
        if !whole.is_object() {
            return self.document();
        }
        whole["Statement"] = Value::Array(statements);
        whole
    }

    /// What the policy does about them.
    pub fn judge(&self, document: &Value) -> Judgement {
        let denies = self.denied(document, AUDIENCE);
        let allows = self.allows(document, AUDIENCE);
        let lets_in = allows == Truth::Yes && denies != Truth::Yes;
        let mut too_wide = self.anybody(document);
        if lets_in {
            let stranger = self.strangers().into_iter().find(|(it, _)| it.is_let_in(document, AUDIENCE));
            too_wide.extend(stranger.map(|(_, words)| words));
            if matches!(self, Self::WebIdentity { .. }) && self.is_let_in(document, OTHER) {
                too_wide.push("tokens for any audience".to_owned());
            }
        }
        Judgement {
            lets_in,
            denies: denies == Truth::Yes,
            too_wide: (!too_wide.is_empty()).then(|| too_wide.join(" and ")),
            unjudged: allows == Truth::Perhaps || denies == Truth::Perhaps,
            issuers: issuers(document),
        }
    }

    /// Whether they get in for certain, with a token for this audience.
    fn is_let_in(&self, document: &Value, audience: &str) -> bool {
        self.allows(document, audience) == Truth::Yes && self.denied(document, audience) != Truth::Yes
    }

    /// Whether a statement keeps them out.
    fn denied(&self, document: &Value, audience: &str) -> Truth {
        let denials = statements(document).into_iter().filter(|statement| has_effect(statement, "Deny"));
        denials.map(|statement| self.matches(statement, audience)).max().unwrap_or(Truth::No)
    }

    /// Whether the policy allows every action that they need; each may be allowed by another statement.
    fn allows(&self, document: &Value, audience: &str) -> Truth {
        let needed = self.actions().iter().map(|action| {
            let allowing = statements(document).into_iter().filter(|statement| has_effect(statement, "Allow"));
            let verdicts =
                allowing.map(|statement| names_action(statement, action).and(|| self.matches(statement, audience)));
            verdicts.max().unwrap_or(Truth::No)
        });
        needed.min().unwrap_or(Truth::No)
    }

    /// Principals of AWS that may assume the role without any condition, in words: everybody, or other accounts (where
    /// the entrant tells which one is ours).
    fn anybody(&self, document: &Value) -> Vec<String> {
        let ours = match self {
            Self::WebIdentity { provider, .. } => account_of(provider),
            Self::PodIdentity { .. } => None,
        };
        let mut accounts = std::collections::BTreeSet::new();
        for statement in statements(document) {
            let has_conditions =
                statement.get("Condition").and_then(Value::as_object).is_some_and(|conditions| !conditions.is_empty());
            let is_open = has_effect(statement, "Allow") && !has_conditions;
            if !is_open || names_action(statement, "sts:AssumeRole") != Truth::Yes {
                continue;
            }
            let Some(principal) = statement.get("Principal") else { continue };
            if is_everybody(principal) {
                return vec!["anybody in AWS".to_owned()];
            }
            let named = principal.get("AWS").map(texts).unwrap_or_default();
            accounts.extend(named.into_iter().filter_map(account_of).filter(|it| ours.is_some_and(|ours| ours != *it)));
        }
        accounts.into_iter().map(|account| format!("principals of the AWS account {account}")).collect()
    }

    fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::WebIdentity { .. } => &["sts:AssumeRoleWithWebIdentity"],
            Self::PodIdentity { .. } => &["sts:AssumeRole", "sts:TagSession"],
        }
    }

    /// Whether a statement's principal and conditions fit them.
    fn matches(&self, statement: &Value, audience: &str) -> Truth {
        let any_action = self.actions().iter().map(|action| names_action(statement, action)).max();
        any_action.unwrap_or(Truth::No).and(|| self.is_principal(statement)).and(|| self.meets(statement, audience))
    }

    fn is_principal(&self, statement: &Value) -> Truth {
        let Some(principal) = statement.get("Principal") else {
            return if statement.get("NotPrincipal").is_some() { Truth::Perhaps } else { Truth::No };
        };
        if is_everybody(principal) {
            return Truth::Yes;
        }
        let (kind, wanted) = match self {
            Self::WebIdentity { provider, .. } => ("Federated", provider.as_str()),
            Self::PodIdentity { .. } => ("Service", PODS),
        };
        let named = principal.get(kind).map(texts).unwrap_or_default();
        Truth::of(named.iter().any(|name| *name == wanted || *name == "*"))
    }

    fn meets(&self, statement: &Value, audience: &str) -> Truth {
        let Some(conditions) = statement.get("Condition").and_then(Value::as_object) else { return Truth::Yes };
        let all = conditions.iter().flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, wanted)| condition(operator, self.value_of(key, audience), &texts(wanted)))
        });
        all.min().unwrap_or(Truth::Yes)
    }

    /// What they bring for a condition key; keys know no case.
    fn value_of(&self, key: &str, audience: &str) -> Option<String> {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        match self {
            Self::WebIdentity { issuer, subject, .. } => {
                if is(&format!("{issuer}:aud")) {
                    Some(audience.to_owned())
                } else {
                    is(&format!("{issuer}:sub")).then(|| subject.clone())
                }
            }
            Self::PodIdentity { namespace, service_account } => {
                if is("aws:RequestTag/kubernetes-namespace") {
                    Some(namespace.clone())
                } else {
                    is("aws:RequestTag/kubernetes-service-account").then(|| service_account.clone())
                }
            }
        }
    }

    /// The namespace and the name of the service account.
    fn names(&self) -> (&str, &str) {
        match self {
            Self::WebIdentity { subject, .. } => {
                subject.strip_prefix("system:serviceaccount:").and_then(|it| it.split_once(':')).unwrap_or_default()
            }
            Self::PodIdentity { namespace, service_account } => (namespace, service_account),
        }
    }

    /// Another service account that comes by the same door.
    fn other(&self, namespace: &str, account: &str) -> Self {
        match self {
            Self::WebIdentity { provider, issuer, .. } => Self::WebIdentity {
                provider: provider.clone(),
                issuer: issuer.clone(),
                subject: format!("system:serviceaccount:{namespace}:{account}"),
            },
            Self::PodIdentity { .. } => {
                Self::PodIdentity { namespace: namespace.to_owned(), service_account: account.to_owned() }
            }
        }
    }

    /// Others who should stay outside, the widest first, with the words for a door that lets them in.
    fn strangers(&self) -> Vec<(Self, String)> {
        let (namespace, account) = self.names();
        let (whole, named) = match self {
            Self::WebIdentity { .. } => (" of the cluster", ""),
            Self::PodIdentity { .. } => (" that an association names", " that an association names"),
        };
        let mut all = vec![(self.other(OTHER, OTHER), format!("every service account{whole}"))];
        for like in alike(namespace) {
            let words = format!("every service account of other namespaces named like `{namespace}`{named}");
            all.push((self.other(&like, OTHER), words));
        }
        let words = format!("every service account of the namespace `{namespace}`{named}");
        all.push((self.other(namespace, OTHER), words));
        let words = format!("the service account `{account}` of every namespace{named}");
        all.push((self.other(OTHER, account), words));
        for like in alike(namespace) {
            let words = format!("the service account `{account}` of other namespaces named like `{namespace}`{named}");
            all.push((self.other(&like, account), words));
        }
        for like in alike(account) {
            let words = format!("other service accounts of the namespace `{namespace}` named like `{account}`{named}");
            all.push((self.other(namespace, &like), words));
        }
        all
    }
}

/// Names that a pattern fits which leaves the end or the beginning of this one open.
fn alike(name: &str) -> [String; 2] {
    [format!("{name}-{OTHER}"), format!("{OTHER}-{name}")]
}

fn has_effect(statement: &Value, effect: &str) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some(effect)
}

/// Whether a principal is everybody: to IAM both ways to write it are the same.
fn is_everybody(principal: &Value) -> bool {
    principal == "*" || principal.get("AWS").is_some_and(|arns| texts(arns).contains(&"*"))
}

/// The account of a principal of AWS: an ARN, or the account's digits alone.
fn account_of(principal: &str) -> Option<&str> {
    let account = if principal.starts_with("arn:") { principal.split(':').nth(4)? } else { principal };
    (account.len() == 12 && account.chars().all(|c| c.is_ascii_digit())).then_some(account)
}

#[cfg(test)]
mod tests;
