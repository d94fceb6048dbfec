//! IAM Credentials: access tokens of service accounts for those who may have them.

use std::time::Duration;

use serde_json::json;

use super::answer::Answer;
use super::policy::Target;
use super::principal::Who;
use super::router::Call;

pub(super) fn generate(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let [named, key] = [0, 1].map(|index| call.values.get(index).cloned().unwrap_or_default());
    if named != "-" {
        return Err(Answer::invalid("Request contains an invalid argument: the project of the account is `-` here."));
    }
    let permission = "iam.serviceAccounts.getAccessToken";
    let resource = format!("projects/-/serviceAccounts/{key}");
    let found = call.state.living(&key).or_else(|| call.state.account(&key).filter(|(_, it)| !it.deleted));
    let Some((project, account)) = found else {
        return Err(Answer::missing(format!("Not found; Gaia id not found for email {key}")));
    };
    let (home, unique_id, is_disabled) = (project.id.clone(), account.unique_id.clone(), account.disabled);
    call.need_service(&home)?;
    call.need(permission, &Target::Account(unique_id.clone()), &resource)?;
    if is_disabled {
        return Err(Answer::denied(call.service, permission, &resource));
    }
    let asked = call.body["scope"].as_array().cloned().unwrap_or_default();
    let scopes: Vec<String> = asked.iter().filter_map(|it| it.as_str()).map(str::to_owned).collect();
    if scopes.is_empty() {
        return Err(Answer::invalid("Request contains an invalid argument: scope is required."));
    }
    let lifetime = call.body["lifetime"].as_str().unwrap_or("3600s");
    let seconds = lifetime.strip_suffix('s').and_then(|it| it.parse::<u64>().ok()).filter(|it| (1..=3600).contains(it));
    let Some(seconds) = seconds else {
        return Err(Answer::invalid("Request contains an invalid argument: the lifetime is at most 3600s."));
    };
    let token = call.state.mint(Who::Account { unique_id }, &scopes, Duration::from_secs(seconds), &home);
    let seconds = i64::try_from(seconds).unwrap_or(3600);
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    let end = jiff::Timestamp::from_second(end.as_second()).expect("it is soon");
    Ok(Answer::json(json!({ "accessToken": token, "expireTime": end.to_string() })))
}
