//! The editor: draws [`Practice::picture`] and sends [`Command`]s. It has no logic of its own.
//!
//! A [`View`] is the editor without a window, which tests and tools can have drawn anywhere; [`Editor`] puts it into the
//! window that a host gives it. Nothing runs while it is closed, and while nothing changes nothing is drawn.

mod controls;
mod drop;
mod figures;
mod mark;
mod notices;
mod open;
mod review;
mod roll;
mod studio;
mod theme;
mod top;
mod window;

use std::sync::Arc;
use std::time::Instant;

use egui::{CentralPanel, Frame, Key, KeyboardShortcut, Modifiers, Theme, Ui};
use etude_engine::report::Report;

use crate::practice::{Command, Picture, Piece, PieceSource, Practice, Settings, TakeState};
use theme::Palette;
pub use window::{Editor, EditorSize, Handle, is_any_open};

/// What opens a score.
const OPEN: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::O);

/// The editor, wherever it is drawn.
pub struct View {
    practice: Practice,
    /// What has been changed in the controls and is not yet asked for.
    draft: Option<Settings>,
    form: open::Form,
    drops: drop::Drops,
    studio: studio::Form,
    roll: roll::Roll,
    glide: Glide,
    /// The report that has been shown by itself once.
    reviewed: Option<Arc<Report>>,
    /// Whether the review is shown in place of the music.
    in_review: bool,
    warnings_open: bool,
    warnings_read: Option<Arc<Piece>>,
    theme: Theme,
}

impl View {
    /// An editor of this room.
    pub fn new(practice: Practice) -> Self {
        Self {
            practice,
            draft: None,
            form: open::Form::default(),
            drops: drop::Drops::default(),
            studio: studio::Form::default(),
            roll: roll::Roll::default(),
            glide: Glide::default(),
            reviewed: None,
            in_review: false,
            warnings_open: false,
            warnings_read: None,
            theme: Theme::Dark,
        }
    }

    /// Sets up colours and type. To be called once for each context that it is drawn in.
    pub fn install(&self, ctx: &egui::Context) {
        theme::install(ctx);
        ctx.set_theme(self.theme);
    }

    /// Dark or light, from now on.
    pub fn choose_theme(&mut self, ctx: &egui::Context, theme: Theme) {
        self.theme = theme;
        ctx.set_theme(theme);
    }

    /// Draws all of it.
    pub fn show(&mut self, ui: &mut Ui) {
        let picture = self.practice.picture();
        self.notice(ui, &picture);
        top::show(self, ui, &picture);
        controls::show(self, ui, &picture);
        notices::show(self, ui, &picture);
        if picture.piece.is_some() && !self.in_review {
            figures::show(ui, &picture);
        }
        let frame = Frame::new().fill(Palette::of(ui).paper);
        CentralPanel::default().frame(frame).show(ui, |ui| match &picture.report {
            _ if picture.piece.is_none() => open::show(self, ui),
            Some(report) if self.in_review => review::show(self, ui, &picture, report),
            _ => {
                let place = self.glide.place(&picture);
                self.roll.show(ui, &picture, place);
            }
        });
        drop::hover(ui, &picture);
        if self.glide.moves() {
            ui.ctx().request_repaint();
        }
    }

    /// What has happened since the last frame.
    fn notice(&mut self, ui: &Ui, picture: &Picture) {
        if ui.input_mut(|input| input.consume_shortcut(&OPEN)) {
            self.form.ask_for_file(ui.ctx().clone());
        }
        if let Some(path) = self.form.chosen() {
            self.practice.send(Command::Open(PieceSource::File(path)));
        }
        drop::take(self, ui, picture);
        match &picture.report {
            Some(report) if !self.reviewed.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, report)) => {
                self.reviewed = Some(Arc::clone(report));
                self.in_review = true;
            }
            Some(_) => {}
            None => (self.reviewed, self.in_review) = (None, false),
        }
        if picture.take.state != TakeState::Ended && picture.take.state != TakeState::Ready {
            self.in_review = false;
        }
        if picture.take.state == TakeState::Playing && self.glide.revision != picture.revision {
            self.roll.follow();
        }
    }
}

/// Where the player is, between one picture and the next.
#[derive(Default)]
struct Glide {
    revision: u64,
    /// Where and when the last picture had it.
    from: f64,
    since: Option<Instant>,
    /// Quarters a second, and how far it goes at most.
    speed: f64,
    until: f64,
}

impl Glide {
    /// In quarters.
    fn place(&mut self, picture: &Picture) -> f64 {
        if self.since.is_none() || self.revision != picture.revision {
            self.take(picture);
        }
        let elapsed = self.since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        (self.from + self.speed * elapsed).min(self.until.max(self.from))
    }

    /// Whether the next frame will have it elsewhere.
    fn moves(&self) -> bool {
        let elapsed = self.since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        self.speed > 0.0 && self.from + self.speed * elapsed < self.until
    }

    fn take(&mut self, picture: &Picture) {
        let quarters = |picture: &Picture, ticks: i64| {
            let piece = picture.piece.as_ref()?;
            Some(ticks as f64 / f64::from(piece.score.ticks_per_quarter()))
        };
        let first = || {
            let range = picture.settings.judging.range?;
            let piece = picture.piece.as_ref()?;
            quarters(picture, piece.score.measures().get(range.from as usize)?.onset.0)
        };
        *self = Self { revision: picture.revision, since: Some(Instant::now()), ..Self::default() };
        match &picture.take.place {
            None => self.from = first().unwrap_or(0.0),
            Some(place) => {
                self.from = place.position as f64 / 1e6;
                let ahead = place.ahead.and_then(|note| {
                    quarters(picture, picture.piece.as_ref()?.score.notes().get(note.get())?.onset.0)
                });
                if let (true, Some(micros), Some(ahead)) = (place.moving, place.micros_per_quarter, ahead) {
                    self.speed = 1e6 / f64::from(micros.max(1));
                    self.until = ahead;
                }
            }
        }
    }
}
