//! The ordered list of all settings: flags, variables, file keys, help, errors and `--show-settings` follow it.

use super::setting::{Setting, Shape};
use crate::settings::{AwsIdentity, AzureCloud, AzureIdentity, GcpIdentity, LogLevel, Provider, RunnerType};

/// The words for `--state-storage`.
pub const STATE_STORAGE_TYPES: &[&str] = &["kubernetes", "s3", "gcs", "azurerm"];
/// The words for the image's pull policy.
pub const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
/// The words for `--identity`, of all clouds together; each takes some of them.
pub const IDENTITIES: &[&str] = &["irsa", "pod-identity", "service-account", "federation", "managed-identity", "none"];

/// Declares the settings under their headings, each as a static, and all of them as [`ALL`].
macro_rules! settings {
    ($($heading:literal { $($name:ident = $setting:expr;)+ })+) => {
        $($(
            #[doc = concat!("A setting under the heading \"", $heading, "\".")]
            pub static $name: Setting = $setting.heading($heading);
        )+)+

        /// All settings, in the order of help.
        pub static ALL: &[&Setting] = &[$($(&$name,)+)+];
    };
}

settings! {
    "Connections" {
        ORG = Setting::one("org", "ID", "Use this organisation")
            .env(&["HUMANITEC_ORG", "HUMANITEC_ORG_ID", "PO_ORG_ID"]).file("organization").default("hctl's default_org_id");
        API_URL = Setting::one("api-url", "URL", "Talk to the Orchestrator at this address")
            .env(&["ORCHESTRATOR_API_URL", "HUMANITEC_API_URL"]).file("orchestrator.apiUrl")
            .default("hctl's api_url, else https://api.humanitec.dev");
        TOKEN_FILE = Setting::one("token-file", "FILE", "Read the Orchestrator's token from this file, `-` for standard input")
            .env(&["HUMANITEC_AUTH_TOKEN"]).file("orchestrator.tokenFile").default("hctl's token").secret();
        CONTEXT = Setting::one("context", "NAME", "Use this context of the kubeconfig")
            .env(&["KUBECONFIG_CONTEXT"]).file("cluster.context").default("the current context");
        KUBECONFIG = Setting::one("kubeconfig", "FILE", "Read the kubeconfig from this file")
            .env(&["KUBECONFIG"]).file("cluster.kubeconfig").default("~/.kube/config, then in-cluster");
        CA_FILE = Setting::one("ca-file", "PEM", "Trust these certificates too, for every endpoint")
            .env(&["SSL_CERT_FILE"]).file("orchestrator.caFile").default("the system's roots");
        TIMEOUT = Setting::one("timeout", "DURATION", "Wait at most this long, for everything together")
            .env(&["RUNNER_SETUP_TIMEOUT"]).file("timeout").default("5m");
    }
    "Runner" {
        RUNNER_ID = Setting::one("runner-id", "ID", "Give the runner this id")
            .env(&["RUNNER_ID"]).file("runner.id").default("the prefix and the cluster's name, else the context's");
        RUNNER_ID_PREFIX = Setting::one("runner-id-prefix", "PREFIX", "Begin a runner id that is made up with this")
            .file("runner.idPrefix").default("kubernetes-agent");
        RUNNER_TYPE = Setting::one("runner-type", "TYPE", "Set up this kind of runner")
            .file("runner.type").default("kubernetes-agent").choices(RunnerType::WORDS);
        PROVIDER = Setting::one("provider", "PROVIDER", "Say where the cluster runs")
            .file("cluster.provider").default("detected").choices(Provider::WORDS);
        CLUSTER_NAME = Setting::one("cluster-name", "NAME", "Call the cluster this")
            .env(&["CLUSTER_NAME"]).file("cluster.name").default("from the context");
        DESCRIPTION = Setting::one("description", "TEXT", "Describe the runner, in at most 200 characters")
            .file("runner.description").default("Set up by runner-setup");
    }
    "Namespaces and accounts" {
        NAMESPACE = Setting::one("namespace", "NS", "Use one namespace for the agent and the jobs")
            .file("namespace").default("two namespaces");
        RUNNER_NAMESPACE = Setting::one("runner-namespace", "NS", "Run the agent in this namespace")
            .env(&["CLUSTER_RUNNER_NAMESPACE"]).file("runner.namespace").default("humanitec-kubernetes-agent-runner-ns");
        JOB_NAMESPACE = Setting::one("job-namespace", "NS", "Run the jobs in this namespace")
            .env(&["CLUSTER_RUNNER_JOB_NAMESPACE"]).file("runner.job.namespace")
            .default("humanitec-kubernetes-agent-runner-job-ns");
        RUNNER_SERVICE_ACCOUNT = Setting::one("runner-service-account", "NAME", "Run the agent under this account")
            .env(&["CLUSTER_RUNNER_SERVICEACCOUNT"]).file("runner.serviceAccount")
            .default("humanitec-kubernetes-agent-runner");
        JOB_SERVICE_ACCOUNT = Setting::one("job-service-account", "NAME", "Run the jobs under this account")
            .env(&["CLUSTER_RUNNER_JOB_SERVICEACCOUNT"]).file("runner.job.serviceAccount")
            .default("humanitec-kubernetes-agent-runner-job");
        RUNNER_SERVICE_ACCOUNT_ANNOTATION =
            Setting::one("runner-service-account-annotation", "K=V", "Annotate the agent's account")
            .shape(Shape::Pairs).file("runner.serviceAccountAnnotations");
        JOB_SERVICE_ACCOUNT_ANNOTATION = Setting::one("job-service-account-annotation", "K=V", "Annotate the jobs' account")
            .shape(Shape::Pairs).file("runner.job.serviceAccountAnnotations");
    }
    "Key" {
        KEY_SECRET = Setting::one("key-secret", "NAME", "Keep the private key in this Secret")
            .file("runner.keySecret.name").default("humanitec-kubernetes-agent-runner");
        KEY_SECRET_KEY = Setting::one("key-secret-key", "KEY", "Keep the private key under this key of the Secret")
            .file("runner.keySecret.key").default("private_key");
        PRIVATE_KEY_FILE = Setting::one("private-key-file", "FILE", "Use the private key in this file, `-` for standard input")
            .file("runner.privateKeyFile").default("the key in the cluster, else a new one made in memory");
        PUBLIC_KEY_FILE =
            Setting::one("public-key-file", "FILE", "Register the public key in this file, `-` for standard input")
            .file("runner.publicKeyFile").default("the public half of the private key");
    }
    "Agent" {
        IMAGE_REPOSITORY = Setting::one("image-repository", "IMAGE", "Run agent and jobs from this image, named without its tag")
            .env(&["KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY"]).file("agent.image.repository").default("the official image");
        IMAGE_TAG = Setting::one("image-tag", "TAG", "Run this tag of the image")
            .env(&["KUBERNETES_AGENT_RUNNER_IMAGE_TAG"]).file("agent.image.tag")
            .default("what runs already, else the official tag");
        IMAGE_PULL_SECRET = Setting::one("image-pull-secret", "NAME", "Pull the image with this Secret, in both namespaces")
            .shape(Shape::Many).file("agent.image.pullSecrets");
        REGISTRY_AUTH_FILE = Setting::one(
            "registry-auth-file", "FILE", "Make a pull secret of the image registry's entry in this Docker config.json")
            .file("agent.registryAuthFile");
        REMOTE_URL = Setting::one("remote-url", "URL", "Let the agent reach the Orchestrator at this address")
            .file("agent.remoteUrl").default("the API URL when that is not the SaaS");
        AGENT_CA_FILE = Setting::one("agent-ca-file", "PEM", "Give these certificates to the agent and the jobs to trust")
            .file("agent.caFile");
        AGENT_ENV = Setting::one("agent-env", "K=V", "Set this variable in the agent").shape(Shape::Pairs).file("agent.env");
        LOG_LEVEL = Setting::one("log-level", "LEVEL", "Let the agent log this much")
            .file("agent.logLevel").default("info").choices(LogLevel::WORDS);
        POD_TEMPLATE = Setting::one("pod-template", "FILE", "Merge this pod template, in JSON or YAML, into the jobs' pods")
            .file("runner.job.podTemplate").default("the label app.kubernetes.io/name: humanitec-runner");
    }
    "Only in the file" {
        PULL_POLICY = Setting::file_only("agent.image.pullPolicy", "Pull the agent's image when").choices(PULL_POLICIES);
        REPLICAS = Setting::file_only("agent.replicas", "Run this many agents");
        RESOURCES = Setting::file_only("agent.resources", "Give the agent these resources");
        NODE_SELECTOR = Setting::file_only("agent.nodeSelector", "Run the agent on nodes with these labels");
        TOLERATIONS = Setting::file_only("agent.tolerations", "Let the agent tolerate these taints");
        AFFINITY = Setting::file_only("agent.affinity", "Schedule the agent with this affinity");
        POD_LABELS = Setting::file_only("agent.podLabels", "Add these labels to the agent's pod");
        POD_ANNOTATIONS = Setting::file_only("agent.podAnnotations", "Add these annotations to the agent's pod");
        EXTRA_ENV = Setting::file_only("agent.extraEnv", "Add these entries to the agent's env");
        VOLUMES = Setting::file_only("agent.volumes", "Add these volumes to the agent's pod");
        VOLUME_MOUNTS = Setting::file_only("agent.volumeMounts", "Mount these volumes into the agent");
        AWS_IDENTITY = Setting::file_only("aws.identity", "Give the jobs their AWS identity in this way")
            .choices(AwsIdentity::WORDS);
        GCP_IDENTITY = Setting::file_only("gcp.identity", "Give the jobs their Google identity in this way")
            .choices(GcpIdentity::WORDS);
        AZURE_IDENTITY = Setting::file_only("azure.identity", "Give the jobs their Azure identity in this way")
            .choices(AzureIdentity::WORDS);
    }
    "State storage" {
        STATE_STORAGE = Setting::one("state-storage", "TYPE", "Keep Terraform state in this kind of storage")
            .file("runner.stateStorage.type").default("kubernetes").choices(STATE_STORAGE_TYPES);
        STATE_NAMESPACE = Setting::one("state-namespace", "NS", "Keep state in this namespace (kubernetes)")
            .file("runner.stateStorage.namespace").default("the job namespace");
        STATE_BUCKET = Setting::one("state-bucket", "NAME", "Keep state in this bucket (s3, gcs)")
            .file("runner.stateStorage.bucket");
        STATE_PATH_PREFIX = Setting::one("state-path-prefix", "PATH", "Keep state below this path (s3, gcs, azurerm)")
            .file("runner.stateStorage.pathPrefix");
        STATE_STORAGE_ACCOUNT = Setting::one("state-storage-account", "NAME", "Keep state in this storage account (azurerm)")
            .file("runner.stateStorage.storageAccount");
        STATE_CONTAINER = Setting::one("state-container", "NAME", "Keep state in this container (azurerm)")
            .file("runner.stateStorage.container");
        STATE_RESOURCE_GROUP =
            Setting::one("state-resource-group", "NAME", "Find the storage account in this resource group (azurerm)")
            .file("runner.stateStorage.resourceGroup");
    }
    "Cloud identity" {
        IDENTITY = Setting::one("identity", "KIND", "Give the jobs their cloud identity in this way")
            .default("irsa on EKS, service-account on GKE, managed-identity on AKS").choices(IDENTITIES);
    }
    "EKS" {
        REGION = Setting::one("region", "REGION", "Find the cluster in this AWS region")
            .env(&["AWS_REGION", "AWS_DEFAULT_REGION", "CLUSTER_REGION"]).file("cluster.region")
            .default("from the context, else the profile's");
        PROFILE = Setting::one("profile", "NAME", "Use the credentials of this AWS profile")
            .env(&["AWS_PROFILE"]).file("aws.profile").default("what the AWS SDK finds");
        ROLE_NAME = Setting::one("role-name", "NAME", "Call the jobs' IAM role this")
            .env(&["RUNNER_ROLE_NAME"]).file("aws.roleName").default("humanitec-kubernetes-agent-runner-<cluster>");
        ROLE_ARN = Setting::one("role-arn", "ARN", "Use this IAM role of your own, and check what it trusts")
            .file("aws.roleArn");
        ROLE_PATH = Setting::one("role-path", "PATH", "Create the role below this path").file("aws.rolePath").default("/");
        PERMISSIONS_BOUNDARY = Setting::one("permissions-boundary", "ARN", "Bound the role's permissions by this policy")
            .file("aws.permissionsBoundary");
        ATTACH_POLICY = Setting::one("attach-policy", "ARN", "Attach this managed policy to the role")
            .shape(Shape::Many).file("aws.attachPolicies");
        POLICY_FILE = Setting::one("policy-file", "FILE", "Give the role the IAM policy in this JSON file")
            .file("aws.policyFile");
        TAG = Setting::one("tag", "K=V", "Tag what is created in AWS").shape(Shape::Pairs).file("aws.tags");
        INSTALL_ADDON = Setting::one("install-addon", "", "Install the Pod Identity agent when it is missing")
            .shape(Shape::Switch).file("aws.installAddon");
    }
    "GKE" {
        GCP_PROJECT = Setting::one("gcp-project", "PROJECT", "Find the cluster in this Google Cloud project")
            .env(&["GCP_PROJECT_ID", "GOOGLE_CLOUD_PROJECT"]).file("gcp.project")
            .default("from the context, else the credentials' own");
        LOCATION = Setting::one("location", "LOCATION", "Find the cluster in this region or zone")
            .env(&["CLUSTER_LOCATION"]).file("cluster.location").default("from the context, else GKE is asked");
        GOOGLE_SERVICE_ACCOUNT = Setting::one(
            "google-service-account", "NAME", "Let the jobs act as this Google service account, a name or an address")
            .env(&["GCP_SERVICE_ACCOUNT_NAME"]).file("gcp.googleServiceAccount").default("runner-<cluster>");
        GRANT_ROLE = Setting::one("grant-role", "ROLE", "Give the jobs' identity this role in the project")
            .shape(Shape::Many).file("gcp.grantRoles");
    }
    "AKS" {
        SUBSCRIPTION = Setting::one("subscription", "ID", "Find the cluster in this Azure subscription")
            .env(&["AZURE_SUBSCRIPTION_ID"]).file("azure.subscription").default("from the credentials");
        RESOURCE_GROUP = Setting::one("resource-group", "NAME", "Find the cluster in this resource group")
            .env(&["AZURE_RESOURCE_GROUP"]).file("azure.resourceGroup").default("Azure is asked");
        MANAGED_IDENTITY = Setting::one(
            "managed-identity", "NAME", "Give the jobs this managed identity, a name or a resource id")
            .env(&["MANAGED_IDENTITY_NAME"]).file("azure.managedIdentity")
            .default("humanitec-kubernetes-agent-runner-<cluster>");
        FEDERATED_CREDENTIAL = Setting::one(
            "federated-credential", "NAME", "Call what lets the jobs use the managed identity this")
            .file("azure.federatedCredential").default("humanitec-kubernetes-agent-runner");
        FEDERATED_AUDIENCE = Setting::one("federated-audience", "AUDIENCE", "Trust tokens of the jobs for this audience")
            .file("azure.federatedAudience").default("api://AzureADTokenExchange");
        ASSIGN_ROLE = Setting::one(
            "assign-role", "ROLE", "Give the managed identity this role, on the resource group or ROLE@SCOPE")
            .shape(Shape::Many).file("azure.assignRoles");
        AZURERM_ENV = Setting::one("azurerm-env", "", "Set the variables with which azurerm uses the jobs' identity")
            .shape(Shape::Switch).file("azure.azurermEnv");
        ENABLE_WORKLOAD_IDENTITY = Setting::one(
            "enable-workload-identity", "", "Turn on the OIDC issuer and workload identity when they are off (not done yet)")
            .shape(Shape::Switch).file("azure.enableWorkloadIdentity");
        AZURE_CLOUD = Setting::one("azure-cloud", "CLOUD", "Talk to this cloud of Microsoft's")
            .env(&["AZURE_CLOUD"]).file("azure.cloud").default("AzureCloud").choices(AzureCloud::WORDS);
        ARM_ENDPOINT = Setting::one("arm-endpoint", "URL", "Reach the Azure Resource Manager at this address")
            .env(&["RUNNER_SETUP_ARM_ENDPOINT"]).file("azure.armEndpoint").default("the cloud's own");
    }
    "What may happen" {
        RULE = Setting::one(
            "rule", "RULE", "Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID")
            .shape(Shape::Rules).file("rules");
        ADOPT = Setting::one("adopt", "OBJECT", "Take over this object, named as the refusal names it")
            .shape(Shape::Many).file("adopt");
        NO_WAIT = Setting::one("no-wait", "", "Do not wait until the agent runs").shape(Shape::Switch).file("wait");
    }
}

/// Finds a setting by its id.
pub fn find(id: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.id == id).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_settings_share_a_name() {
        let ids: BTreeSet<_> = ALL.iter().map(|s| s.id).collect();
        let keys: BTreeSet<_> = ALL.iter().filter_map(|s| s.file).collect();
        let variables: Vec<_> = ALL.iter().flat_map(|s| s.env).collect();
        // The identity stands in the file under its cloud, as a setting of its own.
        assert_eq!((ids.len(), keys.len()), (ALL.len(), ALL.len() - 1));
        assert_eq!(variables.len(), variables.iter().collect::<BTreeSet<_>>().len());
        assert!(find("job-namespace").is_some_and(|s| s.env == ["CLUSTER_RUNNER_JOB_NAMESPACE"]));
    }

    #[test]
    fn help_is_imperative_and_without_a_full_stop() {
        for setting in ALL {
            assert!(
                setting.help.starts_with(|c: char| c.is_uppercase()) && !setting.help.ends_with('.'),
                "{setting:?}"
            );
        }
    }
}
