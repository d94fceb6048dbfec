//! Offers to write the answers to a configuration file, and never overwrites one silently.

use std::io::Write;
use std::path::Path;

use crate::answers::{Answers, CONFIG_FILE, config_yaml};
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::terminal::{Ask, converse};

use super::super::Call;

/// Asks whether to write the file, and writes it. Everything is set up by now: nothing here undoes that.
pub(super) async fn offer(call: &Call<'_>, answers: &Answers, interrupt: &Interrupt) -> Result<(), Failure> {
    let name = answers.config().filter(|name| *name != "-").unwrap_or(CONFIG_FILE);
    let path = call.process.path(name);
    let text = config_yaml(answers);
    let there = std::fs::read_to_string(&path);
    if there.as_ref().is_ok_and(|there| *there == text) {
        return Ok(());
    }
    let replaces = path.exists();
    let (why, question) = if replaces {
        (
            format!("\n{name} is there already, and says something else."),
            "Replace it by your answers (its comments are lost)?".to_owned(),
        )
    } else {
        ("\nA file keeps the answers for the next time. The token is not in it.".to_owned(), format!("Write {name}?"))
    };
    let answer = converse(call.terminal, interrupt, move |keyboard| {
        keyboard.say(&why);
        keyboard.confirm(&question, !replaces)
    });
    match answer.await {
        Ok(true) => {}
        // Nobody there any more: nobody wants the file.
        Ok(false) => return Ok(()),
        Err(failure) if failure.kind == FailureKind::AnswerMissing => return Ok(()),
        Err(failure) if failure.kind == FailureKind::Interrupted => {
            let message = format!("interrupted; the runner is set up, {name} was not written");
            return Err(Failure::new(FailureKind::Interrupted, message));
        }
        Err(failure) => return Err(failure),
    }
    match write(&path, &text, replaces) {
        Ok(()) if name == CONFIG_FILE => call.terminal.say("Written. `runner-setup apply` in this directory reads it."),
        Ok(()) => call.terminal.say(&format!("Written. `runner-setup apply --config {name}` reads it.")),
        Err(error) => call.terminal.warn(&format!("the runner is set up, but {name} can't be written: {error}")),
    }
    Ok(())
}

/// Writes the whole file or none; one that came into being meanwhile is not overwritten.
fn write(path: &Path, text: &str, replaces: bool) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    let kept = if replaces { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(|_| ()).map_err(|error| error.error)
}
