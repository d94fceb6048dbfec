//! Examples at the end of each command's help: lines that can be typed as they stand.

use clap::Command;

/// Commands by their words, each with its examples.
const EXAMPLES: &[(&[&str], &str)] = &[
    (
        &["plan"],
        "  runner-setup plan --rule env-type=development\n  runner-setup plan --out plan.json --detailed-exitcode\n  \
         runner-setup plan --show-commands",
    ),
    (
        &["apply"],
        "  runner-setup apply --rule env-type=development --yes\n  runner-setup apply plan.json --yes\n  \
         hctl config show token | runner-setup apply --token-file - --context prod --yes",
    ),
    (&["status"], "  runner-setup status --context prod -o json"),
    (
        &["destroy"],
        "  runner-setup destroy --dry-run --show-commands\n  runner-setup destroy --context prod --runner-id prod --yes",
    ),
    (&["keygen"], "  runner-setup keygen\n  runner-setup keygen --check --private-key-file runner_private_key.pem"),
    (&["namespaces"], "  runner-setup namespaces --context prod --yes"),
    (&["secret"], "  runner-setup secret --yes\n  runner-setup secret --private-key-file runner_private_key.pem --yes"),
    (&["register"], "  runner-setup register --public-key-file runner_public_key.pem --runner-id prod --yes"),
    (&["install"], "  runner-setup install --org my-org --runner-id prod --timeout 10m --yes"),
    (
        &["rule"],
        "  runner-setup rule --rule any --yes\n  runner-setup rule --rule project=shop,env-type=production --yes",
    ),
    (&["identity"], "  runner-setup identity --provider eks --cluster-name prod --region eu-central-1 --yes"),
    (
        &["permissions"],
        "  runner-setup permissions --for aws --context prod\n  \
         runner-setup permissions --for aws --provider eks --cluster-name prod --region eu-central-1 --destroy\n  \
         runner-setup permissions --for gcp --context gke_my-project_europe-west1_prod --grant-role roles/storage.admin",
    ),
    (&["config", "show"], "  runner-setup config show -c runner-setup.yaml -o json"),
    (&["completions"], "  runner-setup completions bash"),
];

/// What ends the help of the completions: how to get those that know the cluster.
const DYNAMIC: &str = "\n\nCompletions that also know contexts, namespaces and runners come from the program itself:\n  \
                       source <(COMPLETE=bash runner-setup)";

/// Adds the examples to a command tree.
pub(super) fn with_examples(mut command: Command) -> Command {
    for (words, examples) in EXAMPLES {
        let more = if words == &["completions"] { DYNAMIC } else { "" };
        command = end_with(command, words, format!("Examples:\n{examples}{more}"));
    }
    command
}

fn end_with(command: Command, words: &[&'static str], text: String) -> Command {
    match words {
        [] => command.after_help(text),
        [first, rest @ ..] => command.mut_subcommand(*first, |command| end_with(command, rest, text)),
    }
}
