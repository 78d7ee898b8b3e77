//! An editor without a window, and a host that plays into its room.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{HoveredFile, UiBuilder};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use etude_plugin::editor::View;
use etude_plugin::practice::Picture;

use crate::room::Host;

/// Nothing here takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Desk {
    pub(crate) host: Host,
    pub(crate) editor: Harness<'static>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::of(Host::new())
    }

    /// The editor of this host's plugin.
    pub(crate) fn of(mut host: Host) -> Self {
        host.idle();
        let mut view = View::new(host.practice.clone());
        let mut installed = false;
        let editor = Harness::builder().with_size([1_040.0, 700.0]).build_ui(move |ui| {
            // The first frame has its looks already.
            if !std::mem::replace(&mut installed, true) {
                return view.install(ui.ctx());
            }
            // The harness leaves a margin, which a window has not.
            let whole = ui.ctx().content_rect();
            ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                ui.set_clip_rect(whole);
                view.show(ui);
            });
        });
        Self { host, editor }
    }

    /// Presses the button that says so.
    pub(crate) fn press(&mut self, name: &str) {
        self.editor.step();
        let found =
            self.editor.query_all_by_label(name).find(|node| node.accesskit_node().role() != Role::Label);
        found.unwrap_or_else(|| panic!("there is no {name:?}")).click();
        self.settle();
    }

    /// Whether something says so.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.editor.query_all_by_label_contains(text).next().is_some()
    }

    /// Holds files over the editor, or none any more.
    pub(crate) fn hover(&mut self, files: &[&Path]) {
        let hovered = |path: &&Path| HoveredFile { path: Some(path.to_path_buf()), ..HoveredFile::default() };
        self.editor.input_mut().hovered_files = files.iter().map(hovered).collect();
        self.settle();
    }

    /// Lets go of them.
    pub(crate) fn drop(&mut self, files: &[&Path]) {
        let input = self.editor.input_mut();
        input.hovered_files.clear();
        input.dropped_files.extend(files.iter().map(|path| Arc::new(Dropped(path.to_path_buf())) as _));
        self.settle();
    }

    /// Draws some frames.
    pub(crate) fn settle(&mut self) {
        for _ in 0..4 {
            self.host.idle();
            self.editor.step();
        }
    }

    /// Draws until the picture is so.
    pub(crate) fn until(&mut self, so: impl Fn(&Picture) -> bool) -> Arc<Picture> {
        let started = Instant::now();
        loop {
            self.host.idle();
            self.editor.step();
            let picture = self.host.practice.picture();
            if so(&picture) {
                self.settle();
                return picture;
            }
            assert!(started.elapsed() < PATIENCE, "{:?} {:?}", picture.problem, picture.take.state);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}
