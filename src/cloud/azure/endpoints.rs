//! Where Azure is: one authority and one ARM per cloud of Microsoft's, or where somebody says.
//!
//! Source: the table of clouds in `gcp-azure.md` part 2.

use url::Url;

use super::AzureError;
use crate::cloud::web::may_carry_secrets;
use crate::process::Process;
use crate::settings::AzureCloud;

/// The flag for another ARM, and its variable.
const ARM: (&str, &str) = ("--arm-endpoint", "RUNNER_SETUP_ARM_ENDPOINT");
/// The variable of all of Azure's SDKs for another authority.
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

/// A family of ARM's APIs, each with a version of its own. Sovereign clouds get new ones late, so these are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// `Microsoft.ContainerService`
    Clusters,
    /// `Microsoft.ManagedIdentity`
    Identities,
    /// `Microsoft.Authorization`
    Authorization,
    /// `Microsoft.Resources`
    Resources,
}

impl Api {
    /// The version that is asked for.
    pub(super) fn version(self) -> &'static str {
        match self {
            // Writing a cluster back with a version that lacks some of its properties could lose them.
            Self::Clusters => "2025-05-01",
            Self::Identities => "2024-11-30",
            Self::Authorization => "2022-04-01",
            Self::Resources => "2021-04-01",
        }
    }
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    /// Who makes tokens.
    pub authority: Url,
    /// Azure Resource Manager.
    pub arm: Url,
    /// What a token for ARM is asked for with.
    pub arm_scope: &'static str,
}

impl Endpoints {
    /// The cloud's own, or those that somebody names.
    ///
    /// # Errors
    /// What is no URL, or would carry tokens in the open.
    pub(super) fn read(process: &Process, cloud: AzureCloud, arm: Option<&str>) -> Result<Self, AzureError> {
        let (authority, own_arm, arm_scope) = match cloud {
            AzureCloud::Public => (
                "https://login.microsoftonline.com",
                "https://management.azure.com",
                "https://management.azure.com/.default",
            ),
            AzureCloud::UsGovernment => (
                "https://login.microsoftonline.us",
                "https://management.usgovcloudapi.net",
                "https://management.core.usgovcloudapi.net/.default",
            ),
            AzureCloud::China => (
                "https://login.chinacloudapi.cn",
                "https://management.chinacloudapi.cn",
                "https://management.chinacloudapi.cn/.default",
            ),
        };
        let arm = match (arm, process.var(ARM.1)) {
            (Some(url), _) => read(ARM.0, url)?,
            (None, Some(url)) => read(ARM.1, url)?,
            (None, None) => read(ARM.0, own_arm)?,
        };
        let authority = read(AUTHORITY, process.var(AUTHORITY).unwrap_or(authority))?;
        Ok(Self { authority, arm, arm_scope })
    }

    /// The URL of a path of ARM's, which begins with a slash.
    pub(super) fn arm_url(&self, api: Api, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.arm.clone();
        url.set_path(&format!("{}{path}", self.arm.path().trim_end_matches('/')));
        url.query_pairs_mut().append_pair("api-version", api.version()).extend_pairs(query);
        url
    }

    /// The next page of a list: always at this ARM, whatever host the answer names, as the token goes there.
    pub(super) fn next_url(&self, link: &str) -> Option<Url> {
        let link: Url = link.parse().ok()?;
        let mut url = self.arm.clone();
        let base = self.arm.path().trim_end_matches('/');
        let path = link.path().strip_prefix(base).unwrap_or(link.path());
        url.set_path(&format!("{base}{path}"));
        url.set_query(link.query());
        Some(url)
    }

    /// Where tokens of a tenant are made.
    pub(super) fn token_url(&self, tenant: &str) -> Url {
        let mut url = self.authority.clone();
        url.set_path(&format!("/{tenant}/oauth2/v2.0/token"));
        url
    }

    /// The host of ARM, as people read it.
    pub(super) fn arm_host(&self) -> String {
        host(&self.arm)
    }

    /// The host of the authority, as people read it.
    pub(super) fn authority_host(&self) -> String {
        host(&self.authority)
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn read(said: &'static str, text: &str) -> Result<Url, AzureError> {
    let wrong = |problem| Err(AzureError::EndpointInvalid { said, problem });
    let text = text.trim();
    // Some of Azure's SDKs take the authority without a scheme.
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let Ok(url) = text.parse::<Url>() else { return wrong("is no URL") };
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return wrong("does not start with https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("has a user or a password in it");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("has a `?` or a `#` in it");
    }
    if !may_carry_secrets(&url) {
        return wrong("is http:// to another machine: everybody on the way could read the token");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(cloud: AzureCloud, arm: Option<&str>, env: &[(&str, &str)]) -> Result<Endpoints, AzureError> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Endpoints::read(&Process { env, ..Process::default() }, cloud, arm)
    }

    #[test]
    fn each_cloud_has_its_own() {
        let url = |cloud| endpoints(cloud, None, &[]).unwrap().arm_url(Api::Identities, "/a", &[]).to_string();
        assert_eq!(url(AzureCloud::Public), "https://management.azure.com/a?api-version=2024-11-30");
        assert_eq!(url(AzureCloud::China), "https://management.chinacloudapi.cn/a?api-version=2024-11-30");
        let gov = endpoints(AzureCloud::UsGovernment, None, &[]).unwrap();
        assert_eq!(gov.token_url("t").as_str(), "https://login.microsoftonline.us/t/oauth2/v2.0/token");
    }

    #[test]
    fn the_flag_counts_more_than_the_variable_and_tokens_stay_at_one_host() {
        let env = [("RUNNER_SETUP_ARM_ENDPOINT", "https://env.example.com"), (AUTHORITY, "login.example.com")];
        let there = endpoints(AzureCloud::Public, Some("http://localhost:8080/arm/"), &env).unwrap();
        let query = [("$filter", "roleName eq 'A B'".to_owned())];
        let url = there.arm_url(Api::Authorization, "/x", &query);
        assert_eq!(url.as_str(), "http://localhost:8080/arm/x?api-version=2022-04-01&%24filter=roleName+eq+%27A+B%27");
        let next = there.next_url("https://evil.example.com/x?api-version=1&$skiptoken=a").unwrap();
        assert_eq!(next.as_str(), "http://localhost:8080/arm/x?api-version=1&$skiptoken=a");
        assert_eq!(there.authority_host(), "login.example.com");
        assert_eq!(endpoints(AzureCloud::Public, None, &env).unwrap().arm_host(), "env.example.com");
    }

    #[test]
    fn what_a_token_must_not_be_sent_to_is_refused_by_who_said_it() {
        for url in ["http://10.0.0.1/", "ftp://a", "https://a:b@c/", "https://c/?x"] {
            let error = endpoints(AzureCloud::Public, Some(url), &[]).unwrap_err();
            assert!(matches!(error, AzureError::EndpointInvalid { said: "--arm-endpoint", .. }), "{error}");
            let error = endpoints(AzureCloud::Public, None, &[(AUTHORITY, url)]).unwrap_err();
            assert!(error.to_string().contains(AUTHORITY) && !error.to_string().contains("a:b"), "{error}");
        }
    }
}
