//! Where Google's APIs are: at googleapis.com, or where gcloud's own variables say.

use url::Url;

use super::GcpError;
pub(super) use crate::cloud::web::may_carry_secrets;
use crate::process::Process;

/// The one universe that this tool knows.
const UNIVERSE: &str = "googleapis.com";

/// One of Google's APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Container,
    Iam,
    IamCredentials,
    ResourceManager,
    Usage,
    /// Takes tokens of clusters; undocumented, and where the variable for the documented token service says.
    SecureToken,
}

impl Service {
    const ALL: [Self; 6] =
        [Self::Container, Self::Iam, Self::IamCredentials, Self::ResourceManager, Self::Usage, Self::SecureToken];

    /// The API's name, which is its host too.
    pub(super) fn host(self) -> &'static str {
        match self {
            Self::Container => "container.googleapis.com",
            Self::Iam => "iam.googleapis.com",
            Self::IamCredentials => "iamcredentials.googleapis.com",
            Self::ResourceManager => "cloudresourcemanager.googleapis.com",
            Self::Usage => "serviceusage.googleapis.com",
            Self::SecureToken => "securetoken.googleapis.com",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Container => "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
            Self::Iam => "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM",
            Self::IamCredentials => "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
            Self::ResourceManager => "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER",
            Self::Usage => "CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE",
            Self::SecureToken => "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS",
        }
    }
}

/// The base URLs of all APIs.
#[derive(Debug, Clone)]
pub(super) struct Bases(Vec<(Service, Url)>);

impl Bases {
    /// Reads the variables of gcloud (`gcloud topic configurations`, section `api_endpoint_overrides`).
    ///
    /// # Errors
    /// A variable that is no URL, or one to which a token must not be sent; another universe.
    pub(super) fn read(process: &Process) -> Result<Self, GcpError> {
        if let Some(universe) = process.var("GOOGLE_CLOUD_UNIVERSE_DOMAIN") {
            check_universe(universe, "GOOGLE_CLOUD_UNIVERSE_DOMAIN")?;
        }
        let base = |service: Service| {
            let url = match process.var(service.variable()) {
                Some(url) => read(service.variable(), url)?,
                None => read(service.host(), &format!("https://{}/", service.host()))?,
            };
            Ok((service, url))
        };
        Service::ALL.into_iter().map(base).collect::<Result<_, _>>().map(Self)
    }

    /// The URL of a path below an API's base.
    pub(super) fn url(&self, service: Service, path: &str, query: &[(&str, &str)]) -> Option<Url> {
        let mut url = self.0.iter().find(|(it, _)| *it == service)?.1.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }
}

fn read(variable: &str, text: &str) -> Result<Url, GcpError> {
    let wrong = |problem| Err(GcpError::EndpointInvalid { variable: variable.to_owned(), problem });
    let Ok(url) = text.trim().parse::<Url>() else { return wrong("is no URL") };
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

/// Refuses every universe but Google's public cloud.
///
/// # Errors
/// Another one.
pub(super) fn check_universe(universe: &str, said: &str) -> Result<(), GcpError> {
    if universe == UNIVERSE {
        return Ok(());
    }
    Err(GcpError::UniverseUnsupported { universe: universe.to_owned(), said: said.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTAINER: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER";

    fn bases(url: &str) -> Result<Bases, GcpError> {
        let mut process = Process::default();
        process.env.insert(CONTAINER.to_owned(), url.to_owned());
        Bases::read(&process)
    }

    #[test]
    fn an_override_counts_with_and_without_a_slash_at_its_end() {
        for (base, expected) in [
            ("", "https://container.googleapis.com/v1/x?a=b"),
            ("https://private.example.com", "https://private.example.com/v1/x?a=b"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1/x?a=b"),
            ("http://localhost:8080/gke/", "http://localhost:8080/gke/v1/x?a=b"),
            ("http://[::1]:8080", "http://[::1]:8080/v1/x?a=b"),
        ] {
            let url = bases(base).unwrap().url(Service::Container, "v1/x", &[("a", "b")]).unwrap();
            assert_eq!(url.as_str(), expected);
        }
        let other = bases("https://private.example.com").unwrap().url(Service::Iam, "v1/a@b.c:d", &[]).unwrap();
        assert_eq!(other.as_str(), "https://iam.googleapis.com/v1/a@b.c:d");
    }

    #[test]
    fn what_a_token_must_not_be_sent_to_is_refused_by_its_variable_s_name() {
        for url in [
            "nowhere",
            "ftp://a",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "https://a:b@c/",
            "https://c/?x",
        ] {
            let error = bases(url).unwrap_err();
            assert!(matches!(&error, GcpError::EndpointInvalid { variable, .. } if variable == CONTAINER), "{error}");
            assert!(!error.to_string().contains("a:b"), "{error}");
        }
    }

    #[test]
    fn another_universe_is_refused_by_name() {
        let mut process = Process::default();
        process.env.insert("GOOGLE_CLOUD_UNIVERSE_DOMAIN".to_owned(), "googleapis.com".to_owned());
        assert!(Bases::read(&process).is_ok());
        process.env.insert("GOOGLE_CLOUD_UNIVERSE_DOMAIN".to_owned(), "example.goog".to_owned());
        let error = Bases::read(&process).unwrap_err();
        assert!(matches!(error, GcpError::UniverseUnsupported { .. }), "{error}");
    }
}
