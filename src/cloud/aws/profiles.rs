//! AWS's own configuration files: which profiles there are, and which region they say.

use aws_config::profile::{ProfileSet, load};
use aws_types::os_shim_internal::{Env, Fs};

use super::AwsError;
use crate::process::Process;

/// The profiles of the configuration files.
pub(super) struct Profiles {
    set: ProfileSet,
    /// Where they were looked for, in words.
    pub files: String,
}

impl Profiles {
    /// Reads the files, which need not exist.
    ///
    /// # Errors
    /// A file that can't be read or understood.
    pub(super) async fn read(process: &Process) -> Result<Self, AwsError> {
        let file = |variable, default: &str| process.var(variable).unwrap_or(default).to_owned();
        let files = format!(
            "{} and {}",
            file("AWS_CONFIG_FILE", "~/.aws/config"),
            file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
        );
        let env = Env::from(process.env.clone().into_iter().collect::<std::collections::HashMap<_, _>>());
        match load(&Fs::real(), &env, &Default::default(), None).await {
            Ok(set) => Ok(Self { set, files }),
            Err(error) => {
                // A line of these files may be a secret: only what the outermost error says is kept.
                Err(AwsError::ProfilesUnreadable { files, message: super::understand::first_line(&error.to_string()) })
            }
        }
    }

    /// Whether a profile is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.set.get_profile(name).is_some()
    }

    /// All profiles' names, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.set.profiles().map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    /// The region that a profile says.
    pub(super) fn region(&self, name: &str) -> Option<&str> {
        self.set.get_profile(name)?.get("region").filter(|region| !region.is_empty())
    }
}
