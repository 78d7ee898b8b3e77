//! How much memory an import takes at most. A test binary of its own, with one test: the allocator counts for all.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use etude_engine::import::{self, Limits, Options};

/// Counts what is in use, and its peak.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code)]
// SAFETY: the system's allocator does the work; the counters are beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What is in use beyond what was before, at the worst moment of the import.
fn peak(bytes: &[u8], options: &Options) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    drop(import::score_with(bytes, options));
    PEAK.load(Ordering::Relaxed) - before
}

const NOTE: &str = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>";

fn part(content: &str) -> String {
    format!(
        "<score-partwise><part><measure number='1'><attributes><divisions>1</divisions></attributes>{content}</measure>\
         </part></score-partwise>"
    )
}

fn midi(track: &[u8]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
    bytes.extend((track.len() as u32).to_be_bytes());
    bytes.extend(track);
    bytes
}

/// A file of about so many bytes of each kind that takes much memory for its size.
fn greedy(bytes: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |piece: &str| piece.repeat(bytes / piece.len());
    let repeated = format!("{NOTE}<barline><repeat direction='backward' times='64'/></barline>");
    let measures = |of: &str| {
        let measures = format!("<measure number='1'>{of}</measure>").repeat(20_000);
        format!("<score-partwise><part>{measures}</part></score-partwise>")
    };
    let running: Vec<u8> = (0..bytes / 3).flat_map(|i| [(i % 2) as u8, (i * 37 % 128) as u8, 64]).collect();
    let latin = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{}", part(NOTE)).into_bytes();
    let latin = [latin, vec![0xE9; bytes]].concat();
    let text = [
        ("signs of tags", format!("<score-partwise>{}", fill("<"))),
        ("empty elements", part(&fill("<x/>"))),
        ("nested elements", part(&format!("{}{}", fill("<x>  "), fill("</x>")))),
        ("attributes", part(&fill("<x a='' b='' c='' d='' e=''/>"))),
        ("signs of attributes", format!("<score-partwise>{}", fill("="))),
        ("texts", part(&fill("x<!---->"))),
        ("short notes", part(&fill(&NOTE.replace("<duration>1</duration>", "")))),
        ("notes", part(&fill(NOTE))),
        (
            "notes with marks",
            part(&fill(&NOTE.replace(
                "</note>",
                "<tie type='start'/><notations><ornaments><trill-mark/>\
            </ornaments><arpeggiate/></notations></note>",
            ))),
        ),
        ("repeats", part(&repeated)),
        ("measures", measures("")),
        ("measures with a note", measures(NOTE)),
        (
            "entities",
            format!("<!DOCTYPE score-partwise [<!ENTITY a '{}'>]>{}", "a".repeat(40), part(&fill("&a;"))),
        ),
    ];
    let mut files: Vec<(&str, Vec<u8>)> =
        text.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    files.push(("Latin-1", latin));
    files.push(("MIDI notes", midi(&[&[0, 0x90, 60, 64], &running[..]].concat())));
    files.push(("MIDI tempo marks", midi(&[0, 0xFF, 0x51, 3, 7, 0xA1, 0x20].repeat(bytes / 7))));
    files
}

#[test]
fn an_import_stays_within_the_memory_its_limits_are_made_for() {
    for memory in [16 << 20, 64 << 20] {
        let options = Options::from(Limits::within(memory));
        for share in [1_000, 100, 30, 10, 5] {
            for (name, file) in greedy(memory / share) {
                let peak = peak(&file, &options);
                assert!(peak <= memory, "{name}: {peak} bytes for a file of {}, not {memory}", file.len());
            }
        }
    }
    // And they are no tighter than they must be: the bundled scores are read within 16 MiB.
    let options = Options::from(Limits::within(16 << 20));
    let score = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/scores/beethoven-fuer-elise.musicxml"
    ));
    assert!(import::score_with(&score.unwrap(), &options).is_ok());
}
