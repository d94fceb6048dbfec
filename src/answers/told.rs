//! What somebody or something said about one setting, and who it was.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

use super::setting::Setting;

/// A text that is never shown: no `Display`, no `Serialize`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text that must not be shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself; the word to look for in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// The value as it was said, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// One text.
    Text(String),
    /// Several texts: a repeated flag, or a list or an object of texts in the file.
    List(Vec<String>),
    /// A switch.
    Switch(bool),
    /// A structure in Kubernetes' own shape.
    Structure(Value),
    /// Something that may not be shown, such as a token that stands in the environment.
    Secret(Secret),
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Said {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

impl From<bool> for Said {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl From<Secret> for Said {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// A variable, by name.
    Environment(String),
    /// The configuration file, by the name it was given; `-` is standard input.
    File(String),
    /// The Orchestrator CLI's own configuration, by path.
    Hctl(String),
    /// Found out, and from what.
    Detected(String),
    /// The person at the keyboard.
    Asked,
    /// Nobody: the documented default.
    Default,
}

/// How much a source counts; the highest one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Nobody said anything.
    Default,
    /// Found out.
    Detected,
    /// The Orchestrator CLI.
    Hctl,
    /// The configuration file.
    File,
    /// A variable.
    Environment,
    /// A flag, or an answer at the keyboard.
    Flag,
}

impl Source {
    /// How much it counts.
    pub fn layer(&self) -> Layer {
        match self {
            Self::Flag | Self::Asked => Layer::Flag,
            Self::Environment(_) => Layer::Environment,
            Self::File(_) => Layer::File,
            Self::Hctl(_) => Layer::Hctl,
            Self::Detected(_) => Layer::Detected,
            Self::Default => Layer::Default,
        }
    }

    /// Where exactly this setting was said, for an error: the flag, the variable, the file and its key.
    pub fn place(&self, setting: &Setting) -> String {
        match (self, setting.file) {
            (Self::Flag, _) => format!("`--{}`", setting.id),
            (Self::Environment(name), _) => format!("`{name}`"),
            (Self::File(_), Some(key)) => format!("`{key}` in {}", self.file_name()),
            (Self::File(_) | Self::Hctl(_) | Self::Detected(_), _) => format!("`{}` ({self})", setting.name()),
            (Self::Asked | Self::Default, _) => format!("`{}`", setting.name()),
        }
    }

    fn file_name(&self) -> &str {
        match self {
            Self::File(name) if name == "-" => "standard input",
            Self::File(name) | Self::Hctl(name) => name,
            _ => "",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment: {name}"),
            Self::File(_) => write!(f, "file: {}", self.file_name()),
            Self::Hctl(path) => write!(f, "hctl: {path}"),
            Self::Detected(from) => write!(f, "detected from {from}"),
            Self::Asked => f.write_str("asked"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and who said it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What was said.
    pub value: Said,
    /// Who said it.
    pub source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_hides_itself() {
        let told = Told { value: Secret::new("hunter2").into(), source: Source::Environment("T".into()) };
        assert!(!format!("{told:?}").contains("hunter2"));
    }

    #[test]
    fn an_answer_at_the_keyboard_counts_like_a_flag() {
        assert_eq!(Source::Asked.layer(), Source::Flag.layer());
        assert!(Source::Flag.layer() > Source::Environment(String::new()).layer());
        assert!(Source::File(String::new()).layer() > Source::Hctl(String::new()).layer());
        assert!(Source::Hctl(String::new()).layer() > Source::Detected(String::new()).layer());
    }
}
