//! How well the hands of a MIDI file without them are told apart: `cargo xtask bench hands DATA`.
//!
//! Each score of DATA (a folder with `*/score.tsv.gz`, the list of notes of the repository's bench) is made a Standard
//! MIDI File with one track and one channel, imported, and compared with the staves of the list. Beside it stands what
//! a fixed split at middle C would do. With `--each` every piece has a line.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Parser;
use etude_engine::import;
use etude_engine::score::Hand;
use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

const TICKS_PER_QUARTER: u16 = 10_080;

#[derive(Parser)]
struct Args {
    /// Folder of folders with score.tsv.gz (and perf.mid)
    data: PathBuf,
    /// One line a piece
    #[arg(long)]
    each: bool,
}

/// Onset and end in ticks, key, and whether the upper staff has it.
type Note = (u32, u32, u8, bool);

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&args.data)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    folders.sort();
    let (mut pieces, mut notes, mut right, mut middle_c) = (0, 0, 0, 0);
    let (mut worst, mut sure) = (1000, BTreeMap::<u8, (usize, usize)>::new());
    let (mut recordings, mut told, mut scores_told) = (0, 0, 0);
    for folder in folders {
        let Ok(list) = read(&folder.join("score.tsv.gz")) else { continue };
        let truth = notes_of(&list)?;
        let imported = import::score(&midi(&truth)?)?;
        scores_told += usize::from(is_recording(&imported));
        let mut expected: BTreeMap<(i64, u8), Vec<bool>> = BTreeMap::new();
        for &(onset, _, key, upper) in &truth {
            expected.entry((i64::from(onset), key)).or_default().push(upper);
        }
        let (mut good, mut good_at_c) = (0, 0);
        for note in imported.score.notes().iter() {
            let staves =
                expected.get_mut(&(note.onset.0, note.pitch.number())).ok_or("a note that is not there")?;
            let is_right = note.hand == Hand::Right;
            good_at_c += usize::from(staves.contains(&(note.pitch.number() >= 60)));
            // Where both hands strike one key, either is right once.
            if let Some(at) = staves.iter().position(|upper| *upper == is_right) {
                staves.remove(at);
                good += 1;
            }
        }
        let count = imported.score.notes().len();
        let hands = imported.hands;
        let bin = sure.entry((hands.right_percent.min(hands.left_percent)) / 5 * 5).or_default();
        bin.0 += good;
        bin.1 += count;
        if args.each {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            println!(
                "{:5.1} % (at C {:5.1} %), said {} and {} %, {count} notes, {name}{}",
                percent(good, count),
                percent(good_at_c, count),
                hands.right_percent,
                hands.left_percent,
                if is_recording(&imported) { ", told to be a recording" } else { "" }
            );
        }
        if let Ok(take) = std::fs::read(folder.join("perf.mid")) {
            recordings += 1;
            told += usize::from(import::score(&take).is_ok_and(|imported| is_recording(&imported)));
        }
        worst = worst.min(good * 1000 / count);
        pieces += 1;
        notes += count;
        right += good;
        middle_c += good_at_c;
    }
    for (percent_said, (good, count)) in &sure {
        println!("said {percent_said} % or more: {:.1} % of {count}", percent(*good, *count));
    }
    println!(
        "{pieces} pieces, {notes} notes: {:.2} % in the right hand (worst piece {:.1} %); split at middle C {:.2} %; \
         {told} of {recordings} recordings and {scores_told} of {pieces} scores are told to be recordings",
        percent(right, notes),
        worst as f64 / 10.0,
        percent(middle_c, notes)
    );
    Ok(())
}

fn is_recording(imported: &import::Imported) -> bool {
    imported.warnings.iter().any(|warning| warning.reason.contains("recording"))
}

fn percent(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

/// Without grace notes, which have no time of their own, and notes of no staff.
fn notes_of(list: &str) -> Result<Vec<Note>, Box<dyn Error>> {
    let mut lines = list.lines();
    let names: Vec<&str> = lines.next().ok_or("no header")?.split('\t').collect();
    let column =
        |name: &str| names.iter().position(|other| *other == name).ok_or(format!("no column {name}"));
    let (onset, duration) = (column("onset_q")?, column("dur_q")?);
    let (pitch, staff, grace) = (column("pitch")?, column("staff")?, column("grace")?);
    let ticks = |text: &str| -> Result<i64, Box<dyn Error>> {
        Ok((text.parse::<f64>()? * f64::from(TICKS_PER_QUARTER)).round() as i64)
    };
    let mut notes = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[grace] != "0" || fields[staff] == "0" {
            continue;
        }
        let (onset, duration) = (ticks(fields[onset])?, ticks(fields[duration])?);
        notes.push((onset, onset + duration.max(1), fields[pitch].parse()?, fields[staff] == "1"));
    }
    // A pickup begins before zero.
    let first = notes.iter().map(|note: &(i64, i64, u8, bool)| note.0).min().ok_or("no notes")?.min(0);
    let shifted = |(onset, end, key, upper)| {
        Ok((u32::try_from(onset - first)?, u32::try_from(end - first)?, key, upper))
    };
    notes.into_iter().map(shifted).collect()
}

fn midi(notes: &[Note]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut events: Vec<(u32, bool, u8)> = Vec::new();
    for &(onset, end, key, _) in notes {
        events.push((end, false, key));
        events.push((onset, true, key));
    }
    events.sort_unstable();
    let mut track = Vec::new();
    let mut now = 0;
    for (at, on, key) in events {
        let (key, vel) = (u7::new(key), u7::new(64));
        let message = if on { MidiMessage::NoteOn { key, vel } } else { MidiMessage::NoteOff { key, vel } };
        let kind = TrackEventKind::Midi { channel: u4::new(0), message };
        track.push(TrackEvent { delta: u28::new(at - now), kind });
        now = at;
    }
    track.push(TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    let timing = Timing::Metrical(u15::new(TICKS_PER_QUARTER));
    let file = Smf { header: Header::new(Format::SingleTrack, timing), tracks: vec![track] };
    let mut bytes = Vec::new();
    file.write(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
