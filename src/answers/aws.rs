//! Settles the jobs' identity in AWS; refuses settings of EKS for a cluster that is none.

use serde_json::Value;

use super::cloud::{self, in_environment, is_said_here};
use super::connection;
use super::problems::Settling;
use super::registry::{
    ATTACH_POLICY, AWS_IDENTITY, CLUSTER_NAME, CONTEXT, INSTALL_ADDON, JOB_SERVICE_ACCOUNT_ANNOTATION,
    PERMISSIONS_BOUNDARY, POLICY_FILE, PROFILE, REGION, ROLE_ARN, ROLE_NAME, ROLE_PATH, TAG,
};
use super::setting::Setting;
use super::told::{Layer, Said};
use crate::cloud::aws::Profile;
use crate::cloud::aws::names::{policy_arn, role_arn, role_name, role_name_for, role_path, tag};
use crate::cloud::aws::settings::{AwsSettings, OurRole, RoleChoice};
use crate::cloud::aws::tags::{self, Tags};
use crate::settings::{AwsIdentity, Provider};

/// Everything that only EKS has.
const OF_EKS: [&Setting; 11] = [
    &REGION,
    &PROFILE,
    &AWS_IDENTITY,
    &ROLE_NAME,
    &ROLE_ARN,
    &ROLE_PATH,
    &PERMISSIONS_BOUNDARY,
    &ATTACH_POLICY,
    &POLICY_FILE,
    &TAG,
    &INSTALL_ADDON,
];
/// What says something about a role that this tool looks after.
const OF_OUR_ROLE: [&Setting; 5] = [&ROLE_NAME, &ROLE_PATH, &PERMISSIONS_BOUNDARY, &ATTACH_POLICY, &POLICY_FILE];
/// IAM's limit for all inline policies of a role together, white space not counted.
const INLINE_POLICY_MAX: usize = 10_240;
/// IAM's limit for tags, less those that this tool writes.
const TAGS_MAX: usize = 47;
/// IAM's quota for the managed policies of a role, unless it was raised.
const POLICIES_QUOTA: usize = 10;
/// What that quota can be raised to.
const POLICIES_MAX: usize = 20;
/// The annotation that names a role to the webhook of IRSA.
const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// `Some(None)`: the cluster is not on EKS. `None`: something is wrong, and remembered.
pub(super) fn settle(settling: &mut Settling<'_>, provider: Provider) -> Option<Option<AwsSettings>> {
    if provider != Provider::Eks {
        cloud::refuse_all(settling, provider, Provider::Eks, &OF_EKS);
        return Some(None);
    }
    let identity = cloud::identity(settling, &AWS_IDENTITY, AwsIdentity::Irsa);
    let region = if settling.told(&REGION).is_some() { Some(settling.parse(&REGION, str::parse)?) } else { None };
    warn_about_region(settling);
    let cluster = cluster(settling, identity);
    let profile = settling.parse(&PROFILE, |name| Ok::<_, String>(name.to_owned())).map(|name| Profile {
        name,
        by_flag: settling.layer(&PROFILE) >= Layer::File && !in_environment(settling, &PROFILE),
    });
    check_identity(settling, identity);
    let tags = tags(settling);
    let cluster = cluster?;
    let role = role(settling, &cluster)?;
    Some(Some(AwsSettings {
        cluster,
        region,
        profile,
        identity,
        role,
        tags,
        install_addon: settling.switch(&INSTALL_ADDON),
    }))
}

/// The tags that a person wants on what is made.
fn tags(settling: &mut Settling<'_>) -> Tags {
    let told: Vec<(String, String)> = settling.parse_all(&TAG, tag);
    let mut tags = Tags::new();
    for (key, value) in told {
        if tags::is_ours(&key) {
            settling.refuse::<()>(&TAG, format!("`{key}` is a tag that runner-setup writes itself"));
        }
        match tags.iter().find(|(known, _)| tags::is_same_key(known, &key)) {
            Some((known, there)) if *known == key && *there != value => {
                let problem = format!("`{key}` has two values, `{there}` and `{value}`; give it one");
                settling.refuse::<()>(&TAG, problem);
            }
            Some((known, _)) if *known != key => {
                let problem = format!("`{known}` and `{key}` are the same key to IAM, which knows no case in them");
                settling.refuse::<()>(&TAG, problem);
            }
            _ => {
                tags.insert(key, value);
            }
        }
    }
    if tags.len() > TAGS_MAX {
        settling.refuse::<()>(&TAG, format!("{} tags are too many: {TAGS_MAX} is the most", tags.len()));
    }
    tags
}

/// A variable that is there for other tools may lead away from the cluster that the context names.
fn warn_about_region(settling: &mut Settling<'_>) {
    let Some(detected) = settling.answers.detected_text(&REGION) else { return };
    if let (Some(told), Some(region)) = (settling.told(&REGION), settling.text(&REGION))
        && region != detected
    {
        let place = told.source.place(&REGION);
        settling.warnings.push(format!(
            "{place} says `{region}`, and the context's cluster is in `{detected}`: `--region {detected}` takes that one"
        ));
    }
}

/// The cluster's name, told or detected. Without an identity to set up, a context is enough.
fn cluster(settling: &mut Settling<'_>, identity: AwsIdentity) -> Option<String> {
    if settling.told(&CLUSTER_NAME).is_some() {
        return settling.parse(&CLUSTER_NAME, eks_name);
    }
    if identity == AwsIdentity::None && settling.told(&CONTEXT).is_some() {
        return Some(String::new());
    }
    settling.miss(&CLUSTER_NAME, "the cluster's name in EKS, which the context does not tell");
    None
}

/// EKS' rule for the name of a cluster.
fn eks_name(text: &str) -> Result<String, String> {
    let is_right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let begins_right = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_right && text.len() <= 100 && text.chars().all(is_right) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no name of a cluster in EKS; it has at most 100 letters, digits, `-` and `_`"))
}

fn role(settling: &mut Settling<'_>, cluster: &str) -> Option<RoleChoice> {
    if settling.told(&ROLE_ARN).is_some() {
        for setting in OF_OUR_ROLE {
            if is_said_here(settling, setting) {
                settling.refuse::<()>(setting, "excludes `--role-arn`: a role of your own is not changed");
            }
        }
        return settling.parse(&ROLE_ARN, role_arn).map(RoleChoice::Own);
    }
    let name = if settling.told(&ROLE_NAME).is_some() {
        settling.parse(&ROLE_NAME, role_name)
    } else {
        let name = role_name_for(cluster);
        settling.show(&ROLE_NAME, &name, "made of the cluster's name");
        Some(name)
    };
    let path = settling.parse(&ROLE_PATH, role_path);
    let boundary = settling.parse(&PERMISSIONS_BOUNDARY, policy_arn);
    let mut policies = settling.parse_all(&ATTACH_POLICY, policy_arn);
    let mut seen = std::collections::BTreeSet::new();
    policies.retain(|policy| seen.insert(policy.clone()));
    if policies.len() > POLICIES_MAX {
        let problem =
            format!("{} policies are too many: IAM attaches at most {POLICIES_MAX} to a role", policies.len());
        settling.refuse::<()>(&ATTACH_POLICY, problem);
    } else if policies.len() > POLICIES_QUOTA {
        let place = settling.told(&ATTACH_POLICY).map(|told| told.source.place(&ATTACH_POLICY)).unwrap_or_default();
        settling.warnings.push(format!(
            "{place}: {} policies are to be attached, and IAM's default quota is {POLICIES_QUOTA} policies for a role",
            policies.len()
        ));
    }
    let inline_policy = inline_policy(settling);
    Some(RoleChoice::Ours(OurRole { name: name?, path, boundary, policies, inline_policy }))
}

/// The policy in the file that was named.
fn inline_policy(settling: &mut Settling<'_>) -> Option<Value> {
    let process = settling.process;
    settling.parse(&POLICY_FILE, |name| {
        let file = connection::file(name)?;
        let text = std::fs::read_to_string(process.path(&file)).map_err(|error| format!("`{name}`: {error}"))?;
        let document: Value =
            serde_json::from_str(&text).map_err(|error| format!("`{name}` is no JSON document: {error}"))?;
        if document.get("Statement").is_none_or(|statement| !statement.is_array() && !statement.is_object()) {
            return Err(format!("`{name}` is no IAM policy: it has no `Statement`"));
        }
        let size = text.chars().filter(|c| !c.is_whitespace()).count();
        if size > INLINE_POLICY_MAX {
            return Err(format!(
                "`{name}` has {size} characters; a role's inline policies have at most {INLINE_POLICY_MAX}"
            ));
        }
        Ok(document)
    })
}

/// Settings that mean nothing for the identity in use.
fn check_identity(settling: &mut Settling<'_>, identity: AwsIdentity) {
    if identity != AwsIdentity::PodIdentity && is_said_here(settling, &INSTALL_ADDON) {
        settling.refuse::<()>(&INSTALL_ADDON, "is for `--identity pod-identity`; no other needs the add-on");
    }
    if identity == AwsIdentity::None {
        for setting in OF_OUR_ROLE.into_iter().chain([&ROLE_ARN, &TAG]) {
            if is_said_here(settling, setting) {
                settling.refuse::<()>(setting, "means nothing with `--identity none`");
            }
        }
        return;
    }
    let annotations = settling.told(&JOB_SERVICE_ACCOUNT_ANNOTATION).map(|told| &told.value);
    if let Some(Said::List(list)) = annotations
        && list.iter().any(|pair| pair.split('=').next() == Some(ROLE_ANNOTATION))
    {
        let problem = format!("`{ROLE_ANNOTATION}` is set by the tool; use `--role-arn`, or `--identity none`");
        settling.refuse::<()>(&JOB_SERVICE_ACCOUNT_ANNOTATION, problem);
    }
}
