//! GKE: clusters and their node pools, as they are told.

use serde_json::{Value, json};

use super::answer::Answer;
use super::policy::Target;
use super::router::Call;

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    found(call, "container.clusters.get").map(Answer::json)
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let location = call.values.get(1).cloned().unwrap_or_default();
    let permission = "container.clusters.list";
    let project = call.project(0, permission)?;
    call.need_service(&project)?;
    call.need(permission, &Target::Project(project.clone()), &format!("projects/{project}/locations/{location}"))?;
    check_location(&location)?;
    let clusters: Vec<&Value> = call
        .state
        .project(&project)
        .clusters
        .iter()
        .filter(|cluster| location == "-" || cluster.location == location)
        .map(|cluster| &cluster.fields)
        .collect();
    Ok(Answer::json(if clusters.is_empty() { json!({}) } else { json!({ "clusters": clusters }) }))
}

pub(super) fn node_pools(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let cluster = found(call, "container.clusters.get")?;
    Ok(Answer::json(json!({ "nodePools": cluster["nodePools"] })))
}

pub(super) fn node_pool(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let cluster = found(call, "container.clusters.get")?;
    let name = call.values.get(3).cloned().unwrap_or_default();
    let pool = cluster["nodePools"].as_array().into_iter().flatten().find(|pool| pool["name"] == name.as_str());
    let resource = cluster["selfLink"].as_str().and_then(|it| it.split_once("/v1/")).map_or("", |(_, path)| path);
    pool.cloned().map(Answer::json).ok_or_else(|| Answer::missing(format!("Not found: {resource}/nodePools/{name}.")))
}

fn found(call: &Call<'_>, permission: &str) -> Result<Value, Answer> {
    let [_, location, name] = [0, 1, 2].map(|index| call.values.get(index).cloned().unwrap_or_default());
    let named = call.values.first().map_or("", String::as_str);
    let resource = format!("projects/{named}/locations/{location}/clusters/{name}");
    let Some(project) = call.state.project_id(named) else {
        return Err(Answer::denied(call.service, permission, &resource));
    };
    call.need_service(&project)?;
    call.need(permission, &Target::Project(project.clone()), &resource)?;
    check_location(&location)?;
    let clusters = &call.state.project(&project).clusters;
    clusters
        .iter()
        .find(|cluster| cluster.name == name && cluster.location == location)
        .map(|cluster| cluster.fields.clone())
        .ok_or_else(|| Answer::missing(format!("Not found: {resource}.\nNo cluster named '{name}' in {named}.")))
}

/// A region such as `europe-west1`, or a zone such as `europe-west1-b`.
fn check_location(location: &str) -> Result<(), Answer> {
    let parts: Vec<&str> = location.split('-').collect();
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|it| it.is_ascii_lowercase());
    let is_region = |land: &str, place: &str| {
        is_word(land)
            && is_word(place.trim_end_matches(|it: char| it.is_ascii_digit()))
            && place.ends_with(|it: char| it.is_ascii_digit())
    };
    let fits = match parts.as_slice() {
        ["", ""] => true,
        [land, place] => is_region(land, place),
        [land, place, zone] => is_region(land, place) && zone.len() == 1 && is_word(zone),
        _ => false,
    };
    if fits { Ok(()) } else { Err(Answer::invalid(format!("Location \"{location}\" does not exist."))) }
}
