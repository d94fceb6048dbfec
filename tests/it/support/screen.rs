//! A real terminal around the binary: what stands on its screen, what is typed, and every byte that ever came.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Lab;

const ROWS: NonZero<u16> = NonZero::new(100).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// One run in a terminal of 80 columns.
pub(crate) struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Starts the binary with these variables on top of the lab's.
    pub(crate) fn start(lab: &Lab, env: &[(&str, &str)], args: &[&str]) -> Self {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_runner-setup"));
        command.env_clear();
        command.args(args);
        command.cwd(lab.home());
        for (name, value) in lab.env() {
            command.env(name, value);
        }
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let raw: Arc<Mutex<Vec<u8>>> = Arc::default();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (screen, bytes) = (Arc::clone(&parser), Arc::clone(&raw));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                screen.lock().unwrap().process(&buffer[..count]);
                bytes.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self { parser, raw, writer: pair.master.take_writer().unwrap(), child, master: pair.master }
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Everything that ever came, control sequences included.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned()
    }

    /// Waits until words stand on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, words: &str) -> &mut Self {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.text().contains(words) {
            let ended = self.child.try_wait().unwrap();
            assert!(
                Instant::now() < deadline && ended.is_none(),
                "{words:?} does not come ({ended:?})\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// Types keys: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D, `\x1b[B` the arrow down.
    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        // A prompt is shown a moment before it reads keys, and throws away what came before.
        std::thread::sleep(Duration::from_millis(150));
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    /// Waits for the question, then types the answer.
    #[track_caller]
    pub(crate) fn answers(&mut self, question: &str, keys: &str) -> &mut Self {
        self.shows(question).types(keys)
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&mut self, name: &str) -> &mut Self {
        let id = self.child.process_id().unwrap();
        assert!(std::process::Command::new("kill").args([name, &id.to_string()]).status().unwrap().success());
        self
    }

    /// Waits for the end and demands an exit code.
    #[track_caller]
    pub(crate) fn ends(&mut self, code: u32) -> &mut Self {
        let deadline = Instant::now() + Duration::from_secs(90);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        };
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(status.exit_code(), code, "{status:?}\n{}", self.text());
        self
    }

    /// Demands words on the screen after the end.
    #[track_caller]
    pub(crate) fn shows_at_end(&mut self, words: &str) -> &mut Self {
        // A sentence may be broken between its words.
        let flat = self.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(self.text().contains(words) || flat.contains(words), "{words:?} is not there\n{}", self.text());
        self
    }

    /// The line that does the same without questions.
    #[track_caller]
    pub(crate) fn scripted_line(&self) -> String {
        let raw = self.raw();
        let words = console::strip_ansi_codes(&raw);
        let line = words
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with("runner-setup apply ") && line.ends_with("--yes"));
        line.unwrap_or_else(|| panic!("there is no such line\n{words}")).to_owned()
    }

    /// The next person at this terminal sees a cursor and what is typed.
    #[track_caller]
    pub(crate) fn is_left_as_it_was(&mut self) {
        assert!(!self.parser.lock().unwrap().screen().hide_cursor(), "the cursor is hidden\n{}", self.text());
        let modes = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        for mode in ["ICANON", "ECHO ", "ISIG"] {
            assert!(modes.contains(mode), "{mode} is off: {modes}");
        }
    }
}
