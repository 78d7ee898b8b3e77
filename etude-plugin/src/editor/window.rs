//! The editor in a window of the host's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egui::Theme;
use nice_plug::context::gui::GuiContext;
use nice_plug_egui::baseview::dpi::LogicalSize;
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::View;
use crate::practice::Practice;

/// The editor's type, for the framework.
pub type Editor = EguiEditor<App>;

/// The smallest window that everything can be used in, in logical pixels.
const SIZE_MIN: (f32, f32) = (640.0, 420.0);
/// The largest that is taken from a project.
const SIZE_MAX: f32 = 8_192.0;

/// How the editor's window looks, kept in the host's project.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EditorSize {
    /// Logical pixels.
    pub width: f32,
    /// Logical pixels.
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
    fn sound(self) -> Self {
        let default = Self::default();
        let within = |value: f32, least: f32, most: f32, or: f32| {
            if value.is_finite() { value.clamp(least, most) } else { or }
        };
        Self {
            width: within(self.width, SIZE_MIN.0, SIZE_MAX, default.width),
            height: within(self.height, SIZE_MIN.1, SIZE_MAX, default.height),
            zoom: within(self.zoom, 0.5, 3.0, default.zoom),
            dark: self.dark,
        }
    }
}

/// What is in the window.
pub struct App {
    practice: Practice,
    view: View,
    size: Arc<RwLock<EditorSize>>,
    repaint: RepaintNotifier,
}

/// Makes the editor of a plugin. Opens no window, and no socket.
pub fn create(practice: Practice, size: Arc<RwLock<EditorSize>>) -> Option<Editor> {
    let EditorSize { width, height, zoom, .. } = size.read().sound();
    let state = EguiEditorState::from_size(LogicalSize::new(width, height), zoom);
    let repaint = RepaintNotifier::new();
    let mut hint = nice_plug::editor::ResizeHint::RESIZABLE;
    hint.size_constraints = nice_plug::editor::SizeConstraints::Logical {
        min_size: Some(LogicalSize::new(SIZE_MIN.0, SIZE_MIN.1)),
        max_size: None,
    };
    let settings = EguiNiceSettings::new().with_tile("Etude").with_resize_hint(hint);
    let view = View::new(practice.clone());
    create_egui_editor(state, repaint.clone(), settings, App { practice, view, size, repaint })
}

/// Ends what an open window costs. Lives as long as the window's egui context, in which it is kept: the framework tells
/// nobody that a window has closed.
struct Open(Practice);

/// How many windows are open in this process.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Whether a window of any plugin in this process is open.
pub fn is_any_open() -> bool {
    OPEN.load(Ordering::Acquire) > 0
}

impl Open {
    fn new(practice: Practice) -> Self {
        OPEN.fetch_add(1, Ordering::Release);
        Self(practice)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Release);
        self.0.on_change(None);
    }
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        ctx: egui::Context,
        _host: GuiContext,
        _frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        let theme = if self.size.read().dark { Theme::Dark } else { Theme::Light };
        self.view.choose_theme(&ctx, theme);
        self.view.install(&ctx);
        let open = Arc::new(Open::new(self.practice.clone()));
        ctx.data_mut(|data| data.insert_temp(egui::Id::unique("open"), open));
        let repaint = self.repaint.clone();
        self.practice.on_change(Some(Box::new(move || repaint.request_repaint())));
        self.practice.start();
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        self.view.show(ui);
        let dark = ui.visuals().dark_mode;
        if self.size.read().dark != dark {
            self.size.write().dark = dark;
        }
    }

    fn resized(&mut self, new: WindowSize) {
        let mut size = self.size.write();
        (size.width, size.height) = (new.logical.width as f32, new.logical.height as f32);
    }

    fn zoom_factor_changed(&mut self, zoom: f32) {
        self.size.write().zoom = zoom;
    }
}
