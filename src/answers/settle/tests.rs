//! What settling promises, as tables.

use super::super::tests::{answers, process};
use super::*;
use crate::failure::FailureKind;

const TOKEN: (&str, &str) = ("HUMANITEC_AUTH_TOKEN", "hunter2");

fn settled(flags: &[&str], env: &[(&str, &str)], file: Option<&str>, need: Need) -> Result<Settled, Failure> {
    let mut answers = answers(flags, env, file);
    if !flags.contains(&"--cluster-name=-") {
        answers.detect(&CONTEXT, "arn:aws:eks:eu-central-1:123456789012:cluster/Prod", "the kubeconfig");
    }
    settle(&answers, &process(env), need)
}

fn problems(flags: &[&str], file: Option<&str>) -> Vec<String> {
    let failure = settled(flags, &[TOKEN, ("PO_ORG_ID", "o")], file, Need::EVERYTHING).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage, "{failure:?}");
    if failure.causes.is_empty() { vec![failure.message] } else { failure.causes }
}

#[test]
fn an_organisation_a_token_and_a_context_are_enough() {
    let settled = settled(&["--org=my-org"], &[TOKEN], None, Need::EVERYTHING).unwrap();
    let settings = settled.settings;
    assert_eq!(settings.runner_id.as_str(), "kubernetes-agent-prod");
    assert_eq!(settings.api_url.as_str(), "https://api.humanitec.dev/");
    assert_eq!(settings.runner_account.name.as_str(), "humanitec-kubernetes-agent-runner");
    assert_eq!(settings.job_account.name.as_str(), "humanitec-kubernetes-agent-runner-job");
    assert_eq!(settings.key_secret.name.as_str(), "humanitec-kubernetes-agent-runner");
    assert!(!settings.key_secret.name_told && settings.wait);
    assert_eq!((settings.description, settings.state_storage, settings.pod_template), (None, None, None));
    assert_eq!(settings.timeout, Duration::from_mins(5));
    assert!(settled.warnings.is_empty() && settled.unknown.is_empty());
    assert_eq!(settled.connection.token.unwrap().source, Source::Environment("HUMANITEC_AUTH_TOKEN".into()));
}

#[test]
fn all_missing_answers_are_named_at_once() {
    let failure = settled(&["--cluster-name=-", "--state-storage=s3"], &[], None, Need::EVERYTHING).unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::AnswerMissing, "4 answers are missing"));
    assert_eq!(
        failure.causes[0],
        "missing: the organisation: `--org ID`, `HUMANITEC_ORG`, `HUMANITEC_ORG_ID`, `PO_ORG_ID` or `organization` in runner-setup.yaml"
    );
    assert!(failure.causes[1].contains("`--runner-id ID`, `RUNNER_ID` or `runner.id` in runner-setup.yaml"));
    assert!(failure.causes[2].contains("`--state-bucket NAME`"));
    assert!(failure.causes[3].contains("no credentials"));
    assert_eq!(failure.hints[0], "hctl login");
}

#[test]
fn a_token_alone_that_is_missing_is_a_refusal() {
    let failure = settled(&["--org=o"], &[], None, Need::EVERYTHING).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.causes[0].contains("tried `--token-file`, `HUMANITEC_AUTH_TOKEN`"), "{failure:?}");
}

#[test]
fn what_is_wrong_and_what_is_missing_is_said_together() {
    let flags = ["--runner-id=My runner", "--timeout=soon", "--state-storage=s3", "--rule=env=dev"];
    let failure =
        settled(&flags, &[TOKEN, ("CLUSTER_RUNNER_JOB_NAMESPACE", "UPPER")], None, Need::EVERYTHING).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
    assert_eq!(failure.message, "4 settings are not valid, 2 answers are missing");
    assert!(failure.causes.iter().any(|c| c.starts_with("`CLUSTER_RUNNER_JOB_NAMESPACE`: namespace `UPPER` has 'U'")));
}

#[test]
fn a_command_that_needs_less_gets_less() {
    let settled = settled(&["--cluster-name=-"], &[], None, Need::NOTHING).unwrap();
    let unknown: Vec<_> = settled.unknown.iter().map(|setting| setting.id).collect();
    assert_eq!(unknown, ["org", "runner-id"]);
    assert!(settled.connection.token.is_none());
}

#[test]
fn each_wrong_value_is_named_with_its_place() {
    for (flags, file, words) in [
        (&["--org=a/b"][..], None, "`--org`: `a/b` has '/'"),
        (&["--api-url=example.com"], None, "`--api-url`: is not a URL"),
        (&["--runner-id-prefix=My_"], None, "`--runner-id-prefix`: "),
        (&[], Some("runner: { id: A }"), "`runner.id` in runner-setup.yaml: runner id `A`"),
        (&["--adopt=Namespace/a"], None, "does not name an object"),
        (&["--agent-env=ORG_ID=a"], None, "use `--org`"),
        (&["--job-service-account-annotation=a"], None, "has no `=`"),
        (&["--private-key-file=a", "--public-key-file=b"], None, "`--public-key-file`: excludes"),
        (&["--private-key-file=-", "--token-file=-"], None, "standard input is read for `--token-file`"),
        (&["--pod-template=/missing.yaml"], None, "`/missing.yaml` cannot be read"),
        (&["--pod-template=-"], None, "standard input"),
        (&[], Some("runner: { job: { podTemplate: { metadata: { labels: { a: true } } } } }"), "quotes around it"),
        (&[], Some("runner: { job: { podTemplate: [] } }"), "is not an object"),
        (&["--key-secret-key=a b"], None, "not a key of a Secret"),
        (&[], Some("cluster: { provider: moon }"), "`cluster.provider` in runner-setup.yaml: `moon` is none of"),
    ] {
        let mut flags = flags.to_vec();
        // Standard input is only read for a token when it is needed; the test has none to give.
        let problems = if flags.contains(&"--token-file=-") {
            flags.push("--org=o");
            vec![settled(&flags, &[], file, Need::CLUSTER).unwrap_err().message]
        } else {
            problems(&flags, file)
        };
        assert!(problems.len() == 1 && problems[0].contains(words), "{flags:?} {file:?}: {problems:?}");
    }
}

#[test]
fn an_id_is_made_of_the_clusters_name_before_the_context() {
    let env = [TOKEN, ("PO_ORG_ID", "o")];
    for (flags, expected, source) in [
        (&["--cluster-name=Main_1"][..], "kubernetes-agent-main-1", "made of `--cluster-name`"),
        (&[], "kubernetes-agent-prod", "made of `--context`"),
        (&["--runner-id-prefix=x", "--context=c"], "x-c", "made of `--context`"),
        (&["--runner-id=own"], "own", "flag"),
    ] {
        let settled = settled(flags, &env, None, Need::EVERYTHING).unwrap();
        assert_eq!(settled.settings.runner_id.as_str(), expected);
        let row = settled.shown.iter().find(|row| row.id == "runner-id").unwrap();
        assert_eq!((row.value.as_str(), row.source.as_str()), (expected, source));
    }
}

#[test]
fn rules_and_objects_are_there_once() {
    let flags = ["--rule=any", "--rule=env-type=dev", "--rule=any", "--adopt=a:b/c", "--adopt=a:b/c"];
    let settings = settled(&flags, &[TOKEN, ("PO_ORG_ID", "o")], None, Need::EVERYTHING).unwrap().settings;
    assert_eq!((settings.rules.len(), settings.adopt.len()), (2, 1));
}

/// A settled EKS cluster's answers with these flags, all of one setting.
fn on_eks(setting: &str, values: &[String]) -> Result<Settled, Failure> {
    let given: Vec<String> = values.iter().map(|value| format!("--{setting}={value}")).collect();
    let flags: Vec<&str> =
        ["--provider=eks", "--cluster-name=prod"].into_iter().chain(given.iter().map(String::as_str)).collect();
    settled(&flags, &[TOKEN, ("PO_ORG_ID", "o")], None, Need::EVERYTHING)
}

#[test]
fn keys_of_tags_know_no_case() {
    for (tags, words) in [
        (&["Team=a", "team=b"][..], "`Team` and `team` are the same key to IAM"),
        (&["Team=a", "team=a"], "`Team` and `team` are the same key to IAM"),
        (&["a=1", "a=2"], "`a` has two values, `1` and `2`"),
        (&["Runner-Setup/Cluster=x"], "`Runner-Setup/Cluster` is a tag that runner-setup writes itself"),
        (&["app.kubernetes.io/Managed-By=x"], "is a tag that runner-setup writes itself"),
    ] {
        let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
        let failure = on_eks("tag", &tags).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(failure.message.contains("`--tag`") && failure.message.contains(words), "{tags:?}: {failure:?}");
    }
    let twice = on_eks("tag", &["a=1".to_owned(), "b=1".to_owned(), "a=1".to_owned()]).unwrap();
    assert_eq!(twice.settings.aws.unwrap().tags.len(), 2);
}

#[test]
fn a_role_has_only_so_many_policies() {
    let settled = |count: usize| {
        let policies: Vec<String> = (0..count).map(|at| format!("arn:aws:iam::123456789012:policy/p{at}")).collect();
        // Once more is not one more.
        on_eks("attach-policy", &[&policies[..], &policies[..1]].concat())
    };
    assert_eq!(settled(10).unwrap().warnings, Vec::<String>::new());
    for count in [11, 20] {
        let warnings = settled(count).unwrap().warnings;
        assert!(
            warnings.len() == 1 && warnings[0].contains("IAM's default quota is 10 policies for a role"),
            "{warnings:?}"
        );
    }
    let failure = settled(21).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Usage);
    assert!(failure.message.contains("21 policies are too many: IAM attaches at most 20 to a role"), "{failure:?}");
}
