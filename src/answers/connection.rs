//! Settles how the Orchestrator and the cluster are reached: addresses, the token, trust, patience.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::Answers;
use super::problems::Settling;
use super::registry::{API_URL, CA_FILE, CONTEXT, KUBECONFIG, TIMEOUT, TOKEN_FILE};
use super::setting::Setting;
use super::settle::{ConnectionSettings, Token, TokenNeed};
use super::text_checks::{base_url, duration, url_text};
use super::told::{Layer, Said, Secret, Source, Told};
use crate::failure::{Failure, FailureKind};
use crate::settings::{FileSource, SAAS_API_URL};

/// How long the whole wait lasts when nobody says.
const TIMEOUT_DEFAULT: Duration = Duration::from_mins(5);

/// Settles everything about connections; `api_url` is where the token would go.
pub(super) fn settle(settling: &mut Settling<'_>, api_url: Option<&Url>, token_need: TokenNeed) -> ConnectionSettings {
    let timeout = settling.parse(&TIMEOUT, duration).unwrap_or(TIMEOUT_DEFAULT);
    let context = settling.parse(&CONTEXT, |text| if text.is_empty() { Err("is empty") } else { Ok(text.to_owned()) });
    let ca_file = settling.parse(&CA_FILE, file);
    let kubeconfig = kubeconfig(settling);
    let token = match token_need {
        TokenNeed::Required => token(settling, api_url),
        TokenNeed::IfThere if settling.told(&TOKEN_FILE).is_some() => {
            let token = token(settling, api_url);
            // A token that belongs elsewhere is no token here, and nobody asked for one.
            settling.refused = None;
            token
        }
        TokenNeed::IfThere | TokenNeed::No => None,
    };
    ConnectionSettings { kubeconfig, context, ca_file, token, timeout }
}

/// A path that cannot be standard input.
pub(super) fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("is empty".to_owned()),
        "-" => Err("cannot be read from standard input; name a file".to_owned()),
        path => Ok(PathBuf::from(path)),
    }
}

/// A path, or standard input.
pub(super) fn file_or_stdin(text: &str) -> Result<FileSource, String> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(FileSource::from(text)) }
}

/// Refuses that two settings are read from standard input.
pub(super) fn check_stdin(settling: &mut Settling<'_>, settings: &[&'static Setting]) {
    let mut reader = settling.answers.config().filter(|name| *name == "-").map(|_| "--config".to_owned());
    for setting in settings.iter().filter(|setting| settling.answers.text(setting) == Some("-")) {
        match &reader {
            Some(other) => {
                let problem = format!("standard input is read for `{other}` already; give one of them a file");
                settling.refuse::<()>(setting, problem);
            }
            None => reader = Some(setting.name()),
        }
    }
}

/// The kubeconfig files; the variable names a list of them.
fn kubeconfig(settling: &mut Settling<'_>) -> Vec<PathBuf> {
    match settling.told(&KUBECONFIG).map(|told| &told.source) {
        None | Some(Source::Environment(_)) => kubeconfig_files(settling.answers),
        Some(_) => settling.parse(&KUBECONFIG, file).into_iter().collect(),
    }
}

/// The kubeconfig files as they were named, nothing checked.
pub(super) fn kubeconfig_files(answers: &Answers) -> Vec<PathBuf> {
    let Some(told) = answers.told(&KUBECONFIG) else { return Vec::new() };
    match (&told.value, &told.source) {
        (Said::Text(list), Source::Environment(_)) => {
            let separator = if cfg!(windows) { ';' } else { ':' };
            list.split(separator).filter(|path| !path.is_empty()).map(PathBuf::from).collect()
        }
        (Said::Text(path), _) => vec![PathBuf::from(path)],
        _ => Vec::new(),
    }
}

fn token(settling: &mut Settling<'_>, api_url: Option<&Url>) -> Option<Token> {
    let Some(Told { value, source }) = settling.told(&TOKEN_FILE) else {
        settling.refused = Some(no_credentials(None));
        return None;
    };
    let secret = match value {
        Said::Secret(secret) => {
            if let Some(other) = belongs_elsewhere(settling, source, api_url) {
                settling.refused = Some(no_credentials(Some(other)));
                return None;
            }
            secret.clone()
        }
        _ => read(settling)?,
    };
    let text = secret.expose().trim();
    if text.is_empty() {
        return settling.refuse(&TOKEN_FILE, "the token is empty");
    }
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return settling
            .refuse(&TOKEN_FILE, "what is there is not a token: it has spaces, line breaks or other signs in it");
    }
    Some(Token { value: Secret::new(text), source: source.clone() })
}

/// Says so when the token is hctl's and hctl uses it for another address than the one in use.
fn belongs_elsewhere(settling: &Settling<'_>, source: &Source, api_url: Option<&Url>) -> Option<String> {
    let Source::Hctl(path) = source else { return None };
    let text = match settling.answers.told_by(&API_URL, Layer::Hctl).map(|told| &told.value) {
        Some(Said::Text(text)) => text,
        _ => SAAS_API_URL,
    };
    // An address that cannot be read is not the one in use.
    let own = base_url(text).ok();
    let used = api_url?;
    if own.as_ref().is_some_and(|own| url_text(own) == url_text(used)) {
        return None;
    }
    let own = own.as_ref().map_or("another address", |own| url_text(own));
    Some(format!("the token in hctl's configuration `{path}` is for {own}; it is not sent to {}", url_text(used)))
}

fn no_credentials(why: Option<String>) -> Failure {
    let tried =
        "tried `--token-file`, `HUMANITEC_AUTH_TOKEN`, `orchestrator.tokenFile` in the file, and hctl's configuration";
    let failure = Failure::new(FailureKind::Refused, "there are no credentials for the Orchestrator").cause(tried);
    let failure = why.into_iter().fold(failure, Failure::cause);
    failure.hint("hctl login").hint("set `HUMANITEC_AUTH_TOKEN`, or use `--token-file FILE`")
}

/// Reads the file that was named for the token.
fn read(settling: &mut Settling<'_>) -> Option<Secret> {
    let bytes = match settling.parse(&TOKEN_FILE, file_or_stdin)? {
        FileSource::Stdin => settling.process.read_stdin(),
        FileSource::Path(path) => {
            let path = settling.process.path(path);
            if is_readable_by_others(&path) {
                let name = settling.text(&TOKEN_FILE).unwrap_or_default();
                settling
                    .warnings
                    .push(format!("`{name}` holds a token and can be read by others; run `chmod 600 {name}`"));
            }
            std::fs::read(path)
        }
    };
    match bytes.map(|bytes| String::from_utf8(bytes).map(Zeroizing::new)) {
        Ok(Ok(text)) => Some(Secret::new(text.trim())),
        Ok(Err(_)) => settling.refuse(&TOKEN_FILE, "what is there is not a text"),
        Err(error) => {
            let name = settling.text(&TOKEN_FILE).unwrap_or_default();
            settling.refuse(&TOKEN_FILE, format!("`{name}` cannot be read: {error}"))
        }
    }
}

#[cfg(unix)]
fn is_readable_by_others(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // A pipe, as of `<(pass show token)`, is nobody else's.
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &std::path::Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::super::hctl::Hctl;
    use super::super::tests::{answers, process};
    use super::*;

    fn hctl(url: Option<&str>) -> Hctl {
        Hctl {
            path: "/h".into(),
            api_url: url.map(str::to_owned),
            default_org_id: None,
            token: Some(Secret::new("hunter2")),
        }
    }

    #[test]
    fn hctls_token_goes_nowhere_but_to_its_own_address() {
        for (own, flag, sent) in [
            (None, None, true),
            (None, Some("https://api.humanitec.dev/"), true),
            (Some("https://a.example/"), None, true),
            (Some("https://a.example"), Some("https://b.example"), false),
            (None, Some("https://b.example"), false),
            (Some("not a url"), Some("https://b.example"), false),
        ] {
            let flags: Vec<_> = flag.into_iter().flat_map(|url| ["--api-url", url]).collect();
            let (mut answers, process) = (answers(&flags, &[], None), process(&[]));
            answers.add_hctl(&hctl(own));
            let mut settling = Settling::new(&answers, &process);
            let used = base_url(answers.text(&API_URL).unwrap_or(SAAS_API_URL)).unwrap();
            let connection = super::settle(&mut settling, Some(&used), TokenNeed::Required);
            assert_eq!(connection.token.is_some(), sent, "{own:?} {flag:?}");
            assert!(!format!("{connection:?}").contains("hunter2"));
            if let Some(failure) = settling.refused {
                assert!(failure.causes[1].contains("is not sent to https://b.example"), "{failure:?}");
                assert_eq!(failure.kind, FailureKind::Refused);
            }
        }
    }

    #[test]
    fn a_token_file_is_trimmed_checked_and_watched() {
        for (content, problem) in
            [("abc\n", None), (" \n", Some("is empty")), ("a b", Some("not a token")), ("a\nb", Some("not a token"))]
        {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), content).unwrap();
            let (answers, process) =
                (answers(&["--token-file", file.path().to_str().unwrap()], &[], None), process(&[]));
            let mut settling = Settling::new(&answers, &process);
            let connection = super::settle(&mut settling, None, TokenNeed::Required);
            assert!(settling.warnings.is_empty(), "a private file is fine: {:?}", settling.warnings);
            match problem {
                None => assert_eq!(connection.token.unwrap().value.expose(), "abc"),
                Some(words) => assert!(settling.invalid[0].contains(words), "{:?}", settling.invalid),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_token_file_that_others_can_read_is_pointed_out() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let (answers, process) = (answers(&["--token-file", file.path().to_str().unwrap()], &[], None), process(&[]));
        let mut settling = Settling::new(&answers, &process);
        assert!(super::settle(&mut settling, None, TokenNeed::Required).token.is_some());
        assert!(settling.warnings[0].contains("chmod 600"), "{:?}", settling.warnings);
    }

    #[test]
    fn a_token_that_is_not_needed_is_not_read() {
        let (answers, process) = (answers(&["--token-file", "/missing"], &[], None), process(&[]));
        let mut settling = Settling::new(&answers, &process);
        assert!(super::settle(&mut settling, None, TokenNeed::No).token.is_none());
        assert!(settling.invalid.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn the_kubeconfig_variable_is_a_list_and_the_flag_is_not() {
        for (flags, env, expected) in [
            (&[][..], &[("KUBECONFIG", "/a::/b")][..], &["/a", "/b"][..]),
            (&["--kubeconfig", "/a:b"], &[], &["/a:b"]),
            (&[], &[], &[]),
        ] {
            let (answers, process) = (answers(flags, env, None), process(&[]));
            let connection = super::settle(&mut Settling::new(&answers, &process), None, TokenNeed::No);
            assert_eq!(connection.kubeconfig, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        }
    }
}
