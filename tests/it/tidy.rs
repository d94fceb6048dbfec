//! The house's invariants, read from the sources: who may write, who may wait, and who may name which library.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

struct Source {
    /// Below `src/`, with `/`.
    path: String,
    /// Without comments and without the tests at the end.
    code: String,
    text: String,
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let folder = root().join("src");
    let files = below(&folder).into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs"));
    files
        .map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            let lines = text.split("#[cfg(test)]\nmod tests").next().unwrap().lines();
            let code: Vec<_> = lines.filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = file.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
            Source { path, code: code.join("\n"), text: text.clone() }
        })
        .filter(|source| !source.path.ends_with("/tests.rs"))
        .collect()
}

/// Whether a word stands in the code as a word of its own.
fn names(code: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(inside);
        let after = !word.ends_with(':') && code[at + word.len()..].chars().next().is_some_and(inside);
        !before && !after
    })
}

/// Demands that none of these words is named outside the given places.
#[track_caller]
fn only_in(places: &[&str], words: &[&str]) {
    let mut strays = Vec::new();
    for source in sources().iter().filter(|source| !places.iter().any(|place| source.path.starts_with(place))) {
        strays.extend(words.iter().filter(|word| names(&source.code, word)).map(|word| (source.path.clone(), *word)));
    }
    assert!(strays.is_empty(), "only {places:?} may name these: {strays:?}");
}

#[test]
fn plan_and_change_have_no_io_no_async_and_no_clock() {
    let forbidden = [
        "async",
        "await",
        "tokio",
        "std::fs",
        "std::io",
        "std::env",
        "std::time",
        "Instant",
        "SystemTime",
        "Timestamp",
    ];
    for source in sources().iter().filter(|source| source.path.starts_with("plan/") || source.path == "change.rs") {
        for word in forbidden {
            assert!(!names(&source.code, word), "{} names {word}", source.path);
        }
    }
}

#[test]
fn only_the_terminal_writes() {
    let words =
        ["println!", "eprintln!", "print!", "eprint!", "io::stdout", "io::stderr", "stdout", "stderr", "error.print"];
    // process.rs asks whether the streams are terminals.
    // credentials.rs reads what a plugin said on its own stderr, gcloud.rs what gcloud did, az.rs what az did.
    let readers = ["cluster/credentials.rs", "cloud/gcp/gcloud.rs", "cloud/azure/az.rs"];
    only_in(&[&["terminal/", "process.rs"], &readers[..]].concat(), &words);
}

#[test]
fn only_process_touches_the_environment() {
    only_in(&["process.rs"], &["std::env", "env::var", "env::args", "env::current_dir", "process::exit"]);
    only_in(&["process.rs", "terminal/"], &["io::stdin"]);
}

#[test]
fn every_library_is_named_in_its_own_room_only() {
    only_in(&["terminal/"], &["dialoguer", "indicatif", "console"]);
    only_in(&["cluster/"], &["kube::"]);
    only_in(&["orchestrator/", "cloud/gcp/", "cloud/azure/", "cloud/web.rs"], &["reqwest"]);
    only_in(
        &["cloud/aws/"],
        &["aws_config", "aws_sdk_iam", "aws_sdk_eks", "aws_sdk_sts", "aws_sigv4", "aws_types", "aws_credential_types"],
    );
    only_in(&["cloud/gcp/"], &["google_cloud_auth"]);
    only_in(&["cloud/azure/"], &["azure_core", "azure_identity", "aws_lc_rs", "async_trait", "uuid"]);
    only_in(&["keypair.rs"], &["ed25519_dalek"]);
    only_in(&["manifests.rs"], &["minijinja"]);
}

#[test]
fn a_private_key_shows_itself_to_nobody() {
    let keypair = sources().into_iter().find(|source| source.path == "keypair.rs").unwrap().code;
    for forbidden in ["Display for PrivateKey", "Serialize for PrivateKey"] {
        assert!(!keypair.contains(forbidden), "{forbidden}");
    }
    let declaration = keypair.split("pub struct PrivateKey").next().unwrap().lines().last().unwrap_or_default();
    assert!(!declaration.contains("derive") || !declaration.contains("Serialize"), "{declaration}");
}

#[test]
fn every_file_says_what_it_is_for_and_has_a_name_that_says_it_too() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "src/{} does not open with `//!`", source.path);
        let stem = Path::new(&source.path).file_stem().unwrap().to_string_lossy().into_owned();
        let vague = ["util", "utils", "common", "helper", "helpers", "manager", "misc"];
        assert!(!vague.contains(&stem.as_str()), "src/{}", source.path);
    }
}

#[test]
fn every_setting_is_settled() {
    let registry = std::fs::read_to_string(root().join("src/answers/registry.rs")).unwrap();
    let statics = registry.lines().filter_map(|line| line.trim().split_once(" ="));
    let declared: BTreeSet<&str> =
        statics.map(|(name, _)| name).filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).collect();
    assert!(declared.len() > 40, "{declared:?}");
    let settling: String = sources()
        .into_iter()
        .filter(|source| source.path.starts_with("answers/") && source.path != "answers/registry.rs")
        .map(|source| source.code)
        .collect();
    let unused: Vec<_> = declared.into_iter().filter(|name| settling.matches(name).count() < 2).collect();
    assert!(unused.is_empty(), "declared, but not settled: {unused:?}");
}

#[test]
fn no_test_file_is_forgotten() {
    let tests = root().join("tests/it");
    let main = std::fs::read_to_string(tests.join("main.rs")).unwrap();
    for file in std::fs::read_dir(&tests).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(stem == "main" || main.contains(&format!("mod {stem};\n")), "tests/it/{stem} is not run");
    }
}

#[test]
fn no_file_grows_beyond_one_reading() {
    let long = |limit: usize, (path, text): &(String, String)| {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        (code.lines().count() > limit).then(|| format!("{path}: {}", code.lines().count()))
    };
    let sources: Vec<_> = sources().into_iter().map(|source| (source.path, source.text)).collect();
    let found: Vec<_> = sources.iter().filter_map(|file| long(400, file)).collect();
    assert!(found.is_empty(), "{found:?}");
    let tests = below(&root().join("tests/it")).into_iter();
    let tests: Vec<_> =
        tests.map(|file| (file.display().to_string(), std::fs::read_to_string(&file).unwrap())).collect();
    let found: Vec<_> = tests.iter().filter_map(|file| long(300, file)).collect();
    assert!(found.is_empty(), "{found:?}");
}
