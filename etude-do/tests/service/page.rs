//! The score page in a real browser, against the real service.

mod at_work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use etude_engine::import;
use etude_engine::judge::{Grade, Record, Verdict};
use etude_engine::report::Report;
use etude_engine::score::{NoteIndex, Score};
use etude_engine::session::{Config, Event, EventKind, Session};
use etude_engine::units::Micros;
use etude_plugin::relay::{Output, Outputs, Relay, RelayConfig, State};
use serde_json::json;
use xtask::root;

use crate::browser::{Browser, Painted};
use crate::music::{scale, straight_fold, take};
use crate::service::{Opened, Service};

const MENUET: &str = "examples/scores/petzold-menuet-in-g";

/// A real performance, delivered by the relay client; the page is looked at in the middle, after a power cut, by one who
/// comes late, and at the end.
#[test]
fn the_page_shows_what_the_session_says() {
    let Some(mut browser) = Browser::start() else { return };
    let mut service = Service::start();
    let piece = read(&format!("{MENUET}.musicxml"));
    let events = import::performance(&std::fs::read(root().join(format!("{MENUET}.mid"))).expect("a take"))
        .expect("a performance");
    let score = Arc::new(import::score(piece.as_bytes()).expect("a score").score);
    let config = Config::default();
    let opened = service.open(&piece, &config);
    let watch = service.url(&format!("/#{}", opened.viewer));

    browser.open("early", &watch);
    browser.wait("early", ".sheet[data-pages]");
    let (mut relay, mut outputs) = relay(&service, &opened, &score, config);
    // The first part, the repeat not yet taken: every note is shown in its first pass.
    let (first, rest) = events.split_at(first_pass(&score, &events));
    push(&mut relay, first);
    acknowledged(&mut outputs, first.len() as u64);
    let halfway = Fold::of(&score, config, first).painted(&score, &Shown::First);
    browser.expect("early", &halfway);
    browser.assert_clean("early");

    browser.open("late", &watch);
    browser.wait("late", ".sheet[data-pages]");
    browser.expect("late", &halfway);

    service.workerd.restart().expect("the service comes back");
    push(&mut relay, rest);
    acknowledged(&mut outputs, events.len() as u64);
    let whole = Fold::of(&score, config, &events).painted(&score, &Shown::Worst);
    for name in ["early", "late"] {
        browser.wait(name, ".review");
        browser.expect(name, &whole);
    }
    let colours = browser.run(&json!({ "do": "colours", "name": "late" }));
    let kinds: std::collections::BTreeSet<String> =
        colours.as_object().expect("colours").values().map(ToString::to_string).collect();
    assert!(kinds.len() >= 3, "{colours}");
    browser.assert_clean("late");
    relay.close(Duration::ZERO);
}

/// A take over a MIDI instrument of the browser's, in real time.
#[test]
fn a_take_played_on_the_page_is_judged_as_offline() {
    let Some(mut browser) = Browser::start() else { return };
    let service = Service::start();
    let piece = scale(3);
    let opened = service.open(&piece, &Config::default());
    browser.open("player", &service.url(&format!("/#{}", opened.token)));
    browser.wait("player", ".sheet[data-pages]");
    browser.click("player", ".play button.primary");
    let played: Vec<Event> = take(3).into_iter().filter(|event| event.kind != EventKind::End).collect();
    let zero = played.iter().map(|event| event.at.0).min().unwrap_or(0);
    let keys: Vec<_> = played
        .iter()
        .map(|event| {
            // Twice as fast as written: follow mode does not mind, and no test should take longer than it must.
            let ms = (event.at.0 - zero) as f64 / 2000.0;
            match event.kind {
                EventKind::NoteOn { pitch, velocity } => json!({ "ms": ms, "data": [0x90, pitch, velocity] }),
                EventKind::NoteOff { pitch } => json!({ "ms": ms, "data": [0x80, pitch, 0] }),
                _ => unreachable!("keys alone"),
            }
        })
        .collect();
    let struck = browser.run(&json!({ "do": "strike", "name": "player", "keys": keys }));

    // Opened elsewhere meanwhile, the player's link watches.
    browser.open("other", &service.url(&format!("/#{}", opened.token)));
    browser.wait("other", ".sheet[data-pages]");
    browser.wait("other", ".side .notice");
    browser.wait("other", ".log li");
    assert_eq!(browser.run(&json!({ "do": "count", "name": "other", "selector": ".play" })), 0);
    browser.assert_clean("other");

    browser.click("player", "button.finish");
    browser.click("player", ".bar button.primary");
    browser.wait("player", ".review");
    browser.assert_clean("player");

    // The same keys at the same times, judged here.
    let times = struck.as_array().expect("times").iter().map(|time| time.as_f64().expect("a time"));
    let at = |ms: f64| Micros((ms * 1000.0).round() as i64);
    let mut log: Vec<Event> =
        played.iter().zip(times).map(|(event, ms)| Event { at: at(ms), ..*event }).collect();
    log.push(Event { at: log.last().expect("a key").at, kind: EventKind::End });
    let offline = straight_fold(&piece, &Config::default(), &log).1.report();
    let stored = service.report(&opened.session);
    // The page also tells the session that nothing happens while nobody plays: those events are more, and judge nothing.
    assert_eq!(Report { events: 0, digest: offline.digest, ..stored }, Report { events: 0, ..offline },);
    service.assert_calm();
}

/// Who has no link tries the piece that the page brings along; it is engraved once.
#[test]
fn the_bundled_piece_is_engraved_once() {
    let Some(mut browser) = Browser::start() else { return };
    let service = Service::start();
    let engraved = |browser: &mut Browser| {
        browser.click("page", ".doors button.primary");
        browser.wait("page", ".sheet[data-pages]");
        browser.assert_clean("page");
        let requests = browser.run(&json!({ "do": "requests", "name": "page" })).to_string();
        let score = import::score(read(&format!("{MENUET}.musicxml")).as_bytes()).expect("a score").score;
        (requests.contains("verovio"), browser.painted("page", score.notes().len()))
    };
    browser.open("page", &service.url("/"));
    let (with_verovio, first) = engraved(&mut browser);
    assert!(with_verovio && first.heads.iter().all(Option::is_some), "{first:?}");
    browser.run(&json!({ "do": "reload", "name": "page" }));
    assert_eq!(engraved(&mut browser), (false, first));
}

/// A teacher's way: upload, session, the pupil plays, looking back, and another session on the measures that went wrong.
#[test]
fn the_studio_leads_from_a_file_to_what_to_practise() {
    let Some(mut browser) = Browser::start() else { return };
    let service = Service::start();
    browser.open("page", &service.url("/#studio"));
    let key = service.workerd.key();
    browser.run(&json!({ "do": "fill", "name": "page", "selector": "input[type=password]", "text": key }));
    browser.click("page", "button.primary");
    let piece = scale(6);
    let files =
        json!([{ "file": "scale.musicxml", "text": piece }, { "file": "none.musicxml", "text": "<score>" }]);
    browser.run(&json!({ "do": "upload", "name": "page", "selector": "input[type=file]", "files": files }));
    browser.wait("page", ".uploads .refused");
    browser.wait("page", ".pieces li");
    browser.assert_clean("page");

    browser.click("page", ".pieces button.primary");
    browser.wait("page", ".sheet[data-pages]");
    browser.click("page", "form button[type=submit]");
    browser.wait("page", ".links .code");
    let link = browser.run(&json!({ "do": "value", "name": "page", "selector": ".links input" }));
    let token = link.as_str().expect("a link").split_once('#').expect("a token").1.to_owned();
    browser.assert_clean("page");

    // The pupil leaves out the third measure.
    let session = token.split('.').nth(2).expect("a session").to_owned();
    let socket = format!("/v1/sessions/{session}/socket");
    let opened = Opened { session, socket, token, viewer: String::new() };
    let score = Arc::new(import::score(piece.as_bytes()).expect("a score").score);
    let (mut relay, mut outputs) = relay(&service, &opened, &score, Config::default());
    let events: Vec<Event> = without_measure(take(6), &score, 2);
    push(&mut relay, &events);
    acknowledged(&mut outputs, events.len() as u64);
    relay.close(Duration::ZERO);
    let attempt = || service.get("/v1/attempts").body["attempts"][0].clone();
    // Says nothing about speed.
    let came = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        !attempt().is_null()
    });
    assert!(came, "the studio never had the attempt");

    // Back among the pieces there is the attempt, which leads to the review.
    browser.click("page", ".links ~ .actions button.quiet");
    browser.click("page", "table button");
    browser.wait("page", ".review");
    browser.assert_clean("page");
    browser.click("page", ".trouble .go");
    browser.wait("page", ".links .code");
    let link = browser.run(&json!({ "do": "value", "name": "page", "selector": ".links input" }));
    let next = link.as_str().expect("a link").split('.').nth_back(2).expect("a session").to_owned();
    assert_ne!(next, opened.session);
    let status = service.status(&next);
    assert_eq!(status["piece"], service.status(&opened.session)["piece"]);
    assert_eq!(status["config"]["looping"], true);
    let end = |which: &str| status["config"]["range"][which].as_u64().expect("a measure");
    assert!((end("from")..=end("to")).contains(&2), "{status}");
}

/// A take without the notes of a measure of performed order.
fn without_measure(events: Vec<Event>, score: &Arc<Score>, measure: u32) -> Vec<Event> {
    let mut left = Session::new(score.clone(), Config::default()).expect("a session");
    let mut out = std::collections::BTreeSet::new();
    for (index, event) in events.iter().enumerate() {
        left.handle(*event).expect("the take goes on");
        while let Some(record) = left.poll() {
            if let Record::Played { verdict: Verdict::Matched { note, .. }, .. } = record
                && score.note(note).measure == measure
            {
                out.insert(index);
            }
        }
    }
    events.into_iter().enumerate().filter(|(index, _)| !out.contains(index)).map(|(_, event)| event).collect()
}

/// Whatever a score says, it is shown and never run.
#[test]
fn a_hostile_score_is_only_text() {
    let Some(mut browser) = Browser::start() else { return };
    let service = Service::start();
    let evil = [
        "&lt;img src=x onerror=alert(1)&gt;",
        "&lt;script&gt;alert(2)&lt;/script&gt;",
        "\"&gt;&lt;svg onload=alert(3)&gt;",
        "javascript:alert(4)",
        "&lt;/text&gt;&lt;foreignObject&gt;&lt;iframe srcdoc=\"&amp;lt;script&amp;gt;parent.alert(5)&amp;lt;/script&amp;gt;\"&gt;",
        "{{constructor.constructor('alert(6)')()}}",
    ];
    let piece = scale(4)
        .replace("Scale", &evil.join(" "))
        .replace("Piano", evil[2])
        .replace("<measure number=\"2\">", &format!("<measure number=\"{}\">", evil[0].replace('"', "&quot;")))
        .replacen(
            "<duration>1</duration></note>",
            &format!(
                "<duration>1</duration><lyric><text>{}</text></lyric></note><direction><direction-type><words \
                 xlink:href=\"javascript:alert(7)\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{}</words></direction-type></direction>",
                evil[1], evil[4]
            ),
            1,
        );
    let opened = service.open(&piece, &Config::default());
    for (name, token) in [("viewer", &opened.viewer), ("player", &opened.token)] {
        browser.open(name, &service.url(&format!("/#{token}")));
        browser.wait(name, ".sheet[data-pages]");
        let title = browser.run(&json!({ "do": "text", "name": name, "selector": "h1" }));
        assert!(title.as_str().expect("a title").contains("<script>alert(2)</script>"), "{title}");
        browser.assert_clean(name);
    }
}

/// All scripts but Verovio's, compressed, are no more than a page may ask of a telephone.
#[test]
fn the_scripts_are_small() {
    if Browser::start().is_none() {
        return;
    }
    let bytes: usize = assets()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".js") && !name.starts_with("verovio"))
        .map(|(_, bytes)| bytes)
        .sum();
    assert!((10_000..=150_000).contains(&bytes), "{bytes} bytes");
}

/// The built files and their compressed sizes.
fn assets() -> Vec<(String, usize)> {
    let dir = root().join("etude-do/web/dist/assets");
    let mut all: Vec<_> = std::fs::read_dir(dir)
        .expect("the page is built")
        .map(|entry| {
            let entry = entry.expect("a file");
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            std::io::Write::write_all(&mut packed, &std::fs::read(entry.path()).expect("its bytes"))
                .expect("memory");
            (entry.file_name().to_string_lossy().into_owned(), packed.finish().expect("memory").len())
        })
        .collect();
    all.sort();
    all
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

fn relay(service: &Service, opened: &Opened, score: &Arc<Score>, config: Config) -> (Relay, Outputs) {
    let url = service.url(&opened.socket).replacen("http", "ws", 1);
    let (relay, mut outputs) =
        Relay::start(RelayConfig::new(url, opened.token.clone(), score.clone(), config)).expect("a relay");
    while !matches!(outputs.next_blocking(), Some(Output::State(State::Live { .. }))) {}
    (relay, outputs)
}

fn push(relay: &mut Relay, events: &[Event]) {
    for event in events {
        relay.push(*event).expect("the take goes on");
    }
}

fn acknowledged(outputs: &mut Outputs, events: u64) {
    loop {
        match outputs.next_blocking().expect("the relay runs") {
            Output::Acked { through, .. } if through.0 >= events => return,
            Output::State(State::Refused(refusal)) => panic!("{refusal}"),
            _ => {}
        }
    }
}

/// How many events come before the first note of a second pass.
fn first_pass(score: &Arc<Score>, events: &[Event]) -> usize {
    let mut session = Session::new(score.clone(), Config::default()).expect("a session");
    for (index, event) in events.iter().enumerate() {
        session.handle(*event).expect("the take goes on");
        while let Some(record) = session.poll() {
            if let Record::Played { verdict: Verdict::Matched { note, .. }, .. } = record
                && score.note(note).id.pass > 1
            {
                return index.saturating_sub(4);
            }
        }
    }
    events.len()
}

/// Which of the passes of a note its head shows.
enum Shown {
    First,
    Worst,
}

/// What the verdict stream says of each note: written from docs/PROTOCOL.md, apart from the page's own.
struct Fold {
    fates: Vec<&'static str>,
    by: Vec<Option<u64>>,
    strokes: BTreeMap<u64, Verdict>,
}

impl Fold {
    fn of(score: &Arc<Score>, config: Config, events: &[Event]) -> Self {
        let mut session = Session::new(score.clone(), config).expect("a session");
        let notes = score.notes().len();
        let mut fold = Self { fates: vec![""; notes], by: vec![None; notes], strokes: BTreeMap::new() };
        for event in events {
            session.handle(*event).expect("the take goes on");
            while let Some(record) = session.poll() {
                fold.take(score, record);
            }
        }
        fold
    }

    fn take(&mut self, score: &Score, record: Record) {
        match record {
            Record::Played { event, verdict } => {
                for note in 0..self.by.len() {
                    if self.by[note] == Some(event.0) {
                        (self.by[note], self.fates[note]) = (None, "");
                    }
                }
                self.strokes.insert(event.0, verdict);
                if let Verdict::Matched { note, grade, .. } = verdict {
                    for other in
                        (0..self.by.len()).filter(|&other| score.is_unison(note, NoteIndex(other as u32)))
                    {
                        self.by[other] = Some(event.0);
                        self.fates[other] = match grade {
                            Grade::Perfect => "perfect",
                            Grade::Good => "good",
                            Grade::Early => "early",
                            Grade::Late => "late",
                        };
                    }
                }
            }
            Record::Missed { note } => (self.by[note.get()], self.fates[note.get()]) = (None, "missed"),
            Record::Skipped { from, to } => {
                for note in from.get()..to.get() {
                    if ["", "missed"].contains(&self.fates[note]) {
                        self.fates[note] = "skipped";
                    }
                }
            }
            _ => {}
        }
    }

    fn painted(&self, score: &Score, shown: &Shown) -> Painted {
        const WORST_FIRST: [&str; 7] = ["missed", "late", "early", "good", "perfect", "skipped", ""];
        let mut heads: BTreeMap<&str, &str> = BTreeMap::new();
        for (note, fate) in score.notes().iter().zip(&self.fates) {
            let rank = |fate: &str| WORST_FIRST.iter().position(|known| *known == fate);
            let head = heads.entry(note.id.xml_id).or_insert(fate);
            if matches!(shown, Shown::Worst) && rank(fate) < rank(head) {
                *head = fate;
            }
        }
        let count =
            |wanted: fn(&Verdict) -> bool| self.strokes.values().filter(|verdict| wanted(verdict)).count();
        Painted {
            heads: score.notes().iter().map(|note| Some(heads[note.id.xml_id].to_owned())).collect(),
            wrong: count(|verdict| matches!(verdict, Verdict::Wrong { .. })) as u64,
            extra: count(|verdict| matches!(verdict, Verdict::Extra)) as u64,
        }
    }
}
