//! The whole binary against the test world: a real control plane, and stand-ins for the Orchestrator and the agent.
#![expect(clippy::unwrap_used, reason = "a test that can't go on ends here")]

mod adopt;
mod apply;
mod crash;
mod credentials;
mod drift;
mod init;
mod manifests;
mod obstacles;
mod race;
mod rights;
mod self_hosting;
mod settings;
mod state;
mod support;
mod tidy;
mod wait;
mod weather;
