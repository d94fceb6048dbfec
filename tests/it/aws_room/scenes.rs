//! The scenes, and what has to come of them.

use super::*;

fn account() -> Account {
    let account = Provider::shared().account();
    account.paper_cluster("prod");
    account
}

fn policies(account: &Account, scene: &Value) -> [Value; 2] {
    let region: Region = account.region().parse().unwrap();
    let attach = [format!("arn:{}:iam::aws:{READ_ONLY}", account.partition()).parse().unwrap()];
    let boundary: Option<Arn> = scene["boundary"].as_str().map(|arn| arn.parse().unwrap());
    let scope = PolicyScope { account: account.id(), boundary: boundary.as_ref(), ..scope_of(&region, &attach, scene) };
    [setup_policy(&scope), teardown_policy(&scope)]
}

fn both([one, other]: &[Value; 2]) -> Value {
    let statements = [one, other].map(|policy| policy["Statement"].as_array().unwrap().clone()).concat();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[test]
fn the_policy_that_is_asked_for_is_enough_to_set_up_twice_and_to_take_back() {
    for identity in ["irsa", "pod-identity"] {
        for path in ["/", "/platform/"] {
            for with_boundary in [false, true] {
                let account = account();
                let mut scene = json!({ "name": "set up", "identity": identity, "path": path });
                if with_boundary {
                    let document =
                        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
                    account.aws(&["iam", "create-policy", "--policy-name", "limit", "--policy-document", document]);
                    scene["boundary"] = json!(account.iam_arn("policy/limit"));
                }
                let parts = policies(&account, &scene);
                let user = account.user_with_policy("operator", &parts[0]);
                let first = play(&user.env, &scene).unwrap_or_else(|failure| panic!("{scene} {}", failure.text()));
                assert_eq!(first["role"], account.iam_arn(&format!("role{path}{ROLE}")));
                assert_eq!((&first["path"], &first["boundary"]), (&json!(path), &scene["boundary"]));
                assert_eq!(first["inline"], "s3:ListAllMyBuckets");
                assert_eq!(first["attached"], json!([format!("arn:aws:iam::aws:{READ_ONLY}")]));
                let again = play(&user.env, &scene).unwrap_or_else(|failure| panic!("{scene} {}", failure.text()));
                assert_eq!(first, again, "what is there already is done");

                scene["name"] = json!("take back");
                let teardown = account.user_with_policy("remover", &both(&parts));
                for _ in 0..2 {
                    let gone =
                        play(&teardown.env, &scene).unwrap_or_else(|failure| panic!("{scene} {}", failure.text()));
                    assert_eq!(gone["there"], false);
                }
                let state = account.state();
                for kind in ["providers", "associations"] {
                    assert_eq!(state[kind], json!([]), "{kind}");
                }
                assert!(account.role(ROLE).is_none());
            }
        }
    }
}

#[test]
fn what_shows_late_is_waited_for() {
    let (role, provider) = ("IAM's new role is visible to EKS", "IAM knows everywhere what was just made");
    let wait = |kind: &str, identity: &str, untils: &[&str]| {
        let account = account();
        account.shows_late(kind, 1, Duration::ZERO);
        let done = play(&account.env(), &json!({ "name": "set up", "identity": identity })).unwrap();
        for until in untils {
            let text = format!("waiting until {until} (2 s)");
            assert!(
                done["told"].as_array().unwrap().iter().any(|it| *it == text),
                "{kind} {identity}: {}",
                done["told"]
            );
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| wait("role", "pod-identity", &[role, provider]));
        scope.spawn(|| wait("role", "irsa", &[provider]));
        scope.spawn(|| wait("provider", "irsa", &[provider]));
    });
}

#[test]
fn who_may_do_nothing_is_told_what_is_missing() {
    let account = account();
    let user = account.user("nobody");
    let failure = play(&user.env, &json!({ "name": "cluster" })).unwrap_err();
    assert_eq!(failure.0["kind"], "refused");
    let message = failure.0["message"].as_str().unwrap();
    assert!(message.contains("may not eks:DescribeCluster on arn:aws:eks:"), "{message}");
    assert!(message.ends_with("no identity-based policy allows it"), "{message}");
    assert!(failure.text().contains("runner-setup permissions --for aws"));
    let seen = play(&user.env, &json!({ "name": "look", "reads": true })).unwrap();
    assert!(seen["role"].as_str().unwrap().starts_with("Unknown(") && seen.to_string().contains("iam:GetRole"));
    let deny = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*" },
    ] });
    account.scp(&[deny]);
    let failure = play(&account.env(), &json!({ "name": "set up", "identity": "pod-identity" })).unwrap_err();
    assert!(failure.text().contains("explicit deny in a service control policy"), "{failure:?}");
    assert!(failure.text().contains("ask the organisation's administrator"), "{failure:?}");
}

#[test]
fn iam_is_asked_beforehand_about_exactly_these_rights() {
    let account = account();
    for identity in ["irsa", "pod-identity"] {
        let scene = json!({ "name": "ask", "identity": identity, "reads": true });
        let user = account.user_with_policy(&format!("operator-{identity}"), &policies(&account, &scene)[0]);
        let ask = |who: &str| {
            let mut scene = scene.clone();
            scene["who"] = json!(who);
            play(&account.env(), &scene).unwrap()
        };
        let answer = ask(&user.arn);
        assert_eq!(answer["refused"], json!([]), "of {}", answer["asked"]);
        let nobody = account.user(&format!("nobody-{identity}"));
        let answer = ask(&nobody.arn);
        let refused = answer["refused"].as_array().unwrap();
        assert_eq!(refused.len() as u64, answer["asked"].as_u64().unwrap());
        assert!(refused.iter().all(|it| it.as_str().unwrap().ends_with("no identity-based policy allows it")));
        assert_eq!(ask(&account.iam_arn("root"))["refused"], json!([]));
    }
}

#[test]
fn a_job_s_token_becomes_the_role_and_no_other_token_does() {
    let provider = Provider::shared();
    let (world, account) = (provider.control_plane(), provider.account());
    account.cluster("prod", world);
    let token = |name: &str| world.service_account_token("jobs", name, AUDIENCE);
    let _ = world.unique_name("jobs");
    let scene = |token: String| json!({ "name": "become", "token": token, "reads": true });
    let early = play(&account.env(), &scene(token("job"))).unwrap();
    assert_eq!(early["code"], "InvalidIdentityToken", "{early}");
    play(&account.env(), &json!({ "name": "set up", "identity": "irsa" })).unwrap();
    let became = play(&account.env(), &scene(token("job"))).unwrap();
    assert!(became["arn"].as_str().is_some_and(|arn| arn.ends_with(&format!("assumed-role/{ROLE}/check"))), "{became}");
    assert_eq!(play(&account.env(), &scene(token("other"))).unwrap()["code"], "AccessDenied");
}

#[test]
fn a_token_for_the_cluster_is_taken_whatever_the_endpoint_is() {
    let account = account();
    let token = play(&account.env(), &json!({ "name": "token" })).unwrap()["token"].as_str().unwrap().to_owned();
    let status = account.provider().review(&token);
    assert_eq!(status["authenticated"], true, "{status}");
    assert_eq!(status["user"]["username"], account.iam_arn("root"));
    let china = Provider::shared().account_in("cn-north-1");
    china.paper_cluster("prod");
    let token = play(&china.env(), &json!({ "name": "token" })).unwrap()["token"].as_str().unwrap().to_owned();
    assert_eq!(china.provider().review(&token)["authenticated"], true);
    let done = play(&china.env(), &json!({ "name": "set up", "identity": "irsa" })).unwrap();
    assert!(done["role"].as_str().unwrap().starts_with("arn:aws-cn:iam::"), "{done}");
}

#[test]
fn lists_are_read_to_their_end() {
    let account = account();
    account.paper_cluster("test");
    play(&account.env(), &json!({ "name": "set up", "identity": "pod-identity" })).unwrap();
    account.aws(&[
        "iam",
        "attach-role-policy",
        "--role-name",
        ROLE,
        "--policy-arn",
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    ]);
    account.pages_of(1);
    let lists = play(&account.env(), &json!({ "name": "lists", "reads": true })).unwrap();
    assert_eq!(lists["clusters"].as_array().unwrap().len(), 2);
    assert_eq!(lists["attached"].as_array().unwrap().len(), 2);
    let failure = play(&account.env(), &json!({ "name": "cluster", "cluster": "prdo" })).unwrap_err();
    assert!(failure.text().contains("`--cluster-name` takes one of: prod, test"), "{failure:?}");
    assert_eq!(failure.0["kind"], "usage");
}

#[test]
fn a_read_only_run_reaches_aws_with_reads_alone() {
    let account = account();
    let failure = play(&account.env(), &json!({ "name": "set up", "identity": "irsa", "reads": true })).unwrap_err();
    assert!(failure.text().contains("this run may only read"), "{failure:?}");
    assert!(account.writes().is_empty(), "{:?}", account.writes());
}

#[test]
fn without_credentials_every_source_is_named() {
    let account = account();
    let mut env = account.env();
    env.retain(|name, _| !["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].contains(&name.as_str()));
    let failure = play(&env, &json!({ "name": "caller" })).unwrap_err();
    let text = failure.text();
    for part in ["there are no credentials for AWS", "AWS_ACCESS_KEY_ID", "~/.aws/config", "instance metadata"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(failure.0["kind"], "refused");
    env.retain(|name, _| !name.ends_with("REGION"));
    let failure = play(&env, &json!({ "name": "caller" })).unwrap_err();
    assert_eq!(failure.0["kind"], "answer-missing");
}

#[test]
fn a_profile_told_by_flag_counts_more_than_the_environment() {
    let account = account();
    let user = account.user("ada");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let (key, secret) = (&user.env["AWS_ACCESS_KEY_ID"], &user.env["AWS_SECRET_ACCESS_KEY"]);
    let sso = "[sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n";
    std::fs::write(&file, format!("[ada]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")).unwrap();
    let config = folder.path().join("config");
    let session = "[sso-session s]\nsso_region = eu-central-1\nsso_start_url = https://x.awsapps.com/start\n";
    std::fs::write(&config, format!("{}{session}", sso.replace("[sso]", "[profile sso]"))).unwrap();
    let mut env = account.env();
    env.insert("AWS_SHARED_CREDENTIALS_FILE".to_owned(), file.display().to_string());
    env.insert("AWS_CONFIG_FILE".to_owned(), config.display().to_string());
    assert_eq!(play(&env, &json!({ "name": "caller" })).unwrap()["arn"], account.iam_arn("root"));
    assert_eq!(play(&env, &json!({ "name": "caller", "profile": "ada" })).unwrap()["arn"], user.arn);
    let failure = play(&env, &json!({ "name": "caller", "profile": "bob" })).unwrap_err();
    assert!(failure.text().contains("`--profile` takes one of: ada, sso"), "{failure:?}");
    let failure = play(&env, &json!({ "name": "caller", "profile": "sso" })).unwrap_err();
    assert!(failure.text().contains("aws sso login --profile sso"), "{failure:?}");
    env.insert("AWS_ACCESS_KEY_ID".to_owned(), "AKIAUNKNOWN".to_owned());
    let failure = play(&env, &json!({ "name": "caller" })).unwrap_err();
    assert!(failure.text().contains("AWS does not accept the credentials"), "{failure:?}");
}

#[test]
fn a_profile_that_assumes_a_role_works_and_says_when_it_may_not() {
    let account = account();
    let role = account.iam_arn("role/admins/operator");
    let may = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role },
    ] });
    let (ada, bob) = (account.user_with_policy("ada", &may), account.user("bob"));
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": ada.arn } },
    ] });
    let create = ["iam", "create-role", "--role-name", "operator", "--path", "/admins/"];
    account.aws(&[&create[..], &["--assume-role-policy-document", &trust.to_string()]].concat());
    let attach = ["iam", "attach-role-policy", "--role-name", "operator", "--policy-arn"];
    account.aws(&[&attach[..], &["arn:aws:iam::aws:policy/AdministratorAccess"]].concat());
    let folder = tempfile::tempdir().unwrap();
    let mut config = String::new();
    for (name, user) in [("ada", &ada), ("bob", &bob)] {
        let (key, secret) = (&user.env["AWS_ACCESS_KEY_ID"], &user.env["AWS_SECRET_ACCESS_KEY"]);
        config += &format!("[profile {name}-keys]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
        config += &format!("[profile {name}]\nrole_arn = {role}\nsource_profile = {name}-keys\n");
    }
    std::fs::write(folder.path().join("config"), config).unwrap();
    let mut env = account.env();
    env.insert("AWS_CONFIG_FILE".to_owned(), folder.path().join("config").display().to_string());
    let who = play(&env, &json!({ "name": "caller", "profile": "ada" })).unwrap();
    let session = format!("arn:aws:sts::{}:assumed-role/operator/", account.id());
    assert!(who["arn"].as_str().unwrap().starts_with(&session), "{who}");
    let failure = play(&env, &json!({ "name": "caller", "profile": "bob" })).unwrap_err();
    assert!(failure.text().contains("may not sts:AssumeRole on"), "{failure:?}");
    // A session does not show its role's path, which IAM wants to know.
    let scene = json!({ "name": "ask", "identity": "irsa", "who": who["arn"], "profile": "ada" });
    assert_eq!(play(&env, &scene).unwrap()["refused"], json!([]));
}

#[test]
fn a_policy_that_nobody_made_is_named() {
    let account = account();
    let missing = account.iam_arn("policy/missing");
    let scene = json!({ "name": "set up", "identity": "irsa", "boundary": missing });
    let failure = play(&account.env(), &scene).unwrap_err();
    assert!(failure.text().contains("--permissions-boundary") && failure.text().contains(&missing), "{failure:?}");
    assert_eq!(failure.0["kind"], "usage");
}

#[test]
fn what_is_not_there_any_more_is_taken_back_without_a_word() {
    let account = account();
    for identity in ["irsa", "pod-identity"] {
        let mut scene = json!({ "name": "set up", "identity": identity });
        play(&account.env(), &scene).unwrap();
        scene = json!({ "name": "take back", "identity": identity, "path": "/" });
        let users = if identity == "irsa" { json!([ROLE]) } else { json!([]) };
        assert_eq!(play(&account.env(), &scene).unwrap()["users"], users);
        assert_eq!(play(&account.env(), &scene).unwrap()["users"], json!([]));
    }
}
