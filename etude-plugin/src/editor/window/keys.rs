//! The keyboard, in egui's words.

use egui::{Event, Key, Modifiers};
use keyboard_types::{Key as Typed, KeyState, KeyboardEvent};

/// What the key does in the editor. `clipboard` tells what there is to paste.
pub(super) fn events(
    event: &KeyboardEvent,
    modifiers: Modifiers,
    clipboard: impl FnOnce() -> Option<String>,
) -> Vec<Event> {
    // Where the keyboard has no Latin letters, shortcuts are where they would be on one that has.
    let physical_key = Key::from_name(&event.code.to_string());
    let key = Key::from_name(&event.key.to_string()).or(physical_key);
    let pressed = event.state == KeyState::Down;
    if pressed && let Some(act) = key.and_then(|key| clipboard_act(key, modifiers)) {
        return match act {
            Act::Cut => vec![Event::Cut],
            Act::Copy => vec![Event::Copy],
            Act::Paste => clipboard().map(Event::Paste).into_iter().collect(),
        };
    }
    let mut events = Vec::new();
    if let Some(key) = key {
        events.push(Event::Key { key, physical_key, pressed, repeat: event.repeat, modifiers });
    }
    if let Typed::Character(text) = &event.key
        && pressed
        && writes(modifiers)
    {
        // A keyboard layout may have control characters on its keys.
        let text: String = text.chars().filter(|char| !char.is_control()).collect();
        if !text.is_empty() {
            events.push(Event::Text(text));
        }
    }
    events
}

/// Which modifiers are held.
pub(super) fn modifiers(held: keyboard_types::Modifiers) -> Modifiers {
    let is_mac = cfg!(target_os = "macos");
    Modifiers {
        alt: held.alt(),
        ctrl: held.ctrl(),
        shift: held.shift(),
        mac_cmd: is_mac && held.meta(),
        command: if is_mac { held.meta() } else { held.ctrl() },
    }
}

/// Whether what is typed with these is text and no shortcut. Windows has AltGr as Ctrl and Alt.
fn writes(held: Modifiers) -> bool {
    let alt_gr = cfg!(target_os = "windows") && held.ctrl && held.alt;
    alt_gr || !(held.ctrl || held.command)
}

enum Act {
    Cut,
    Copy,
    Paste,
}

fn clipboard_act(key: Key, held: Modifiers) -> Option<Act> {
    // So it was before there were letters for it, and still is but for macOS.
    let is_old = !cfg!(target_os = "macos");
    match key {
        Key::Cut => Some(Act::Cut),
        Key::Copy => Some(Act::Copy),
        Key::Paste => Some(Act::Paste),
        Key::X if held.command && !held.alt => Some(Act::Cut),
        Key::C if held.command && !held.alt => Some(Act::Copy),
        Key::V if held.command && !held.alt => Some(Act::Paste),
        Key::Delete if is_old && held.shift => Some(Act::Cut),
        Key::Insert if is_old && held.ctrl => Some(Act::Copy),
        Key::Insert if is_old && held.shift => Some(Act::Paste),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use keyboard_types::{Code, NamedKey};

    use super::*;

    /// What is heard when the key goes down.
    fn pressed(key: impl Into<Typed>, code: Code, held: Modifiers) -> Vec<Event> {
        events(&KeyboardEvent::key_down(key, code), held, || Some("kept".to_owned()))
    }

    fn letter(letter: &str) -> Typed {
        Typed::Character(letter.to_owned())
    }

    /// Which keys, and what text.
    fn heard(events: &[Event]) -> (Vec<Key>, String) {
        let keys = events.iter().filter_map(|event| match event {
            Event::Key { key, pressed: true, .. } => Some(*key),
            _ => None,
        });
        let text = events.iter().filter_map(|event| match event {
            Event::Text(text) => Some(text.as_str()),
            _ => None,
        });
        (keys.collect(), text.collect())
    }

    #[test]
    fn letters_are_keys_and_text_and_shortcuts_are_no_text() {
        let none = Modifiers::NONE;
        assert_eq!(heard(&pressed(letter("ä"), Code::Quote, none)), (vec![Key::Quote], "ä".to_owned()));
        assert_eq!(heard(&pressed(letter(" "), Code::Space, none)), (vec![Key::Space], " ".to_owned()));
        assert_eq!(
            heard(&pressed(letter("o"), Code::KeyO, Modifiers::COMMAND)),
            (vec![Key::O], String::new())
        );
        assert_eq!(heard(&pressed(letter("\u{7f}"), Code::Unidentified, none)), (vec![], String::new()));
        assert_eq!(heard(&pressed(NamedKey::Enter, Code::Enter, none)), (vec![Key::Enter], String::new()));
        assert_eq!(heard(&pressed(NamedKey::Shift, Code::ShiftLeft, none)).1, "");
    }

    #[test]
    fn shortcuts_are_found_on_a_keyboard_without_latin_letters() {
        assert_eq!(heard(&pressed(letter("щ"), Code::KeyO, Modifiers::COMMAND)).0, [Key::O]);
        assert_eq!(heard(&pressed(letter("щ"), Code::KeyO, Modifiers::NONE)).1, "щ");
    }

    #[test]
    fn the_clipboard_is_reached_by_new_keys_and_old() {
        let held = Modifiers::COMMAND;
        assert_eq!(pressed(letter("x"), Code::KeyX, held), [Event::Cut]);
        assert_eq!(pressed(letter("c"), Code::KeyC, held), [Event::Copy]);
        // Where the letter is printed, not where it is on another keyboard.
        assert_eq!(pressed(letter("v"), Code::Period, held), [Event::Paste("kept".to_owned())]);
        if !cfg!(target_os = "macos") {
            assert_eq!(
                pressed(NamedKey::Insert, Code::Insert, Modifiers::SHIFT),
                [Event::Paste("kept".to_owned())]
            );
        }
        assert_eq!(heard(&pressed(letter("v"), Code::KeyV, Modifiers::NONE)), (vec![Key::V], "v".to_owned()));
    }
}
