//! The page as people see it: pictures of it in all sizes, frames a second, loading times.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etude_engine::import;
use etude_engine::session::{Config, Event, EventKind};
use serde_json::json;
use xtask::root;

use super::{MENUET, acknowledged, assets, push, read, relay};
use crate::browser::Browser;
use crate::music::{scale, take};
use crate::service::Service;

/// Pictures for the README and for looking at; `cargo xtask prove page` tells where they are.
#[test]
#[ignore = "takes minutes; cargo xtask prove page runs it"]
fn pictures() {
    let mut browser = Browser::start().expect("a browser");
    let service = Service::start();
    Pictures::new(&mut browser, &service).take();
}

/// Sizes, frames a second on a piece of 5,000 notes that is played at four times its speed, and how long a piece of ten pages
/// takes to open: for a quiet machine.
#[test]
#[ignore = "measures; cargo xtask prove page runs it"]
fn speed() {
    let mut browser = Browser::start().expect("a browser");
    let service = Service::start();
    for (name, bytes) in assets() {
        println!("{name}: {bytes} bytes compressed");
    }
    frames(&mut browser, &service);
    loading(&mut browser, &service);
}

fn frames(browser: &mut Browser, service: &Service) {
    let piece = scale(1_250);
    let score = Arc::new(import::score(piece.as_bytes()).expect("a score").score);
    let opened = service.open(&piece, &Config::default());
    browser.open("page", &service.url(&format!("/#{}", opened.viewer)));
    browser.wait("page", ".sheet[data-pages]");
    let (mut relay, outputs) = relay(service, &opened, &score, Config::default());
    let player = std::thread::spawn(move || {
        let events = take(1_250);
        let begun = std::time::Instant::now();
        for event in events.iter().filter(|event| event.at.0 < 60_000_000) {
            let due = Duration::from_micros(event.at.0.max(0) as u64 / 4);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
            push(&mut relay, &[*event]);
        }
        (relay, outputs)
    });
    browser.wait("page", ".log li");
    let frames = browser.run(&json!({ "do": "frames", "name": "page", "ms": 10_000 }));
    println!("frames on a piece of 5,000 notes at 8 notes a second (bar: 60 a second): {frames}");
    drop(player.join().expect("the player plays"));
    browser.run(&json!({ "do": "close", "name": "page" }));
}

fn loading(browser: &mut Browser, service: &Service) {
    let opened = service.open(&long(), &Config::default());
    browser.open("page", &service.url(&format!("/#{}", opened.viewer)));
    browser.wait("page", ".sheet[data-pages]");
    for what in ["opened again (bar: 2000 ms)", "new to the browser, the page's files kept"] {
        let engraved = what.starts_with("opened");
        let loaded = browser.run(&json!({ "do": "load", "name": "page", "engraved": engraved }));
        println!("Für Elise three times over, {what}: {loaded}");
    }
    browser.run(&json!({ "do": "close", "name": "page" }));
}

/// Für Elise three times over: ten pages on a laptop's screen.
fn long() -> String {
    let piece = read("examples/scores/beethoven-fuer-elise.musicxml");
    let begin = piece.find("<measure").expect("measures");
    let end = piece.rfind("</part>").expect("the end of the part");
    format!("{}{}{}", &piece[..begin], piece[begin..end].repeat(3), &piece[end..])
}

/// Name, width and height of a window.
type Size = (&'static str, u32, u32);
const PHONE: Size = ("phone", 390, 844);
const TABLET: Size = ("tablet", 820, 1180);
const DESKTOP: Size = ("desktop", 1366, 860);
const ALL: [(Size, &str); 6] = [
    (PHONE, "light"),
    (PHONE, "dark"),
    (TABLET, "light"),
    (TABLET, "dark"),
    (DESKTOP, "light"),
    (DESKTOP, "dark"),
];
const TWO: [(Size, &str); 2] = [(PHONE, "dark"), (DESKTOP, "light")];

struct Pictures<'a> {
    browser: &'a mut Browser,
    service: &'a Service,
    dir: PathBuf,
    piece: String,
    events: Vec<Event>,
}

impl<'a> Pictures<'a> {
    fn new(browser: &'a mut Browser, service: &'a Service) -> Self {
        let dir = root().join("target/prove/page");
        std::fs::create_dir_all(&dir).expect("a folder");
        let file = std::fs::read(root().join(format!("{MENUET}.mid"))).expect("a take");
        let events = import::performance(&file).expect("a performance");
        Self { browser, service, dir, piece: read(&format!("{MENUET}.musicxml")), events }
    }

    fn take(&mut self) {
        let score = Arc::new(import::score(self.piece.as_bytes()).expect("a score").score);
        // An attempt before, with notes left out here and there.
        let events = self.events.clone();
        let left_out = |(at, event): &(usize, &Event)| {
            (60..260).contains(at) && at % 3 == 0 && matches!(event.kind, EventKind::NoteOn { .. })
        };
        let worse: Vec<Event> =
            events.iter().enumerate().filter(|each| !left_out(each)).map(|(_, event)| *event).collect();
        let earlier = self.service.open_for(&self.piece, "Anna");
        let (mut first, mut outputs) = relay(self.service, &earlier, &score, Config::default());
        push(&mut first, &worse);
        acknowledged(&mut outputs, worse.len() as u64);

        let opened = self.service.open_for(&self.piece, "Anna");
        let (mut second, mut outputs) = relay(self.service, &opened, &score, Config::default());
        let (begin, rest) = events.split_at(events.len() / 2);
        push(&mut second, begin);
        acknowledged(&mut outputs, begin.len() as u64);
        let watch = format!("/#{}", opened.viewer);
        self.views(
            "live",
            &ALL,
            |this| {
                this.browser.wait("page", ".sheet[data-pages]");
                this.browser.wait("page", ".log li");
            },
            &watch,
        );
        push(&mut second, rest);
        acknowledged(&mut outputs, events.len() as u64);
        self.views(
            "review",
            &ALL,
            |this| {
                this.browser.wait("page", ".sheet[data-pages]");
                this.browser.wait("page", ".review");
            },
            &watch,
        );
        self.print(&watch);
        self.roll();
        self.studio();
    }

    /// A MIDI file, which has no notation: its take's first half, then its review.
    fn roll(&mut self) {
        let file = std::fs::read(root().join(format!("{MENUET}.perfect.mid"))).expect("a piece");
        let score = Arc::new(import::score(&file).expect("a score").score);
        let uploaded = self.service.upload(&file);
        let opened = self.service.open_with(&json!({ "piece": uploaded.body["piece"] }));
        let (mut player, mut outputs) = relay(self.service, &opened, &score, Config::default());
        let half = self.events.len() / 2;
        push(&mut player, &self.events[..half]);
        acknowledged(&mut outputs, half as u64);
        let watch = format!("/#{}", opened.viewer);
        self.views("roll", &TWO, |this| this.browser.wait("page", ".log li"), &watch);
        push(&mut player, &self.events[half..]);
        acknowledged(&mut outputs, self.events.len() as u64);
        self.views("roll-review", &TWO, |this| this.browser.wait("page", ".review"), &watch);
    }

    /// The operator's ways: the library, the links of a new session, the review of an attempt beside an earlier one.
    fn studio(&mut self) {
        let delivered = || self.service.get("/v1/attempts").body["attempts"].as_array().map_or(0, Vec::len);
        while delivered() < 3 {
            std::thread::sleep(Duration::from_millis(200));
        }
        let enter = |this: &mut Self| {
            let key = this.service.workerd.key();
            this.browser.run(
                &json!({ "do": "fill", "name": "page", "selector": "input[type=password]", "text": key }),
            );
            this.browser.click("page", "button.primary");
            this.browser.wait("page", "table button");
        };
        self.views("studio", &ALL, enter, "/#studio");
        self.views(
            "links",
            &TWO,
            |this| {
                enter(this);
                this.browser.click("page", ".pieces button.primary");
                this.browser.wait("page", ":is(.sheet[data-pages], .is-roll)");
                this.browser.click("page", "form button[type=submit]");
                this.browser.wait("page", ".links .code");
            },
            "/#studio",
        );
        self.views(
            "history",
            &TWO,
            |this| {
                enter(this);
                this.browser.click("page", "tr:has-text('99%'):has-text('Anna') button");
                this.browser.wait("page", ".sheet[data-pages]");
                this.browser.run(
                    &json!({ "do": "choose", "name": "page", "selector": ".history select", "index": 1 }),
                );
                this.browser.wait("page", ".comparison");
                this.browser.run(&json!({ "do": "reveal", "name": "page", "selector": ".history" }));
            },
            "/#studio",
        );
    }

    fn views(
        &mut self,
        what: &str,
        views: &[(Size, &str)],
        mut prepare: impl FnMut(&mut Self),
        address: &str,
    ) {
        for ((size, width, height), theme) in views {
            let url = self.service.url(address);
            self.browser.run(&json!({ "do": "open", "name": "page", "url": url, "width": width, "height": height, "theme": theme }));
            prepare(self);
            // For what glides.
            std::thread::sleep(Duration::from_millis(700));
            self.shot(&format!("{what}-{size}-{theme}"), false);
            self.browser.assert_clean("page");
            self.browser.run(&json!({ "do": "close", "name": "page" }));
        }
    }

    fn print(&mut self, address: &str) {
        self.browser.open("page", &self.service.url(address));
        self.browser.wait("page", ".sheet[data-pages]");
        self.browser.wait("page", ".review");
        self.shot("print", true);
        self.browser.run(&json!({ "do": "close", "name": "page" }));
    }

    fn shot(&mut self, what: &str, printed: bool) {
        let path = self.dir.join(format!("{what}.jpg"));
        self.browser.run(&json!({ "do": "shot", "name": "page", "path": path, "printed": printed }));
        println!("{}", path.display());
    }
}
