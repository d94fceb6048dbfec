//! The control plane is a real one, and says who asked it what.

use std::process::Command;

use world::{Right, World};

#[test]
fn kubectl_reaches_it_with_a_verified_certificate() {
    let world = World::shared();
    eprintln!("the world was ready after {:?}", world.started_in());
    let output = Command::new("kubectl")
        .args(["--kubeconfig", world.kubeconfig_admin_as("my-context").to_str().expect("a path is text")])
        .args(["--context", "my-context", "get", "nodes", "-o", "name"])
        .output()
        .expect("kubectl is on the PATH");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "node/kwok-0\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_principal_may_do_what_it_was_given_and_the_audit_log_knows() {
    let world = World::shared();
    let (name, namespace) = (world.unique_name("reader"), world.unique_name("library"));
    let kubeconfig = world.principal(&name, &[Right::within(&namespace, "", "configmaps", "get,list")]);
    let mark = world.audit().mark();
    let kubectl = |what: &str| {
        let arguments = ["--kubeconfig", kubeconfig.to_str().expect("a path is text"), "-n", &namespace, "get", what];
        Command::new("kubectl").args(arguments).output().expect("kubectl is on the PATH").status.success()
    };
    assert!(kubectl("configmaps") && !kubectl("secrets"));
    let requests = world.audit().requests_of(mark, &world.principal_user(&name));
    let asked = |what: &str| requests.iter().find(|it| it.uri.contains(what)).map(|it| (it.verb.clone(), it.code));
    assert_eq!(asked("/configmaps"), Some(("list".to_owned(), 200)));
    assert_eq!(asked("/secrets"), Some(("list".to_owned(), 403)));
    assert!(world.audit().requests(mark, "kubectl").len() >= 2);
}
