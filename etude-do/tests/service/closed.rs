//! Closed to those who don't belong: every address with every credential, rates, and nothing told that is secret.

use etude_do::id::{PieceId, TenantId};
use etude_do::token::{Grant, OperatorKey, Scope, SessionScope};
use etude_engine::protocol::{CLOSE_RESUME, ErrorCode, Role};
use etude_engine::session::Config;
use serde_json::json;

use crate::music::{scale, take};
use crate::player::{Known, Socket};
use crate::service::{Service, agent};

const OTHER: &str = "000102030405060708090a0b0c0d0e0f";
const LATE: u64 = 1_000_000_000;

/// Who is admitted to an address.
#[derive(Clone, Copy, Debug, PartialEq)]
enum For {
    Service,
    Operator,
    Session,
}

#[test]
fn every_address_admits_whom_it_should_and_nobody_else() {
    let mut service = Service::start();
    // A key that was replaced, but is still valid, and one that is not any more.
    let (previous, gone) = ("the key before this one", "a key of long ago, gone");
    service.workerd.set_environment("ETUDE_KEY_PREVIOUS", previous);
    service.workerd.restart().expect("it starts");
    let piece = scale(2);
    let opened = service.open(&piece, &Config::default());
    let key = |secret: &str| OperatorKey::new(secret).expect("a key");
    let current = key(service.workerd.key());
    let tenant = |name: &str| name.parse::<TenantId>().expect("a tenant");
    let session = |of: &str, session: &str, role| {
        Scope::Session(SessionScope {
            tenant: tenant(of),
            session: session.parse().expect("a session"),
            role,
        })
    };
    let sign = |key: &OperatorKey, scope, expires| key.sign(&Grant { scope, expires });
    let mine = |role| session("studio", &opened.session, role);
    let tampered = |token: String| token.replacen("viewer", "player", 1).replacen("anna", "studio", 1);

    let session_path = format!("/v1/sessions/{}", opened.session);
    let piece_path = format!("/v1/pieces/{}", PieceId::of(piece.as_bytes()));
    let sub = |path: &str, part: &str| format!("{path}/{part}");
    let attempt = format!("/v1/attempts/{}", opened.session);
    // What changes something is asked with a body that is refused, or comes last.
    let addresses = [
        ("GET", "/v1/metrics".to_owned(), For::Operator),
        ("POST", "/v1/tokens".to_owned(), For::Service),
        ("GET", "/v1/pieces".to_owned(), For::Operator),
        ("PUT", "/v1/pieces".to_owned(), For::Operator),
        ("POST", "/v1/pieces".to_owned(), For::Operator),
        ("GET", piece_path.clone(), For::Operator),
        ("GET", sub(&piece_path, "file"), For::Operator),
        ("GET", sub(&piece_path, "trend"), For::Operator),
        ("DELETE", format!("/v1/pieces/{}", PieceId::of(b"another")), For::Operator),
        ("GET", "/v1/attempts".to_owned(), For::Operator),
        ("GET", attempt.clone(), For::Operator),
        ("DELETE", attempt, For::Operator),
        ("GET", "/v1/players".to_owned(), For::Operator),
        ("POST", "/v1/sessions".to_owned(), For::Operator),
        ("GET", session_path.clone(), For::Session),
        ("GET", sub(&session_path, "report"), For::Session),
        ("GET", sub(&session_path, "take"), For::Session),
        ("GET", sub(&session_path, "score"), For::Session),
        ("GET", sub(&session_path, "piece"), For::Session),
        ("POST", sub(&session_path, "tokens"), For::Operator),
        ("DELETE", format!("/v1/sessions/{OTHER}"), For::Operator),
    ];
    let admitted =
        |admits: For, whom: &[For]| if whom.contains(&admits) { None } else { Some((403, "token_scope")) };
    use For::{Operator, Service as Root, Session};
    for (method, path, admits) in &addresses {
        let unknown = Some((401, "unauthorized"));
        let invalid = Some((401, "token_invalid"));
        let expired = Some((401, "token_expired"));
        let of_session = admitted(*admits, &[Session]);
        let of_operator = admitted(*admits, &[Operator, Session]);
        let none = Some((403, "token_scope"));
        let mut row = Vec::new();
        for (who, credential, refusal) in [
            ("nobody", String::new(), unknown),
            ("a wrong key", "not the key of the service".to_owned(), unknown),
            ("the key", service.workerd.key().to_owned(), admitted(*admits, &[Root, Operator, Session])),
            ("the replaced key", previous.to_owned(), admitted(*admits, &[Root, Operator, Session])),
            ("a key that is gone", gone.to_owned(), unknown),
            ("the operator", sign(&current, Scope::Tenant(tenant("studio")), u64::MAX), of_operator),
            (
                "by the replaced key",
                sign(&key(previous), Scope::Tenant(tenant("studio")), u64::MAX),
                of_operator,
            ),
            ("by a key that is gone", sign(&key(gone), Scope::Tenant(tenant("studio")), u64::MAX), invalid),
            ("an operator of the past", sign(&current, Scope::Tenant(tenant("studio")), LATE), expired),
            (
                "an operator in disguise",
                tampered(sign(&current, Scope::Tenant(tenant("anna")), u64::MAX)),
                invalid,
            ),
            ("the player", sign(&current, mine(Role::Player), u64::MAX), of_session),
            ("a viewer", sign(&current, mine(Role::Viewer), u64::MAX), of_session),
            ("a viewer in disguise", tampered(sign(&current, mine(Role::Viewer), u64::MAX)), invalid),
            ("a viewer of the past", sign(&current, mine(Role::Viewer), LATE), expired),
            (
                "another session's player",
                sign(&current, session("studio", OTHER, Role::Player), u64::MAX),
                none,
            ),
            (
                "another session's viewer",
                sign(&current, session("studio", OTHER, Role::Viewer), u64::MAX),
                none,
            ),
        ] {
            let request = ureq::http::Request::builder()
                .method(*method)
                .uri(service.url(path))
                .header("Authorization", format!("Bearer {credential}"));
            let mut answer = match *method {
                "GET" | "DELETE" => agent().run(request.body(()).expect("a request")),
                _ => agent().run(request.body("{").expect("a request")),
            }
            .expect("an answer");
            let status = answer.status().as_u16();
            let body = answer.body_mut().read_to_string().expect("a body");
            let code = serde_json::from_str::<serde_json::Value>(&body).unwrap_or_default();
            let code = code["error"]["code"].as_str().unwrap_or_default();
            row.push(format!("{who} {status}"));
            match refusal {
                Some(refusal) => assert_eq!((status, code), refusal, "{who}: {method} {path}"),
                None => assert!(![401, 403].contains(&status), "{who}: {method} {path}: {status} {body}"),
            }
        }
        // The matrix, for those who want to see it (`--nocapture`).
        let shown = path.replace(&opened.session, "{session}").replace(OTHER, "{session}");
        println!("{method} {shown}: {}", row.join(", "));
        // Another tenant's operator and players come to a place where there is no such thing.
        let elsewhere = [Scope::Tenant(tenant("anna")), session("anna", &opened.session, Role::Player)];
        for scope in elsewhere {
            let credential = format!("Bearer {}", sign(&current, scope, u64::MAX));
            if *method == "GET"
                && (path.starts_with(&session_path) || path.starts_with(&piece_path))
                && !path.ends_with("trend")
            {
                let status = service.get_as(path, &credential).status;
                assert!([403, 404].contains(&status), "{path}: {status}");
            }
        }
    }
    service.assert_calm();
}

#[tokio::test]
async fn nothing_secret_is_logged_or_told() {
    let mut service = Service::start();
    let opened = service.open_for(&scale(2), "Wolfgang Amadé");
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &take(2)).await;
    socket.report(&mut known).await;
    let forged = format!("{}0", opened.token);
    let mut told = String::new();
    for authorization in [&forged, service.workerd.key(), &opened.viewer] {
        for path in ["/v1/pieces", "/v1/nothing", "/v1/sessions/x", "/v1/metrics"] {
            let bearer = format!("Bearer {authorization}x");
            told += &service.get_as(path, &bearer).body.to_string();
        }
    }
    told += &service.text("/v1/metrics");
    service.workerd.kill_9().expect("it runs");
    told += &service.workerd.log();
    let signatures =
        [&opened.token, &opened.viewer].map(|token| token.rsplit('.').next().expect("a signature"));
    for secret in [service.workerd.key(), signatures[0], signatures[1], "Wolfgang"] {
        assert!(!told.contains(secret), "{secret} stands in {told}");
    }
    // The log is there, and each of its lines is an object.
    let opened_line =
        service.workerd.log().lines().find(|line| line.contains("session.opened")).map(str::to_owned);
    let line: serde_json::Value = serde_json::from_str(&opened_line.expect("a line")).expect("JSON");
    assert_eq!((&line["tenant"], &line["session"]), (&json!("studio"), &json!(opened.session)));
}

#[tokio::test]
async fn what_comes_too_fast_waits() {
    let mut service = Service::start();
    for (name, rate) in [
        ("ETUDE_UPLOADS_PER_MINUTE", "2"),
        ("ETUDE_OPENS_PER_MINUTE", "2"),
        ("ETUDE_CONNECTS_PER_MINUTE", "2"),
    ] {
        service.workerd.set_environment(name, rate);
    }
    service.workerd.restart().expect("it starts");
    let piece = service.upload(scale(1).as_bytes()).body["piece"].clone();
    let opened = service.open_with(&json!({ "piece": piece }));
    let refused = (0..5).map(|_| service.upload(b"x")).find(|answer| answer.status == 429);
    refused.expect("a fifth upload is too much").refused(429, "too_fast");
    let open = || service.post("/v1/sessions", &json!({ "piece": piece }));
    let refused = (0..5).map(|_| open()).find(|answer| answer.status == 429);
    refused.expect("a sixth session is too much").refused(429, "too_fast");
    let mut sockets = Vec::new();
    let refused = loop {
        let protocols = format!("etude.v1, {}", opened.token);
        match Socket::try_connect(&service, &opened.socket, Some(&protocols)).await {
            Ok(socket) => sockets.push(socket),
            Err(answer) => break answer,
        }
        assert!(sockets.len() < 10);
    };
    refused.refused(429, "too_fast");
    service.assert_calm();
}

#[tokio::test]
async fn a_flood_ends_its_connection_and_loses_nothing() {
    let service = Service::start();
    let opened = service.open(&scale(40), &Config::default());
    let events = take(40);
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &events[..20]).await;
    // The same again and again: nothing of it is new, all of it costs.
    let padding = " ".repeat(60_000);
    for _ in 0..400 {
        socket.send(format!(r#"{{"type":"events","first":20,"events":[]}}{padding}"#).into()).await;
    }
    let end = socket.until_end(&mut known).await;
    assert_eq!((end.error, end.close), (Some((ErrorCode::TooFast, true)), Some(CLOSE_RESUME)));
    assert_eq!(service.status(&opened.session)["events"], 20);
    service.assert_calm();
}
