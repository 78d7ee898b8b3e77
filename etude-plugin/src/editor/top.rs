//! The bar at the top: what is open, and who judges.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Align, Layout, Panel, PopupCloseBehavior, Response, RichText, Sense, Theme, Ui, vec2};

use super::theme::Palette;
use super::{View, open};
use crate::practice::{Command, Connection, Picture};

pub(super) fn show(view: &mut View, ui: &mut Ui, picture: &Picture) {
    let frame = egui::Frame::new().fill(Palette::of(ui).panel).inner_margin(egui::Margin::symmetric(14, 8));
    Panel::top("top").frame(frame).show_separator_line(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            let room = ui.available_width();
            piece(view, ui, picture, room);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                look(view, ui);
                connection(view, ui, picture);
            });
        });
    });
}

fn piece(view: &mut View, ui: &mut Ui, picture: &Picture, room: f32) {
    let Some(piece) = &picture.piece else {
        ui.heading(RichText::new("Etude").strong());
        return;
    };
    // There is writing to be done in it: a click into a field does not close it.
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let menu = MenuButton::new("Open…").config(config).ui(ui, |ui| {
        ui.set_min_width(300.0);
        open::menu(view, ui);
    });
    menu.0.on_hover_text("Another piece, or a session");
    ui.add_space(4.0);
    ui.vertical(|ui| {
        ui.set_max_width(room * 0.45);
        ui.spacing_mut().item_spacing.y = 0.0;
        let title = egui::Label::new(RichText::new(&piece.name).size(15.0).strong()).truncate();
        ui.add(title);
        let measures = piece.score.measures().len();
        let composer = piece.score.composer().map(|composer| format!("{composer} · ")).unwrap_or_default();
        let about = format!("{composer}{measures} measures, {} notes", piece.score.notes().len());
        ui.add(egui::Label::new(RichText::new(about).small().weak()).truncate());
    });
}

/// Who judges, how fast the answer is, and the way out.
fn connection(view: &View, ui: &mut Ui, picture: &Picture) {
    let palette = Palette::of(ui);
    let (dot, colour, told, more) = match &picture.connection {
        Connection::Offline => (
            Dot::Ring,
            palette.weak,
            "Practising alone · unofficial".to_owned(),
            "What you play is judged on this computer and goes nowhere. Join a session by its link for results that count."
                .to_owned(),
        ),
        Connection::Connecting => (
            Dot::Half,
            palette.accent,
            "Connecting…".to_owned(),
            "You can play already: what you play is delivered when the session is there.".to_owned(),
        ),
        Connection::Live => (
            Dot::Full,
            palette.good,
            picture.round_trip.map_or("In session".to_owned(), |time| format!("In session · {} ms", time.as_millis())),
            "The session judges what you play. The time is from a note to the session's verdict.".to_owned(),
        ),
        Connection::Resuming { undelivered, why } => (
            Dot::Half,
            palette.off_time,
            match undelivered {
                0 => "Line down, trying again".to_owned(),
                _ => format!("Line down · {undelivered} events kept"),
            },
            format!("{why}. Play on: nothing is lost, and it is delivered when the line is back."),
        ),
        Connection::Ended => {
            (Dot::Full, palette.accent, "Session ended".to_owned(), "The session has its report.".to_owned())
        }
        Connection::Refused { why } => (Dot::Cross, palette.wrong, "Session refused".to_owned(), why.clone()),
    };
    if picture.connection != Connection::Offline && ui.button("Leave").clicked() {
        view.practice.send(Command::Leave);
    }
    ui.label(RichText::new(told).color(palette.ink)).on_hover_text(&more);
    dot.show(ui, colour).on_hover_text(more);
}

/// States differ in shape, not in colour alone.
enum Dot {
    Ring,
    Half,
    Full,
    Cross,
}

impl Dot {
    fn show(&self, ui: &mut Ui, colour: egui::Color32) -> Response {
        let (rect, response) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
        let (painter, centre) = (ui.painter(), rect.center());
        let stroke = egui::Stroke::new(1.8, colour);
        match self {
            Self::Ring => {
                painter.circle_stroke(centre, 4.2, stroke);
            }
            Self::Half => {
                painter.circle_stroke(centre, 4.2, stroke);
                painter.circle_filled(centre, 2.0, colour);
            }
            Self::Full => {
                painter.circle_filled(centre, 5.0, colour);
            }
            Self::Cross => super::mark::Mark::Wrong.paint(painter, centre, 5.0, colour),
        }
        response
    }
}

/// Dark or light, larger or smaller.
fn look(view: &mut View, ui: &mut Ui) {
    ui.menu_button("View", |ui| {
        ui.set_min_width(180.0);
        let dark = ui.visuals().dark_mode;
        for (theme, name) in [(Theme::Dark, "Dark"), (Theme::Light, "Light")] {
            if ui.radio((theme == Theme::Dark) == dark, name).clicked() {
                view.choose_theme(ui.ctx(), theme);
            }
        }
        ui.separator();
        let zoom = ui.ctx().zoom_factor();
        ui.horizontal(|ui| {
            ui.label("Size");
            for (name, by) in [("−", -0.1), ("+", 0.1)] {
                let response = ui.button(name).on_hover_text(if by > 0.0 { "Larger" } else { "Smaller" });
                if response.clicked() {
                    ui.ctx().set_zoom_factor((((zoom + by) * 10.0).round() / 10.0).clamp(0.5, 3.0));
                }
            }
            ui.weak(format!("{:.0} %", zoom * 100.0));
        });
    });
}
