//! `init` on GKE at a real terminal: with a context, and without any kubeconfig.

use crate::support::{GkeLab, Screen};

/// A terminal that can redraw lines.
const XTERM: &[(&str, &str)] = &[("TERM", "xterm")];
/// A terminal for a screen reader.
const PLAIN: &[(&str, &str)] = &[("TERM", "xterm"), ("ACCESSIBLE", "1"), ("NO_COLOR", "1")];
const WAYS: [&str; 3] = ["--rule=any", "--state-storage=kubernetes", "--yes"];

#[test]
fn with_a_context_only_identity_and_roles_are_asked_for() {
    let lab = GkeLab::new("gke-init");
    let mut screen = Screen::start(&lab, XTERM, &[&["init"], &WAYS[..]].concat());
    screen.answers("> service-account", "\r");
    screen
        .answers("Roles in the project", "storage.admin\r")
        .shows("That is not possible:")
        .types("roles/storage.admin\r");
    screen.answers("Write runner-setup.yaml?", "\r").ends(0);
    assert_eq!(lab.project.members("roles/storage.admin"), [format!("serviceAccount:{}", lab.account())]);
    screen.shows_at_end("--grant-role roles/storage.admin");
    lab.proves_itself();
}

#[test]
fn without_a_kubeconfig_the_cloud_and_the_cluster_are_asked_for() {
    let mut lab = GkeLab::without_kubeconfig("gke-init-bare");
    let other = lab.project.paper_cluster("another", "us-central1");
    lab.unset("GCP_PROJECT_ID").unset("GOOGLE_CLOUD_PROJECT");
    let mut screen = Screen::start(&lab, PLAIN, &[&["init"], &WAYS[..]].concat());
    screen.answers("Where is the cluster?", "2\r");
    screen.answers("Project:", "Not A Project\r").shows("is no project id").types(&format!("{}\r", lab.project.id()));
    screen.shows(&format!("The runner is set up in one of the clusters of project {}.", lab.project.id()));
    screen.shows(&format!("{} in us-central1", other.name()));
    let mut places = [("another", "us-central1"), (lab.cluster.name(), lab.cluster.location())];
    places.sort_unstable_by_key(|(name, location)| (*location, *name));
    let number = 1 + places.iter().position(|(name, _)| *name == lab.cluster.name()).unwrap();
    screen.answers("Which cluster?", &format!("{number}\r"));
    screen.answers("How?", "2\r");
    screen.answers("Roles in the project", "\r");
    screen.answers("Write runner-setup.yaml?", "yes\r").ends(0);
    let written = std::fs::read_to_string(lab.home().join("runner-setup.yaml")).unwrap();
    for part in ["provider: gke", "location: europe-west1", "identity: federation", lab.project.id()] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    assert_eq!(lab.run(&["plan", "-o", "json"]).exits(0).json()["outcome"], "nothing-to-do");
    lab.proves_itself();
}
