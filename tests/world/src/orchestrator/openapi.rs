//! The OpenAPI documents, as judges of what goes in and out.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

const DOCUMENTS: [&str; 2] =
    [include_str!("../../specs/control-plane.yaml"), include_str!("../../specs/data-plane.yaml")];

static OPERATIONS: LazyLock<Vec<Operation>> =
    LazyLock::new(|| DOCUMENTS.iter().flat_map(|it| operations(it)).collect());

/// One method on one path.
struct Operation {
    method: String,
    template: Vec<String>,
    body: Option<Validator>,
    answers: HashMap<u16, Option<Validator>>,
    error: Validator,
}

/// Says what is wrong with a request body; unknown fields are wrong.
pub(super) fn judge_request(method: &str, path: &str, body: &Value) -> Vec<String> {
    match find(method, path) {
        None => Vec::new(),
        Some(Operation { body: Some(schema), .. }) => errors(schema, body),
        Some(_) if body.is_null() => Vec::new(),
        Some(_) => vec!["no body is expected here".to_owned()],
    }
}

/// Says what is wrong with an answer.
pub(super) fn judge_answer(method: &str, path: &str, status: u16, body: Option<&Value>) -> Vec<String> {
    let Some(operation) = find(method, path) else {
        return Vec::new();
    };
    match (operation.answers.get(&status), body) {
        (Some(Some(schema)), Some(body)) => errors(schema, body),
        (Some(Some(_)), None) => vec![format!("{status} without a body")],
        (Some(None), None) => Vec::new(),
        (Some(None), Some(_)) => vec![format!("{status} with a body")],
        // The documents leave out that every call can be refused for its token.
        (None, Some(body)) if status >= 400 => errors(&operation.error, body),
        (None, _) => vec![format!("{status} is not an answer of this call")],
    }
}

fn errors(schema: &Validator, body: &Value) -> Vec<String> {
    schema.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn find(method: &str, path: &str) -> Option<&'static Operation> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    OPERATIONS.iter().find(|operation| {
        operation.method == method
            && operation.template.len() == parts.len()
            && operation.template.iter().zip(&parts).all(|(want, is)| want.starts_with('{') || want == is)
    })
}

fn operations(text: &str) -> Vec<Operation> {
    let document: Value = serde_yaml::from_str(text).expect("the OpenAPI document is YAML");
    let open = components(&document, false);
    let closed = components(&document, true);
    let responses = &document["components"]["responses"];
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("a document has paths") {
        for (method, operation) in methods.as_object().expect("a path has methods") {
            let schema = |content: &Value| content.get("content")?.get("application/json")?.get("schema").cloned();
            let answers =
                operation["responses"].as_object().expect("an operation has answers").iter().map(|(code, it)| {
                    let named = it["$ref"].as_str().and_then(|it| it.rsplit('/').next()).map(|name| &responses[name]);
                    (
                        code.parse().expect("codes are numbers"),
                        schema(named.unwrap_or(it)).map(|it| validator(&it, &open)),
                    )
                });
            operations.push(Operation {
                method: method.to_uppercase(),
                template: path.trim_matches('/').split('/').map(str::to_owned).collect(),
                body: schema(&operation["requestBody"]).map(|it| validator(&it, &closed)),
                answers: answers.collect(),
                error: validator(&json!({ "$ref": "#/components/schemas/Error" }), &open),
            });
        }
    }
    operations
}

fn validator(schema: &Value, schemas: &Value) -> Validator {
    let mut whole = schema.clone();
    whole["components"] = json!({ "schemas": schemas });
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&whole)
        .expect("the schema is valid")
}

/// Returns the component schemas as JSON Schema; closed ones refuse unknown fields, as the service does.
fn components(document: &Value, closed: bool) -> Value {
    let mut schemas = document["components"]["schemas"].clone();
    translate(&mut schemas, closed);
    schemas
}

fn translate(schema: &mut Value, closed: bool) {
    if let Some(list) = schema.as_array_mut() {
        list.iter_mut().for_each(|it| translate(it, closed));
    }
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    object.values_mut().for_each(|it| translate(it, closed));
    // A discriminator picks one variant by a field's value; without it several variants look alike.
    if let (Some(discriminator), Some(_)) = (object.get("discriminator").cloned(), object.get("oneOf")) {
        let field = discriminator["propertyName"].as_str().expect("a discriminator names a field");
        let mapping = discriminator["mapping"].as_object().expect("a discriminator maps");
        let names: Vec<&String> = mapping.keys().collect();
        let mut all =
            vec![json!({ "type": "object", "required": [field], "properties": { field: { "enum": names } } })];
        all.extend(mapping.iter().map(|(name, target)| {
            json!({ "if": { "properties": { field: { "const": name } } }, "then": { "$ref": target } })
        }));
        object.remove("oneOf");
        object.remove("discriminator");
        object.insert("allOf".to_owned(), all.into());
    }
    let is_leaf = object.get("properties").is_some_and(Value::is_object) && !object.contains_key("allOf");
    if closed && is_leaf {
        object.entry("additionalProperties").or_insert(Value::Bool(false));
    }
}
