//! Files that are made of the code and checked in: compared, or written anew with `UPDATE=1`.

use std::path::Path;

/// Demands that a file holds this text.
#[track_caller]
pub(crate) fn is_shipped(file: &Path, text: &str) {
    if super::variable("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let there = std::fs::read_to_string(file).unwrap_or_default();
    let hint = "write it anew: UPDATE=1 cargo test --test it";
    assert!(there == text, "{} is not what the code says; {hint}", file.display());
}
