//! Which question fills which empty answer, and in which order; what was told is not asked.
//!
//! Knows neither terminal nor network: it asks through [`Ask`] and looks things up through [`Directory`].

use std::fmt::Display;

use super::registry::{
    CONTEXT, JOB_NAMESPACE, JOB_SERVICE_ACCOUNT, NAMESPACE, ORG, RULE, RUNNER_ID, RUNNER_NAMESPACE,
    RUNNER_SERVICE_ACCOUNT, TOKEN_FILE,
};
use super::setting::Setting;
use super::settle::{Need, TokenNeed, settle};
use super::told::Secret;
use super::{Answers, text_checks};
use crate::failure::{Failure, FailureKind};
use crate::names::{KubernetesName, NamespaceName, RunnerId};
use crate::orchestrator::{EnvType, Project, Rule, Runner};
use crate::process::Process;
use crate::settings::RuleTarget;
use crate::terminal::Ask;

/// How often a token or an organisation that the Orchestrator refuses is asked for again.
const ATTEMPTS: usize = 3;

/// What the Orchestrator can say about answers.
pub trait Directory {
    /// Whether token and organisation fit.
    ///
    /// # Errors
    /// What is wrong, by what a person can answer otherwise.
    fn check(&mut self, answers: &Answers) -> Result<(), Trouble>;
    /// The runner of this id, if it is registered already.
    ///
    /// # Errors
    /// Whatever keeps the Orchestrator from answering.
    fn runner(&mut self, answers: &Answers, id: &str) -> Result<Option<Runner>, Failure>;
    /// All rules.
    ///
    /// # Errors
    /// Whatever keeps the Orchestrator from answering.
    fn rules(&mut self, answers: &Answers) -> Result<Vec<Rule>, Failure>;
    /// What a rule can name.
    ///
    /// # Errors
    /// Whatever keeps the Orchestrator from answering.
    fn targets(&mut self, answers: &Answers) -> Result<(Vec<Project>, Vec<EnvType>), Failure>;
}

/// What is wrong with token and organisation, by what can be answered otherwise.
#[derive(Debug)]
pub enum Trouble {
    /// The token is refused.
    Token(Failure),
    /// The organisation is not there, or not for this token.
    Org(Failure),
    /// Neither would help.
    Other(Failure),
}

/// Asks which cluster, when there are several and none was told. The current one is the default.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_context(
    answers: &mut Answers,
    names: &[String],
    current: Option<&str>,
    ask: &mut dyn Ask,
) -> Result<bool, Failure> {
    if answers.told(&CONTEXT).is_some() || names.is_empty() {
        return Ok(false);
    }
    let [only] = names else {
        ask.say("\nThe kubeconfig has several contexts. The runner is set up in the cluster of one.");
        let default = names.iter().position(|name| Some(name.as_str()) == current).unwrap_or(0);
        let items: Vec<String> = names
            .iter()
            .map(|name| if Some(name.as_str()) == current { format!("{name} (current)") } else { name.clone() })
            .collect();
        let chosen = ask.choice("Which context?", &items, default)?;
        answers.asked(&CONTEXT, names[chosen].as_str());
        return Ok(true);
    };
    answers.detect(&CONTEXT, only.as_str(), "the kubeconfig's only context");
    Ok(false)
}

/// Everything else, in order; answers whether there was any question at all.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C; what was told is not valid; the Orchestrator keeps refusing.
pub fn ask_rest(
    answers: &mut Answers,
    process: &Process,
    ask: &mut dyn Ask,
    directory: &mut dyn Directory,
) -> Result<bool, Failure> {
    let mut interview = Interview { answers, process, ask, directory, is_asked: false };
    interview.state_parts()?;
    interview.valid_so_far()?;
    interview.login()?;
    let runner = interview.runner()?;
    interview.names(runner.as_ref())?;
    interview.identity()?;
    interview.state_storage(runner.as_ref())?;
    interview.rule(runner.as_ref())?;
    interview.pin_context();
    Ok(interview.is_asked)
}

struct Interview<'a> {
    answers: &'a mut Answers,
    process: &'a Process,
    ask: &'a mut dyn Ask,
    directory: &'a mut dyn Directory,
    is_asked: bool,
}

/// What is said about an answer that can't be taken; a problem that ends in a question keeps its mark.
fn not_possible(problem: &str) -> String {
    let stop = if problem.ends_with('?') { "" } else { "." };
    format!("That is not possible: {problem}{stop}")
}

impl Interview<'_> {
    /// Whether somebody said it; what was only found out is a default.
    fn is_told(&self, setting: &Setting) -> bool {
        self.answers.told(setting).is_some_and(|told| told.source.layer() > super::Layer::Detected)
    }

    /// The line before a question that says why it is asked.
    fn why(&mut self, why: &str) {
        self.is_asked = true;
        self.ask.say(&format!("\n{why}"));
    }

    /// What was told wrongly is said before anything is asked.
    fn valid_so_far(&mut self) -> Result<(), Failure> {
        let need = Need { org: false, runner_id: false, token: TokenNeed::IfThere };
        let settled = settle(self.answers, self.process, need)?;
        if let Some(token) = settled.connection.token.filter(|_| self.answers.text(&TOKEN_FILE) == Some("-")) {
            // Standard input can be read once.
            self.answers.asked(&TOKEN_FILE, token.value);
        }
        Ok(())
    }

    /// Organisation and token, until they fit.
    fn login(&mut self) -> Result<(), Failure> {
        if !self.is_told(&ORG) {
            self.why("A runner belongs to one organisation of the Orchestrator.");
            self.org()?;
        }
        let need = Need { org: false, runner_id: false, token: TokenNeed::Required };
        match settle(self.answers, self.process, need) {
            Err(failure) if failure.kind == FailureKind::Refused => {
                self.why("The Orchestrator wants a token, and none was found.");
                // The first cause says where it was looked for, the second one why one that is there does not count.
                for cause in failure.causes.iter().skip(1) {
                    self.ask.say(&format!("{cause}."));
                }
                self.ask.say("`hctl login` gets one for you: press Ctrl-C, log in, and start again.");
                self.ask.say("Or paste a token here: it is not shown and not written anywhere.");
                self.token()?;
            }
            Err(failure) => return Err(failure),
            Ok(_) => {}
        }
        let mut attempts = 1;
        loop {
            let again = match self.directory.check(self.answers) {
                Ok(()) => return Ok(()),
                Err(Trouble::Other(failure)) => return Err(failure),
                Err(trouble) => trouble,
            };
            let (Trouble::Token(failure) | Trouble::Org(failure) | Trouble::Other(failure)) = &again;
            if attempts == ATTEMPTS {
                return Err(failure.clone());
            }
            attempts += 1;
            self.why(&format!("{}.", sentence(failure)));
            match again {
                Trouble::Org(_) => self.org()?,
                _ => {
                    self.ask.say("Another one is needed: from `hctl login`, or typed here, where it is not shown.");
                    self.token()?;
                }
            }
        }
    }

    fn org(&mut self) -> Result<(), Failure> {
        let org = self.text("Organisation id:", None, text_checks::id)?;
        self.answers.asked(&ORG, org);
        Ok(())
    }

    fn token(&mut self) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            let typed = self.ask.hidden("Token:")?;
            match crate::orchestrator::Token::new(&typed) {
                Ok(token) => {
                    self.answers.asked(&TOKEN_FILE, Secret::new(token.expose()));
                    return Ok(());
                }
                Err(error) => self.ask.say(&format!("{}.", sentence(&Failure::from(error)))),
            }
        }
        Err(Failure::new(FailureKind::AnswerMissing, "no token was given; nothing was changed").hint("hctl login"))
    }

    /// The runner's id; answers the runner when it is registered already.
    fn runner(&mut self) -> Result<Option<Runner>, Failure> {
        let settled = settle(self.answers, self.process, Need::NOTHING)?;
        let id = if self.is_told(&RUNNER_ID) {
            settled.settings.runner_id.to_string()
        } else {
            let is_known = !settled.unknown.iter().any(|unknown| unknown.id == RUNNER_ID.id);
            let default = is_known.then(|| settled.settings.runner_id.to_string());
            self.why("The runner's id names it in the Orchestrator, and can't be changed later.");
            let id =
                self.text("Runner id:", default.as_deref(), |text| text.parse::<RunnerId>().map(|id| id.to_string()))?;
            self.answers.asked(&RUNNER_ID, id.as_str());
            id
        };
        let runner = self.directory.runner(self.answers, &id)?;
        if runner.is_some() {
            self.ask.say(&format!("\nRunner `{id}` is registered already: it is checked, and kept."));
        }
        Ok(runner)
    }

    /// Namespaces and accounts: all by default, or one by one.
    fn names(&mut self, runner: Option<&Runner>) -> Result<(), Failure> {
        let settings = [&RUNNER_NAMESPACE, &JOB_NAMESPACE, &RUNNER_SERVICE_ACCOUNT, &JOB_SERVICE_ACCOUNT];
        if self.is_told(&NAMESPACE) || settings.iter().any(|setting| self.is_told(setting)) {
            return Ok(());
        }
        let registered = |key: &str| {
            let configuration = &runner?.runner_configuration;
            configuration.pointer(key)?.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
        };
        let known = [None, registered("/job/namespace"), None, registered("/job/service_account")];
        let known: Vec<String> = known
            .into_iter()
            .zip(settings)
            .map(|(known, setting)| known.unwrap_or_else(|| setting.default.unwrap_or_default().to_owned()))
            .collect();
        self.why("The agent and the jobs run in a namespace each, under an account each:");
        let labels = ["agent's namespace", "jobs' namespace", "agent's account", "jobs' account"];
        for (label, name) in labels.iter().zip(&known) {
            self.ask.say(&format!("  {label:<18} {name}"));
        }
        let agreed = self.ask.confirm("Use these names?", true)?;
        let questions =
            ["Namespace of the agent:", "Namespace of the jobs:", "Account of the agent:", "Account of the jobs:"];
        for (((setting, question), known), is_namespace) in
            settings.into_iter().zip(questions).zip(known).zip([true, true, false, false])
        {
            let name = match (agreed, is_namespace) {
                (true, _) => known,
                (false, true) => self
                    .text(question, Some(&known), |text| text.parse::<NamespaceName>().map(|name| name.to_string()))?,
                (false, false) => self
                    .text(question, Some(&known), |text| text.parse::<KubernetesName>().map(|name| name.to_string()))?,
            };
            if setting.default != Some(name.as_str()) {
                self.answers.asked(setting, name);
            }
        }
        Ok(())
    }

    /// Which environments get the runner.
    fn rule(&mut self, runner: Option<&Runner>) -> Result<(), Failure> {
        if self.is_told(&RULE) {
            return Ok(());
        }
        let rules = self.directory.rules(self.answers)?;
        let ours: Vec<String> = rules
            .iter()
            .filter(|rule| runner.is_some_and(|runner| runner.id == rule.runner_id))
            .map(|rule| rule.target().to_string())
            .collect();
        if !ours.is_empty() {
            self.ask.say(&format!("It has a rule already: {}.", ours.join("; ")));
            return Ok(());
        }
        let (projects, env_types) = self.directory.targets(self.answers)?;
        self.why("An environment gets a runner by a rule: without one, nothing ever runs on it.");
        let taken = rules.iter().find(|rule| rule.target() == RuleTarget::ANY);
        if let Some(rule) = taken {
            self.ask.say(&format!("A rule for any environment leads to runner `{}` already.", rule.runner_id));
        }
        let mut choices = vec![("any environment", Scope::Any)];
        if !env_types.is_empty() {
            choices.push(("environments of one type", Scope::EnvType));
        }
        if !projects.is_empty() {
            choices.push(("environments of one project", Scope::Project));
        }
        if !env_types.is_empty() && !projects.is_empty() {
            choices.push(("environments of one type in one project", Scope::Both));
        }
        choices.push(("no rule now", Scope::Nothing));
        let default = if taken.is_some() { choices.len() - 1 } else { 0 };
        let items: Vec<String> = choices.iter().map(|(words, _)| (*words).to_owned()).collect();
        let scope = choices[self.ask.choice("Which environments get this runner?", &items, default)?].1;
        let mut target = RuleTarget::ANY;
        if matches!(scope, Scope::Project | Scope::Both) {
            let ids = projects.iter().map(|project| (project.id.as_str(), project.display_name.as_str()));
            target.project = Some(self.one_of("Which project?", ids)?);
        }
        if matches!(scope, Scope::EnvType | Scope::Both) {
            let ids = env_types.iter().map(|env_type| (env_type.id.as_str(), env_type.display_name.as_str()));
            target.env_type = Some(self.one_of("Which environment type?", ids)?);
        }
        if scope != Scope::Nothing {
            self.answers.asked(&RULE, vec![target.to_string()]);
        }
        Ok(())
    }

    /// Whoever runs the line or the file later means this cluster, not the current one of that day.
    fn pin_context(&mut self) {
        if let Some(context) = self.answers.text(&CONTEXT).map(str::to_owned)
            && self.answers.told(&CONTEXT).is_some_and(|told| told.source.layer() == super::Layer::Detected)
        {
            self.answers.asked(&CONTEXT, context);
        }
    }

    fn one_of<'b>(&mut self, question: &str, ids: impl Iterator<Item = (&'b str, &'b str)>) -> Result<String, Failure> {
        let ids: Vec<_> = ids.collect();
        let shown = |(id, name): &(&str, &str)| {
            if name.is_empty() || name == id { (*id).to_owned() } else { format!("{id} ({name})") }
        };
        let items: Vec<String> = ids.iter().map(shown).collect();
        Ok(ids[self.ask.choice(question, &items, 0)?].0.to_owned())
    }

    /// A text that is valid: what is wrong is said, and asked again.
    fn text<E: Display>(
        &mut self,
        question: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<String, E>,
    ) -> Result<String, Failure> {
        loop {
            let typed = self.ask.text(question, default)?;
            match check(&typed) {
                Ok(valid) => return Ok(valid),
                Err(problem) => self.ask.say(&not_possible(&problem.to_string())),
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Any,
    EnvType,
    Project,
    Both,
    Nothing,
}

/// A failure's message as the beginning of a sentence.
fn sentence(failure: &Failure) -> String {
    let mut letters = failure.message.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

mod aks;
mod cloud;
mod eks;
mod gke;
mod state;

pub use aks::{ask_aks_cluster, ask_subscription};
pub use cloud::{ask_provider, misses_cluster};
pub use eks::{ask_cluster, ask_region};
pub use gke::{ask_gke_cluster, ask_project};
#[cfg(test)]
mod tests;
