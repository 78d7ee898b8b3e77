//! Viewers read along, and the player does not notice.

use etude_engine::protocol::{CLOSE_REFUSED, ErrorCode, Role, ServerMessage, VIEWER_RECORDS_MAX};
use etude_engine::session::{Config, Event};
use serde_json::json;

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{End, Known, Socket};
use crate::service::{Answer, Opened, Service, agent};

/// A viewer's socket and what it has.
struct Viewer {
    socket: Socket,
    known: Known,
    events: Vec<Event>,
    presence: Option<(bool, u32)>,
}

impl Viewer {
    async fn connect(service: &Service, opened: &Opened) -> Self {
        let opened = Opened { token: opened.viewer.clone(), ..opened.clone() };
        let socket = Socket::connect(service, &opened).await;
        Self { socket, known: Known::default(), events: Vec::new(), presence: None }
    }

    /// Joins, and has all there is.
    async fn join(service: &Service, opened: &Opened) -> Self {
        let mut viewer = Self::connect(service, opened).await;
        viewer.catch_up().await;
        viewer
    }

    async fn catch_up(&mut self) {
        loop {
            let hello = json!({
                "type": "hello", "protocol": 1, "client": "viewer", "engine": "",
                "records": self.known.records.len(), "heard": self.events.len(),
            });
            self.socket.send(hello.to_string().into()).await;
            let until = loop {
                match self.socket.hear().await {
                    ServerMessage::Welcome { role, high_water, records, .. } => {
                        assert_eq!(role, Role::Viewer);
                        break (records, high_water);
                    }
                    other => self.take(other),
                }
            };
            self.known.digest = None;
            // The events come first, then the verdicts: one frame of them at least.
            while !(self.hear().await && self.known.records.len() as u64 >= until.0) {}
            if self.known.digest.is_some() && self.events.len() as u64 >= until.1 {
                return;
            }
        }
    }

    /// Takes in a message. Returns whether it was verdicts.
    async fn hear(&mut self) -> bool {
        let message = self.socket.hear().await;
        let verdicts = matches!(message, ServerMessage::Verdicts { .. });
        self.take(message);
        verdicts
    }

    fn take(&mut self, message: ServerMessage) {
        match message {
            // What was on its way when hello was said again comes twice.
            ServerMessage::Heard { first, events } => {
                let known =
                    (self.events.len() as u64).checked_sub(first.0).expect("events must be contiguous");
                self.events.extend(events.into_iter().skip(known as usize));
            }
            ServerMessage::Verdicts { ack, first, mut records, digest } => {
                let known = self.known.records.len() as u64;
                let twice = known.checked_sub(first).expect("records must be contiguous") as usize;
                records.drain(..twice.min(records.len()));
                self.known.take(ServerMessage::Verdicts { ack, first: known, records, digest });
            }
            ServerMessage::Presence { player, viewers } => self.presence = Some((player, viewers)),
            other => self.known.take(other),
        }
    }

    async fn until_report(&mut self) {
        while self.known.report.is_none() {
            self.hear().await;
        }
    }

    async fn until_presence(&mut self, presence: (bool, u32)) {
        while self.presence != Some(presence) {
            self.hear().await;
        }
    }
}

#[tokio::test]
async fn viewers_see_what_the_player_sees() {
    let service = Service::start();
    let (piece, events) = (scale(40), take(40));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open(&piece, &Config::default());

    // Before anything was played, in the middle, and after the end; one never says a word.
    let mut early = Viewer::join(&service, &opened).await;
    early.until_presence((false, 1)).await;
    let silent = Viewer::connect(&service, &opened).await;
    let mut known = Known::default();
    let (mut player, _) = Socket::resume(&service, &opened, &mut known).await;
    early.until_presence((true, 2)).await;
    player.play_through(&mut known, 0, &events[..60]).await;
    let mut late = Viewer::join(&service, &opened).await;
    assert_eq!(late.events, events[..60]);
    assert_eq!(late.known.records, known.records);
    late.until_presence((true, 3)).await;
    drop(silent);
    late.until_presence((true, 2)).await;
    for (batch, first) in events[60..].chunks(7).zip((60..).step_by(7)) {
        player.play_through(&mut known, first, batch).await;
    }
    player.report(&mut known).await;
    assert_eq!(service.status(&opened.session)["viewers"], 2);
    drop(player);
    for viewer in [&mut early, &mut late] {
        viewer.until_report().await;
        assert_eq!(viewer.events, events);
        assert_eq!(viewer.known.records, records);
        assert_eq!(viewer.known.digest, Some(session.digest()));
        assert_eq!(viewer.known.report, Some(report_of(&session)));
        viewer.until_presence((false, 2)).await;
    }
    let mut after = Viewer::join(&service, &opened).await;
    after.until_report().await;
    assert_eq!((after.events, after.known.records), (events, records));
    service.assert_calm();
}

#[tokio::test]
async fn a_slow_viewer_costs_nothing_and_loses_nothing() {
    let mut service = Service::start();
    // Enough that one hello does not carry it all.
    let (piece, events) = (scale(900), take(900));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    assert!(records.len() > VIEWER_RECORDS_MAX, "{} records", records.len());
    let opened = service.open(&piece, &Config::default());
    // Says hello once and then reads nothing while the whole take is played.
    let mut slow = Viewer::join(&service, &opened).await;
    let mut known = Known::default();
    let (mut player, _) = Socket::resume(&service, &opened, &mut known).await;
    for (batch, first) in events.chunks(200).zip((0..).step_by(200)) {
        player.play_through(&mut known, first, batch).await;
    }
    player.report(&mut known).await;
    assert_eq!(known.report, Some(report_of(&session)));

    slow.catch_up().await;
    slow.until_report().await;
    assert_eq!((&slow.events, &slow.known.records), (&events, &records));
    assert_eq!(slow.known.digest, Some(session.digest()));

    // The same from the disk alone.
    service.workerd.kill_9().expect("it runs");
    service.workerd.restart().expect("it starts");
    let mut anew = Viewer::join(&service, &opened).await;
    anew.until_report().await;
    assert_eq!((anew.events, anew.known.records), (events, records));
    service.assert_calm();
}

#[tokio::test]
async fn a_viewer_only_reads() {
    let service = Service::start();
    let (piece, events) = (scale(4), take(4));
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    let (mut player, _) = Socket::resume(&service, &opened, &mut known).await;
    player.play_through(&mut known, 0, &events[..4]).await;

    let mut viewer = Viewer::join(&service, &opened).await;
    viewer.socket.play(4, &events[4..]).await;
    let mut refused = None;
    let end = loop {
        match viewer.socket.hear_any().await {
            Ok(ServerMessage::Error { code, recoverable, .. }) => refused = Some((code, recoverable)),
            Ok(message) => viewer.take(message),
            Err(close) => break End { error: refused, close },
        }
    };
    assert_eq!(end, End { error: Some((ErrorCode::ReadOnly, false)), close: Some(CLOSE_REFUSED) });
    assert_eq!(service.status(&opened.session)["events"], 4);
    player.play_through(&mut known, 4, &events[4..]).await;
    player.report(&mut known).await;
    service.assert_calm();
}

#[tokio::test]
async fn a_page_reads_the_score_and_its_file_with_a_token() {
    let service = Service::start();
    let piece = scale(6).replace(
        "<note><pitch><step>C</step><octave>3</octave>",
        "<note id=\"first\"><pitch><step>C</step><octave>3</octave>",
    );
    let opened = service.open(&piece, &Config::default());
    let score = etude_engine::import::score(piece.as_bytes()).expect("a score").score;
    for token in [&opened.token, &opened.viewer] {
        let bearer = format!("Bearer {token}");
        let sheet = service.get_as(&format!("/v1/sessions/{}/score", opened.session), &bearer);
        assert_eq!(sheet.status, 200, "{sheet:?}");
        let notes = sheet.body["notes"].as_array().expect("notes");
        assert_eq!(notes.len(), score.notes().len());
        assert_eq!(notes[0]["id"], "first");
        for (told, note) in notes.iter().zip(score.notes().iter()) {
            let (id, pass) = (told["id"].as_str().expect("an id"), told["pass"].as_u64());
            assert_eq!((id, pass), (note.id.xml_id, Some(note.id.pass.into())));
            assert_eq!(told["pitch"], note.pitch.number());
        }
        assert_eq!(sheet.body["measures"].as_array().map(Vec::len), Some(6));
        assert_eq!(sheet.body["score"], String::from(score.digest()));

        let file = || agent().get(service.url(&format!("/v1/sessions/{}/piece", opened.session)));
        let mut answer = file().header("Authorization", &bearer).call().expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["Content-Type"], "application/vnd.recordare.musicxml+xml");
        let tag = answer.headers()["ETag"].to_str().expect("a tag").to_owned();
        assert_eq!(answer.body_mut().read_to_string().expect("a file"), piece);
        let again =
            file().header("Authorization", &bearer).header("If-None-Match", &tag).call().expect("an answer");
        assert_eq!(again.status(), 304);
    }
    service.assert_calm();
}

#[test]
fn the_operator_signs_more_tokens() {
    let service = Service::start();
    let opened = service.open(&scale(1), &Config::default());
    let tokens = format!("/v1/sessions/{}/tokens", opened.session);
    let status = format!("/v1/sessions/{}", opened.session);
    for role in ["player", "viewer"] {
        let Answer { status: created, body } = service.post(&tokens, &json!({ "role": role, "life": 60 }));
        assert_eq!(created, 201, "{body}");
        let token = body["token"].as_str().expect("a token");
        assert!(token.starts_with(&format!("{role}.studio.{}.", opened.session)), "{token}");
        assert_eq!(body["link"], format!("/#{token}"));
        assert_eq!(service.get_as(&status, &format!("Bearer {token}")).status, 200);
    }
    for body in [
        "{}",
        r#"{"role":"operator"}"#,
        r#"{"role":"viewer","life":0}"#,
        r#"{"role":"viewer","life":99999999}"#,
    ] {
        service.post_text(&tokens, body).refused(400, "bad_body");
    }
    let nobody = "/v1/sessions/000102030405060708090a0b0c0d0e0f/tokens";
    service.post(nobody, &json!({ "role": "viewer" })).refused(404, "no_session");
}

#[test]
fn pages_of_named_origins_may_read() {
    let mut service = Service::start();
    service.workerd.set_environment("ETUDE_ORIGINS", "https://a.example, https://b.example");
    service.workerd.restart().expect("it starts");
    let health = service.url("/v1/health");
    let allowed = |answer: &ureq::http::Response<ureq::Body>| {
        answer
            .headers()
            .get("Access-Control-Allow-Origin")
            .map(|origin| origin.to_str().expect("text").to_owned())
    };
    let asked = |origin: &str| agent().get(&health).header("Origin", origin).call().expect("an answer");
    assert_eq!(allowed(&asked("https://b.example")), Some("https://b.example".to_owned()));
    assert_eq!(allowed(&asked("https://c.example")), None);
    // What an object answered, and what was refused.
    for (path, status) in [("/v1/pieces/x", 401), ("/v1/nothing", 404)] {
        let answer =
            agent().get(service.url(path)).header("Origin", "https://a.example").call().expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), allowed(&answer).is_some()),
            (if path == "/v1/pieces/x" { 400 } else { status }, true)
        );
    }
    let preflight = |origin: &str| {
        let request = ureq::http::Request::options(service.url("/v1/sessions"))
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .body(())
            .expect("a request");
        agent().run(request).expect("an answer")
    };
    let answer = preflight("https://a.example");
    assert_eq!((answer.status().as_u16(), allowed(&answer).is_some()), (204, true));
    assert!(
        answer.headers()["Access-Control-Allow-Headers"].to_str().expect("text").contains("Authorization")
    );
    assert_eq!(preflight("https://c.example").status().as_u16(), 405);
    service.assert_calm();
}
