//! Another program on the screen, which drags files by XDND, version 5, as file managers do.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_FROM_PARENT, CURRENT_TIME, NONE};

use crate::screen::{Screen, Window};

const PATIENCE: Duration = Duration::from_secs(30);
const VERSION: u32 = 5;

/// The program. It ends with this, in the middle of a drag if there is one.
pub(crate) struct Source {
    x: RustConnection,
    root: u32,
    window: u32,
    /// What it says it has, and gives.
    kind: &'static str,
    data: Option<Vec<u8>>,
}

impl Source {
    /// Drags a list of addresses. The list is taken as it is.
    pub(crate) fn of(screen: &Screen, list: impl Into<Vec<u8>>) -> Self {
        Self::new(screen, "text/uri-list", Some(list.into()))
    }

    /// Drags something that it does not give when it is asked.
    pub(crate) fn silent(screen: &Screen) -> Self {
        Self::new(screen, "text/uri-list", None)
    }

    /// Drags some text.
    pub(crate) fn text(screen: &Screen) -> Self {
        Self::new(screen, "text/plain", Some(b"file:///etc/passwd".to_vec()))
    }

    fn new(screen: &Screen, kind: &'static str, data: Option<Vec<u8>>) -> Self {
        let (x, number) = x11rb::connect(Some(screen.name())).unwrap();
        let root = x.setup().roots[number].root;
        let window = x.generate_id().unwrap();
        let as_parent = (COPY_FROM_PARENT as u8, COPY_FROM_PARENT);
        let looks = CreateWindowAux::new();
        x.create_window(
            as_parent.0,
            window,
            root,
            0,
            0,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            as_parent.1,
            &looks,
        )
        .unwrap()
        .check()
        .unwrap();
        let source = Self { x, root, window, kind, data };
        let selection = source.atom("XdndSelection");
        source.x.set_selection_owner(window, selection, CURRENT_TIME).unwrap().check().unwrap();
        source
    }

    /// Takes the pointer, as who drags does: no other window hears of it until this ends.
    pub(crate) fn take_pointer(&self) {
        let nothing = EventMask::NO_EVENT;
        let (mode, time) = (GrabMode::ASYNC, CURRENT_TIME);
        let taken = self.x.grab_pointer(false, self.root, nothing, mode, mode, NONE, NONE, time);
        taken.unwrap().reply().unwrap();
    }

    /// Comes over the window.
    pub(crate) fn enter(&self, window: &Window<'_>) {
        let aware = self.atom("XdndAware");
        let version =
            self.x.get_property(false, window.id(), aware, AtomEnum::ANY, 0, 1).unwrap().reply().unwrap();
        assert!(version.value32().unwrap().next().unwrap() >= VERSION, "the window takes no drops");
        self.say(window, "XdndEnter", [VERSION << 24, self.atom(self.kind), 0, 0]);
    }

    /// Moves over the window's middle; whether it is told that it may drop there. A source that gives nothing is told nothing.
    pub(crate) fn moves(&self, window: &Window<'_>) -> bool {
        let (x, y) = window.on_screen(window.centre());
        let at = u32::from(x as u16) << 16 | u32::from(y as u16);
        self.say(window, "XdndPosition", [0, at, CURRENT_TIME, self.atom("XdndActionCopy")]);
        self.data.is_some() && self.hears("XdndStatus") & 1 == 1
    }

    /// Goes away again.
    pub(crate) fn leave(&self, window: &Window<'_>) {
        self.say(window, "XdndLeave", [0; 4]);
    }

    /// Lets go; whether that was taken.
    pub(crate) fn drop_on(&self, window: &Window<'_>) -> bool {
        self.say(window, "XdndDrop", [0, CURRENT_TIME, 0, 0]);
        let taken = self.wait("XdndFinished");
        // Whether it was, baseview 0.4.2 does not say; but an action it names only then.
        taken[2] == self.atom("XdndActionCopy")
    }

    /// The whole of it.
    pub(crate) fn drag_onto(&self, window: &Window<'_>) -> bool {
        self.enter(window);
        self.moves(window) && self.drop_on(window)
    }

    fn say(&self, window: &Window<'_>, what: &str, more: [u32; 4]) {
        let data = [self.window, more[0], more[1], more[2], more[3]];
        let message = ClientMessageEvent::new(32, window.id(), self.atom(what), data);
        self.x.send_event(false, window.id(), EventMask::NO_EVENT, message).unwrap().check().unwrap();
    }

    fn hears(&self, what: &str) -> u32 {
        self.wait(what)[1]
    }

    /// Gives what it is asked for, until it is told this.
    fn wait(&self, what: &str) -> [u32; 5] {
        let wanted = self.atom(what);
        let started = Instant::now();
        loop {
            match self.x.poll_for_event().unwrap() {
                Some(Event::SelectionRequest(request)) => self.give(&request),
                Some(Event::ClientMessage(message)) if message.type_ == wanted => {
                    return message.data.as_data32();
                }
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
            assert!(started.elapsed() < PATIENCE, "no {what} has come");
        }
    }

    fn give(&self, request: &SelectionRequestEvent) {
        let Some(data) = &self.data else { return };
        let (to, property) = (request.requestor, request.property);
        self.x
            .change_property8(PropMode::REPLACE, to, property, request.target, data)
            .unwrap()
            .check()
            .unwrap();
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.x.send_event(false, to, EventMask::NO_EVENT, answer).unwrap().check().unwrap();
    }

    fn atom(&self, name: &str) -> u32 {
        self.x.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }
}
