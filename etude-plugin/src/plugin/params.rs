//! What a host keeps of Etude in its project. There is nothing to automate.

use std::sync::Arc;

use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::*;
use parking_lot::RwLock;

use crate::editor::EditorSize;
use crate::practice::{Command, Practice, Saved};

#[derive(Params)]
pub(super) struct EtudeParams {
    #[persist = "practice"]
    practice: SavedPractice,
    /// How large the editor is.
    #[persist = "editor"]
    pub(super) editor: Arc<RwLock<EditorSize>>,
}

impl EtudeParams {
    pub(super) fn new(practice: Practice) -> Self {
        Self { practice: SavedPractice(practice), editor: Arc::default() }
    }
}

/// The practice room, as far as it is kept.
struct SavedPractice(Practice);

impl PersistentField<'_, Saved> for SavedPractice {
    fn set(&self, saved: Saved) {
        self.0.send(Command::Restore(saved));
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        f(&self.0.saved())
    }
}
