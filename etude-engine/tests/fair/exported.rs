//! A take that was handed out is judged again, and what was changed of it is named.

use std::sync::Arc;

use etude_engine::fair::{Delivery, Export, ExportError, FORMAT, Signature};
use etude_engine::import;
use etude_engine::session::{Config, ENGINE, EventKind, Mode};
use etude_engine::units::Micros;

use super::forge::{Came, OPENED_MS, judge, machine};

fn piece() -> String {
    let notes: String = ["C", "D", "E", "F", "G", "A", "B"]
        .map(|step| {
            format!("<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration></note>")
        })
        .concat();
    format!(
        "<score-partwise><part-list><score-part id='P1'><part-name>Piano</part-name></score-part></part-list><part \
         id='P1'><measure number='1'><attributes><divisions>2</divisions></attributes>{notes}</measure></part>\
         </score-partwise>"
    )
}

fn export() -> (Arc<etude_engine::score::Score>, Export) {
    let score = Arc::new(import::score(piece().as_bytes()).unwrap().score);
    let came = Came::live(machine(&score), 1);
    let mut report = judge(&score, Config::default(), &came.log);
    report.plausibility = Some(came.weigh(&report));
    let mut rest = &came.log[..];
    let log = came.batches.iter().map(|batch| Delivery {
        arrived_ms: Some(batch.arrived_ms),
        events: rest.split_off(..batch.events as usize).unwrap().to_vec(),
    });
    let mut export = Export {
        format: FORMAT.to_owned(),
        tenant: "studio".to_owned(),
        session: "000102030405060708090a0b0c0d0e0f".to_owned(),
        piece: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned(),
        player: Some("Anna\nreport of nobody".to_owned()),
        opened_ms: OPENED_MS,
        engine: ENGINE.to_owned(),
        score: score.digest(),
        config: Config::default(),
        log: log.collect(),
        report,
        signature: Signature::default(),
    };
    export.signature.statement = export.statement().to_string();
    (score, export)
}

#[test]
fn what_was_handed_out_is_read_and_judged_again() {
    let (score, export) = export();
    let text = serde_json::to_vec_pretty(&export).unwrap();
    let read = Export::from_json(&text).unwrap();
    assert_eq!(read, export);
    assert_eq!(read.mismatches(), []);
    assert_eq!(read.judge(score).unwrap(), export.report);
}

#[test]
fn the_statement_is_as_documented() {
    let statement = export().1.signature.statement;
    let names: Vec<&str> = statement.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let documented = [
        "etude-report/1",
        "tenant",
        "session",
        "piece",
        "player",
        "opened_ms",
        "engine",
        "score",
        "config",
        "events",
        "log",
        "arrivals",
        "report",
    ];
    assert_eq!(names, documented);
    assert!(statement.contains("\nplayer \"Anna\\nreport of nobody\"\n"), "{statement}");
    // SHA-256 of the default settings, written out.
    let config = r#"{"mode":"follow","hands":"both","range":null,"looping":false,"windows":{"perfect_us":75000,"good_us":150000,"match_us":300000},"tempo_percent":100,"scoring":{"good_percent":50,"match_percent":25,"note_percent":60}}"#;
    assert_eq!(serde_json::to_string(&Config::default()).unwrap(), config);
}

#[test]
fn each_part_that_is_changed_is_named() {
    type Change = fn(&mut Export);
    let changes: [(&str, Change); 12] = [
        ("tenant", |take| take.tenant.push('x')),
        ("session", |take| take.session.push('0')),
        ("piece", |take| take.piece.push('0')),
        ("player", |take| take.player = None),
        ("opened_ms", |take| take.opened_ms -= 1),
        ("engine", |take| take.engine.push('1')),
        ("score", |take| take.score = "00".repeat(32).try_into().unwrap()),
        ("config", |take| take.config.mode = Mode::Clock),
        ("log", |take| take.log[3].events[0].at.0 += 1),
        ("arrivals", |take| take.log[3].arrived_ms = Some(1)),
        ("report", |take| take.report.total.combined = 0.5),
        ("", |take| take.signature.statement.push('x')),
    ];
    for (line, change) in changes {
        let (_, mut take) = export();
        change(&mut take);
        let found: Vec<&str> = take.mismatches().iter().map(|mismatch| mismatch.line).collect();
        assert_eq!(found, [line]);
    }
    let (_, mut take) = export();
    take.log[2].events.clear();
    let found: Vec<&str> = take.mismatches().iter().map(|mismatch| mismatch.line).collect();
    assert_eq!(found, ["events", "log", "arrivals"]);
}

#[test]
fn what_cannot_be_judged_says_why() {
    let (score, take) = export();
    let with = |change: fn(&mut Export)| {
        let mut take = take.clone();
        change(&mut take);
        take
    };
    let judged = |take: &Export| take.judge(score.clone());
    let other = with(|take| take.score = "00".repeat(32).try_into().unwrap());
    assert!(matches!(judged(&other), Err(ExportError::Score { .. })));
    let endless = with(|take| take.log.truncate(1));
    assert!(matches!(judged(&endless), Err(ExportError::End)));
    let twice = with(|take| {
        let end = etude_engine::session::Event { at: Micros(0), kind: EventKind::End };
        take.log[0].events.insert(0, end);
    });
    assert!(matches!(judged(&twice), Err(ExportError::End)));
    let later = with(|take| take.format = "etude-take/2".to_owned());
    let text = serde_json::to_vec(&later).unwrap();
    assert!(matches!(Export::from_json(&text), Err(ExportError::Format(_))));
    for text in [&b""[..], b"{}", b"[]", &text[..text.len() - 1]] {
        assert!(matches!(Export::from_json(text), Err(ExportError::Malformed(_))));
    }
}
