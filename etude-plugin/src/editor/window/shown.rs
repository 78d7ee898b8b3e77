//! The open window: egui between what is heard and what is painted.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use baseview::{
    Event, EventStatus, HandlerError, MouseCursor, MouseEvent, WindowContext, WindowHandler, WindowSize,
};
use egui::{Context, CursorIcon, FullOutput, OutputCommand, Theme, ViewportId};

use super::Contents;
use super::input::Input;
use super::open::Open;
use super::paint::Painter;
use super::repaint::Repaint;

/// Two frames this close are as good as one.
const FRAME: Duration = Duration::from_millis(20);

/// An open window. Only its own thread touches it; but the system may call it in the middle of a call that it makes, so nothing
/// stays borrowed over one.
pub(super) struct Shown {
    // Dropped first: it needs the window.
    painter: RefCell<Painter>,
    window: WindowContext,
    ctx: Context,
    contents: Contents,
    input: RefCell<Input>,
    repaint: Repaint,
    zoom: Cell<f32>,
    cursor: Cell<MouseCursor>,
    /// For when the last frame was put off.
    due: Cell<Option<Instant>>,
    _open: Open,
}

impl Shown {
    /// Fails where nothing can be drawn.
    pub(super) fn new(
        window: WindowContext,
        contents: Contents,
        due: Arc<AtomicBool>,
    ) -> Result<Self, HandlerError> {
        let painter = Painter::new(&window)?;
        let looks = contents.size.read().sound();
        let ctx = Context::default();
        // Ctrl with plus and minus are the host's, and the menu has it.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        ctx.set_zoom_factor(looks.zoom);
        {
            let mut view = contents.view.lock();
            view.choose_theme(&ctx, if looks.dark { Theme::Dark } else { Theme::Light });
            view.install(&ctx);
        }
        let repaint = Repaint::new(due, window.waker());
        let asked = repaint.clone();
        ctx.set_request_repaint_callback(move |request| {
            // What a frame wants later, it is asked for when it is done.
            if request.delay.is_zero() {
                asked.request();
            }
        });
        contents.scale.set(window.size().scale_factor);
        Ok(Self {
            input: RefCell::new(Input::new(painter.max_texture_side())),
            painter: RefCell::new(painter),
            _open: Open::new(contents.practice.clone(), repaint.clone()),
            window,
            ctx,
            contents,
            repaint,
            zoom: Cell::new(looks.zoom),
            cursor: Cell::new(MouseCursor::Default),
            due: Cell::new(None),
        })
    }

    /// Physical pixels to one of egui's points.
    fn pixels_per_point(&self) -> f64 {
        self.window.scale_factor() * f64::from(self.zoom.get())
    }

    /// Has the project know how large the window is.
    fn keep_size(&self, window: WindowSize) {
        self.contents.scale.set(window.scale_factor);
        self.contents.size.write().take(window, self.zoom.get());
    }

    /// Has it know whether it is dark, and does what the frame asks of the window.
    fn obey(&self, output: &mut FullOutput) {
        let dark = self.ctx.theme() == Theme::Dark;
        if self.contents.size.read().dark != dark {
            self.contents.size.write().dark = dark;
        }
        for command in std::mem::take(&mut output.platform_output.commands) {
            if let OutputCommand::CopyText(text) = command {
                self.input.borrow_mut().copy(text);
            }
        }
        let cursor = cursor(output.platform_output.cursor_icon);
        if self.cursor.replace(cursor) != cursor
            && let Err(error) = self.window.set_mouse_cursor(cursor)
        {
            tracing::debug!("the pointer stays as it was: {error}");
        }
        self.follow_zoom();
        let wanted = output.viewport_output.get(&ViewportId::ROOT).map(|root| root.repaint_delay);
        self.draw_after(wanted.unwrap_or(Duration::MAX));
    }

    /// The window grows with what is in it.
    fn follow_zoom(&self) {
        let zoom = self.ctx.zoom_factor();
        if self.zoom.get() == zoom {
            return;
        }
        let mut looks = *self.contents.size.read();
        looks.zoom = zoom;
        self.zoom.set(zoom);
        if let Err(error) = self.window.resize(looks.zoomed()) {
            tracing::debug!("the window stays as large as it was: {error}");
        }
        self.keep_size(self.window.size());
    }

    /// Has a frame drawn so much later, unless one is drawn before. The window has a timer for each that it is asked for, and
    /// none can be taken back.
    fn draw_after(&self, delay: Duration) {
        if delay.is_zero() {
            return self.window.request_redraw();
        }
        let now = Instant::now();
        let Some(due) = now.checked_add(delay) else { return };
        let is_put_off = |other: Instant| other > now + FRAME && other <= due;
        if !self.due.get().is_some_and(is_put_off) {
            self.due.set(Some(due));
            self.window.request_redraw_after(delay);
        }
    }
}

impl WindowHandler for Shown {
    fn draw(&self) -> Result<(), HandlerError> {
        let Ok(mut painter) = self.painter.try_borrow_mut() else {
            // Within a frame: a dialog that runs an event loop of its own asks for another.
            self.window.request_redraw();
            return Ok(());
        };
        let window = self.window.size();
        if window.physical.width == 0 || window.physical.height == 0 {
            return Ok(());
        }
        let input = self.input.borrow_mut().take(window, self.zoom.get());
        let mut output = self.ctx.run_ui(input, |ui| self.contents.view.lock().show(ui));
        let (shapes, scale) = (std::mem::take(&mut output.shapes), output.pixels_per_point);
        let primitives = self.ctx.tessellate(shapes, scale);
        let textures = std::mem::take(&mut output.textures_delta);
        painter.paint(window.physical, scale, &primitives, textures)?;
        drop(painter);
        self.obey(&mut output);
        Ok(())
    }

    fn poll(&self) {
        if self.repaint.take() {
            self.window.request_redraw();
        }
    }

    fn resized(&self, window: WindowSize) -> Result<(), HandlerError> {
        self.keep_size(window);
        self.window.request_redraw();
        Ok(())
    }

    fn on_event(&self, event: Event) -> EventStatus {
        // A window within a host's does not get the keyboard by being clicked.
        if matches!(event, Event::Mouse(MouseEvent::ButtonPressed { .. }))
            && !self.window.has_focus()
            && let Err(error) = self.window.focus()
        {
            tracing::debug!("the host keeps the keyboard: {error}");
        }
        let (scale, wants_keys) = (self.pixels_per_point(), self.ctx.egui_wants_keyboard_input());
        let heard = self.input.borrow_mut().hear(event, scale, wants_keys);
        if heard.redraw {
            self.window.request_redraw();
        }
        heard.status
    }
}

/// The pointers that the editor has.
fn cursor(icon: CursorIcon) -> MouseCursor {
    match icon {
        CursorIcon::PointingHand | CursorIcon::Grab => MouseCursor::Hand,
        CursorIcon::Grabbing => MouseCursor::HandGrabbing,
        CursorIcon::Text => MouseCursor::Text,
        CursorIcon::Help => MouseCursor::Help,
        CursorIcon::NotAllowed | CursorIcon::NoDrop => MouseCursor::NotAllowed,
        CursorIcon::ResizeHorizontal | CursorIcon::ResizeColumn => MouseCursor::EwResize,
        CursorIcon::ResizeVertical | CursorIcon::ResizeRow => MouseCursor::NsResize,
        CursorIcon::Wait | CursorIcon::Progress => MouseCursor::Working,
        CursorIcon::None => MouseCursor::Hidden,
        _ => MouseCursor::Default,
    }
}
