//! The place that the AWS tests stand in: a runner is set up in an EKS control plane as anywhere else.

use crate::support::EksLab;

#[test]
fn a_runner_is_set_up_in_an_eks_cluster_and_proves_itself() {
    let lab = EksLab::new("eks-lab");
    drop(lab.apply());
    lab.proves_itself();
    assert!(lab.account.writes().is_empty(), "nobody asked for anything of AWS");
}
