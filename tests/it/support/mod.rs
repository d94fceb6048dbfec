//! What every test stands in.

mod lab;
mod outcome;

pub(crate) use lab::{AGENT, Lab};
pub(crate) use outcome::Outcome;
