//! Changes in Google Cloud as lines for gcloud.

use super::change::{Binding, GcpChange, NewServiceAccount, Resource};
use super::found::GkeCluster;
use super::names::{AccountEmail, ProjectId};

/// The API that hands out tokens of Google service accounts.
pub const CREDENTIALS_API: &str = "iamcredentials.googleapis.com";

/// Lines for a POSIX shell that do the same.
pub fn lines(change: &GcpChange) -> Vec<String> {
    match change {
        GcpChange::CreateServiceAccount(account) => vec![create(account)],
        GcpChange::Grant(binding) => vec![policy_binding("add-iam-policy-binding", binding)],
        GcpChange::Revoke(binding) => vec![policy_binding("remove-iam-policy-binding", binding)],
        GcpChange::Describe { email, description, .. } => {
            let words = ["gcloud", "iam", "service-accounts", "update", email.as_str()];
            let text = ["--project", email.project().as_str(), "--description", description];
            vec![shell(&[&words[..], &text].concat())]
        }
        GcpChange::DeleteServiceAccount { email, .. } => {
            let words = ["gcloud", "iam", "service-accounts", "delete", email.as_str()];
            vec![shell(&[&words[..], &["--project", email.project().as_str(), "--quiet"]].concat())]
        }
    }
}

fn create(account: &NewServiceAccount) -> String {
    shell(&[
        "gcloud",
        "iam",
        "service-accounts",
        "create",
        account.email.id(),
        "--project",
        account.project.as_str(),
        "--display-name",
        &account.display_name,
        "--description",
        &account.description,
    ])
}

/// A policy with conditions makes gcloud ask which one is meant, or fail where nobody can answer: `None` is said always.
fn policy_binding(command: &str, binding: &Binding) -> String {
    let on = match &binding.on {
        Resource::Account(email) => {
            vec!["gcloud", "iam", "service-accounts", command, email.as_str(), "--project", email.project().as_str()]
        }
        Resource::Project(project) => vec!["gcloud", "projects", command, project.as_str()],
    };
    shell(&[&on[..], &["--role", &binding.role, "--member", &binding.member, "--condition=None"]].concat())
}

/// The line that makes a context for kubectl and helm; for a cluster that only its DNS name reaches, by that.
pub fn get_credentials(cluster: &GkeCluster) -> String {
    let mut words = of_cluster("get-credentials", cluster);
    if !cluster.endpoints.addresses_are_on || (cluster.endpoints.public.is_none() && cluster.endpoints.dns_is_open) {
        words.push("--dns-endpoint");
    } else if cluster.endpoints.public.is_none() {
        words.push("--internal-ip");
    }
    shell(&words)
}

/// The line that gives a cluster a workload pool: its project's, which is the only one it can have.
pub fn enable_workload_identity(cluster: &GkeCluster) -> String {
    let pool = format!("--workload-pool={}.svc.id.goog", pool_name(&cluster.project));
    shell(&[&of_cluster("update", cluster)[..], &[&pool]].concat())
}

/// `example.com:my-project` is `my-project.example.com` in a pool's name.
fn pool_name(project: &str) -> String {
    project.split_once(':').map_or_else(|| project.to_owned(), |(organisation, name)| format!("{name}.{organisation}"))
}

/// The line that gives the nodes of a pool GKE's metadata server. It makes them anew.
pub fn enable_metadata_server(cluster: &GkeCluster, node_pool: &str) -> String {
    let words = ["gcloud", "container", "node-pools", "update", node_pool, "--cluster", &cluster.name];
    let place = ["--location", &cluster.location, "--project", &cluster.project];
    shell(&[&words[..], &place, &["--workload-metadata=GKE_METADATA"]].concat())
}

/// The line that turns on an API in a project.
pub fn enable_api(api: &str, project: &str) -> String {
    shell(&["gcloud", "services", "enable", api, "--project", project])
}

/// Why something could not be looked at, parted from the line that turns on the API it takes, where that is why.
pub fn part_fix(why: &str) -> (&str, Option<&str>) {
    let line = why.rfind("; gcloud services enable ");
    line.map_or((why, None), |at| (&why[..at], Some(&why[at + 2..])))
}

/// The line that switches a Google service account on again.
pub fn enable_account(email: &AccountEmail) -> String {
    let words = ["gcloud", "iam", "service-accounts", "enable", email.as_str()];
    shell(&[&words[..], &["--project", email.project().as_str()]].concat())
}

/// The line that brings a deleted account back, by its number.
pub fn undelete_account(email: &AccountEmail, unique_id: &str) -> String {
    let words = ["gcloud", "iam", "service-accounts", "undelete", unique_id];
    shell(&[&words[..], &["--project", email.project().as_str()]].concat())
}

/// The line that shows who is let in by a Google service account, named as a kubeconfig has it.
pub fn show_account_policy(email: &str) -> String {
    shell(&["gcloud", "iam", "service-accounts", "get-iam-policy", email])
}

/// The line that lists the Google service accounts of a project.
pub fn list_accounts(project: &ProjectId) -> String {
    shell(&["gcloud", "iam", "service-accounts", "list", "--project", project.as_str()])
}

/// The line that shows how a cluster is.
pub fn describe_cluster(cluster: &GkeCluster) -> String {
    shell(&[&of_cluster("describe", cluster)[..], &["--format=value(status,statusMessage)"]].concat())
}

/// The line that shows from where the API server of a cluster can be reached.
pub fn describe_endpoints(cluster: &GkeCluster) -> String {
    shell(&[&of_cluster("describe", cluster)[..], &["--format=yaml(endpoint,controlPlaneEndpointsConfig)"]].concat())
}

/// The line that lets somebody work in the clusters of a project.
///
/// `address` is whom the cluster takes somebody for, when it says so.
pub fn let_in(project: &ProjectId, address: Option<&str>) -> String {
    let member = match address {
        Some(address) if address.ends_with(".gserviceaccount.com") => format!("serviceAccount:{address}"),
        Some(address) if address.contains('@') => format!("user:{address}"),
        _ => "user:ADDRESS".to_owned(),
    };
    let words = ["gcloud", "projects", "add-iam-policy-binding", project.as_str(), "--member", &member];
    shell(&[&words[..], &["--role", "roles/container.admin", "--condition=None"]].concat())
}

/// The line that shows who may do what in a project.
pub fn show_policy(project: &ProjectId) -> String {
    shell(&["gcloud", "projects", "get-iam-policy", project.as_str()])
}

fn of_cluster<'a>(command: &'a str, cluster: &'a GkeCluster) -> Vec<&'a str> {
    let words = ["gcloud", "container", "clusters", command, &cluster.name];
    [&words[..], &["--location", &cluster.location, "--project", &cluster.project]].concat()
}

pub(super) fn shell(words: &[&str]) -> String {
    words.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

fn word(text: &str) -> String {
    let is_plain_flag = |c: char| c.is_ascii_alphanumeric() || "-_=./:".contains(c);
    if text.starts_with("--") && text.chars().all(is_plain_flag) {
        return text.to_owned();
    }
    shlex::Quoter::new().allow_nul(true).quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::gcp::found::Endpoints;

    fn cluster(endpoints: Endpoints) -> GkeCluster {
        GkeCluster {
            project: "example.com:my-project".to_owned(),
            location: "europe-west1".to_owned(),
            name: "prod".to_owned(),
            status: "RUNNING".to_owned(),
            status_message: None,
            endpoints,
            workload_pool: None,
            autopilot: false,
            node_pools: Vec::new(),
            version: None,
        }
    }

    #[test]
    fn a_grant_names_no_condition_and_is_quoted() {
        let email: AccountEmail = "runner-a@my-project.iam.gserviceaccount.com".parse().unwrap();
        let mut binding = Binding {
            on: Resource::Account(email.clone()),
            role: "roles/iam.workloadIdentityUser".to_owned(),
            member: "serviceAccount:my-project.svc.id.goog[jobs/job]".to_owned(),
            young: false,
            seen: None,
        };
        assert_eq!(
            lines(&GcpChange::Grant(binding.clone())),
            ["gcloud iam service-accounts add-iam-policy-binding runner-a@my-project.iam.gserviceaccount.com \
              --project my-project --role roles/iam.workloadIdentityUser \
              --member 'serviceAccount:my-project.svc.id.goog[jobs/job]' --condition=None"]
        );
        binding.on = Resource::Project(email.project().clone());
        let [line] = lines(&GcpChange::Revoke(binding)).try_into().unwrap();
        assert!(line.starts_with("gcloud projects remove-iam-policy-binding my-project --role"), "{line}");
        assert!(line.ends_with("--condition=None"), "{line}");
        let account = NewServiceAccount {
            project: email.project().clone(),
            email,
            display_name: "it's".to_owned(),
            description: "a b".to_owned(),
        };
        assert_eq!(
            lines(&GcpChange::CreateServiceAccount(account)),
            ["gcloud iam service-accounts create runner-a --project my-project --display-name \"it's\" \
              --description 'a b'"]
        );
    }

    #[test]
    fn credentials_come_by_the_way_that_is_open() {
        let public = Endpoints { addresses_are_on: true, public: Some("1.2.3.4".to_owned()), ..Default::default() };
        let private = Endpoints { public: None, private: Some("10.0.0.2".to_owned()), ..public.clone() };
        let dns = Endpoints { addresses_are_on: false, dns_is_open: true, ..Default::default() };
        let base = "gcloud container clusters get-credentials prod --location europe-west1 \
                    --project example.com:my-project";
        assert_eq!(get_credentials(&cluster(public)), base);
        assert_eq!(get_credentials(&cluster(private)), format!("{base} --internal-ip"));
        assert_eq!(get_credentials(&cluster(dns)), format!("{base} --dns-endpoint"));
        let line = enable_workload_identity(&cluster(Endpoints::default()));
        assert!(line.ends_with("--workload-pool=my-project.example.com.svc.id.goog"), "{line}");
        assert!(enable_metadata_server(&cluster(Endpoints::default()), "blue").contains("update blue --cluster prod"));
    }
}
