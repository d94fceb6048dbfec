//! What a run costs: wall time near and far, requests, bytes, memory and CPU of the release binary in the test world.
//!
//! `cargo bench` prints the tables of `docs/performance.md`; `cargo bench -- eks`, `-- gke` or `-- generic` one of them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use world::{Latency, Orchestrator, Setup, World};

mod eks;
mod gke;

const PROGRAM: &str = env!("CARGO_BIN_EXE_runner-setup");
const RUNS: usize = 5;
const FAR: Duration = Duration::from_millis(50);
/// How long the agent has to be up before it counts.
const SETTLE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    // A process of its own measures each run: memory and CPU of children are only counted together.
    #[expect(clippy::disallowed_methods, reason = "there is no Process here")]
    let words: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if let Some((first, program)) = words.split_first()
        && first.as_os_str() == "measure"
    {
        return measure(program);
    }
    let tables: Vec<_> = words.iter().filter_map(|word| word.to_str()).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |table| tables.is_empty() || tables.contains(&table);
    say(&format!("Machine: {}, {} cores", processor(), std::thread::available_parallelism().map_or(1, usize::from)));
    say(&format!("Date: {}", jiff::Zoned::now().date()));
    let size = std::fs::metadata(PROGRAM).map_or(0, |it| it.len());
    say(&format!("Binary: {:.1} MiB", mebibytes(size)));
    if is_wanted("generic") {
        generic();
    }
    if is_wanted("eks") {
        say("");
        eks::table();
    }
    if is_wanted("gke") {
        say("");
        gke::table();
    }
    ExitCode::SUCCESS
}

/// Prints the table of any cluster.
fn generic() {
    say("");
    say(
        "| run | 0 ms | 50 ms | round trips | requests: cluster, Orchestrator | connections | sent, received | memory | CPU |",
    );
    say("| --- | --: | --: | --: | --: | --: | --: | --: | --: |");
    let cases = [Case::Version, Case::Plan, Case::FirstNoWait, Case::First, Case::Again];
    let late: Vec<Option<String>> = cases
        .into_iter()
        .map(|case| {
            let (row, late) = row(case);
            say(&row);
            late
        })
        .collect();
    for line in late.into_iter().flatten() {
        say(&format!("\n{line}"));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Version,
    Plan,
    FirstNoWait,
    First,
    Again,
}

impl Case {
    fn title(self) -> &'static str {
        match self {
            Self::Version => "`--version`",
            Self::Plan => "`plan`, nothing there",
            Self::FirstNoWait => "first `apply --no-wait`",
            Self::First => "first `apply`",
            Self::Again => "`apply` again, nothing to do",
        }
    }

    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Version => &["--version"],
            Self::Plan => &["plan", "--rule", "any"],
            Self::FirstNoWait => &["apply", "--yes", "--rule", "any", "--no-wait"],
            Self::First | Self::Again => &["apply", "--yes", "--rule", "any"],
        }
    }
}

/// What one run cost.
struct Cost {
    wall: Duration,
    cpu: Duration,
    memory: u64,
    cluster_requests: usize,
    orchestrator_requests: usize,
    connections: u64,
    bytes: (u64, u64),
    /// How long after the agent had been up for its settling time the run ended.
    late: Option<Duration>,
}

/// The line of the table, and what there is to say about the wait.
fn row(case: Case) -> (String, Option<String>) {
    let near: Vec<Cost> = (0..RUNS).map(|_| run(case, Duration::ZERO)).collect();
    let far: Vec<Cost> = (0..RUNS).map(|_| run(case, FAR)).collect();
    let wall = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall));
    let walls = |costs: &[Cost]| costs.iter().map(|cost| cost.wall).collect::<Vec<_>>();
    let trips = trips(fastest(&walls(&near)), fastest(&walls(&far)));
    let all = || near.iter().chain(&far);
    let last = far.last().expect("there was a run");
    let memory = all().map(|cost| cost.memory).max().unwrap_or_default();
    let late = |costs: &[Cost]| median(costs.iter().filter_map(|cost| cost.late));
    let line = format!(
        "| {} | {} | {} | {trips:.1} | {}, {} | {} | {:.0} kB, {:.0} kB | {:.1} MiB | {:.3} s |",
        case.title(),
        shown(wall(&near)),
        shown(wall(&far)),
        last.cluster_requests,
        last.orchestrator_requests,
        last.connections,
        kilobytes(last.bytes.0),
        kilobytes(last.bytes.1),
        mebibytes(memory),
        median(all().map(|cost| cost.cpu)).as_secs_f64(),
    );
    let waited = near.iter().any(|cost| cost.late.is_some());
    let said = waited.then(|| {
        format!(
            "`apply` ended {} (0 ms) and {} (50 ms) after the agent had been up for {} s.",
            shown(late(&near)),
            shown(late(&far)),
            SETTLE.as_secs()
        )
    });
    (line, said)
}

/// One run, with everything that it works on new and near or far; for a second run, everything is set up before.
fn run(case: Case, round_trip: Duration) -> Cost {
    let world = World::shared();
    let orchestrator = Orchestrator::start(Setup::demo());
    let cluster_proxy = Latency::start(world.control_plane().port(), round_trip);
    let orchestrator_proxy = Latency::start(orchestrator.port(), round_trip);
    let name = world.unique_name("figures");
    let home = tempfile::tempdir().expect("a folder for the run");
    let namespace = format!("{name}-agent");
    let command = |words: &[&str], server_port: u16, api_port: u16| {
        let mut command = Command::new(std::env::current_exe().expect("a program knows where it is"));
        command.arg("measure").arg(PROGRAM).args(words).env_clear().current_dir(home.path());
        command.env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
        command.env("KUBECONFIG", world.kubeconfig_admin_at("figures", server_port));
        command.env("HUMANITEC_ORG", orchestrator.org()).env("HUMANITEC_AUTH_TOKEN", orchestrator.token());
        command.env("HUMANITEC_API_URL", format!("http://127.0.0.1:{api_port}"));
        command.env("RUNNER_ID", &name).env("CLUSTER_RUNNER_NAMESPACE", &namespace);
        command.env("CLUSTER_RUNNER_JOB_NAMESPACE", format!("{name}-jobs"));
        if words.first() != Some(&"--version") {
            // The agent takes the short way, so that only this program's bytes pass the proxy.
            command.args(["--remote-url", &orchestrator.url()]);
        }
        command
    };
    let ports = (cluster_proxy.port(), orchestrator_proxy.port());
    if case == Case::Again {
        measured(command(case.words(), ports.0, ports.1));
        std::thread::sleep(SETTLE);
        orchestrator.forget_requests();
    }
    let mark = world.audit().mark();
    let before = (cluster_proxy.connections(), orchestrator_proxy.connections());
    let before_bytes = (cluster_proxy.bytes(), orchestrator_proxy.bytes());
    let measured_command = command(case.words(), ports.0, ports.1);
    let (measured, late) = match case {
        Case::First => {
            let ended = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let up = scope.spawn(|| wait_until_up(world, &namespace, &ended));
                let measured = measured(measured_command);
                let now = Instant::now();
                ended.store(true, Ordering::Relaxed);
                let up = up.join().expect("watching does not fail");
                (measured, up.map(|up| now.saturating_duration_since(up).saturating_sub(SETTLE)))
            })
        }
        _ => (measured(measured_command), None),
    };
    let number = |key: &str| measured[key].as_u64().unwrap_or_default();
    let (cluster_bytes, orchestrator_bytes) = (cluster_proxy.bytes(), orchestrator_proxy.bytes());
    Cost {
        wall: Duration::from_micros(number("wall")),
        cpu: Duration::from_micros(number("cpu")),
        memory: number("memory"),
        cluster_requests: world.audit().requests(mark, "runner-setup").len(),
        orchestrator_requests: orchestrator.requests().len(),
        connections: cluster_proxy.connections() - before.0 + orchestrator_proxy.connections() - before.1,
        bytes: (
            cluster_bytes.0 + orchestrator_bytes.0 - before_bytes.0.0 - before_bytes.1.0,
            cluster_bytes.1 + orchestrator_bytes.1 - before_bytes.0.1 - before_bytes.1.1,
        ),
        late,
    }
}

/// Runs this program again, to measure another one; answers what that cost.
fn measured(mut command: Command) -> Value {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("the program starts");
    assert!(output.status.success(), "the program failed: see above");
    serde_json::from_slice(&output.stdout).expect("a measurement is JSON")
}

/// Returns when the agent was first seen available.
fn wait_until_up(world: &World, namespace: &str, ended: &AtomicBool) -> Option<Instant> {
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    while !ended.load(Ordering::Relaxed) {
        let list: Value = serde_json::from_str(&world.text(&path)).unwrap_or_default();
        if list.pointer("/items/0/status/availableReplicas").and_then(Value::as_u64) == Some(1) {
            return Some(Instant::now());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// Runs a program and writes what it cost.
fn measure(words: &[PathBuf]) -> ExitCode {
    let Some((program, arguments)) = words.split_first() else { return ExitCode::FAILURE };
    let begin = Instant::now();
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().expect("the program starts");
    let wall = begin.elapsed();
    if !output.status.success() {
        let _ = std::io::stderr().write_all(&output.stderr);
        return ExitCode::FAILURE;
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    say(&json!({
        "wall": u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
        "cpu": micros(usage.user_time()) + micros(usage.system_time()),
        "memory": usage.max_rss() * 1024,
    })
    .to_string());
    ExitCode::SUCCESS
}

/// The fastest run says how long the chain is; what is above it is other load on the machine.
fn fastest(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

/// What the added latency cost, in round trips.
fn trips(near: Duration, far: Duration) -> f64 {
    far.saturating_sub(near).as_secs_f64() / FAR.as_secs_f64()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

fn shown(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 100.0 { format!("{millis:.1} ms") } else { format!("{:.2} s", millis / 1000.0) }
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
