use super::*;

const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A";
const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/A";

fn job() -> Entrant {
    Entrant::WebIdentity {
        provider: PROVIDER.to_owned(),
        issuer: ISSUER.to_owned(),
        subject: "system:serviceaccount:jobs:job".to_owned(),
    }
}

fn pod() -> Entrant {
    Entrant::PodIdentity { namespace: "jobs".to_owned(), service_account: "job".to_owned() }
}

fn web(condition: Value) -> Value {
    let mut statement = job().statement();
    statement["Condition"] = condition;
    json!({ "Version": "2012-10-17", "Statement": statement })
}

fn key(name: &str) -> String {
    format!("{ISSUER}:{name}")
}

#[test]
fn our_own_statement_lets_exactly_the_account_in() {
    for entrant in [job(), pod()] {
        let judgement = entrant.judge(&entrant.document());
        assert!(judgement.lets_in && !judgement.denies && !judgement.unjudged, "{judgement:?}");
        assert_eq!(judgement.too_wide, None);
        for (stranger, words) in entrant.strangers() {
            assert!(!stranger.judge(&entrant.document()).lets_in, "{words}");
        }
    }
}

#[test]
fn the_same_trust_written_in_other_ways_is_seen() {
    let (aud, sub) = (key("aud"), key("sub"));
    for condition in [
        json!({ "StringEquals": { aud.clone(): [AUDIENCE], sub.clone(): ["x", "system:serviceaccount:jobs:job"] } }),
        json!({ "StringEquals": { aud.clone(): AUDIENCE }, "StringLike": { sub.clone(): "system:serviceaccount:jobs:job" } }),
        json!({ "StringEquals": { sub.to_uppercase(): "system:serviceaccount:jobs:job" } }),
        json!({ "ForAnyValue:StringEquals": { aud.clone(): [AUDIENCE] }, "StringLike": { sub.clone(): "*:jobs:j?b" } }),
    ] {
        assert!(job().judge(&web(condition.clone())).lets_in, "{condition}");
    }
    let mut list = job().document();
    list["Statement"][0]["Principal"]["Federated"] = json!(["arn:aws:iam::123456789012:oidc-provider/other", PROVIDER]);
    list["Statement"][0]["Action"] = json!(["sts:*"]);
    assert!(job().judge(&list).lets_in);
}

#[test]
fn what_is_too_wide_is_named() {
    let (aud, sub) = (key("aud"), key("sub"));
    let wide = |condition: Value| job().judge(&web(condition)).too_wide.unwrap_or_default();
    assert_eq!(wide(json!({ "StringEquals": { aud.clone(): AUDIENCE } })), "every service account of the cluster");
    assert_eq!(
        wide(json!({ "StringLike": { sub.clone(): "system:serviceaccount:jobs:*" } })),
        "every service account of the namespace `jobs` and tokens for any audience"
    );
    let open = json!({ "Statement": { "Effect": "Allow", "Principal": { "Service": PODS },
        "Action": ["sts:AssumeRole", "sts:TagSession"] } });
    assert_eq!(pod().judge(&open).too_wide.unwrap(), "every service account that an association names");
}

#[test]
fn a_pattern_that_is_a_little_too_wide_is_named() {
    for (namespace, account, words) in [
        ("*", "job", "the service account `job` of every namespace"),
        ("jo*", "job", "the service account `job` of other namespaces named like `jobs`"),
        ("*bs", "job", "the service account `job` of other namespaces named like `jobs`"),
        ("jo*", "*", "every service account of other namespaces named like `jobs`"),
        ("jobs", "*", "every service account of the namespace `jobs`"),
        ("jobs", "jo*", "other service accounts of the namespace `jobs` named like `job`"),
        ("jobs", "*ob", "other service accounts of the namespace `jobs` named like `job`"),
    ] {
        let trust = web(json!({ "StringEquals": { key("aud"): AUDIENCE },
            "StringLike": { key("sub"): format!("system:serviceaccount:{namespace}:{account}") } }));
        let judgement = job().judge(&trust);
        assert!(judgement.lets_in);
        assert_eq!(judgement.too_wide.as_deref(), Some(words), "{namespace}:{account}");
        let mut trust = pod().document();
        trust["Statement"][0]["Condition"] = json!({ "StringLike": {
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": account,
        } });
        let judgement = pod().judge(&trust);
        assert!(judgement.lets_in);
        assert_eq!(judgement.too_wide.unwrap(), format!("{words} that an association names"));
        // Who is denied is no stranger that gets in.
        let mut ours_only = trust.clone();
        ours_only["Statement"] = json!([trust["Statement"][0].clone(), {
            "Effect": "Deny", "Principal": "*", "Action": "sts:*",
            "Condition": { "StringNotEquals": { "aws:RequestTag/kubernetes-namespace": "jobs" } },
        }, {
            "Effect": "Deny", "Principal": "*", "Action": "sts:*",
            "Condition": { "StringNotEquals": { "aws:RequestTag/kubernetes-service-account": "job" } },
        }]);
        assert_eq!(pod().judge(&ours_only).too_wide, None);
    }
    // Another service account that is let in by its whole name is somebody's will.
    let two = web(json!({ "StringEquals": { key("aud"): AUDIENCE,
        key("sub"): ["system:serviceaccount:jobs:job", "system:serviceaccount:jobs-2:job-2"] } }));
    assert_eq!(job().judge(&two).too_wide, None);
}

#[test]
fn an_audience_that_is_not_asked_for_is_named() {
    let exact = "system:serviceaccount:jobs:job";
    let wide = |condition: Value| job().judge(&web(condition)).too_wide;
    let words = Some("tokens for any audience".to_owned());
    assert_eq!(wide(json!({ "StringEquals": { key("sub"): exact } })), words);
    assert_eq!(wide(json!({ "StringEquals": { key("sub"): exact }, "StringLike": { key("aud"): "*" } })), words);
    let both = [AUDIENCE, "mine"];
    assert_eq!(wide(json!({ "StringEquals": { key("sub"): exact, key("aud"): both } })), None);
}

#[test]
fn a_door_for_anybody_in_aws_is_named() {
    let with = |entrant: &Entrant, statement: Value| {
        let mut document = entrant.document();
        document["Statement"].as_array_mut().unwrap().push(statement);
        entrant.judge(&document)
    };
    let door = |principal: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" });
    for everybody in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["arn:aws:iam::123456789012:root", "*"] })] {
        for entrant in [job(), pod()] {
            let judgement = with(&entrant, door(everybody.clone()));
            assert!(judgement.lets_in && !judgement.unjudged);
            assert_eq!(judgement.too_wide.as_deref(), Some("anybody in AWS"), "{everybody}");
        }
        // Also where the jobs themselves are not let in yet.
        let alone = json!({ "Statement": door(everybody.clone()) });
        assert_eq!(job().judge(&alone).too_wide.as_deref(), Some("anybody in AWS"));
        let mut bound = door(everybody.clone());
        bound["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
        assert_eq!(with(&job(), bound).too_wide, None);
        let mut denied = door(everybody);
        denied["Effect"] = json!("Deny");
        assert_eq!(with(&job(), denied).too_wide, None);
    }
    for other in ["arn:aws:iam::210987654321:root", "210987654321", "arn:aws:iam::210987654321:role/x"] {
        let wide = with(&job(), door(json!({ "AWS": other }))).too_wide;
        assert_eq!(wide.as_deref(), Some("principals of the AWS account 210987654321"), "{other}");
    }
    for ours in [json!({ "AWS": "arn:aws:iam::123456789012:role/x" }), json!({ "Service": "ec2.amazonaws.com" })] {
        assert_eq!(with(&job(), door(ours)).too_wide, None);
    }
}

#[test]
fn what_does_not_let_in_is_seen() {
    let (aud, sub) = (key("aud"), key("sub"));
    for condition in [
        json!({ "StringEquals": { aud.clone(): "sts.amazonaws.com.cn", sub.clone(): "system:serviceaccount:jobs:job" } }),
        json!({ "StringEquals": { aud.clone(): AUDIENCE, sub.clone(): "system:serviceaccount:jobs:other" } }),
        // Wildcards mean nothing to StringEquals.
        json!({ "StringEquals": { sub.clone(): "system:serviceaccount:jobs:*" } }),
        json!({ "StringNotEquals": { sub.clone(): "system:serviceaccount:jobs:job" } }),
    ] {
        let judgement = job().judge(&web(condition.clone()));
        assert!(!judgement.lets_in && !judgement.unjudged, "{condition}");
    }
    let other = json!({ "StringEquals": { sub: "system:serviceaccount:jobs:job" }, "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
    let judgement = job().judge(&web(other));
    assert!(!judgement.lets_in && judgement.unjudged);
    let no_tags =
        json!({ "Statement": [{ "Effect": "Allow", "Principal": { "Service": PODS }, "Action": "sts:AssumeRole" }] });
    assert!(!pod().judge(&no_tags).lets_in, "without sts:TagSession the agent is refused");
}

#[test]
fn a_denial_counts_more_than_any_permission() {
    let mut denied = job().added_to(&job().document());
    denied["Statement"][0]["Effect"] = json!("Deny");
    let judgement = job().judge(&denied);
    assert!(judgement.denies && !judgement.lets_in);
    for everybody in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["*"] })] {
        denied["Statement"][0] = json!({ "Effect": "Deny", "Principal": everybody, "Action": "sts:*" });
        assert!(job().judge(&denied).denies, "{denied}");
    }
}

#[test]
fn what_is_asked_of_a_token_is_read_as_it_is_written() {
    let trust = web(json!({ "StringEquals": { key("AUD"): AUDIENCE }, "StringLike": { key("sub"): ["a:*", "b"] } }));
    let texts = |claim: &str| asked_of(&trust, claim).into_iter().map(|asked| asked.text).collect::<Vec<_>>();
    assert_eq!(texts("iss"), [format!("https://{ISSUER}")]);
    assert_eq!(texts("sub"), ["a:*", "b"]);
    assert_eq!(texts("aud"), [AUDIENCE]);
    assert!(asked_of(&trust, "sub")[0].fits("a:x") && !asked_of(&trust, "sub")[1].fits("bb"));
    // A star under StringEquals is a star.
    let literal = web(json!({ "StringEquals": { key("sub"): "a:*" } }));
    assert!(!asked_of(&literal, "sub")[0].fits("a:x"));
    assert_eq!(asked_of(&pod().document(), "iss"), []);
}

#[test]
fn adding_keeps_everything_that_was_there() {
    let theirs = json!({ "Version": "2012-10-17", "Id": "x", "Statement":
        { "Sid": "Ec2", "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" } });
    let both = job().added_to(&theirs);
    assert_eq!((both["Id"].clone(), statements(&both).len()), (json!("x"), 2));
    assert_eq!(both["Statement"][0], theirs["Statement"]);
    assert!(job().judge(&both).lets_in && !job().judge(&theirs).lets_in);
    assert_eq!(job().judge(&both).issuers, [ISSUER]);
}

#[test]
fn the_same_policy_in_another_shape_is_the_same() {
    let one = json!({ "Version": "1", "Statement": { "Action": "s3:*", "Effect": "Allow", "Resource": ["*"] } });
    let two = json!({ "Statement": [{ "Resource": "*", "Effect": "Allow", "Action": ["s3:*"] }], "Version": "1" });
    assert_eq!(normalized(&one), normalized(&two));
    assert_ne!(normalized(&one), normalized(&json!({ "Version": "1", "Statement": [] })));
}
