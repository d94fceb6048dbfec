//! The command tree, and one line of dispatch for each command.

mod apply;
mod carry_out;
mod complete;
mod config;
mod destroy;
mod detect;
mod examples;
mod in_cloud;
mod init;
mod keygen;
mod login;
mod login_aks;
mod login_gke;
mod manual;
mod permissions;
mod plan;
mod reach;
mod schemas;
mod session;
mod sight;
mod status;
mod telling;

pub use schemas::schemas;

use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::answers::registry as setting;
use crate::answers::{Setting, setting_args};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};
use crate::phase::Phase;
use crate::process::Process;
use crate::result::ResultDocument;
use crate::terminal::{Color, Output, Talk, Terminal, as_clap_says, log_requests};

/// Set up Platform Orchestrator runners, and say what is wrong when one does not work
#[derive(Debug, Parser)]
#[command(
    name = "runner-setup",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command that are no settings of the runner.
#[derive(Debug, Clone, Args)]
struct Global {
    /// Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]
    #[arg(short, long, value_name = "FILE", global = true, help_heading = "Global")]
    config: Option<String>,
    /// Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]
    #[arg(short, long, value_enum, global = true, help_heading = "Global")]
    output: Option<Output>,
    /// Write what happens to this file, one JSON object a line
    #[arg(long, value_name = "FILE", global = true, help_heading = "Global")]
    events_file: Option<PathBuf>,
    /// Ask nothing, also when there is a terminal [env: CI]
    #[arg(long, global = true, help_heading = "Global")]
    no_input: bool,
    /// Change things without asking first
    #[arg(short, long, global = true, help_heading = "Global")]
    yes: bool,
    /// Say warnings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global")]
    quiet: bool,
    /// Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "Global")]
    verbose: u8,
    /// Use colours [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true, help_heading = "Global")]
    color: Color,
}

/// The commands; their first lines are their help.
#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a runner step by step: detect, ask, plan, confirm, apply, verify
    Init,
    /// Show what `apply` would do, and change nothing
    Plan(plan::PlanArgs),
    /// Set up a runner without questions, and prove that it works
    Apply(apply::ApplyArgs),
    /// Show what is there, in a few lines
    Status,
    /// Take back what runner-setup made, on both sides; keeps namespaces and state
    Destroy(destroy::DestroyArgs),
    /// Write a key pair to files, or check one that is there
    Keygen(keygen::KeygenArgs),
    /// Make the namespaces for agent, jobs and state (one phase of `apply`)
    Namespaces(apply::PhaseArgs),
    /// Set up the jobs' cloud identity (one phase of `apply`)
    Identity(apply::PhaseArgs),
    /// Store the private key and pull secrets in the cluster (one phase of `apply`)
    Secret(apply::PhaseArgs),
    /// Register the runner in the Orchestrator (one phase of `apply`)
    Register(apply::PhaseArgs),
    /// Install the agent and wait until it runs (one phase of `apply`)
    Install(apply::PhaseArgs),
    /// Add runner rules (one phase of `apply`)
    Rule(apply::PhaseArgs),
    /// Print the exact rights that this configuration takes
    Permissions(permissions::PermissionsArgs),
    /// Show the configuration file's schema, or the settings that result
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print a completion script for a shell
    Completions(manual::CompletionsArgs),
    /// Print the manual page
    Man,
}

impl Command {
    /// The command's name, as results say it.
    fn name(&self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Plan(_) => "plan",
            Self::Apply(_) => "apply",
            Self::Status => "status",
            Self::Destroy(_) => "destroy",
            Self::Keygen(_) => "keygen",
            Self::Namespaces(_) => Phase::Namespaces.command(),
            Self::Identity(_) => Phase::Identity.command(),
            Self::Secret(_) => Phase::Secret.command(),
            Self::Register(_) => Phase::Register.command(),
            Self::Install(_) => Phase::Install.command(),
            Self::Rule(_) => Phase::Rule.command(),
            Self::Permissions(_) => "permissions",
            Self::Config(_) => "config",
            Self::Completions(_) => "completions",
            Self::Man => "man",
        }
    }
}

/// Settings that say how to reach both sides: flags of every command.
static CONNECTION: &[&Setting] = &[
    &setting::ORG,
    &setting::API_URL,
    &setting::TOKEN_FILE,
    &setting::KUBECONFIG,
    &setting::CONTEXT,
    &setting::CA_FILE,
    &setting::TIMEOUT,
];

/// The whole command tree with all flags.
pub fn command() -> clap::Command {
    let rest: Vec<&'static Setting> =
        setting::ALL.iter().copied().filter(|setting| !CONNECTION.iter().any(|other| other.id == setting.id)).collect();
    let mut command = Cli::command();
    for setting in CONNECTION {
        command = command.arg(crate::answers::setting_arg(setting).global(true));
    }
    let with_settings = [
        "init",
        "plan",
        "apply",
        "status",
        "destroy",
        "namespaces",
        "identity",
        "secret",
        "register",
        "install",
        "rule",
        "permissions",
    ];
    for name in with_settings {
        command = command.mut_subcommand(name, |command| setting_args(command, &rest));
    }
    command = command
        .mut_subcommand("config", |command| command.mut_subcommand("show", |command| setting_args(command, &rest)));
    let command = examples::with_examples(command);
    // clap moves a command that is touched to the end: all are touched once more, in their order.
    let names = Cli::command().get_subcommands().map(|it| it.get_name().to_owned()).collect::<Vec<_>>();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |it| it))
}

/// What every command gets.
struct Call<'a> {
    process: &'a Process,
    terminal: &'a Terminal,
    global: &'a Global,
    matches: &'a ArgMatches,
    name: &'static str,
}

impl Call<'_> {
    /// Whether there is somebody who can be asked, and wants to be.
    fn can_ask(&self) -> bool {
        let somebody = self.process.stdin_is_terminal && self.process.stderr_is_terminal;
        somebody && !self.global.no_input && self.process.var("CI").is_none()
    }
}

/// Runs the program: from the command line to the exit code.
pub fn run(process: &Process) -> ExitCode {
    if complete::complete(process) {
        return ExitCode::Done;
    }
    let parsed = command()
        .try_get_matches_from(&process.args)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refused_by_clap(process, &error),
    };
    let output = match output(process, &cli.global) {
        Ok(output) => output,
        Err(failure) => return fail_early(process, &cli, &failure),
    };
    let terminal = Terminal::new(process, cli.global.color, output, talk(&cli.global));
    log_requests(process, cli.global.verbose, terminal.style.colored);
    let matches = innermost(&matches);
    let call = Call { process, terminal: &terminal, global: &cli.global, matches, name: cli.command.name() };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&terminal, &cli.command, &Failure::of(FailureKind::Bug, &error)),
    };
    let ended = runtime.block_on(dispatch(&cli.command, &call));
    // A credential plugin may still be waiting for somebody; nobody waits for it.
    runtime.shutdown_background();
    let code = ended.unwrap_or_else(|failure| fail(&terminal, &cli.command, &failure));
    match terminal.lost_data() {
        // What was done is done, but whoever reads the data must not take an empty file for it.
        Some(lost) if code == ExitCode::Done => {
            terminal.failure(&lost);
            lost.kind.exit_code()
        }
        _ => code,
    }
}

async fn dispatch(command: &Command, call: &Call<'_>) -> Result<ExitCode, Failure> {
    match command {
        Command::Init => init::run(call).await,
        Command::Plan(args) => plan::run(call, args).await,
        Command::Apply(args) => apply::run(call, args).await,
        Command::Status => status::run(call).await,
        Command::Destroy(args) => destroy::run(call, args).await,
        Command::Keygen(args) => keygen::run(call, args),
        Command::Namespaces(args) => apply::run_phase(call, args, Phase::Namespaces).await,
        Command::Identity(args) => apply::run_phase(call, args, Phase::Identity).await,
        Command::Secret(args) => apply::run_phase(call, args, Phase::Secret).await,
        Command::Register(args) => apply::run_phase(call, args, Phase::Register).await,
        Command::Install(args) => apply::run_phase(call, args, Phase::Install).await,
        Command::Rule(args) => apply::run_phase(call, args, Phase::Rule).await,
        Command::Permissions(args) => permissions::run(call, args).await,
        Command::Config(command) => config::run(call, command).await,
        Command::Completions(args) => manual::completions(call, args),
        Command::Man => manual::man(call),
    }
}

/// The end of a run that failed before its command could tell more.
fn fail(terminal: &Terminal, command: &Command, failure: &Failure) -> ExitCode {
    terminal.document(&ResultDocument::failed(command.name(), failure));
    terminal.failure(failure);
    failure.kind.exit_code()
}

fn fail_early(process: &Process, cli: &Cli, failure: &Failure) -> ExitCode {
    let terminal = Terminal::new(process, cli.global.color, Output::Human, Talk::Normal);
    fail(&terminal, &cli.command, failure)
}

/// Help and version are data; everything else that clap says is a failure, told in the format asked for.
fn refused_by_clap(process: &Process, error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Only the words are known here, so they are searched for the format as a shell user would write it.
    let words: Vec<String> = process.args.iter().filter_map(|word| word.to_str().map(str::to_owned)).collect();
    let asks_for = |format: &str| {
        words.windows(2).any(|pair| matches!(pair[0].as_str(), "-o" | "--output") && pair[1] == format)
            || words.iter().any(|word| *word == format!("-o{format}") || *word == format!("--output={format}"))
            || process.var("RUNNER_SETUP_OUTPUT") == Some(format)
    };
    let format = [(Output::Json, "json"), (Output::Yaml, "yaml")].into_iter().find(|(_, name)| asks_for(name));
    if let (Some((output, _)), false) = (format, is_help) {
        let tree = Cli::command();
        let is_command = |word: &&String| tree.find_subcommand(word).is_some();
        let name = words.iter().skip(1).find(is_command).map_or("runner-setup", String::as_str);
        let failure = clap_failure(error).hint("runner-setup --help");
        let terminal = Terminal::new(process, Color::Auto, output, Talk::Normal);
        terminal.document(&ResultDocument::failed(name, &failure));
        terminal.failure(&failure);
        return ExitCode::Usage;
    }
    as_clap_says(error);
    if is_help { ExitCode::Done } else { ExitCode::Usage }
}

/// What clap says, without its usage lines: the first paragraph is the message, tips are hints.
fn clap_failure(error: &clap::Error) -> Failure {
    use clap::error::ErrorKind;
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::new(FailureKind::Usage, "a command is missing");
    }
    let text = error.to_string();
    let said = text.split("\nUsage:").next().unwrap_or_default().split("\nFor more information").next();
    let (tips, message): (Vec<_>, Vec<_>) = said
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .partition(|line| line.starts_with("tip:"));
    let failure = Failure::new(FailureKind::Usage, message.join(" ").trim_start_matches("error: "));
    tips.into_iter().fold(failure, |failure, tip| failure.hint(tip.trim_start_matches("tip: ")))
}

fn output(process: &Process, global: &Global) -> Result<Output, Failure> {
    use clap::ValueEnum;
    match (global.output, process.var("RUNNER_SETUP_OUTPUT")) {
        (Some(output), _) => Ok(output),
        (None, None) => Ok(Output::Human),
        (None, Some(word)) => Output::from_str(word, false).map_err(|_| {
            Failure::new(FailureKind::Usage, format!("`{word}` of `RUNNER_SETUP_OUTPUT` is none of human, json, yaml"))
        }),
    }
}

fn talk(global: &Global) -> Talk {
    match (global.quiet, global.verbose) {
        (true, _) => Talk::Quiet,
        (false, 0) => Talk::Normal,
        (false, _) => Talk::Verbose,
    }
}

fn innermost(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, inner)) => innermost(inner),
        None => matches,
    }
}
