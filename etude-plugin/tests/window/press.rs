//! Through the standalone, from its start to its end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use egui::Pos2;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use etude_plugin::practice::{FOLDER_VARIABLE, TakeState};

use crate::desk::Desk;
use crate::keyboard::Jack;
use crate::room::performance;
pub(crate) use crate::screen::Colour;
use crate::screen::{Screen, Window};

const PATIENCE: Duration = Duration::from_secs(30);
const MENUET: &str = "Christian Petzold: Menuet in G";
const ESCAPE: u32 = 0xff1b;

/// The dark theme's: what is chosen, what menus are on, a note for the right hand, one that was played in time, one that was not played.
pub(crate) const ACCENT: Colour = [0x7a, 0xb0, 0xff];
const PANEL: Colour = [0x1b, 0x1e, 0x24];
pub(crate) const RIGHT: Colour = [0x5b, 0x86, 0xc4];
const GOOD: Colour = [0x2f, 0xc0, 0x97];
const MISSED: Colour = [0xff, 0x7a, 0x4d];
/// More pixels than the marks beside the figures have: what has more of a colour has notes of it.
pub(crate) const MARKS: usize = 300;

impl Desk {
    /// The middle of what says so and can be pressed: the same editor has it at the same place in a window.
    pub(crate) fn place_of(&mut self, name: &str) -> Pos2 {
        self.settle();
        let found = self.editor.query_all_by_label(name);
        let node =
            found.into_iter().find(|node| node.accesskit_node().role() != egui::accesskit::Role::Label);
        node.unwrap_or_else(|| panic!("there is no {name:?}")).rect().center()
    }

    /// Within it, at the left, where nothing is written.
    pub(crate) fn edge_of(&mut self, name: &str) -> Pos2 {
        self.settle();
        self.editor.get_by_label(name).rect().left_center() + egui::vec2(8.0, 0.0)
    }
}

/// The standalone, which does not outlive a test that failed.
pub(crate) struct Standalone {
    process: Child,
    log: PathBuf,
}

impl Standalone {
    pub(crate) fn start(screen: &Screen, home: &Path, command: &mut Command) -> Self {
        let log = home.join("log");
        command.env("DISPLAY", screen.name()).env(FOLDER_VARIABLE, home).env("NICE_LOG", &log);
        Self { process: command.stdin(Stdio::null()).spawn().unwrap(), log }
    }

    /// Ends with its window, and as it should.
    pub(crate) fn ends_with(self, window: Window<'_>) {
        window.close();
        let (status, log) = self.ended();
        assert!(status.success() && !log.contains("panicked"), "{status}: {log}");
    }

    /// Waits for its end; and what it has logged.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return (status, std::fs::read_to_string(&self.log).unwrap_or_default());
            }
            assert!(started.elapsed() < PATIENCE, "it does not end when its window is closed");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Standalone {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn etude(backend: &str) -> Command {
    let mut etude = Command::new(env!("CARGO_BIN_EXE_etude"));
    etude.args(["--backend", backend]);
    etude
}

/// Opens the menuet in the window. The same editor without one tells where things are, and is led along.
fn open_menuet(window: &Window<'_>) -> Desk {
    let mut desk = Desk::new();
    let open = desk.edge_of("Open a score…");
    let at_first = window.until("the start", |seen| seen.at(open) == ACCENT);
    assert_eq!((at_first.count(RIGHT), at_first.count(GOOD)), (0, 0));
    window.click(desk.place_of(MENUET));
    window.until("the music", |seen| seen.at(open) != ACCENT && seen.count(RIGHT) > MARKS);
    desk.press(MENUET);
    desk.until(|picture| picture.take.state == TakeState::Ready && picture.host_is_processing);
    desk
}

#[test]
fn the_standalone_is_worked_by_mouse_and_keys_and_ends_with_its_window() {
    let Some(screen) = Screen::start() else {
        return println!("SKIPPED: the standalone's window is not clicked through, for want of Xvfb");
    };
    let home = tempfile::tempdir().unwrap();
    let standalone = Standalone::start(&screen, home.path(), &mut etude("dummy"));
    let window = screen.window("Etude");
    let mut desk = open_menuet(&window);
    window.click(desk.place_of("Open…"));
    desk.press("Open…");
    // Its middle is empty.
    let row = desk.place_of(MENUET);
    window.until("the menu", |seen| seen.at(row) == PANEL);
    window.key(ESCAPE);
    window.until("no menu", |seen| seen.at(row) != PANEL);
    standalone.ends_with(window);
}

#[test]
fn the_window_grows_with_what_is_in_it() {
    let Some(screen) = Screen::start() else {
        return println!("SKIPPED: the standalone's window is not enlarged, for want of Xvfb");
    };
    let home = tempfile::tempdir().unwrap();
    let standalone = Standalone::start(&screen, home.path(), &mut etude("dummy"));
    let window = screen.window("Etude");
    let mut desk = Desk::new();
    let (open, view) = (desk.edge_of("Open a score…"), desk.place_of("View"));
    window.until("the start", |seen| seen.at(open) == ACCENT);
    assert_eq!(window.size(), (1_040, 700));
    window.click(view);
    desk.press("View");
    let (larger, inside) = (desk.place_of("+"), desk.place_of("Light") + egui::vec2(60.0, 0.0));
    window.until("the menu", |seen| seen.at(inside) == PANEL);
    window.click(larger);
    window.until("a larger window", |seen| {
        window.size() == (1_144, 770) && seen.at((open.to_vec2() * 1.1).to_pos2()) == ACCENT
    });
    standalone.ends_with(window);
}

#[test]
fn what_is_played_into_the_standalone_is_seen_and_reviewed() {
    let (Some(screen), Some(mut jack)) = (Screen::start(), Jack::start()) else {
        return println!("SKIPPED: the standalone is not played into, for want of Xvfb or JACK (jackd2)");
    };
    let home = tempfile::tempdir().unwrap();
    let standalone = Standalone::start(&screen, home.path(), jack.lead(&mut etude("jack")));
    let window = screen.window("Etude");
    let mut desk = open_menuet(&window);

    jack.play("petzold-menuet-in-g.mid", 12, "etude");
    let played = window.until("notes in time", |seen| seen.count(GOOD) > MARKS);
    assert!(played.count(RIGHT) > MARKS, "the music is still there");
    jack.hush();
    let played = performance("petzold-menuet-in-g.mid");
    desk.host.play(&played[..played.len() / 2]);
    desk.until(|picture| picture.take.state == TakeState::Playing);

    window.click(desk.place_of("Finish"));
    desk.press("Finish");
    desk.until(|picture| picture.report.is_some());
    let (music, review) = (desk.edge_of("Music"), desk.edge_of("Review"));
    window.until("the review", |seen| seen.at(review) == ACCENT && seen.count(RIGHT) == 0);
    window.click(desk.place_of("Music"));
    window.until("what became of each note", |seen| {
        seen.at(music) == ACCENT && seen.count(GOOD) > MARKS && seen.count(MISSED) > MARKS
    });
    window.click(desk.place_of("Start again"));
    window.until("a new take", |seen| seen.count(RIGHT) > MARKS && seen.count(GOOD) < MARKS);

    standalone.ends_with(window);
}

#[test]
fn the_standalone_ends_with_its_window_also_when_jack_has_gone_before() {
    let (Some(screen), Some(mut jack)) = (Screen::start(), Jack::start()) else {
        return println!(
            "SKIPPED: the standalone is not left alone by JACK, for want of Xvfb or JACK (jackd2)"
        );
    };
    let home = tempfile::tempdir().unwrap();
    let standalone = Standalone::start(&screen, home.path(), jack.lead(&mut etude("jack")));
    let window = screen.window("Etude");
    open_menuet(&window);
    jack.go();
    window.close();
    assert!(standalone.ended().0.success());
}

#[test]
fn the_standalone_without_a_screen_says_so() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("log");
    let mut command = etude("dummy");
    command.env("DISPLAY", ":no-screen").env(FOLDER_VARIABLE, home.path()).env("NICE_LOG", &log);
    let _standalone = Standalone { process: command.stdin(Stdio::null()).spawn().unwrap(), log: log.clone() };
    let started = Instant::now();
    while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains("the editor cannot be opened")) {
        assert!(started.elapsed() < PATIENCE, "{:?}", std::fs::read_to_string(&log));
        std::thread::sleep(Duration::from_millis(20));
    }
}
