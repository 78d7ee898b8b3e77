//! Files are dropped on the standalone by another program on the screen.

use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable as _;

use crate::desk::Desk;
use crate::press::{ACCENT, Colour, MARKS, RIGHT, Standalone, etude};
use crate::room::example;
use crate::screen::{Picture, Screen, Window};
use crate::xdnd::Source;

/// The dark theme's: a button.
const RAISED: Colour = [0x29, 0x2e, 0x37];

/// Its address, as in a list of them.
fn address(path: &Path) -> String {
    format!("file://{}\r\n", path.display()).replace(' ', "%20")
}

/// Whether the edge says that something can be dropped.
fn invites(seen: &Picture) -> bool {
    let edge = (100..900).filter(|x| seen.at(egui::pos2(*x as f32, 14.0)) == ACCENT).count();
    edge > 300
}

struct Stage {
    home: tempfile::TempDir,
    score: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let score = home.path().join("my own menuet.musicxml");
        std::fs::copy(example("petzold-menuet-in-g.musicxml"), &score).unwrap();
        Self { home, score }
    }

    fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    fn standalone(&self, screen: &Screen) -> Standalone {
        Standalone::start(screen, self.home.path(), &mut etude("dummy"))
    }

    /// Drops the score and sees it opened.
    fn drops_the_score(&self, screen: &Screen, window: &Window<'_>) {
        assert!(Source::of(screen, address(&self.score)).drag_onto(window));
        window.until("the music", |seen| seen.count(RIGHT) > MARKS);
    }
}

/// Sees that the window says what the editor says that such a file was dropped on, and presses it away.
fn told(window: &Window<'_>, desk: &mut Desk, button: &str) {
    let place = desk.editor.get_by_role_and_label(egui::accesskit::Role::Button, button).rect();
    let edge = place.left_center() + egui::vec2(4.0, 0.0);
    window.until("what is to be told", |seen| seen.at(edge) == RAISED);
    window.click(place.center());
    // A button under the pointer has another colour.
    window.point(egui::pos2(4.0, 4.0));
    window.until("that it was read", |seen| seen.at(edge) != RAISED);
}

#[test]
fn a_score_that_is_dropped_on_the_window_is_opened() {
    let Some(screen) = Screen::start() else {
        return println!("SKIPPED: nothing is dropped on the standalone's window, for want of Xvfb");
    };
    let stage = Stage::new();
    let standalone = stage.standalone(&screen);
    let window = screen.window("Etude");
    let mut desk = Desk::new();
    let open = desk.edge_of("Open a score…");
    window.until("the start", |seen| seen.at(open) == ACCENT);

    let source = Source::of(&screen, address(&stage.score));
    source.enter(&window);
    assert!(source.moves(&window));
    window.until("where to drop", invites);
    source.leave(&window);
    window.until("the start again", |seen| !invites(seen) && seen.at(open) == ACCENT);
    assert!(source.drag_onto(&window));
    window.until("the music", |seen| !invites(seen) && seen.at(open) != ACCENT && seen.count(RIGHT) > MARKS);
    let recent = std::fs::read_to_string(stage.home.path().join("recent.json")).unwrap();
    assert!(recent.contains("my own menuet.musicxml"), "{recent}");

    standalone.ends_with(window);
}

#[test]
fn what_is_no_score_is_told_so_in_the_window() {
    let Some(screen) = Screen::start() else {
        return println!("SKIPPED: nothing is dropped on the standalone's window, for want of Xvfb");
    };
    let stage = Stage::new();
    let standalone = stage.standalone(&screen);
    let window = screen.window("Etude");
    let mut desk = Desk::new();
    let open = desk.edge_of("Open a score…");
    window.until("the start", |seen| seen.at(open) == ACCENT);

    let (notes, garbage) = (stage.file("notes.txt", b"Practise!"), stage.file("garbage.mid", b"no music"));
    assert!(Source::of(&screen, address(&notes)).drag_onto(&window));
    desk.drop(&[&notes]);
    told(&window, &mut desk, "All right");
    desk.press("All right");
    assert!(Source::of(&screen, address(&garbage)).drag_onto(&window));
    desk.drop(&[&garbage]);
    desk.until(|picture| picture.problem.is_some());
    told(&window, &mut desk, "Got it");
    stage.drops_the_score(&screen, &window);

    standalone.ends_with(window);
}

#[test]
fn sources_that_lie_fall_silent_or_die_do_no_harm() {
    let Some(screen) = Screen::start() else {
        return println!("SKIPPED: nothing is dropped on the standalone's window, for want of Xvfb");
    };
    let stage = Stage::new();
    let standalone = stage.standalone(&screen);
    let window = screen.window("Etude");
    let open = Desk::new().edge_of("Open a score…");
    window.until("the start", |seen| seen.at(open) == ACCENT);

    let gone = address(&stage.home.path().join("gone.mid"));
    let long = format!("file:///{}\r\n", "a/".repeat(1 << 20));
    let lists: [&[u8]; 7] = [
        b"https://example.org/piece.mid\r\n",
        gone.as_bytes(),
        b"\xff\xfe\0\xff",
        b"",
        b"%",
        b"file://elsewhere/piece.mid\r\n",
        long.as_bytes(),
    ];
    for list in lists {
        let refused = Source::of(&screen, list);
        assert!(!refused.drag_onto(&window), "{:?}", &list[..list.len().min(40)]);
        assert!(!refused.drop_on(&window), "what was refused is not taken later");
    }
    // Text is refused before it is asked for.
    assert!(!Source::text(&screen).drag_onto(&window));
    // No drag has begun.
    let rude = Source::of(&screen, address(&stage.score));
    assert!(!rude.moves(&window) && !rude.drop_on(&window));
    // It gives nothing, and dies with the pointer in its hand.
    let silent = Source::silent(&screen);
    silent.enter(&window);
    silent.moves(&window);
    drop(silent);
    assert_eq!(window.picture().at(open), ACCENT, "nothing has happened yet");

    let dying = Source::of(&screen, address(&stage.score));
    window.point(window.centre());
    dying.take_pointer();
    dying.enter(&window);
    assert!(dying.moves(&window));
    window.until("where to drop", invites);
    drop(dying);
    window.until("that nothing is held any more", |seen| !invites(seen) && seen.at(open) == ACCENT);
    stage.drops_the_score(&screen, &window);

    standalone.ends_with(window);
}
