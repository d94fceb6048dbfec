//! What `permissions --for gcp --destroy` prints is enough to set up and to take back.

use crate::support::GkeLab;

/// Sets up and takes back as somebody who may do exactly what is printed; nothing of ours is left.
#[track_caller]
fn is_enough(name: &str, ways: &[&str]) {
    let mut lab = GkeLab::new(name);
    let before = lab.project.policy()["bindings"].clone();
    let printed = lab.run(&[&["permissions", "--for", "gcp", "--destroy", "-o", "json"], ways].concat()).exits(0);
    let document = printed.json()["parts"][0]["document"].clone();
    let permissions: Vec<_> =
        document["includedPermissions"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    let permissions: Vec<_> = permissions.iter().map(String::as_str).collect();
    let ada = lab.project.user_with_permissions("ada@example.com", &permissions);
    let with_ada = lab.project.policy()["bindings"].clone();
    assert_ne!(before, with_ada);
    lab.act_as(&ada);
    drop(lab.run(&[&["apply", "--yes", "--no-wait"], ways].concat()).exits(0));
    assert_ne!(lab.project.policy()["bindings"], with_ada);
    drop(lab.run(&[&["destroy", "--yes"], ways].concat()).exits(0));
    assert_eq!(lab.project.policy()["bindings"], with_ada);
    assert_eq!(lab.project.accounts().len(), 0);
}

#[test]
fn what_is_printed_for_federation_is_enough_to_take_back() {
    is_enough("gke-back-federation", &["--identity", "federation", "--grant-role", "roles/storage.admin"]);
}

#[test]
fn what_is_printed_for_a_service_account_is_enough_to_take_back() {
    is_enough("gke-back-account", &["--grant-role", "roles/storage.admin"]);
}
