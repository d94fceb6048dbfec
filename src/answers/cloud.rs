//! What the settings of all clouds have in common: one flag for the identity, and none of another cloud's settings.

use std::str::FromStr;

use super::problems::Settling;
use super::registry::{IDENTITY, PROVIDER};
use super::setting::Setting;
use super::told::{Layer, Said, Source};
use crate::settings::{AwsIdentity, AzureIdentity, GcpIdentity, Provider};

/// How the jobs get their identity: by the flag, else by the cloud's own part of the file, else the cloud's default.
pub(super) fn identity<T>(settling: &mut Settling<'_>, in_file: &'static Setting, default: T) -> T
where
    T: FromStr<Err = String> + std::fmt::Display + Copy,
{
    if settling.told(&IDENTITY).is_some() {
        return settling.parse(&IDENTITY, str::parse).unwrap_or(default);
    }
    let Some(told) = settling.told(in_file) else {
        settling.show(&IDENTITY, default.to_string(), "default");
        return default;
    };
    let identity = match &told.value {
        Said::Structure(value) => match value.as_str().map(str::parse) {
            Some(Ok(identity)) => identity,
            Some(Err(problem)) => settling.refuse(in_file, problem).unwrap_or(default),
            None => settling.refuse(in_file, format!("{value} is not a text; put quotes around it")).unwrap_or(default),
        },
        _ => settling.refuse(in_file, "is not a text").unwrap_or(default),
    };
    settling.show(&IDENTITY, identity.to_string(), told.source.to_string());
    identity
}

/// Settings of one cloud are no help on another provider: they are refused, not ignored. Variables are left alone, as
/// they may be there for other tools.
pub(super) fn refuse_all(settling: &mut Settling<'_>, provider: Provider, theirs: Provider, settings: &[&Setting]) {
    let from = settling.told(&PROVIDER).map(|told| format!(" ({})", told.source)).unwrap_or_default();
    let name = theirs.word().to_uppercase();
    for setting in settings {
        if is_said_here(settling, setting) {
            let problem = format!(
                "is for {name}, and the provider is `{provider}`{from}; say `--provider {theirs}` if it is {name}"
            );
            settling.refuse::<()>(setting, problem);
        }
    }
}

/// Without a cloud there is no identity in one. The word tells which cloud is meant.
pub(super) fn refuse_identity(settling: &mut Settling<'_>, provider: Provider) {
    if provider != Provider::Generic || !is_said_here(settling, &IDENTITY) {
        return;
    }
    let word = settling.text(&IDENTITY).unwrap_or_default();
    let theirs = [
        (Provider::Eks, AwsIdentity::WORDS),
        (Provider::Gke, GcpIdentity::WORDS),
        (Provider::Aks, AzureIdentity::WORDS),
    ];
    // `none` is a word of all of them, and the first one stands for it.
    if let Some((theirs, _)) = theirs.into_iter().find(|(_, words)| words.contains(&word)) {
        refuse_all(settling, provider, theirs, &[&IDENTITY]);
    }
}

/// Whether a setting was told to this tool: by a flag, the file or an answer, not by a variable.
pub(super) fn is_said_here(settling: &Settling<'_>, setting: &Setting) -> bool {
    settling.layer(setting) >= Layer::File && !in_environment(settling, setting)
}

/// Whether it is a variable that counts for a setting.
pub(super) fn in_environment(settling: &Settling<'_>, setting: &Setting) -> bool {
    matches!(settling.told(setting).map(|told| &told.source), Some(Source::Environment(_)))
}
