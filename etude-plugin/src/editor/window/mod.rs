//! The editor in a window of the host's, or of its own.
//!
//! [`shown`] is the open window. It is fed by [`input`] and [`keys`], and seen by [`paint`]; [`open`] is what it costs.

mod clipboard;
mod host;
mod input;
mod keys;
mod open;
mod paint;
mod repaint;
mod shown;
mod size;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use baseview::dpi::LogicalSize;
use baseview::gl::GlConfig;
use baseview::host::Host;
use baseview::{HandlerError, Window, WindowSettings};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{
    EditorHandle, HostMethods, ParentWindowHandle, ResizeHint, SizeConstraints, SpawnedEditor,
};
use parking_lot::{Mutex, RwLock};

use super::View;
use crate::practice::Practice;
pub use open::is_any_open;
use repaint::Repaint;
use shown::Shown;
pub use size::EditorSize;
use size::SIZE_MIN;

/// The editor of a plugin, which a host opens and closes as it likes.
pub struct Editor(Contents);

/// What is in the window, and outlives it.
#[derive(Clone)]
struct Contents {
    practice: Practice,
    view: Arc<Mutex<View>>,
    size: Arc<RwLock<EditorSize>>,
    scale: Arc<Scale>,
}

/// Physical pixels to a logical one, where the window was seen last: known once it has been opened.
struct Scale(AtomicU64);

impl Scale {
    fn set(&self, scale: f64) {
        self.0.store(scale.to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// How a host may resize the window.
const RESIZE: ResizeHint = ResizeHint::RESIZABLE
    .with_size_constraints(SizeConstraints::Logical { min_size: Some(SIZE_MIN), max_size: None });

impl Editor {
    /// Opens no window, and no socket. The window comes as large as `size` says, and `size` follows it.
    pub fn new(practice: Practice, size: Arc<RwLock<EditorSize>>) -> Self {
        let view = Arc::new(Mutex::new(View::new(practice.clone())));
        Self(Contents { practice, view, size, scale: Arc::new(Scale(AtomicU64::new(1.0_f64.to_bits()))) })
    }

    /// Shows the editor in a window of its own, until that is closed.
    ///
    /// # Errors
    ///
    /// There can be no window: no display, or no OpenGL 2 on it.
    pub fn run(&self) -> Result<(), Box<dyn Error>> {
        let (window, _) = self.create(WindowSettings::new(), None)?;
        Ok(window.run_until_closed()?)
    }

    fn create(
        &self,
        settings: WindowSettings,
        host: Option<Host>,
    ) -> Result<(Window, Repaint), baseview::Error> {
        let wanted = self.0.size.read().sound().zoomed();
        let settings = settings
            .with_title("Etude")
            .with_size(wanted)
            .with_min_size(SIZE_MIN)
            .with_resizable(true)
            .with_gl_config(GlConfig::default());
        let is_scaled = settings.fallback_scale_factor.is_some();
        let contents = self.0.clone();
        let due = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&due);
        let window = Window::create_with_host(settings, |window| Shown::new(window, contents, heard), host)?;
        // On X baseview 0.4.2 does not enlarge the window that it opens by the scale that a host has told.
        if cfg!(target_os = "linux")
            && is_scaled
            && let Err(error) = window.resize(wanted)
        {
            tracing::debug!("the window stays as large as it was: {error}");
        }
        let repaint = Repaint::new(due, window.waker());
        Ok((window, repaint))
    }
}

impl nice_plug::editor::Editor for Editor {
    type Handle = Handle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        _gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Handle>, Box<dyn Error>> {
        let parent = parent.map(host::checked).transpose()?;
        let settings = WindowSettings::new()
            .with_parent(parent.as_ref())
            .with_wait_for_parent(wait_for_parent)
            .with_fallback_scale_factor(fallback_scale_factor);
        // The framework's standalone keeps the error to itself.
        let created = self.create(settings, host.map(host::adapted));
        let (window, repaint) =
            created.inspect_err(|error| tracing::error!("the editor cannot be opened: {error}"))?;
        Ok(SpawnedEditor { handle: Handle { repaint }, window })
    }

    fn size(&self) -> NativeSize<u32> {
        let wanted: LogicalSize<f64> = self.0.size.read().sound().zoomed();
        NativeSize::from_size(wanted.into(), self.0.scale.get())
    }

    fn resize_hint(&self) -> ResizeHint {
        RESIZE
    }

    #[expect(unsafe_code, reason = "so the framework has it")]
    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: the caller promises the same that this asks for.
        unsafe { baseview::assume_standalone_in_process() };
    }
}

/// An open window, in the host's hands.
pub struct Handle {
    repaint: Repaint,
}

impl EditorHandle for Handle {
    type Window = Window;
    type Error = baseview::Error;

    fn run_until_closed(window: Window) -> Result<(), baseview::Error> {
        window.run_until_closed()
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Window) -> Result<(), baseview::Error> {
        window.set_parent(&host::checked(parent).map_err(HandlerError::from)?)
    }

    fn show(&self, window: &Window) -> Result<(), baseview::Error> {
        window.show()?;
        // Not every system says so to a window that is shown again.
        self.repaint.request();
        Ok(())
    }

    fn hide(&self, window: &Window) -> Result<(), baseview::Error> {
        window.hide()
    }

    fn set_size(&self, size: NativeSize<u32>, window: &Window) -> Result<(), baseview::Error> {
        window.resize(size)
    }

    fn host_main_thread_callback(&self, window: &Window) {
        window.host_main_thread_callback();
    }

    fn adjust_size(&self, wanted: NativeSize<u32>, window: &Window) -> Option<NativeSize<u32>> {
        let now = window.size();
        let size = NativeSize::from_size(now.physical.into(), now.scale_factor);
        Some(RESIZE.adjust_size(wanted, size, now.scale_factor))
    }

    fn set_fallback_scale_factor(&self, scale: f64, window: &Window) -> Result<(), baseview::Error> {
        window.suggest_fallback_scale_factor(scale)
    }

    fn state_changed(&self) {
        self.repaint.request();
    }

    // What is shown is no parameter.
    fn param_value_changed(&self, _id: &str, _normalized_value: f32) {}

    fn param_modulation_changed(&self, _id: &str, _modulation_offset: f32) {}
}
