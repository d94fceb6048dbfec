//! People with few rights: what they can do works, what they lack is named in the plan, and nothing is written before.

use world::{Credential, Right, World};

use crate::support::{AGENT, JOB, Lab};

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";
const WRITE: &str = "get,list,watch,create,patch";

/// Goes on as somebody with exactly these rights.
fn become_principal(lab: &mut Lab, rights: &[Right]) -> String {
    let name = lab.world.unique_name("person");
    let kubeconfig = lab.world.principal(&name, rights);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    name
}

/// Everything that the program itself needs within a namespace, without what the Roles grant.
fn writer_within(namespace: &str) -> Vec<Right> {
    vec![
        Right::within(namespace, "", "secrets,configmaps,serviceaccounts,pods,pods/log,events", WRITE),
        Right::within(namespace, "apps", "deployments", WRITE),
        Right::within(namespace, RBAC_GROUP, "roles,rolebindings", WRITE),
    ]
}

#[test]
fn namespaces_of_somebody_else_and_rights_only_inside_them_are_enough() {
    let mut lab = Lab::new("tenant");
    lab.create_namespaces();
    let (agents, jobs) = (lab.runner_namespace.clone(), lab.job_namespace.clone());
    // No `bind` and no `escalate`: what the Roles grant is held itself.
    let mut rights = [writer_within(&agents), writer_within(&jobs)].concat();
    rights.push(Right::within(&jobs, "", "secrets", "update"));
    rights.push(Right::within(&jobs, "batch", "jobs", "create,get,list"));
    rights.push(Right::within(&jobs, "coordination.k8s.io", "leases", "create,get,update"));
    become_principal(&mut lab, &rights);
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.change(&format!("Namespace/{}", lab.job_namespace))["status"], "skipped");
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn what_is_as_it_should_be_needs_no_right_to_change_it() {
    let mut lab = Lab::new("reader");
    let _ = lab.apply();
    let mut rights = Vec::new();
    for namespace in [&lab.runner_namespace, &lab.job_namespace] {
        rights.push(Right::within(namespace, "", "secrets,configmaps,serviceaccounts,pods", "get,list,watch"));
        rights.push(Right::within(namespace, "apps", "deployments", "get,list,watch"));
        rights.push(Right::within(namespace, RBAC_GROUP, "roles,rolebindings", "get,list"));
    }
    become_principal(&mut lab, &rights);
    lab.has_nothing_to_do(&[]);
}

#[test]
fn somebody_who_may_install_but_not_touch_roles_can_when_the_roles_are_there() {
    let mut lab = Lab::new("no-rbac");
    lab.create_namespaces();
    for object in lab.chart().iter().filter(|object| object["apiVersion"] == "rbac.authorization.k8s.io/v1") {
        lab.create(object);
    }
    let (agents, jobs) = (lab.runner_namespace.clone(), lab.job_namespace.clone());
    let rights = [
        Right::within(&agents, "", "secrets,configmaps,serviceaccounts,pods", WRITE),
        Right::within(&agents, "apps", "deployments", WRITE),
        Right::within(&jobs, "", "serviceaccounts", WRITE),
        Right::within(&jobs, "apps", "deployments", "list"),
        Right::within(&jobs, RBAC_GROUP, "roles,rolebindings", "get"),
    ];
    become_principal(&mut lab, &rights);
    // The jobs' pods could not be rehearsed by somebody who may not create pods beside them: that is said.
    let unseen = format!("whether its pods would be admitted is not known, for orchestrator:runner/{}", lab.runner);
    let _ = lab.run(&["apply", "--yes"]).exits(0).says(&unseen);
    lab.proves_itself();
}

#[test]
fn missing_rights_are_named_in_the_plan_in_missing_namespaces() {
    let mut lab = Lab::new("poor");
    become_principal(&mut lab, &[Right::everywhere("*", "*", "get,list,watch")]);
    let outcome = lab.refuses(&[]).explains("missing rights: create, patch namespaces");
    let outcome = outcome.explains(&format!("create secrets in namespace `{}`", lab.runner_namespace));
    let _ = outcome.explains(&format!("create, patch deployments.apps in namespace `{}`", lab.runner_namespace));
    let _ = lab.run(&["plan"]).exits(4).says("missing rights");
}

#[test]
fn missing_rights_are_named_in_the_plan_in_existing_namespaces() {
    let mut lab = Lab::new("poor-inside");
    lab.create_namespaces();
    let (agents, jobs) = (lab.runner_namespace.clone(), lab.job_namespace.clone());
    let mut rights = writer_within(&jobs);
    rights.push(Right::all_within(&jobs));
    rights.push(Right::within(&agents, "*", "*", "get,list,watch"));
    become_principal(&mut lab, &rights);
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:Deployment/{agents}/{AGENT}"));
    let outcome = outcome.explains(&format!("create, patch deployments.apps in namespace `{agents}`"));
    let outcome = outcome.explains(&format!("create secrets in namespace `{agents}`"));
    assert!(!outcome.json()["error"].to_string().contains(&format!("Role/{jobs}/{JOB}: ")), "{outcome}");
}

#[test]
fn a_right_that_may_not_be_granted_is_found_in_the_plan_in_existing_namespaces() {
    let mut lab = Lab::new("escalate");
    lab.create_namespaces();
    let rights = [writer_within(&lab.runner_namespace), writer_within(&lab.job_namespace)].concat();
    become_principal(&mut lab, &rights);
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:Role/{}/{AGENT}", lab.job_namespace));
    let outcome = outcome.explains(&format!("update secrets in namespace `{}`, or escalate", lab.job_namespace));
    let _ = outcome.explains("create, get, update leases.coordination.k8s.io").explains("or bind roles");
}

#[test]
fn a_right_that_may_not_be_granted_is_found_in_the_plan_in_missing_namespaces() {
    let mut lab = Lab::new("escalate-new");
    let rights = [
        Right::everywhere("", "namespaces,secrets,configmaps,serviceaccounts,pods,pods/log,events", WRITE),
        Right::everywhere("apps", "deployments", WRITE),
        Right::everywhere(RBAC_GROUP, "roles,rolebindings", WRITE),
    ];
    become_principal(&mut lab, &rights);
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:Role/{}/{JOB}", lab.job_namespace));
    let outcome = outcome.explains(&format!("update secrets in namespace `{}`", lab.job_namespace));
    let _ =
        outcome.explains(&format!("create, get, list jobs.batch in namespace `{}`, or escalate", lab.job_namespace));
}

#[test]
fn somebody_who_may_escalate_and_bind_needs_not_hold_what_the_roles_grant() {
    let mut lab = Lab::new("escalator");
    let rights = [
        Right::everywhere("", "namespaces,secrets,configmaps,serviceaccounts,pods,pods/log,events", WRITE),
        Right::everywhere("apps", "deployments", WRITE),
        Right::everywhere(RBAC_GROUP, "roles,rolebindings", "get,create,patch,escalate,bind"),
    ];
    become_principal(&mut lab, &rights);
    let _ = lab.run(&["apply", "--yes"]).exits(0);
    lab.proves_itself();
}

#[test]
fn somebody_who_may_not_watch_the_agent_hears_it_in_the_plan_and_can_do_without() {
    let mut lab = Lab::new("no-watch");
    lab.create_namespaces();
    let jobs = lab.job_namespace.clone();
    let rights = [
        Right::within(&lab.runner_namespace, "", "secrets,configmaps,serviceaccounts", "get,create,patch"),
        Right::within(&lab.runner_namespace, "apps", "deployments", "get,list,create,patch"),
        Right::all_within(&jobs),
    ];
    become_principal(&mut lab, &rights);
    let outcome = lab.refuses(&[]).explains("missing rights to wait").explains("`--no-wait`");
    let outcome = outcome.explains(&format!("watch deployments.apps in namespace `{}`", lab.runner_namespace));
    let _ = outcome.explains(&format!("list, watch pods in namespace `{}`", lab.runner_namespace));
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    lab.proves_itself();
    // Nothing is left to do but to wait, which is still not allowed: that is no agent that does not run.
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4).explains("may not be watched");
    assert_eq!(outcome.changed(), Vec::<String>::new());
}

#[test]
fn a_key_that_may_not_be_read_is_never_replaced() {
    let mut lab = Lab::new("blind");
    let _ = lab.apply();
    let key = lab.private_key_pem();
    let mut rights = Vec::new();
    for namespace in [&lab.runner_namespace, &lab.job_namespace] {
        rights.push(Right::within(namespace, "", "configmaps,serviceaccounts,pods", "*"));
        rights.push(Right::within(namespace, "", "secrets", "create"));
        rights.push(Right::within(namespace, "apps", "*", "*"));
        rights.push(Right::within(namespace, RBAC_GROUP, "*", "*"));
    }
    become_principal(&mut lab, &rights);
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:Secret/{}/{AGENT}", lab.runner_namespace));
    let _ = outcome.explains("cannot get resource \"secrets\"").explains("grant `get` on secrets");
    // The phase that does not need the key itself goes on, and says what it could not look at.
    let outcome = lab.run(&["install", "--yes", "-o", "json"]).exits(0);
    assert!(outcome.json()["warnings"].to_string().contains("could not be looked at"), "{outcome}");
    assert_eq!(lab.private_key_pem(), key);
}

#[test]
fn what_may_not_be_read_is_not_overwritten() {
    let mut lab = Lab::new("unread");
    lab.create_namespaces();
    let mut rights = writer_within(&lab.runner_namespace);
    rights.push(Right::within(&lab.job_namespace, RBAC_GROUP, "roles,rolebindings", "create,patch,escalate,bind"));
    rights.push(Right::within(&lab.job_namespace, "", "serviceaccounts", "*"));
    become_principal(&mut lab, &rights);
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:Role/{}/{AGENT}", lab.job_namespace));
    let _ = outcome.explains("cannot get resource \"roles\"");
}

#[test]
fn credentials_that_nobody_knows_or_that_ended_are_refused_by_name() {
    let mut lab = Lab::new("nobody");
    let world = World::shared();
    let kubeconfig = world.kubeconfig("nobody", &world.server_url(), &Credential::Token("nobody"));
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let _ = lab.refuses(&[]).explains("context `nobody`").explains("auth whoami");
    // A token whose account is gone is as good as expired.
    let name = become_principal(&mut lab, &[]);
    assert!(world.delete("v1", "ServiceAccount", "world-principals", &name));
    let refused = || lab.run(&["plan"]).code == 4;
    world.wait_until("the token is no longer accepted", std::time::Duration::from_secs(15), refused);
    let _ = lab.refuses(&[]).explains(&format!("context `{name}`")).explains("log in again");
}
