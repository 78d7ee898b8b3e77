//! Puts what egui has drawn onto the window, by OpenGL.
#![expect(unsafe_code, reason = "OpenGL has no safe interface")]

use std::sync::Arc;

use baseview::dpi::PhysicalSize;
use baseview::gl::GlContext;
use baseview::{HandlerError, WindowContext};
use egui::{ClippedPrimitive, TexturesDelta};
use egui_glow::glow;

/// The window cannot be drawn on: the system has given it no OpenGL.
#[derive(Debug, thiserror::Error)]
#[error("there is no OpenGL for the window")]
struct NoOpenGl;

/// What draws on a window. Lives and ends on the window's thread.
pub(super) struct Painter {
    context: GlContext,
    painter: egui_glow::Painter,
}

impl Painter {
    /// Fails where there is no OpenGL 2 or newer; the window is not opened then.
    pub(super) fn new(window: &WindowContext) -> Result<Self, HandlerError> {
        let context = window.gl_context().ok_or(NoOpenGl)?;
        let current = Current::make(&context)?;
        // SAFETY: the context is current on this thread until `current` goes, and the functions are its own.
        let gl = unsafe { glow::Context::from_loader_function_cstr(|name| context.get_proc_address(name)) };
        let painter = egui_glow::Painter::new(Arc::new(gl), "", None, true)?;
        drop(current);
        Ok(Self { context, painter })
    }

    /// The longest side of a texture, in pixels.
    pub(super) fn max_texture_side(&self) -> usize {
        self.painter.max_texture_side()
    }

    /// Draws a frame and shows it. Fails when the context has been lost, as by a driver that begins anew; the window cannot go on.
    pub(super) fn paint(
        &mut self,
        size: PhysicalSize<u32>,
        pixels_per_point: f32,
        primitives: &[ClippedPrimitive],
        mut textures: TexturesDelta,
    ) -> Result<(), HandlerError> {
        let current = Current::make(&self.context).inspect_err(|_| textures.clear())?;
        let size = size.into();
        // Every pixel is drawn over, except in a window that has just grown.
        self.painter.clear(size, [0.0, 0.0, 0.0, 1.0]);
        self.painter.paint_and_update_textures(size, pixels_per_point, primitives, &mut textures);
        self.context.swap_buffers()?;
        drop(current);
        Ok(())
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        // A host may have destroyed the window before us, and the textures with it.
        if let Ok(_current) = Current::make(&self.context) {
            self.painter.destroy();
        }
    }
}

/// The context is the one of this thread for so long. The thread may be the host's, which has windows of its own to draw.
struct Current<'a>(&'a GlContext);

impl<'a> Current<'a> {
    fn make(context: &'a GlContext) -> Result<Self, baseview::Error> {
        // SAFETY: a context is not sent to another thread, so it is current on no other; and this does not outlive it.
        unsafe { context.make_current()? };
        Ok(Self(context))
    }
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        // SAFETY: as above. Where it fails there is no context any more.
        let _ = unsafe { self.0.make_not_current() };
    }
}
