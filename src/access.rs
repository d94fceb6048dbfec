//! Whether a client may change anything: every client has this, and refuses below all call sites.

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads, access reviews and rehearsals; everything else is refused before it is sent.
    ReadOnly,
    /// Everything.
    Write,
}
