//! What a look at something in a cloud ended in.

/// Something that was looked at, and perhaps could not be seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Look<T> {
    /// It is not there.
    Missing,
    /// It is there.
    There(T),
    /// It could not be looked at: a missing right, in words.
    Unknown(String),
    /// This run does not need it.
    NotLooked,
}

impl<T> Look<T> {
    /// What is there, if it was seen.
    pub fn there(&self) -> Option<&T> {
        match self {
            Self::There(it) => Some(it),
            Self::Missing | Self::Unknown(_) | Self::NotLooked => None,
        }
    }
}
