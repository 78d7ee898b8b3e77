//! Ardour 7.3 of Debian, without a screen: a MIDI track with a note generator and Etude, the transport rolled.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etude_engine::session::{Config, EventKind, Mode};
use etude_engine::units::Ticks;

use super::{PIECES, bundle, messages, play, score, tell};
use crate::service::Service;

/// Where Debian has it.
const ARDOUR: &str = "/usr/lib/ardour7";

/// A user who has Ardour and Etude, and nothing else.
struct User {
    home: tempfile::TempDir,
    bundle: PathBuf,
}

impl User {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let plugins = home.path().join(".vst3");
        std::fs::create_dir_all(&plugins).unwrap();
        let made = bundle(&plugins);
        let bundle = plugins.join("Etude.vst3");
        if made != bundle {
            std::os::unix::fs::symlink(&made, &bundle).unwrap();
        }
        let user = Self { home, bundle };
        let scanned = user.run("ardour-vst3-scanner").arg("--quiet").arg(&user.bundle).output().unwrap();
        assert!(scanned.status.success(), "{scanned:?}");
        user
    }

    /// A program of Ardour's, as its own scripts start it.
    fn run(&self, program: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new(Path::new(ARDOUR).join(program));
        command
            .env("LD_LIBRARY_PATH", ARDOUR)
            .env("ARDOUR_DLL_PATH", ARDOUR)
            .env("ARDOUR_DATA_PATH", "/usr/share/ardour7")
            .env("ARDOUR_CONFIG_PATH", "/etc/ardour7")
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("XDG_DATA_HOME", home.join(".local/share"));
        command
    }

    /// Ardour with a session at the piece's tempo, in which the piece is played by this plugin's track.
    fn session(&self, piece: &str, plugin: &str) -> Command {
        let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../xtask/hosts");
        let generator = std::fs::read_to_string(scripts.join("ardour_notes.lua")).unwrap();
        let mut list = String::new();
        for (sample, [a, b, c]) in messages(piece) {
            writeln!(list, "\t{{ {sample}, {a}, {b}, {c} }},").expect("a string takes all");
        }
        let folder = self.home.path().join(".config/ardour7/scripts");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("etude_notes.lua"), generator.replace("--MESSAGES--", &list)).unwrap();
        let session = self.home.path().join("sessions").join(format!("{piece} {plugin}"));
        std::fs::create_dir_all(session.parent().unwrap()).unwrap();
        let mut command = self.run("luasession");
        let tempo = 60e6 / f64::from(micros_per_quarter(piece));
        command.arg(scripts.join("ardour.lua")).arg(session).arg(plugin).arg(tempo.to_string());
        command
    }
}

/// The piece's tempo at its beginning.
fn micros_per_quarter(piece: &str) -> u32 {
    score(piece).tempo().micros_per_quarter_at(Ticks(0))
}

#[test]
#[ignore = "the host is fetched from Debian: cargo xtask prove hosts"]
fn ardour() {
    assert!(Path::new(ARDOUR).is_dir(), "cargo xtask prove hosts fetches Ardour");
    let service = Service::start();
    let user = User::new();
    let plays = |plugin, config, pedal| {
        PIECES.map(|piece| play(&service, piece, config, pedal, user.session(piece, plugin)))
    };
    tell("Ardour 7.3", "VST3 (Etude FX)", &plays("Etude FX", Config::default(), true));

    let seen = plays("Etude", Config { mode: Mode::Clock, ..Config::default() }, false);
    for seen in &seen {
        let transport = seen.log.iter().find_map(|event| match event.kind {
            EventKind::Transport { playing, position, micros_per_quarter } => {
                Some((event.at.0, playing, position, micros_per_quarter))
            }
            _ => None,
        });
        let tempo = micros_per_quarter(seen.piece);
        assert_eq!(transport, Some((0, true, 0, tempo)), "{}: the transport rolls first", seen.piece);
    }
    tell("Ardour 7.3, its transport the clock", "VST3 (Etude)", &seen);
}
