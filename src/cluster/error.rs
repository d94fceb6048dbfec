//! What can go wrong with the cluster, named by the object it went wrong on.

use kube::core::Status;

use crate::failure::{Failure, FailureKind};

/// An error of the cluster room.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// There is no kubeconfig, and this is not a pod.
    #[error("there is no kubeconfig: looked at {looked_at}, and this does not run inside a cluster")]
    NoKubeconfig {
        /// The places looked at.
        looked_at: String,
        /// Whether somebody named them.
        named: bool,
    },
    /// A kubeconfig can't be read or understood.
    #[error("reading the kubeconfig {file}")]
    KubeconfigInvalid {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// The kubeconfig has no such context.
    #[error("the kubeconfig has no context `{context}`")]
    ContextMissing {
        /// The context asked for.
        context: String,
        /// The contexts that are there.
        there: Vec<String>,
    },
    /// The context points to something that is not there.
    #[error("the context `{context}` of the kubeconfig can't be used: {what}")]
    ContextBroken {
        /// The context.
        context: String,
        /// What is missing.
        what: String,
    },
    /// The kubeconfig has no current context.
    #[error("the kubeconfig names no current context")]
    NoCurrentContext {
        /// The contexts that are there.
        there: Vec<String>,
    },
    /// A file with certificates can't be read.
    #[error("reading the certificates in {file}")]
    CaFile {
        /// The file.
        file: String,
        /// What the operating system or the parser says.
        #[source]
        source: std::io::Error,
    },
    /// The credential plugin of the kubeconfig failed.
    #[error("getting credentials for context `{context}`: {message}")]
    Credentials {
        /// The context.
        context: String,
        /// What the plugin or the client says.
        message: String,
    },
    /// The client can't be made of the configuration.
    #[error("opening a connection to {server}: {message}")]
    Client {
        /// The API server.
        server: String,
        /// Why not.
        message: String,
    },
    /// The API server can't be reached.
    #[error("the API server {server} is not reachable: {message}")]
    NotReachable {
        /// The API server.
        server: String,
        /// The innermost reason.
        message: String,
    },
    /// The API server's certificate is not trusted.
    #[error("the certificate of the API server {server} is not trusted: {message}")]
    NotTrusted {
        /// The API server.
        server: String,
        /// The reason.
        message: String,
    },
    /// The API server does not know who we are.
    #[error("the API server {server} does not accept the credentials of context `{context}`")]
    Unauthorized {
        /// The API server.
        server: String,
        /// The context.
        context: String,
    },
    /// A right is missing.
    #[error("not allowed to {verb} {object}: {message}")]
    Forbidden {
        /// The verb.
        verb: String,
        /// The object.
        object: String,
        /// The server's words.
        message: String,
    },
    /// The API server refused for another reason.
    #[error("the API server refused to {verb} {object}: {}", status.message)]
    Refused {
        /// The verb.
        verb: String,
        /// The object.
        object: String,
        /// The server's answer.
        status: Box<Status>,
    },
    /// A changing request was about to be sent by a client that may only read: a bug in this tool.
    #[error("a read-only run was about to {method} {path}")]
    ReadOnly {
        /// The HTTP method.
        method: String,
        /// The path.
        path: String,
    },
}

impl ClusterError {
    /// Whether the server said that the object, or the namespace around it, is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if status.code == 404)
    }

    /// Whether the server said that somebody was faster, or that fields belong to somebody else.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if status.code == 409)
    }
}

/// The authorizer's form of words, which admission plugins do not use.
pub(super) fn is_missing_right(message: &str) -> bool {
    (message.contains("cannot ") && message.contains(" resource ")) || message.contains("attempting to grant RBAC")
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        let of = |kind| Failure::of(kind, &error);
        match &error {
            ClusterError::NoKubeconfig { named, .. } => {
                of(if *named { FailureKind::Usage } else { FailureKind::AnswerMissing })
                    .hint("name one with `--kubeconfig FILE` or KUBECONFIG")
            }
            ClusterError::KubeconfigInvalid { .. } => of(FailureKind::Usage).hint("kubectl config view"),
            ClusterError::ContextMissing { there, .. } => match there.as_slice() {
                [] => of(FailureKind::Usage).hint("kubectl config get-contexts"),
                there => of(FailureKind::Usage).hint(format!("`--context` takes one of: {}", there.join(", "))),
            },
            ClusterError::NoCurrentContext { there } => {
                of(FailureKind::AnswerMissing).hint(format!("`--context` takes one of: {}", there.join(", ")))
            }
            ClusterError::ContextBroken { .. } => of(FailureKind::Usage).hint("kubectl config view"),
            ClusterError::CaFile { .. } => of(FailureKind::Usage),
            ClusterError::Credentials { context, .. } => {
                of(FailureKind::Refused).hint(format!("kubectl --context {context} auth whoami"))
            }
            ClusterError::Client { .. } => of(FailureKind::Usage).hint("kubectl config view"),
            ClusterError::NotReachable { .. } => of(FailureKind::Unreachable)
                .hint("kubectl cluster-info")
                .hint("is a VPN or a proxy needed? HTTPS_PROXY and NO_PROXY are obeyed"),
            ClusterError::NotTrusted { .. } => of(FailureKind::Unreachable)
                .hint("name the authority's certificate with `--ca-file PEM`, or refresh the kubeconfig"),
            ClusterError::Unauthorized { context, .. } => of(FailureKind::Refused)
                .hint("log in again to the cluster")
                .hint(format!("kubectl --context {context} auth whoami")),
            ClusterError::Forbidden { .. } => of(FailureKind::Refused),
            ClusterError::Refused { status, .. } => match status.code {
                500..=599 | 429 => of(FailureKind::Unreachable),
                _ => of(FailureKind::Refused),
            },
            ClusterError::ReadOnly { .. } => of(FailureKind::Bug),
        }
    }
}
