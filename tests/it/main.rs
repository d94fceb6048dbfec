//! The whole binary against the test world: a real control plane, and stand-ins for the Orchestrator and the agent.
#![expect(clippy::unwrap_used, reason = "a test that can't go on ends here")]

mod adopt;
mod apply;
mod crash;
mod credentials;
mod dead_ends;
mod destroy;
mod destroy_crash;
mod destroy_kept;
mod destroy_refused;
mod documents;
mod drift;
mod eks_detect;
mod eks_lab;
mod eks_login;
mod generated;
mod init;
mod keygen;
mod manifests;
mod no_write;
mod obstacles;
mod phases;
mod race;
mod registration;
mod rights;
mod rules;
mod saved_plan;
mod self_hosting;
mod settings;
mod show_commands;
mod state;
mod support;
mod tidy;
mod wait;
mod weather;
