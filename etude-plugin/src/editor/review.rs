//! After the take: how it went, where it went wrong, and what to practise next.

use egui::{
    Align, Align2, Button, Color32, CornerRadius, Frame, Layout, Margin, RichText, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, vec2,
};
use egui_plot::{Bar, BarChart, HLine, Line, Plot, PlotPoints, VLine};
use etude_engine::report::{MeasureTally, Report, Tally};
use etude_engine::score::{Hand, MeasureRange};
use etude_engine::session::Config;
use etude_engine::units::Micros;

use super::View;
use super::mark::Mark;
use super::roll::number_of;
use super::theme::{self, Palette};
use crate::practice::{Command, Connection, Picture, Settings, Trouble, begun, stopped_in, trouble_spots};

/// A latency that is worth a word, in microseconds: less is lost among the ways of a player.
const LATENCY_TOLD_US: i64 = 10_000;

pub(super) fn show(view: &mut View, ui: &mut Ui, picture: &Picture, report: &Report) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(18, 14)).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(12.0, 12.0);
            headline(ui, picture, report);
            if let Some(measure) = stopped_in(report) {
                ui.label(format!("You stopped in measure {}.", number_at(report, measure)));
            }
            measures(view, ui, picture, report);
            let wide = ui.available_width() > 760.0;
            if wide {
                ui.columns(2, |columns| {
                    timing(view, &mut columns[0], picture, report);
                    tempo(&mut columns[1], report);
                });
                ui.columns(2, |columns| {
                    trouble(view, &mut columns[0], picture, report);
                    hands(&mut columns[1], report);
                });
            } else {
                trouble(view, ui, picture, report);
                timing(view, ui, picture, report);
                tempo(ui, report);
                hands(ui, report);
            }
        });
    });
}

fn card<R>(ui: &mut Ui, title: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::of(ui);
    let frame = Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line.gamma_multiply(0.6)))
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(14, 12));
    frame
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            ui.set_width(ui.available_width());
            ui.label(RichText::new(title).strong());
            contents(ui)
        })
        .inner
}

/// The one figure, what it is made of, and whose word it is.
fn headline(ui: &mut Ui, picture: &Picture, report: &Report) {
    let palette = Palette::of(ui);
    let total = &report.total;
    ui.horizontal(|ui| {
        let figure = RichText::new(percent(total.combined)).text_style(theme::display()).strong();
        ui.label(figure).on_hover_text("Notes and timing together");
        ui.add_space(8.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 5.0;
            ui.add_space(6.0);
            let notes = format!("{} of {} notes played", total.correct, total.expected);
            share(ui, "Notes", total.note_accuracy, &notes);
            let timing = format!("{} of them on time", total.perfect + total.good);
            share(ui, "Timing", total.timing_accuracy, &timing);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (word, more, colour) = match picture.report_is_official {
                true => ("Official", "The session judged this take", palette.good),
                false => (
                    "Unofficial",
                    "Judged on this computer alone. Results of a session are official.",
                    palette.weak,
                ),
            };
            let text = RichText::new(word).small().color(colour);
            let badge = Button::new(text).fill(Color32::TRANSPARENT).stroke(Stroke::new(1.0, colour));
            ui.add(badge.corner_radius(CornerRadius::same(14)).sense(Sense::hover())).on_hover_text(more);
            ui.add_space(6.0);
            counts(ui, total);
        });
    });
}

fn counts(ui: &mut Ui, tally: &Tally) {
    for (mark, count, word) in [
        (Mark::Extra, tally.extra, "extra"),
        (Mark::Wrong, tally.wrong, "wrong"),
        (Mark::Missed, tally.missed, "missed"),
        (Mark::Late, tally.late, "late"),
        (Mark::Early, tally.early, "early"),
    ] {
        if count > 0 {
            ui.spacing_mut().item_spacing.x = 5.0;
            ui.label(RichText::new(word).small().weak());
            ui.label(count.to_string());
            mark.show(ui, 4.5);
            ui.add_space(6.0);
        }
    }
}

/// A share as a bar with its figure.
fn share(ui: &mut Ui, name: &str, of_one: f64, more: &str) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(vec2(52.0, 18.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(52.0);
            ui.label(name);
        });
        let (rect, response) = ui.allocate_exact_size(vec2(130.0, 8.0), Sense::hover());
        let corner = CornerRadius::same(4);
        ui.painter().rect_filled(rect, corner, palette.line.gamma_multiply(0.6));
        let mut full = rect;
        full.set_width(rect.width() * of_one.clamp(0.0, 1.0) as f32);
        ui.painter().rect_filled(full, corner, palette.share(of_one as f32));
        response.on_hover_text(more);
        ui.label(RichText::new(percent(of_one)).strong());
        ui.label(RichText::new(more).small().weak());
    });
}

/// Every measure as a square, told by colour, by a bar as high as its share, and by its number.
fn measures(view: &View, ui: &mut Ui, picture: &Picture, report: &Report) {
    card(ui, "Measure by measure", |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            let begun = begun(report);
            for (index, measure) in (0u32..).zip(&report.measures) {
                let response = square(ui, measure, (index as usize) < begun);
                if measure.tally.expected > 0 && response.clicked() {
                    loop_measures(view, picture, MeasureRange { from: index, to: index });
                }
            }
        });
        ui.label(RichText::new("Press a measure to loop it.").small().weak());
    });
}

fn square(ui: &mut Ui, measure: &MeasureTally, is_begun: bool) -> egui::Response {
    let palette = Palette::of(ui);
    let tally = &measure.tally;
    let (rect, response) = ui.allocate_exact_size(vec2(34.0, 34.0), Sense::click());
    let name = match measure.pass {
        1 => format!("Measure {}", measure.number),
        pass => format!("Measure {}, time {pass}", measure.number),
    };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let corner = CornerRadius::same(5);
    let painter = ui.painter();
    let font = egui::TextStyle::Small.resolve(ui.style());
    if response.hovered() || response.has_focus() {
        painter.rect_stroke(rect, corner, Stroke::new(2.0, palette.ink), StrokeKind::Outside);
    }
    if tally.expected == 0 || !is_begun {
        painter.rect_stroke(rect, corner, Stroke::new(1.0, palette.line), StrokeKind::Inside);
        painter.text(
            rect.center(),
            Align2::CENTER_CENTER,
            &measure.number,
            font,
            palette.weak.gamma_multiply(0.6),
        );
        return response.on_hover_text(format!("{name}: not played in this take"));
    }
    let colour = palette.share(tally.combined as f32);
    painter.rect_filled(rect, corner, palette.paper.lerp_to_gamma(colour, 0.28));
    let mut level = rect;
    level.set_top(rect.bottom() - rect.height() * tally.combined.clamp(0.06, 1.0) as f32);
    painter.with_clip_rect(level.intersect(painter.clip_rect())).rect_filled(
        rect,
        corner,
        colour.gamma_multiply(0.8),
    );
    painter.text(rect.center(), Align2::CENTER_CENTER, &measure.number, font, palette.ink);
    response.on_hover_ui(|ui| {
        ui.strong(format!("{name}: {}", percent(tally.combined)));
        ui.label(words(tally));
    })
}

/// When notes came, before and after their time.
fn timing(view: &View, ui: &mut Ui, picture: &Picture, report: &Report) {
    card(ui, "Timing", |ui| {
        let palette = Palette::of(ui);
        let timing = &report.timing;
        let windows = &report.config.windows;
        let bins = timing.histogram.len() as f64;
        let bars = timing.histogram.iter().enumerate().map(|(index, count)| {
            let centre = (index as f64 - bins / 2.0 + 0.5) * 25.0;
            let colour = match centre.abs() * 1_000.0 <= windows.good.0 as f64 {
                true => palette.good,
                false => palette.off_time,
            };
            Bar::new(centre, f64::from(*count)).width(21.0).fill(colour).stroke(Stroke::NONE)
        });
        let bars = BarChart::new("notes", bars.collect()).allow_hover(false);
        plot(ui, "timing")
            .show_axes([true, false])
            .show_grid([false, false])
            .include_x(-310.0)
            .include_x(310.0)
            .x_axis_formatter(|mark, _| match mark.value {
                value if value < -1.0 => format!("{:.0} early", -value),
                value if value > 1.0 => format!("{value:.0} late"),
                _ => "on time".to_owned(),
            })
            .x_grid_spacer(|_| {
                let mark = |value| egui_plot::GridMark { value, step_size: 150.0 };
                [-300.0, -150.0, 0.0, 150.0, 300.0].map(mark).to_vec()
            })
            .show(ui, |plot| {
                plot.bar_chart(bars);
                plot.vline(VLine::new("on time", 0.0).stroke(Stroke::new(1.0, palette.weak)));
            });
        let bias = timing.median_us as f64 / 1_000.0;
        let told = match bias {
            ..-10.0 => format!("On the whole {:.0} ms early", -bias),
            10.0.. => format!("On the whole {bias:.0} ms late"),
            _ => "Neither early nor late on the whole".to_owned(),
        };
        let spread = timing.spread_us as f64 / 1_000.0;
        ui.label(
            RichText::new(format!("{told}; half of the notes within {spread:.0} ms of that.")).small().weak(),
        );
        latency(view, ui, picture, report);
    });
}

/// What of the bias is likely the equipment's, and how to be rid of it.
fn latency(view: &View, ui: &mut Ui, picture: &Picture, report: &Report) {
    let Some(latency) = report.timing.latency_us.filter(|latency| latency.abs() >= LATENCY_TOLD_US) else {
        return;
    };
    if picture.connection != Connection::Offline {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let late = if latency > 0 { "late" } else { "early" };
        let ms = latency.abs() as f64 / 1_000.0;
        ui.label(format!("Sound and keyboard seem to make you {ms:.0} ms {late}."));
        let more = "Takes effect from the next take on, where the host's transport is the measure";
        if ui.button("Compensate").on_hover_text(more).clicked() {
            view.practice.send(Command::Configure(picture.settings.compensating(Micros(latency))));
        }
    });
}

/// The player's tempo, measure by measure.
fn tempo(ui: &mut Ui, report: &Report) {
    card(ui, "Tempo", |ui| {
        let palette = Palette::of(ui);
        let tempi = (0..)
            .zip(&report.measures)
            .filter_map(|(index, measure)| Some([f64::from(index), measure.quarters_per_minute?]));
        let tempi: Vec<[f64; 2]> = tempi.collect();
        let mut sorted: Vec<f64> = tempi.iter().map(|[_, tempo]| *tempo).collect();
        sorted.sort_by(f64::total_cmp);
        let Some(median) = sorted.get(sorted.len() / 2).copied() else {
            ui.weak("Too little was played to tell.");
            return;
        };
        let numbers: Vec<&str> = report.measures.iter().map(|measure| measure.number.as_str()).collect();
        plot(ui, "tempo")
            .show_axes([true, true])
            .show_grid([false, true])
            .include_y(median * 0.8)
            .include_y(median * 1.2)
            .y_axis_min_width(34.0)
            .x_axis_formatter(|mark, _| {
                let is_whole = mark.value.fract() == 0.0 && mark.value >= 0.0;
                let number = numbers.get(mark.value as usize).filter(|_| is_whole);
                number.map(|number| (*number).to_owned()).unwrap_or_default()
            })
            .show(ui, |plot| {
                plot.hline(HLine::new("median", median).stroke(Stroke::new(1.0, palette.weak)));
                let line =
                    Line::new("tempo", PlotPoints::from(tempi)).stroke(Stroke::new(2.0, palette.accent));
                plot.line(line.allow_hover(false));
            });
        let told = match &report.profile.tempo {
            Some(tempo) => format!(
                "{median:.0} quarters a minute, {:.0} % of the score's tempo; it varies by {:.0} %.",
                tempo.percent, tempo.spread_percent
            ),
            None => format!("{median:.0} quarters a minute."),
        };
        ui.label(RichText::new(told).small().weak());
    });
}

fn plot<'a>(ui: &Ui, name: &str) -> Plot<'a> {
    Plot::new(name.to_owned())
        .height(130.0)
        .show_background(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .cursor_color(egui::Color32::TRANSPARENT)
        .grid_color(Palette::of(ui).line)
        .grid_fade(0.0)
}

fn hands(ui: &mut Ui, report: &Report) {
    card(ui, "Hands", |ui| {
        for hand in &report.hands {
            let name = if hand.hand == Hand::Right { "Right" } else { "Left" };
            share(ui, name, hand.tally.combined, &words(&hand.tally));
        }
        let profile = &report.profile;
        let ms = |micros: i64| micros as f64 / 1_000.0;
        let mut also = Vec::new();
        if let Some(chords) = &profile.chords {
            also.push(format!("Chords are struck within {:.0} ms.", ms(chords.median_us)));
        }
        if let Some(apart) = profile.asynchrony.filter(|apart| apart.median_us.abs() >= 10_000) {
            let after = if apart.median_us > 0 { "after" } else { "before" };
            also.push(format!("The left hand comes {:.0} ms {after} the right.", ms(apart.median_us.abs())));
        }
        for hand in &profile.hands {
            if let Some(dynamics) = hand.dynamics {
                let name = if hand.hand == Hand::Right { "Right" } else { "Left" };
                also.push(format!("{name} hand: velocity {} to {}.", dynamics.low, dynamics.high));
            }
        }
        if let Some(pedal) = profile.pedal {
            also.push(format!("Pedal down {} of the time.", percent(pedal.down)));
        }
        for line in also {
            ui.label(RichText::new(line).small().weak());
        }
    });
}

/// The measures to practise next.
fn trouble(view: &View, ui: &mut Ui, picture: &Picture, report: &Report) {
    card(ui, "Practise next", |ui| {
        let spots = trouble_spots(report);
        if spots.is_empty() {
            let is_played = begun(report) > 0;
            ui.label(if is_played { "Nothing stands out: a clean take." } else { "Nothing was played." });
        }
        for spot in &spots {
            ui.horizontal(|ui| {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    ui.label(RichText::new(name_of(spot, report)).strong());
                    ui.label(RichText::new(words(&spot.tally)).small().weak());
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let is_one = spot.range.from == spot.range.to;
                    let name = if is_one { "Loop this measure" } else { "Loop these measures" };
                    if ui.button(name).clicked() {
                        loop_measures(view, picture, spot.range);
                    }
                });
            });
        }
    });
}

fn name_of(spot: &Trouble, report: &Report) -> String {
    match (number_at(report, spot.range.from), number_at(report, spot.range.to)) {
        (from, to) if from == to => format!("Measure {from}"),
        (from, to) => format!("Measures {from} to {to}"),
    }
}

/// The printed number of the measure at this index.
fn number_at(report: &Report, index: u32) -> String {
    report
        .measures
        .get(index as usize)
        .map(|measure| number_of(&measure.number, measure.pass))
        .unwrap_or_default()
}

fn loop_measures(view: &View, picture: &Picture, range: MeasureRange) {
    let judging = Config { range: Some(range), looping: true, ..picture.settings.judging };
    view.practice.send(Command::Configure(Settings { judging, ..picture.settings }));
}

/// What went wrong, in a few words.
fn words(tally: &Tally) -> String {
    let counts = [
        (tally.missed, "missed"),
        (tally.wrong, "wrong"),
        (tally.extra, "extra"),
        (tally.early, "early"),
        (tally.late, "late"),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match told.is_empty() {
        true => "all right".to_owned(),
        false => told.join(", "),
    }
}

/// Whole per cent; 100 only where nothing is lacking.
fn percent(share: f64) -> String {
    match (share * 100.0).round() {
        100.0 if share < 1.0 => "99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}
