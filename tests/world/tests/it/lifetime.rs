//! The local world starts twice as one, works behind a latency, and leaves nothing behind, however it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use world::binaries;

/// The program `world` with a home of its own, and the binaries that are there already.
struct Home {
    folder: tempfile::TempDir,
    assets: PathBuf,
}

impl Home {
    fn new() -> Self {
        let binaries = binaries::prepare().expect("the control plane's programs");
        let assets = binaries.etcd.parent().expect("a program is in a folder").to_owned();
        Self { folder: tempfile::tempdir().expect("a folder"), assets }
    }

    fn world(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_world"))
            .args(arguments)
            .env("XDG_CACHE_HOME", self.folder.path())
            .env("KUBEBUILDER_ASSETS", &self.assets)
            .output()
            .expect("the program runs")
    }

    fn run(&self) -> serde_json::Value {
        let file = self.folder.path().join("runner-setup/world/run/world.json");
        serde_json::from_str(&std::fs::read_to_string(file).expect("a world runs")).expect("a document")
    }
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn is_ready(kubeconfig: &Path) -> bool {
    let arguments = ["get", "--raw", "/readyz", "--request-timeout=2s", "--kubeconfig"];
    Command::new("kubectl").args(arguments).arg(kubeconfig).output().is_ok_and(|output| output.status.success())
}

fn wait_until_gone(kubeconfig: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_ready(kubeconfig) {
        assert!(Instant::now() < deadline, "the API server outlives its world");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_local_world_comes_up_once_and_goes_down_and_survives_being_killed() {
    let home = Home::new();
    assert!(text(&home.world(&["up", "--latency", "5ms"])).contains("is up"));
    assert!(text(&home.world(&["up"])).contains("runs already"));
    let run = home.run();
    let kubeconfig = home.folder.path().join("admin.kubeconfig");
    std::fs::copy(run["kubeconfig"].as_str().expect("a path"), &kubeconfig).expect("a copy");
    assert!(is_ready(&kubeconfig));
    let environment = text(&home.world(&["env"]));
    for name in ["KUBECONFIG", "HUMANITEC_ORG='demo-org'", "HUMANITEC_API_URL", "HUMANITEC_AUTH_TOKEN"] {
        assert!(environment.contains(&format!("export {name}")), "{environment}");
    }
    let refused = home.world(&["deploy"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no runner"));

    let pid = run["pid"].to_string();
    assert!(Command::new("kill").args(["-KILL", &pid]).status().expect("kill runs").success());
    wait_until_gone(&kubeconfig);
    assert!(!home.world(&["status"]).status.success());

    assert!(text(&home.world(&["up"])).contains("is up"));
    std::fs::copy(home.run()["kubeconfig"].as_str().expect("a path"), &kubeconfig).expect("a copy");
    assert!(text(&home.world(&["down"])).contains("is down"));
    wait_until_gone(&kubeconfig);
    assert!(text(&home.world(&["down"])).contains("No local world"));
}
