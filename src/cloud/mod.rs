//! The clouds: one room each, with everything that names their SDKs.

use std::time::Instant;

pub mod aws;
pub mod azure;
pub mod gcp;
pub mod look;
pub mod reach;
mod waiting;
mod web;

/// A client for the cloud that the cluster is in. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Cloud {
    /// Amazon's.
    Aws(aws::Aws),
    /// Google's.
    Gcp(gcp::Gcp),
    /// Microsoft's.
    Azure(azure::Azure),
}

impl Cloud {
    /// The same connection, closed for writing.
    #[must_use]
    pub fn read_only(&self) -> Self {
        match self {
            Self::Aws(client) => Self::Aws(client.read_only()),
            Self::Gcp(client) => Self::Gcp(client.read_only()),
            Self::Azure(client) => Self::Azure(client.read_only()),
        }
    }

    /// Begins the time anew in which everything has to end: what a person took to decide does not count.
    pub fn end_by(&self, deadline: Instant) {
        match self {
            Self::Aws(client) => client.end_by(deadline),
            Self::Gcp(client) => client.end_by(deadline),
            Self::Azure(client) => client.end_by(deadline),
        }
    }

    /// The client for AWS, if that is the cloud.
    pub fn aws(&self) -> Option<&aws::Aws> {
        match self {
            Self::Aws(client) => Some(client),
            Self::Gcp(_) | Self::Azure(_) => None,
        }
    }

    /// The client for Google Cloud, if that is the cloud.
    pub fn gcp(&self) -> Option<&gcp::Gcp> {
        match self {
            Self::Gcp(client) => Some(client),
            Self::Aws(_) | Self::Azure(_) => None,
        }
    }

    /// The client for Azure, if that is the cloud.
    pub fn azure(&self) -> Option<&azure::Azure> {
        match self {
            Self::Azure(client) => Some(client),
            Self::Aws(_) | Self::Gcp(_) => None,
        }
    }

    /// How people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Aws(_) => "AWS",
            Self::Gcp(_) => "Google Cloud",
            Self::Azure(_) => "Azure",
        }
    }
}
