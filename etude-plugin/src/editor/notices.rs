//! What the player has to know: what went wrong, what could not be read, what waits to be delivered.

use std::sync::Arc;

use egui::{Align, Color32, Frame, Layout, Margin, Panel, RichText, ScrollArea, Sense, Ui, vec2};
use etude_engine::import::HandSource;

use super::mark::Mark;
use super::theme::Palette;
use super::{View, drop};
use crate::practice::{Command, Connection, Picture, Piece};

pub(super) fn show(view: &mut View, ui: &mut Ui, picture: &Picture) {
    let palette = Palette::of(ui);
    if let Connection::Refused { why } = &picture.connection {
        let told = format!("The session cannot be joined: {why}");
        Notice { name: "refused", colour: palette.wrong, mark: Mark::Wrong }.show(ui, &told, &[]);
    }
    if let Some(problem) = &picture.problem {
        let notice = Notice { name: "problem", colour: palette.wrong, mark: Mark::Wrong };
        if notice.show(ui, &problem.0, &["Got it"]).is_some() {
            view.practice.send(Command::Dismiss);
        }
    }
    drop::notices(view, ui, picture);
    if let Some(fault) = picture.faults.last() {
        let earlier = match picture.faults.len() {
            1 => String::new(),
            count => format!(" ({} more before)", count - 1),
        };
        let notice = Notice { name: "faults", colour: palette.wrong, mark: Mark::Missed };
        if notice.show(ui, &format!("{fault}{earlier}"), &["Got it "]).is_some() {
            view.practice.send(Command::Dismiss);
        }
    }
    if picture.unsent.takes > 0 {
        unsent(view, ui, picture);
    }
    if picture.piece.is_some() && !picture.host_is_processing {
        let told =
            "Nothing can be heard: the host is not running audio. Start its audio engine, or arm this track.";
        Notice { name: "silent", colour: palette.off_time, mark: Mark::Late }.show(ui, told, &[]);
    }
    if let Some(piece) = &picture.piece {
        warnings(view, ui, piece);
    }
}

/// A line across the window, with what can be done about it.
pub(super) struct Notice {
    pub(super) name: &'static str,
    pub(super) colour: Color32,
    pub(super) mark: Mark,
}

impl Notice {
    /// Shows it; which of the buttons was pressed.
    pub(super) fn show(&self, ui: &mut Ui, told: &str, buttons: &[&str]) -> Option<usize> {
        self.show_with(ui, told, buttons, |_| {})
    }

    fn show_with(
        &self,
        ui: &mut Ui,
        told: &str,
        buttons: &[&str],
        below: impl FnOnce(&mut Ui),
    ) -> Option<usize> {
        let fill = Palette::of(ui).panel.lerp_to_gamma(self.colour, 0.14);
        let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(14, 6));
        let mut pressed = None;
        Panel::top(format!("notice {}", self.name)).frame(frame).show_separator_line(false).show(ui, |ui| {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
                self.mark.paint(ui.painter(), rect.center(), 5.0, self.colour);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    for (index, name) in buttons.iter().enumerate().rev() {
                        if ui.button(*name).clicked() {
                            pressed = Some(index);
                        }
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
                        ui.label(told)
                    });
                });
            });
            below(ui);
        });
        pressed
    }
}

fn unsent(view: &View, ui: &mut Ui, picture: &Picture) {
    let (takes, events) = (picture.unsent.takes, picture.unsent.events);
    let which = if takes == 1 { "An earlier take".to_owned() } else { format!("{takes} earlier takes") };
    let told = format!("{which} could not be delivered yet ({events} events).");
    let notice = Notice { name: "unsent", colour: Palette::of(ui).accent, mark: Mark::Late };
    match notice.show(ui, &told, &["Deliver now", "Delete"]) {
        Some(0) => view.practice.send(Command::Deliver),
        Some(_) => view.practice.send(Command::Forget),
        None => {}
    }
}

/// What could not be read of the score.
fn warnings(view: &mut View, ui: &mut Ui, piece: &Arc<Piece>) {
    let guess = match piece.hands.source {
        HandSource::Split => Some("Which hand plays what is not in the file: it is a guess."),
        HandSource::OuterStaves => {
            Some("Which hand plays the middle staves is not in the file: it is a guess.")
        }
        _ => None,
    };
    let count = piece.warnings.len() + usize::from(guess.is_some());
    if count == 0 || view.warnings_read.as_ref().is_some_and(|read| Arc::ptr_eq(read, piece)) {
        return;
    }
    let told = match count {
        1 => "One thing in this score was left out or guessed.".to_owned(),
        _ => format!("{count} things in this score were left out or guessed."),
    };
    let notice = Notice { name: "warnings", colour: Palette::of(ui).off_time, mark: Mark::Early };
    let toggle = if view.warnings_open { "Hide" } else { "Show" };
    let pressed = notice.show_with(ui, &told, &[toggle, "Fine"], |ui| {
        if view.warnings_open {
            ScrollArea::vertical().max_height(110.0).show(ui, |ui| {
                let warnings = piece.warnings.iter().map(ToString::to_string);
                for told in guess.map(str::to_owned).into_iter().chain(warnings) {
                    ui.label(RichText::new(told).small());
                }
            });
        }
    });
    match pressed {
        Some(0) => view.warnings_open = !view.warnings_open,
        Some(_) => view.warnings_read = Some(Arc::clone(piece)),
        None => {}
    }
}
