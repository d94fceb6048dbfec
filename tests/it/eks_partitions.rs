//! The same in China and in GovCloud, against moto: nothing is hard-coded.

use serde_json::{Value, json};
use world::aws::{Aws, Moto};

use crate::support::EksLab;

const ISSUER: [(&str, &str, &str); 2] = [
    ("cn-north-1", "aws-cn", "oidc.eks.cn-north-1.amazonaws.com.cn/id/0123456789ABCDEF0123456789ABCDEF"),
    ("us-gov-west-1", "aws-us-gov", "oidc.eks.us-gov-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"),
];

#[test]
fn provider_role_annotation_and_policies_are_of_the_partition() {
    for (region, partition, issuer) in ISSUER {
        let mut lab = EksLab::without_kubeconfig("eks-partition");
        let moto = Moto::start(region);
        let arn = moto.cluster(
            "prod",
            &json!({
                "endpoint": lab.world.server_url(), "status": "ACTIVE",
                "identity": { "oidc": { "issuer": format!("https://{issuer}") } },
            }),
        );
        assert!(arn.starts_with(&format!("arn:{partition}:eks:{region}:")), "{arn}");
        let kubeconfig = lab.world.kubeconfig_admin_as(&arn);
        lab.set_all(&moto.env()).set("KUBECONFIG", kubeconfig.display().to_string());
        let made = moto.aws(&[
            "iam",
            "create-policy",
            "--policy-name",
            "jobs",
            "--policy-document",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
        ]);
        let policy = made["Policy"]["Arn"].as_str().unwrap().to_owned();
        let account = moto.account_id();
        assert_eq!(policy, format!("arn:{partition}:iam::{account}:policy/jobs"));
        let wrong = policy.replacen(partition, "aws", 1);
        let outcome = lab.refuses_with(2, &["--attach-policy", &wrong]);
        let _ = outcome.explains(&format!("the cluster is in `{partition}`")).explains(&policy);
        // moto takes any token, and the proof is not what is proved here.
        let args = ["apply", "--yes", "--attach-policy", &policy, "-o", "json"];
        let _ = lab.run(&args).exits(0);
        let role = format!("arn:{partition}:iam::{account}:role/humanitec-kubernetes-agent-runner-prod");
        let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}");
        let there = moto.aws(&["iam", "get-role", "--role-name", "humanitec-kubernetes-agent-runner-prod"]);
        assert_eq!(there["Role"]["Arn"], json!(role));
        let statement = &there["Role"]["AssumeRolePolicyDocument"]["Statement"][0];
        assert_eq!(statement["Principal"]["Federated"], json!(provider), "{statement}");
        assert_eq!(statement["Condition"]["StringEquals"][format!("{issuer}:aud")], "sts.amazonaws.com", "{statement}");
        let there = moto.aws(&["iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", &provider]);
        assert_eq!(there["ClientIDList"], json!(["sts.amazonaws.com"]));
        let attached =
            moto.aws(&["iam", "list-attached-role-policies", "--role-name", "humanitec-kubernetes-agent-runner-prod"]);
        assert_eq!(attached["AttachedPolicies"][0]["PolicyArn"], json!(policy));
        let job = lab.get("v1", "ServiceAccount", &lab.job_namespace, crate::support::JOB).unwrap();
        assert_eq!(job["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], json!(role));
        assert_eq!(lab.run(&args).exits(0).json()["outcome"], "nothing-to-do");
    }
}

#[test]
fn where_policies_and_trust_are_evaluated_the_way_in_is_open_in_every_partition() {
    for region in ["cn-north-1", "us-gov-west-1"] {
        let aws = Aws::shared();
        let mut lab = EksLab::without_kubeconfig("eks-evaluated");
        let account = aws.account_in(region);
        let cluster = account.cluster("prod", lab.world);
        lab.set_all(&account.env()).set("CLUSTER_NAME", "prod");
        // Without a kubeconfig: the token is signed for the partition's own STS.
        let outcome = lab.run(&["apply", "--yes", "--provider=eks", "-o", "json"]).exits(0);
        let verified = outcome.json()["verified"].as_array().unwrap().clone();
        let exchanged: &Value = verified.iter().find(|it| it["claim"] == "token-exchanged").unwrap();
        assert_eq!(exchanged["outcome"], "pass", "{outcome}");
        let assumed = format!("arn:{}:sts::{}:assumed-role/", account.partition(), account.id());
        assert!(exchanged["observed"].as_str().unwrap().contains(&assumed), "{exchanged}");
        assert_eq!(outcome.json()["aws"]["cluster"], json!(cluster.arn()));
        lab.proves_itself();
    }
}
