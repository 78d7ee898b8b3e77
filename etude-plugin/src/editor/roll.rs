//! The music as a piano roll on staff lines: what is to be played, where the player is, and what became of each note.
//!
//! Time goes to the right, a quarter being as wide everywhere. A note stands as high as on paper, on or between the lines,
//! and black keys half-way between the white ones. Only what is to be seen is drawn.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Painter, Pos2, Rangef, Rect, Sense, Shape, Stroke, StrokeKind,
    TextStyle, Ui, pos2, vec2,
};
use etude_engine::judge::{Record, Verdict, pitch_name, reason};
use etude_engine::score::{Hand, Measure, NoteIndex, Score, ScoreNote};
use etude_engine::units::{Micros, Pitch};

use super::mark::Mark;
use super::theme::Palette;
use crate::practice::{NoteState, Picture, PlayedNote};

/// Lines of the treble and the bass staff, in steps of the scale from the lowest C of MIDI.
const STAVES: [[i32; 5]; 2] = [[37, 39, 41, 43, 45], [25, 27, 29, 31, 33]];
/// The player's place, as a share of the width.
const PLACE_AT: f32 = 0.3;
/// Height of the measure numbers.
const RULER: f32 = 24.0;
/// Logical pixels to a quarter: the least, the usual, the most.
const QUARTER: (f32, f32, f32) = (12.0, 64.0, 240.0);

/// What of the roll is the viewer's choice.
pub(super) struct Roll {
    quarter: f32,
    /// Where the viewer has gone to look, in quarters, away from the player's place.
    away: Option<f64>,
    shape: Option<ScoreShape>,
}

impl Default for Roll {
    fn default() -> Self {
        Self { quarter: QUARTER.1, away: None, shape: None }
    }
}

/// What is found out of a score once.
struct ScoreShape {
    score: Arc<Score>,
    /// The longest note, in ticks: no note that began longer ago is still to be seen.
    longest: i64,
    /// Lowest and highest step.
    steps: (f32, f32),
}

impl ScoreShape {
    fn new(score: &Arc<Score>) -> Self {
        let steps = score.notes().iter().map(|note| step(note.pitch));
        let (low, high) = steps.fold((24.0f32, 46.0f32), |(low, high), step| (low.min(step), high.max(step)));
        let longest = score.notes().iter().map(|note| note.duration.0).max().unwrap_or(0);
        Self { score: Arc::clone(score), longest, steps: (low, high) }
    }
}

/// How high a key stands, in steps of the scale.
fn step(pitch: Pitch) -> f32 {
    const STEPS: [f32; 12] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0];
    f32::from(pitch.number() / 12) * 7.0 + STEPS[usize::from(pitch.number() % 12)]
}

impl Roll {
    /// Back to the player's place.
    pub(super) fn follow(&mut self) {
        self.away = None;
    }

    /// Draws it into what room there is. `place` is where the player is, in quarters.
    pub(super) fn show(&mut self, ui: &mut Ui, picture: &Picture, place: f64) {
        let Some(piece) = &picture.piece else { return };
        let score = &piece.score;
        let shape = match self.shape.take() {
            Some(shape) if Arc::ptr_eq(&shape.score, score) => shape,
            _ => {
                self.away = None;
                ScoreShape::new(score)
            }
        };
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        self.look_around(ui, &response, place);
        let sheet = Sheet::new(ui, rect, picture, score, &shape, self.away.unwrap_or(place), self.quarter);
        sheet.paint(place);
        if let Some(at) = response.hover_pos()
            && let Some(told) = sheet.told_at(at)
        {
            response.on_hover_text_at_pointer(told);
        }
        self.shape = Some(shape);
    }

    fn look_around(&mut self, ui: &Ui, response: &egui::Response, place: f64) {
        let mut moved = 0.0;
        if response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            moved -= response.drag_delta().x;
        }
        if response.hovered() {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            moved -= scroll.x + scroll.y;
            self.quarter = (self.quarter * zoom).clamp(QUARTER.0, QUARTER.2);
        }
        if ui.memory(|memory| memory.focused().is_none()) {
            moved += ui.input(|input| {
                let keys = [(egui::Key::ArrowRight, 60.0), (egui::Key::ArrowLeft, -60.0)];
                keys.into_iter().filter(|(key, _)| input.key_pressed(*key)).map(|(_, by)| by).sum::<f32>()
            });
        }
        if moved != 0.0 {
            self.away = Some(self.away.unwrap_or(place) + f64::from(moved / self.quarter));
        }
        if response.double_clicked() {
            self.away = None;
        }
    }
}

/// One frame of the roll.
struct Sheet<'a> {
    painter: Painter,
    palette: &'static Palette,
    font: egui::FontId,
    rect: Rect,
    picture: &'a Picture,
    score: &'a Score,
    shape: &'a ScoreShape,
    /// Quarters at `PLACE_AT`.
    centre: f64,
    /// Width of a quarter.
    quarter: f32,
    /// Height of a step.
    rise: f32,
    /// Where step 0 would be.
    base: f32,
}

impl<'a> Sheet<'a> {
    fn new(
        ui: &Ui,
        rect: Rect,
        picture: &'a Picture,
        score: &'a Score,
        shape: &'a ScoreShape,
        centre: f64,
        quarter: f32,
    ) -> Self {
        let (low, high) = shape.steps;
        let room = rect.height() - RULER - 16.0;
        let rise = (room / (high - low + 2.0)).clamp(2.5, 14.0);
        let middle = rect.top() + RULER + (rect.height() - RULER) / 2.0;
        Self {
            painter: ui.painter_at(rect),
            palette: Palette::of(ui),
            font: TextStyle::Small.resolve(ui.style()),
            rect,
            picture,
            score,
            shape,
            centre,
            quarter,
            rise,
            base: middle + (low + high) / 2.0 * rise,
        }
    }

    fn paint(&self, place: f64) {
        self.painter.rect_filled(self.rect, CornerRadius::ZERO, self.palette.paper);
        self.measures();
        self.staves();
        self.notes();
        self.strays();
        self.left_out();
        self.ruler();
        self.place(place);
    }

    fn x(&self, quarters: f64) -> f32 {
        self.rect.left() + self.rect.width() * PLACE_AT + ((quarters - self.centre) as f32) * self.quarter
    }

    fn x_of(&self, ticks: i64) -> f32 {
        self.x(ticks as f64 / f64::from(self.score.ticks_per_quarter()))
    }

    fn y(&self, step: f32) -> f32 {
        self.base - step * self.rise
    }

    /// The ticks that are to be seen.
    fn seen(&self) -> (i64, i64) {
        let per_quarter = f64::from(self.score.ticks_per_quarter());
        let left = self.centre - f64::from(self.rect.width() * PLACE_AT / self.quarter);
        let right = left + f64::from(self.rect.width() / self.quarter);
        ((left * per_quarter) as i64, (right * per_quarter) as i64 + 1)
    }

    fn measures_seen(&self) -> impl Iterator<Item = (u32, &'a Measure)> {
        let (left, right) = self.seen();
        let measures = self.score.measures();
        let first = measures.partition_point(|measure| end_of(measure) < left);
        let rest = measures[first..].iter().take_while(move |measure| measure.onset.0 <= right);
        (first as u32..).zip(rest)
    }

    /// Bar lines and beats.
    fn measures(&self) {
        let span = Rangef::new(self.rect.top() + RULER, self.rect.bottom());
        let bars = Rangef::new(self.y(45.0), self.y(25.0));
        let per_quarter = i64::from(self.score.ticks_per_quarter());
        let (beat, bar) = (Stroke::new(1.0, self.palette.faint), Stroke::new(1.0, self.palette.line));
        for (_, measure) in self.measures_seen() {
            let (begin, end) = (measure.onset.0, end_of(measure));
            if self.quarter >= 24.0 {
                for at in (begin..end).step_by(per_quarter as usize).skip(1) {
                    self.painter.vline(self.crisp(self.x_of(at)), span, beat);
                }
            }
            self.painter.vline(self.crisp(self.x_of(begin)), bars, bar);
        }
        if let Some(last) = self.score.measures().last() {
            let x = self.crisp(self.x_of(end_of(last)));
            self.painter.vline(x - 4.0, bars, bar);
            self.painter.vline(x, bars, Stroke::new(3.0, self.palette.line));
        }
    }

    fn staves(&self) {
        let stroke = Stroke::new(1.0, self.palette.line);
        let begin = self.x(0.0).max(self.rect.left());
        let end = self.score.measures().last().map_or(self.rect.right(), |last| self.x_of(end_of(last)));
        let span = Rangef::new(begin, end.min(self.rect.right()));
        for line in STAVES.iter().flatten() {
            self.painter.hline(span, self.crisp(self.y(*line as f32)), stroke);
        }
        for octave in 2..8u8 {
            let Some(c) = Pitch::new(octave * 12 + 12) else { continue };
            let y = self.y(step(c));
            if self.rect.shrink2(vec2(0.0, 8.0)).y_range().contains(y) && y > self.rect.top() + RULER {
                let at = pos2(self.rect.left() + 8.0, y);
                let text = self.palette.weak.gamma_multiply(0.7);
                self.painter.text(at, Align2::LEFT_CENTER, pitch_name(c), self.font.clone(), text);
            }
        }
    }

    /// Notes that are to be seen, with where they stand.
    fn notes_seen(&self) -> impl Iterator<Item = (NoteIndex, ScoreNote<'a>)> {
        let (left, right) = self.seen();
        let notes = self.score.notes();
        let first = notes.partition_point(|note| note.onset.0 < left - self.shape.longest);
        let seen = notes.iter_from(first).take_while(move |note| note.onset.0 <= right);
        (first.0..).map(NoteIndex).zip(seen)
    }

    fn note_rect(&self, note: &ScoreNote<'_>) -> Rect {
        let x = self.x_of(note.onset.0);
        let width = (self.x_of(note.onset.0 + note.duration.0) - x - 2.0).max(5.0);
        let height = (self.rise * 1.15).max(3.5);
        let x = if note.grace { x - width - 2.0 } else { x };
        let y = self.y(step(note.pitch)) - height / 2.0;
        Rect::from_min_size(pos2(x, y), vec2(width, height))
    }

    fn state(&self, note: NoteIndex) -> NoteState {
        self.picture.take.notes.get(note.get()).copied().unwrap_or_default()
    }

    fn notes(&self) {
        let due = self.due();
        for (index, note) in self.notes_seen() {
            let rect = self.note_rect(&note);
            if rect.right() < self.rect.left() {
                continue;
            }
            let is_due = due == Some(note.onset.0);
            self.note(&note, rect, self.state(index), is_due);
        }
    }

    /// When the notes are due that come next.
    fn due(&self) -> Option<i64> {
        let ahead = self.picture.take.place.and_then(|place| place.ahead)?;
        Some(self.score.notes().get(ahead.get())?.onset.0)
    }

    /// The right hand's notes are round, the left hand's square.
    fn note(&self, note: &ScoreNote<'_>, rect: Rect, state: NoteState, is_due: bool) {
        let palette = self.palette;
        let (hand, corner) = match note.hand {
            Hand::Right => (palette.right, CornerRadius::same((rect.height() / 2.0) as u8)),
            Hand::Left => (palette.left, CornerRadius::same(1)),
        };
        let outline = |colour: Color32| {
            let stroke = Stroke::new(1.5, colour);
            self.painter.rect_stroke(rect, corner, stroke, StrokeKind::Inside);
        };
        match state {
            NoteState::Pending => {
                self.painter.rect_filled(rect, corner, hand);
                if is_due {
                    let stroke = Stroke::new(1.5, palette.accent);
                    self.painter.rect_stroke(rect.expand(2.0), corner, stroke, StrokeKind::Outside);
                }
            }
            NoteState::Played { grade, .. } => {
                let mark = Mark::of(grade);
                let colour = mark.colour(palette);
                self.painter.rect_filled(rect, corner, colour);
                if mark != Mark::OnTime {
                    let at = rect.left_center() - vec2(0.0, rect.height() / 2.0 + 5.0);
                    mark.paint(&self.painter, at + vec2(4.0, 0.0), 3.6, colour);
                }
            }
            NoteState::Missed => {
                outline(palette.wrong);
                let at = rect.left_center() - vec2(-4.0, rect.height() / 2.0 + 5.0);
                Mark::Missed.paint(&self.painter, at, 3.6, palette.wrong);
            }
            NoteState::Skipped => outline(palette.line),
            NoteState::NotExpected => {
                self.painter.rect_filled(rect, corner, hand.gamma_multiply(0.22));
            }
        }
    }

    /// Played notes that stand nowhere in the score, where they were played.
    fn strays(&self) {
        for (note, mark, at) in self.stray_marks() {
            if self.rect.contains(at) {
                let radius = (self.rise * 0.7).clamp(4.0, 6.5);
                // On whatever note lies under it.
                self.painter.circle_filled(at, radius + 2.5, self.palette.paper);
                let fade = if note.is_final { 1.0 } else { 0.75 };
                let colour = mark.colour(self.palette).gamma_multiply(fade);
                mark.paint(&self.painter, at, radius, colour);
            }
        }
    }

    fn stray_marks(&self) -> Vec<(&'a PlayedNote, Mark, Pos2)> {
        let notes = self.score.notes();
        let ticks = |note: NoteIndex| notes.get(note.get()).map(|note| note.onset.0 as f64);
        let mut marks = Vec::new();
        // An extra note lies in time between the matched ones around it.
        let mut before: Option<(Micros, f64)> = None;
        let mut waiting: Vec<&PlayedNote> = Vec::new();
        let per_quarter = f64::from(self.score.ticks_per_quarter());
        let mut add = |note: &'a PlayedNote, mark, ticks: f64| {
            marks.push((note, mark, pos2(self.x(ticks / per_quarter) + 3.0, self.y(step(note.pitch)))));
        };
        for note in &self.picture.take.played {
            match note.verdict {
                Some(Verdict::Matched { note: matched, .. }) => {
                    let Some(here) = ticks(matched) else { continue };
                    for stray in waiting.drain(..) {
                        let (since, from) = before.unwrap_or((note.at, here));
                        let whole = (note.at.0 - since.0).max(1) as f64;
                        let part = ((stray.at.0 - since.0) as f64 / whole).clamp(0.0, 1.0);
                        add(stray, Mark::Extra, from + (here - from).max(0.0) * part);
                    }
                    before = Some((note.at, here));
                }
                Some(Verdict::Wrong { instead_of }) => {
                    if let Some(here) = ticks(instead_of) {
                        add(note, Mark::Wrong, here);
                    }
                }
                Some(Verdict::Extra) => waiting.push(note),
                Some(Verdict::Ornament { .. } | Verdict::Repeat { .. }) | None => {}
            }
        }
        for stray in waiting {
            add(stray, Mark::Extra, before.map_or(0.0, |(_, from)| from));
        }
        marks
    }

    /// Measures that the settings leave out lie in the shade.
    fn left_out(&self) {
        let Some(range) = self.picture.settings.judging.range else { return };
        let measures = self.score.measures();
        let (Some(from), Some(to)) = (measures.get(range.from as usize), measures.get(range.to as usize))
        else {
            return;
        };
        let shade = self.palette.panel.gamma_multiply(0.75);
        let [left, right] = [self.x_of(from.onset.0), self.x_of(end_of(to))];
        let top = self.rect.top() + RULER;
        for (x, edge) in
            [(Rangef::new(self.rect.left(), left), left), (Rangef::new(right, self.rect.right()), right)]
        {
            if x.min < x.max {
                let y = Rangef::new(top, self.rect.bottom());
                self.painter.rect_filled(Rect::from_x_y_ranges(x, y), CornerRadius::ZERO, shade);
                self.painter.vline(self.crisp(edge), y, Stroke::new(1.0, self.palette.accent));
            }
        }
    }

    fn ruler(&self) {
        let bar = Rect::from_min_size(self.rect.min, vec2(self.rect.width(), RULER));
        self.painter.rect_filled(bar, CornerRadius::ZERO, self.palette.panel);
        let stroke = Stroke::new(1.0, self.palette.line);
        self.painter.hline(bar.x_range(), self.crisp(bar.bottom()), stroke);
        let mut free = f32::NEG_INFINITY;
        for (_, measure) in self.measures_seen() {
            let x = self.x_of(measure.onset.0);
            if x < free {
                continue;
            }
            let at = pos2(x + 4.0, bar.center().y);
            let told = number_of(&measure.number, measure.pass);
            let text = self.painter.text(at, Align2::LEFT_CENTER, told, self.font.clone(), self.palette.weak);
            free = text.right() + 8.0;
            self.painter.vline(self.crisp(x), Rangef::new(bar.bottom() - 6.0, bar.bottom()), stroke);
        }
    }

    fn place(&self, place: f64) {
        let x = self.x(place);
        if !self.rect.x_range().contains(x) {
            return;
        }
        let colour = self.palette.accent;
        let top = self.rect.top() + RULER;
        let glow = Rect::from_min_max(pos2(x - 7.0, top), pos2(x + 7.0, self.rect.bottom()));
        self.painter.rect_filled(glow, CornerRadius::ZERO, colour.gamma_multiply(0.08));
        self.painter.vline(x, Rangef::new(top - 3.0, self.rect.bottom()), Stroke::new(2.0, colour));
        let flag = vec![pos2(x - 6.0, top - 9.0), pos2(x + 6.0, top - 9.0), pos2(x, top)];
        self.painter.add(Shape::convex_polygon(flag, colour, Stroke::NONE));
    }

    /// What there is to say about the note under the pointer.
    fn told_at(&self, at: Pos2) -> Option<String> {
        self.words_at(at).map(|words| in_font(&words))
    }

    fn words_at(&self, at: Pos2) -> Option<String> {
        let strays = self.stray_marks();
        if let Some((note, ..)) = strays.iter().find(|(_, _, mark)| mark.distance(at) < 8.0) {
            let record = Record::Played { event: note.event, verdict: note.verdict? };
            return Some(reason(self.score, &record, Some(note.pitch)));
        }
        let (index, note) =
            self.notes_seen().find(|(_, note)| self.note_rect(note).distance_to_pos(at) < 2.0)?;
        let hand = match note.hand {
            Hand::Right => "right hand",
            Hand::Left => "left hand",
        };
        Some(match self.state(index) {
            NoteState::Played { offset, grade, event } => {
                let verdict = Verdict::Matched { note: index, offset, grade };
                reason(self.score, &Record::Played { event, verdict }, None)
            }
            NoteState::Missed => reason(self.score, &Record::Missed { note: index }, None),
            NoteState::Pending => format!("{}, {hand}", pitch_name(note.pitch)),
            NoteState::Skipped => format!("{}, {hand}: skipped", pitch_name(note.pitch)),
            NoteState::NotExpected => format!("{}, {hand}: not practised now", pitch_name(note.pitch)),
        })
    }

    /// A line one pixel wide looks sharp only on a pixel.
    fn crisp(&self, at: f32) -> f32 {
        self.painter.round_to_pixel_center(at)
    }
}

fn end_of(measure: &Measure) -> i64 {
    measure.onset.0 + measure.duration.0
}

/// egui's own font has no musical signs.
pub(super) fn in_font(text: &str) -> String {
    text.replace('♯', "#").replace('♭', "b")
}

/// A measure's printed number, with the pass where that is not the first.
pub(super) fn number_of(number: &str, pass: u16) -> String {
    match pass {
        0 | 1 => number.to_owned(),
        pass => format!("{number} ({pass})"),
    }
}
