//! docs/openapi.json says what is so: it names the addresses that the code names, and every answer that any test gets
//! is one that it allows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use etude_do::api::error::ApiError;
use etude_do::api::route::Route;
use etude_engine::session::Config;
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::fair::{compared, play};
use crate::music::scale;
use crate::service::{Service, agent};

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");
const MESSAGES: &str = include_str!("../../../docs/protocol.schema.json");
const ROUTES: &str = include_str!("../../src/api/route.rs");

const BASE: &str = "https://etude.example/docs/openapi.json";
const METHODS: [&str; 4] = ["get", "put", "post", "delete"];
const SESSION: &str = "000102030405060708090a0b0c0d0e0f";

static FILE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DOCUMENT).expect("JSON"));
static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let messages: Value = serde_json::from_str(MESSAGES).expect("JSON");
    Registry::new()
        .add(BASE, FILE.clone())
        .and_then(|registry| registry.add("https://etude.example/docs/protocol.schema.json", messages))
        .and_then(|registry| registry.prepare())
        .expect("schemas")
});

/// All operations: path, method, what is said of it.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    FILE["paths"].as_object().expect("paths").iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((&**path, *method, item.get(*method)?)))
    })
}

/// A path with names in its gaps.
fn filled(path: &str) -> String {
    path.replace("{session}", SESSION).replace("{piece}", &SESSION.repeat(2))
}

/// Asserts that the file allows an answer.
pub(crate) fn allows(method: &str, path: &str, status: u16, kind: &str, body: &Value) {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        template.len() == segments.len()
            && template.iter().zip(&segments).all(|(known, given)| known.starts_with('{') || known == given)
    };
    let method = method.to_lowercase();
    // What is no address at all is refused like the rest.
    let known = operations().find(|(template, known, _)| *known == method && fits(template));
    let status = status.to_string();
    let pointer = match known {
        Some((template, _, operation)) if operation["responses"].get(&status).is_some() => {
            let template = template.replace('/', "~1");
            format!("/paths/{template}/{method}/responses/{status}")
        }
        _ => {
            assert!(
                status.starts_with(['4', '5']),
                "{method} {path} answers {status}, which is not documented"
            );
            "/components/responses/Refusal".to_owned()
        }
    };
    let content = &FILE.pointer(&pointer).expect("a response")["content"];
    if *content == Value::Null {
        return assert_eq!((kind, body), ("", &Value::Null), "{method} {path}: {status} has no body");
    }
    let media = kind.split(';').next().unwrap_or_default();
    assert!(content.get(media).is_some(), "{method} {path}: {status} is {media:?}, not {content}");
    if media == "application/json" {
        let errors = errors(&format!("{pointer}/content/application~1json/schema"), body);
        assert!(errors.is_empty(), "{method} {path}: {status}: {errors:#?} in {body}");
    }
}

/// What of a value is not as the schema at a place of the file says.
fn errors(pointer: &str, value: &Value) -> Vec<String> {
    // A gap in a path is written with braces, which a URI has encoded.
    let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
    let schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": format!("{BASE}#{pointer}") });
    let validator: Validator = jsonschema::options()
        .with_registry(&REGISTRY)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{pointer}: {error}"));
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_code_and_the_file_name_the_same_addresses() {
    let file: BTreeSet<String> =
        operations().map(|(path, method, _)| format!("{} {path}", method.to_uppercase())).collect();
    // Each variant of `Route` says in its documentation which it is.
    let code = ROUTES.lines().filter_map(|line| line.trim().strip_prefix("/// `"));
    let code = code.flat_map(|line| line.split('`').filter(|part| part.contains(" /v1/")).map(str::to_owned));
    assert_eq!(code.collect::<BTreeSet<_>>(), file);

    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in operations() {
        let (method, path) = (method.to_uppercase(), filled(path));
        assert!(Route::parse(&method, &path).is_ok(), "{method} {path}");
        methods.entry(path).or_default().insert(method);
    }
    for (path, documented) in methods {
        let Err(ApiError::Method(allowed)) = Route::parse("PATCH", &path) else { panic!("{path}") };
        assert_eq!(allowed.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), documented, "{path}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let messages: Value = serde_json::from_str(MESSAGES).expect("JSON");
    let mut found = BTreeSet::new();
    references(&FILE, &mut found);
    for reference in &found {
        let (file, pointer) = reference.split_once('#').expect("a fragment");
        let target = if file.is_empty() { FILE.pointer(pointer) } else { messages.pointer(pointer) };
        assert!(["", "protocol.schema.json"].contains(&file) && target.is_some(), "{reference}");
    }
    assert!(found.len() > 20, "{found:?}");
    let names: BTreeSet<&str> =
        operations().map(|(.., operation)| operation["operationId"].as_str().expect("a name")).collect();
    assert_eq!(names.len(), operations().count());
}

#[test]
fn a_field_too_many_or_of_another_kind_is_noticed() {
    let health = |body: Value| errors("/components/schemas/Health", &body);
    assert_eq!(health(json!({ "status": "ok", "protocol": 1, "engine": "0.1.0" })), [""; 0]);
    for wrong in [
        json!({ "status": "ok", "protocol": 1 }),
        json!({ "status": "ok", "protocol": "1", "engine": "0.1.0" }),
        json!({ "status": "ok", "protocol": 1, "engine": "0.1.0", "more": 1 }),
    ] {
        assert_ne!(health(wrong), [""; 0]);
    }
}

/// Asks each operation of the file for an answer that is no refusal.
#[tokio::test]
async fn every_operation_answers_as_documented() {
    let service = Service::start();
    let piece = scale(24);
    let opened = service.open(&piece, &Config::default());
    play(&service, &opened).await;
    compared(&service, &opened.session).await;
    let name = service.status(&opened.session)["piece"].as_str().expect("a piece").to_owned();
    // What deletes comes last.
    let (last, first): (Vec<_>, Vec<_>) = operations().partition(|(_, method, _)| *method == "delete");
    for (path, method, operation) in first.into_iter().chain(last) {
        let id = operation["operationId"].as_str().expect("a name");
        let address = path.replace("{session}", &opened.session).replace("{piece}", &name);
        let body = match id {
            "socket" => continue, // Every other test of a session opens it.
            "uploadPiece" | "postPiece" => piece.clone(),
            "signOperator" => json!({ "tenant": "anna" }).to_string(),
            "openSession" => json!({ "piece": name, "player": null }).to_string(),
            "signSession" => json!({ "role": "viewer" }).to_string(),
            _ => String::new(),
        };
        if let Some(request) = operation.pointer("/requestBody/content/application~1json") {
            assert!(request["schema"]["$ref"].is_string());
            let place = format!(
                "/paths/{}/{method}/requestBody/content/application~1json/schema",
                path.replace('/', "~1")
            );
            let sent = serde_json::from_str(&body).expect("JSON");
            assert_eq!(errors(&place, &sent), [""; 0], "{id}");
        }
        let request = ureq::http::Request::builder()
            .method(&*method.to_uppercase())
            .uri(service.url(&address))
            .header("Authorization", format!("Bearer {}", service.workerd.key()));
        let answer = if matches!(method, "get" | "delete") {
            agent().run(request.body(()).expect("a request"))
        } else {
            agent().run(request.body(body).expect("a request"))
        };
        let mut answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        assert!((200..300).contains(&status), "{id}: {status}");
        let kind =
            answer.headers().get("Content-Type").map_or("", |kind| kind.to_str().expect("text")).to_owned();
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().expect("a body");
        allows(method, &address, status, &kind, &serde_json::from_str(&text).unwrap_or(Value::Null));
    }
    service.assert_calm();
}
