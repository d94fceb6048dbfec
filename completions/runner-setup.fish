# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_runner_setup_global_optspecs
    string join \n c/config= o/output= events-file= no-input y/yes q/quiet v/verbose color= org= api-url= token-file= kubeconfig= context= ca-file= timeout= h/help V/version
end

function __fish_runner_setup_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_runner_setup_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_runner_setup_using_subcommand
    set -l cmd (__fish_runner_setup_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c runner-setup -n "__fish_runner_setup_needs_command" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_needs_command" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_needs_command" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "init" -d 'Set up a runner step by step: detect, ask, plan, confirm, apply, verify'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "plan" -d 'Show what `apply` would do, and change nothing'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "apply" -d 'Set up a runner without questions, and prove that it works'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "status" -d 'Show what is there, in a few lines'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "destroy" -d 'Take back what runner-setup made, on both sides; keeps namespaces and state'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "keygen" -d 'Write a key pair to files, or check one that is there'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "namespaces" -d 'Make the namespaces for agent, jobs and state (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "identity" -d 'Set up the jobs\' cloud identity (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "secret" -d 'Store the private key and pull secrets in the cluster (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "register" -d 'Register the runner in the Orchestrator (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "install" -d 'Install the agent and wait until it runs (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "rule" -d 'Add runner rules (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "permissions" -d 'Print the exact rights that this configuration takes'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "config" -d 'Show the configuration file\'s schema, or the settings that result'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "man" -d 'Print the manual page'
complete -c runner-setup -n "__fish_runner_setup_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand init" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l out -d 'Save the plan to this file, for `apply FILE`' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l detailed-exitcode -d 'Exit with 8 when changes are pending'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l show-commands -d 'Print the equivalent openssl, kubectl, hctl and helm lines'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand plan" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand apply" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand status" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l delete-namespaces -d 'Delete the namespaces that runner-setup made too, if nothing else is in them'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l force -d 'Do not wait for deployments that are going on: they are cut off'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l show-commands -d 'Print the equivalent kubectl and hctl lines'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand destroy" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l private-key-file -d 'Write the private key to this file (or read it, with --check)' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l public-key-file -d 'Write the public key to this file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l check -d 'Read an existing private key, check it, and print its public half'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l force -d 'Overwrite files that are there'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand keygen" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand namespaces" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand identity" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand secret" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand register" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand install" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l dry-run -d 'Show the plan and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l show-settings -d 'Print every setting with its value and where it came from, and do nothing else'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand rule" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l for -d 'Whose rights to print' -r -f -a "aws\t'IAM of AWS, for a cluster on EKS'
gcp\t'IAM of Google Cloud, for a cluster on GKE'
azure\t'Roles of Azure, for a cluster on AKS'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l destroy -d 'Also what `destroy` takes'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand permissions" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -f -a "schema" -d 'Print the JSON schema of runner-setup.yaml'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -f -a "show" -d 'Print every setting with its value and where it came from'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and not __fish_seen_subcommand_from schema show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from schema" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l runner-id -d 'Give the runner this id [env: RUNNER_ID] [default: the prefix and the cluster\'s name, else the context\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l runner-id-prefix -d 'Begin a runner id that is made up with this [default: kubernetes-agent]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l runner-type -d 'Set up this kind of runner [default: kubernetes-agent]' -r -f -a "kubernetes-agent\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l provider -d 'Say where the cluster runs [default: detected]' -r -f -a "eks\t''
gke\t''
aks\t''
generic\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l cluster-name -d 'Call the cluster this [env: CLUSTER_NAME] [default: from the context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l description -d 'Describe the runner, in at most 200 characters [default: Set up by runner-setup]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l namespace -d 'Use one namespace for the agent and the jobs [default: two namespaces]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l runner-namespace -d 'Run the agent in this namespace [env: CLUSTER_RUNNER_NAMESPACE] [default: humanitec-kubernetes-agent-runner-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l job-namespace -d 'Run the jobs in this namespace [env: CLUSTER_RUNNER_JOB_NAMESPACE] [default: humanitec-kubernetes-agent-runner-job-ns]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l runner-service-account -d 'Run the agent under this account [env: CLUSTER_RUNNER_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l job-service-account -d 'Run the jobs under this account [env: CLUSTER_RUNNER_JOB_SERVICEACCOUNT] [default: humanitec-kubernetes-agent-runner-job]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l runner-service-account-annotation -d 'Annotate the agent\'s account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l job-service-account-annotation -d 'Annotate the jobs\' account (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l key-secret -d 'Keep the private key in this Secret [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l key-secret-key -d 'Keep the private key under this key of the Secret [default: private_key]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l private-key-file -d 'Use the private key in this file, `-` for standard input [default: the key in the cluster, else a new one made in memory]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l public-key-file -d 'Register the public key in this file, `-` for standard input [default: the public half of the private key]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l image-repository -d 'Run agent and jobs from this image, named without its tag [env: KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY] [default: the official image]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l image-tag -d 'Run this tag of the image [env: KUBERNETES_AGENT_RUNNER_IMAGE_TAG] [default: what runs already, else the official tag]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l image-pull-secret -d 'Pull the image with this Secret, in both namespaces (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l registry-auth-file -d 'Make a pull secret of the image registry\'s entry in this Docker config.json' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l remote-url -d 'Let the agent reach the Orchestrator at this address [default: the API URL when that is not the SaaS]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l agent-ca-file -d 'Give these certificates to the agent and the jobs to trust' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l agent-env -d 'Set this variable in the agent (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'Let the agent log this much [default: info]' -r -f -a "debug\t''
info\t''
warn\t''
error\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l pod-template -d 'Merge this pod template, in JSON or YAML, into the jobs\' pods [default: the label app.kubernetes.io/name: humanitec-runner]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-storage -d 'Keep Terraform state in this kind of storage [default: kubernetes]' -r -f -a "kubernetes\t''
s3\t''
gcs\t''
azurerm\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-namespace -d 'Keep state in this namespace (kubernetes) [default: the job namespace]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-bucket -d 'Keep state in this bucket (s3, gcs)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-path-prefix -d 'Keep state below this path (s3, gcs, azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-storage-account -d 'Keep state in this storage account (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-container -d 'Keep state in this container (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l state-resource-group -d 'Find the storage account in this resource group (azurerm)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l identity -d 'Give the jobs their cloud identity in this way [default: irsa on EKS, service-account on GKE, managed-identity on AKS]' -r -f -a "irsa\t''
pod-identity\t''
service-account\t''
federation\t''
managed-identity\t''
none\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l region -d 'Find the cluster in this AWS region [env: AWS_REGION, AWS_DEFAULT_REGION, CLUSTER_REGION] [default: from the context, else the profile\'s]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Use the credentials of this AWS profile [env: AWS_PROFILE] [default: what the AWS SDK finds]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l role-name -d 'Call the jobs\' IAM role this [env: RUNNER_ROLE_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l role-arn -d 'Use this IAM role of your own, and check what it trusts' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l role-path -d 'Create the role below this path [default: /]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l permissions-boundary -d 'Bound the role\'s permissions by this policy' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l attach-policy -d 'Attach this managed policy to the role (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l policy-file -d 'Give the role the IAM policy in this JSON file' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l tag -d 'Tag what is created in AWS (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l gcp-project -d 'Find the cluster in this Google Cloud project [env: GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT] [default: from the context, else the credentials\' own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l location -d 'Find the cluster in this region or zone [env: CLUSTER_LOCATION] [default: from the context, else GKE is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l google-service-account -d 'Let the jobs act as this Google service account, a name or an address [env: GCP_SERVICE_ACCOUNT_NAME] [default: runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l grant-role -d 'Give the jobs\' identity this role in the project (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l subscription -d 'Find the cluster in this Azure subscription [env: AZURE_SUBSCRIPTION_ID] [default: from the credentials]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l resource-group -d 'Find the cluster in this resource group [env: AZURE_RESOURCE_GROUP] [default: Azure is asked]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l managed-identity -d 'Give the jobs this managed identity, a name or a resource id [env: MANAGED_IDENTITY_NAME] [default: humanitec-kubernetes-agent-runner-<cluster>]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l federated-credential -d 'Call what lets the jobs use the managed identity this [default: humanitec-kubernetes-agent-runner]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l federated-audience -d 'Trust tokens of the jobs for this audience [default: api://AzureADTokenExchange]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l assign-role -d 'Give the managed identity this role, on the resource group or ROLE@SCOPE (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l azure-cloud -d 'Talk to this cloud of Microsoft\'s [env: AZURE_CLOUD] [default: AzureCloud]' -r -f -a "AzureCloud\t''
AzureUSGovernment\t''
AzureChinaCloud\t''"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l arm-endpoint -d 'Reach the Azure Resource Manager at this address [env: RUNNER_SETUP_ARM_ENDPOINT] [default: the cloud\'s own]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l rule -d 'Give environments this runner: any, env-type=ID, project=ID, or project=ID,env-type=ID (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l adopt -d 'Take over this object, named as the refusal names it (repeatable)' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l install-addon -d 'Install the Pod Identity agent when it is missing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l azurerm-env -d 'Set the variables with which azurerm uses the jobs\' identity'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l enable-workload-identity -d 'Turn on the OIDC issuer and workload identity when they are off (not done yet)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l no-wait -d 'Do not wait until the agent runs'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the JSON schema of runner-setup.yaml'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print every setting with its value and where it came from'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand completions" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s c -l config -d 'Read settings from this file, `-` for standard input [env: RUNNER_SETUP_CONFIG] [default: runner-setup.yaml, if there]' -r
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s o -l output -d 'Write data in this format [env: RUNNER_SETUP_OUTPUT] [default: human]' -r -f -a "human\t'Sentences, for people'
json\t'One JSON document'
yaml\t'One YAML document'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l events-file -d 'Write what happens to this file, one JSON object a line' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l color -d 'Use colours [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'When stderr is a terminal that shows colours'
always\t'Always'
never\t'Never'"
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l org -d 'Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl\'s default_org_id]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l api-url -d 'Talk to the Orchestrator at this address [env: ORCHESTRATOR_API_URL, HUMANITEC_API_URL] [default: hctl\'s api_url, else https://api.humanitec.dev]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l token-file -d 'Read the Orchestrator\'s token from this file, `-` for standard input [env: HUMANITEC_AUTH_TOKEN] [default: hctl\'s token]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l kubeconfig -d 'Read the kubeconfig from this file [env: KUBECONFIG] [default: ~/.kube/config, then in-cluster]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l context -d 'Use this context of the kubeconfig [env: KUBECONFIG_CONTEXT] [default: the current context]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l ca-file -d 'Trust these certificates too, for every endpoint [env: SSL_CERT_FILE] [default: the system\'s roots]' -r -F
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l timeout -d 'Wait at most this long, for everything together [env: RUNNER_SETUP_TIMEOUT] [default: 5m]' -r -f
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -l no-input -d 'Ask nothing, also when there is a terminal [env: CI]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s y -l yes -d 'Change things without asking first'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s q -l quiet -d 'Say warnings and errors only'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s v -l verbose -d 'Say more; twice: every request [env: RUNNER_SETUP_LOG, a level]'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand man" -s V -l version -d 'Print version'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "init" -d 'Set up a runner step by step: detect, ask, plan, confirm, apply, verify'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "plan" -d 'Show what `apply` would do, and change nothing'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "apply" -d 'Set up a runner without questions, and prove that it works'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "status" -d 'Show what is there, in a few lines'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "destroy" -d 'Take back what runner-setup made, on both sides; keeps namespaces and state'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "keygen" -d 'Write a key pair to files, or check one that is there'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "namespaces" -d 'Make the namespaces for agent, jobs and state (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "identity" -d 'Set up the jobs\' cloud identity (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "secret" -d 'Store the private key and pull secrets in the cluster (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "register" -d 'Register the runner in the Orchestrator (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "install" -d 'Install the agent and wait until it runs (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "rule" -d 'Add runner rules (one phase of `apply`)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "permissions" -d 'Print the exact rights that this configuration takes'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "config" -d 'Show the configuration file\'s schema, or the settings that result'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "man" -d 'Print the manual page'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and not __fish_seen_subcommand_from init plan apply status destroy keygen namespaces identity secret register install rule permissions config completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "schema" -d 'Print the JSON schema of runner-setup.yaml'
complete -c runner-setup -n "__fish_runner_setup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print every setting with its value and where it came from'
