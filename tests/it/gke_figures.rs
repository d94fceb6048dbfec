//! What a run on GKE costs: how many requests, and how many of them wait for one another. Never how long it takes.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use world::gcp::{GcpRequest, Identity};
use world::{Credential, Latency, Right};

use crate::support::{GkeLab, LOCATION, Outcome};

/// Far enough away that what goes out together also comes in together, on a busy machine too.
const ROUND_TRIP: Duration = Duration::from_millis(800);
const APPLY: [&str; 3] = ["apply", "--yes", "--no-wait"];
const ROLE: [&str; 2] = ["--grant-role", "roles/storage.admin"];
const FEDERATION: [&str; 4] = ["--identity", "federation", "--grant-role", "roles/storage.admin"];
/// What every run asks about a Google service account with a role.
const READS: [&str; 6] = [
    "cloudresourcemanager projects.getIamPolicy",
    "container projects.locations.clusters.get",
    "iam projects.serviceAccounts.get",
    "iam projects.serviceAccounts.getIamPolicy",
    "oauth2 token",
    "serviceusage services.get",
];

/// How a run logs in to the cluster.
#[derive(Clone, Copy, PartialEq)]
enum Login {
    Kubeconfig,
    Without,
}

/// A lab whose three servers can be moved far away.
struct Places {
    lab: GkeLab,
    login: Login,
    /// As whom the runs act: a person who is logged in as gcloud does it.
    person: Identity,
    /// Who the API server takes the runs for.
    user: String,
    token: String,
}

/// What one run sent.
struct Sent {
    google: Vec<GcpRequest>,
    cluster: Vec<String>,
    orchestrator: Vec<String>,
    /// When each request of all three came in, in seconds.
    arrivals: Vec<f64>,
}

impl Places {
    fn new(name: &str, login: Login) -> Self {
        let lab = GkeLab::without_kubeconfig(name);
        let principal = lab.world.unique_name(name);
        // A name that nobody else has, so that the API server's log can be told apart.
        let person = lab.project.user(&format!("{principal}@example.com"), &["roles/owner"]).with_user_file();
        let (user, token) = match login {
            Login::Without => (person.email(), String::new()),
            Login::Kubeconfig => {
                let token = lab.world.principal_token(&principal, &[Right::everywhere("*", "*", "*")]);
                (lab.world.principal_user(&principal), token)
            }
        };
        Self { lab, login, person, user, token }
    }

    /// Runs with all servers so far away, and with nothing left of earlier runs.
    fn run(&mut self, args: &[&str], round_trip: Duration) -> (Outcome, Sent) {
        let plane = Latency::start(self.lab.world.control_plane().port(), round_trip);
        let service = Latency::start(self.lab.orchestrator.port(), round_trip);
        let google = Latency::start(self.lab.project.gcp().port(), round_trip);
        self.lab.cluster.say_endpoint(&format!("127.0.0.1:{}", plane.port()));
        for name in self.lab.owner.env().keys() {
            self.lab.unset(name);
        }
        let mut env = self.person.env_at(google.port());
        env.insert("HUMANITEC_API_URL".to_owned(), format!("http://127.0.0.1:{}", service.port()));
        if self.login == Login::Kubeconfig {
            let (server, credential) = (format!("https://127.0.0.1:{}", plane.port()), Credential::Token(&self.token));
            let file = self.lab.world.kubeconfig(&self.lab.cluster.context(), &server, &credential);
            env.insert("KUBECONFIG".to_owned(), file.display().to_string());
        }
        self.lab.set_all(&env);
        let (in_cluster, in_google) = (self.lab.world.audit().mark(), self.lab.project.mark());
        self.lab.orchestrator.forget_requests();
        let (url, name, project) =
            (self.lab.orchestrator.url(), self.lab.cluster.name().to_owned(), self.lab.project.id().to_owned());
        let always = ["--remote-url", &url, "--rule", "any", "--provider", "gke", "--cluster-name", &name];
        let place = ["--gcp-project", &project, "--location", LOCATION];
        let outcome = self.lab.run(&[args, &["-o", "json"], &always, &place].concat()).exits(0);
        let google = self.lab.project.requests_since(in_google);
        let cluster = self.lab.world.audit().requests_of(in_cluster, &self.user);
        let orchestrator = self.lab.orchestrator.requests();
        let mut arrivals: Vec<f64> = google.iter().map(|it| it.at).collect();
        arrivals.extend(cluster.iter().map(|it| seconds(it.at.parse::<jiff::Timestamp>().unwrap().into())));
        arrivals.extend(orchestrator.iter().map(|it| seconds(it.at)));
        let sent = Sent {
            google,
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

/// Whether it belongs to the proof's exchange, which is counted apart.
fn is_exchange(request: &GcpRequest) -> bool {
    ["securetoken", "iamcredentials"].contains(&request.service.as_str())
}

impl Sent {
    fn in_plan(&self) -> impl Iterator<Item = &GcpRequest> {
        self.google.iter().filter(|it| !is_exchange(it))
    }

    /// The calls to Google of the plan.
    fn actions(&self) -> Vec<String> {
        let mut actions: Vec<_> = self.in_plan().map(|it| format!("{} {}", it.service, it.action)).collect();
        actions.sort_unstable();
        actions
    }

    /// The calls of the proof's exchange, in their order.
    fn exchange(&self) -> Vec<&str> {
        self.google.iter().filter(|it| is_exchange(it)).map(|it| it.service.as_str()).collect()
    }

    /// How many requests wait for one another: those to Google of the plan, and all of the run.
    #[track_caller]
    fn is_no_deeper_than(&self, in_google: usize, in_all: usize) {
        let depths = (depth(self.in_plan().map(|it| it.at).collect()), depth(self.arrivals.clone()));
        assert!(depths.0 <= in_google && depths.1 <= in_all, "{depths:?} {:#?}", self.google);
    }

    #[track_caller]
    fn asks_nothing_twice(&self) {
        let mut all = self.cluster.clone();
        all.extend(self.orchestrator.clone());
        all.extend(self.google.iter().map(|it| format!("{} {} {} {}", it.service, it.method, it.path, it.body)));
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
    assert!(sent.google.iter().all(|it| !it.writes), "{:#?}", sent.google);
    assert!(sent.cluster.len() <= objects(document, "kubernetes:") + BESIDE, "{:#?}", sent.cluster);
    assert!(sent.orchestrator.len() <= objects(document, "orchestrator:") + 1, "{:?}", sent.orchestrator);
}

#[test]
fn a_plan_with_nothing_to_do_reads_each_object_once_and_all_at_the_same_time() {
    let mut places = Places::new("gke-figures", Login::Kubeconfig);
    drop(places.run(&[&APPLY[..], &ROLE].concat(), Duration::ZERO));
    let (outcome, sent) = places.run(&[&["plan"], &ROLE[..]].concat(), ROUND_TRIP);
    reads_each_object_once(&outcome.json(), &sent);
    assert_eq!(sent.actions(), READS);
    // A token, and with it everything else at once. The third is the connections that it takes to ask at once.
    assert_eq!(sent.google.first().unwrap().service, "oauth2");
    sent.is_no_deeper_than(3, 3);
}

#[test]
fn the_proof_of_an_apply_with_nothing_to_do_adds_one_token_and_its_exchange() {
    let mut places = Places::new("gke-figures", Login::Kubeconfig);
    drop(places.run(&[&APPLY[..], &ROLE].concat(), Duration::ZERO));
    let (outcome, sent) = places.run(&[&APPLY[..], &ROLE].concat(), ROUND_TRIP);
    reads_each_object_once(&outcome.json(), &sent);
    // The policies were read a moment ago and nothing was written since: they are not read back.
    assert_eq!(sent.actions(), READS);
    assert_eq!(sent.cluster.iter().filter(|it| it.ends_with("/token")).count(), 1);
    assert_eq!(sent.exchange(), ["securetoken", "iamcredentials"]);
    sent.is_no_deeper_than(3, 6);
}

#[test]
fn without_a_kubeconfig_the_cluster_is_asked_for_first_and_only_once() {
    let mut places = Places::new("gke-figures", Login::Without);
    drop(places.run(&[&APPLY[..], &ROLE].concat(), Duration::ZERO));
    let (outcome, sent) = places.run(&[&["plan"], &ROLE[..]].concat(), ROUND_TRIP);
    reads_each_object_once(&outcome.json(), &sent);
    assert_eq!(sent.actions(), READS);
    let first: Vec<_> = sent.google.iter().take(2).map(|it| it.service.as_str()).collect();
    assert_eq!(first, ["oauth2", "container"]);
    // The token, the cluster, then two round trips for a connection with TLS, then every object.
    sent.is_no_deeper_than(4, 5);
}

#[test]
fn federation_with_nothing_to_do_reads_the_project_only() {
    let mut places = Places::new("gke-figures", Login::Kubeconfig);
    drop(places.run(&[&APPLY[..], &FEDERATION].concat(), Duration::ZERO));
    let (outcome, sent) = places.run(&[&APPLY[..], &FEDERATION].concat(), ROUND_TRIP);
    reads_each_object_once(&outcome.json(), &sent);
    let reads = [
        "cloudresourcemanager projects.get",
        "cloudresourcemanager projects.getIamPolicy",
        "container projects.locations.clusters.get",
        "oauth2 token",
    ];
    assert_eq!(sent.actions(), reads);
    assert_eq!(sent.exchange(), ["securetoken"]);
    sent.is_no_deeper_than(3, 5);
}

#[test]
fn a_first_run_writes_each_object_once_and_what_is_independent_at_the_same_time() {
    let mut places = Places::new("gke-figures", Login::Kubeconfig);
    let (outcome, sent) = places.run(&[&APPLY[..], &ROLE].concat(), ROUND_TRIP);
    assert_eq!(outcome.json()["outcome"], "done");
    let writes: Vec<_> = sent.google.iter().filter(|it| it.writes).collect();
    let mut actions: Vec<_> = writes.iter().map(|it| format!("{} {}", it.service, it.action)).collect();
    actions.sort_unstable();
    let expected = [
        "cloudresourcemanager projects.setIamPolicy",
        "iam projects.serviceAccounts.create",
        "iam projects.serviceAccounts.setIamPolicy",
    ];
    assert_eq!(actions, expected);
    let policies = writes.iter().filter(|it| it.action.ends_with(".setIamPolicy"));
    assert_eq!(depth(policies.map(|it| it.at).collect()), 1, "both policies are written at the same time");
    let read_back = sent.google.iter().rev().filter(|it| it.action.ends_with(".getIamPolicy")).take(2);
    assert_eq!(depth(read_back.map(|it| it.at).collect()), 1, "and read back at the same time");
    // Three rounds of looking, one of rehearsing; the account, three looks at it, its grant read and written; two stages
    // of the cluster, the policies read back, the proof's token and its exchange, which takes two.
    sent.is_no_deeper_than(11, 16);
}

#[test]
fn a_first_run_with_federation_writes_the_project_s_policy_once() {
    let mut places = Places::new("gke-figures", Login::Kubeconfig);
    let (outcome, sent) = places.run(&[&APPLY[..], &FEDERATION].concat(), ROUND_TRIP);
    assert_eq!(outcome.json()["outcome"], "done");
    let writes: Vec<_> = sent.google.iter().filter(|it| it.writes).map(|it| it.action.as_str()).collect();
    assert_eq!(writes, ["projects.setIamPolicy"]);
    // Three rounds of looking, one of rehearsing, four stages of which the second reads and writes, the policy read back,
    // the proof's token and its exchange.
    sent.is_no_deeper_than(7, 12);
}
