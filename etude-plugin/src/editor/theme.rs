//! How the editor looks: its colours, type sizes and spacing.
//!
//! The colours of verdicts are told apart by people who see no red or no green (after Okabe and Ito), and never stand
//! alone: [`Mark`](super::mark::Mark) has a shape for each.

use std::collections::BTreeMap;

use egui::epaint::Shadow;
use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme, Ui, Visuals, vec2,
};

/// What colours are for.
pub(super) struct Palette {
    /// Where the music stands.
    pub(super) paper: Color32,
    /// Around it.
    pub(super) panel: Color32,
    /// What can be pressed, and cards.
    pub(super) raised: Color32,
    /// Staff lines, borders.
    pub(super) line: Color32,
    /// Beats, gridlines.
    pub(super) faint: Color32,
    /// Text.
    pub(super) ink: Color32,
    /// Text that matters less.
    pub(super) weak: Color32,
    /// What is chosen, and where the player is.
    pub(super) accent: Color32,
    /// On [`Self::accent`].
    pub(super) on_accent: Color32,
    /// Notes to be played by the right hand.
    pub(super) right: Color32,
    /// Notes to be played by the left hand.
    pub(super) left: Color32,
    /// Played on time.
    pub(super) good: Color32,
    /// Played early or late.
    pub(super) off_time: Color32,
    /// Wrong or missed.
    pub(super) wrong: Color32,
    /// Played and not in the score.
    pub(super) extra: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const DARK: Palette = Palette {
    paper: rgb(0x13_15_19),
    panel: rgb(0x1b_1e_24),
    raised: rgb(0x29_2e_37),
    line: rgb(0x3a_41_4d),
    faint: rgb(0x21_25_2c),
    ink: rgb(0xe9_eb_ee),
    weak: rgb(0x9b_a4_b1),
    accent: rgb(0x7a_b0_ff),
    on_accent: rgb(0x0d_16_25),
    right: rgb(0x5b_86_c4),
    left: rgb(0x8f_7d_c0),
    good: rgb(0x2f_c0_97),
    off_time: rgb(0xf0_b0_3c),
    wrong: rgb(0xff_7a_4d),
    extra: rgb(0xe0_8f_c0),
};

const LIGHT: Palette = Palette {
    paper: rgb(0xfd_fc_f9),
    panel: rgb(0xf2_f0_ea),
    raised: rgb(0xff_ff_ff),
    line: rgb(0xcd_c9_be),
    faint: rgb(0xea_e7_df),
    ink: rgb(0x22_25_2b),
    weak: rgb(0x65_69_72),
    accent: rgb(0x1f_5f_c4),
    on_accent: rgb(0xff_ff_ff),
    right: rgb(0x8f_b3_e6),
    left: rgb(0xb8_a8_e0),
    good: rgb(0x00_8f_69),
    off_time: rgb(0xb8_74_00),
    wrong: rgb(0xc8_4a_00),
    extra: rgb(0xa8_45_85),
};

impl Palette {
    /// Of the theme that this is drawn in.
    pub(super) fn of(ui: &Ui) -> &'static Self {
        match ui.visuals().dark_mode {
            true => &DARK,
            false => &LIGHT,
        }
    }

    /// How good a share is, 0 to 1: from the colour of what is wrong to that of what is right, by lightness too.
    pub(super) fn share(&self, share: f32) -> Color32 {
        // Most takes lie in the upper half, where differences matter.
        let share = ((share - 0.4) / 0.6).clamp(0.0, 1.0);
        match share {
            ..0.6 => self.wrong.lerp_to_gamma(self.off_time, share / 0.6),
            _ => self.off_time.lerp_to_gamma(self.good, (share - 0.6) / 0.4),
        }
    }
}

/// The largest type: the one figure of a take.
pub(super) fn display() -> TextStyle {
    TextStyle::Name("display".into())
}

/// Figures that are read from the piano stool.
pub(super) fn figure() -> TextStyle {
    TextStyle::Name("figure".into())
}

/// Has egui draw both themes so.
pub(super) fn install(ctx: &egui::Context) {
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
}

fn style(palette: &Palette, visuals: Visuals) -> Style {
    let size = |points| FontId::new(points, FontFamily::Proportional);
    let text_styles = BTreeMap::from([
        (TextStyle::Small, size(11.5)),
        (TextStyle::Body, size(13.5)),
        (TextStyle::Button, size(13.5)),
        (TextStyle::Heading, size(18.0)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        (figure(), size(21.0)),
        (display(), size(50.0)),
    ]);
    let mut style = Style { text_styles, visuals: colours(palette, visuals), ..Style::default() };
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 6.0);
    spacing.button_padding = vec2(10.0, 5.0);
    spacing.interact_size = vec2(30.0, 28.0);
    spacing.menu_margin = Margin::same(8);
    spacing.slider_width = 110.0;
    spacing.scroll.floating = true;
    style
}

fn colours(palette: &Palette, mut visuals: Visuals) -> Visuals {
    let corner = CornerRadius::same(6);
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.popup_shadow =
        Shadow { offset: [0, 4], blur: 14, spread: 0, color: Color32::from_black_alpha(60) };
    visuals.extreme_bg_color = palette.paper;
    visuals.faint_bg_color = palette.faint;
    visuals.weak_text_color = Some(palette.weak);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.off_time;
    visuals.error_fg_color = palette.wrong;
    visuals.selection.bg_fill = palette.accent;
    visuals.selection.stroke = Stroke::new(1.0, palette.on_accent);
    visuals.slider_trailing_fill = true;
    let widgets = &mut visuals.widgets;
    for (widget, fill, stroke) in [
        (&mut widgets.noninteractive, palette.panel, palette.line),
        (&mut widgets.inactive, palette.raised, palette.line),
        (&mut widgets.hovered, palette.raised.lerp_to_gamma(palette.accent, 0.12), palette.accent),
        (&mut widgets.active, palette.raised.lerp_to_gamma(palette.accent, 0.25), palette.accent),
        (&mut widgets.open, palette.raised, palette.accent),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, stroke);
        widget.fg_stroke = Stroke::new(1.0, palette.ink);
        widget.corner_radius = corner;
        widget.expansion = 0.0;
    }
    visuals
}
