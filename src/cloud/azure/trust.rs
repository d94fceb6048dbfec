//! What a federated credential trusts, compared with what a token says: Entra compares byte by byte, and a person sees
//! neither a missing slash nor another case of letters.

use std::fmt;

use sha2::{Digest, Sha256};

use super::found::FederatedCredential;

/// How many federated credentials a managed identity can have.
pub const MOST_CREDENTIALS: usize = 20;
/// The audience of the webhook of workload identity in AKS, in all clouds unless somebody changed it.
pub const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Which part of a trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whose tokens.
    Issuer,
    /// Which account.
    Subject,
    /// For whom.
    Audience,
}

impl Part {
    /// How people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Audience => "audience",
        }
    }
}

/// In what two texts differ, as a person would put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// One of them ends in a slash, and that is all.
    Slash,
    /// The case of letters, and that is all.
    Case,
    /// Anything else.
    Other,
}

/// A part of a trust that is not what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which part.
    pub part: Part,
    /// What it has to be.
    pub expected: String,
    /// What it is.
    pub actual: String,
    /// In what they differ.
    pub nature: Nature,
}

impl Difference {
    fn of(part: Part, expected: &str, actual: &str) -> Option<Self> {
        if expected == actual {
            return None;
        }
        let bare = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
        let nature = if bare(expected) == bare(actual) {
            Nature::Slash
        } else if expected.eq_ignore_ascii_case(actual) {
            Nature::Case
        } else {
            Nature::Other
        };
        Some(Self { part, expected: expected.to_owned(), actual: actual.to_owned(), nature })
    }

    /// Three lines: expected, actual, and a mark below the first character that differs.
    pub fn marked(&self) -> [String; 3] {
        let same = self.expected.chars().zip(self.actual.chars()).take_while(|(one, other)| one == other).count();
        let name = self.part.name();
        let (expected, actual) = (format!("expected {name}: "), format!("actual {name}:   "));
        let mark = format!("{}^", " ".repeat(expected.chars().count() + same));
        [format!("{expected}{}", self.expected), format!("{actual}{}", self.actual), mark]
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, expected, actual, nature } = self;
        let name = part.name();
        match nature {
            Nature::Slash if expected.ends_with('/') => {
                write!(f, "its {name} lacks the slash at the end of `{expected}`")
            }
            Nature::Slash => write!(f, "its {name} has a slash too many at its end: it has to be `{expected}`"),
            Nature::Case => write!(f, "its {name} `{actual}` differs from `{expected}` in the case of letters"),
            Nature::Other => write!(f, "its {name} is `{actual}` and not `{expected}`"),
        }
    }
}

/// In what a credential is not the one that is wanted; its name does not count. Empty: it trusts exactly that.
pub fn differences(wanted: &FederatedCredential, there: &FederatedCredential) -> Vec<Difference> {
    let audience = |credential: &FederatedCredential| credential.audiences.join(", ");
    [
        Difference::of(Part::Issuer, &wanted.issuer, &there.issuer),
        Difference::of(Part::Subject, &wanted.subject, &there.subject),
        Difference::of(Part::Audience, &audience(wanted), &audience(there)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What stands among the credentials of an identity, seen from the one that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The trust is there, under this or another name.
    There(&'a FederatedCredential),
    /// It is not; another credential trusts nearly the same: this account's subject or issuer in other letters, with or
    /// without a slash, or for another audience.
    Nearly(&'a FederatedCredential),
    /// It is not; its name is that of a credential that trusts something else.
    NameTaken(&'a FederatedCredential),
    /// It is not, and its name is free.
    Free,
}

/// Looks for a trust among the credentials of an identity. A credential of the wanted name counts first, then the same
/// trust under another name.
pub fn standing<'a>(wanted: &FederatedCredential, there: &'a [FederatedCredential]) -> Standing<'a> {
    let is_named = |it: &&FederatedCredential| it.name.eq_ignore_ascii_case(&wanted.name);
    let is_near = |it: &&FederatedCredential| {
        let differences = differences(wanted, it);
        differences.iter().all(|it| it.nature != Nature::Other || it.part == Part::Audience)
    };
    let is_same = |it: &&FederatedCredential| differences(wanted, it).is_empty();
    let same = there.iter().find(|it| is_same(it) && is_named(it)).or_else(|| there.iter().find(is_same));
    if let Some(same) = same {
        return Standing::There(same);
    }
    let near = there.iter().find(|it| is_near(it) && is_named(it)).or_else(|| there.iter().find(is_near));
    if let Some(near) = near {
        return Standing::Nearly(near);
    }
    there.iter().find(is_named).map_or(Standing::Free, Standing::NameTaken)
}

/// Another name for a trust when the wanted one is taken: the same one for the same trust.
pub fn distinct_name(name: &str, issuer: &str, subject: &str) -> String {
    let digest = Sha256::digest(format!("{issuer}|{subject}"));
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    // 120 characters at most, all of them ASCII (`names.rs`).
    let room = 120 - digest.len() - 1;
    format!("{}-{digest}", name.chars().take(room).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(name: &str, issuer: &str, subject: &str, audience: &str) -> FederatedCredential {
        FederatedCredential {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audiences: vec![audience.to_owned()],
        }
    }

    const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/c/";
    const SUBJECT: &str = "system:serviceaccount:jobs:job";

    fn wanted() -> FederatedCredential {
        credential("runner", ISSUER, SUBJECT, AUDIENCE)
    }

    #[test]
    fn a_missing_slash_is_said_and_marked() {
        let there = credential("x", ISSUER.trim_end_matches('/'), "system:serviceaccount:jobs:Job", "api://other");
        let found = differences(&wanted(), &there);
        assert_eq!(found.iter().map(|it| it.nature).collect::<Vec<_>>(), [Nature::Slash, Nature::Case, Nature::Other]);
        assert_eq!(found[0].to_string(), format!("its issuer lacks the slash at the end of `{ISSUER}`"));
        let [expected, actual, mark] = found[1].marked();
        assert_eq!(expected.len(), actual.len());
        let at = mark.find('^').unwrap();
        assert_eq!((&expected[at..=at], &actual[at..=at]), ("j", "J"));
        assert!(differences(&wanted(), &wanted()).is_empty());
        let [_, _, mark] = found[0].marked();
        assert_eq!(mark.len(), "expected issuer: ".len() + ISSUER.len());
    }

    #[test]
    fn what_stands_there_is_told_apart() {
        let same = credential("old", ISSUER, SUBJECT, AUDIENCE);
        let other = credential("runner", ISSUER, "system:serviceaccount:a:b", AUDIENCE);
        let near = credential("runner", ISSUER.trim_end_matches('/'), SUBJECT, AUDIENCE);
        let elsewhere = credential("x", ISSUER, SUBJECT, "api://other");
        assert_eq!(standing(&wanted(), &[other.clone(), same.clone()]), Standing::There(&same));
        assert_eq!(standing(&wanted(), std::slice::from_ref(&other)), Standing::NameTaken(&other));
        assert_eq!(standing(&wanted(), std::slice::from_ref(&near)), Standing::Nearly(&near));
        assert_eq!(standing(&wanted(), &[other, elsewhere.clone()]), Standing::Nearly(&elsewhere));
        assert_eq!(standing(&wanted(), &[]), Standing::Free);
    }

    #[test]
    fn a_distinct_name_is_a_name_and_stays_the_same() {
        let name = distinct_name("runner", ISSUER, SUBJECT);
        assert_eq!(name, distinct_name("runner", ISSUER, SUBJECT));
        assert_ne!(name, distinct_name("runner", ISSUER, "other"));
        let long = distinct_name(&"a".repeat(120), ISSUER, SUBJECT);
        assert_eq!(super::super::names::credential_name(&long).unwrap(), long);
    }
}
