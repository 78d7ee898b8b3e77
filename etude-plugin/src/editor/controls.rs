//! How to practise: what is timed against, which measures, which hands, how fast.

use std::ops::RangeInclusive;

use egui::{Button, CornerRadius, DragValue, Frame, Margin, Panel, RichText, Slider, Stroke, Ui, vec2};
use etude_engine::score::{Hand, Hands, MeasureRange, Score};
use etude_engine::session::{Config, Mode};

use super::View;
use super::roll::number_of;
use super::theme::Palette;
use crate::practice::{Command, Connection, Picture, Settings, TakeState};

/// Speeds that the slider offers, in per cent; the settings allow more.
const TEMPO: RangeInclusive<u16> = 25..=150;

pub(super) fn show(view: &mut View, ui: &mut Ui, picture: &Picture) {
    let Some(piece) = &picture.piece else { return };
    let palette = Palette::of(ui);
    let frame =
        Frame::new().fill(palette.panel).inner_margin(Margin { left: 14, right: 14, top: 2, bottom: 10 });
    Panel::top("controls").frame(frame).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(12.0, 8.0);
            let is_free = picture.connection == Connection::Offline;
            let mut settings = view.draft.unwrap_or(picture.settings);
            ui.add_enabled_ui(is_free, |ui| {
                // One flow, so that what does not fit goes to the next line.
                judging(ui, &mut settings.judging, &piece.score);
            })
            .response
            .on_disabled_hover_text("In a session, the teacher has chosen these");
            take(view, ui, picture);
            shown(view, ui, picture);
            commit(view, ui, picture, settings);
        });
    });
}

fn judging(ui: &mut Ui, config: &mut Config, score: &Score) {
    let modes = [
        (Mode::Follow, "Follow me", "Your own tempo is the measure: slow down, stop, go back, as you like"),
        (
            Mode::Clock,
            "Keep time",
            "The host's transport is the measure; without one, a steady beat from your first note",
        ),
        (Mode::Wait, "Wait for me", "The music goes on when the right keys are down"),
    ];
    let hands = [
        (Hands::Both, "Both", "Both hands"),
        (Hands::Right, "Right", "The right hand alone"),
        (Hands::Left, "Left", "The left hand alone"),
    ];
    ui.horizontal_wrapped(|ui| {
        segments(ui, &mut config.mode, &modes);
        if score.notes().iter().any(|note| note.hand == Hand::Left) {
            segments(ui, &mut config.hands, &hands);
        }
        measures(ui, &mut config.range, score);
        ui.checkbox(&mut config.looping, "Loop").on_hover_text("After the last note the first comes again");
        if config.mode == Mode::Clock {
            let slider = Slider::new(&mut config.tempo_percent, TEMPO)
                .suffix(" %")
                .clamping(egui::SliderClamping::Edits);
            ui.add(slider)
                .on_hover_text("Speed of the beat, in percent of the score's; a transport has its own");
        }
    });
}

/// A choice of one: buttons side by side in one frame.
fn segments<T: PartialEq + Copy>(ui: &mut Ui, chosen: &mut T, choices: &[(T, &str, &str)]) {
    let palette = Palette::of(ui);
    let frame = Frame::new()
        .fill(palette.paper)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(7))
        .inner_margin(Margin::same(2));
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().interact_size.y = 24.0;
        ui.horizontal(|ui| {
            for (choice, name, more) in choices {
                let is_chosen = choice == chosen;
                let mut text = RichText::new(*name);
                if is_chosen {
                    text = text.strong().color(palette.on_accent);
                }
                let button = Button::selectable(is_chosen, text).corner_radius(CornerRadius::same(5));
                if ui.add(button).on_hover_text(*more).clicked() {
                    *chosen = *choice;
                }
            }
        });
    });
}

fn measures(ui: &mut Ui, range: &mut Option<MeasureRange>, score: &Score) {
    let last = (score.measures().len() - 1) as u32;
    let mut now = range.unwrap_or(MeasureRange { from: 0, to: last });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label("Measures");
        measure(ui, &mut now.from, 0..=now.to, score).on_hover_text("First measure");
        ui.label("to");
        measure(ui, &mut now.to, now.from..=last, score).on_hover_text("Last measure");
        let is_all = (now.from, now.to) == (0, last);
        if !is_all && ui.button("All").on_hover_text("The whole piece").clicked() {
            now = MeasureRange { from: 0, to: last };
        }
        *range = (now != MeasureRange { from: 0, to: last }).then_some(now);
    });
}

/// A measure by its printed number.
fn measure(ui: &mut Ui, index: &mut u32, among: RangeInclusive<u32>, score: &Score) -> egui::Response {
    let drag = DragValue::new(index)
        .range(among)
        .speed(0.15)
        .custom_formatter(|index, _| {
            let measure = score.measures().get(index as usize);
            measure.map(|measure| number_of(&measure.number, measure.pass)).unwrap_or_default()
        })
        .custom_parser(|text| {
            let (number, pass) = text.trim().trim_end_matches(')').split_once('(').unwrap_or((text, "1"));
            score.find_measure(number.trim(), pass.trim().parse().ok()?).map(f64::from)
        });
    ui.add(drag)
}

fn take(view: &mut View, ui: &mut Ui, picture: &Picture) {
    let is_playing = picture.take.state == TakeState::Playing;
    ui.add_enabled_ui(is_playing || picture.take.state == TakeState::Ended, |ui| {
        if ui.button("Start again").on_hover_text("Forget this take and begin anew").clicked() {
            view.practice.send(Command::NewTake);
        }
    });
    ui.add_enabled_ui(is_playing, |ui| {
        if ui.button("Finish").on_hover_text("End the take and see how it went").clicked() {
            view.practice.send(Command::EndTake);
        }
    });
}

/// The music, or how it went.
fn shown(view: &mut View, ui: &mut Ui, picture: &Picture) {
    if picture.report.is_some() {
        let choices = [
            (false, "Music", "The music, with what became of each note"),
            (true, "Review", "How the take went"),
        ];
        segments(ui, &mut view.in_review, &choices);
    }
}

/// A new setting begins a new take: not before the mouse lets go of it, and a number has been entered.
fn commit(view: &mut View, ui: &Ui, picture: &Picture, settings: Settings) {
    let is_changing = ui.input(|input| input.pointer.any_down()) || ui.ctx().text_edit_focused();
    view.draft = (settings != picture.settings).then_some(settings);
    if let Some(draft) = view.draft.take_if(|_| !is_changing) {
        view.practice.send(Command::Configure(draft));
    }
}
