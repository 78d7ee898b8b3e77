//! A teacher's way through the editor: log in, pick, play, log out; the service is a real one.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use etude_plugin::practice::{Connection, TakeState};

use crate::desk::Desk;
use crate::room::{Host, example};
use crate::service::Service;

impl Desk {
    /// Writes this into the field of that name.
    fn write(&mut self, name: &str, text: &str) {
        let of_that_name = self.editor.query_all_by_label(name);
        let is_field = |role| matches!(role, Role::TextInput | Role::PasswordInput);
        let field = of_that_name.into_iter().find(|node| is_field(node.accesskit_node().role()));
        let field = field.unwrap_or_else(|| panic!("there is no field {name:?}"));
        field.click();
        self.settle();
        let field = self.editor.query_all_by_label(name).find(|node| is_field(node.accesskit_node().role()));
        field.expect("a click does not shut it").type_text(text);
        self.settle();
    }
}

#[test]
fn a_teacher_logs_in_picks_a_piece_and_logs_out() {
    let service = Service::start();
    service.upload(&example("bach-goldberg-aria.musicxml"));
    let menuet = service.upload(&example("petzold-menuet-in-g.musicxml"));
    let (title, key) = (menuet["title"].as_str().unwrap(), service.workerd.lock().unwrap().key().to_owned());
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::of(Host::with_folder(Some(folder.path().to_owned())));

    // From the menu, with a piece open: a click into its fields leaves it open.
    desk.press("Christian Petzold: Menuet in G");
    desk.until(|picture| picture.take.state == TakeState::Ready);
    desk.press("Open…");
    desk.press("Log in to a studio…");
    desk.write("Address of the studio", "http://etude.example");
    desk.write("Its key", &key);
    desk.press("Log in");
    assert!(desk.says("anyone on the way could read the key"), "nothing is sent there");
    desk.press("Not now");
    desk.press("Log in to a studio…");
    desk.write("Address of the studio", service.studio().address());
    desk.write("Its key", &key);
    assert!(desk.editor.query_all_by_value(&key).next().is_none(), "the key is written in dots");
    desk.press("Log in");
    desk.until(|picture| picture.studio.pieces.is_some());
    let row = desk.editor.query_all_by_label_contains(title).map(|row| row.accesskit_node().label());
    let row = row.flatten().find(|row| row.ends_with(title)).expect("it is listed");
    desk.press(&row);
    let picture = desk.until(|picture| picture.connection == Connection::Live);
    assert_eq!(picture.piece.as_ref().unwrap().score.title(), Some(title));
    assert!(!desk.says("Log out"), "the menu has closed");

    desk.press("Leave");
    desk.until(|picture| picture.connection == Connection::Offline);
    desk.press("Open…");
    desk.press("Log out");
    desk.until(|picture| picture.studio.address.is_none());
    assert!(!folder.path().join("studio.json").exists());
    assert!(desk.says("Log in to a studio…"));
}
