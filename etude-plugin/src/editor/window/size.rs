//! How large the window is, and how it looks.

use baseview::WindowSize;
use baseview::dpi::LogicalSize;
use serde::{Deserialize, Serialize};

/// The smallest window that everything can be used in, in logical pixels.
pub(super) const SIZE_MIN: LogicalSize<f32> = LogicalSize::new(640.0, 420.0);
/// The largest that is taken from a project, in logical pixels.
const SIZE_MAX: f32 = 8_192.0;
/// How far the window is zoomed at most.
const ZOOM: std::ops::RangeInclusive<f32> = 0.5..=3.0;

/// How the editor's window looks, kept in the host's project.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EditorSize {
    /// What there is room for, in logical pixels before they are zoomed.
    pub width: f32,
    /// The same.
    pub height: f32,
    /// What the user has zoomed to.
    pub zoom: f32,
    /// Whether it is light on dark.
    pub dark: bool,
}

impl Default for EditorSize {
    fn default() -> Self {
        Self { width: 1_040.0, height: 700.0, zoom: 1.0, dark: true }
    }
}

impl EditorSize {
    /// The same, with what makes no sense put right: a project may hold anything.
    pub(super) fn sound(self) -> Self {
        let default = Self::default();
        let within = |value: f32, least: f32, most: f32, or: f32| {
            if value.is_finite() { value.clamp(least, most) } else { or }
        };
        let zoom = within(self.zoom, *ZOOM.start(), *ZOOM.end(), default.zoom);
        Self {
            width: within(self.width, SIZE_MIN.width / zoom, SIZE_MAX, default.width),
            height: within(self.height, SIZE_MIN.height / zoom, SIZE_MAX, default.height),
            zoom,
            dark: self.dark,
        }
    }

    /// What the window takes on the screen.
    pub(super) fn zoomed(self) -> LogicalSize<f64> {
        LogicalSize::new(f64::from(self.width * self.zoom), f64::from(self.height * self.zoom))
    }

    /// The window has become so large.
    pub(super) fn take(&mut self, window: WindowSize, zoom: f32) {
        let points: LogicalSize<f64> = window.physical.to_logical(window.scale_factor * f64::from(zoom));
        (self.width, self.height, self.zoom) = (points.width as f32, points.height as f32, zoom);
    }
}

#[cfg(test)]
mod tests {
    use baseview::dpi::PhysicalSize;

    use super::*;

    #[test]
    fn a_project_may_hold_anything() {
        let nonsense = EditorSize { width: f32::NAN, height: -1.0, zoom: f32::INFINITY, dark: false };
        let sound = EditorSize { width: 1_040.0, height: 420.0, zoom: 1.0, dark: false };
        assert_eq!(nonsense.sound(), sound);
        let huge = EditorSize { width: 1e9, height: 1e9, zoom: 1e9, dark: true };
        assert_eq!(huge.sound(), EditorSize { width: 8_192.0, height: 8_192.0, zoom: 3.0, dark: true });
    }

    #[test]
    fn a_window_comes_back_as_large_as_it_was() {
        for (width, height, scale, zoom) in
            [(1_040, 700, 1.0, 1.0), (800, 500, 1.0, 2.0), (2_000, 1_111, 1.5, 0.7)]
        {
            let window = WindowSize::from_physical(PhysicalSize::new(width, height), scale);
            let mut size = EditorSize::default();
            size.take(window, zoom);
            let again: PhysicalSize<u32> = size.sound().zoomed().to_physical(scale);
            assert_eq!(again, PhysicalSize::new(width, height));
        }
    }
}
