//! Asks IAM whether the caller may make the changes in AWS: there is no dry run to rehearse them with.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::cloud::aws::change::AwsChange;
use crate::cloud::aws::found::FoundAws;
use crate::cloud::aws::{Aws, PolicyScope, RightCheck, RightVerdict, rights_of};
use crate::failure::Failure;
use crate::plan::{AwsRight, Plan, with_scope};
use crate::settings::Settings;

/// Every right that the plan takes in AWS, with what IAM says about it. Nothing is asked when nothing changes there.
///
/// # Errors
/// IAM does not answer at all. That it may not be asked is no error: nothing is known then.
pub(super) async fn rehearse_aws(
    settings: &Settings,
    plan: &Plan,
    found: &FoundAws,
    client: &Aws,
) -> Result<Vec<AwsRight>, Failure> {
    let changes: Vec<(&str, &AwsChange)> = plan
        .changes()
        .filter_map(|(planned, change)| match change {
            Change::Aws(change) => Some((planned.object.as_str(), change)),
            _ => None,
        })
        .collect();
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let needed = with_scope(settings, found, client.region(), |scope: &PolicyScope<'_>| {
        let of_change = |(object, change): &(&str, &AwsChange)| {
            let object = (*object).to_owned();
            rights_of(change, scope).into_iter().map(move |check| (object.clone(), check))
        };
        changes.iter().flat_map(of_change).collect::<BTreeSet<(String, RightCheck)>>()
    });
    let needed: Vec<_> = needed.unwrap_or_default().into_iter().collect();
    let checks: Vec<RightCheck> = needed.iter().map(|(_, check)| check.clone()).collect();
    let verdicts: Vec<RightVerdict> = client.simulate(&found.caller.arn, &checks).await?;
    let rights = needed.into_iter().zip(verdicts);
    Ok(rights
        .map(|((object, check), verdict)| AwsRight { object, check, verdict, caller: found.caller.arn.to_string() })
        .collect())
}
