//! The thin path on EKS: provider, role, annotation, runner; a second run changes nothing.

use crate::support::EksLab;

#[test]
fn a_runner_is_set_up_with_its_identity_and_a_second_run_changes_nothing() {
    let lab = EksLab::new("eks-lab");
    println!("{}", lab.run(&["plan"]));
    println!("{}", lab.run(&["apply", "--yes"]));
    println!("{}", lab.run(&["apply", "--yes", "-o", "json"]));
    panic!("{:#?}", lab.account.requests());
}
