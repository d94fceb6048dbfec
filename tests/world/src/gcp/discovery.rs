//! Google's discovery documents, as judges of what goes in and out.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::python;

const DOCUMENTS: [&str; 7] = [
    "container.v1",
    "iam.v1",
    "iamcredentials.v1",
    "cloudresourcemanager.v1",
    "cloudresourcemanager.v3",
    "serviceusage.v1",
    "sts.v1",
];

static DISCOVERY: OnceLock<Discovery> = OnceLock::new();

/// All documents, read.
pub(super) struct Discovery {
    documents: Vec<Value>,
    methods: Vec<Method>,
}

/// One method of one service.
pub(super) struct Method {
    document: usize,
    /// Such as `iam`.
    pub(super) service: String,
    /// Such as `v1:iam.projects.serviceAccounts.create`.
    pub(super) id: String,
    verb: String,
    template: Vec<String>,
    query: BTreeSet<String>,
    request: Option<String>,
    response: Option<String>,
}

/// Returns the documents; panics with the reason when they cannot be had.
pub(super) fn documents() -> &'static Discovery {
    DISCOVERY.get_or_init(|| Discovery::load().unwrap_or_else(|reason| panic!("{reason}")))
}

impl Discovery {
    fn load() -> Result<Self, String> {
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("gcp/requirements.txt");
        let lib = python::environment(&requirements)?.join("lib");
        let versions = std::fs::read_dir(&lib).map_err(|error| format!("{}: {error}", lib.display()))?;
        let folder = versions
            .flatten()
            .map(|version| version.path().join("site-packages/googleapiclient/discovery_cache/documents"))
            .find(|path| path.is_dir())
            .ok_or_else(|| format!("no discovery documents in {}", lib.display()))?;
        let mut found = Self { documents: Vec::new(), methods: Vec::new() };
        for name in DOCUMENTS {
            let path = folder.join(format!("{name}.json"));
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let document: Value = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
            found.add(&document, &document);
            found.documents.push(document);
        }
        Ok(found)
    }

    fn add(&mut self, document: &Value, part: &Value) {
        for method in part["methods"].as_object().into_iter().flatten().map(|(_, method)| method) {
            self.methods.push(Method::of(self.documents.len(), document, method));
        }
        for resource in part["resources"].as_object().into_iter().flatten().map(|(_, resource)| resource) {
            self.add(document, resource);
        }
    }

    /// Finds the method that a request calls, with the values in its path.
    pub(super) fn find(&self, verb: &str, path: &str) -> Option<(&Method, Vec<String>)> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        self.methods.iter().filter(|method| method.verb == verb).find_map(|method| {
            let values = method.values_of(&segments)?;
            Some((method, values))
        })
    }

    /// Says what is wrong with a request, in Google's words.
    pub(super) fn judge_request(&self, method: &Method, query: &[(String, String)], body: &Value) -> Vec<String> {
        let mut wrong: Vec<String> =
            query.iter().filter(|(name, _)| !method.query.contains(name)).map(|(name, _)| unknown(name, "")).collect();
        match &method.request {
            // An empty body is an empty message.
            Some(_) if body.is_null() => {}
            Some(schema) => self.judge(method.document, schema, body, &mut wrong),
            None => {
                if let Some(field) = body.as_object().and_then(|fields| fields.keys().next()) {
                    wrong.push(unknown(field, ""));
                } else if !body.is_null() && !body.is_object() {
                    wrong.push("Invalid JSON payload received. No body is expected.".to_owned());
                }
            }
        }
        wrong
    }

    /// Says what is wrong with an answer.
    pub(super) fn judge_answer(&self, method: &Method, body: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(schema) = &method.response {
            self.judge(method.document, schema, body, &mut wrong);
        }
        // Tests put fields into clusters that no document knows yet.
        wrong.retain(|it| method.service != "container" || !it.contains("Unknown name"));
        wrong
    }

    fn judge(&self, document: usize, schema: &str, body: &Value, wrong: &mut Vec<String>) {
        let schemas = &self.documents[document]["schemas"];
        check(schemas, &schemas[schema], body, "", wrong);
    }
}

impl Method {
    fn of(index: usize, document: &Value, method: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let path = method["flatPath"].as_str().or_else(|| method["path"].as_str()).unwrap_or_default();
        let declared = |part: &Value| {
            let parameters = part["parameters"].as_object().cloned().unwrap_or_default();
            parameters.into_iter().filter(|(_, it)| it["location"] != "path").map(|(name, _)| name).collect::<Vec<_>>()
        };
        Self {
            document: index,
            service: text(&document["name"]),
            id: format!("{}:{}", text(&document["version"]), text(&method["id"])),
            verb: text(&method["httpMethod"]),
            template: path.split('/').map(str::to_owned).collect(),
            query: declared(method).into_iter().chain(declared(document)).collect(),
            request: method["request"]["$ref"].as_str().map(str::to_owned),
            response: method["response"]["$ref"].as_str().map(str::to_owned),
        }
    }

    /// What it is called in logs, such as `projects.serviceAccounts.create`.
    pub(super) fn action(&self) -> String {
        let id = self.id.split_once(':').map_or(self.id.as_str(), |(_, id)| id);
        id.split_once('.').map_or(id, |(_, action)| action).to_owned()
    }

    fn values_of(&self, segments: &[&str]) -> Option<Vec<String>> {
        if segments.len() != self.template.len() {
            return None;
        }
        let mut values = Vec::new();
        for (pattern, segment) in self.template.iter().zip(segments) {
            let Some(open) = pattern.find('{') else {
                if pattern != segment {
                    return None;
                }
                continue;
            };
            let close = pattern.find('}')?;
            let value = segment.strip_prefix(&pattern[..open])?.strip_suffix(&pattern[close + 1..])?;
            // What follows a colon is a verb of its own.
            if value.is_empty() || value.contains(':') {
                return None;
            }
            values.push(value.to_owned());
        }
        Some(values)
    }
}

fn unknown(name: &str, at: &str) -> String {
    if at.is_empty() {
        format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.")
    } else {
        format!("Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field.")
    }
}

fn check(schemas: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(schemas, &schemas[name], value, at, wrong);
    }
    let mut mistyped = |kind: &str| {
        wrong.push(format!("Invalid value at '{at}' ({kind}), {value}"));
    };
    match schema["type"].as_str() {
        Some("object") => {
            let Some(fields) = value.as_object() else {
                return mistyped("message");
            };
            for (name, field) in fields {
                let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                let property = &schema["properties"][name.as_str()];
                if property.is_object() {
                    check(schemas, property, field, &below, wrong);
                } else if schema["additionalProperties"].is_object() {
                    check(schemas, &schema["additionalProperties"], field, &below, wrong);
                } else {
                    wrong.push(unknown(name, at));
                }
            }
        }
        Some("array") => {
            let Some(items) = value.as_array() else {
                return mistyped("list");
            };
            for (index, item) in items.iter().enumerate() {
                check(schemas, &schema["items"], item, &format!("{at}[{index}]"), wrong);
            }
        }
        Some("string") => {
            let Some(text) = value.as_str() else {
                return mistyped("TYPE_STRING");
            };
            if schema["enum"].as_array().is_some_and(|names| !names.iter().any(|name| name == text)) {
                mistyped("TYPE_ENUM");
            } else if schema["format"] == "int64" && text.parse::<i64>().is_err() {
                mistyped("TYPE_INT64");
            }
        }
        Some("integer") if !value.is_i64() && !value.is_u64() => mistyped("TYPE_INT32"),
        Some("number") if !value.is_number() => mistyped("TYPE_DOUBLE"),
        Some("boolean") if !value.is_boolean() => mistyped("TYPE_BOOL"),
        _ => {}
    }
}
