//! A screen of our own, with a window on it, and the mouse and the keys before it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use egui::Pos2;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConnectionExt as _, EventMask,
    ImageFormat, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, MapState,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

const PATIENCE: Duration = Duration::from_secs(60);
/// Between what a hand does and what it does next.
const PAUSE: Duration = Duration::from_millis(60);

/// The screen; it ends with this.
pub(crate) struct Screen {
    server: Child,
    name: String,
    x: RustConnection,
    root: u32,
}

impl Screen {
    /// `None` where there is no Xvfb.
    pub(crate) fn start() -> Option<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let (x, screen) = x11rb::connect(Some(&name)).unwrap();
        let root = x.setup().roots[screen].root;
        Some(Self { server, name, x, root })
    }

    /// What programs know it by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The window of this title, once it is there.
    pub(crate) fn window(&self, title: &str) -> Window<'_> {
        let started = Instant::now();
        loop {
            if let Some(id) = self.find(title) {
                return Window { screen: self, id };
            }
            assert!(started.elapsed() < PATIENCE, "no window has come");
            std::thread::sleep(PAUSE);
        }
    }

    /// The window of this title that can be seen.
    fn find(&self, title: &str) -> Option<u32> {
        let children = self.x.query_tree(self.root).unwrap().reply().unwrap().children;
        let is_it = |window: &u32| -> Option<bool> {
            let shown = self.x.get_window_attributes(*window).ok()?.reply().ok()?.map_state;
            let name = (AtomEnum::WM_NAME, AtomEnum::ANY);
            let told = self.x.get_property(false, *window, name.0, name.1, 0, 64).ok()?.reply().ok()?;
            Some(shown == MapState::VIEWABLE && told.value == title.as_bytes())
        };
        children.into_iter().find(|window| is_it(window) == Some(true))
    }

    fn does(&self, kind: u8, detail: u8, at: (i16, i16)) {
        self.x.xtest_fake_input(kind, detail, 0, self.root, at.0, at.1, 0).unwrap().check().unwrap();
        std::thread::sleep(PAUSE);
    }

    pub(crate) fn atom(&self, name: &str) -> u32 {
        self.x.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A colour: red, green, blue.
pub(crate) type Colour = [u8; 3];

/// A window, for as long as there is its screen.
pub(crate) struct Window<'a> {
    screen: &'a Screen,
    id: u32,
}

impl Window<'_> {
    /// What others know it by.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// How wide and high it is, in pixels.
    pub(crate) fn size(&self) -> (u16, u16) {
        let size = self.screen.x.get_geometry(self.id).unwrap().reply().unwrap();
        (size.width, size.height)
    }

    /// Its middle, in its own pixels.
    pub(crate) fn centre(&self) -> Pos2 {
        let (width, height) = self.size();
        Pos2::new(f32::from(width / 2), f32::from(height / 2))
    }

    /// This place on the screen.
    pub(crate) fn on_screen(&self, at: Pos2) -> (i16, i16) {
        let on_root =
            self.screen.x.translate_coordinates(self.id, self.screen.root, at.x as i16, at.y as i16);
        let on_root = on_root.unwrap().reply().unwrap();
        (on_root.dst_x, on_root.dst_y)
    }

    /// Moves the pointer there.
    pub(crate) fn point(&self, at: Pos2) {
        self.screen.does(MOTION_NOTIFY_EVENT, 0, self.on_screen(at));
    }

    /// Presses and lets go of the left button there.
    pub(crate) fn click(&self, at: Pos2) {
        self.point(at);
        self.screen.does(BUTTON_PRESS_EVENT, 1, (0, 0));
        self.screen.does(BUTTON_RELEASE_EVENT, 1, (0, 0));
    }

    /// Presses and lets go of the key with this symbol.
    pub(crate) fn key(&self, symbol: u32) {
        let setup = self.screen.x.setup();
        let (low, high) = (setup.min_keycode, setup.max_keycode);
        let map = self.screen.x.get_keyboard_mapping(low, high - low + 1).unwrap().reply().unwrap();
        let mut keys = map.keysyms.chunks(map.keysyms_per_keycode.into());
        let code = low + keys.position(|symbols| symbols.contains(&symbol)).expect("there is the key") as u8;
        self.screen.does(KEY_PRESS_EVENT, code, (0, 0));
        self.screen.does(KEY_RELEASE_EVENT, code, (0, 0));
    }

    /// What is to be seen in it.
    pub(crate) fn picture(&self) -> Picture {
        let x = &self.screen.x;
        let size = x.get_geometry(self.id).unwrap().reply().unwrap();
        let all = x.get_image(ImageFormat::Z_PIXMAP, self.id, 0, 0, size.width, size.height, !0);
        Picture { width: size.width.into(), pixels: all.unwrap().reply().unwrap().data }
    }

    /// Looks until it is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Picture) -> bool) -> Picture {
        let started = Instant::now();
        loop {
            let picture = self.picture();
            if so(&picture) {
                return picture;
            }
            assert!(started.elapsed() < PATIENCE, "not to be seen: {what}; {}", picture.keep());
            std::thread::sleep(PAUSE);
        }
    }

    /// What a window manager sends when its cross is pressed.
    pub(crate) fn close(self) {
        let [protocols, delete] = ["WM_PROTOCOLS", "WM_DELETE_WINDOW"].map(|name| self.screen.atom(name));
        let message = ClientMessageEvent::new(32, self.id, protocols, [delete, 0, 0, 0, 0]);
        let x = &self.screen.x;
        x.send_event(false, self.id, EventMask::NO_EVENT, message).unwrap().check().unwrap();
    }
}

pub(crate) struct Picture {
    width: usize,
    /// Blue, green, red and nothing for each.
    pixels: Vec<u8>,
}

impl Picture {
    pub(crate) fn at(&self, at: Pos2) -> Colour {
        let from = (at.y as usize * self.width + at.x as usize) * 4;
        [self.pixels[from + 2], self.pixels[from + 1], self.pixels[from]]
    }

    /// How many pixels are of this colour.
    pub(crate) fn count(&self, colour: Colour) -> usize {
        let [red, green, blue] = colour;
        self.pixels.chunks(4).filter(|pixel| pixel[..3] == [blue, green, red]).count()
    }

    /// For who reads of a failure: where it was put.
    fn keep(&self) -> String {
        let path = std::env::temp_dir().join(format!("etude-window-{}.ppm", std::process::id()));
        let head = format!("P6 {} {} 255\n", self.width, self.pixels.len() / 4 / self.width);
        let body = self.pixels.chunks(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]);
        let written = std::fs::write(&path, head.into_bytes().into_iter().chain(body).collect::<Vec<u8>>());
        written.map_or_else(|error| error.to_string(), |()| format!("what was: {}", path.display()))
    }
}
