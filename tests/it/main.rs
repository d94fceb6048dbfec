//! The whole binary against the test world: a real control plane, and stand-ins for the Orchestrator and the agent.
#![expect(clippy::unwrap_used, reason = "a test that can't go on ends here")]

mod apply;
mod credentials;
mod documents;
mod generated;
mod keygen;
mod no_write;
mod phases;
mod registration;
mod rules;
mod saved_plan;
mod settings;
mod show_commands;
mod support;
mod tidy;
mod weather;
