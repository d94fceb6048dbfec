//! The same on EKS: three servers, two ways to log in, two ways to an identity.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::json;
use world::aws::{Account, Aws};
use world::{Credential, Latency, Orchestrator, Right, Setup, World};

use crate::{FAR, PROGRAM, RUNS, fastest, measured, median, say, shown, trips};

/// So far that what goes out together comes in together, and what waited for an answer does not.
pub(crate) const VERY_FAR: Duration = Duration::from_millis(800);

/// How the jobs get their identity, and how the run logs in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Irsa,
    IrsaWithoutKubeconfig,
    PodIdentity,
}

impl Way {
    fn title(self) -> &'static str {
        match self {
            Self::Irsa => "IRSA",
            Self::IrsaWithoutKubeconfig => "IRSA, no kubeconfig",
            Self::PodIdentity => "Pod Identity",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    First,
    Again,
    Plan,
}

impl Case {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::First => "first `apply --no-wait`",
            Self::Again => "`apply --no-wait` again, nothing to do",
            Self::Plan => "`plan`, nothing to do",
        }
    }

    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::First | Self::Again => &["apply", "--yes", "--no-wait"],
            Self::Plan => &["plan"],
        }
    }
}

/// What one run cost.
struct Cost {
    wall: Duration,
    cluster: usize,
    orchestrator: usize,
    /// How many calls STS, EKS and IAM got.
    aws: [usize; 3],
    /// When each request came in, in seconds.
    arrivals: Vec<f64>,
}

/// Prints the table.
pub(crate) fn table() {
    say("| on EKS | run | 0 ms | 50 ms | round trips | requests: cluster, Orchestrator | STS, EKS, IAM | chain |");
    say("| --- | --- | --: | --: | --: | --: | --: | --: |");
    for way in [Way::Irsa, Way::IrsaWithoutKubeconfig, Way::PodIdentity] {
        for case in [Case::First, Case::Again, Case::Plan] {
            say(&row(way, case));
        }
    }
}

fn row(way: Way, case: Case) -> String {
    let near: Vec<Cost> = (0..RUNS).map(|_| run(way, case, Duration::ZERO)).collect();
    let far: Vec<Cost> = (0..RUNS).map(|_| run(way, case, FAR)).collect();
    let very_far = run(way, case, VERY_FAR);
    let walls = |costs: &[Cost]| costs.iter().map(|cost| cost.wall).collect::<Vec<_>>();
    format!(
        "| {} | {} | {} | {} | {:.1} | {}, {} | {}, {}, {} | {} |",
        way.title(),
        case.title(),
        shown(median(walls(&near).into_iter())),
        shown(median(walls(&far).into_iter())),
        trips(fastest(&walls(&near)), fastest(&walls(&far))),
        very_far.cluster,
        very_far.orchestrator,
        very_far.aws[0],
        very_far.aws[1],
        very_far.aws[2],
        chain(very_far.arrivals),
    )
}

/// The most requests that can have waited for one another: whoever waits for an answer sends a round trip after it at
/// the earliest. Waiting for a connection looks the same, so this is never too few.
pub(crate) fn chain(mut arrivals: Vec<f64>) -> usize {
    arrivals.sort_by(f64::total_cmp);
    let (mut chain, mut last) = (0, f64::NEG_INFINITY);
    for at in arrivals {
        if at - last >= VERY_FAR.as_secs_f64() {
            (chain, last) = (chain + 1, at);
        }
    }
    chain
}

/// An account, a cluster and an Orchestrator of one run, as an administrator of all three.
struct Place {
    world: &'static World,
    account: Account,
    cluster: world::aws::Cluster,
    orchestrator: Orchestrator,
    name: String,
    /// Who the API server takes the runs for.
    user: String,
    kubeconfig_token: Option<String>,
    env: BTreeMap<String, String>,
}

impl Place {
    fn new(way: Way) -> Self {
        let aws = Aws::shared();
        let (world, account) = (aws.control_plane(), aws.account());
        let name = world.unique_name("figures");
        let cluster = account.cluster(&name, world);
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let operator = account.user_with_policy("operator", &policy);
        cluster.admit(&operator.arn);
        let (user, kubeconfig_token) = match way {
            Way::IrsaWithoutKubeconfig => (operator.arn, None),
            Way::Irsa | Way::PodIdentity => {
                let token = world.principal_token(&name, &[Right::everywhere("*", "*", "*")]);
                (world.principal_user(&name), Some(token))
            }
        };
        let orchestrator = Orchestrator::start(Setup::demo());
        Self { world, account, cluster, orchestrator, name, user, kubeconfig_token, env: operator.env }
    }

    /// The command, with its three servers at these ports.
    fn command(&self, way: Way, case: Case, plane: u16, service: u16, aws: u16, home: &std::path::Path) -> Command {
        let server = format!("https://127.0.0.1:{plane}");
        // The context and EKS have to name the same server: a difference would be looked into.
        self.cluster.say(&json!({ "endpoint": server }));
        let mut command = Command::new(std::env::current_exe().expect("a program knows where it is"));
        command.arg("measure").arg(PROGRAM).args(case.words()).env_clear().current_dir(home);
        command.env("HOME", home).env("PATH", "/usr/bin:/bin").envs(&self.env);
        command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{aws}"));
        command.env("HUMANITEC_ORG", self.orchestrator.org()).env("HUMANITEC_AUTH_TOKEN", self.orchestrator.token());
        command.env("HUMANITEC_API_URL", format!("http://127.0.0.1:{service}"));
        command.env("RUNNER_ID", &self.name).env("CLUSTER_RUNNER_NAMESPACE", format!("{}-agent", self.name));
        command.env("CLUSTER_RUNNER_JOB_NAMESPACE", format!("{}-jobs", self.name));
        command.args(["--provider", "eks", "--cluster-name", self.cluster.name(), "--rule", "any"]);
        command.args(["--remote-url", &self.orchestrator.url()]);
        if way == Way::PodIdentity {
            command.args(["--identity", "pod-identity", "--install-addon"]);
        }
        if let Some(token) = &self.kubeconfig_token {
            let file: PathBuf = self.world.kubeconfig(&self.cluster.arn(), &server, &Credential::Token(token));
            command.env("KUBECONFIG", file);
        }
        command
    }
}

/// One run, with everything that it works on new; for a second run, everything is set up before.
fn run(way: Way, case: Case, round_trip: Duration) -> Cost {
    let place = Place::new(way);
    let home = tempfile::tempdir().expect("a folder for the run");
    let (plane, service, aws) =
        (place.world.control_plane().port(), place.orchestrator.port(), place.account.provider().port());
    if case != Case::First {
        measured(place.command(way, Case::First, plane, service, aws, home.path()));
        place.orchestrator.forget_requests();
    }
    let (in_cluster, in_aws) = (place.world.audit().mark(), place.account.mark());
    let proxies = [plane, service, aws].map(|port| Latency::start(port, round_trip));
    let [plane, service, aws] = proxies.each_ref().map(Latency::port);
    let cost = measured(place.command(way, case, plane, service, aws, home.path()));
    let cluster = place.world.audit().requests_of(in_cluster, &place.user);
    let orchestrator = place.orchestrator.requests();
    let calls = place.account.requests_since(in_aws);
    let mut arrivals: Vec<f64> = calls.iter().map(|call| call.at).collect();
    arrivals.extend(cluster.iter().filter_map(|it| Some(seconds(it.at.parse::<jiff::Timestamp>().ok()?.into()))));
    arrivals.extend(orchestrator.iter().map(|it| seconds(it.at)));
    Cost {
        wall: Duration::from_micros(cost["wall"].as_u64().unwrap_or_default()),
        cluster: cluster.len(),
        orchestrator: orchestrator.len(),
        aws: ["sts", "eks", "iam"].map(|service| calls.iter().filter(|call| call.service == service).count()),
        arrivals,
    }
}

pub(crate) fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
