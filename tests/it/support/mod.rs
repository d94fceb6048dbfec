//! What every test stands in.

mod lab;
mod outcome;
mod proxy;
mod shipped;

pub(crate) use lab::{AGENT, Lab};
pub(crate) use outcome::Outcome;
pub(crate) use proxy::Proxy;
pub(crate) use shipped::is_shipped;
