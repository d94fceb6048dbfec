//! Which cluster of GKE a run works on: from the context, the guide's variables, flags and GKE itself.

use serde_json::{Value, json};

use crate::support::{GkeLab, LOCATION, Outcome, exec};

const GKE: &str = "--provider=gke";

/// A setting's value and source, as `config show -o json` has them.
#[track_caller]
fn shown(lab: &GkeLab, args: &[&str], id: &str) -> (String, String) {
    let outcome = lab.run(&[&["config", "show", "-o", "json"], args].concat()).exits(0);
    let document = outcome.json();
    let rows = document["settings"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no setting {id}\n{outcome}"));
    (row["value"].as_str().unwrap_or_default().to_owned(), row["source"].as_str().unwrap_or_default().to_owned())
}

/// `plan` for this lab's cluster in GKE.
#[track_caller]
fn finds(lab: &GkeLab, args: &[&str]) -> Outcome {
    let outcome = lab.run(&[&["plan", "-o", "json"], args].concat()).exits(0);
    let path = lab.cluster.url().trim_start_matches("https://container.googleapis.com/v1/").to_owned();
    assert_eq!(outcome.json()["gcp"]["cluster"], json!(path), "{outcome}");
    assert_eq!(outcome.json()["runner"]["provider"], "gke", "{outcome}");
    outcome
}

#[test]
fn a_context_of_gcloud_s_names_everything() {
    let lab = GkeLab::new("gke-context");
    let _ = finds(&lab, &[]);
    for (id, value) in [("cluster-name", lab.cluster.name()), ("location", LOCATION), ("gcp-project", lab.project.id())]
    {
        let (found, source) = shown(&lab, &[], id);
        assert_eq!(found, value, "{id}: {source}");
        assert!(source.contains(&lab.cluster.context()), "{id}: {source}");
    }
}

#[test]
fn contexts_of_other_shapes_are_known_for_gke_too() {
    let mut lab = GkeLab::new("gke-shapes");
    let (server, me) = (lab.world.server_url(), lab.administrator());
    // A project of a domain: its name is read, and its cluster is another one than this lab's.
    lab.use_context("gke_example.com:old-project_us-central1-a_prod-1", &server, &me);
    for (id, value) in
        [("gcp-project", "example.com:old-project"), ("location", "us-central1-a"), ("cluster-name", "prod-1")]
    {
        assert_eq!(shown(&lab, &[], id).0, value);
    }
    // The plugin says that it is GKE, and nothing else.
    lab.use_context("prod", &server, &exec("/usr/lib/google-cloud-sdk/bin/gke-gcloud-auth-plugin", &[]));
    let outcome = lab.run(&["plan", "-o", "json"]).exits(3);
    let outcome = outcome.explains("the cluster's name in GKE").explains("--gcp-project");
    assert_eq!(outcome.json()["error"]["kind"], "answer-missing");
    let (project, name) = (lab.project.id().to_owned(), lab.cluster.name().to_owned());
    let _ = finds(&lab, &["--gcp-project", &project, "--cluster-name", &name]);
    // So does the control plane's DNS name, with its region.
    lab.use_context("prod", "https://gke-0f8a4d1e-481516.europe-west1.gke.goog", &me);
    let named = ["--gcp-project", &project, "--cluster-name", &name];
    assert_eq!(shown(&lab, &named, "provider").0, "gke");
    assert_eq!(shown(&lab, &named, "location").0, LOCATION);
    assert!(lab.project.writes().is_empty());
}

#[test]
fn nodes_and_issuer_tell_a_cluster_whose_context_says_nothing() {
    let mut lab = GkeLab::new("gke-nodes");
    let (server, me) = (lab.world.server_url(), lab.administrator());
    lab.use_context("some-name", &server, &me);
    // The issuer names another cluster than this lab's: the one of the control plane.
    let outcome = lab.run(&["plan", "-o", "json"]);
    let outcome = outcome.exits(4).explains("the cluster is on GKE, as the nodes' provider ids say");
    let _ = outcome.explains("there is no project `world-plane`, or it does not let").explains("--provider generic");
    let _ = lab.run(&["plan", "--provider=generic"]).exits(0);
    // Names that are said count more.
    lab.name_cluster();
    let _ = finds(&lab, &[]).says("The cluster is on GKE, as the nodes' provider ids say.");
}

#[test]
fn without_a_context_the_guide_s_variables_are_enough() {
    let mut lab = GkeLab::without_kubeconfig("gke-guide");
    lab.name_cluster();
    let outcome = finds(&lab, &[]);
    assert_eq!(outcome.json()["cluster"]["context"], json!(lab.cluster.context()), "{outcome}");
    assert_eq!(shown(&lab, &[], "provider"), ("gke".into(), "detected from `CLUSTER_LOCATION`".into()));
    // Without a location it could be any cloud; told which one, GKE knows where it is.
    lab.unset("CLUSTER_LOCATION");
    let _ = finds(&lab, &[GKE]);
    let asked = lab.project.requests().into_iter().filter(|it| it.path.ends_with("/locations/-/clusters"));
    assert_eq!(asked.count(), 1);
    // The older variable of Google's own tools.
    let project = lab.project.id().to_owned();
    lab.unset("GCP_PROJECT_ID").set("GOOGLE_CLOUD_PROJECT", project);
    let _ = finds(&lab, &[GKE]);
}

#[test]
fn the_project_may_come_from_the_credentials() {
    let mut lab = GkeLab::without_kubeconfig("gke-project");
    lab.name_cluster().unset("GCP_PROJECT_ID");
    let outcome = lab.run(&["plan", GKE, "-o", "json"]).exits(3);
    let _ = outcome.explains("the cluster's project, which neither the context nor the credentials tell");
    let robot = lab.project.robot("deployer", &["roles/owner"]);
    let home = lab.project.id().to_owned();
    for (identity, what) in [
        (robot.with_key_file(), "`project_id` in "),
        (lab.owner.with_user_file().with_quota_project(&home), "`quota_project_id` in "),
    ] {
        lab.become_only(&identity);
        let (value, source) = shown(&lab, &[GKE], "gcp-project");
        assert!(value == home && source.contains(what), "{value}: {source}");
        let _ = finds(&lab, &[GKE]);
    }
}

#[test]
fn a_location_that_nobody_said_is_looked_up() {
    let mut lab = GkeLab::without_kubeconfig("gke-where");
    lab.name_cluster().unset("CLUSTER_LOCATION");
    lab.project.paper_cluster("other", "europe-west4");
    let _ = finds(&lab, &[GKE]);
    let other = lab.project.paper_cluster(lab.cluster.name(), "us-central1-a");
    let outcome = lab.writes_nothing(3, &[GKE]).explains("several clusters of project");
    let _ = outcome.explains("--location europe-west1").explains("--location us-central1-a");
    let _ = finds(&lab, &[GKE, "--location", LOCATION]);
    other.delete();
    let outcome = lab.writes_nothing(2, &[GKE, "--cluster-name=prodd"]).explains("there is no cluster `prodd`");
    let _ = outcome.explains("prod (europe-west1)");
    lab.keeps_to_the_documents();
}

#[test]
fn variables_that_disagree_with_the_context_are_warned_about() {
    let mut lab = GkeLab::new("gke-differ");
    lab.set("CLUSTER_LOCATION", "europe-west4");
    let outcome = lab.writes_nothing(2, &[]).says("`CLUSTER_LOCATION` says `europe-west4`");
    let _ = outcome.says("`--location europe-west1` takes that one").explains("did you mean --location europe-west1?");
    let _ = finds(&lab, &["--location", LOCATION]);
    lab.unset("CLUSTER_LOCATION").set("GOOGLE_CLOUD_PROJECT", "some-other-project");
    let outcome = lab.run(&["plan"]);
    let _ = outcome.exits(4).says("`GOOGLE_CLOUD_PROJECT` says `some-other-project`");
}

#[test]
fn flags_of_another_provider_are_refused() {
    let gke = GkeLab::new("gke-foreign");
    let generic = |args: &[&'static str]| [&["--provider=generic"], args].concat();
    let eks = |args: &[&'static str]| [&["--provider=eks", "--cluster-name=a", "--region=eu-west-1"], args].concat();
    for (args, flag) in [
        (vec!["--region=eu-west-1"], "--region"),
        (vec!["--profile=team"], "--profile"),
        (vec!["--role-name=a"], "--role-name"),
        (vec!["--identity=irsa"], "irsa"),
        (vec!["--identity=managed-identity"], "managed-identity"),
        (generic(&["--grant-role=roles/viewer"]), "--grant-role"),
        (generic(&["--location=europe-west1"]), "--location"),
        (generic(&["--identity=federation"]), "--identity"),
        (eks(&["--location=europe-west1"]), "--location"),
        (eks(&["--google-service-account=runner-a"]), "--google-service-account"),
        (eks(&["--identity=federation"]), "federation"),
        (vec!["--identity=federation", "--google-service-account=runner-a"], "--google-service-account"),
        (vec!["--identity=none", "--grant-role=roles/viewer"], "--grant-role"),
        (vec!["--grant-role=viewer"], "--grant-role"),
        (vec!["--google-service-account=ab"], "--google-service-account"),
        (vec!["--gcp-project=Ab"], "--gcp-project"),
        (vec!["--location=europe_west1"], "--location"),
        (vec!["--job-service-account-annotation=iam.gke.io/gcp-service-account=a@b"], "is set by the tool"),
    ] {
        let outcome = gke.run(&[&["apply", "--yes"], &args[..]].concat()).exits(2);
        assert!(outcome.stderr.contains(flag), "{args:?}\n{outcome}");
    }
    for yaml in [
        "gcp: { location: europe-west1 }\ncluster: { provider: eks, name: a, region: eu-west-1 }\n",
        "gcp: { grantRoles: [roles/viewer] }\ncluster: { provider: generic }\n",
        "aws: { identity: irsa }\n",
    ] {
        gke.file("runner-setup.yaml", &format!("apiVersion: runner-setup/v1\n{yaml}"));
        let _ = gke.run(&["plan"]).exits(2);
    }
    assert!(gke.project.requests().is_empty());
}

#[test]
fn a_context_of_another_cluster_than_the_named_one_is_refused() {
    let mut lab = GkeLab::new("gke-other");
    let other = lab.project.paper_cluster("stage", LOCATION);
    let outcome = lab.writes_nothing(4, &["--cluster-name=stage"]);
    let outcome = outcome.explains("reaches another cluster than `stage` in GKE: nothing was changed");
    let outcome = outcome.explains(&lab.world.server_url()).explains("192.0.2.10").explains("--context NAME");
    let _ = outcome.explains(&other.issuer());
    // Behind a proxy or a bastion the address is another one, and the issuer tells.
    let issuer = lab.cluster.issuer();
    let path = issuer.trim_start_matches("https://container.googleapis.com/v1/projects/").to_owned();
    assert!(path.starts_with("world-plane"), "the labs share a control plane, whose issuer is its own: {issuer}");
    let server = lab.world.server_url().replace("127.0.0.1", "localhost");
    let (context, me) = (lab.cluster.context(), lab.administrator());
    lab.use_context(&context, &server, &me);
    let _ = lab.writes_nothing(4, &[]).explains("its tokens are issued by");
}

/// What GKE says of the addresses of a control plane.
fn endpoints(server: &str, ip: &Value, dns: &Value) -> Value {
    let private = if ip["enablePublicEndpoint"] == false { server } else { "10.132.0.2" };
    json!({
        "endpoint": if ip["enabled"] == false { Value::Null } else { json!(server) },
        "privateClusterConfig": { "privateEndpoint": private, "enablePrivateEndpoint": ip["enablePublicEndpoint"] == false },
        "controlPlaneEndpointsConfig": { "ipEndpointsConfig": ip, "dnsEndpointConfig": dns },
    })
}

#[test]
fn private_and_dns_endpoints_are_used_where_there_is_no_other() {
    let mut lab = GkeLab::without_kubeconfig("gke-private");
    lab.name_cluster();
    let server = lab.world.server_url().trim_start_matches("https://").to_owned();
    let closed = json!({ "endpoint": "gke-0.europe-west1.gke.goog", "allowExternalTraffic": false });
    let private = json!({ "enabled": true, "enablePublicEndpoint": false, "privateEndpoint": server });
    lab.cluster.say(&endpoints(&server, &private, &closed));
    let outcome = finds(&lab, &[]);
    assert_eq!(outcome.json()["cluster"]["server"], json!(lab.world.server_url()));
    // The DNS endpoint's certificate is the public kind: the cluster's own authority does not count for it.
    let dns = server.replace("127.0.0.1", "localhost");
    let open = json!({ "endpoint": dns, "allowExternalTraffic": true });
    lab.cluster.say(&endpoints(&server, &json!({ "enabled": false }), &open));
    let _ = lab.run(&["plan"]).exits(5).says("is not trusted");
    lab.file("ca.pem", lab.world.control_plane().authority().certificate());
    let outcome = finds(&lab, &["--ca-file=ca.pem"]);
    assert_eq!(outcome.json()["cluster"]["server"], json!(format!("https://{dns}")));
    // Closed on all sides.
    lab.cluster.say(&endpoints(&server, &json!({ "enabled": false }), &closed));
    let outcome = lab.writes_nothing(4, &[]).explains("has no API server to log in to");
    let _ = outcome.explains("gcloud container clusters describe prod");
    // Named, and not reachable from here.
    let nobody = json!({ "enabled": true, "enablePublicEndpoint": true, "publicEndpoint": "127.0.0.1:1" });
    lab.cluster.say(&endpoints("127.0.0.1:1", &nobody, &closed));
    let outcome = lab.run(&["plan", "--timeout=10s", "-o", "json"]).exits(5);
    let _ = outcome.explains("gcloud container clusters describe prod").explains("controlPlaneEndpointsConfig");
}
