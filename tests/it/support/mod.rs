//! What every test stands in.

mod lab;
mod outcome;
mod screen;

pub(crate) use lab::{AGENT, Lab};
pub(crate) use outcome::Outcome;
pub(crate) use screen::Screen;
