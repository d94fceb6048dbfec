//! The world that `runner-setup` is tested in: real parts wherever they exist, stand-ins where nothing real can be had.
//!
//! It knows nothing of `runner-setup`'s own code: it is the independent counterpart.
//!
//! # Layout
//!
//! | module | holds |
//! | --- | --- |
//! | [`facade`] | [`World`]: the blocking door for tests |
//! | [`control_plane`] | a real Kubernetes control plane on loopback, with kwok as its node |
//! | `agent` | stand-ins for the agent and its jobs, under the rights of their own service accounts |
//! | [`orchestrator`] | a stand-in for the Platform Orchestrator, held to its OpenAPI documents |
//! | [`aws`] | IAM, STS and EKS on loopback, which evaluate policies, trust and tokens |
//! | [`gcp`] | GKE, IAM, projects and tokens of Google on loopback, held to its discovery documents |
//! | [`azure`] | ARM, Entra and AKS on loopback over TLS, held to the models of Microsoft's clients |
//! | [`audit`] | what the API server was asked |
//! | [`principal`] | accounts with exactly the rights that a test gives them |
//! | [`latency`] | a proxy that makes a service far away |
//! | [`local`] | the same world for people, behind the program `world` |
//! | [`binaries`], [`tether`], [`certificates`], [`kubeconfig`], [`rest`] | what the others stand on |

mod agent;
pub mod audit;
pub mod aws;
pub mod azure;
pub mod binaries;
pub mod certificates;
pub mod control_plane;
pub mod facade;
pub mod gcp;
mod jwt;
pub mod kubeconfig;
pub mod latency;
pub mod local;
mod objects;
pub mod orchestrator;
pub mod principal;
mod python;
pub mod rest;
mod runtime;
pub mod tether;

pub use audit::{ApiRequest, Audit, Mark};
pub use control_plane::{ControlPlane, ControlPlaneOptions};
pub use facade::World;
pub use kubeconfig::Credential;
pub use latency::Latency;
pub use orchestrator::{Deployment, Fault, Orchestrator, Request, Setup, What};
pub use principal::Right;
