//! Takes on disk until the session has them: what is played survives a crash of the host.
//!
//! One folder of the user's, readable by nobody else, with two files for each session played in: the piece as the service
//! gave it, and the take, a line of JSON for each thing that happened: the link first, then events and acknowledgements. A
//! take's file is locked while a plugin has it open. A last line that was cut off is left out; so is all after a line that
//! makes no sense, for a log has no gaps.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use etude_engine::protocol::EVENTS_PER_SESSION_MAX;
use etude_engine::session::{Config, Event, EventKind};
use etude_engine::units::Micros;
use serde::{Deserialize, Serialize};

use super::picture::Unsent;
use super::{Link, Piece, private};

const VERSION: u32 = 1;
/// A take's lock outlives its file's closing for a moment where the host is just starting another program, which holds
/// all that the host has open until it is itself.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// No take is longer: a year.
const TIME_MAX: Micros = Micros::from_millis(365 * 24 * 3_600_000);
/// No line is longer, in bytes.
const LINE_BYTES_MAX: u64 = 8_192;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Session {
        version: u32,
        link: String,
        config: Config,
    },
    Event(Event),
    /// The session has so many events.
    Acked(u64),
}

/// The file of one take, open and locked.
pub(super) struct Spool {
    file: File,
    path: PathBuf,
    unwritten: Vec<u8>,
}

/// A take that was read from the spool.
pub(super) struct Kept {
    pub(super) spool: Spool,
    pub(super) link: Link,
    pub(super) config: Config,
    pub(super) log: Vec<Event>,
    pub(super) acked: u64,
}

impl Kept {
    /// How many events the session is not known to have.
    pub(super) fn unsent(&self) -> usize {
        self.log.len().saturating_sub(self.acked as usize)
    }

    /// The piece, as the service gave it.
    pub(super) fn piece(&self) -> Result<Piece, String> {
        let bytes = fs::read(self.spool.path.with_extension("piece")).map_err(|error| error.to_string())?;
        Piece::read(&bytes, "the session's piece".to_owned(), None).map_err(|error| error.to_string())
    }
}

impl Spool {
    /// Begins the spool of a session that has none.
    pub(super) fn begin(folder: &Path, link: &Link, config: Config, piece: &[u8]) -> io::Result<Self> {
        private::dir(folder)?;
        let path = take_path(folder, link);
        private::write(&path.with_extension("piece"), piece)?;
        let file = private::open(&path)?;
        file.try_lock().map_err(|_| in_use())?;
        file.set_len(0)?;
        let mut spool = Self { file, path, unwritten: Vec::new() };
        let link = format!("{}/#{}", link.base(), link.token());
        spool.put(&Line::Session { version: VERSION, link, config });
        spool.flush()?;
        Ok(spool)
    }

    /// The spool of this session, if there is one.
    pub(super) fn resume(folder: &Path, link: &Link) -> io::Result<Option<Kept>> {
        let path = take_path(folder, link);
        let mut tries = 1;
        while path.is_file() {
            match read(&path) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && tries < LOCK_TRIES => tries += 1,
                read => return read.map(Some),
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Ok(None)
    }

    pub(super) fn event(&mut self, event: Event) {
        self.put(&Line::Event(event));
    }

    pub(super) fn acked(&mut self, events: u64) {
        self.put(&Line::Acked(events));
    }

    /// Hands what was put since to the system, which keeps it if the host crashes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let written = if self.unwritten.is_empty() { Ok(()) } else { self.file.write_all(&self.unwritten) };
        self.unwritten.clear();
        written
    }

    /// The session has everything: the files are of no more use.
    pub(super) fn remove(self) {
        // What cannot be removed is found again, and delivered again to no effect.
        let _ = fs::remove_file(self.path.with_extension("piece"));
        let _ = fs::remove_file(&self.path);
    }

    fn put(&mut self, line: &Line) {
        if serde_json::to_writer(&mut self.unwritten, line).is_ok() {
            self.unwritten.push(b'\n');
        }
    }
}

/// The takes in the folder that no plugin has open and that have something a session may lack.
pub(super) fn orphans(folder: &Path) -> Vec<Kept> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut takes: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "take")).collect();
    takes.sort();
    takes.iter().filter_map(|path| read(path).ok()).filter(|kept| kept.unsent() > 0).collect()
}

/// Counts them.
pub(super) fn unsent(folder: &Path) -> Unsent {
    let orphans = orphans(folder);
    Unsent { takes: orphans.len(), events: orphans.iter().map(Kept::unsent).sum() }
}

fn read(path: &Path) -> io::Result<Kept> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    file.try_lock().map_err(|_| in_use())?;
    let Written { link, config, log, acked, whole } = parse(BufReader::new(&file))?;
    // What is added goes after the last whole line.
    let mut file = file;
    file.set_len(whole)?;
    file.seek(io::SeekFrom::End(0))?;
    let spool = Spool { file, path: path.to_owned(), unwritten: Vec::new() };
    Ok(Kept { spool, link, config, log, acked })
}

/// What a take's file says.
#[derive(Debug, PartialEq)]
struct Written {
    link: Link,
    config: Config,
    log: Vec<Event>,
    acked: u64,
    /// Bytes that make sense, from the first.
    whole: u64,
}

fn parse(mut lines: impl BufRead) -> io::Result<Written> {
    let (mut link, mut config, mut acked) = (None, Config::default(), 0);
    let (mut log, mut whole, mut line) = (Vec::<Event>::new(), 0, Vec::new());
    loop {
        line.clear();
        let length = io::Read::take(&mut lines, LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        match serde_json::from_slice(&line) {
            _ if !line.ends_with(b"\n") => break,
            Ok(Line::Session { link: text, config: by, .. }) if link.is_none() => {
                link = text.parse::<Link>().ok();
                config = by;
            }
            Ok(Line::Event(event)) if link.is_some() && follows(&log, event) => log.push(event),
            Ok(Line::Acked(events)) if events <= log.len() as u64 => acked = events,
            _ => break,
        }
        whole += length as u64;
    }
    let link = link.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "this is no take"))?;
    Ok(Written { link, config, log, acked, whole })
}

/// Whether an event can stand after these: a take's clock begins at zero and never falls, and its end is its end.
fn follows(log: &[Event], event: Event) -> bool {
    let after = log.last().map_or(Micros(0), |last| last.at);
    let has_ended = log.last().is_some_and(|last| last.kind == EventKind::End);
    !has_ended && (log.len() as u64) < EVENTS_PER_SESSION_MAX && (after..=TIME_MAX).contains(&event.at)
}

/// For the fuzzer: reads a take's file, and holds that what it says, written again, says the same, and that a take can be gone
/// on with. Gives the take's settings and log.
#[cfg(fuzzing)]
pub fn read_and_write_again(bytes: &[u8]) -> Option<(Config, Vec<Event>)> {
    let written = parse(bytes).ok()?;
    assert!(written.whole <= bytes.len() as u64 && written.acked <= written.log.len() as u64);
    let whole = &bytes[..written.whole as usize];
    assert_eq!(parse(whole).as_ref().ok(), Some(&written), "what makes no sense has no bearing on what does");
    let mut again = Vec::new();
    let mut put = |line: &Line| {
        serde_json::to_writer(&mut again, line).expect("it was read");
        again.push(b'\n');
    };
    let link = format!("{}/#{}", written.link.base(), written.link.token());
    put(&Line::Session { version: VERSION, link, config: written.config });
    written.log.iter().for_each(|event| put(&Line::Event(*event)));
    put(&Line::Acked(written.acked));
    let read = parse(again.as_slice()).expect("it was written here");
    assert_eq!(
        (&read.link, &read.config, &read.log, read.acked),
        (&written.link, &written.config, &written.log, written.acked)
    );
    assert_eq!(read.whole, again.len() as u64);
    Some((written.config, written.log))
}

fn take_path(folder: &Path, link: &Link) -> PathBuf {
    // A session's name has no character that means something in a path, but dots and slashes are not taken on trust.
    let name: String = link.session().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    folder.join(name).with_extension("take")
}

fn in_use() -> io::Error {
    io::Error::new(io::ErrorKind::WouldBlock, "another plugin has this session open")
}

#[cfg(test)]
mod tests {
    use etude_engine::units::{Pitch, Velocity};

    use super::*;

    fn link(session: &str) -> Link {
        format!("https://etude.example/#player.t.{session}.1796000000.secret").parse().unwrap()
    }

    fn note(at: i64) -> Event {
        let kind = EventKind::NoteOn { pitch: Pitch::new(60).unwrap(), velocity: Velocity::new(64).unwrap() };
        Event { at: Micros(at), kind }
    }

    #[test]
    fn a_take_is_read_as_it_was_written_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(folder.path(), &link("s1"), Config::default(), b"x").unwrap();
        spool.event(note(0));
        spool.event(note(5));
        spool.acked(1);
        spool.flush().unwrap();
        assert!(Spool::resume(folder.path(), &link("s1")).is_err(), "it is open");
        assert_eq!(unsent(folder.path()), Unsent::default(), "what is open is no orphan");
        drop(spool);
        assert_eq!(unsent(folder.path()), Unsent { takes: 1, events: 1 });
        let mut kept = Spool::resume(folder.path(), &link("s1")).unwrap().unwrap();
        assert_eq!(
            (kept.log.as_slice(), kept.acked, kept.link),
            ([note(0), note(5)].as_slice(), 1, link("s1"))
        );
        kept.spool.event(note(9));
        kept.spool.acked(3);
        kept.spool.flush().unwrap();
        drop(kept.spool);
        let kept = Spool::resume(folder.path(), &link("s1")).unwrap().unwrap();
        assert_eq!((kept.log.len(), kept.unsent()), (3, 0));
        kept.spool.remove();
        assert!(Spool::resume(folder.path(), &link("s1")).unwrap().is_none());
    }

    #[test]
    fn what_was_cut_off_or_damaged_is_left_out_and_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(folder.path(), &link("s1"), Config::default(), b"x").unwrap();
        (0..10).for_each(|at| spool.event(note(at)));
        spool.flush().unwrap();
        let path = spool.path.clone();
        drop(spool);
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
            match read(&path) {
                Ok(mut kept) => {
                    assert_eq!(kept.log.len(), lines - 1);
                    kept.spool.event(note(99));
                    kept.spool.flush().unwrap();
                    drop(kept.spool);
                    assert_eq!(read(&path).unwrap().log.last(), Some(&note(99)));
                }
                Err(_) => assert_eq!(lines, 0),
            }
        }
        for garbage in [&b"\xff\xfe\n"[..], b"{}\n{}\n", b"null\n", &[b'['; 100_000]] {
            fs::write(&path, garbage).unwrap();
            assert!(read(&path).is_err());
        }
    }

    #[test]
    fn a_log_that_cannot_be_is_read_as_far_as_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let end = |at| Event { at: Micros(at), kind: EventKind::End };
        for (events, sound) in [
            ([note(0), note(5), note(4)], 2),
            ([note(-1), note(5), note(6)], 0),
            ([note(0), end(5), note(6)], 2),
            ([note(0), note(i64::MAX), note(i64::MAX)], 1),
        ] {
            let mut spool = Spool::begin(folder.path(), &link("s1"), Config::default(), b"x").unwrap();
            events.iter().for_each(|event| spool.event(*event));
            spool.flush().unwrap();
            drop(spool);
            let kept = Spool::resume(folder.path(), &link("s1")).unwrap().unwrap();
            assert_eq!(kept.log, events[..sound]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("spool");
        let spool = Spool::begin(&inner, &link("s1"), Config::default(), b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&spool.path)), (0o700, 0o600));
    }
}
