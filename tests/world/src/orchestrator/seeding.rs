//! What a test puts into the main organisation, and looks up there, past the API.

use serde_json::{Value, json};

use super::{Orchestrator, rules, runners};

impl Orchestrator {
    /// Returns a runner of the main organisation, as a read of it answers.
    pub fn runner(&self, id: &str) -> Option<Value> {
        self.state().main().runners.get(id).cloned()
    }

    /// Returns the ids of all runners of the main organisation.
    pub fn runner_ids(&self) -> Vec<String> {
        self.state().main().runners.keys().cloned().collect()
    }

    /// Returns all runner rules of the main organisation.
    pub fn rules(&self) -> Vec<Value> {
        self.state().main().rules.clone()
    }

    /// Puts a runner there as if another client had made it; panics when the service would refuse it.
    pub fn add_runner(&self, body: &Value) -> Value {
        let answer = runners::create(self.state().main_mut(), body);
        assert_eq!(answer.status, 201, "the runner is refused: {:?}", answer.body);
        answer.body.expect("a runner comes back")
    }

    /// Puts a rule there as if another client had made it, and returns it.
    pub fn add_rule(&self, runner: &str, project: Option<&str>, env_type: Option<&str>) -> Value {
        let mut body = json!({ "runner_id": runner });
        if let Some(id) = project {
            body["project_id"] = id.into();
        }
        if let Some(id) = env_type {
            body["env_type_id"] = id.into();
        }
        let answer = rules::create(self.state().main_mut(), &body);
        assert_eq!(answer.status, 201, "the rule is refused: {:?}", answer.body);
        answer.body.expect("a rule comes back")
    }

    /// Changes a runner behind everybody's back.
    pub fn change_runner(&self, id: &str, change: impl FnOnce(&mut Value)) {
        change(self.state().main_mut().runners.get_mut(id).expect("a runner of that id"));
    }

    /// Lets an environment be served by a runner, as a first deployment would.
    pub fn assign(&self, project: &str, environment: &str, runner: &str) {
        let key = (project.to_owned(), environment.to_owned());
        self.state().main_mut().envs.get_mut(&key).expect("an environment of that id")["runner_id"] = runner.into();
    }

    /// Returns the UUID of an environment, which names its state.
    pub fn environment_uuid(&self, project: &str, environment: &str) -> String {
        let key = (project.to_owned(), environment.to_owned());
        let state = self.state();
        let environment = state.main().envs.get(&key).expect("an environment of that id");
        environment["uuid"].as_str().expect("a uuid is text").to_owned()
    }
}
