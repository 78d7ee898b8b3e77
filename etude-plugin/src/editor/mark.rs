//! Verdicts as shapes: each is told from the others without its colour.

use egui::{Color32, Painter, Pos2, Response, Sense, Shape, Stroke, Ui, vec2};
use etude_engine::judge::Grade;

use super::theme::Palette;

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A disc.
    OnTime,
    /// A triangle that points back.
    Early,
    /// A triangle that points on.
    Late,
    /// A ring: empty.
    Missed,
    /// A cross.
    Wrong,
    /// A plus.
    Extra,
}

impl Mark {
    pub(super) fn of(grade: Grade) -> Self {
        match grade {
            Grade::Perfect | Grade::Good => Self::OnTime,
            Grade::Early => Self::Early,
            Grade::Late => Self::Late,
        }
    }

    pub(super) fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Self::OnTime => palette.good,
            Self::Early | Self::Late => palette.off_time,
            Self::Missed | Self::Wrong => palette.wrong,
            Self::Extra => palette.extra,
        }
    }

    /// Draws it within this distance of its centre.
    pub(super) fn paint(self, painter: &Painter, centre: Pos2, radius: f32, colour: Color32) {
        let stroke = Stroke::new((radius * 0.45).max(1.5), colour);
        let triangle = |towards: f32| {
            let tip = centre + vec2(towards * radius, 0.0);
            let back = -towards * radius * 0.7;
            let points = vec![tip, centre + vec2(back, radius), centre + vec2(back, -radius)];
            Shape::convex_polygon(points, colour, Stroke::NONE)
        };
        let line = |x: f32, y: f32| [centre - vec2(x, y), centre + vec2(x, y)];
        let arm = radius * 0.8;
        match self {
            Self::OnTime => {
                painter.circle_filled(centre, radius * 0.85, colour);
            }
            Self::Early => {
                painter.add(triangle(-1.0));
            }
            Self::Late => {
                painter.add(triangle(1.0));
            }
            Self::Missed => {
                painter.circle_stroke(centre, radius * 0.75, stroke);
            }
            Self::Wrong => {
                painter.line_segment(line(arm, arm), stroke);
                painter.line_segment(line(arm, -arm), stroke);
            }
            Self::Extra => {
                painter.line_segment(line(radius, 0.0), stroke);
                painter.line_segment(line(0.0, radius), stroke);
            }
        }
    }

    /// As a widget as large as the text beside it.
    pub(super) fn show(self, ui: &mut Ui, radius: f32) -> Response {
        let (rect, response) = ui.allocate_exact_size(vec2(radius * 2.4, radius * 2.4), Sense::hover());
        self.paint(ui.painter(), rect.center(), radius, self.colour(Palette::of(ui)));
        response
    }
}
