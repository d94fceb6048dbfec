//! Events as a person sees them: one line for what is done, one that moves for what is going on.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cluster::AGENT_RUNNING;
use crate::event::{Event, EventLine, Tell};
use crate::take_back::{GONE, NOTHING_LEFT};
use crate::verify::{ASSOCIATED, KEY_REGISTERED, MAY_ACT, ROLES_GRANTED, TOKEN_EXCHANGED};

use super::plan_view::split;
use super::{Output, Style, Talk, wrap};

/// Where events are said and written.
pub struct Progress {
    style: Style,
    talk: Talk,
    spinner: ProgressBar,
    file: Option<Mutex<std::fs::File>>,
    waiting: Mutex<String>,
    /// For a person's screen: short enough for one line each. A log gets every name in full.
    is_brief: bool,
}

impl Progress {
    /// Says events in this style, and writes each as one line of JSON to the file, if there is one.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn new(style: Style, talk: Talk, output: Output, events_file: Option<&Path>) -> std::io::Result<Arc<Self>> {
        let spinner = if style.animated && talk > Talk::Quiet && output == Output::Human {
            let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            // The line is cut to the terminal's width: one that wraps can't be redrawn.
            let look = ProgressStyle::with_template("{spinner} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            spinner.set_style(look.tick_chars("-\\|/ "));
            spinner
        } else {
            ProgressBar::hidden()
        };
        let file = events_file.map(std::fs::File::create).transpose()?.map(Mutex::new);
        let is_brief = console::Term::stderr().is_term() && talk < Talk::Verbose;
        Ok(Arc::new(Self { style, talk, spinner, file, waiting: Mutex::new(String::new()), is_brief }))
    }

    /// The function to tell events to.
    pub fn tell(self: &Arc<Self>) -> Tell {
        let progress = Arc::clone(self);
        Arc::new(move |event| progress.take(&event))
    }

    /// Nothing moves any more.
    pub fn finish(&self) {
        self.spinner.finish_and_clear();
    }

    fn take(&self, event: &Event) {
        self.write(event);
        match event {
            Event::Looking { what } => self.moving(&format!("looking at {what}")),
            Event::Started { object, action } => self.moving(&format!("{} {}", action.word(), self.name(object))),
            Event::Done { object, action, note } => {
                let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
                let name = self.name(object);
                self.line(&format!("{} {:<9} {name}{note}", self.style.good("done  "), action.word()));
            }
            Event::Failed { object, action, message } => {
                self.line(&format!("{} {:<9} {object}: {message}", self.style.error("failed"), action.word()));
            }
            Event::Retry { message } => self.line(&format!("{} {message}", self.style.warning("again "))),
            Event::Waiting { claim, observed } => self.waiting(claim, observed),
            Event::Verified { claim, outcome, observed, .. } => {
                let word = match outcome.as_str() {
                    "pass" => self.style.good("proved"),
                    "unknown" => self.style.warning("unsure"),
                    _ => self.style.error("failed"),
                };
                match (self.is_brief, outcome.as_str()) {
                    (true, "pass") => self.line(&format!("{word} {}", sentence(claim))),
                    (true, "unknown") => self.line(&format!("{word} whether {}: {observed}", sentence(claim))),
                    (true, _) => self.line(&format!("{word} not so: {}", sentence(claim))),
                    (false, _) => self.line(&format!("{word} {claim}: {observed}")),
                }
            }
            Event::Interrupted => self.line("interrupted: finishing what is in hand (Ctrl-C again ends at once)"),
        }
    }

    /// What is waited for is said once, not each time it is looked at.
    fn waiting(&self, claim: &str, observed: &str) {
        let text = match self.is_brief {
            true => format!("waiting until {}: {observed}", sentence(claim)),
            false => format!("waiting for {claim}: {observed}"),
        };
        let Ok(mut last) = self.waiting.lock() else { return };
        if *last == text {
            return;
        }
        last.clone_from(&text);
        if self.spinner.is_hidden() { self.line(&text) } else { self.moving(&text) }
    }

    /// An object's name, without its place where the plan on the same screen says it.
    fn name(&self, object: &str) -> String {
        if self.is_brief { split(object).1 } else { object.to_owned() }
    }

    fn moving(&self, text: &str) {
        if !self.spinner.is_hidden() {
            self.spinner.enable_steady_tick(Duration::from_millis(100));
            self.spinner.set_message(text.to_owned());
        }
    }

    fn line(&self, text: &str) {
        if self.talk > Talk::Quiet {
            let text = wrap::for_screen(text);
            self.spinner.suspend(|| drop(writeln!(std::io::stderr().lock(), "{text}")));
        }
    }

    fn write(&self, event: &Event) {
        let Some(file) = &self.file else { return };
        let line = EventLine { event, at: jiff::Timestamp::now().to_string() };
        let Ok(line) = serde_json::to_string(&line) else { return };
        if let Ok(mut file) = file.lock() {
            drop(writeln!(file, "{line}"));
        }
    }
}

/// A claim in words.
fn sentence(claim: &str) -> &str {
    match claim {
        KEY_REGISTERED => "the stored key is the registered one",
        AGENT_RUNNING => "the agent runs",
        TOKEN_EXCHANGED => "the cloud lets the jobs' account use its identity",
        MAY_ACT => "the jobs may act as their Google service account",
        ROLES_GRANTED => "the jobs' identity has its roles",
        ASSOCIATED => "EKS gives the jobs' account its role",
        GONE => "it is gone",
        NOTHING_LEFT => "nothing that runner-setup made is left",
        other => other,
    }
}
