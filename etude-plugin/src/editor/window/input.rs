//! What the window hears, gathered for egui's next frame.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use baseview::{
    DropData, DropEffect, Event, EventStatus, MouseButton, MouseEvent, ScrollDelta, WindowEvent, WindowSize,
};
use egui::{
    HoveredFile, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect,
    TouchPhase, vec2,
};

use super::clipboard::Clipboard;
use super::keys;

/// The input of the next frame.
pub(super) struct Input {
    raw: RawInput,
    pointer: Pos2,
    modifiers: Modifiers,
    opened: Instant,
    clipboard: Clipboard,
}

/// What is to be done about an event.
#[derive(Debug, PartialEq)]
pub(super) struct Heard {
    /// Whether there is something new to be drawn.
    pub(super) redraw: bool,
    /// What the system is told of it.
    pub(super) status: EventStatus,
}

impl Input {
    pub(super) fn new(max_texture_side: usize) -> Self {
        let raw = RawInput { max_texture_side: Some(max_texture_side), ..RawInput::default() };
        let (pointer, modifiers) = (Pos2::ZERO, Modifiers::default());
        Self { raw, pointer, modifiers, opened: Instant::now(), clipboard: Clipboard::default() }
    }

    /// What has been heard since the last frame, for one in a window of this size.
    pub(super) fn take(&mut self, window: WindowSize, zoom: f32) -> RawInput {
        let scale = window.scale_factor as f32;
        let size = vec2(window.physical.width as f32, window.physical.height as f32) / (scale * zoom);
        self.raw.screen_rect = Some(Rect::from_min_size(Pos2::ZERO, size));
        self.raw.time = Some(self.opened.elapsed().as_secs_f64());
        self.raw.viewports.entry(self.raw.viewport_id).or_default().native_pixels_per_point = Some(scale);
        self.raw.take()
    }

    /// Hears of an event in a window of so many pixels to the point. `wants_keys` is whether keys are for the editor.
    pub(super) fn hear(&mut self, event: Event, pixels_per_point: f64, wants_keys: bool) -> Heard {
        match event {
            Event::Mouse(event) => self.hear_mouse(event, pixels_per_point),
            Event::Keyboard(event) => {
                self.hold(event.modifiers);
                let clipboard = &mut self.clipboard;
                self.raw.events.extend(keys::events(&event, self.modifiers, || clipboard.text()));
                // The space bar starts the host's transport, unless it is typed into something.
                let status = if wants_keys { EventStatus::Captured } else { EventStatus::Ignored };
                Heard { redraw: true, status }
            }
            Event::Window(WindowEvent::Focused) => self.focus(true),
            Event::Window(WindowEvent::Unfocused) => self.focus(false),
            _ => Heard { redraw: false, status: EventStatus::Captured },
        }
    }

    /// What has been cut or copied.
    pub(super) fn copy(&mut self, text: String) {
        self.clipboard.keep(text);
    }

    fn hear_mouse(&mut self, event: MouseEvent, pixels_per_point: f64) -> Heard {
        // A source that ends in the middle of a drag says nothing; but while there is one, it has the pointer.
        let is_drag = matches!(
            event,
            MouseEvent::DragEntered { .. }
                | MouseEvent::DragMoved { .. }
                | MouseEvent::DragDropped { .. }
                | MouseEvent::DragLeft
        );
        if !is_drag {
            self.raw.hovered_files.clear();
        }
        let mut status = EventStatus::Captured;
        let mut redraw = true;
        match event {
            MouseEvent::CursorMoved { position, modifiers } => {
                self.hold(modifiers);
                let at = position.to_logical::<f32>(pixels_per_point);
                self.pointer = Pos2::new(at.x, at.y);
                self.raw.events.push(egui::Event::PointerMoved(self.pointer));
            }
            MouseEvent::ButtonPressed { button, modifiers } => self.press(button, true, modifiers),
            MouseEvent::ButtonReleased { button, modifiers } => self.press(button, false, modifiers),
            MouseEvent::WheelScrolled { delta, modifiers } => {
                self.hold(modifiers);
                let (unit, delta) = match delta {
                    // X and Windows count to the right what egui counts to the left; macOS does not.
                    ScrollDelta::Lines { x, y } if cfg!(target_os = "macos") => {
                        (MouseWheelUnit::Line, vec2(x, y))
                    }
                    ScrollDelta::Lines { x, y } => (MouseWheelUnit::Line, vec2(-x, y)),
                    ScrollDelta::Pixels { x, y } => (MouseWheelUnit::Point, vec2(x, y)),
                };
                let (phase, source) = (TouchPhase::Move, MouseWheelSource::Unknown);
                let modifiers = self.modifiers;
                self.raw.events.push(egui::Event::MouseWheel { unit, delta, phase, source, modifiers });
            }
            MouseEvent::CursorLeft => self.raw.events.push(egui::Event::PointerGone),
            MouseEvent::DragEntered { data, .. } | MouseEvent::DragMoved { data, .. } => {
                let files = paths(&data);
                status = answer(files);
                // It moves far more often than it changes.
                redraw = !files.iter().eq(self.raw.hovered_files.iter().flat_map(|file| &file.path));
                let hovered =
                    |path: &PathBuf| HoveredFile { path: Some(path.clone()), ..HoveredFile::default() };
                if redraw {
                    self.raw.hovered_files = files.iter().map(hovered).collect();
                }
            }
            MouseEvent::DragDropped { data, .. } => {
                let files = paths(&data);
                status = answer(files);
                self.raw.hovered_files.clear();
                let dropped = |path: &PathBuf| Arc::new(Dropped(path.clone())) as egui::DroppedFileHandle;
                self.raw.dropped_files.extend(files.iter().map(dropped));
            }
            MouseEvent::DragLeft => self.raw.hovered_files.clear(),
            _ => redraw = false,
        }
        Heard { redraw, status }
    }

    fn press(&mut self, button: MouseButton, pressed: bool, held: keyboard_types::Modifiers) {
        self.hold(held);
        let button = match button {
            MouseButton::Left => PointerButton::Primary,
            MouseButton::Right => PointerButton::Secondary,
            MouseButton::Middle => PointerButton::Middle,
            MouseButton::Back => PointerButton::Extra1,
            MouseButton::Forward => PointerButton::Extra2,
            _ => return,
        };
        let (pos, modifiers) = (self.pointer, self.modifiers);
        self.raw.events.push(egui::Event::PointerButton { pos, button, pressed, modifiers });
    }

    fn hold(&mut self, held: keyboard_types::Modifiers) {
        let held = keys::modifiers(held);
        if std::mem::replace(&mut self.modifiers, held) != held {
            self.raw.events.push(egui::Event::ModifiersChanged(held));
        }
    }

    fn focus(&mut self, focused: bool) -> Heard {
        // What is let go of elsewhere is not heard of here.
        self.modifiers = Modifiers::default();
        self.raw.focused = focused;
        self.raw.events.push(egui::Event::WindowFocused(focused));
        Heard { redraw: true, status: EventStatus::Captured }
    }
}

/// The files among what is dragged.
fn paths(data: &DropData) -> &[PathBuf] {
    match data {
        DropData::Files(paths) => paths,
        _ => &[],
    }
}

/// Files are taken, whatever they are: what is no score is told so. Text and pictures are not.
fn answer(files: &[PathBuf]) -> EventStatus {
    if files.is_empty() { EventStatus::Ignored } else { EventStatus::AcceptDrop(DropEffect::Copy) }
}

/// A file on this computer.
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

#[cfg(test)]
mod tests {
    use baseview::dpi::{PhysicalPosition, PhysicalSize};
    use keyboard_types::{Code, Key, KeyboardEvent};

    use super::*;

    const NONE: keyboard_types::Modifiers = keyboard_types::Modifiers::empty();

    fn window() -> WindowSize {
        WindowSize::from_physical(PhysicalSize::new(1_200, 900), 1.5)
    }

    fn files(names: &[&str]) -> DropData {
        DropData::Files(names.iter().map(PathBuf::from).collect())
    }

    fn mouse(input: &mut Input, event: MouseEvent) -> Heard {
        input.hear(Event::Mouse(event), 3.0, false)
    }

    fn moved(data: DropData) -> MouseEvent {
        MouseEvent::DragMoved { position: PhysicalPosition::new(9.0, 9.0), modifiers: NONE, data }
    }

    fn hovered(input: &mut Input) -> Vec<PathBuf> {
        input.take(window(), 2.0).hovered_files.into_iter().filter_map(|file| file.path).collect()
    }

    const ACCEPTED: EventStatus = EventStatus::AcceptDrop(DropEffect::Copy);

    #[test]
    fn places_and_sizes_are_told_in_points() {
        let mut input = Input::new(2_048);
        let position = PhysicalPosition::new(300.0, 150.0);
        mouse(&mut input, MouseEvent::CursorMoved { position, modifiers: NONE });
        mouse(&mut input, MouseEvent::ButtonPressed { button: MouseButton::Left, modifiers: NONE });
        let raw = input.take(window(), 2.0);
        assert_eq!(raw.screen_rect.unwrap().size(), vec2(400.0, 300.0));
        assert_eq!(raw.viewport().native_pixels_per_point, Some(1.5));
        let at = Pos2::new(100.0, 50.0);
        assert_eq!(raw.events[0], egui::Event::PointerMoved(at));
        assert!(matches!(raw.events[1], egui::Event::PointerButton { pos, pressed: true, .. } if pos == at));
        assert_eq!(input.take(window(), 2.0).events, []);
    }

    #[test]
    fn keys_go_on_to_the_host_unless_something_wants_them() {
        let mut input = Input::new(2_048);
        let mut space = |wanted| {
            let event = KeyboardEvent::key_down(Key::Character(" ".to_owned()), Code::Space);
            input.hear(Event::Keyboard(event), 1.0, wanted)
        };
        assert_eq!(space(false), Heard { redraw: true, status: EventStatus::Ignored });
        assert_eq!(space(true), Heard { redraw: true, status: EventStatus::Captured });
    }

    #[test]
    fn files_hover_until_they_leave_or_are_dropped() {
        let mut input = Input::new(2_048);
        assert_eq!(mouse(&mut input, moved(files(&["/a.mid"]))), Heard { redraw: true, status: ACCEPTED });
        assert_eq!(mouse(&mut input, moved(files(&["/a.mid"]))), Heard { redraw: false, status: ACCEPTED });
        assert_eq!(hovered(&mut input), [PathBuf::from("/a.mid")]);
        mouse(&mut input, MouseEvent::DragLeft);
        assert!(hovered(&mut input).is_empty());

        mouse(&mut input, moved(files(&["/a.mid", "/b.mid"])));
        let position = PhysicalPosition::new(9.0, 9.0);
        let dropped =
            MouseEvent::DragDropped { position, modifiers: NONE, data: files(&["/a.mid", "/b.mid"]) };
        assert_eq!(mouse(&mut input, dropped), Heard { redraw: true, status: ACCEPTED });
        let raw = input.take(window(), 2.0);
        let paths: Vec<&Path> = raw.dropped_files.iter().map(|file| file.path()).collect();
        assert_eq!((raw.hovered_files.len(), paths), (0, vec![Path::new("/a.mid"), Path::new("/b.mid")]));
        assert_eq!(input.take(window(), 2.0).dropped_files.len(), 0, "they are dropped once");
    }

    #[test]
    fn a_pointer_that_is_free_drags_nothing() {
        let mut input = Input::new(2_048);
        mouse(&mut input, moved(files(&["/a.mid"])));
        let position = PhysicalPosition::new(9.0, 9.0);
        mouse(&mut input, MouseEvent::CursorMoved { position, modifiers: NONE });
        assert!(hovered(&mut input).is_empty());
    }

    #[test]
    fn what_is_no_file_is_not_taken() {
        let mut input = Input::new(2_048);
        assert_eq!(
            mouse(&mut input, moved(DropData::None)),
            Heard { redraw: false, status: EventStatus::Ignored }
        );
    }
}
