//! An editor without a window, and a host that plays into its room.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
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
            match std::mem::replace(&mut installed, true) {
                true => view.show(ui),
                false => view.install(ui.ctx()),
            }
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
