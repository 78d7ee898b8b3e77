//! A JACK server of our own, without a sound card, and who plays into it.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use etude_engine::session::EventKind;
use rustix::process::{Pid, Signal, kill_process};

use crate::room::{RATE, performance};

const PATIENCE: Duration = Duration::from_secs(30);
/// From the player's start to the first note: so long has the test for connecting it.
const REST: u64 = 2 * RATE as u64;
/// The player begins anew after so long: never here.
const LAP: u64 = 600 * RATE as u64;

/// A server; it ends with this.
pub(crate) struct Jack {
    name: String,
    server: Child,
    player: Option<Child>,
}

impl Jack {
    /// `None` where there is no JACK.
    pub(crate) fn start() -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("etude-test-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let server = Command::new("jackd")
            .args(["--no-realtime", "--name", &name, "-d", "dummy", "--rate", "48000", "--period", "256"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let jack = Self { name, server, player: None };
        jack.wait_for_port("system:playback_1");
        Some(jack)
    }

    /// Has this program find the server.
    pub(crate) fn lead<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.env("JACK_DEFAULT_SERVER", &self.name).env("JACK_NO_START_SERVER", "1")
    }

    /// Plays the first notes of a performance, in time, into the program of this name.
    pub(crate) fn play(&mut self, name: &str, notes: usize, into: &str) {
        let played = performance(name);
        let is_on =
            |kind: &EventKind, key| matches!(kind, EventKind::NoteOn { pitch, .. } if pitch.number() == key);
        let is_off =
            |kind: &EventKind, key| matches!(kind, EventKind::NoteOff { pitch } if pitch.number() == key);
        let keys = (0..128).flat_map(|key| {
            let starts = played.iter().filter(move |(_, kind)| is_on(kind, key));
            let ends = played.iter().filter(move |(_, kind)| is_off(kind, key));
            starts.zip(ends).map(move |(start, end)| (start.0, key, end.0 - start.0)).collect::<Vec<_>>()
        });
        let mut keys: Vec<(u64, u8, u64)> = keys.collect();
        keys.sort_unstable();
        let first = keys[0].0;
        let mut player = Command::new("jack_midiseq");
        self.lead(&mut player).arg("keyboard").arg(LAP.to_string());
        for (at, key, length) in &keys[..notes] {
            player.args([(at - first + REST).to_string(), key.to_string(), length.to_string()]);
        }
        self.player = Some(player.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let (from, to) = (self.wait_for_port("keyboard:"), self.wait_for_port(&format!("{into}:midi_in")));
        let connected = self.lead(&mut Command::new("jack_connect")).args([from, to]).status().unwrap();
        assert!(connected.success(), "the keyboard is not connected");
    }

    /// Nothing is played any more.
    pub(crate) fn hush(&mut self) {
        self.player.iter_mut().for_each(end);
        self.player = None;
    }

    /// The server ends, whoever plays.
    pub(crate) fn go(&mut self) {
        end(&mut self.server);
    }

    /// The port whose name begins so, once it is there.
    fn wait_for_port(&self, begin: &str) -> String {
        let started = Instant::now();
        loop {
            let listed = self.lead(&mut Command::new("jack_lsp")).output().unwrap();
            let listed = String::from_utf8_lossy(&listed.stdout);
            if let Some(port) = listed.lines().find(|port| port.starts_with(begin)) {
                return port.to_owned();
            }
            assert!(started.elapsed() < PATIENCE, "there is no {begin} among: {listed}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Jack {
    fn drop(&mut self) {
        self.hush();
        self.go();
        // What a client holds that the server did not outlive.
        for left in std::fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
            if left.file_name().to_string_lossy().contains(&format!("_{}_", self.name)) {
                let _ = std::fs::remove_file(left.path());
            }
        }
    }
}

/// By a signal that it hears: of a server that is killed JACK keeps an entry for good, and has room for eight.
fn end(child: &mut Child) {
    // The number of one that has ended may be another's.
    if let Ok(None) = child.try_wait() {
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let _ = id.map(|id| kill_process(id, Signal::TERM));
        let _ = child.wait();
    }
}
