//! What the stand-in remembers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::deployments::Record;
use super::{Fault, Request, Setup};

/// The user that made everything here.
pub(super) const USER: &str = "00000000-0000-4000-8000-000000000001";

/// Everything behind the lock.
pub(super) struct State {
    pub(super) main_org: String,
    pub(super) main_token: String,
    pub(super) orgs: BTreeMap<String, Org>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) faults: Vec<Fault>,
    pub(super) requests: Vec<Request>,
    pub(super) forgotten: usize,
    pub(super) violations: Vec<String>,
    pub(super) poll_wait: Duration,
}

/// One organisation; objects are held as they are answered.
pub(super) struct Org {
    pub(super) document: Value,
    pub(super) id: String,
    pub(super) runners: BTreeMap<String, Value>,
    pub(super) rules: Vec<Value>,
    pub(super) projects: BTreeMap<String, Value>,
    pub(super) env_types: BTreeMap<String, Value>,
    pub(super) envs: BTreeMap<(String, String), Value>,
    pub(super) queues: HashMap<String, VecDeque<Value>>,
    pub(super) deployments: HashMap<String, Record>,
    pub(super) accepted_polls: HashMap<String, usize>,
}

/// Whom a bearer token speaks for.
pub(super) struct Token {
    pub(super) org: String,
    pub(super) expired: bool,
}

impl State {
    pub(super) fn from_setup(setup: Setup) -> Self {
        let mut main = Org::new(&setup.org);
        for id in &setup.projects {
            main.projects.insert(id.clone(), project(id));
        }
        for id in &setup.env_types {
            let document = json!({ "id": id, "uuid": Uuid::new_v4(), "created_at": now(), "display_name": id });
            main.env_types.insert(id.clone(), document);
        }
        for (project, id, env_type) in &setup.environments {
            let document = main.environment(project, id, env_type);
            main.envs.insert((project.clone(), id.clone()), document);
        }
        let mut orgs = BTreeMap::from([(setup.org.clone(), main)]);
        orgs.extend(setup.other_orgs.iter().map(|id| (id.clone(), Org::new(id))));
        let mut state = Self {
            main_org: setup.org.clone(),
            main_token: String::new(),
            orgs,
            tokens: HashMap::new(),
            faults: Vec::new(),
            requests: Vec::new(),
            forgotten: 0,
            violations: Vec::new(),
            poll_wait: setup.poll_wait,
        };
        let token = Token { org: setup.org, expired: false };
        state.main_token = match setup.token {
            Some(text) => {
                state.tokens.insert(text.clone(), token);
                text
            }
            None => state.add_token(token),
        };
        state
    }

    pub(super) fn main(&self) -> &Org {
        &self.orgs[&self.main_org]
    }

    pub(super) fn main_mut(&mut self) -> &mut Org {
        self.orgs.get_mut(&self.main_org).expect("the main organisation stays")
    }

    pub(super) fn add_token(&mut self, token: Token) -> String {
        let text = format!("token-{}", Uuid::new_v4().simple());
        self.tokens.insert(text.clone(), token);
        text
    }
}

impl Org {
    fn new(id: &str) -> Self {
        let document =
            json!({ "id": id, "uuid": Uuid::new_v4(), "created_at": now(), "created_by": USER, "plan": "trial" });
        Self {
            document,
            id: id.to_owned(),
            runners: BTreeMap::new(),
            rules: Vec::new(),
            projects: BTreeMap::new(),
            env_types: BTreeMap::new(),
            envs: BTreeMap::new(),
            queues: HashMap::new(),
            deployments: HashMap::new(),
            accepted_polls: HashMap::new(),
        }
    }

    fn environment(&self, project: &str, id: &str, env_type: &str) -> Value {
        let project_uuid = self.projects.get(project).expect("the environment's project comes first")["uuid"].clone();
        assert!(self.env_types.contains_key(env_type), "the environment's type comes first");
        json!({
            "id": id, "uuid": Uuid::new_v4(), "project_id": project, "project_uuid": project_uuid, "env_type_id": env_type,
            "display_name": id, "created_at": now(), "updated_at": now(), "status": "active",
        })
    }
}

/// Returns the current time as the service writes it.
pub(super) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn project(id: &str) -> Value {
    json!({
        "id": id, "uuid": Uuid::new_v4(), "display_name": id, "created_at": now(), "updated_at": now(), "status": "active",
    })
}
