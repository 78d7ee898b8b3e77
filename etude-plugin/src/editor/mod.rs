//! The editor: draws [`Practice::picture`] and sends [`Command`](crate::practice::Command)s. It has no logic of its own.

use std::sync::Arc;

use nice_plug_egui::baseview::dpi::LogicalSize;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier, create_egui_editor,
};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use crate::practice::Practice;

/// The editor's type, for the framework.
pub type Editor = EguiEditor<App>;

/// How large the editor's window is, kept in the host's project.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditorSize {
    /// Logical pixels.
    pub width: f32,
    /// Logical pixels.
    pub height: f32,
    /// What the user has zoomed to.
    pub zoom: f32,
}

impl Default for EditorSize {
    fn default() -> Self {
        Self { width: 960.0, height: 640.0, zoom: 1.0 }
    }
}

/// What is in the window.
pub struct App {
    practice: Practice,
}

/// Makes the editor of a plugin. Opens no window, and no socket.
pub fn create(practice: Practice, size: Arc<RwLock<EditorSize>>) -> Option<Editor> {
    let EditorSize { width, height, zoom } = *size.read();
    let state = EguiEditorState::from_size(LogicalSize::new(width, height), zoom);
    let repaint = RepaintNotifier::new();
    let settings = EguiNiceSettings::new().with_tile("Etude");
    create_egui_editor(state, repaint, settings, App { practice })
}

impl NiceEguiApp for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        let picture = self.practice.picture();
        match &picture.piece {
            Some(piece) => ui.heading(&piece.name),
            None => ui.heading("No piece is open"),
        };
    }
}
