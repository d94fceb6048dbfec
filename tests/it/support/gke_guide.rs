//! What the written guide makes in Google Cloud beside the program, by the real `gcloud`, and what came of it.

use serde_json::{Value, json};

use super::{GkeLab, JOB, Outcome};

/// The role that lets a service account of the cluster act as a Google one.
pub(crate) const WORKLOAD_USER: &str = "roles/iam.workloadIdentityUser";

impl GkeLab {
    /// The real `gcloud` as the project's owner.
    #[track_caller]
    pub(crate) fn gcloud(&self, arguments: &[&str]) -> Value {
        self.project
            .gcloud(&self.owner, arguments)
            .unwrap_or_else(|said| panic!("gcloud {}: {said}", arguments.join(" ")))
    }

    /// The guide's `gcloud iam service-accounts create`.
    pub(crate) fn guide_creates_account(&self) -> Result<Value, String> {
        let (name, project) = (self.cluster.name(), self.project.id());
        self.project.gcloud(
            &self.owner,
            &[
                "iam",
                "service-accounts",
                "create",
                &format!("runner-{name}"),
                "--description=Used by Kubernetes Agent Runner",
                &format!("--display-name=Humanitec Kubernetes agent runner on cluster {name}"),
                &format!("--project={project}"),
            ],
        )
    }

    /// The guide's `gcloud iam service-accounts add-iam-policy-binding`.
    #[track_caller]
    pub(crate) fn guide_lets_jobs_in(&self) {
        let project = self.project.id();
        self.gcloud(&[
            "iam",
            "service-accounts",
            "add-iam-policy-binding",
            &format!("runner-{}@{project}.iam.gserviceaccount.com", self.cluster.name()),
            "--role=roles/iam.workloadIdentityUser",
            &format!("--member=serviceAccount:{project}.svc.id.goog[{}/{JOB}]", self.job_namespace),
            &format!("--project={project}"),
        ]);
    }

    /// The guide's `gcloud projects add-iam-policy-binding`.
    #[track_caller]
    pub(crate) fn guide_grants(&self, role: &str) {
        let member = format!("serviceAccount:{}", self.account());
        self.gcloud(&["projects", "add-iam-policy-binding", self.project.id(), "--member", &member, "--role", role]);
    }

    /// The account as the program names it in its plans.
    pub(crate) fn account_object(&self) -> String {
        format!("gcp:service-account/{}", self.account())
    }

    /// The description of an account.
    pub(crate) fn description(&self, email: &str) -> String {
        let account = self.project.account(email).unwrap();
        account["description"].as_str().unwrap_or_default().to_owned()
    }

    /// The mark of an account that is this lab's.
    pub(crate) fn our_description(&self) -> String {
        format!(
            "Made by runner-setup for the jobs of {}/{JOB} in projects/{}/locations/{}/clusters/{}",
            self.job_namespace,
            self.project.id(),
            self.cluster.location(),
            self.cluster.name()
        )
    }

    /// What changed something in Google Cloud since a mark, or would have.
    pub(crate) fn google_writes_since(&self, mark: u64) -> Vec<String> {
        let requests = self.project.requests_since(mark).into_iter().filter(|request| request.writes);
        requests.map(|request| request.action).collect()
    }

    /// `apply --yes` that is refused with nothing written anywhere, in Google Cloud neither.
    #[track_caller]
    pub(crate) fn refuses_all(&self, code: i32, args: &[&str]) -> Outcome {
        let mark = self.project.mark();
        let outcome = self.refuses_with(code, args);
        assert_eq!(self.google_writes_since(mark), Vec::<String>::new(), "{outcome}");
        outcome
    }

    /// `identity --yes -o json`.
    pub(crate) fn identity(&self, args: &[&str]) -> Outcome {
        self.run(&[&["identity", "--yes", "-o", "json"], args].concat())
    }

    /// The annotation of the job service account that names its Google service account.
    pub(crate) fn annotated(&self) -> Option<String> {
        let account = self.get("v1", "ServiceAccount", &self.job_namespace, JOB)?;
        Some(account["metadata"]["annotations"]["iam.gke.io/gcp-service-account"].as_str()?.to_owned())
    }

    /// The guide's kubectl, helm and hctl steps. Returns the key's PEM.
    pub(crate) fn create_all_for(&self, email: &str) -> String {
        self.create_all_annotated("iam.gke.io/gcp-service-account", email)
    }

    /// Demands that every request was one that Google's discovery documents know.
    #[track_caller]
    pub(crate) fn keeps_to_the_documents(&self) {
        assert_eq!(self.project.violations(), Vec::<String>::new());
    }
}

impl Outcome {
    /// What changes in Google Cloud.
    pub(crate) fn google(&self) -> Vec<String> {
        self.changed().into_iter().filter(|change| change.contains(" gcp:")).collect()
    }

    /// What came of a claim.
    #[track_caller]
    pub(crate) fn claim(&self, claim: &str) -> String {
        let document = self.json();
        let found = document["verified"].as_array().unwrap().iter().find(|it| it["claim"] == claim);
        let found = found.unwrap_or_else(|| panic!("{claim} is not among what was verified\n{self}"));
        found["outcome"].as_str().unwrap().to_owned()
    }
}

/// A policy without what changes with every write.
pub(crate) fn without_etag(policy: &Value) -> Value {
    let mut policy = policy.clone();
    policy["etag"] = json!("");
    policy
}
