//! The disk refuses, or holds something else than the service put there.

use std::fs;
use std::path::PathBuf;

use etude_engine::protocol::{CLOSE_REFUSED, CLOSE_RESUME, ErrorCode};
use etude_engine::session::{Config, packed};
use rusqlite::Connection;

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{End, Known, Socket};
use crate::service::{Opened, Service};

const INSERT: &str = "INSERT INTO log (first_seq, count, events) VALUES (?, ?, ?)";

#[tokio::test]
async fn what_the_disk_refuses_is_not_acknowledged() {
    let mut service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    with_disk(&mut service, |disk| {
        disk.execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON log WHEN NEW.first_seq >= 10
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        )
    });

    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &events[..10]).await;
    for _ in 0..2 {
        socket.play(10, &events[10..20]).await;
        let end = socket.until_end(&mut known).await;
        assert_eq!(end, End { error: Some((ErrorCode::Storage, true)), close: Some(CLOSE_RESUME) });
        assert_eq!(known.acked, 10);
        let high_water;
        (socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
        assert_eq!(high_water, 10);
    }

    with_disk(&mut service, |disk| disk.execute_batch("DROP TRIGGER full"));
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 10, &events[10..]).await;
    socket.report(&mut known).await;
    assert_eq!(known.records, records);
    assert_eq!(known.report, Some(report_of(&session)));
}

#[tokio::test]
async fn a_report_that_the_disk_refused_is_made_from_the_log() {
    let mut service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let (_, session) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open(&piece, &Config::default());
    with_disk(&mut service, |disk| {
        disk.execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON blob WHEN NEW.name = 'report'
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
        )
    });
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &events).await;
    socket.report(&mut known).await;
    assert_eq!(known.report, Some(report_of(&session)));
    service.get(&format!("/v1/sessions/{}/report", opened.session)).refused(503, "unavailable");

    with_disk(&mut service, |disk| disk.execute_batch("DROP TRIGGER full"));
    assert_eq!(service.report(&opened.session), report_of(&session));
    assert_eq!(service.status(&opened.session)["ended"], true);
}

#[tokio::test]
async fn the_log_on_disk_is_each_event_once() {
    let mut service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    for (batch, first) in events.chunks(7).zip((0..).step_by(7)) {
        socket.play(first, batch).await;
        socket.play(first, batch).await;
    }
    socket.report(&mut known).await;
    let mut log = Vec::new();
    with_disk(&mut service, |disk| {
        let mut rows = disk.prepare("SELECT first_seq, count, events FROM log ORDER BY first_seq")?;
        let rows = rows.query_map([], |row| {
            let events = etude_do::log::Events::Packed(row.get(2)?);
            Ok(etude_do::log::Row { first: row.get(0)?, count: row.get(1)?, events })
        })?;
        log = rows.collect::<Result<_, _>>()?;
        Ok(())
    });
    assert_eq!(etude_do::log::events(log), Ok(events));
}

#[tokio::test]
async fn a_log_in_json_as_earlier_versions_wrote_it_goes_on() {
    let mut service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let opened = service.open(&piece, &Config::default());
    let json = serde_json::to_string(&events[..10]).expect("events are JSON");
    with_disk(&mut service, |disk| disk.execute(INSERT, (0, 10, json)).map(drop));
    let mut known = Known::default();
    let (mut socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
    assert_eq!(high_water, 10);
    socket.play_through(&mut known, 10, &events[10..]).await;
    socket.report(&mut known).await;
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    assert_eq!(known.records, records);
    assert_eq!(known.report, Some(report_of(&session)));
}

#[tokio::test]
async fn a_piece_is_kept_packed_and_one_that_is_not_is_read_as_well() {
    let mut service = Service::start();
    let (piece, events) = (scale(20), take(20));
    let opened = service.open(&piece, &Config::default());
    let mut kept: i64 = 0;
    let size = "SELECT SUM(LENGTH(bytes)) FROM blob WHERE name = 'piece'";
    with_disk(&mut service, |disk| disk.query_row(size, (), |row| row.get(0)).map(|size| kept = size));
    assert!(0 < kept && (kept as usize) < piece.len() / 5, "{kept} of {}", piece.len());
    assert_eq!(service.piece_of(&opened.session), piece.as_bytes());

    // As earlier versions kept it, and another version of the engine read it.
    with_disk(&mut service, |disk| {
        disk.execute("UPDATE blob SET bytes = ? WHERE name = 'piece'", [piece.as_bytes()])?;
        disk.execute("DELETE FROM blob WHERE name = 'score'", ()).map(drop)
    });
    assert_eq!(service.piece_of(&opened.session), piece.as_bytes());
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &events).await;
    socket.report(&mut known).await;
    let (_, session) = straight_fold(&piece, &Config::default(), &events);
    assert_eq!(known.report, Some(report_of(&session)));
}

#[tokio::test]
async fn a_piece_that_now_reads_as_another_score_is_not_judged_on() {
    let mut service = Service::start();
    let opened = broken(&mut service, "UPDATE setup SET score = '0000' || SUBSTR(score, 5)");
    let (end, answer) = knock(&service, &opened).await;
    assert_eq!(end, End { error: Some((ErrorCode::ScoreMismatch, false)), close: Some(CLOSE_REFUSED) });
    answer.refused(409, "score_mismatch");
    // Where the session stands can be asked all the same.
    assert_eq!(service.status(&opened.session)["events"], 10);
    service.assert_calm();
}

#[tokio::test]
async fn a_damaged_log_is_not_judged_on() {
    for damage in [
        "UPDATE log SET first_seq = 11",
        "UPDATE log SET count = 9",
        "UPDATE log SET events = '[{}]'",
        "UPDATE log SET events = ''",
        "UPDATE log SET events = X'0A01'",
    ] {
        let mut service = Service::start();
        let opened = broken(&mut service, damage);
        let (end, answer) = knock(&service, &opened).await;
        assert_eq!(
            end,
            End { error: Some((ErrorCode::Storage, false)), close: Some(CLOSE_REFUSED) },
            "{damage}"
        );
        answer.refused(500, "stored");
        service.assert_calm();
    }
}

/// A session of ten events with something done to its disk.
fn broken(service: &mut Service, damage: &str) -> Opened {
    let (piece, events) = (scale(6), take(6));
    let opened = service.open(&piece, &Config::default());
    with_disk(service, |disk| {
        disk.execute(INSERT, (0, 10, packed::pack(&events[..10])))?;
        assert_eq!(disk.execute(damage, [])?, 1);
        Ok(())
    });
    opened
}

/// How a hello ends, and what is told when the report is asked for.
async fn knock(service: &Service, opened: &Opened) -> (End, crate::service::Answer) {
    let mut socket = Socket::connect(service, opened).await;
    let hello = r#"{"type":"hello","protocol":1,"client":"t","engine":"0","records":0}"#;
    socket.send(hello.into()).await;
    let end = socket.until_end(&mut Known::default()).await;
    (end, service.get(&format!("/v1/sessions/{}/report", opened.session)))
}

/// Does something to the SQLite file of the one session while the service is down.
fn with_disk(service: &mut Service, change: impl FnOnce(&Connection) -> rusqlite::Result<()>) {
    service.workerd.kill_9().expect("it runs");
    let folder = service.workerd.storage().join("etude-session");
    let files = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path());
    let files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "sqlite")).collect();
    let sessions: Vec<_> = files
        .iter()
        .map(|file| Connection::open(file).expect("a database"))
        .filter(|disk| disk.prepare("SELECT 1 FROM setup").is_ok())
        .collect();
    let [disk] = &sessions[..] else { panic!("one session should be in {files:?}") };
    change(disk).expect("the change is made");
    drop(sessions);
    service.workerd.restart().expect("it starts");
}
