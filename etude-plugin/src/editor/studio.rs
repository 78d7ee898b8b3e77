//! Logging in to a studio, and picking a piece there.

use egui::{Button, RichText, ScrollArea, TextEdit, Ui};

use super::theme::Palette;
use super::{View, open};
use crate::practice::{Command, Picture, Studio, StudioPiece};

/// Height of the list of pieces, of that of the window: in the window it opens with some seven.
const LIST_SHARE: f32 = 0.36;

/// What has been entered, and is not yet done.
#[derive(Default)]
pub(super) struct Form {
    is_open: bool,
    address: String,
    key: String,
    problem: Option<String>,
}

pub(super) fn show(view: &mut View, ui: &mut Ui) {
    let picture = view.practice.picture();
    match &picture.studio.address {
        Some(address) => pieces(view, ui, address, &picture),
        None if view.studio.is_open => log_in(view, ui, &picture),
        None => {
            let more = "For teachers, and whoever runs a service: its pieces are listed here, and a session is one press";
            if ui.button("Log in to a studio…").on_hover_text(more).clicked() {
                view.studio.is_open = true;
            }
        }
    }
}

fn log_in(view: &mut View, ui: &mut Ui, picture: &Picture) {
    let form = &mut view.studio;
    let mut changed = false;
    for (name, text, hint, is_secret) in [
        ("Address of the studio", &mut form.address, "https://…", false),
        ("Its key", &mut form.key, "", true),
    ] {
        let label = ui.label(RichText::new(name).small().weak()).id;
        let edit = TextEdit::singleline(text).password(is_secret).hint_text(RichText::new(hint).weak());
        let edit = edit.desired_width(f32::INFINITY).margin(egui::Margin::symmetric(8, 6));
        changed |= ui.add(edit).labelled_by(label).changed();
    }
    if changed {
        form.problem = None;
    }
    ui.horizontal(|ui| {
        let is_complete = !form.address.trim().is_empty() && !form.key.trim().is_empty();
        if ui.add_enabled(is_complete && !picture.studio.is_asked, Button::new("Log in")).clicked() {
            match Studio::new(&form.address, &form.key) {
                Ok(studio) => view.practice.send(Command::LogIn(studio)),
                Err(why) => form.problem = Some(why.to_string()),
            }
        }
        if ui.button("Not now").clicked() {
            *form = Form::default();
        }
        if picture.studio.is_asked {
            ui.spinner();
        }
    });
    match &form.problem {
        Some(why) => ui.colored_label(Palette::of(ui).wrong, why),
        None => ui.weak("The key stays on this computer, in your own folder: not in the project."),
    };
}

fn pieces(view: &mut View, ui: &mut Ui, address: &str, picture: &Picture) {
    // What was entered has done its work: a key does not stay, not even behind dots.
    view.studio = Form::default();
    let shown = address.split_once("://").map_or(address, |(_, shown)| shown);
    ui.label(RichText::new(format!("Your studio at {shown}")).small().weak());
    ui.horizontal(|ui| {
        let is_free = !picture.studio.is_asked;
        let name = if picture.studio.pieces.is_none() { "Show its pieces" } else { "Look again" };
        if ui.add_enabled(is_free, Button::new(name)).clicked() {
            view.practice.send(Command::ListPieces);
        }
        if ui.button("Log out").on_hover_text("Forgets the address, and deletes the key").clicked() {
            view.practice.send(Command::LogOut);
        }
        if !is_free {
            ui.spinner();
        }
    });
    let Some(pieces) = &picture.studio.pieces else { return };
    if pieces.is_empty() {
        ui.weak("There is no piece in it yet: its page takes them.");
    }
    let height = ui.spacing().interact_size.y.max(28.0);
    let room = ui.ctx().content_rect().height() * LIST_SHARE;
    // A menu has little room of its own.
    let list = ScrollArea::vertical().max_height(room).min_scrolled_height(room).auto_shrink([false, true]);
    list.show_rows(ui, height, pieces.len(), |ui, shown| {
        for piece in pieces.get(shown).unwrap_or_default() {
            let more = "Makes a session on it, by the settings you have here, and joins it";
            if ui.add(open::row(ui, &name_of(piece))).on_hover_text(more).clicked() {
                view.practice.send(Command::OpenSession(piece.name.clone()));
                ui.close();
            }
        }
    });
}

fn name_of(piece: &StudioPiece) -> String {
    let title = piece.title.as_deref().unwrap_or("Without a title");
    match &piece.composer {
        Some(composer) => format!("{composer}: {title}"),
        None => format!("{title}, {} measures", piece.measures),
    }
}
