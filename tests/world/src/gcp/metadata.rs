//! The metadata server of a virtual machine, one for each identity that has one.

use serde_json::json;

use super::answer::Answer;
use super::oauth::LIFE;
use super::principal::Who;
use super::request::Received;
use super::state::State;

/// What a machine is.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) who: Who,
    pub(super) scopes: Vec<String>,
    pub(super) project: String,
}

pub(super) fn answer(state: &mut State, machine: &Machine, received: &Received) -> Answer {
    let flavoured =
        |answer: Answer| answer.header("Metadata-Flavor", "Google").header("Server", "Metadata Server for VM");
    if received.metadata_flavor != "Google" && received.path != "/" {
        let mut answer = Answer::text("Missing Metadata-Flavor:Google header.");
        answer.status = 403;
        return flavoured(answer);
    }
    flavoured(found(state, machine, received))
}

fn found(state: &mut State, machine: &Machine, received: &Received) -> Answer {
    let missing = || {
        let mut answer = Answer::text("not found");
        answer.status = 404;
        answer
    };
    let project = state.project(&machine.project);
    let (id, number) = (project.id.clone(), project.number.clone());
    let Some(principal) = state.principal(&machine.who) else {
        return missing();
    };
    let email = principal.email.unwrap_or_default();
    let path = received.path.trim_end_matches('/');
    match path.strip_prefix("/computeMetadata/v1").unwrap_or(path) {
        "" | "/computeMetadata" => Answer::text("computeMetadata/\n"),
        "/project/project-id" => Answer::text(id),
        "/project/numeric-project-id" => Answer::text(number),
        "/universe/universe-domain" | "/universe/universe_domain" => Answer::text("googleapis.com"),
        "/instance/id" => Answer::text("4815162342"),
        "/instance/zone" => Answer::text(format!("projects/{number}/zones/europe-west1-b")),
        "/instance/service-accounts" => Answer::text(format!("default/\n{email}/\n")),
        other => {
            let Some(rest) = other.strip_prefix("/instance/service-accounts/") else {
                return missing();
            };
            let (account, what) = rest.split_once('/').unwrap_or((rest, ""));
            if account != "default" && account != email {
                return missing();
            }
            match what {
                "" if received.query("recursive") == Some("true") => {
                    Answer::json(json!({ "aliases": ["default"], "email": email, "scopes": machine.scopes }))
                }
                "email" => Answer::text(email),
                "scopes" => Answer::text(format!("{}\n", machine.scopes.join("\n"))),
                // A machine's scopes are what they are: asking for others changes nothing.
                "token" => {
                    let token = state.mint(machine.who.clone(), &machine.scopes, LIFE, &machine.project);
                    let life = LIFE.as_secs();
                    Answer::json(json!({ "access_token": token, "expires_in": life, "token_type": "Bearer" }))
                }
                _ => missing(),
            }
        }
    }
}
