//! Words for what is wrong in the configuration file: the nearest known key, and the right place for a secret.

/// What is wrong, in our own words where the reader's are too technical.
pub(super) fn problem(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let text = match error.location() {
        Some(at) => text.replace(&format!(" at line {} column {}", at.line(), at.column()), ""),
        None => text,
    };
    let (path, rest) = match text.split_once(": ") {
        Some((path, rest)) if is_path(path) => (path, rest),
        _ => ("", text.as_str()),
    };
    if let Some((key, known)) = unknown_key(rest) {
        let full = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        return unknown(&full, key, &known);
    }
    if path.is_empty() { rest.to_owned() } else { format!("`{path}`: {rest}") }
}

fn is_path(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | ']' | '_' | '-' | '/'))
}

/// Takes the key and the known ones out of serde's "unknown field `a`, expected one of `b`, `c`".
fn unknown_key(text: &str) -> Option<(&str, Vec<&str>)> {
    let (key, expected) = text.strip_prefix("unknown field `")?.split_once("`, ")?;
    Some((key, expected.split('`').skip(1).step_by(2).collect()))
}

fn unknown(full: &str, key: &str, known: &[&str]) -> String {
    if let Some(place) = place_of_secret(key) {
        return format!("`{full}` looks like a secret, which may not stand in this file; {place}");
    }
    match nearest(key, known) {
        Some(nearest) => format!("unknown key `{full}`; did you mean `{nearest}`?"),
        None => format!("unknown key `{full}`; known here: {}", known.join(", ")),
    }
}

/// The known word that is most like this one, if any is alike.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |other: &str| strsim::jaro_winkler(&word.to_lowercase(), &other.to_lowercase());
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(best)
}

/// Where a secret with this key belongs.
fn place_of_secret(key: &str) -> Option<&'static str> {
    let key: String = key.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    match key.as_str() {
        "key" | "pem" | "privatekey" | "privatekeypem" => Some("name its file with `--private-key-file`"),
        key if key.ends_with("token") => Some("set `HUMANITEC_AUTH_TOKEN`, or name its file with `--token-file`"),
        key if ["password", "secret", "apikey", "credentials"].iter().any(|word| key.ends_with(word)) => {
            Some("a token goes into `HUMANITEC_AUTH_TOKEN`, a registry's password into `--registry-auth-file`")
        }
        _ => None,
    }
}

/// Whether a variable most likely holds a secret, by its name or by a password in an address.
pub(super) fn is_secret_variable(name: &str, value: &str) -> bool {
    if matches!(value, "" | "true" | "false") || value.parse::<f64>().is_ok() {
        return false;
    }
    let password = url::Url::parse(value).is_ok_and(|url| url.password().is_some());
    if password || value.contains("PRIVATE KEY-----") {
        return true;
    }
    let name = name.to_uppercase();
    ["TOKEN", "PASSWORD", "PASSWD", "SECRET", "PRIVATE_KEY", "API_KEY", "ACCESS_KEY"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Where a secret that an agent or a job needs belongs.
pub(super) fn secret_belongs(name: &str) -> String {
    format!(
        "`{name}` looks like a secret, which may stand neither in the file nor on the command line; put it into a Secret \
         and take it from there with `agent.extraEnv` and `valueFrom.secretKeyRef`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested_and_a_stranger_is_not() {
        let known = ["organization", "orchestrator", "cluster", "runner", "agent"];
        assert_eq!(nearest("organisation", &known), Some("organization"));
        assert_eq!(nearest("Runners", &known), Some("runner"));
        assert_eq!(nearest("aws", &known), None);
    }

    #[test]
    fn a_secret_is_known_by_its_name_or_by_its_shape() {
        for (name, value, secret) in [
            ("AWS_SECRET_ACCESS_KEY", "x", true),
            ("npm_token", "x", true),
            ("HTTPS_PROXY", "http://user:pass@proxy:3128", true),
            ("HTTPS_PROXY", "http://proxy:3128", false),
            ("A", "-----BEGIN PRIVATE KEY-----", true),
            ("TOKEN_FILE", "/x", false),
            ("REQUIRE_TOKEN", "true", false),
            ("NO_PROXY", "10.0.0.0/8,.svc", false),
        ] {
            assert_eq!(is_secret_variable(name, value), secret, "{name}");
        }
    }
}
