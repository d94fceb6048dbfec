//! Sets up Platform Orchestrator runners on Kubernetes, and proves that they work.
//!
//! Look, plan, tell, apply: the tool reads the world, decides a list of changes, says them, and only then makes them.
//!
//! # Layout
//! * What a person says: [`cli`] the commands, [`answers`] everything said by flag, environment, file or keyboard,
//!   [`settings`] the same, complete and valid, [`names`] names that servers accept, [`lent`] keys and credentials.
//! * What happens: [`look`] reads, [`found`] is what was there, [`plan`] decides, [`change`] is all that can be
//!   changed, [`rehearse`] asks the server first, [`apply`] does it, [`verify`] proves it, [`event`] tells it;
//!   [`standing`] and [`take_back`] are what taking back looks at and does besides.
//! * The parts being set up: [`cluster`], [`orchestrator`], [`registration`], [`pod_template`], [`manifests`],
//!   [`keypair`].
//! * The outside: [`process`], [`terminal`], [`interrupt`], [`result`], [`saved_plan`], [`failure`],
//!   [`exit_code`], [`trust`].

pub mod access;
pub mod answers;
pub mod apply;
pub mod change;
pub mod cli;
pub mod cloud;
pub mod cluster;
pub mod commands;
pub mod event;
pub mod exit_code;
pub mod failure;
pub mod found;
pub mod interrupt;
pub mod keypair;
pub mod lent;
pub mod look;
pub mod manifests;
pub mod names;
pub mod orchestrator;
pub mod phase;
pub mod plan;
pub mod pod_template;
pub mod process;
pub mod registration;
pub mod rehearse;
pub mod result;
mod retry;
pub mod saved_plan;
pub mod settings;
pub mod standing;
pub mod take_back;
pub mod terminal;
pub mod trust;
pub mod verify;

pub use cli::run;
