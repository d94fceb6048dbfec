//! Bad weather on the way to the Orchestrator: bounded patience, and never a second POST without a look.

use std::time::{Duration, Instant};

use world::certificates::Authority;
use world::orchestrator::{Fault, Setup, What};

use crate::support::{Lab, Outcome, Proxy};

/// A lab of somebody who has an Orchestrator login, a public key, and no cluster.
fn registrar(name: &str, setup: Setup) -> Lab {
    let mut lab = Lab::with(name, setup);
    lab.unset("KUBECONFIG");
    let _ = lab.run(&["keygen"]).exits(0);
    lab
}

fn register(lab: &Lab) -> Outcome {
    lab.run(&["register", "--yes", "--public-key-file=runner_public_key.pem", "-o", "json"])
}

/// The requests about the runner from its first POST on, as `POST 201`, a dropped one as `POST 0`.
fn story(lab: &Lab) -> Vec<String> {
    let requests = lab.orchestrator.requests();
    let about = requests.iter().filter(|request| request.path.contains("/runners"));
    about
        .map(|request| format!("{} {}", request.method, request.status))
        .skip_while(|line| !line.starts_with("POST"))
        .collect()
}

/// No POST follows another one without a GET between them, unless the first was certainly not carried out.
#[track_caller]
fn never_blindly_twice(lab: &Lab) {
    let story = story(lab);
    for pair in story.windows(2) {
        let blind = pair[0].starts_with("POST") && pair[1].starts_with("POST") && pair[0] != "POST 429";
        assert!(!blind, "{story:?}");
    }
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn a_request_that_may_have_been_carried_out_is_looked_for_before_it_is_sent_again() {
    for what in [
        What::status(500),
        What::status(502),
        What::status(503),
        What::status(504),
        What::DropBefore,
        What::DropAfter,
        What::Truncate,
    ] {
        let lab = registrar("unclear", Setup::demo());
        lab.orchestrator.fault(Fault::once("POST", "/runners", what.clone()));
        let outcome = register(&lab).exits(0);
        assert_eq!(outcome.json()["outcome"], "done", "{what:?}\n{outcome}");
        assert_eq!(lab.orchestrator.runner_ids(), std::slice::from_ref(&lab.runner));
        never_blindly_twice(&lab);
        assert_eq!(register(&lab).exits(0).json()["outcome"], "nothing-to-do");
    }
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for_longer_than_told() {
    let lab = registrar("hang", Setup::demo());
    lab.orchestrator.fault(Fault::once("POST", "/runners", What::Hang));
    let start = Instant::now();
    let args = ["register", "--yes", "--public-key-file=runner_public_key.pem", "--timeout=2s", "-o", "json"];
    let _ = lab.run(&args).exits(5).says("did not answer in time");
    assert!(start.elapsed() < Duration::from_secs(15));
    never_blindly_twice(&lab);
    assert_eq!(register(&lab).exits(0).json()["outcome"], "done");
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it() {
    let lab = registrar("slow-down", Setup::demo());
    lab.orchestrator.fault(Fault::once("POST", "/runners", What::retry_after(1)));
    let start = Instant::now();
    let _ = register(&lab).exits(0).says("answered 429").says("in 1 s");
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(story(&lab)[..2], ["POST 429", "POST 201"]);
}

#[test]
fn patience_ends_and_the_same_command_goes_on_later() {
    let lab = registrar("patience", Setup::demo());
    lab.orchestrator.fault(Fault::times("POST", "/runners", 99, What::status(503)));
    let outcome = register(&lab).exits(5);
    assert_eq!(outcome.json()["error"]["kind"], "unreachable");
    assert!(story(&lab).iter().filter(|line| line.starts_with("POST")).count() <= 4, "{:?}", story(&lab));
    never_blindly_twice(&lab);
    lab.orchestrator.no_more_faults();
    assert_eq!(register(&lab).exits(0).json()["outcome"], "done");
}

#[test]
fn reads_are_patient_too_and_give_up_with_exit_5() {
    let lab = registrar("reads", Setup::demo());
    lab.orchestrator.fault(Fault::times("GET", "/orgs", 2, What::status(502)));
    let _ = register(&lab).exits(0);
    lab.orchestrator.fault(Fault::times("GET", "/orgs", 99, What::DropBefore));
    let outcome = register(&lab).exits(5).says("not reachable");
    assert_eq!(outcome.json()["outcome"], "failed");
}

#[test]
fn what_is_no_answer_of_the_orchestrator_is_called_what_it_is() {
    let page = |code, body: &str| What::Status { code, headers: Vec::new(), body: body.to_owned() };
    for (what, words) in [
        (page(200, "<html><title>Corporate login</title></html>"), "a web page called `Corporate login`"),
        (page(200, ""), "nothing"),
        (page(302, ""), "redirect"),
        (page(403, r#"{"error":"FORBIDDEN","message":"viewers may not"}"#), "viewers may not"),
    ] {
        let lab = registrar("page", Setup::demo());
        lab.orchestrator.fault(Fault::times("GET", "/orgs", 99, what));
        let outcome = register(&lab).says(words);
        assert!([4, 5].contains(&outcome.code), "{outcome}");
        assert!(story(&lab).is_empty(), "nothing is changed");
    }
}

#[test]
fn nobody_listening_is_exit_5_and_names_the_address() {
    let mut lab = registrar("closed", Setup::demo());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    lab.set("HUMANITEC_API_URL", format!("http://{free}"));
    let outcome = register(&lab).exits(5).says("the connection was refused").says(&free.to_string());
    let _ = outcome.says("--api-url");
}

#[test]
fn a_private_authority_is_trusted_when_it_is_named_and_called_by_its_problem_when_not() {
    let authority = Authority::new("our own authority");
    let mut lab = registrar("tls", Setup::demo().tls(authority.server(&["127.0.0.1"])));
    let _ = register(&lab).exits(5).says("issued by an authority that is not trusted here").says("--ca-file PEM");
    lab.file("ca.pem", authority.certificate());
    lab.file("empty.pem", "");
    let with = |lab: &Lab, flag: &str| {
        lab.run(&["register", "--yes", "--public-key-file=runner_public_key.pem", "--ca-file", flag])
    };
    let _ = with(&lab, "empty.pem").exits(2).says("`empty.pem` of `--ca-file` holds no usable certificates");
    let _ = with(&lab, "missing.pem").exits(2).says("`missing.pem`");
    let _ = with(&lab, "ca.pem").exits(0);
    lab.set("SSL_CERT_FILE", "ca.pem");
    assert_eq!(register(&lab).exits(0).json()["outcome"], "nothing-to-do");
    lab.set("SSL_CERT_FILE", "missing.pem");
    let _ = register(&lab).exits(2).says("`SSL_CERT_FILE`");
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn a_certificate_of_another_host_is_not_taken() {
    let authority = Authority::new("our own authority");
    let lab = registrar("host", Setup::demo().tls(authority.server(&["elsewhere.example"])));
    lab.file("ca.pem", authority.certificate());
    let args = ["register", "--yes", "--public-key-file=runner_public_key.pem", "--ca-file=ca.pem"];
    let _ = lab.run(&args).exits(5).says("certificate is not valid");
}

#[test]
fn an_authority_that_is_added_is_trusted_for_the_cluster_too() {
    let mut lab = Lab::new("cluster-ca");
    let text = std::fs::read_to_string(&lab.env()["KUBECONFIG"]).unwrap();
    let line = text.lines().find(|line| line.contains("certificate-authority-data")).unwrap();
    let encoded = line.split("data").nth(1).unwrap().trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let mut encoded = encoded.to_owned();
    while encoded.len() % 4 != 0 {
        encoded.push('=');
    }
    let pem = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
    lab.file("ca.pem", std::str::from_utf8(&pem).unwrap());
    lab.file("config", &text.replace(line, ""));
    lab.set("KUBECONFIG", "config");
    let _ = lab.run(&["plan"]).exits(5).says("is not trusted").says("--ca-file");
    let _ = lab.run(&["plan", "--ca-file=ca.pem"]).exits(0);
    lab.set("SSL_CERT_FILE", "ca.pem");
    let _ = lab.run(&["plan"]).exits(0);
}

#[test]
fn proxies_are_used_for_both_sides_and_no_proxy_is_obeyed() {
    let proxy = Proxy::start();
    let mut lab = Lab::new("proxy");
    for (https, http, no) in [("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"), ("https_proxy", "http_proxy", "no_proxy")] {
        lab.set(https, proxy.url());
        let before = proxy.passed();
        let _ = lab.run(&["namespaces", "--dry-run"]).exits(0);
        assert!(proxy.passed() > before, "the cluster is reached through {https}");
        lab.set(http, proxy.url()).set(no, "10.0.0.0/8,127.0.0.1,.svc");
        let before = proxy.passed();
        let _ = lab.run(&["plan"]).exits(0);
        assert_eq!(proxy.passed(), before, "{no} leads around the proxy");
        lab.unset(https).unset(no);
        let before = proxy.passed();
        let _ = lab.run(&["plan"]).exits(0);
        assert!(proxy.passed() > before, "the Orchestrator is reached through {http}");
        lab.unset(http);
    }
    lab.set("HTTP_PROXY", "http://127.0.0.1:1");
    let _ = lab.run(&["plan"]).exits(5).says("HTTP_PROXY");
    lab.set("NO_PROXY", "127.0.0.0/8").set("HTTPS_PROXY", "http://127.0.0.1:1");
    let _ = lab.run(&["plan"]).exits(0);
}
