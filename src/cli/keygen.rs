//! `keygen`: a key pair in files, or a check of one that is there; nothing is sent anywhere.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};
use crate::keypair::{PrivateKey, PublicKey};
use crate::terminal::Output;

use super::Call;

/// Flags of `keygen`.
#[derive(Debug, Args)]
pub(super) struct KeygenArgs {
    /// Write the private key to this file (or read it, with --check)
    #[arg(long, value_name = "FILE", default_value = "runner_private_key.pem")]
    private_key_file: PathBuf,
    /// Write the public key to this file
    #[arg(long, value_name = "FILE", default_value = "runner_public_key.pem")]
    public_key_file: PathBuf,
    /// Read an existing private key, check it, and print its public half
    #[arg(long, conflicts_with = "force")]
    check: bool,
    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
}

/// What `keygen -o json` writes.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyDocument {
    /// Always `runner-setup/key/v1`.
    #[schemars(extend("const" = "runner-setup/key/v1"))]
    schema: &'static str,
    /// Where the private key stands.
    private_key_file: String,
    /// Where the public key was written; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_file: Option<String>,
    /// The public key, PEM.
    public_key: String,
    /// Lower-case hex SHA-256 of the public key's 32 bytes.
    key_id: String,
}

/// Runs `keygen`.
pub(super) fn run(call: &Call<'_>, args: &KeygenArgs) -> Result<ExitCode, Failure> {
    refuse_odd_files(args)?;
    let private_path = call.process.path(&args.private_key_file);
    let public_path = call.process.path(&args.public_key_file);
    let public = if args.check {
        check(&private_path, &public_path)?
    } else {
        generate(&private_path, &public_path, args.force)?
    };
    let wrote_public = !args.check;
    if wrote_public {
        call.terminal.say(&format!(
            "Wrote {} (only you can read it) and {}.",
            private_path.display(),
            public_path.display()
        ));
    }
    match call.terminal.output {
        Output::Human => {
            call.terminal.data(public.to_pem().trim_end());
            call.terminal.data(&format!("key id: {}", public.key_id()));
        }
        Output::Json | Output::Yaml => call.terminal.document(&KeyDocument {
            schema: "runner-setup/key/v1",
            private_key_file: private_path.display().to_string(),
            public_key_file: wrote_public.then(|| public_path.display().to_string()),
            public_key: public.to_pem(),
            key_id: public.key_id(),
        }),
    }
    Ok(ExitCode::Done)
}

/// Files that can't hold what they are asked to hold, before anything is written.
fn refuse_odd_files(args: &KeygenArgs) -> Result<(), Failure> {
    let refuse = |message: &str| Err(Failure::new(FailureKind::Usage, message));
    if args.private_key_file == args.public_key_file {
        return refuse("the private and the public key can't go into the same file");
    }
    if [&args.private_key_file, &args.public_key_file].iter().any(|file| file.as_os_str() == "-") {
        return refuse("`keygen` works on files: `-` is none");
    }
    Ok(())
}

fn check(private_path: &Path, public_path: &Path) -> Result<PublicKey, Failure> {
    let text = std::fs::read_to_string(private_path).map_err(|error| {
        Failure::new(FailureKind::Usage, format!("reading `{}`", private_path.display()))
            .cause(error.to_string())
            .hint("runner-setup keygen")
    })?;
    let text = zeroize::Zeroizing::new(text);
    let private = PrivateKey::from_pem(text.as_str()).map_err(|error| {
        let failure: Failure = error.into();
        Failure { message: format!("`{}` holds no usable key: {}", private_path.display(), failure.message), ..failure }
    })?;
    let public = private.public();
    if let Ok(text) = std::fs::read_to_string(public_path) {
        let beside = PublicKey::from_pem(&text).ok();
        if beside.as_ref() != Some(&public) {
            let message = format!("`{}` is not the public half of `{}`", public_path.display(), private_path.display());
            return Err(Failure::new(FailureKind::Refused, message));
        }
    }
    Ok(public)
}

fn generate(private_path: &Path, public_path: &Path, force: bool) -> Result<PublicKey, Failure> {
    for path in [private_path, public_path] {
        // A file would take the place of a device in the file system.
        if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(Failure::new(FailureKind::Usage, format!("`{}` is no regular file", path.display())));
        }
        if !force && path.exists() {
            return Err(Failure::new(FailureKind::Refused, format!("`{}` is there already", path.display()))
                .hint("runner-setup keygen --check")
                .hint("overwrite it with `--force`"));
        }
    }
    let key = PrivateKey::generate()?;
    let public = key.public();
    // Both are written before either takes its place: half a pair would stand in the way of the next run.
    let private_file = written_beside(private_path, key.expose_pem().as_bytes(), 0o600)?;
    let public_file = written_beside(public_path, public.to_pem().as_bytes(), 0o644)?;
    for (file, path) in [(private_file, private_path), (public_file, public_path)] {
        let kept = if force { file.persist(path) } else { file.persist_noclobber(path) };
        kept.map_err(|error| not_written(path, &error.error))?;
    }
    Ok(public)
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Usage, format!("writing `{}`", path.display())).cause(error.to_string())
}

/// Writes a neighbour of a file, which can then take its place as a whole.
fn written_beside(path: &Path, bytes: &[u8], mode: u32) -> Result<NamedTempFile, Failure> {
    let refuse = |error| not_written(path, &error);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(directory).map_err(refuse)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(refuse)?;
    Ok(file)
}
