//! Uploading and looking up pieces.

use etude_do::id::PieceId;
use etude_do::piece::FILE_BYTES_MAX;
use serde_json::json;

use crate::music::scale;
use crate::service::Service;

#[test]
fn a_piece_is_what_its_file_is() {
    let service = Service::start();
    let file = scale(8);
    let uploaded = service.upload(file.as_bytes());
    assert_eq!(uploaded.status, 201);
    assert_eq!(uploaded.body["piece"], PieceId::of(file.as_bytes()).to_string());
    assert_eq!((&uploaded.body["title"], &uploaded.body["composer"]), (&json!("Scale"), &json!(null)));
    assert_eq!((&uploaded.body["measures"], &uploaded.body["notes"]), (&json!(8), &json!(32)));
    let score = etude_engine::import::score(file.as_bytes()).expect("a score").score;
    assert_eq!(uploaded.body["score"], String::from(score.digest()));
    assert_eq!(uploaded.body["warnings"], json!([]));

    let again = service.upload(file.as_bytes());
    assert_eq!((again.status, &again.body), (200, &uploaded.body));
    let told = service.get(&format!("/v1/pieces/{}", PieceId::of(file.as_bytes())));
    assert_eq!((told.status, &told.body), (200, &uploaded.body));
}

#[test]
fn pieces_survive_a_crash() {
    let mut service = Service::start();
    // Several parts on disk, also when it is packed.
    let mut random = fastrand::Rng::with_seed(1);
    let noise = std::iter::repeat_with(|| random.alphanumeric()).take(5 << 20);
    let large = format!("{}<!--{}-->", scale(20), noise.collect::<String>());
    let uploaded = service.upload(large.as_bytes());
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    service.workerd.kill_9().expect("it runs");
    service.workerd.restart().expect("it starts");
    let opened = service.post("/v1/sessions", &json!({ "piece": uploaded.body["piece"] }));
    assert_eq!((opened.status, &opened.body["score"]), (201, &uploaded.body["score"]));
}

#[test]
fn a_broken_file_is_refused_by_what_is_wrong_with_it() {
    let service = Service::start();
    let good = scale(3);
    let zip = b"PK\x03\x04 and nothing more".to_vec();
    let half = good[..good.len() / 2].to_owned();
    let no_measure = good.replace("<divisions>1<", "<divisions>none<");
    for (file, told) in [
        (b"".to_vec(), ""),
        (b"a letter".to_vec(), "neither MusicXML"),
        (vec![0xff; 1000], ""),
        (zip, "cannot be opened"),
        (b"MThd".to_vec(), ""),
        (half.into_bytes(), "line "),
        (no_measure.into_bytes(), "measure 1"),
        (b"<html/>".to_vec(), "<html>"),
        ("<a>".repeat(100_000).into_bytes(), ""),
    ] {
        let answer = service.upload(&file);
        let message = answer.refused(422, "bad_score");
        assert!(message.contains(told), "{message}");
    }
    let answer = service.upload(&vec![b' '; FILE_BYTES_MAX + 1]);
    answer.refused(413, "too_large");
    assert_eq!(service.upload(good.as_bytes()).status, 201);
    service.assert_calm();
}

#[test]
fn a_session_is_refused_by_what_is_wrong_with_its_request() {
    let service = Service::start();
    let piece = service.upload(scale(1).as_bytes()).body["piece"].clone();
    let missing = PieceId::of(b"nothing").to_string();
    for (body, status, code) in [
        ("", 400, "bad_body"),
        ("[]", 400, "bad_body"),
        ("{}", 400, "bad_body"),
        (&json!({ "piece": 7 }).to_string(), 400, "bad_body"),
        (&json!({ "piece": "scale" }).to_string(), 400, "bad_body"),
        (&json!({ "piece": missing }).to_string(), 404, "no_piece"),
        (&json!({ "piece": piece, "pieces": 2 }).to_string(), 400, "bad_body"),
        (&json!({ "piece": piece, "player": "x".repeat(201) }).to_string(), 400, "bad_body"),
        (&json!({ "piece": piece, "config": { "mode": "sleep" } }).to_string(), 400, "bad_body"),
        (&json!({ "piece": piece, "config": { "tempo_percent": 5 } }).to_string(), 422, "bad_config"),
        (&json!({ "piece": piece, "config": { "hands": "third" } }).to_string(), 400, "bad_body"),
        (
            &json!({ "piece": piece, "config": { "range": { "from": 3, "to": 1 } } }).to_string(),
            422,
            "bad_config",
        ),
        (
            &json!({ "piece": piece, "config": { "range": { "from": 0, "to": 9999 } } }).to_string(),
            422,
            "bad_config",
        ),
        (&json!({ "piece": piece, "player": "x".repeat(20_000) }).to_string(), 413, "too_large"),
    ] {
        service.post_text("/v1/sessions", body).refused(status, code);
    }
    let player = "Clara Schumann, née Wieck & co: 100 % \u{1f3b9}";
    let opened = service.post("/v1/sessions", &json!({ "piece": piece, "player": player }));
    let session = opened.body["session"].as_str().expect("a session");
    assert_eq!(service.status(session)["player"], player);
    service.assert_calm();
}
