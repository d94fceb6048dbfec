//! What a run on EKS costs: how many requests, and how many of them wait for one another. Never how long it takes.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use world::aws::AwsRequest;
use world::{Credential, Latency, Right};

use crate::support::{EksLab, Outcome};

/// Far enough away that what goes out together also comes in together, on a busy machine too.
const ROUND_TRIP: Duration = Duration::from_millis(800);

/// How a run logs in to the cluster.
#[derive(Clone, Copy, PartialEq)]
enum Login {
    Kubeconfig,
    Without,
}

/// A lab whose three servers can be moved far away.
struct Places {
    lab: EksLab,
    login: Login,
    /// Who the API server takes the runs for.
    user: String,
    token: String,
    aws_env: BTreeMap<String, String>,
}

/// What one run sent.
struct Sent {
    aws: Vec<AwsRequest>,
    cluster: Vec<String>,
    orchestrator: Vec<String>,
    /// When each request of all three came in, in seconds.
    arrivals: Vec<f64>,
}

impl Places {
    fn new(name: &str, login: Login) -> Self {
        let mut lab = EksLab::new(name);
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let somebody =
            lab.account.user_with_policy("admin", &json!({ "Version": "2012-10-17", "Statement": [statement] }));
        lab.cluster.admit(&somebody.arn);
        lab.unset("KUBECONFIG");
        let principal = lab.world.unique_name(name);
        let (user, token) = match login {
            Login::Without => (somebody.arn.clone(), String::new()),
            Login::Kubeconfig => {
                let token = lab.world.principal_token(&principal, &[Right::everywhere("*", "*", "*")]);
                (lab.world.principal_user(&principal), token)
            }
        };
        Self { lab, login, user, token, aws_env: somebody.env }
    }

    /// Runs with all servers so far away, and with nothing left of earlier runs.
    fn run(&mut self, args: &[&str], round_trip: Duration) -> (Outcome, Sent) {
        let plane = Latency::start(self.lab.world.control_plane().port(), round_trip);
        let service = Latency::start(self.lab.orchestrator.port(), round_trip);
        let aws = Latency::start(self.lab.account.provider().port(), round_trip);
        let server = format!("https://127.0.0.1:{}", plane.port());
        self.lab.cluster.say(&json!({ "endpoint": server }));
        let mut env = self.aws_env.clone();
        env.insert("AWS_ENDPOINT_URL".to_owned(), format!("http://127.0.0.1:{}", aws.port()));
        env.insert("HUMANITEC_API_URL".to_owned(), format!("http://127.0.0.1:{}", service.port()));
        if self.login == Login::Kubeconfig {
            let credential = Credential::Token(&self.token);
            let file = self.lab.world.kubeconfig(&self.lab.cluster.arn(), &server, &credential);
            env.insert("KUBECONFIG".to_owned(), file.display().to_string());
        }
        self.lab.set_all(&env);
        let (in_cluster, in_aws) = (self.lab.world.audit().mark(), self.lab.account.mark());
        self.lab.orchestrator.forget_requests();
        let (url, name) = (self.lab.orchestrator.url(), self.lab.cluster.name().to_owned());
        let always = ["--remote-url", &url, "--rule", "any", "--provider", "eks", "--cluster-name", &name];
        let outcome = self.lab.run(&[args, &["-o", "json"], &always].concat()).exits(0);
        let aws = self.lab.account.requests_since(in_aws);
        let cluster = self.lab.world.audit().requests_of(in_cluster, &self.user);
        let orchestrator = self.lab.orchestrator.requests();
        let mut arrivals: Vec<f64> = aws.iter().map(|it| it.at).collect();
        arrivals.extend(cluster.iter().map(|it| seconds(it.at.parse::<jiff::Timestamp>().unwrap().into())));
        arrivals.extend(orchestrator.iter().map(|it| seconds(it.at)));
        let sent = Sent {
            aws,
            cluster: cluster.iter().map(|it| format!("{} {}", it.verb, it.uri)).collect(),
            orchestrator: orchestrator.iter().map(|it| format!("{} {}", it.method, it.path)).collect(),
            arrivals,
        };
        (outcome, sent)
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The most requests that can have waited for one another: whoever waits for an answer sends a round trip later at the
/// earliest. Waiting for a connection looks the same, so this is never too few.
fn depth(mut arrivals: Vec<f64>) -> usize {
    arrivals.sort_by(f64::total_cmp);
    let (mut depth, mut last) = (0, f64::NEG_INFINITY);
    for at in arrivals {
        if at - last >= ROUND_TRIP.as_secs_f64() {
            (depth, last) = (depth + 1, at);
        }
    }
    depth
}

impl Sent {
    /// The calls to AWS of the plan; the proof's exchange is counted apart.
    fn actions(&self) -> Vec<&str> {
        let actions = self.aws.iter().map(|it| it.action.as_str());
        let mut actions: Vec<_> = actions.filter(|action| *action != "AssumeRoleWithWebIdentity").collect();
        actions.sort_unstable();
        actions
    }

    fn depth_in_aws(&self) -> usize {
        let in_plan = self.aws.iter().filter(|it| it.action != "AssumeRoleWithWebIdentity");
        depth(in_plan.map(|it| it.at).collect())
    }

    #[track_caller]
    fn asks_nothing_twice(&self) {
        let mut all = self.cluster.clone();
        all.extend(self.orchestrator.clone());
        all.extend(self.aws.iter().map(|it| format!("{} {}", it.action, it.params)));
        all.sort();
        let twice: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
        assert_eq!(twice, Vec::<String>::new());
    }
}

/// How many objects a document tells of whose name begins so.
fn objects(document: &Value, part: &str) -> usize {
    let changes = document["changes"].as_array().unwrap().iter();
    changes.filter(|it| it["object"].as_str().unwrap().starts_with(part)).count()
}

/// What a run asks the API server beside the objects themselves: who one is there, which cluster it is, whether another
/// agent is near, whether the agent runs, and where else a key may be.
const BESIDE: usize = 7;

#[track_caller]
fn reads_each_object_once(document: &Value, sent: &Sent) {
    assert_eq!(document["outcome"], "nothing-to-do");
    sent.asks_nothing_twice();
    assert!(sent.cluster.len() <= objects(document, "kubernetes:") + BESIDE, "{:#?}", sent.cluster);
    assert!(sent.orchestrator.len() <= objects(document, "orchestrator:") + 1, "{:?}", sent.orchestrator);
}

#[test]
fn a_plan_with_nothing_to_do_reads_each_object_once_and_all_at_the_same_time() {
    let mut places = Places::new("eks-figures", Login::Kubeconfig);
    drop(places.run(&["apply", "--yes", "--no-wait"], Duration::ZERO));
    let (outcome, sent) = places.run(&["plan"], ROUND_TRIP);
    let document = outcome.json();
    reads_each_object_once(&document, &sent);
    assert_eq!(sent.actions(), ["DescribeCluster", "GetCallerIdentity", "GetOpenIDConnectProvider", "GetRole"]);
    assert_eq!(sent.actions().len(), objects(&document, "aws:") + 2, "the objects, who asks, and the cluster");
    // The provider's ARN is made of the account and the issuer, so this one waits; all else of AWS goes out at once, and
    // the cluster, whose connection is a round trip longer in the making, is through with the second.
    assert_eq!(sent.aws.last().unwrap().action, "GetOpenIDConnectProvider");
    assert_eq!((sent.depth_in_aws(), depth(sent.arrivals)), (2, 2));
}

#[test]
fn the_proof_of_an_apply_with_nothing_to_do_adds_one_token_and_its_exchange() {
    let mut places = Places::new("eks-figures", Login::Kubeconfig);
    drop(places.run(&["apply", "--yes", "--no-wait"], Duration::ZERO));
    let (outcome, sent) = places.run(&["apply", "--yes", "--no-wait"], ROUND_TRIP);
    reads_each_object_once(&outcome.json(), &sent);
    assert_eq!(sent.cluster.iter().filter(|it| it.ends_with("/token")).count(), 1);
    assert_eq!(sent.aws.iter().filter(|it| it.action == "AssumeRoleWithWebIdentity").count(), 1);
    assert_eq!(sent.actions().len(), 4);
    assert_eq!((sent.depth_in_aws(), depth(sent.arrivals)), (2, 4));
}

#[test]
fn without_a_kubeconfig_the_cluster_is_asked_for_first_and_only_once() {
    let mut places = Places::new("eks-figures", Login::Without);
    drop(places.run(&["apply", "--yes", "--no-wait"], Duration::ZERO));
    let (outcome, sent) = places.run(&["plan"], ROUND_TRIP);
    reads_each_object_once(&outcome.json(), &sent);
    assert_eq!(sent.aws.first().unwrap().action, "DescribeCluster");
    assert_eq!(sent.actions(), ["DescribeCluster", "GetCallerIdentity", "GetOpenIDConnectProvider", "GetRole"]);
    // DescribeCluster, then two round trips for a connection with TLS, then every object.
    assert!(depth(sent.arrivals.clone()) <= 4, "{:?}", sent.arrivals);
}

#[test]
fn pod_identity_with_nothing_to_do_reads_each_object_once() {
    let mut places = Places::new("eks-figures", Login::Kubeconfig);
    let pods = ["--identity", "pod-identity", "--install-addon"];
    drop(places.run(&[&["apply", "--yes", "--no-wait"], &pods[..]].concat(), Duration::ZERO));
    let (outcome, sent) = places.run(&[&["plan"], &pods[..]].concat(), ROUND_TRIP);
    let document = outcome.json();
    reads_each_object_once(&document, &sent);
    let reads = [
        "DescribeAddon",
        "DescribeCluster",
        "DescribePodIdentityAssociation",
        "GetCallerIdentity",
        "GetRole",
        "ListPodIdentityAssociations",
    ];
    assert_eq!(sent.actions(), reads);
    // EKS finds an association by its account in a list only, and its role by its id.
    assert_eq!((sent.depth_in_aws(), depth(sent.arrivals)), (2, 2));
}

#[test]
fn a_first_run_writes_each_object_once_and_what_is_independent_at_the_same_time() {
    let mut places = Places::new("eks-figures", Login::Kubeconfig);
    let (outcome, sent) = places.run(&["apply", "--yes", "--no-wait"], ROUND_TRIP);
    let document = outcome.json();
    assert_eq!(document["outcome"], "done");
    let writes: Vec<_> = sent.aws.iter().filter(|it| it.writes).collect();
    let mut actions: Vec<_> = writes.iter().map(|it| it.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["CreateOpenIDConnectProvider", "CreateRole"]);
    assert_eq!(depth(writes.iter().map(|it| it.at).collect()), 1, "provider and role are made at the same time");
    let asked: Vec<_> = sent.aws.iter().filter(|it| it.action == "SimulatePrincipalPolicy").map(|it| it.at).collect();
    assert_eq!(depth(asked), 1, "all rights are asked about at the same time");
    // Two rounds of looking, one of rehearsing, four stages, the proof's token and its exchange.
    assert!(depth(sent.arrivals.clone()) <= 9, "{:?}", sent.arrivals);
    assert!(sent.depth_in_aws() <= 4, "{:?}", sent.aws);
}
