//! The test world's own tests: the parts are real where they claim to be, and the stand-ins refuse what they should.

mod aws_account;
mod aws_login;
mod aws_moto;
mod aws_partitions;
mod aws_weather;
mod aws_web_identity;
mod client;
mod deployment;
mod gcp_cluster;
mod gcp_gcloud;
mod gcp_http;
mod gcp_policy;
mod gcp_project;
mod gcp_tokens;
mod gcp_weather;
mod gcp_workload;
mod latency;
mod lifetime;
mod manifests;
mod node;
mod options;
mod orchestrator;
mod plane;
mod polls;
mod weather;
