//! Laying a pod template over a pod: maps merge, named lists merge by name, other lists replace.

use serde_json::Value;

/// Lays `over` on `base`.
pub(super) fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (field, value) in over {
                merge(base.entry(field.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(over)) if over.iter().all(|item| item["name"].is_string()) => {
            for item in over {
                match base.iter_mut().find(|it| it["name"] == item["name"]) {
                    Some(same) => merge(same, item),
                    None => base.push(item.clone()),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::merge;

    #[test]
    fn containers_and_variables_merge_by_name() {
        let mut base =
            json!({ "containers": [{ "name": "main", "image": "a", "env": [{ "name": "A", "value": "1" }] }] });
        let over =
            json!({ "containers": [{ "name": "main", "env": [{ "name": "B", "value": "2" }] }, { "name": "side" }] });
        merge(&mut base, &over);
        let both = json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]);
        assert_eq!(base, json!({ "containers": [{ "name": "main", "image": "a", "env": both }, { "name": "side" }] }));
    }
}
