//! All that a person can say, each answer optional and with its source, and how it becomes valid settings.
//!
//! One registry of settings drives flags, variables, file keys, errors, `--show-settings` and the scripted line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ArgMatches;

use crate::failure::Failure;
use crate::process::Process;

mod agent;
mod ask;
mod aws;
mod azure;
mod cloud;
mod config_file;
mod connection;
mod file;
mod file_problems;
mod flags;
mod gcp;
mod hctl;
mod kubernetes_shapes;
mod namespaces;
mod pod_template;
mod problems;
pub mod registry;
mod scripted;
mod setting;
mod settle;
mod show;
mod state_storage;
mod text_checks;
mod told;

pub use ask::{
    Directory, Trouble, ask_aks_cluster, ask_cluster, ask_context, ask_gke_cluster, ask_project, ask_provider,
    ask_region, ask_rest, ask_subscription, misses_cluster,
};
pub use config_file::{ConfigFile, schema};
pub use file::{CONFIG_FILE, LoadedFile};
pub use flags::{setting_arg, setting_args};
pub use hctl::Hctl;
pub use scripted::{config_yaml, scripted_line};
pub use setting::{Setting, Shape};
pub use settle::{ConnectionSettings, Need, Settled, Token, TokenNeed, settle};
pub use show::ShownSetting;
pub use told::{Layer, Said, Secret, Source, Told};

/// What was said about every setting, by whom; the highest source wins and replaces the others as a whole.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    told: BTreeMap<&'static str, BTreeMap<Layer, Told>>,
    config: Option<String>,
    notes: Vec<String>,
}

impl Answers {
    /// Gathers flags, environment, configuration file and hctl's configuration.
    ///
    /// `config` is the file that was named (`-` for standard input); without one, `runner-setup.yaml` in the working
    /// directory is read if it is there.
    ///
    /// # Errors
    /// A file that was named but is not there, or one that is broken.
    pub fn gather(process: &Process, matches: &ArgMatches, config: Option<&str>) -> Result<Self, Failure> {
        let file = LoadedFile::find(process, config)?;
        let hctl = Hctl::find(process)?;
        let mut answers = Self::from_matches(matches);
        answers.add_environment(process);
        if let Some(file) = &file {
            answers.add_file(file);
        }
        if let Some(hctl) = &hctl {
            answers.add_hctl(hctl);
        }
        Ok(answers)
    }

    /// Adds what variables say; one that is empty says nothing.
    pub fn add_environment(&mut self, process: &Process) {
        for setting in registry::ALL {
            let mut set = setting.env.iter().filter_map(|name| Some((*name, process.var(name)?)));
            let Some((name, value)) = set.next() else { continue };
            if let Some((other, _)) = set.find(|(_, other)| *other != value) {
                self.notes.push(format!("`{name}` is used for `{}`; `{other}` says something else", setting.name()));
            }
            let said = if setting.secret { Secret::new(value).into() } else { Said::from(value) };
            self.put(setting, said, Source::Environment(name.to_owned()));
        }
    }

    /// Adds what the configuration file says.
    pub fn add_file(&mut self, file: &LoadedFile) {
        self.config = Some(file.name.clone());
        for (setting, said) in file.config.said() {
            self.put(setting, said, Source::File(file.name.clone()));
        }
    }

    /// Adds what the Orchestrator CLI knows.
    pub fn add_hctl(&mut self, hctl: &Hctl) {
        let source = || Source::Hctl(hctl.path.clone());
        if let Some(org) = &hctl.default_org_id {
            self.put(&registry::ORG, org.as_str(), source());
        }
        if let Some(url) = &hctl.api_url {
            self.put(&registry::API_URL, url.as_str(), source());
        }
        if let Some(token) = &hctl.token {
            self.put(&registry::TOKEN_FILE, token.clone(), source());
        }
    }

    /// Adds what was found out, and from what (`the context`); everything that somebody said counts more.
    pub fn detect(&mut self, setting: &'static Setting, value: impl Into<Said>, from: impl Into<String>) {
        self.put(setting, value, Source::Detected(from.into()));
    }

    /// Adds what the person at the keyboard answered; counts like a flag.
    pub fn asked(&mut self, setting: &'static Setting, value: impl Into<Said>) {
        self.put(setting, value, Source::Asked);
    }

    fn put(&mut self, setting: &'static Setting, value: impl Into<Said>, source: Source) {
        let told = Told { value: value.into(), source };
        self.told.entry(setting.id).or_default().insert(told.source.layer(), told);
    }

    /// What counts for a setting, and who said it.
    pub fn told(&self, setting: &Setting) -> Option<&Told> {
        self.told.get(setting.id)?.values().next_back()
    }

    /// The text that was detected for a setting, whatever somebody said besides.
    fn detected_text(&self, setting: &Setting) -> Option<&str> {
        match &self.told_by(setting, Layer::Detected)?.value {
            Said::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What one layer said about a setting.
    fn told_by(&self, setting: &Setting, layer: Layer) -> Option<&Told> {
        self.told.get(setting.id)?.get(&layer)
    }

    /// The text that counts for a setting, if it is one.
    pub fn text(&self, setting: &Setting) -> Option<&str> {
        match &self.told(setting)?.value {
            Said::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The kubeconfig files that were named, and the context: what is needed before anything can be settled.
    pub fn kubeconfig(&self) -> (Vec<PathBuf>, Option<&str>) {
        (connection::kubeconfig_files(self), self.text(&registry::CONTEXT))
    }

    /// The configuration file that was read, as it was named.
    pub fn config(&self) -> Option<&str> {
        self.config.as_deref()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::registry::{ADOPT, API_URL, JOB_NAMESPACE, ORG, TOKEN_FILE};
    use super::*;

    /// A process with these variables and an empty home.
    pub(crate) fn process(env: &[(&str, &str)]) -> Process {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Process { env, directory: "/nowhere".into(), ..Process::default() }
    }

    /// Answers from flags, variables and the text of a configuration file.
    pub(crate) fn answers(flags: &[&str], env: &[(&str, &str)], file: Option<&str>) -> Answers {
        let command = setting_args(clap::Command::new("t").no_binary_name(true), registry::ALL);
        let mut answers = Answers::from_matches(&command.try_get_matches_from(flags).unwrap());
        answers.add_environment(&process(env));
        if let Some(text) = file {
            let text = format!("apiVersion: runner-setup/v1\n{text}");
            answers.add_file(&LoadedFile {
                name: CONFIG_FILE.into(),
                config: ConfigFile::parse(CONFIG_FILE, &text).unwrap(),
            });
        }
        answers
    }

    #[test]
    fn the_documented_source_wins() {
        let file = Some("organization: from-file\nrunner: { job: { namespace: file-jobs } }");
        let hctl = Hctl {
            path: "/h".into(),
            default_org_id: Some("from-hctl".into()),
            api_url: Some("https://h".into()),
            token: None,
        };
        for (flags, env, wins) in [
            (&["--org", "from-flag"][..], &[("HUMANITEC_ORG", "from-env")][..], "from-flag"),
            (&[], &[("HUMANITEC_ORG", "from-env"), ("PO_ORG_ID", "z")], "from-env"),
            (&[], &[("HUMANITEC_ORG", ""), ("PO_ORG_ID", "third")], "third"),
            (&[], &[], "from-file"),
        ] {
            let mut answers = answers(flags, env, file);
            answers.add_hctl(&hctl);
            answers.detect(&ORG, "detected", "nothing");
            answers.detect(&JOB_NAMESPACE, "detected", "nothing");
            assert_eq!(answers.text(&ORG), Some(wins));
            assert_eq!(answers.text(&API_URL), Some("https://h"));
            assert_eq!(answers.text(&JOB_NAMESPACE), Some("file-jobs"));
            answers.asked(&ORG, "asked");
            assert_eq!(answers.text(&ORG), Some("asked"));
        }
    }

    #[test]
    fn two_variables_that_disagree_are_pointed_out() {
        let answers = answers(&[], &[("HUMANITEC_ORG", "a"), ("PO_ORG_ID", "b")], None);
        assert_eq!(answers.notes, ["`HUMANITEC_ORG` is used for `--org`; `PO_ORG_ID` says something else"]);
    }

    #[test]
    fn a_list_is_replaced_as_a_whole() {
        let answers = answers(&["--adopt", "kubernetes:Role/a/b"], &[], Some("adopt: [x:y/z, x:y/w]"));
        assert_eq!(answers.told(&ADOPT).unwrap().value, Said::List(vec!["kubernetes:Role/a/b".into()]));
    }

    #[test]
    fn a_token_in_the_environment_is_kept_as_a_secret() {
        let answers = answers(&[], &[("HUMANITEC_AUTH_TOKEN", "hunter2")], None);
        assert!(matches!(answers.told(&TOKEN_FILE).unwrap().value, Said::Secret(_)));
        assert!(!format!("{answers:?}").contains("hunter2"));
    }
}
