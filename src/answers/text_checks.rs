//! Rules for texts that no type of its own stands for: each check returns the value, or what is wrong in words.

use url::Url;

/// Variables of the agent that have a setting of their own.
const RESERVED_VARIABLES: &[(&str, &str)] = &[
    ("ORG_ID", "--org"),
    ("RUNNER_ID", "--runner-id"),
    ("LOG_LEVEL", "--log-level"),
    ("PRIVATE_KEY", "--key-secret"),
    ("REMOTE_URL", "--remote-url"),
];

type Checked<T> = Result<T, String>;

/// An id as the Orchestrator makes them; it becomes part of addresses.
pub(super) fn id(text: &str) -> Checked<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(character) => Err(format!("`{text}` has {character:?}; use letters, digits, `-`, `_` and `.`")),
        None if text.starts_with('.') => Err(format!("`{text}` starts with `.`")),
        None => Ok(text.to_owned()),
    }
}

/// A base URL, without a slash at its end.
pub(super) fn base_url(text: &str) -> Checked<Url> {
    // The address is not repeated before it is known to hold no password.
    let url = Url::parse(text.trim_end_matches('/')).map_err(|error| {
        let hint = if text.contains("://") { "" } else { "; write it with https:// in front" };
        format!("is not a URL: {error}{hint}")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials; leave them out of the URL".to_owned());
    }
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(format!("`{text}` is not a URL that starts with https:// or http://"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("`{text}` has a `?` or `#`; give the address alone"));
    }
    Ok(url)
}

/// A URL as text, without the slash that an empty path gets.
pub(super) fn url_text(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// A description that the Orchestrator takes.
pub(super) fn description(text: &str) -> Checked<String> {
    let length = text.chars().count();
    if length > 200 {
        return Err(format!("has {length} characters, 200 is the most"));
    }
    Ok(text.to_owned())
}

/// A duration such as `5m` or `1h 30s`.
pub(super) fn duration(text: &str) -> Checked<std::time::Duration> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("`{text}` is not a duration ({error}); write e.g. 5m or 90s"))?;
    if duration.is_zero() { Err(format!("`{text}` is no time at all; write e.g. 5m or 90s")) } else { Ok(duration) }
}

/// An image's name without its tag.
pub(super) fn image_repository(text: &str) -> Checked<String> {
    if text.contains("://") {
        return Err(format!("`{text}` starts like a URL; leave out what stands before the registry's name"));
    }
    if text.contains('@') {
        return Err(format!("`{text}` names a digest; images are named by a tag here, with `--image-tag`"));
    }
    let (path, tag) = match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    };
    if let Some(tag) = tag {
        return Err(format!("`{text}` has a tag in it; write `--image-repository {path} --image-tag {tag}`"));
    }
    let host_may_be_upper = |(index, part): (usize, &str)| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        !part.is_empty()
            && part
                .chars()
                .all(|c| allowed(c) || (index == 0 && (c.is_ascii_uppercase() || matches!(c, ':' | '[' | ']'))))
    };
    if path.split('/').enumerate().all(host_may_be_upper) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not the name of an image; write e.g. registry.example/humanitec-runner"))
    }
}

/// An image's tag.
pub(super) fn image_tag(text: &str) -> Checked<String> {
    if text.contains("sha256:") || text.contains('@') {
        return Err(format!("`{text}` is a digest; images are named by a tag here"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if text.is_empty() || text.len() > 128 || !text.chars().all(allowed) || text.starts_with(['.', '-']) {
        return Err(format!("`{text}` is not a tag; use at most 128 letters, digits, `_`, `.` and `-`"));
    }
    Ok(text.to_owned())
}

/// A key in the data of a Secret.
pub(super) fn secret_key(text: &str) -> Checked<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if text.is_empty() || text.len() > 253 || !text.chars().all(allowed) {
        return Err(format!("`{text}` is not a key of a Secret; use at most 253 letters, digits, `-`, `_` and `.`"));
    }
    Ok(text.to_owned())
}

/// Splits `K=V` at the first `=`; the value stays byte for byte.
pub(super) fn pair(text: &str) -> Checked<(&str, &str)> {
    text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`; write NAME=VALUE"))
}

/// A variable for the agent, `NAME=VALUE`.
pub(super) fn variable(text: &str) -> Checked<(String, String)> {
    let (name, value) = pair(text)?;
    variable_name(name)?;
    if value.contains('\0') {
        return Err(format!("the value of `{name}` has a NUL byte"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// The name of a variable that the agent does not get otherwise.
pub(super) fn variable_name(name: &str) -> Checked<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(allowed) {
        return Err(format!("`{name}` is not the name of a variable; use letters, digits and `_`, not a digit first"));
    }
    match RESERVED_VARIABLES.iter().find(|(reserved, _)| *reserved == name) {
        Some((_, flag)) => Err(format!("`{name}` is set by the tool; use `{flag}`")),
        None => Ok(()),
    }
}

/// An annotation, `KEY=VALUE`.
pub(super) fn annotation(text: &str) -> Checked<(String, String)> {
    let (key, value) = pair(text)?;
    qualified_name(key)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The key of a label or an annotation: a name of at most 63, with a DNS name and `/` in front if wanted.
pub(super) fn qualified_name(key: &str) -> Checked<()> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if let Some(prefix) = prefix {
        prefix
            .parse::<crate::names::KubernetesName>()
            .map_err(|error| format!("the key `{key}` is not valid: {error}"))?;
    }
    if label_text(name) && !name.is_empty() {
        return Ok(());
    }
    Err(format!(
        "`{key}` is not a valid key; use at most 63 letters, digits, `-`, `_` and `.` after an optional `domain/`"
    ))
}

/// Whether a text may be a label's value.
pub(super) fn label_text(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}

/// An object as the refusal prints it, `<part>:<kind>/<name>`.
pub(super) fn object(text: &str) -> Checked<String> {
    let parts = text.split_once(':').and_then(|(part, rest)| Some((part, rest.split_once('/')?)));
    match parts {
        Some((part, (kind, name)))
            if ![part, kind, name].iter().any(|p| p.is_empty()) && !text.contains(char::is_whitespace) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "`{text}` does not name an object; write it as the refusal does, e.g. kubernetes:Namespace/runners"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_loses_its_slash_and_keeps_no_secret() {
        assert_eq!(url_text(&base_url("https://a.example/").unwrap()), "https://a.example");
        assert_eq!(url_text(&base_url("http://a:8080/x//").unwrap()), "http://a:8080/x");
        for (bad, words) in [
            ("api.humanitec.dev", "https:// in front"),
            ("ftp://a", "https://"),
            ("https://u:hunter2@a", "credentials"),
            ("https://a?x=y", "`?`"),
            ("", "not a URL"),
        ] {
            let error = base_url(bad).unwrap_err();
            assert!(error.contains(words) && !error.contains("hunter2"), "{bad}: {error}");
        }
    }

    #[test]
    fn an_image_is_named_without_its_tag() {
        for good in ["ghcr.io/humanitec/humanitec-runner", "localhost:5000/a", "a/b_c/d-e"] {
            assert!(image_repository(good).is_ok(), "{good}");
        }
        let error = image_repository("r.example:5000/a:v1").unwrap_err();
        assert!(error.contains("--image-repository r.example:5000/a --image-tag v1"), "{error}");
        for bad in ["https://a/b", "a@sha256:0", "A B", "", "a//b", "r/Upper"] {
            assert!(image_repository(bad).is_err(), "{bad}");
        }
        assert!(image_tag("v1.2.3").is_ok());
        for bad in ["sha256:abc", "", ".a", "a b"] {
            assert!(image_tag(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_variable_is_split_once_and_kept_byte_for_byte() {
        for (text, name, value) in [
            ("NO_PROXY=10.0.0.0/8,.svc", "NO_PROXY", "10.0.0.0/8,.svc"),
            ("DEBUG=true", "DEBUG", "true"),
            ("A=", "A", ""),
            ("A=b=c ", "A", "b=c "),
        ] {
            assert_eq!(variable(text), Ok((name.to_owned(), value.to_owned())));
        }
        for bad in ["A", "=b", "1A=b", "A B=c", "Ä=b"] {
            assert!(variable(bad).is_err(), "{bad}");
        }
        assert_eq!(variable("REMOTE_URL=x").unwrap_err(), "`REMOTE_URL` is set by the tool; use `--remote-url`");
    }

    #[test]
    fn annotations_have_qualified_keys() {
        assert_eq!(
            annotation("eks.amazonaws.com/role-arn=arn:aws:iam::1:role/a=b"),
            Ok(("eks.amazonaws.com/role-arn".to_owned(), "arn:aws:iam::1:role/a=b".to_owned()))
        );
        for bad in ["a", "=b", "/a=b", "a/=b", "a b=c", "-a=b", "Upper.Case/a=b"] {
            assert!(annotation(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn objects_are_named_as_refusals_name_them() {
        for good in
            ["kubernetes:Namespace/a", "kubernetes:Role/a/b", "orchestrator:runner-rule/*/dev", "aws:oidc-provider/x/y"]
        {
            assert!(object(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "a:b", "a/b", ":a/b", "a:/b", "a:b/", "a: b/c"] {
            assert!(object(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_durations_and_descriptions() {
        assert!(id("my-org_1").is_ok());
        assert!(id("a/b").is_err() && id("").is_err() && id("..").is_err());
        assert!(duration("1h 30s").is_ok());
        assert!(duration("5").is_err() && duration("0s").is_err());
        assert!(description(&"ü".repeat(200)).is_ok() && description(&"a".repeat(201)).is_err());
    }
}
