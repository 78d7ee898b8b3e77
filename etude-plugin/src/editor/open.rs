//! Opening a piece, or a session.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};

use egui::{
    Align, Button, CornerRadius, Frame, Layout, Margin, RichText, ScrollArea, Stroke, TextEdit, Ui, vec2,
};

use super::theme::{self, Palette};
use super::{View, studio};
use crate::practice::{BUNDLED, Command, Link, PieceSource};

/// Names of files that can be scores.
const EXTENSIONS: [&str; 5] = ["musicxml", "mxl", "xml", "mid", "midi"];

/// Whether the name is one of a score.
pub(super) fn is_score(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// So many of the files opened last are offered: the rest of the window is needed too.
const RECENT_MAX: usize = 4;

/// What has been entered, and is not yet done.
#[derive(Default)]
pub(super) struct Form {
    link: String,
    link_is: Option<String>,
    dialog: Option<Receiver<Option<PathBuf>>>,
}

/// The whole window, while nothing is open.
pub(super) fn show(view: &mut View, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let width = ui.available_width().min(520.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.add_space((ui.available_height() - 430.0).max(20.0) / 3.0);
            ui.label(RichText::new("What shall we practise?").text_style(theme::figure()).strong());
            ui.add_space(2.0);
            ui.weak("Open a piece and play: Etude follows you, note by note.");
            ui.add_space(16.0);
            card(ui, width, palette, |ui| pieces(view, ui));
            ui.add_space(10.0);
            card(ui, width, palette, |ui| session(view, ui));
            ui.add_space(10.0);
            card(ui, width, palette, |ui| studio::show(view, ui));
            ui.add_space(16.0);
        });
    });
}

/// The same, as a menu.
pub(super) fn menu(view: &mut View, ui: &mut Ui) {
    pieces(view, ui);
    ui.separator();
    session(view, ui);
    ui.separator();
    studio::show(view, ui);
}

fn card(ui: &mut Ui, width: f32, palette: &Palette, contents: impl FnOnce(&mut Ui)) {
    let frame = Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::same(16));
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui);
        });
    });
}

fn pieces(view: &mut View, ui: &mut Ui) {
    let width = ui.available_width();
    let palette = Palette::of(ui);
    let text = RichText::new("Open a score…").color(palette.on_accent).strong();
    let button = Button::new(text).fill(palette.accent).min_size(vec2(width, 34.0));
    if ui
        .add(button)
        .on_hover_text("MusicXML, .mxl or a MIDI file (Ctrl+O). Or drop it on the window")
        .clicked()
    {
        view.form.ask_for_file(ui.ctx().clone());
        ui.close();
    }
    let recent = view.practice.picture().recent.clone();
    if !recent.is_empty() {
        ui.add_space(4.0);
        ui.label(RichText::new("Opened last").small().weak());
    }
    for path in recent.iter().take(RECENT_MAX) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        if ui.add(row(ui, &name)).on_hover_text(path.display().to_string()).clicked() {
            view.practice.send(Command::Open(PieceSource::File(path.clone())));
            ui.close();
        }
    }
    ui.add_space(4.0);
    ui.label(RichText::new("Or begin with one of these").small().weak());
    for bundled in BUNDLED {
        if ui.add(row(ui, bundled.title)).clicked() {
            view.practice.send(Command::Open(PieceSource::Bundled(bundled.name.to_owned())));
            ui.close();
        }
    }
}

/// A choice among others, as wide as there is room.
pub(super) fn row<'a>(ui: &Ui, text: &'a str) -> Button<'a> {
    Button::new(text).frame_when_inactive(false).min_size(vec2(ui.available_width(), 28.0)).truncate()
}

fn session(view: &mut View, ui: &mut Ui) {
    let label = ui.label(RichText::new("Has your teacher sent you a link?").small().weak()).id;
    ui.horizontal(|ui| {
        let hint = RichText::new("https://…").weak();
        let width = ui.available_width() - 60.0;
        let edit =
            TextEdit::singleline(&mut view.form.link).hint_text(hint).desired_width(width).password(false);
        let response = ui.add(edit.margin(Margin::symmetric(8, 6))).labelled_by(label);
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if response.changed() {
            view.form.link_is = None;
        }
        let join = ui.add_enabled(!view.form.link.trim().is_empty(), Button::new("Join"));
        if (join.clicked() || entered) && view.form.join(&view.practice) {
            ui.close();
        }
    });
    if let Some(why) = &view.form.link_is {
        ui.colored_label(Palette::of(ui).wrong, why);
    }
}

impl Form {
    /// Opens the session of the link. False if it is none; the form says why.
    fn join(&mut self, practice: &crate::practice::Practice) -> bool {
        match self.link.parse::<Link>() {
            Ok(link) => {
                practice.send(Command::Join(link));
                // The link is as good as a key: it does not stay on the screen.
                *self = Self { dialog: self.dialog.take(), ..Self::default() };
                true
            }
            Err(why) => {
                self.link_is = Some(why.to_string());
                false
            }
        }
    }

    /// Asks the user for a file, on a thread: a dialog waits for the user, and an editor must not.
    pub(super) fn ask_for_file(&mut self, ctx: egui::Context) {
        if self.dialog.is_some() {
            return;
        }
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Open a score")
            .add_filter("Scores", &EXTENSIONS)
            // On macOS it has to begin on this thread, which is the main one.
            .pick_file();
        let (answer, chosen) = mpsc::channel();
        let asking = std::thread::Builder::new().name("etude dialog".to_owned()).spawn(move || {
            let file = pollster::block_on(dialog);
            let _ = answer.send(file.map(|file| file.path().to_owned()));
            ctx.request_repaint();
        });
        self.dialog = asking.is_ok().then_some(chosen);
    }

    /// The file that the user has chosen since the last time.
    pub(super) fn chosen(&mut self) -> Option<PathBuf> {
        match self.dialog.as_ref()?.try_recv() {
            Err(mpsc::TryRecvError::Empty) => None,
            answer => {
                self.dialog = None;
                answer.ok().flatten()
            }
        }
    }
}
