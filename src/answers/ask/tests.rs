//! What is asked, in which order and with which defaults: conversations as scripts.

use std::collections::VecDeque;

use serde_json::json;
use zeroize::Zeroizing;

use super::super::tests::{answers, process};
use super::super::{config_yaml, scripted_line};
use super::*;
use crate::answers::registry::{STATE_BUCKET, STATE_PATH_PREFIX, STATE_STORAGE_ACCOUNT};

/// A person who answers in order: `""` is Enter, a number picks from a list. Remembers what was said and asked.
#[derive(Default)]
struct Script {
    replies: VecDeque<&'static str>,
    heard: Vec<String>,
}

impl Script {
    fn new(replies: &[&'static str]) -> Self {
        Self { replies: replies.iter().copied().collect(), heard: Vec::new() }
    }

    fn reply(&mut self, question: &str) -> Result<&'static str, Failure> {
        self.heard.push(format!("? {question}"));
        match self.replies.pop_front() {
            Some("^C") => Err(Failure::new(FailureKind::Interrupted, "interrupted")),
            Some(reply) => Ok(reply),
            None => panic!("nobody expected {question:?}\n{:#?}", self.heard),
        }
    }

    fn questions(&self) -> Vec<&str> {
        self.heard.iter().filter_map(|line| line.strip_prefix("? ")).collect()
    }

    fn heard(&self, words: &str) -> bool {
        self.heard.iter().any(|line| line.contains(words))
    }
}

impl Ask for Script {
    fn say(&mut self, text: &str) {
        self.heard.push(text.to_owned());
    }

    fn text(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        let reply = self.reply(question)?;
        Ok(if reply.is_empty() { default.unwrap_or_default().to_owned() } else { reply.to_owned() })
    }

    fn choice(&mut self, question: &str, items: &[String], default: usize) -> Result<usize, Failure> {
        let reply = self.reply(question)?;
        self.heard.extend(items.iter().cloned());
        Ok(if reply.is_empty() {
            default
        } else {
            items.iter().position(|item| item.starts_with(reply)).expect("the list has it")
        })
    }

    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        Ok(match self.reply(question)? {
            "" => default,
            word => word == "yes",
        })
    }

    fn hidden(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        self.reply(question).map(|reply| Zeroizing::new(reply.to_owned()))
    }
}

/// An Orchestrator with one organisation, one good token and some content.
#[derive(Default)]
struct Fake {
    runner: Option<Runner>,
    rules: Vec<Rule>,
    is_empty: bool,
}

impl Directory for Fake {
    fn check(&mut self, answers: &Answers) -> Result<(), Trouble> {
        let refused = |message: &str| Failure::new(FailureKind::Refused, message);
        let token = match answers.told(&TOKEN_FILE).map(|told| &told.value) {
            Some(super::super::Said::Secret(token)) => token.expose().to_owned(),
            _ => String::new(),
        };
        match (answers.text(&ORG), token.as_str()) {
            (_, "bad") => Err(Trouble::Token(refused("the token expired"))),
            (Some("my-org"), _) => Ok(()),
            _ => Err(Trouble::Org(refused("there is no such organisation"))),
        }
    }

    fn runner(&mut self, _: &Answers, id: &str) -> Result<Option<Runner>, Failure> {
        Ok(self.runner.clone().filter(|runner| runner.id == id))
    }

    fn rules(&mut self, _: &Answers) -> Result<Vec<Rule>, Failure> {
        Ok(self.rules.clone())
    }

    fn targets(&mut self, _: &Answers) -> Result<(Vec<Project>, Vec<EnvType>), Failure> {
        if self.is_empty {
            return Ok((vec![], vec![]));
        }
        let project = |id: &str, name: &str| Project { id: id.to_owned(), display_name: name.to_owned() };
        let env_type = |id: &str| EnvType { id: id.to_owned(), display_name: String::new() };
        Ok((
            vec![project("web", "Web shop"), project("api", "")],
            vec![env_type("development"), env_type("production")],
        ))
    }
}

const TOKEN: (&str, &str) = ("HUMANITEC_AUTH_TOKEN", "hunter2");

/// Runs the questions after the context; answers what became known and what was heard.
fn talk(
    flags: &[&str],
    env: &[(&str, &str)],
    replies: &[&'static str],
    fake: Fake,
) -> (Result<bool, Failure>, Answers, Script) {
    let mut answers = answers(flags, env, None);
    answers.detect(&CONTEXT, "prod", "the kubeconfig's current context");
    let (mut script, mut fake) = (Script::new(replies), fake);
    let ended = ask_rest(&mut answers, &process(env), &mut script, &mut fake);
    assert!(ended.is_err() || script.replies.is_empty(), "not asked for: {:?}\n{:#?}", script.replies, script.heard);
    assert!(!format!("{answers:?}{:?}", script.heard).contains("hunter2"));
    (ended, answers, script)
}

#[test]
fn enter_is_enough_and_the_line_pins_what_was_made_up() {
    let (ended, answers, script) = talk(&["--org=my-org"], &[TOKEN], &["", "", "", ""], Fake::default());
    assert!(ended.unwrap());
    assert_eq!(script.questions(), ["Runner id:", "Use these names?", "Where?", "Which environments get this runner?"]);
    assert_eq!(
        scripted_line(&answers, "apply"),
        "runner-setup apply --org my-org --context prod --runner-id kubernetes-agent-prod --rule any --yes"
    );
    assert!(config_yaml(&answers).contains("id: kubernetes-agent-prod"));
}

#[test]
fn every_question_says_why_it_is_asked() {
    let (_, _, script) = talk(&[], &[], &["my-org", "hunter2", "", "", "", ""], Fake::default());
    for (index, line) in script.heard.iter().enumerate().filter(|(_, line)| line.starts_with("? ")) {
        assert!(index > 0 && !script.heard[index - 1].starts_with("? "), "{line}");
    }
}

#[test]
fn what_was_told_is_not_asked() {
    let flags = ["--org=my-org", "--runner-id=my-runner", "--namespace=a", "--state-storage=kubernetes", "--rule=any"];
    let (ended, _, script) = talk(&flags, &[TOKEN], &[], Fake::default());
    assert!(!ended.unwrap(), "there was no question");
    assert_eq!(script.heard, Vec::<String>::new());
}

#[test]
fn an_invalid_answer_is_said_and_asked_again() {
    let replies = ["My Runner", "my-runner", "no", "Bad", "agents", "", "", "jobs", "", ""];
    let (ended, answers, script) = talk(&["--org=my-org"], &[TOKEN], &replies, Fake::default());
    ended.unwrap();
    assert!(script.heard("That is not possible: runner id `My Runner` has 'M'"), "{:#?}", script.heard);
    assert!(script.heard("That is not possible: namespace `Bad`"), "{:#?}", script.heard);
    assert_eq!(
        scripted_line(&answers, "apply"),
        "runner-setup apply --org my-org --context prod --runner-id my-runner --runner-namespace agents \
         --job-service-account jobs --rule any --yes"
    );
}

#[test]
fn a_token_is_asked_for_until_it_is_good_and_then_kept_out_of_everything() {
    let replies = ["my-org", "", "bad", "hunter2", "", "", "", ""];
    let (ended, answers, script) = talk(&[], &[], &replies, Fake::default());
    ended.unwrap();
    assert!(script.heard("`hctl login`") && script.heard("The token expired."), "{:#?}", script.heard);
    assert!(!scripted_line(&answers, "apply").contains("hunter2"));
    assert!(!config_yaml(&answers).contains("hunter2"));
}

#[test]
fn patience_with_tokens_and_organisations_ends() {
    let (ended, _, _) = talk(&["--org=my-org"], &[("HUMANITEC_AUTH_TOKEN", "bad")], &["bad", "bad"], Fake::default());
    assert_eq!(ended.unwrap_err().message, "the token expired");
    let (ended, _, _) = talk(&["--org=my-org"], &[], &["", "", ""], Fake::default());
    assert_eq!(ended.unwrap_err().kind, FailureKind::AnswerMissing);
    let (ended, _, script) = talk(&["--org=other"], &[TOKEN], &["third", "fourth"], Fake::default());
    assert_eq!(ended.unwrap_err().message, "there is no such organisation");
    assert_eq!(script.questions(), ["Organisation id:", "Organisation id:"]);
}

#[test]
fn a_rule_can_name_a_type_a_project_both_or_nothing() {
    for (replies, rule) in [
        (&["any"][..], Some("any")),
        (&["environments of one type", "production"], Some("env-type=production")),
        (&["environments of one project", "web (Web shop)"], Some("project=web")),
        (&["environments of one type in one", "api", "development"], Some("project=api,env-type=development")),
        (&["no rule"], None),
    ] {
        let flags = ["--org=my-org", "--runner-id=my-runner", "--namespace=a", "--state-storage=kubernetes"];
        let (ended, answers, _) = talk(&flags, &[TOKEN], replies, Fake::default());
        ended.unwrap();
        let told = answers.told(&RULE).map(|told| told.value.clone());
        assert_eq!(told, rule.map(|rule| vec![rule.to_owned()].into()));
    }
}

#[test]
fn a_rule_is_offered_only_for_what_is_there() {
    let flags = ["--org=my-org", "--runner-id=my-runner", "--namespace=a", "--state-storage=kubernetes"];
    let any = Rule { id: "1".into(), runner_id: "other".into(), project_id: None, env_type_id: None };
    let fake = Fake { is_empty: true, rules: vec![any], runner: None };
    let (ended, answers, script) = talk(&flags, &[TOKEN], &[""], fake);
    ended.unwrap();
    assert!(script.heard("leads to runner `other` already") && !script.heard("one project"), "{:#?}", script.heard);
    assert!(answers.told(&RULE).is_none(), "no rule is the default when somebody else has them all");
}

#[test]
fn a_registered_runner_keeps_its_state_its_names_and_its_rule() {
    let runner: Runner = serde_json::from_value(json!({
        "id": "my-runner",
        "runner_configuration": { "job": { "namespace": "jobs", "service_account": "job" } },
        "state_storage_configuration": { "type": "s3", "bucket": "b" },
    }))
    .unwrap();
    let rule =
        Rule { id: "1".into(), runner_id: "my-runner".into(), project_id: Some("web".into()), env_type_id: None };
    let fake = Fake { runner: Some(runner), rules: vec![rule], is_empty: false };
    let (ended, answers, script) = talk(&["--org=my-org"], &[TOKEN], &["my-runner", ""], fake);
    ended.unwrap();
    assert_eq!(script.questions(), ["Runner id:", "Use these names?"]);
    assert!(script.heard("It has a rule already: project=web."), "{:#?}", script.heard);
    assert_eq!(
        scripted_line(&answers, "apply"),
        "runner-setup apply --org my-org --context prod --runner-id my-runner --job-namespace jobs \
         --job-service-account job --yes"
    );
}

#[test]
fn a_bucket_is_asked_for_when_it_belongs_to_the_storage() {
    let told = ["--org=my-org", "--runner-id=my-runner", "--namespace=a", "--rule=any"];
    let (ended, answers, _) = talk(&told, &[TOKEN], &["s3", "Bad_", "states", ""], Fake::default());
    ended.unwrap();
    assert_eq!(answers.text(&STATE_BUCKET), Some("states"));
    assert!(answers.told(&STATE_PATH_PREFIX).is_none());
    let flags = [&told[..], &["--state-storage=azurerm", "--state-container=c"]].concat();
    let (ended, answers, script) = talk(&flags, &[TOKEN], &["account"], Fake::default());
    ended.unwrap();
    assert_eq!(script.questions(), ["Name of the storage account:"]);
    assert_eq!(answers.text(&STATE_STORAGE_ACCOUNT), Some("account"));
}

#[test]
fn what_was_told_wrongly_is_said_before_anything_is_asked() {
    let (ended, _, script) = talk(&["--job-namespace=Bad"], &[], &[], Fake::default());
    assert_eq!(ended.unwrap_err().kind, FailureKind::Usage);
    assert!(script.questions().is_empty());
}

#[test]
fn ctrl_c_ends_the_questions() {
    let (ended, _, _) = talk(&["--org=my-org"], &[TOKEN], &["^C"], Fake::default());
    assert_eq!(ended.unwrap_err().kind, FailureKind::Interrupted);
}

#[test]
fn the_context_is_asked_for_when_there_are_several() {
    let names = ["a".to_owned(), "b".to_owned()];
    for (flags, names, current, replies, chosen, is_asked) in [
        (&[][..], &names[..], Some("b"), &[""][..], Some("b"), true),
        (&[], &names, Some("b"), &["a"], Some("a"), true),
        (&[], &names, None, &[""], Some("a"), true),
        (&["--context=a"], &names, Some("b"), &[], Some("a"), false),
        (&[], &names[..1], None, &[], Some("a"), false),
        (&[], &[], None, &[], None, false),
    ] {
        let (mut answers, mut script) = (answers(flags, &[], None), Script::new(replies));
        assert_eq!(ask_context(&mut answers, names, current, &mut script).unwrap(), is_asked);
        assert_eq!(answers.text(&CONTEXT), chosen);
    }
}
