//! Child processes that end when this process ends, however it ends.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Runs a program and kills it when our end of the pipe on descriptor 3 closes, which a SIGKILL does as well.
const KEEPER: &str = r#"exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ cat <&3 >/dev/null; kill -9 $child; } 2>/dev/null &
exec 3<&-
wait $child"#;

/// Removes a folder once our end of the pipe has closed and the programs in it had a moment to end.
const SWEEPER: &str = r#"cat >/dev/null; sleep 1; rm -rf "$0"; sleep 1; rm -rf "$0""#;

/// A running program that dies with us.
pub struct Tethered {
    keeper: Child,
    _line: ChildStdin,
}

impl Tethered {
    /// Starts `program` with its output in `log`.
    pub fn start(program: &Path, arguments: &[String], log: &Path) -> io::Result<Self> {
        let out = File::create(log)?;
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            .process_group(0)
            .spawn()?;
        let line = keeper.stdin.take().expect("stdin was asked for");
        Ok(Self { keeper, _line: line })
    }

    /// Says whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.keeper.try_wait(), Ok(None))
    }
}

/// Removes a folder when this process has ended; holds until dropped.
pub struct Swept {
    _sweeper: Child,
    _line: Option<ChildStdin>,
}

impl Swept {
    /// Promises to remove `folder`.
    pub fn when_we_end(folder: &Path) -> io::Result<Self> {
        let mut sweeper = Command::new("sh")
            .args(["-c", SWEEPER])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let line = sweeper.stdin.take();
        Ok(Self { _sweeper: sweeper, _line: line })
    }
}
