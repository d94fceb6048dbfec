//! The command lines of the control plane's programs.

use std::path::Path;

use super::ControlPlaneOptions;
use super::ports::Ports;

/// Every request once, when it is answered, without bodies.
pub(super) const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
";

pub(super) fn etcd(folder: &Path, ports: &Ports) -> Vec<String> {
    let client = format!("http://127.0.0.1:{}", ports.etcd_client);
    let peer = format!("http://127.0.0.1:{}", ports.etcd_peer);
    vec![
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--unsafe-no-fsync".to_owned(),
    ]
}

pub(super) fn apiserver(folder: &Path, ports: &Ports, options: &ControlPlaneOptions) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut flags = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd_client),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", ports.apiserver),
        format!("--tls-cert-file={}", file("apiserver.crt")),
        format!("--tls-private-key-file={}", file("apiserver.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--service-account-issuer={}", options.issuer),
        format!("--service-account-key-file={}", file("service-accounts.pub")),
        format!("--service-account-signing-key-file={}", file("service-accounts.key")),
        "--api-audiences=https://kubernetes.default.svc".to_owned(),
        "--authorization-mode=RBAC".to_owned(),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        "--allow-privileged=true".to_owned(),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        format!("--audit-policy-file={}", file("audit.yaml")),
        format!("--audit-log-path={}", file("audit.log")),
        "--audit-log-mode=blocking".to_owned(),
        "--shutdown-delay-duration=0s".to_owned(),
    ];
    flags.extend(options.extra_apiserver_flags.iter().cloned());
    flags
}

pub(super) fn controller_manager(folder: &Path, ports: &Ports) -> Vec<String> {
    let mut flags = clients(folder, ports.controller_manager);
    flags.extend([
        format!("--service-account-private-key-file={}", folder.join("service-accounts.key").display()),
        format!("--root-ca-file={}", folder.join("ca.crt").display()),
        format!("--cert-dir={}", folder.join("kcm-certificates").display()),
        "--use-service-account-credentials=false".to_owned(),
        "--allocate-node-cidrs=false".to_owned(),
    ]);
    flags
}

pub(super) fn scheduler(folder: &Path, ports: &Ports) -> Vec<String> {
    let mut flags = clients(folder, ports.scheduler);
    flags.push(format!("--cert-dir={}", folder.join("scheduler-certificates").display()));
    flags
}

pub(super) fn kwok(folder: &Path, ports: &Ports, kubelet_port: u16) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", folder.join("admin.kubeconfig").display()),
        format!("--config={}", folder.join("stages.yaml").display()),
        "--manage-all-nodes=true".to_owned(),
        "--node-ip=127.0.0.1".to_owned(),
        format!("--node-port={kubelet_port}"),
        "--cidr=10.244.0.0/16".to_owned(),
        "--node-lease-duration-seconds=40".to_owned(),
        format!("--server-address=127.0.0.1:{}", ports.kwok),
    ]
}

/// What the two programs that only talk to the API server have in common; the raised limits keep suites quick.
fn clients(folder: &Path, port: u16) -> Vec<String> {
    let kubeconfig = folder.join("admin.kubeconfig").display().to_string();
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--leader-elect=false".to_owned(),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        "--kube-api-qps=500".to_owned(),
        "--kube-api-burst=1000".to_owned(),
    ]
}
