//! Which provider, which cluster and which region: who said it, who wins, and that the context's cluster is the one
//! that EKS names.

use std::time::Duration;

use serde_json::{Value, json};
use world::Latency;
use world::aws::Aws;

use crate::support::{EksLab, Outcome, exec};

/// A setting's value and source, as `config show -o json` has them.
#[track_caller]
fn shown(outcome: &Outcome, id: &str) -> (String, String) {
    let document = outcome.json();
    let rows = document["settings"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no setting {id}\n{outcome}"));
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

/// A lab without any variable that says a region.
fn silent(name: &str) -> EksLab {
    let mut lab = EksLab::new(name);
    lab.unset("AWS_REGION").unset("AWS_DEFAULT_REGION");
    lab
}

#[test]
fn the_provider_is_read_from_names_plugin_and_address() {
    let mut lab = silent("eks-read");
    let show = |lab: &EksLab| lab.run(&["config", "show", "-o", "json"]).exits(0);
    let plugin =
        exec("aws", &["--region", "us-east-1", "eks", "get-token", "--cluster-name", "prod", "--profile", "team"]);
    let address = "https://A1B2C3.gr7.eu-north-1.eks.amazonaws.com";
    let arn = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/prod";
    for (context, entry, server, user, wanted) in [
        ("mine", arn, "https://x", json!({}), ["prod", "cn-north-1", "the cluster entry's name"]),
        (arn, "other", "https://x", json!({}), ["prod", "cn-north-1", "the context's name"]),
        (
            "me@prod.eu-west-1.eksctl.io",
            "prod.eu-west-1.eksctl.io",
            "https://x",
            json!({}),
            ["prod", "eu-west-1", "eksctl.io"],
        ),
        ("mine", "other", "https://x", plugin, ["prod", "us-east-1", "its credential plugin, aws"]),
    ] {
        let mut it = lab.context(user);
        (it.name, it.entry, it.server) = (context.to_owned(), entry.to_owned(), server.to_owned());
        lab.use_context(&it);
        let outcome = show(&lab);
        for (id, value) in [("provider", "eks"), ("cluster-name", wanted[0]), ("region", wanted[1])] {
            let (said, source) = shown(&outcome, id);
            assert_eq!(said, value, "{id}\n{outcome}");
            assert!(source.starts_with("detected from ") && source.contains(wanted[2]), "{id}\n{outcome}");
        }
    }
    assert_eq!(shown(&show(&lab), "profile").0, "team");
    let mut it = lab.context(json!({}));
    (it.name, it.entry, it.server) = ("mine".to_owned(), "other".to_owned(), address.to_owned());
    lab.use_context(&it);
    let outcome = lab.run(&["config", "show", "--cluster-name=prod", "-o", "json"]).exits(0);
    assert_eq!(shown(&outcome, "region").0, "eu-north-1");
    assert!(shown(&outcome, "provider").1.contains(address), "{outcome}");
    let _ = lab.run(&["plan", "-o", "json"]).exits(3).explains("--cluster-name NAME").explains("CLUSTER_NAME");
}

#[test]
fn the_flag_wins_then_the_variables_then_the_file_then_the_context() {
    let mut lab = silent("eks-wins");
    let arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
    let mut it = lab.context(json!({}));
    (it.name, it.entry) = ("mine".to_owned(), arn.to_owned());
    lab.use_context(&it);
    let show = |lab: &EksLab, flags: &[&str]| {
        let outcome = lab.run(&[&["config", "show", "-o", "json"], flags].concat()).exits(0);
        shown(&outcome, "region")
    };
    let of = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(show(&lab, &[]), of("eu-west-1", &format!("detected from the cluster entry's name, {arn}")));
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\ncluster: { region: eu-west-2 }\n");
    assert_eq!(show(&lab, &[]), of("eu-west-2", "file: runner-setup.yaml"));
    for (variable, value) in
        [("CLUSTER_REGION", "eu-west-3"), ("AWS_DEFAULT_REGION", "eu-north-1"), ("AWS_REGION", "eu-south-1")]
    {
        lab.set(variable, value);
        assert_eq!(show(&lab, &[]), of(value, &format!("environment: {variable}")));
    }
    assert_eq!(show(&lab, &["--region=us-east-1"]), of("us-east-1", "flag"));
}

#[test]
fn the_profile_says_the_region_when_nobody_else_does_and_a_flag_s_profile_wins_over_keys() {
    let mut lab = EksLab::without_kubeconfig("eks-profile");
    let (name, id) = (lab.cluster.name().to_owned(), lab.account.id().to_owned());
    let elsewhere = Aws::shared().account();
    lab.unset("AWS_REGION").unset("AWS_DEFAULT_REGION");
    lab.set("AWS_ACCESS_KEY_ID", elsewhere.id());
    lab.file(".aws/config", "[profile team]\nregion = eu-central-1\n[profile bare]\n");
    lab.file(".aws/credentials", &format!("[team]\naws_access_key_id = {id}\naws_secret_access_key = test\n"));
    let args = ["plan", "--provider=eks", "--cluster-name", &name, "-o", "json"];
    let outcome = lab.run(&[&args[..], &["--profile=team"]].concat()).exits(0);
    assert_eq!(outcome.json()["aws"]["caller"], json!(lab.account.iam_arn("root")), "{outcome}");
    assert_eq!(outcome.json()["aws"]["region"], "eu-central-1");
    // A variable only says where to look after the environment, as for the aws command.
    lab.set("AWS_PROFILE", "team");
    let _ = lab.run(&args).exits(2).says(&format!("of account {}", elsewhere.id()));
    let _ = lab.run(&[&args[..], &["--profile=bare"]].concat()).exits(3).explains("--region REGION");
}

#[test]
fn flags_of_eks_on_a_cluster_that_is_none_are_refused_before_any_request() {
    let mut lab = EksLab::new("eks-flags");
    let mut it = lab.context(lab.administrator());
    (it.name, it.entry) = ("mine".to_owned(), "mine".to_owned());
    lab.use_context(&it);
    for flag in
        ["--role-name=x", "--identity=irsa", "--region=eu-central-1", "--attach-policy=arn:aws:iam::aws:policy/X"]
    {
        let outcome = lab.refuses_with(2, &["--provider=generic", flag]);
        let name = flag.split('=').next().unwrap();
        let _ = outcome.explains(name).explains("is for EKS");
    }
    let _ = lab.refuses_with(2, &["--role-name=x"]).explains("say `--provider eks` if it is EKS");
    assert!(lab.account.requests().is_empty());
}

/// A context that says nothing of EKS, although the cluster is there.
fn unnamed(name: &str) -> EksLab {
    let mut lab = silent(name);
    let user = lab.administrator();
    let mut it = lab.context(user);
    (it.name, it.entry) = ("mine".to_owned(), "mine".to_owned());
    lab.use_context(&it);
    lab
}

#[test]
fn the_nodes_say_what_neither_the_context_nor_anybody_else_does() {
    let mut lab = unnamed("eks-nodes");
    lab.unset("RUNNER_ID");
    let outcome = lab.run(&["plan", "-o", "json"]).exits(3);
    let _ = outcome
        .explains("--cluster-name NAME")
        .explains("as the nodes' provider ids say")
        .explains("--provider generic");
    assert!(lab.account.requests().is_empty());
    lab.name_cluster();
    let outcome =
        lab.run(&["plan", "-o", "json"]).exits(0).says("The cluster is on EKS, as the nodes' provider ids say.");
    let document = outcome.json();
    assert_eq!(document["runner"]["provider"], "eks", "{outcome}");
    assert_eq!(document["aws"]["region"], "eu-central-1");
    assert!(outcome.changed().iter().any(|it| it.starts_with("create aws:role/")), "{outcome}");
    let _ = lab.run(&["plan", "--provider=generic", "-o", "json"]).exits(0);
    let _ = lab.apply();
    lab.has_nothing_to_do(&[]);
    lab.has_nothing_to_do(&["--provider=eks", "--region=eu-central-1"]);
}

#[test]
fn who_may_not_see_nodes_is_not_told_of_it() {
    let mut lab = unnamed("eks-blind");
    let name = format!("{}-blind", lab.runner);
    let rights = [
        world::Right::everywhere("", "namespaces", "get"),
        world::Right::within(&lab.runner_namespace, "", "*", "get,list"),
    ];
    let kubeconfig = lab.world.principal(&name, &rights);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let outcome = lab.run(&["secret", "--dry-run", "-o", "json"]);
    assert!(!outcome.to_string().contains("nodes"), "{outcome}");
    assert_eq!(outcome.json()["runner"]["provider"], "generic", "{outcome}");
    assert!(lab.account.requests().is_empty());
}

#[test]
fn the_context_of_another_cluster_is_refused_and_nothing_is_written() {
    let mut lab = EksLab::new("eks-other");
    lab.cluster.say(&json!({
        "endpoint": "https://A1B2.gr7.eu-central-1.eks.amazonaws.com",
        "identity": { "oidc": { "issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF" } },
    }));
    let before = lab.account.writes().len();
    let outcome = lab.refuses(&[]).explains("reaches another cluster than");
    let outcome = outcome.explains(&lab.world.server_url()).explains("0123456789ABCDEF").explains("--context NAME");
    let _ = outcome.explains("--cluster-name NAME --region REGION");
    assert_eq!(lab.account.writes().len(), before);
    let user = lab.administrator();
    let mut it = lab.context(user);
    it.name = "mine".to_owned();
    lab.use_context(&it);
    for command in ["identity", "install", "namespaces"] {
        let outcome = lab.run(&[command, "--yes", "-o", "json"]);
        assert!(outcome.code == 4 || command == "namespaces", "{outcome}");
    }
    assert_eq!(lab.account.writes().len(), before);
}

#[test]
fn the_same_cluster_behind_another_address_is_taken() {
    let mut lab = EksLab::new("eks-forward");
    let port = lab.world.server_url().rsplit(':').next().unwrap().parse().unwrap();
    let forward = Latency::start(port, Duration::ZERO);
    let kubeconfig = lab.world.kubeconfig_admin_at(&lab.cluster.arn(), forward.port());
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let _ = lab.apply();
    assert!(forward.connections() > 0);
    lab.proves_itself();
}

#[test]
fn a_cluster_of_another_account_is_refused() {
    let mut lab = EksLab::new("eks-account");
    let theirs = "arn:aws:eks:eu-central-1:999988887777:cluster/".to_owned() + lab.cluster.name();
    let kubeconfig = lab.world.kubeconfig_admin_as(&theirs);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let outcome = lab.refuses(&[]).explains("is in the AWS account 999988887777").explains("--profile NAME");
    let _ = outcome.explains(&format!("the credentials are of account {}", lab.account.id()));
    assert!(lab.account.writes().is_empty());
    let _: Value = lab.run(&["namespaces", "--dry-run", "-o", "json"]).exits(0).json();
}

#[test]
fn without_a_kubeconfig_the_way_without_one_is_named() {
    let mut lab = EksLab::without_kubeconfig("eks-hint");
    lab.unset("AWS_REGION").unset("AWS_DEFAULT_REGION");
    let hint = "--provider eks --cluster-name NAME --region REGION";
    let name = lab.cluster.name().to_owned();
    let _ = lab.run(&["plan", "--cluster-name", &name]).exits(3).says("there is no kubeconfig").says(hint);
    let generic = lab.run(&["plan", "--provider=generic"]).exits(3).says("there is no kubeconfig");
    assert!(!generic.stderr.contains(hint), "{generic}");
    let _ = lab.run(&["plan", "--provider=eks", "--cluster-name", &name, "--region=eu-central-1"]).exits(0);
}
