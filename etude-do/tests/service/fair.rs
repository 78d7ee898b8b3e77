//! Evidence, signatures, and takes that are checked where the service is not.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use etude_engine::fair::{Check, Export, Kind, Plausibility};
use serde_json::{Value, json};

use crate::music::{scale, take};
use crate::player::{Known, Socket};
use crate::service::{Opened, Service, agent, answer};

const MEASURES: usize = 24;
/// So that a test that waits for what never comes fails. Says nothing about speed.
const TRIES: usize = 1_200;

/// Plays the take of the scale as fast as it goes. Returns what the player is told of its plausibility.
pub(crate) async fn play(service: &Service, opened: &Opened) -> Plausibility {
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(service, opened, &mut known).await;
    for (events, first) in take(MEASURES).chunks(64).zip((0..).step_by(64)) {
        socket.play_through(&mut known, first, events).await;
    }
    socket.report(&mut known).await;
    known.evidence.expect("the service looks at every take")
}

/// What is known of a take once the studio has compared it.
pub(crate) async fn compared(service: &Service, session: &str) -> Plausibility {
    attempt(service, session).await;
    service.whole_report(session).plausibility.expect("evidence")
}

/// Waits until the studio has the attempt of a session.
async fn attempt(service: &Service, session: &str) -> Value {
    for _ in 0..TRIES {
        let attempt = service.get(&format!("/v1/attempts/{session}"));
        if attempt.status == 200 {
            return attempt.body;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the attempt of {session} was never delivered")
}

fn check(plausibility: &Plausibility, kind: Kind) -> &Check {
    plausibility.checks.iter().find(|check| check.check == kind).expect("every check is told")
}

#[tokio::test]
async fn a_take_is_weighed_compared_signed_and_known_again() {
    let mut service = Service::start();
    let first = service.open_for(&scale(MEASURES), "Anna");
    let told = play(&service, &first).await;
    assert_eq!(told.compared, None, "the studio is asked later");
    // Forty-eight seconds in an instant.
    assert!(check(&told, Kind::ClockAhead).found && check(&told, Kind::Late).found, "{told:?}");
    let final_one = compared(&service, &first.session).await;
    assert_eq!((final_one.compared, &*final_one.same_as), (Some(0), &[][..]));
    assert_eq!(final_one.checks[..12], told.checks[..12], "the log says the same as before");

    // Who played the same before is known again, also when all that was in memory is gone.
    let second = service.open_for(&scale(MEASURES), "Bob");
    play(&service, &second).await;
    let again = compared(&service, &second.session).await;
    assert_eq!((again.compared, &*again.same_as), (Some(1), &[first.session.clone()][..]));
    assert_eq!(check(&again, Kind::Replay).value, Some(1_000));
    service.workerd.kill_9().expect("it runs");
    service.workerd.restart().expect("it starts");
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &second, &mut known).await;
    socket.report(&mut known).await;
    assert_eq!(known.evidence, Some(again), "who comes back is told the same");

    let attempt = attempt(&service, &second.session).await;
    let findings: Vec<Kind> =
        serde_json::from_value(attempt["attempt"]["findings"].clone()).expect("a list of checks");
    assert!(
        [Kind::ClockAhead, Kind::Late, Kind::Replay].iter().all(|kind| findings.contains(kind)),
        "{findings:?}"
    );
    let exported = service.get(&format!("/v1/sessions/{}/take", second.session)).body;
    assert_eq!(attempt["signature"], exported["signature"], "nothing was played since");
    assert_eq!(attempt["report"], exported["report"]);
    let log = exported["signature"]["statement"].as_str().expect("a statement");
    let hash = attempt["attempt"]["log"].as_str().expect("a hash");
    assert!(log.contains(&format!("\nlog {hash}\n")), "{log}");
    assert!(service.text("/v1/attempts?format=csv").contains("clock_ahead late"));
    service.assert_calm();
}

#[tokio::test]
async fn a_take_is_verified_where_the_service_is_not_and_each_change_is_named() {
    let service = Service::start();
    let piece = scale(MEASURES);
    let opened = service.open_for(&piece, "Anna");
    let path = format!("/v1/sessions/{}/take", opened.session);
    service.get(&path).refused(404, "not_ended");
    play(&service, &opened).await;
    compared(&service, &opened.session).await;
    // The player has a right to the take.
    let exported = service.get_as(&path, &format!("Bearer {}", opened.token));
    assert_eq!(exported.status, 200, "{exported:?}");
    let keys = answer(agent().get(service.url("/v1/keys")).call()).body;
    let public = keys["keys"][0]["public"].as_str().expect("a key").to_owned();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));

    let folder = tempfile::tempdir().expect("a folder");
    let score = folder.path().join("scale.musicxml");
    std::fs::write(&score, &piece).expect("a file");
    let other = folder.path().join("other.musicxml");
    std::fs::write(&other, scale(MEASURES + 1)).expect("a file");
    let file = folder.path().join("take.json");
    let verify = |take: &Value, score: Option<&Path>, key: &str| {
        std::fs::write(&file, take.to_string()).expect("a file");
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "-p", "etude-engine", "--all-features", "--example", "verify", "--"]);
        command.arg(&file).args(score).args(["--key", key]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let Output { status, stdout, stderr } = command.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&stdout).into_owned();
        assert_eq!(
            status.success(),
            said.contains("\nverified: "),
            "{said}{}",
            String::from_utf8_lossy(&stderr)
        );
        said
    };

    let whole = verify(&exported.body, Some(&score), &public);
    assert_eq!(whole.matches("holds: ").count(), 4, "{whole}");
    assert!(whole.contains("verified: ") && whole.contains("by Anna"), "{whole}");
    let without = verify(&exported.body, None, &public);
    assert!(without.contains("not checked: the verdicts") && without.contains("\nverified: "), "{without}");
    let by_another = verify(&exported.body, Some(&score), &"0".repeat(64));
    assert!(by_another.contains("FAILS: the signature is by the key"), "{by_another}");
    let to_another = verify(&exported.body, Some(&other), &public);
    assert!(to_another.contains("FAILS: the score's file is another piece"), "{to_another}");

    let changed = |path: &str, value: Value| {
        let mut take = exported.body.clone();
        *take.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        verify(&take, Some(&score), &public)
    };
    for (path, value, named) in [
        ("/player", json!("Bob"), "`player`"),
        ("/session", json!("0".repeat(32)), "`session`"),
        ("/piece", json!("0".repeat(64)), "`piece`"),
        ("/opened_ms", json!(1), "`opened_ms`"),
        ("/config/tempo_percent", json!(50), "`config`"),
        ("/log/0/arrived_ms", json!(1), "`arrivals`"),
        ("/log/0/events/0/at_us", json!(1), "`log`"),
        ("/report/total/combined", json!(1.0), "`report`"),
        ("/report/total/combined", json!(1.0), "another report: total differ"),
        ("/signature/signature", json!("0".repeat(128)), "was not signed by this key"),
        ("/signature/statement", json!("etude-report/1\n"), "was not signed by this key"),
        ("/signature/key", json!("0".repeat(16)), "the public key is called"),
    ] {
        let said = changed(path, value);
        assert!(
            said.contains("FAILS: ") && said.contains(named) && said.contains("NOT VERIFIED"),
            "{path}: {said}"
        );
    }
    service.assert_calm();
}

#[tokio::test]
async fn a_key_that_was_replaced_is_still_told() {
    let mut service = Service::start();
    let opened = service.open_for(&scale(MEASURES), "Anna");
    play(&service, &opened).await;
    let path = format!("/v1/sessions/{}/take", opened.session);
    let signed_by = |service: &Service| {
        let take: Export = serde_json::from_value(service.get(&path).body).expect("a take");
        take.signature.public
    };
    let before = signed_by(&service);
    let old = service.workerd.key().to_owned();
    service.workerd.set_environment("ETUDE_KEY_PREVIOUS", "an older key of the service");
    service.workerd.restart().expect("it starts");
    let keys = service.get("/v1/keys").body;
    let public = |at: usize| keys["keys"][at]["public"].as_str().expect("a key").to_owned();
    assert_eq!(public(0), before);
    assert_ne!(public(1), before);
    assert_eq!((&keys["keys"][0]["current"], &keys["keys"][1]["current"]), (&json!(true), &json!(false)));
    assert!(!keys.to_string().contains(&old));
    service.assert_calm();
}
