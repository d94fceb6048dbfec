//! Names that Google Cloud will accept: projects, service accounts, roles, locations. An invalid one cannot exist.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// What the guide's account name begins with, before the cluster's name.
pub const ACCOUNT_PREFIX: &str = "runner-";
/// IAM's limits for the id of a service account, in characters (`iam.v1`, `CreateServiceAccountRequest.accountId`).
const ACCOUNT_ID_LENGTH: std::ops::RangeInclusive<usize> = 6..=30;
/// What the address of a service account that people create ends in.
const ACCOUNT_DOMAIN: &str = ".iam.gserviceaccount.com";

/// Why a text is no valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GcpNameError(String);

fn wrong<T>(text: impl Into<String>) -> Result<T, GcpNameError> {
    Err(GcpNameError(text.into()))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// A project's id: 6 to 30 characters, perhaps after the domain of an organisation (`example.com:my-project`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectId(String);

impl ProjectId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The project whose accounts have this address: `name@my-project.example.com.iam.gserviceaccount.com` is of
    /// `example.com:my-project`.
    fn of_domain(domain: &str) -> Option<Self> {
        let (name, organisation) = domain.split_once('.').unwrap_or((domain, ""));
        if organisation.is_empty() { name.parse().ok() } else { format!("{organisation}:{name}").parse().ok() }
    }

    /// The project that a workload pool belongs to: that of `my-project.svc.id.goog` is `my-project`.
    pub fn of_pool(pool: &str) -> Option<Self> {
        Self::of_domain(pool.strip_suffix(".svc.id.goog")?)
    }

    /// How addresses speak of it.
    fn domain(&self) -> String {
        match self.0.split_once(':') {
            Some((organisation, name)) => format!("{name}.{organisation}"),
            None => self.0.clone(),
        }
    }
}

impl FromStr for ProjectId {
    type Err = GcpNameError;

    fn from_str(text: &str) -> Result<Self, GcpNameError> {
        if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
            return wrong(format!(
                "`{text}` is the number of a project, and its id is needed: gcloud projects describe {text} \
                 --format='value(projectId)'"
            ));
        }
        let (organisation, name) = text.rsplit_once(':').map_or((None, text), |(domain, name)| (Some(domain), name));
        let organisation_is_right = organisation.is_none_or(|domain| {
            domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && label.chars().all(is_of_label))
        });
        if !organisation_is_right || !is_word(name) || !(6..=30).contains(&name.len()) {
            return wrong(format!(
                "`{text}` is no project id: it has 6 to 30 lower case letters, digits and hyphens, begins with a letter \
                 and does not end in a hyphen"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_of_label(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a Google service account that somebody created: `name@project.iam.gserviceaccount.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountEmail {
    text: String,
    project: ProjectId,
}

impl AccountEmail {
    /// The address of an account of a project.
    ///
    /// # Errors
    /// The id is none that IAM takes.
    pub fn of(id: &str, project: &ProjectId) -> Result<Self, GcpNameError> {
        let id = account_id(id)?;
        Ok(Self { text: format!("{id}@{}{ACCOUNT_DOMAIN}", project.domain()), project: project.clone() })
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the `@`: the account's id in its project.
    pub fn id(&self) -> &str {
        self.text.split('@').next().unwrap_or_default()
    }

    /// The project it is of.
    pub fn project(&self) -> &ProjectId {
        &self.project
    }

    /// How policies speak of it.
    pub fn member(&self) -> String {
        format!("serviceAccount:{}", self.text)
    }
}

impl FromStr for AccountEmail {
    type Err = GcpNameError;

    fn from_str(text: &str) -> Result<Self, GcpNameError> {
        let form = || {
            wrong(format!(
                "`{text}` is no address of a Google service account; one looks like name@project{ACCOUNT_DOMAIN}"
            ))
        };
        let Some((id, host)) = text.split_once('@') else { return form() };
        let Some(domain) = host.strip_suffix(ACCOUNT_DOMAIN) else { return form() };
        let Some(project) = ProjectId::of_domain(domain) else { return form() };
        let id = account_id(id)?;
        Ok(Self { text: format!("{id}@{host}"), project })
    }
}

impl fmt::Display for AccountEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Checks the id of a service account: 6 to 30 lower case letters, digits and hyphens.
///
/// # Errors
/// Which rule it breaks.
pub fn account_id(text: &str) -> Result<String, GcpNameError> {
    let count = text.chars().count();
    if !ACCOUNT_ID_LENGTH.contains(&count) {
        return wrong(format!(
            "`{text}` is {count} long, and the id of a Google service account has {} to {} characters",
            ACCOUNT_ID_LENGTH.start(),
            ACCOUNT_ID_LENGTH.end()
        ));
    }
    if !is_word(text) {
        return wrong(format!(
            "`{text}` is no id of a Google service account: it has lower case letters, digits and hyphens, begins with \
             a letter and does not end in a hyphen"
        ));
    }
    Ok(text.to_owned())
}

/// The guide's account id for a cluster. One that IAM would refuse (a cluster's name may have 40 characters, an id 30) is
/// cut and ends in a digest of project, location and name, so that two long names stay two.
pub fn account_id_for(project: &str, location: Option<&str>, cluster: &str) -> String {
    let wanted = format!("{ACCOUNT_PREFIX}{cluster}");
    if account_id(&wanted).is_ok() {
        return wanted;
    }
    let identity = format!("{project}/{}/{cluster}", location.unwrap_or_default());
    let digest: String = Sha256::digest(identity).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = wanted
        .to_lowercase()
        .chars()
        .map(|c| if is_of_label(c) { c } else { '-' })
        .take(ACCOUNT_ID_LENGTH.end() - digest.len() - 1)
        .collect();
    format!("{}-{digest}", kept.trim_end_matches('-'))
}

/// A role: one of Google's (`roles/storage.admin`), or one's own in a project or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName(String);

impl RoleName {
    /// The role as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = GcpNameError;

    fn from_str(text: &str) -> Result<Self, GcpNameError> {
        let is_name = |name: &str| {
            !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
        };
        let parts: Vec<_> = text.split('/').collect();
        let is_right = match parts.as_slice() {
            ["roles", name] => is_name(name),
            ["projects", project, "roles", name] => project.parse::<ProjectId>().is_ok() && is_name(name),
            ["organizations", number, "roles", name] => {
                !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) && is_name(name)
            }
            _ => false,
        };
        if is_right {
            return Ok(Self(text.to_owned()));
        }
        wrong(format!(
            "`{text}` is no role; write roles/NAME, projects/PROJECT/roles/NAME or organizations/NUMBER/roles/NAME"
        ))
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks a location: a region (`europe-west1`) or a zone (`europe-west1-b`, `us-central1-ai1a`). Which there are is for
/// GKE to say.
///
/// # Errors
/// It can be neither.
pub fn location(text: &str) -> Result<String, GcpNameError> {
    let mut parts = text.split('-');
    let is_right = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(area), Some(place), zone, None) => {
            let is_zone =
                |zone: &str| zone.starts_with(|c: char| c.is_ascii_lowercase()) && zone.chars().all(is_of_zone);
            !area.is_empty()
                && area.chars().all(|c| c.is_ascii_lowercase())
                && place.starts_with(|c: char| c.is_ascii_lowercase())
                && place.ends_with(|c: char| c.is_ascii_digit())
                && place.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                && zone.is_none_or(is_zone)
        }
        _ => false,
    };
    if is_right {
        Ok(text.to_owned())
    } else {
        wrong(format!("`{text}` is no location; write a region like europe-west1 or a zone like europe-west1-b"))
    }
}

fn is_of_zone(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Checks the name of a cluster: GKE's rule.
///
/// # Errors
/// Which rule it breaks.
pub fn cluster_name(text: &str) -> Result<String, GcpNameError> {
    if is_word(text) && text.len() <= 40 {
        return Ok(text.to_owned());
    }
    wrong(format!(
        "`{text}` is no name of a cluster in GKE: it has at most 40 lower case letters, digits and hyphens, begins with a \
         letter and does not end in a hyphen"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_made_valid_and_stay_distinct() {
        assert_eq!(account_id_for("my-project", None, "prod"), "runner-prod");
        assert_eq!(account_id_for("my-project", None, &"x".repeat(23)).len(), 30);
        let long = "x".repeat(24);
        let ids = [
            account_id_for("my-project", Some("europe-west1"), &long),
            account_id_for("my-project", Some("europe-west2"), &long),
            account_id_for("my-project", Some("europe-west1"), &"x".repeat(40)),
        ];
        for (index, id) in ids.iter().enumerate() {
            assert!(account_id(id).is_ok(), "{id}");
            assert!(ids.iter().skip(index + 1).all(|other| other != id));
        }
        assert!(account_id("short").is_err() && account_id(&"a".repeat(31)).is_err());
        assert!(account_id("Upper-case").is_err() && account_id("ends-in-").is_err() && account_id("1abcdef").is_err());
    }

    #[test]
    fn addresses_know_their_project() {
        let project: ProjectId = "my-project".parse().unwrap();
        let email = AccountEmail::of("runner-a", &project).unwrap();
        assert_eq!(email.as_str(), "runner-a@my-project.iam.gserviceaccount.com");
        assert_eq!(email.as_str().parse::<AccountEmail>().unwrap(), email);
        let scoped: ProjectId = "example.com:my-project".parse().unwrap();
        let email = AccountEmail::of("runner-a", &scoped).unwrap();
        assert_eq!(email.as_str(), "runner-a@my-project.example.com.iam.gserviceaccount.com");
        assert_eq!(email.as_str().parse::<AccountEmail>().unwrap().project(), &scoped);
        for text in ["a@b", "runner-a", "runner-a@gmail.com", "1234-compute@developer.gserviceaccount.com"] {
            assert!(text.parse::<AccountEmail>().is_err(), "{text}");
        }
        assert_eq!(ProjectId::of_pool("my-project.svc.id.goog").unwrap(), project);
        assert_eq!(ProjectId::of_pool("my-project.example.com.svc.id.goog").unwrap(), scoped);
    }

    #[test]
    fn projects_roles_and_locations_are_those_that_can_exist() {
        for text in ["", "short", "Upper-case", "ends-in-", "a_bcdef", "example:my-project"] {
            assert!(text.parse::<ProjectId>().is_err(), "{text}");
        }
        assert!("123456789012".parse::<ProjectId>().unwrap_err().to_string().contains("gcloud projects describe"));
        for text in ["roles/storage.admin", "projects/my-project/roles/mine", "organizations/123/roles/ours_1"] {
            assert!(text.parse::<RoleName>().is_ok(), "{text}");
        }
        for text in ["storage.admin", "roles/", "roles/a b", "projects/x/roles/a", "role/storage.admin"] {
            assert!(text.parse::<RoleName>().is_err(), "{text}");
        }
        for text in ["europe-west1", "us-central1-a", "northamerica-northeast1", "us-central1-ai1a"] {
            assert!(location(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "europe",
            "europe-west",
            "europe-west1-",
            "-",
            "eu-central-1",
            "Europe-west1",
            "us central1",
            "us-central1-A",
        ] {
            assert!(location(text).is_err(), "{text}");
        }
        assert!(
            cluster_name("prod-1").is_ok() && cluster_name("Prod").is_err() && cluster_name(&"a".repeat(41)).is_err()
        );
    }
}
