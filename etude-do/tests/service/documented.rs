//! docs/PROTOCOL.md says what is so, as far as HTTP goes. (The messages of the WebSocket are checked in the engine.)

use etude_do::EXPORTED_EVENTS_MAX;
use serde_json::{Value, json};

use crate::music::scale;
use crate::service::Service;

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");
const ERRORS: &str = include_str!("../../src/api/error.rs");

#[test]
fn every_answer_looks_as_documented() {
    let service = Service::start();
    let piece = service.upload(scale(16).replace("<work>", "<work><opus/>").as_bytes());
    same_shape("piece", &piece.body);

    same_shape("keys", &service.get("/v1/keys").body);
    let limit = format!("one document of at most {EXPORTED_EVENTS_MAX} events");
    assert!(DOCUMENT.contains(&limit), "{limit}");

    let mut open = example("open");
    let body: Value = open["piece"].take();
    assert!(body.is_string());
    open["piece"] = piece.body["piece"].clone();
    let opened = service.post("/v1/sessions", &open);
    assert_eq!(opened.status, 201, "{opened:?}");
    same_shape("opened", &opened.body);

    let session = opened.body["session"].as_str().expect("a session");
    let status = service.status(session);
    same_shape("status", &status);
    assert_eq!((&status["player"], &status["config"]), (&open["player"], &opened.body["config"]));
    assert_eq!(opened.body["config"], example("opened")["config"]);

    let missing = json!({ "piece": example("open")["piece"] });
    let refused = service.post("/v1/sessions", &missing);
    assert_eq!((refused.status, refused.body), (404, example("refusal")));
}

#[test]
fn every_refusal_is_documented() {
    let codes = ERRORS.lines().filter_map(|line| line.trim().split_once("=> \"")?.1.strip_suffix("\","));
    let codes: Vec<&str> = codes.collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        assert!(DOCUMENT.contains(&format!("`{code}`")), "{code} is not documented");
    }
}

fn example(name: &str) -> Value {
    let block = DOCUMENT.split("```json").find(|block| block.trim_start().starts_with(&format!("{name}\n")));
    let block = block.unwrap_or_else(|| panic!("no example of {name}"));
    let text = block.split_once('\n').and_then(|(_, rest)| rest.split_once("```")).expect("the block ends").0;
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The same fields of the same kinds; what may be null may be anything.
fn same_shape(name: &str, answer: &Value) {
    fn compare(place: &str, documented: &Value, answer: &Value) {
        match (documented, answer) {
            (Value::Null, _) | (_, Value::Null) => {}
            (Value::Object(documented), Value::Object(answer)) => {
                let fields =
                    |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
                assert_eq!(fields(documented), fields(answer), "{place}");
                for (field, value) in documented {
                    compare(&format!("{place}.{field}"), value, &answer[field]);
                }
            }
            (Value::Array(documented), Value::Array(answer)) => {
                documented
                    .iter()
                    .zip(answer)
                    .for_each(|(documented, answer)| compare(place, documented, answer));
            }
            (documented, answer) => {
                assert_eq!(
                    std::mem::discriminant(documented),
                    std::mem::discriminant(answer),
                    "{place}: {answer}"
                );
            }
        }
    }
    compare(name, &example(name), answer);
}
