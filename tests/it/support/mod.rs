//! What every test stands in.

mod aws;
mod by_hand;
mod chart;
mod eks_by_hand;
mod eks_context;
mod gcp;
mod gke_context;
mod gke_guide;
mod lab;
mod outcome;
mod proxy;
mod running;
mod screen;
mod shipped;

pub(crate) use aws::EksLab;
pub(crate) use by_hand::new_key;
pub(crate) use chart::JOB;
pub(crate) use eks_by_hand::AUDIENCE;
pub(crate) use eks_context::{exec, exec_credential};
pub(crate) use gcp::{GkeLab, LOCATION};
pub(crate) use gke_context::shows_no_token;
pub(crate) use gke_guide::{WORKLOAD_USER, without_etag};
/// A variable of the test run itself.
#[expect(clippy::disallowed_methods, reason = "tests have no Process")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
pub(crate) use lab::{AGENT, Lab};
pub(crate) use outcome::Outcome;
pub(crate) use proxy::Proxy;
pub(crate) use screen::Screen;
pub(crate) use shipped::is_shipped;
