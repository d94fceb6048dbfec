//! What people do with the local world.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::run::{self, Run};
use super::{CONTEXT, ORG};
use crate::runtime::block_on;

/// Starts the local world, unless it runs already, and returns what to do with it.
pub fn up(latency: &str) -> Result<String, String> {
    let _alone = run::lock()?;
    if let Some(run) = Run::read() {
        return Ok(format!("The local world runs already.\n\n{}", instructions(&run)));
    }
    crate::binaries::prepare()?;
    let folder = run::folder();
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let _ = std::fs::remove_file(run::file());
    let log_path = folder.join("log");
    let log = File::create(&log_path).map_err(|error| format!("cannot write {}: {error}", log_path.display()))?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(["serve", "--latency", latency])
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(|error| error.to_string())?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start: {error}"))?;
    let deadline = Instant::now() + Duration::from_secs(90);
    while Instant::now() < deadline {
        if let Some(run) = Run::read() {
            return Ok(format!("The local world is up (in {}).\n\n{}", run.started_in, instructions(&run)));
        }
        if let Ok(Some(status)) = child.try_wait() {
            let text = std::fs::read_to_string(&log_path).unwrap_or_default();
            return Err(format!("the local world ended with {status}:\n{text}"));
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    Err(format!("the local world is not up after 90 s: see {}", log_path.display()))
}

/// Returns the lines that a shell evaluates to work with the local world.
pub fn environment() -> Result<String, String> {
    let run = running()?;
    Ok(format!(
        "export KUBECONFIG='{}'\nexport HUMANITEC_ORG='{ORG}'\nexport HUMANITEC_API_URL='{}'\nexport HUMANITEC_AUTH_TOKEN='{}'",
        run.kubeconfig.display(),
        run.api_url,
        run.token
    ))
}

/// Sends one deployment through, saying each step, and fails when it fails.
pub fn deploy(project: &str, environment: &str, say: &mut dyn FnMut(&str)) -> Result<(), String> {
    let run = running()?;
    block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        let deployments = format!("{}/orgs/{ORG}/deployments", run.api_url);
        let body =
            json!({ "mode": "deploy", "project_id": project, "env_id": environment, "manifest": { "workloads": {} } });
        let created = answer(client.post(&deployments).bearer_auth(&run.token).json(&body)).await?;
        let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let id = text(&created, "id");
        say(&format!("deployment {id} of {project}/{environment} is queued"));
        say(&format!("runner {} was chosen by the runner rules", text(&created, "runner_id")));
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let now = answer(client.get(format!("{deployments}/{id}")).bearer_auth(&run.token)).await?;
            match now["status"].as_str() {
                Some("succeeded") => {
                    say(&format!("the agent took the message and created Job {id} under its own rights"));
                    say("the job kept its state where the runner's state storage says, under its own rights");
                    say("the deployment succeeded");
                    return Ok(());
                }
                Some("failed") => {
                    return Err(format!("the deployment failed: {}", text(&now, "status_message")));
                }
                _ if Instant::now() > deadline => {
                    return Err("the deployment did not end within 30 s: does the agent run?".to_owned());
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    })
}

/// Returns what runs.
pub fn status() -> Result<String, String> {
    running().map(|run| {
        format!(
            "process       {}\nAPI server    {}\nOrchestrator  {}\nlatency       {}\nkubeconfig    {} (context {CONTEXT})",
            run.pid,
            run.server_url,
            run.api_url,
            run.latency,
            run.kubeconfig.display()
        )
    })
}

/// Ends the local world and waits for it.
pub fn down() -> Result<String, String> {
    let Some(run) = Run::read() else {
        return Ok("No local world runs.".to_owned());
    };
    let kill = |signal: &str| Command::new("kill").args([signal, &run.pid.to_string()]).status();
    kill("-TERM").map_err(|error| format!("cannot end process {}: {error}", run.pid))?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while run::is_alive(run.pid) {
        if Instant::now() > deadline {
            let _ = kill("-KILL");
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    std::fs::remove_dir_all(run::folder())
        .map_err(|error| format!("cannot remove {}: {error}", run::folder().display()))?;
    Ok("The local world is down.".to_owned())
}

fn running() -> Result<Run, String> {
    Run::read().ok_or_else(|| "no local world runs: start it with `world up`".to_owned())
}

fn instructions(run: &Run) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "world".to_owned());
    format!(
        "  Kubernetes    {} (context {CONTEXT})\n  Orchestrator  {} (organisation {ORG})\n\n\
         Work with it in this shell:  eval \"$({program} env)\"\n\
         Send a deployment through:   {program} deploy\n\
         Take it down:                {program} down",
        run.server_url, run.api_url
    )
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(|error| format!("the Orchestrator does not answer: {error}"))?;
    let status = answer.status();
    let body: Value = answer.json().await.map_err(|error| error.to_string())?;
    if status.is_success() { Ok(body) } else { Err(body["message"].as_str().unwrap_or("refused").to_owned()) }
}
