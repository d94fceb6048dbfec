//! Why a server was not reached, as far as the network's own words tell.

/// Why no connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachProblem {
    /// The host's name has no address.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The server's certificate was issued by an authority that is not trusted here.
    UnknownIssuer,
    /// The server's certificate is not valid: expired, or of another host.
    Certificate,
    /// The proxy did not let the request through.
    Proxy,
    /// Anything else.
    Other,
}

impl ReachProblem {
    /// The problem as the rest of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Dns => "its host name cannot be resolved",
            Self::Refused => "the connection was refused",
            Self::UnknownIssuer => "its certificate was issued by an authority that is not trusted here",
            Self::Certificate => "its certificate is not valid",
            Self::Proxy => "the proxy did not let the request through",
            Self::Other => "no connection came about",
        }
    }
}

/// Reads from the causes of a network error what happened. The libraries below have no public types for all of it.
pub(crate) fn reach_problem(causes: &[String]) -> ReachProblem {
    let texts = causes.join("\n").to_lowercase();
    let has = |word| texts.contains(word);
    if has("unknownissuer") || has("unknown issuer") {
        ReachProblem::UnknownIssuer
    } else if has("invalid peer certificate") || has("certificate verif") {
        ReachProblem::Certificate
    } else if has("dns error") || has("failed to lookup") {
        ReachProblem::Dns
    } else if has("tunnel") || has("proxy") {
        ReachProblem::Proxy
    } else if has("connection refused") {
        ReachProblem::Refused
    } else {
        ReachProblem::Other
    }
}
