//! The program: the process in, the exit code out.

fn main() -> std::process::ExitCode {
    runner_setup::run(&runner_setup::process::Process::real()).into()
}
