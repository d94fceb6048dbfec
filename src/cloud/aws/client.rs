//! Opening a client for AWS: with which profile, in which region, through which HTTP client, and whether it may write.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_iam::config::IdentityCache;
use tokio::sync::OnceCell;

use super::AwsError;
use super::credentials::advice;
use super::found::{Caller, EksCluster};
use super::guard::Guard;
use super::http::http_client;
use super::names::Region;
use super::profiles::Profiles;
use super::propagation::Pace;
use super::token::CachedToken;
use crate::access::Access;
use crate::interrupt::Interrupt;
use crate::process::Process;

/// How long the way to a server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may think.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a source of credentials may take: somebody may have to touch a key.
pub(super) const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the SDK sends one request.
const ATTEMPTS: u32 = 3;

/// Told one sentence whenever a request is sent again.
pub type OnRetry = Arc<dyn Fn(&str) + Send + Sync>;

/// A profile of AWS's configuration files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether `--profile` said it: then only this profile counts, as for the aws CLI. Otherwise it is where the
    /// default chain looks, after the environment.
    pub by_flag: bool,
}

/// How to reach AWS.
pub struct AwsOptions {
    /// The profile; `None`: `AWS_PROFILE`, else `default`.
    pub profile: Option<Profile>,
    /// The region; `None`: the environment's, else the profile's.
    pub region: Option<Region>,
    /// PEM bundles of certificates to trust in addition to the system's.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the client may change anything.
    pub access: Access,
    /// When the whole run has to end: no request lasts longer.
    pub deadline: Instant,
    /// Told before a request is sent again.
    pub on_retry: OnRetry,
    /// Ctrl-C: ends a wait for what IAM does not know everywhere yet.
    pub interrupt: Interrupt,
}

impl fmt::Debug for AwsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AwsOptions({:?}, {:?}, {:?})", self.profile, self.region, self.access)
    }
}

/// A client for AWS, in one region. Cheap to clone; clones share what they have found out.
#[derive(Clone)]
pub struct Aws {
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) eks: aws_sdk_eks::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) shared: Arc<Shared>,
    pub(super) access: Access,
}

/// What all clones have in common.
pub(super) struct Shared {
    pub config: SdkConfig,
    pub region: Region,
    pub profile: Option<String>,
    /// Where profiles were looked for, in words.
    pub profile_files: String,
    /// What to say when getting credentials fails.
    pub advice: Vec<String>,
    /// When everything has to end; a person who thinks before saying yes moves it.
    pub deadline: Mutex<Instant>,
    pub on_retry: OnRetry,
    pub interrupt: Interrupt,
    pub pace: Pace,
    pub caller: OnceCell<Caller>,
    pub clusters: Mutex<BTreeMap<String, Arc<OnceCell<EksCluster>>>>,
    pub tokens: tokio::sync::Mutex<BTreeMap<String, CachedToken>>,
    /// What this run has created in IAM, and IAM may therefore not know everywhere yet.
    pub made: Mutex<Vec<String>>,
}

impl Shared {
    /// When everything has to end.
    pub(super) fn deadline(&self) -> Instant {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aws {
    /// Makes a client. Reads configuration files; sends nothing.
    ///
    /// # Errors
    /// A profile that is not there, no region, a proxy or certificates that can't be used.
    pub async fn connect(process: &Process, options: AwsOptions) -> Result<Self, AwsError> {
        let profiles = Profiles::read(process).await?;
        let of_environment = || Some(Profile { name: process.var("AWS_PROFILE")?.to_owned(), by_flag: false });
        let profile = options.profile.or_else(of_environment);
        if let Some(profile) = &profile {
            check(profile, &profiles)?;
        }
        let region = match options.region {
            Some(region) => region,
            None => region(process, &profiles, profile.as_ref())?,
        };
        let name = profile.as_ref().map_or("default", |profile| &profile.name);
        let http = http_client(process, &options.extra_roots, profiles.value(name, "ca_bundle"))?;
        let sdk_region = aws_types::region::Region::new(region.as_str().to_owned());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .region(sdk_region.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build(),
            )
            .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_TIMEOUT).build());
        if let Ok(name) = AppName::new("runner-setup") {
            loader = loader.app_name(name);
        }
        if let Some(profile) = &profile {
            loader = loader.profile_name(&profile.name);
            if profile.by_flag {
                let provider_config =
                    ProviderConfig::without_region().with_http_client(http).with_region(Some(sdk_region));
                let builder = ProfileFileCredentialsProvider::builder().configure(&provider_config);
                loader = loader.credentials_provider(builder.profile_name(&profile.name).build());
            }
        }
        let profile = profile.map(|profile| profile.name);
        let shared = Shared {
            advice: advice(process, &profiles, profile.as_deref()),
            config: loader.load().await,
            region,
            profile,
            profile_files: profiles.files,
            deadline: Mutex::new(options.deadline),
            on_retry: options.on_retry,
            interrupt: options.interrupt,
            pace: Pace::default(),
            caller: OnceCell::new(),
            clusters: Mutex::default(),
            tokens: tokio::sync::Mutex::default(),
            made: Mutex::default(),
        };
        Ok(Self::open(Arc::new(shared), options.access))
    }

    pub(super) fn open(shared: Arc<Shared>, access: Access) -> Self {
        let guard = Guard { access, on_retry: shared.on_retry.clone() };
        let iam = aws_sdk_iam::config::Builder::from(&shared.config).interceptor(guard.clone()).build();
        let eks = aws_sdk_eks::config::Builder::from(&shared.config).interceptor(guard.clone()).build();
        let sts = aws_sdk_sts::config::Builder::from(&shared.config).interceptor(guard).build();
        Self {
            iam: aws_sdk_iam::Client::from_conf(iam),
            eks: aws_sdk_eks::Client::from_conf(eks),
            sts: aws_sdk_sts::Client::from_conf(sts),
            shared,
            access,
        }
    }

    /// Begins the time anew in which everything has to end: what a person took to decide does not count.
    pub fn end_by(&self, deadline: Instant) {
        *self.shared.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// The same connection, closed for writing.
    #[must_use]
    pub fn read_only(&self) -> Self {
        Self::open(self.shared.clone(), Access::ReadOnly)
    }

    /// The region.
    pub fn region(&self) -> &Region {
        &self.shared.region
    }

    /// The profile's name, when somebody or the environment said one.
    pub fn profile(&self) -> Option<&str> {
        self.shared.profile.as_deref()
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aws({}, {:?})", self.shared.region, self.access)
    }
}

/// The SDK passes over a profile that nobody defined and takes other credentials; that is never what was meant.
fn check(profile: &Profile, profiles: &Profiles) -> Result<(), AwsError> {
    if profiles.has(&profile.name) || (profile.name == "default" && !profile.by_flag) {
        return Ok(());
    }
    Err(AwsError::ProfileMissing {
        profile: profile.name.clone(),
        files: profiles.files.clone(),
        there: profiles.names(),
    })
}

fn region(process: &Process, profiles: &Profiles, profile: Option<&Profile>) -> Result<Region, AwsError> {
    let name = profile.map_or("default", |profile| &profile.name);
    let said = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|variable| {
        let region = process.var(variable).map(str::trim).filter(|region| !region.is_empty())?;
        Some((region, variable.to_owned()))
    });
    let said = said.or_else(|| Some((profiles.value(name, "region")?, format!("profile `{name}`"))));
    let Some((text, said)) = said else {
        return Err(AwsError::NoRegion { profile: profile.map(|profile| profile.name.clone()) });
    };
    text.parse()
        .map_err(|error: super::names::AwsNameError| AwsError::RegionInvalid { message: error.to_string(), said })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-central-1\n[profile bare]\n";

    async fn connect(env: &[(&str, &str)], profile: Option<(&str, bool)>) -> Result<Aws, AwsError> {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        std::fs::write(&config, CONFIG).unwrap();
        let mut process = Process::default();
        process.env.insert("AWS_CONFIG_FILE".to_owned(), config.to_str().unwrap().to_owned());
        process.env.insert("AWS_SHARED_CREDENTIALS_FILE".to_owned(), "/nowhere".to_owned());
        process.env.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let options = AwsOptions {
            profile: profile.map(|(name, by_flag)| Profile { name: name.to_owned(), by_flag }),
            region: None,
            extra_roots: Vec::new(),
            access: Access::ReadOnly,
            deadline: Instant::now() + Duration::from_secs(10),
            on_retry: Arc::new(|_| {}),
            interrupt: Interrupt::default(),
        };
        assert!(format!("{options:?}").starts_with("AwsOptions("));
        Aws::connect(&process, options).await
    }

    #[tokio::test]
    async fn the_region_is_the_environment_s_else_the_profile_s() {
        for (env, profile, region) in [
            (&[][..], None, "eu-west-1"),
            (&[][..], Some(("work", true)), "eu-central-1"),
            (&[("AWS_PROFILE", "work")][..], None, "eu-central-1"),
            (&[("AWS_PROFILE", "work"), ("AWS_DEFAULT_REGION", "us-east-1")][..], None, "us-east-1"),
            (
                &[("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "us-east-1")][..],
                Some(("work", true)),
                "us-west-2",
            ),
        ] {
            let aws = connect(env, profile).await.unwrap();
            assert_eq!(aws.region().as_str(), region);
            assert_eq!(format!("{aws:?}"), format!("Aws({region}, ReadOnly)"));
        }
        let error = connect(&[], Some(("bare", true))).await.unwrap_err();
        assert!(matches!(error, AwsError::NoRegion { profile: Some(_) }), "{error}");
        let error = connect(&[("AWS_REGION", "eu-central1")], None).await.unwrap_err();
        assert_eq!(error.to_string(), "`eu-central1` is no AWS region; did you mean `eu-central-1`? (from AWS_REGION)");
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_an_error_that_names_those_that_are() {
        let error = connect(&[("AWS_PROFILE", "wrok")], None).await.unwrap_err();
        let AwsError::ProfileMissing { there, .. } = error else { panic!("{error}") };
        assert_eq!(there, ["bare", "default", "work"]);
    }
}
