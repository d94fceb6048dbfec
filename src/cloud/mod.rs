//! The clouds: one room each, with everything that names their SDKs.

pub mod aws;
pub mod gcp;
pub mod look;
pub mod reach;
mod web;
