//! `Microsoft.Authorization/locks`: read only; tests set them.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::place::covers;
use super::router::Call;

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/locks/read")?;
    let scope = call.place.scope.clone();
    let locks = call.subscription().locks.iter().enumerate();
    let is_near = |(_, (held, _)): &(usize, &(String, String))| covers(held, &scope) || covers(&scope, held);
    let shown = |(index, (held, level)): (usize, &(String, String))| {
        json!({
            "id": format!("{held}/providers/Microsoft.Authorization/locks/world-{index}"),
            "name": format!("world-{index}"),
            "type": "Microsoft.Authorization/locks",
            "properties": { "level": level },
        })
    };
    let all: Vec<Value> = locks.filter(is_near).map(shown).collect();
    Ok(call.page(all))
}
