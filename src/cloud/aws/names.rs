//! Names that AWS will accept: regions, ARNs, role names and paths. An invalid one cannot exist.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// What the guide's role name begins with, before the cluster's name.
pub const ROLE_PREFIX: &str = "humanitec-kubernetes-agent-runner-";
/// IAM's limit for a role name, in characters.
const ROLE_NAME_MAX: usize = 64;
/// IAM's limit for a path, in characters.
const PATH_MAX: usize = 512;

/// Why a text is no valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AwsNameError(String);

fn wrong<T>(text: impl Into<String>) -> Result<T, AwsNameError> {
    Err(AwsNameError(text.into()))
}

/// A region that can exist: it begins as a partition's regions do in AWS's SDKs, and goes on with a direction and a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

/// How the regions of a partition begin and under which domain its endpoints are (`partitions.json` of the SDKs).
const PARTITIONS: [(&str, &[&str], &str); 8] = [
    ("aws-cn", &["cn"], "amazonaws.com.cn"),
    ("aws-us-gov", &["us-gov"], "amazonaws.com"),
    ("aws-iso", &["us-iso"], "c2s.ic.gov"),
    ("aws-iso-b", &["us-isob"], "sc2s.sgov.gov"),
    ("aws-iso-e", &["eu-isoe"], "cloud.adc-e.uk"),
    ("aws-iso-f", &["us-isof"], "csp.hci.ic.gov"),
    ("aws-eusc", &["eusc-de"], "amazonaws.eu"),
    ("aws", &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"], "amazonaws.com"),
];

/// What the last word of a region's name can be, as far as there ever was one.
const DIRECTIONS: [&str; 9] =
    ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];

/// The regions that there were when this was written, for "did you mean"; another one that fits the pattern is as good.
const KNOWN_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

impl Region {
    /// The region as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain of the partition's endpoints, e.g. `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        partition_of(&self.0).map_or("amazonaws.com", |(_, suffix)| suffix)
    }

    /// The partition by the region's name; the caller's own ARN is the better source where there is one.
    pub fn partition(&self) -> &'static str {
        partition_of(&self.0).map_or("aws", |(partition, _)| partition)
    }

    /// The known region that looks most like this one, if this one is not known itself.
    pub fn nearest(&self) -> Option<&'static str> {
        nearest_region(&self.0)
    }
}

fn nearest_region(text: &str) -> Option<&'static str> {
    let closest = KNOWN_REGIONS.iter().map(|known| (strsim::damerau_levenshtein(known, text), *known)).min()?;
    (closest.0 > 0 && closest.0 <= 3).then_some(closest.1)
}

fn partition_of(region: &str) -> Option<(&'static str, &'static str)> {
    PARTITIONS.iter().find_map(|(partition, beginnings, suffix)| {
        beginnings.iter().find_map(|beginning| {
            let rest = region.strip_prefix(beginning)?.strip_prefix('-')?;
            let (place, number) = rest.rsplit_once('-')?;
            let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
            (DIRECTIONS.contains(&place) && is_number).then_some((*partition, *suffix))
        })
    })
}

impl FromStr for Region {
    type Err = AwsNameError;

    fn from_str(text: &str) -> Result<Self, AwsNameError> {
        if partition_of(text).is_some() {
            return Ok(Self(text.to_owned()));
        }
        let meant = nearest_region(text).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
        wrong(format!("`{text}` is no AWS region{meant}"))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    text: String,
    /// Where the parts end: partition, service, region, account.
    ends: [usize; 4],
}

impl Arn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        &self.text[4..self.ends[0]]
    }

    /// The service's short name, e.g. `iam`.
    pub fn service(&self) -> &str {
        &self.text[self.ends[0] + 1..self.ends[1]]
    }

    /// The region; empty for what is global.
    pub fn region(&self) -> &str {
        &self.text[self.ends[1] + 1..self.ends[2]]
    }

    /// The account's 12 digits; empty or `aws` for what belongs to AWS.
    pub fn account(&self) -> &str {
        &self.text[self.ends[2] + 1..self.ends[3]]
    }

    /// The rest, e.g. `role/path/name`.
    pub fn resource(&self) -> &str {
        &self.text[self.ends[3] + 1..]
    }

    /// The last part of the resource, e.g. a role's name without its path.
    pub fn name(&self) -> &str {
        self.resource().rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = AwsNameError;

    fn from_str(text: &str) -> Result<Self, AwsNameError> {
        let form = || wrong(format!("`{text}` is no ARN; one looks like arn:aws:iam::123456789012:role/name"));
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts.as_slice() else { return form() };
        let is_word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let account_is_right = account.is_empty()
            || *account == "aws"
            || (account.len() == 12 && account.chars().all(|c| c.is_ascii_digit()));
        let is_right = *arn == "arn"
            && (*partition == "aws" || partition.starts_with("aws-"))
            && !service.is_empty()
            && !resource.is_empty()
            && [partition, service, region].iter().all(|part| is_word(part))
            && account_is_right
            && !resource.chars().any(|c| c.is_whitespace() || c.is_control());
        if !is_right {
            return form();
        }
        let mut ends = [0; 4];
        let mut at = 3;
        for (end, part) in ends.iter_mut().zip([partition, service, region, account]) {
            at += 1 + part.len();
            *end = at;
        }
        Ok(Self { text: text.to_owned(), ends })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Parses the ARN of an IAM role.
///
/// # Errors
/// It is no ARN, or not one of a role.
pub fn role_arn(text: &str) -> Result<Arn, AwsNameError> {
    iam_arn(text, "role/", "a role", "role/name")
}

/// Parses the ARN of a managed policy, one's own or AWS's.
///
/// # Errors
/// It is no ARN, or not one of a policy.
pub fn policy_arn(text: &str) -> Result<Arn, AwsNameError> {
    iam_arn(text, "policy/", "a managed policy", "policy/name")
}

fn iam_arn(text: &str, beginning: &str, what: &str, example: &str) -> Result<Arn, AwsNameError> {
    let refuse = || wrong(format!("`{text}` is no ARN of {what}; one looks like arn:aws:iam::123456789012:{example}"));
    let Ok(arn) = text.parse::<Arn>() else { return refuse() };
    let account_is_right = arn.account().len() == 12 || (beginning == "policy/" && arn.account() == "aws");
    let rest = arn.resource().strip_prefix(beginning);
    let name_is_right = rest.is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/'));
    if arn.service() != "iam" || !arn.region().is_empty() || !account_is_right || !name_is_right {
        return refuse();
    }
    Ok(arn)
}

/// Checks the name of a role: IAM's characters, at most 64 of them.
///
/// # Errors
/// Which rule it breaks.
pub fn role_name(text: &str) -> Result<String, AwsNameError> {
    let count = text.chars().count();
    if count > ROLE_NAME_MAX {
        return wrong(format!("`{text}` has {count} characters, and the name of a role has at most {ROLE_NAME_MAX}"));
    }
    let is_right = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if text.is_empty() || !text.chars().all(is_right) {
        return wrong(format!("`{text}` is no name of a role; use letters, digits and _+=,.@-"));
    }
    Ok(text.to_owned())
}

/// Checks the path of a role: `/`, or parts between slashes, beginning and ending with one.
///
/// # Errors
/// Which rule it breaks.
pub fn role_path(text: &str) -> Result<String, AwsNameError> {
    let is_right = text.starts_with('/')
        && text.ends_with('/')
        && !text.contains("//")
        && text.len() <= PATH_MAX
        && text.chars().all(|c| ('\u{21}'..='\u{7e}').contains(&c));
    if is_right { Ok(text.to_owned()) } else { wrong(format!("`{text}` is no path; write it like /platform/runners/")) }
}

/// The guide's role name for a cluster. One that IAM would refuse (a cluster's name may have 100 characters, a role's 64)
/// is cut and ends in a digest of the cluster's name, so that two long names stay two.
pub fn role_name_for(cluster: &str) -> String {
    shortened(&format!("{ROLE_PREFIX}{cluster}"))
}

/// The name, cut to IAM's limit with a digest at its end when it is longer.
pub fn shortened(name: &str) -> String {
    if name.chars().count() <= ROLE_NAME_MAX {
        return name.to_owned();
    }
    let digest: String = Sha256::digest(name).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = name.chars().take(ROLE_NAME_MAX - digest.len() - 1).collect();
    format!("{}-{digest}", kept.trim_end_matches('-'))
}

/// Checks one tag: IAM's and EKS' common rules.
///
/// # Errors
/// Which rule it breaks.
pub fn tag(text: &str) -> Result<(String, String), AwsNameError> {
    let Some((key, value)) = text.split_once('=') else { return wrong(format!("`{text}` is no tag; write K=V")) };
    let is_right = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
        return wrong(format!("`{text}` is no tag: a key has 1 to 128 characters, a value at most 256"));
    }
    if !key.chars().chain(value.chars()).all(is_right) {
        return wrong(format!("`{text}` is no tag; use letters, digits, spaces and _.:/=+-@"));
    }
    if key.to_lowercase().starts_with("aws:") {
        return wrong(format!("`{key}` can't be the key of a tag: AWS keeps `aws:` to itself"));
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_those_that_can_exist() {
        for (region, partition, suffix) in [
            ("eu-central-1", "aws", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
        ] {
            let region: Region = region.parse().unwrap();
            assert_eq!((region.partition(), region.dns_suffix()), (partition, suffix));
        }
        for text in ["", "mars-east-1", "eu-central", "eu-central-", "EU-CENTRAL-1", "eu--1", "us-east-1a", "https://x"]
        {
            assert!(text.parse::<Region>().is_err(), "{text}");
        }
        assert_eq!(
            "eu-central1".parse::<Region>().unwrap_err().to_string(),
            "`eu-central1` is no AWS region; did you mean `eu-central-1`?"
        );
        assert!("eu-centrall-1".parse::<Region>().unwrap_err().to_string().ends_with("did you mean `eu-central-1`?"));
        assert_eq!("eu-central-1".parse::<Region>().unwrap().nearest(), None);
        assert_eq!("eu-central-3".parse::<Region>().unwrap().nearest(), Some("eu-central-1"));
    }

    #[test]
    fn arns_have_six_parts() {
        let arn: Arn = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/prod".parse().unwrap();
        assert_eq!((arn.partition(), arn.service(), arn.region()), ("aws-cn", "eks", "cn-north-1"));
        assert_eq!((arn.account(), arn.resource(), arn.name()), ("123456789012", "cluster/prod", "prod"));
        assert!(policy_arn("arn:aws:iam::aws:policy/service-role/X").is_ok());
        for text in
            ["role/x", "arn:aws:iam::12345:role/x", "arn:gcp:iam::123456789012:role/x", "arn:aws:iam::123456789012"]
        {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
        for text in [
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::aws:role/x",
            "arn:aws:s3:::role/x",
            "arn:aws:iam::123456789012:role/",
        ] {
            assert!(role_arn(text).is_err(), "{text}");
        }
    }

    #[test]
    fn long_role_names_are_cut_and_stay_distinct() {
        assert_eq!(role_name_for("prod"), "humanitec-kubernetes-agent-runner-prod");
        assert_eq!(role_name_for(&"x".repeat(30)).len(), 64);
        let (one, two) = (role_name_for(&"x".repeat(99)), role_name_for(&"x".repeat(100)));
        assert!(one != two && role_name(&one).is_ok() && role_name(&two).is_ok());
        assert!(role_name(&"x".repeat(65)).is_err() && role_name("a/b").is_err());
        assert!(role_path("/a/b/").is_ok() && role_path("a").is_err() && role_path("//").is_err());
        assert!(tag("team=a b").is_ok() && tag("aws:x=y").is_err() && tag("x").is_err());
    }
}
