//! The strip at the bottom: how the take goes, to be read from the piano stool.

use egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui};
use etude_engine::judge::{Record, reason};

use super::mark::Mark;
use super::roll::in_font;
use super::theme::{self, Palette};
use crate::practice::{Picture, TakeState};

pub(super) fn show(ui: &mut Ui, picture: &Picture) {
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(14, 8));
    Panel::bottom("figures").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let figures = &picture.take.figures;
            for (mark, count, word, more) in [
                (Mark::OnTime, figures.on_time, "on time", "Right notes at the right time"),
                (Mark::Early, figures.early, "early", "Right notes, too early"),
                (Mark::Late, figures.late, "late", "Right notes, too late"),
                (Mark::Missed, figures.missed, "missed", "Notes that were not played"),
                (Mark::Wrong, figures.wrong, "wrong", "Played in place of another note"),
                (Mark::Extra, figures.extra, "extra", "Played, and not in the score"),
            ] {
                figure(ui, mark, count, word).on_hover_text(more);
                ui.add_space(10.0);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(in_font(&word(picture))).size(14.0)).truncate());
            });
        });
    });
}

fn figure(ui: &mut Ui, mark: Mark, count: u32, word: &str) -> egui::Response {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        mark.show(ui, 5.5);
        let colour = if count == 0 { palette.weak } else { palette.ink };
        ui.label(RichText::new(count.to_string()).text_style(theme::figure()).color(colour));
        ui.label(RichText::new(word).small().weak());
    })
    .response
}

/// What there is to say just now: about the last note, else what to do.
fn word(picture: &Picture) -> String {
    let Some(piece) = &picture.piece else { return String::new() };
    match picture.take.state {
        TakeState::Ready if picture.host_is_processing => {
            "Listening: the first note begins the take".to_owned()
        }
        TakeState::Ready => String::new(),
        TakeState::Ended => "The take is over".to_owned(),
        _ => {
            let last = picture.take.played.iter().rev().find_map(|note| Some((note, note.verdict?)));
            last.map_or(String::new(), |(note, verdict)| {
                reason(&piece.score, &Record::Played { event: note.event, verdict }, Some(note.pitch))
            })
        }
    }
}
