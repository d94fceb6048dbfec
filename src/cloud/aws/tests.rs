use std::time::{Duration, Instant};

use serde_json::json;

use super::change::{AwsChange, NewAssociation, NewRole, RoleStep};
use super::server::{Answer, SECRETS, Server, eks_error, query, query_error};
use super::*;
use crate::failure::{Failure, FailureKind};

const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/jobs";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A";

fn role(trust: &str) -> Answer {
    let trust: String = trust.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let result = format!(
        "<Role><Path>/</Path><RoleName>jobs</RoleName><RoleId>AROA1</RoleId><Arn>{ROLE_ARN}</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument>\
         <Tags><member><Key>made-by</Key><Value>us</Value></member></Tags></Role>"
    );
    query("GetRole", &result)
}

fn caller() -> Answer {
    let arn = "arn:aws:sts::123456789012:assumed-role/Admin/me";
    query("GetCallerIdentity", &format!("<Arn>{arn}</Arn><UserId>U</UserId><Account>123456789012</Account>"))
}

fn new_role() -> NewRole {
    NewRole {
        name: "jobs".to_owned(),
        path: "/".to_owned(),
        description: "for jobs".to_owned(),
        trust: json!({ "Version": "2012-10-17" }),
        boundary: None,
        tags: [("made-by".to_owned(), "us".to_owned())].into(),
    }
}

fn create_role() -> AwsChange {
    AwsChange::CreateRole { role: new_role(), then: Vec::new() }
}

fn association() -> AwsChange {
    AwsChange::CreateAssociation(NewAssociation {
        cluster: "prod".to_owned(),
        namespace: "jobs".to_owned(),
        service_account: "job".to_owned(),
        role_arn: ROLE_ARN.to_owned(),
        tags: [("made-by".to_owned(), "us".to_owned())].into(),
    })
}

fn every_change() -> Vec<AwsChange> {
    let text = str::to_owned;
    let tags = new_role().tags;
    let steps = vec![RoleStep::SetTrust { seen: json!({}), document: json!({}) }, RoleStep::Tag(tags.clone())];
    vec![
        AwsChange::CreateOidcProvider {
            arn: text(PROVIDER),
            url: text("https://x"),
            audience: text("a"),
            tags: tags.clone(),
        },
        AwsChange::AddAudience { arn: text(PROVIDER), audience: text("a") },
        create_role(),
        AwsChange::UpdateRole { name: text("jobs"), steps },
        association(),
        AwsChange::UpdateAssociation { cluster: text("prod"), id: text("a-1"), role_arn: text(ROLE_ARN) },
        AwsChange::InstallAddon { cluster: text("prod"), addon: text("x"), tags },
    ]
}

#[tokio::test]
async fn throttling_is_waited_out_and_told() {
    let throttled = || query_error(400, "Throttling", "Rate exceeded");
    let server = Server::with(vec![throttled(), throttled(), role("{}")]).await;
    let found = server.aws.role("jobs").await.unwrap().unwrap();
    assert_eq!((found.path.as_str(), found.trust), ("/", json!({})));
    assert_eq!(server.told(), ["AWS throttles GetRole; asking again"; 2]);
    let server = Server::with(vec![throttled(), throttled(), throttled()]).await;
    let failure = Failure::from(server.aws.role("jobs").await.unwrap_err());
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert_eq!(failure.message, "iam:GetRole: AWS is asked too often at the moment: Rate exceeded");
}

#[tokio::test]
async fn a_role_that_eks_does_not_see_yet_is_waited_for() {
    let not_yet = || eks_error(400, "InvalidParameterException", "Role provided in the request does not exist.");
    let done = || (200, json!({ "association": { "associationId": "a-1" } }).to_string());
    let server = Server::with(vec![not_yet(), not_yet(), done()]).await;
    server.aws.apply(&association()).await.unwrap();
    assert_eq!(server.asked().len(), 3);
    assert_eq!(server.told(), ["waiting until IAM's new role is visible to EKS (0 s)"; 2]);
    // Any other refusal is one at once, and this one is not waited for without end.
    let server = Server::with(vec![eks_error(400, "InvalidParameterException", "no such cluster role")]).await;
    let error = server.aws.apply(&association()).await.unwrap_err();
    assert!(matches!(error, AwsError::Invalid { .. }) && server.asked().len() == 1, "{error}");
    let server = Server::with((0..2000).map(|_| not_yet()).collect()).await.impatient();
    let error = server.aws.apply(&association()).await.unwrap_err();
    assert!(matches!(error, AwsError::Invalid { .. }) && server.asked().len() > 1, "{error}");
}

#[tokio::test]
async fn what_was_just_made_is_looked_for_again() {
    let created = (200, role("{}").1.replace("GetRole", "CreateRole"));
    let missing = || query_error(404, "NoSuchEntity", "The role with name jobs cannot be found.");
    let attached = query("AttachRolePolicy", "");
    let server = Server::with(vec![created, missing(), attached, missing(), role("{}")]).await;
    let then = vec![RoleStep::Attach("arn:aws:iam::aws:policy/X".to_owned())];
    server.aws.apply(&AwsChange::CreateRole { role: new_role(), then }).await.unwrap();
    assert!(server.aws.role("jobs").await.unwrap().is_some());
    let server = Server::with(vec![missing()]).await;
    assert!(server.aws.role("jobs").await.unwrap().is_none());
    assert!(server.told().is_empty());
}

#[tokio::test]
async fn what_appeared_meanwhile_is_compared() {
    let exists = || query_error(409, "EntityAlreadyExists", "Role with name jobs already exists.");
    let server = Server::with(vec![exists(), role(r#"{"Version":"2012-10-17"}"#)]).await;
    server.aws.apply(&create_role()).await.unwrap();
    let server = Server::with(vec![exists(), role(r#"{"Version":"2008-10-17"}"#)]).await;
    let failure = Failure::from(server.aws.apply(&create_role()).await.unwrap_err());
    assert_eq!(failure.message, "somebody made role `jobs` meanwhile, with different content: it trusts somebody else");
    assert_eq!(failure.kind, FailureKind::Refused);

    let in_use = || eks_error(409, "ResourceInUseException", "Association already exists");
    let listed = || {
        let it = json!({ "associationId": "a-1", "namespace": "jobs", "serviceAccount": "job", "clusterName": "prod" });
        (200, json!({ "associations": [it] }).to_string())
    };
    let described =
        |role: &str| (200, json!({ "association": { "associationId": "a-1", "roleArn": role } }).to_string());
    let server = Server::with(vec![in_use(), listed(), described(ROLE_ARN)]).await;
    server.aws.apply(&association()).await.unwrap();
    let server = Server::with(vec![in_use(), listed(), described("arn:aws:iam::123456789012:role/x")]).await;
    let error = server.aws.apply(&association()).await.unwrap_err();
    assert!(error.to_string().ends_with("it gives the role arn:aws:iam::123456789012:role/x"), "{error}");
}

#[tokio::test]
async fn a_quota_is_named_and_a_conflict_waited_out() {
    let full = query_error(409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000");
    let server = Server::with(vec![full]).await;
    let failure = Failure::from(server.aws.apply(&create_role()).await.unwrap_err());
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("a quota of the account is used up (RolesPerAccount: 1000)"), "{failure}");
    let busy = query_error(409, "ConcurrentModification", "being modified");
    let server = Server::with(vec![busy, query("UpdateAssumeRolePolicy", "")]).await;
    server.aws.set_trust("jobs", &json!({})).await.unwrap();
    assert_eq!(server.told(), ["waiting until somebody else's change is done (0 s)"]);
}

#[tokio::test]
async fn a_client_that_may_only_read_sends_no_byte_of_a_change() {
    let server = Server::with(Vec::new()).await;
    let reader = server.aws.read_only();
    for change in every_change() {
        let error = reader.apply(&change).await.unwrap_err();
        assert!(matches!(error, AwsError::ReadOnly { .. }), "{error}");
        assert_eq!(Failure::from(error).kind, FailureKind::Bug);
    }
    let role = "jobs";
    for result in [
        reader.detach_policy(role, "arn").await,
        reader.delete_inline_policy(role, "x").await,
        reader.delete_role(role).await,
        reader.delete_oidc_provider(PROVIDER).await,
        reader.delete_association("prod", "a-1").await,
    ] {
        assert!(matches!(result, Err(AwsError::ReadOnly { .. })), "{result:?}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn no_error_shows_a_secret() {
    let [secret, session] = SECRETS;
    let canonical = format!(
        "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for \
         this request should have been\n'POST\nx-amz-security-token:{session}\n{secret}'"
    );
    for answer in [
        query_error(403, "SignatureDoesNotMatch", &canonical),
        query_error(403, "InvalidClientTokenId", "The security token included in the request is invalid"),
        query_error(403, "ExpiredToken", "The security token included in the request is expired"),
        (502, format!("<html>{session}</html>")),
        (200, format!("not xml {secret}")),
    ] {
        let server = Server::with(vec![answer.clone(), answer.clone(), answer]).await;
        let error = server.aws.caller().await.unwrap_err();
        let debug = format!("{error:?} {error} {:?}", server.aws);
        let failure = Failure::from(error);
        let told = serde_json::to_string(&failure).unwrap() + &server.told().concat();
        for text in [debug, told] {
            assert!(!text.contains("hunter2"), "{text}");
        }
        assert!(!failure.message.is_empty());
    }
    let token = Server::with(Vec::new()).await.aws.cluster_token("prod").await.unwrap();
    assert!(!format!("{token:?}").contains("k8s-aws"));
}

#[tokio::test]
async fn refusals_of_credentials_say_what_to_type() {
    for (answer, kind, message, hint) in [
        (
            query_error(403, "ExpiredToken", "The security token included in the request is expired"),
            FailureKind::Refused,
            "the credentials for AWS of profile `work` have expired",
            "aws sso login --profile work",
        ),
        (
            query_error(403, "InvalidClientTokenId", "The security token included in the request is invalid"),
            FailureKind::Refused,
            "AWS does not accept the credentials of profile `work`",
            "aws sts get-caller-identity --profile work",
        ),
        (
            query_error(403, "SignatureDoesNotMatch", "Signature expired: 20250101T000000Z is now earlier than x"),
            FailureKind::Refused,
            "this machine's clock is wrong",
            "check this machine's clock",
        ),
    ] {
        let server = Server::with(vec![answer.clone(), answer.clone(), answer]).await;
        let failure = Failure::from(server.aws.caller().await.unwrap_err());
        assert_eq!(failure.kind, kind);
        assert!(failure.message.starts_with(message), "{failure}");
        assert!(failure.hints.iter().any(|it| it == hint), "{:?}", failure.hints);
    }
}

#[tokio::test]
async fn a_cluster_that_is_not_there_names_those_that_are() {
    let missing = eks_error(404, "ResourceNotFoundException", "No cluster found for name: prdo.");
    let clusters = (200, json!({ "clusters": ["prod", "test"] }).to_string());
    let server = Server::with(vec![caller(), missing, clusters]).await;
    server.aws.caller().await.unwrap();
    let failure = Failure::from(server.aws.cluster("prdo").await.unwrap_err());
    assert_eq!(failure.kind, FailureKind::Usage);
    assert_eq!(failure.message, "EKS has no cluster `prdo` in region eu-central-1 of account 123456789012");
    assert_eq!(failure.hints[0], "`--cluster-name` takes one of: prod, test");
}

#[tokio::test]
async fn a_denial_names_the_kind_of_policy_and_a_look_at_it_is_unknown() {
    let words = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:GetRole on resource: role jobs \
                 with an explicit deny in a service control policy";
    let denied = || query_error(403, "AccessDenied", words);
    let server = Server::with(vec![denied(), denied()]).await;
    let failure = Failure::from(server.aws.role("jobs").await.unwrap_err());
    assert_eq!(
        failure.message,
        "`arn:aws:iam::123456789012:user/u` may not iam:GetRole on role jobs: explicit deny in a service control policy"
    );
    assert!(failure.hints[0].starts_with("ask the organisation's administrator"));
    assert_eq!(failure.causes, [words]);
    let crate::cloud::look::Look::Unknown(words) = look(server.aws.role("jobs").await).unwrap() else { panic!() };
    assert!(words.contains("iam:GetRole"), "{words}");
}

#[tokio::test]
async fn what_was_found_out_is_asked_once_and_shared() {
    let cluster = json!({ "cluster": {
        "name": "prod", "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/prod", "status": "ACTIVE",
        "certificateAuthority": { "data": "LS0t" }, "computeConfig": { "enabled": true },
        "identity": { "oidc": { "issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/A" } },
    } });
    let server = Server::with(vec![caller(), (200, cluster.to_string())]).await;
    let again = server.aws.read_only();
    let (one, two) = (server.aws.caller().await.unwrap(), again.caller().await.unwrap());
    assert_eq!((one.account.as_str(), one == two), ("123456789012", true));
    let (one, two) = (again.cluster("prod").await.unwrap(), server.aws.cluster("prod").await.unwrap());
    assert_eq!(one, two);
    assert_eq!(one.issuer_name(), Some("oidc.eks.eu-central-1.amazonaws.com/id/A"));
    assert!(one.auto_mode && one.certificate_authority.as_deref() == Some(b"---"));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn no_request_outlasts_the_run() {
    let server = Server::until(Vec::new(), Duration::from_millis(300)).await;
    let begin = Instant::now();
    let error = server.aws.role("jobs").await.unwrap_err();
    assert!(matches!(error, AwsError::TimedOut { .. }) && begin.elapsed() < Duration::from_secs(20), "{error}");
    assert_eq!(Failure::from(error).kind, FailureKind::Unreachable);
}

#[tokio::test]
async fn a_web_identity_is_unsigned_and_waited_for() {
    let not_yet = || query_error(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account");
    let arn = "arn:aws:sts::123456789012:assumed-role/jobs/check";
    let user = format!("<AssumedRoleUser><AssumedRoleId>A:check</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>");
    let done = query("AssumeRoleWithWebIdentity", &user);
    let server = Server::with(vec![not_yet(), done]).await;
    let patience = Duration::from_secs(2);
    let who = server.aws.read_only().assume_with_web_identity(ROLE_ARN, "e30.e30.x", "check", patience).await;
    assert_eq!(who.unwrap(), arn);
    for request in server.asked() {
        let head = request.to_lowercase();
        assert!(!head.contains("\r\nauthorization:") && !head.contains("\r\nx-amz-security-token:"), "{request}");
    }
    let denied = || query_error(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let server = Server::with((0..2000).map(|_| denied()).collect()).await;
    let error = server.aws.assume_with_web_identity(ROLE_ARN, "e30.e30.x", "check", patience).await.unwrap_err();
    assert_eq!(error.code, "AccessDenied");
    assert!(server.asked().len() > 1 && !format!("{error:?} {error}").contains("e30"));
}

#[tokio::test]
async fn rights_are_asked_about_in_few_requests_and_a_session_s_role_is_found() {
    let result = |action: &str, decision: &str| {
        format!(
            "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>r</EvalResourceName>\
             <EvalDecision>{decision}</EvalDecision></member>"
        )
    };
    let results = result("iam:GetRole", "allowed") + &result("iam:CreateRole", "implicitDeny");
    let answer = || {
        let list = format!("<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>");
        query("SimulatePrincipalPolicy", &list)
    };
    let missing = query_error(404, "NoSuchEntity", "The role with name Admin cannot be found.");
    let with_path = (200, role("{}").1.replace("role/jobs", "role/aws-reserved/Admin"));
    let server = Server::with(vec![missing, with_path, answer()]).await;
    let right = |action: &str| RightCheck { action: action.to_owned(), resource: "r".to_owned(), context: Vec::new() };
    let checks = [right("iam:CreateRole"), right("iam:GetRole")];
    let session = "arn:aws:sts::123456789012:assumed-role/Admin/me".parse().unwrap();
    let verdicts = server.aws.read_only().simulate(&session, &checks).await.unwrap();
    let denied = RightVerdict::Denied { policy: PolicyKind::Identity, is_explicit: false };
    assert_eq!(verdicts, [denied, RightVerdict::Allowed]);
    assert_eq!(server.asked().len(), 3);
    let server = Server::with(vec![query_error(403, "AccessDenied", "no")]).await;
    let user = "arn:aws:iam::123456789012:user/u".parse().unwrap();
    let verdicts = server.aws.simulate(&user, &checks).await.unwrap();
    assert!(verdicts.iter().all(|verdict| matches!(verdict, RightVerdict::Unknown(_))), "{verdicts:?}");
    let root = "arn:aws:iam::123456789012:root".parse().unwrap();
    assert_eq!(server.aws.simulate(&root, &checks).await.unwrap(), [RightVerdict::Allowed, RightVerdict::Allowed]);
}

#[tokio::test]
async fn a_proxy_is_gone_through() {
    let server = Server::as_proxy(vec![caller()]).await;
    server.aws.caller().await.unwrap();
    let asked = server.asked().concat().to_lowercase();
    assert!(asked.starts_with("post http://aws.invalid/ "), "{asked}");
    assert!(asked.contains("proxy-authorization: basic dxnlcjpwyxnz"), "{asked}");
}

#[tokio::test]
async fn a_region_that_has_no_host_is_a_slip_of_the_pen() {
    let mut server = Server::with(Vec::new()).await;
    let shared = std::sync::Arc::get_mut(&mut server.aws.shared).unwrap();
    let nowhere = || vec!["failed to lookup address information: Name or service not known".to_owned()];
    let told = |shared: &client::Shared| {
        let problem = crate::cloud::reach::reach_problem(&nowhere());
        Failure::from(understand::unreachable("eks:X".to_owned(), "eks", problem, nowhere(), shared))
    };
    assert_eq!(told(shared).kind, FailureKind::Unreachable);
    shared.region = "eu-central-3".parse().unwrap();
    let failure = told(shared);
    assert_eq!(failure.kind, FailureKind::Usage);
    assert_eq!(failure.hints, ["did you mean --region eu-central-1?"]);
}
