//! What one setting is called everywhere: as a flag, in the environment, in the file, in help and in errors.

/// How a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One text.
    One,
    /// A flag that is repeated, a list in the file.
    Many,
    /// A repeated flag `K=V`, an object in the file.
    Pairs,
    /// The repeated `--rule`, a list of objects in the file.
    Rules,
    /// A flag without a value; `--no-x` is the key `x` in the file, with the opposite meaning.
    Switch,
    /// No flag: it stands in the file alone, in Kubernetes' own shape. The id is the file key.
    FileOnly,
}

/// One setting; everything that is said about it anywhere comes from here.
#[derive(Debug)]
pub struct Setting {
    /// The flag without its dashes; the file key when there is no flag.
    pub id: &'static str,
    /// The variables that tell it, the first one that is set wins.
    pub env: &'static [&'static str],
    /// The key in `runner-setup.yaml`, parts joined by `.`.
    pub file: Option<&'static str>,
    /// How it is written.
    pub shape: Shape,
    /// What stands for the value in help.
    pub value_name: &'static str,
    /// What holds when nobody says anything, in words for help.
    pub default: Option<&'static str>,
    /// What it does, imperative.
    pub help: &'static str,
    /// Under which heading help shows it.
    pub heading: &'static str,
    /// Whether its value may never be shown.
    pub secret: bool,
    /// The only words it takes; empty: any text.
    pub choices: &'static [&'static str],
}

impl Setting {
    /// A setting of one text.
    pub(super) const fn one(id: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self {
            id,
            env: &[],
            file: None,
            shape: Shape::One,
            value_name,
            default: None,
            help,
            heading: "",
            secret: false,
            choices: &[],
        }
    }

    /// A setting that the file alone can tell.
    pub(super) const fn file_only(id: &'static str, help: &'static str) -> Self {
        let mut setting = Self::one(id, "", help).file(id);
        setting.shape = Shape::FileOnly;
        setting
    }

    pub(super) const fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    pub(super) const fn env(mut self, env: &'static [&'static str]) -> Self {
        self.env = env;
        self
    }

    pub(super) const fn file(mut self, file: &'static str) -> Self {
        self.file = Some(file);
        self
    }

    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) const fn heading(mut self, heading: &'static str) -> Self {
        self.heading = heading;
        self
    }

    /// Whether there is a flag for it.
    pub fn has_flag(&self) -> bool {
        self.shape != Shape::FileOnly
    }

    /// Whether the flag may be given more than once.
    pub fn is_repeatable(&self) -> bool {
        matches!(self.shape, Shape::Many | Shape::Pairs | Shape::Rules)
    }

    /// Whether the flag says the opposite of the file key.
    pub(super) fn is_negated(&self) -> bool {
        self.shape == Shape::Switch && self.id.starts_with("no-")
    }

    /// How a person calls it: the flag, or the file key where there is no flag.
    pub fn name(&self) -> String {
        if self.has_flag() { format!("--{}", self.id) } else { self.id.to_owned() }
    }

    /// Every way to tell it, for the message that it is missing.
    pub fn ways(&self) -> String {
        let mut ways = Vec::new();
        if self.has_flag() {
            ways.push(format!("`--{} {}`", self.id, self.value_name).replace(" `", "`"));
        }
        ways.extend(self.env.iter().map(|name| format!("`{name}`")));
        ways.extend(self.file.map(|key| format!("`{key}` in {}", super::CONFIG_FILE)));
        match ways.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::{NO_WAIT, ORG, TIMEOUT};

    #[test]
    fn every_way_to_tell_a_setting_is_named() {
        assert_eq!(
            ORG.ways(),
            "`--org ID`, `HUMANITEC_ORG`, `HUMANITEC_ORG_ID`, `PO_ORG_ID` or `organization` in runner-setup.yaml"
        );
        assert_eq!(NO_WAIT.ways(), "`--no-wait` or `wait` in runner-setup.yaml");
        assert_eq!(TIMEOUT.name(), "--timeout");
    }
}
