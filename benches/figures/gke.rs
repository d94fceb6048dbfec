//! The same on GKE: three servers, two ways to log in, two ways to an identity.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use world::gcp::{Cluster, Gcp, GcpRequest, Identity, Project};
use world::{Credential, Latency, Orchestrator, Right, Setup, World};

use crate::eks::{Case, VERY_FAR, chain, seconds};
use crate::{FAR, PROGRAM, RUNS, fastest, measured, median, say, shown, trips};

const LOCATION: &str = "europe-west1";

/// How the jobs get their identity, and how the run logs in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Account,
    AccountWithoutKubeconfig,
    Federation,
}

impl Way {
    fn title(self) -> &'static str {
        match self {
            Self::Account => "service account, one role",
            Self::AccountWithoutKubeconfig => "the same, no kubeconfig",
            Self::Federation => "federation, one role",
        }
    }
}

/// What one run cost.
struct Cost {
    wall: Duration,
    cluster: usize,
    orchestrator: usize,
    /// How many calls GKE, IAM, Resource Manager, Service Usage and the token endpoint got, and the proof's two.
    google: [usize; 6],
    /// When each request came in, in seconds.
    arrivals: Vec<f64>,
}

/// Prints the table.
pub(crate) fn table() {
    say(
        "| on GKE | run | 0 ms | 50 ms | round trips | requests: cluster, Orchestrator | GKE, IAM, projects, services, token, proof | chain |",
    );
    say("| --- | --- | --: | --: | --: | --: | --: | --: |");
    for way in [Way::Account, Way::AccountWithoutKubeconfig, Way::Federation] {
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
    let google = very_far.google.map(|count| count.to_string()).join(", ");
    format!(
        "| {} | {} | {} | {} | {:.1} | {}, {} | {google} | {} |",
        way.title(),
        case.title(),
        shown(median(walls(&near).into_iter())),
        shown(median(walls(&far).into_iter())),
        trips(fastest(&walls(&near)), fastest(&walls(&far))),
        very_far.cluster,
        very_far.orchestrator,
        chain(very_far.arrivals),
    )
}

/// A project, a cluster and an Orchestrator of one run, as somebody who owns all three.
struct Place {
    world: &'static World,
    project: Project,
    cluster: Cluster,
    orchestrator: Orchestrator,
    name: String,
    /// Who runs it, logged in as `gcloud auth application-default login` does it.
    person: Identity,
    /// Who the API server takes the runs for.
    user: String,
    kubeconfig_token: Option<String>,
}

/// The ports of the three servers.
#[derive(Clone, Copy)]
struct Ports {
    plane: u16,
    service: u16,
    google: u16,
}

impl Place {
    fn new(way: Way) -> Self {
        let gcp = Gcp::shared();
        let (world, project) = (gcp.control_plane(), gcp.project());
        let name = world.unique_name("figures");
        let cluster = project.cluster(&name, LOCATION, world);
        let person = project.user(&format!("{name}@example.com"), &["roles/owner"]).with_user_file();
        let (user, kubeconfig_token) = match way {
            Way::AccountWithoutKubeconfig => (person.email(), None),
            Way::Account | Way::Federation => {
                let token = world.principal_token(&name, &[Right::everywhere("*", "*", "*")]);
                (world.principal_user(&name), Some(token))
            }
        };
        let orchestrator = Orchestrator::start(Setup::demo());
        Self { world, project, cluster, orchestrator, name, person, user, kubeconfig_token }
    }

    fn ports(&self) -> Ports {
        Ports {
            plane: self.world.control_plane().port(),
            service: self.orchestrator.port(),
            google: self.project.gcp().port(),
        }
    }

    /// The command, with its three servers at these ports.
    fn command(&self, way: Way, case: Case, ports: Ports, home: &Path) -> Command {
        // The context and GKE have to name the same server: a difference would be looked into.
        self.cluster.say_endpoint(&format!("127.0.0.1:{}", ports.plane));
        let mut command = Command::new(std::env::current_exe().expect("a program knows where it is"));
        command.arg("measure").arg(PROGRAM).args(case.words()).env_clear().current_dir(home);
        let google: BTreeMap<String, String> = self.person.env_at(ports.google);
        command.env("HOME", home).env("PATH", "/usr/bin:/bin").envs(&google);
        command.env("HUMANITEC_ORG", self.orchestrator.org()).env("HUMANITEC_AUTH_TOKEN", self.orchestrator.token());
        command.env("HUMANITEC_API_URL", format!("http://127.0.0.1:{}", ports.service));
        command.env("RUNNER_ID", &self.name).env("CLUSTER_RUNNER_NAMESPACE", format!("{}-agent", self.name));
        command.env("CLUSTER_RUNNER_JOB_NAMESPACE", format!("{}-jobs", self.name));
        command.args(["--provider", "gke", "--cluster-name", self.cluster.name(), "--rule", "any"]);
        command.args(["--gcp-project", self.project.id(), "--location", LOCATION]);
        command.args(["--grant-role", "roles/storage.admin", "--remote-url", &self.orchestrator.url()]);
        if way == Way::Federation {
            command.args(["--identity", "federation"]);
        }
        if let Some(token) = &self.kubeconfig_token {
            let server = format!("https://127.0.0.1:{}", ports.plane);
            let file = self.world.kubeconfig(&self.cluster.context(), &server, &Credential::Token(token));
            command.env("KUBECONFIG", file);
        }
        command
    }
}

/// One run, with everything that it works on new; for a second run, everything is set up before.
fn run(way: Way, case: Case, round_trip: Duration) -> Cost {
    let place = Place::new(way);
    let home = tempfile::tempdir().expect("a folder for the run");
    let near = place.ports();
    if case != Case::First {
        measured(place.command(way, Case::First, near, home.path()));
        place.orchestrator.forget_requests();
    }
    let (in_cluster, in_google) = (place.world.audit().mark(), place.project.mark());
    let proxies = [near.plane, near.service, near.google].map(|port| Latency::start(port, round_trip));
    let [plane, service, google] = proxies.each_ref().map(Latency::port);
    let cost = measured(place.command(way, case, Ports { plane, service, google }, home.path()));
    let cluster = place.world.audit().requests_of(in_cluster, &place.user);
    let orchestrator = place.orchestrator.requests();
    let calls = place.project.requests_since(in_google);
    let mut arrivals: Vec<f64> = calls.iter().map(|call| call.at).collect();
    arrivals.extend(cluster.iter().filter_map(|it| Some(seconds(it.at.parse::<jiff::Timestamp>().ok()?.into()))));
    arrivals.extend(orchestrator.iter().map(|it| seconds(it.at)));
    let of = |services: &[&str]| {
        let is_one = |call: &&GcpRequest| services.contains(&call.service.as_str());
        calls.iter().filter(is_one).count()
    };
    Cost {
        wall: Duration::from_micros(cost["wall"].as_u64().unwrap_or_default()),
        cluster: cluster.len(),
        orchestrator: orchestrator.len(),
        google: [
            of(&["container"]),
            of(&["iam"]),
            of(&["cloudresourcemanager"]),
            of(&["serviceusage"]),
            of(&["oauth2"]),
            of(&["securetoken", "iamcredentials"]),
        ],
        arrivals,
    }
}
