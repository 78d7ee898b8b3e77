//! What a tenant keeps: pieces, and the attempts that its sessions deliver.

use std::time::Duration;

use etude_do::id::PieceId;
use etude_engine::session::Config;
use serde_json::{Value, json};

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{Known, Socket};
use crate::service::{Opened, Service};

/// So that a test that waits for what never comes fails. Says nothing about speed.
const TRIES: usize = 600;

/// Asks until the answer is as wanted.
async fn until(service: &Service, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..TRIES {
        let answer = service.get(path);
        if answer.status == 200 && wanted(&answer.body) {
            return answer.body;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{path} never came to what it should: {:?}", service.get(path))
}

async fn attempts(service: &Service, count: usize) -> Vec<Value> {
    let body =
        until(service, "/v1/attempts", |body| body["attempts"].as_array().map(Vec::len) == Some(count)).await;
    body["attempts"].as_array().expect("a list").clone()
}

/// The report of an attempt as the engine alone has it.
fn judged(body: &Value) -> Value {
    let mut report = body["report"].clone();
    report.as_object_mut().expect("a report").remove("plausibility").expect("evidence");
    report
}

async fn play(service: &Service, opened: &Opened, measures: usize) {
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(service, opened, &mut known).await;
    socket.play_through(&mut known, 0, &take(measures)).await;
    socket.report(&mut known).await;
}

#[tokio::test]
async fn a_take_becomes_an_attempt_once() {
    let mut service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let (_, session) = straight_fold(&piece, &Config::default(), &events);
    let first = service.open_for(&piece, "Anna");
    play(&service, &first, 6).await;
    attempts(&service, 1).await;
    // However often the session looks again what there is to deliver.
    service.workerd.kill_9().expect("it runs");
    service.workerd.restart().expect("it starts");
    let second = service.open_for(&piece, "Bob, \"the\" =Great");
    play(&service, &second, 6).await;
    let all = attempts(&service, 2).await;
    assert_eq!((&all[0]["player"], &all[1]["player"]), (&json!("Bob, \"the\" =Great"), &json!("Anna")));
    assert_eq!(all[1]["ended"], true);
    assert_eq!(all[1]["total"], serde_json::to_value(report_of(&session).total).expect("JSON"));

    let one = service.get(&format!("/v1/attempts/{}", first.session));
    assert_eq!(one.body["attempt"], all[1]);
    assert_eq!(judged(&one.body), serde_json::to_value(report_of(&session)).expect("JSON"));

    // By player, by piece, page by page, as a table.
    let told = |path: &str| service.get(path).body["attempts"].as_array().expect("a list").len();
    assert_eq!(told("/v1/attempts?player=Anna"), 1);
    assert_eq!(told("/v1/attempts?player=Clara"), 0);
    let name = PieceId::of(piece.as_bytes());
    assert_eq!(told(&format!("/v1/attempts?piece={name}&limit=1")), 1);
    let page = service.get("/v1/attempts?limit=1").body;
    assert_eq!(page["next"], second.session.as_str());
    let next = service.get(&format!("/v1/attempts?limit=1&before={}", second.session)).body;
    assert_eq!(next["attempts"][0], all[1]);
    let table = service.text("/v1/attempts?format=csv");
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains("\"Bob, \"\"the\"\" =Great\""), "{table}");
    for query in ["limit=0", "limit=1001", "limit=x", "format=xml"] {
        service.get(&format!("/v1/attempts?{query}")).refused(400, "bad_query");
    }

    let trend = service.get(&format!("/v1/pieces/{name}/trend"));
    assert_eq!(trend.body["attempts"].as_array().map(Vec::len), Some(2));
    let measures = trend.body["measures"].as_array().expect("measures");
    assert_eq!(measures.len(), 6);
    for (measure, counted) in measures.iter().zip(report_of(&session).measures) {
        assert_eq!(measure["combined"], json!([counted.tally.combined, counted.tally.combined]));
    }
    assert_eq!(service.get("/v1/players").body["players"][0]["player"], "Anna");

    assert_eq!(service.delete(&format!("/v1/attempts/{}", first.session)), 204);
    service.get(&format!("/v1/attempts/{}", first.session)).refused(404, "no_attempt");
    attempts(&service, 1).await;
    service.assert_calm();
}

#[tokio::test]
async fn a_take_that_was_left_is_delivered_unfinished_and_may_go_on() {
    let mut service = Service::start();
    service.workerd.set_environment("ETUDE_IDLE_SECONDS", "1");
    service.workerd.restart().expect("it starts");
    let (piece, events) = (scale(6), take(6));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open_for(&piece, "Anna");
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &events[..20]).await;
    drop(socket);
    let left = attempts(&service, 1).await.remove(0);
    assert_eq!((&left["ended"], &left["events"]), (&json!(false), &json!(20)));

    // The log was left open, so nothing is lost and nothing is counted twice.
    let (mut socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
    assert_eq!(high_water, 20);
    socket.play_through(&mut known, 20, &events[20..]).await;
    socket.report(&mut known).await;
    assert_eq!(known.records, records);
    let path = format!("/v1/attempts/{}", opened.session);
    let ended = until(&service, &path, |body| body["attempt"]["ended"] == true).await;
    assert_eq!(judged(&ended), serde_json::to_value(report_of(&session)).expect("JSON"));
    assert_eq!(attempts(&service, 1).await.len(), 1);
    service.assert_calm();
}

#[tokio::test]
async fn a_session_goes_when_its_time_is_over_and_its_attempt_stays() {
    let mut service = Service::start();
    service.workerd.set_environment("ETUDE_KEEP_SECONDS", "2");
    service.workerd.restart().expect("it starts");
    let opened = service.open_for(&scale(2), "Anna");
    play(&service, &opened, 2).await;
    attempts(&service, 1).await;
    let path = format!("/v1/sessions/{}", opened.session);
    for _ in 0..TRIES {
        if service.get(&path).status == 404 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    service.get(&path).refused(404, "no_session");
    attempts(&service, 1).await;
    service.assert_calm();
}

#[tokio::test]
async fn the_operator_deletes_a_session_and_a_piece() {
    let service = Service::start();
    let piece = scale(2);
    let name = PieceId::of(piece.as_bytes());
    let opened = service.open_for(&piece, "Anna");
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    let path = format!("/v1/pieces/{name}");
    assert_eq!(service.text(&format!("{path}/file")), piece);
    assert_eq!(service.get("/v1/pieces").body["pieces"][0], service.get(&path).body);
    assert_eq!(service.delete(&path), 204);
    service.get(&path).refused(404, "no_piece");
    assert_eq!(service.get("/v1/pieces").body["pieces"], json!([]));
    // The session has its own copy.
    socket.play_through(&mut known, 0, &take(2)[..4]).await;

    assert_eq!(service.delete(&format!("/v1/sessions/{}", opened.session)), 204);
    let end = socket.until_end(&mut known).await;
    assert_eq!(end.error, Some((etude_engine::protocol::ErrorCode::NoSession, false)));
    service.get(&format!("/v1/sessions/{}", opened.session)).refused(404, "no_session");
    service.assert_calm();
}

#[test]
fn a_tenant_sees_nothing_of_another() {
    let service = Service::start();
    let token = |tenant: &str| {
        let signed = service.post("/v1/tokens", &json!({ "tenant": tenant, "life": 600 }));
        assert_eq!(signed.status, 201, "{signed:?}");
        format!("Bearer {}", signed.body["token"].as_str().expect("a token"))
    };
    let (anna, bob) = (token("anna"), token("bob"));
    let piece = scale(2);
    let name = PieceId::of(piece.as_bytes());
    let opened = service.open(&piece, &Config::default());
    for other in [&anna, &bob] {
        service.get_as(&format!("/v1/pieces/{name}"), other).refused(404, "no_piece");
        service.get_as(&format!("/v1/sessions/{}", opened.session), other).refused(404, "no_session");
        assert_eq!(service.get_as("/v1/pieces", other).body["pieces"], json!([]));
        assert_eq!(service.get_as("/v1/attempts", other).body["attempts"], json!([]));
    }
    for tenant in ["", "Anna", "a/b"] {
        service.post("/v1/tokens", &json!({ "tenant": tenant })).refused(400, "bad_body");
    }
    service.assert_calm();
}
