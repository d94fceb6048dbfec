//! The program `world`: the local world for people.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use world::{binaries, local};

/// Run the world that runner-setup is tested in
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the control plane's programs, unless they are there
    Prepare,
    /// Print the PATH that the tests need: the given one, and kubectl when that has none
    Path,
    /// Start the local world and leave it running
    Up {
        /// Add this round-trip time to both APIs, for example 50ms
        #[arg(long, default_value = "0ms", value_parser = duration)]
        latency: Duration,
    },
    /// Be the local world
    #[command(hide = true)]
    Serve {
        #[arg(long, default_value = "0ms", value_parser = duration)]
        latency: Duration,
    },
    /// Print what a shell evaluates to work with the local world
    Env,
    /// Send one deployment through
    Deploy {
        /// Deploy an environment of this project
        #[arg(long, default_value = "demo")]
        project: String,
        /// Deploy this environment
        #[arg(long = "env", default_value = "development")]
        environment: String,
    },
    /// Show what runs
    Status,
    /// Take the local world down
    Down,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Prepare => {
            say(&binaries::prepare()?.kube_apiserver.parent().map_or_else(String::new, |it| it.display().to_string()))
        }
        Command::Path => say(&path_with_kubectl()?),
        Command::Up { latency } => say(&local::up(&format!("{}ms", latency.as_millis()))?),
        Command::Serve { latency } => return local::serve(latency),
        Command::Env => say(&local::environment()?),
        Command::Deploy { project, environment } => return local::deploy(&project, &environment, &mut say),
        Command::Status => say(&local::status()?),
        Command::Down => say(&local::down()?),
    }
    Ok(())
}

fn path_with_kubectl() -> Result<String, String> {
    let mut folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    folders.extend(binaries::prepare_kubectl()?);
    let joined = std::env::join_paths(folders).map_err(|error| error.to_string())?;
    joined.into_string().map_err(|_| "the PATH is not UTF-8".to_owned())
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn duration(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix("ms").unwrap_or(text);
    number.parse().map(Duration::from_millis).map_err(|_| "expected milliseconds, for example 50ms".to_owned())
}
