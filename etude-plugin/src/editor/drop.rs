//! Scores that are dropped on the window.
//!
//! What may be dropped is said while it hovers; then it is opened as by the dialog. One thing a dialog need not ask: a hand that
//! slips drops a file, and a take would be gone.

use std::path::{Path, PathBuf};

use egui::{
    Area, Color32, CornerRadius, Frame, Margin, Order, Rect, RichText, Shape, Stroke, Ui, UiBuilder, vec2,
};

use super::View;
use super::mark::Mark;
use super::notices::Notice;
use super::open::is_score;
use super::theme::{self, Palette};
use crate::practice::{Command, Connection, Picture, PieceSource, TakeState};

/// The kinds of files, for who has dropped another.
const KINDS: &str = "Etude opens MusicXML (.musicxml, .mxl, .xml) and MIDI (.mid, .midi).";

/// What was dropped and has not been dealt with.
#[derive(Default)]
pub(super) struct Drops {
    /// A score that is opened only if the player says so.
    asked: Option<PathBuf>,
    /// What the player should know of the last ones.
    told: Option<String>,
}

/// What there is among some files.
struct Found {
    /// The first that is a score.
    score: Option<PathBuf>,
    /// All of them.
    count: usize,
}

impl Found {
    fn among(paths: Vec<PathBuf>) -> Self {
        let count = paths.len();
        Self { score: paths.into_iter().find(|path| is_score(path)), count }
    }
}

/// Takes what was dropped since the last frame.
pub(super) fn take(view: &mut View, ui: &Ui, picture: &Picture) {
    let dropped =
        ui.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    let found = Found::among(dropped);
    if found.count == 0 {
        return;
    }
    view.drops = Drops::default();
    match (found.score, found.count) {
        (None, 1) => view.drops.told = Some(format!("That is no score. {KINDS}")),
        (None, count) => view.drops.told = Some(format!("None of the {count} files is a score. {KINDS}")),
        (Some(score), count) => {
            if count > 1 {
                let told = format!("Of the {count} files only “{}” is opened: one at a time.", name(&score));
                view.drops.told = Some(told);
            }
            match at_stake(picture) {
                Some(_) => view.drops.asked = Some(score),
                None => view.practice.send(Command::Open(PieceSource::File(score))),
            }
        }
    }
}

/// What is to be answered, or read.
pub(super) fn notices(view: &mut View, ui: &mut Ui, picture: &Picture) {
    let palette = Palette::of(ui);
    if let Some(score) = &view.drops.asked {
        let at_stake = at_stake(picture).unwrap_or_default();
        let told = format!("Open “{}” now? {at_stake}", name(score));
        let notice = Notice { name: "dropped", colour: palette.accent, mark: Mark::Late };
        match notice.show(ui, told.trim(), &["Open it", "Play on"]) {
            Some(0) => {
                let source = PieceSource::File(score.clone());
                view.practice.send(Command::Open(source));
                view.drops.asked = None;
            }
            Some(_) => view.drops = Drops::default(),
            None => {}
        }
    }
    if let Some(told) = &view.drops.told {
        let notice = Notice { name: "drop", colour: palette.off_time, mark: Mark::Early };
        if notice.show(ui, told, &["All right"]).is_some() {
            view.drops.told = None;
        }
    }
}

/// Says over the whole window what happens if it is let go of.
pub(super) fn hover(ui: &Ui, picture: &Picture) {
    let hovering =
        ui.input(|input| input.raw.hovered_files.iter().filter_map(|file| file.path.clone()).collect());
    let found = Found::among(hovering);
    if found.count == 0 {
        return;
    }
    let palette = Palette::of(ui);
    let (colour, head, more) = match &found.score {
        Some(score) => {
            let others = match found.count - 1 {
                0 => String::new(),
                1 => "The other file is left alone. ".to_owned(),
                others => format!("The other {others} files are left alone. "),
            };
            let stake = at_stake(picture).map(|stake| format!("{stake} You are asked before."));
            let more = others + &stake.unwrap_or_default();
            (palette.accent, format!("Drop to open “{}”", name(score)), more)
        }
        None => (palette.wrong, "No score".to_owned(), KINDS.to_owned()),
    };
    let window = ui.ctx().content_rect();
    let area = Area::new(egui::Id::unique("hovering files")).order(Order::Tooltip).interactable(false);
    area.fixed_pos(window.min).constrain(false).show(ui.ctx(), |ui| {
        veil(ui, window, palette, colour);
        let card = vec2((window.width() - 96.0).min(520.0), 110.0);
        let card = UiBuilder::new().max_rect(Rect::from_center_size(window.center(), card));
        ui.scope_builder(card, |ui| {
            let frame = Frame::new()
                .fill(palette.panel)
                .stroke(Stroke::new(1.0, palette.line))
                .corner_radius(CornerRadius::same(10))
                .inner_margin(Margin::symmetric(24, 16));
            frame.show(ui, |ui| {
                ui.vertical_centered(|ui| {
                    ui.label(RichText::new(head).text_style(theme::figure()).strong().color(palette.ink));
                    if !more.is_empty() {
                        ui.label(RichText::new(more.trim()).color(palette.weak));
                    }
                });
            });
        });
    });
}

/// What is behind steps back, and its edge shows where to drop.
fn veil(ui: &Ui, window: Rect, palette: &Palette, colour: Color32) {
    let painter = ui.painter();
    painter.rect_filled(window, CornerRadius::ZERO, palette.paper.gamma_multiply(0.75));
    let edge = window.shrink(14.0);
    let corners =
        [edge.left_top(), edge.right_top(), edge.right_bottom(), edge.left_bottom(), edge.left_top()];
    painter.extend(Shape::dashed_line(&corners, Stroke::new(2.5, colour), 12.0, 8.0));
}

/// What would be lost by opening a piece now.
fn at_stake(picture: &Picture) -> Option<&'static str> {
    let in_session =
        matches!(picture.connection, Connection::Connecting | Connection::Live | Connection::Resuming { .. });
    match (picture.take.state == TakeState::Playing, in_session) {
        (_, true) => Some("That leaves the session and its take."),
        (true, false) => Some("That throws away what you have played of this take."),
        (false, false) => None,
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
