//! Compressed MusicXML: which file of the archive is the score, and archives that mean no good.
#![allow(missing_docs)]

use std::io::{Cursor, Write as _};

use etude_engine::import::{self, ImportError, Limits};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const CONTAINER: &str = "META-INF/container.xml";

/// A score that its title tells from others.
fn score(title: &str) -> String {
    format!(
        "<score-partwise><work><work-title>{title}</work-title></work><part><measure><attributes><divisions>1</divisions>\
         </attributes><note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note></measure></part>\
         </score-partwise>"
    )
}

fn container(root_files: &str) -> String {
    format!("<?xml version='1.0'?><container><rootfiles>{root_files}</rootfiles></container>")
}

fn archive(files: &[(&str, &str)], options: SimpleFileOptions) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn stored(files: &[(&str, &str)]) -> Vec<u8> {
    archive(files, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

fn title(bytes: &[u8]) -> String {
    import::score(bytes).unwrap().score.title().unwrap_or_default().to_owned()
}

fn reason(bytes: &[u8]) -> String {
    match import::score(bytes).unwrap_err() {
        ImportError::Zip { reason } => reason,
        error => panic!("another error: {error}"),
    }
}

#[test]
fn of_several_root_files_the_first_that_is_musicxml_counts() {
    let [a, b] = [score("a"), score("b")];
    let files = |root_files: &str| {
        let container = container(root_files);
        title(&stored(&[(CONTAINER, &container), ("b.xml", &b), ("a.xml", &a)]))
    };
    let kind = "application/vnd.recordare.musicxml+xml";
    assert_eq!(files("<rootfile full-path='a.xml'/><rootfile full-path='b.xml'/>"), "a");
    assert_eq!(files("<rootfile full-path='b.xml'/><rootfile full-path='a.xml'/>"), "b");
    let second = format!(
        "<rootfile full-path='a.pdf' media-type='application/pdf'/><rootfile full-path='b.xml' media-type='{kind}'/>"
    );
    assert_eq!(files(&second), "b");
    // A media type that is none: the name counts.
    assert_eq!(
        files("<rootfile full-path='x.pdf' media-type='x'/><rootfile full-path='b.xml' media-type='y'/>"),
        "b"
    );
}

#[test]
fn paths_are_found_however_they_are_written_and_lead_nowhere_else() {
    let inside = score("inside");
    let files = |path: &str| {
        let container = container(&format!("<rootfile full-path='{path}'/>"));
        stored(&[(CONTAINER, &container), ("Music/Score.xml", &inside)])
    };
    for path in
        ["Music/Score.xml", "music/score.XML", "/Music/Score.xml", "./Music//Score.xml", "Music\\Score.xml"]
    {
        assert_eq!(title(&files(path)), "inside", "{path}");
    }
    for path in ["../Music/Score.xml", "/etc/passwd", "C:\\score.xml", "Music", "file:///Music/Score.xml"] {
        assert!(reason(&files(path)).contains("which it does not hold"), "{path}");
    }
    assert!(reason(&files("")).contains("names no MusicXML file"));
}

#[test]
fn a_name_is_found_in_whatever_encoding_it_was_packed() {
    let good = score("good");
    let container = container("<rootfile full-path='Stück.xml'/>");
    let files = stored(&[(CONTAINER, &container), ("St~ck.xml", &good), ("Stock.xml", "")]);
    for byte in [b'\x81', b'\xFC', b'\x9F'] {
        // As DOS, Windows and the Mac of old have it.
        let packed = files.iter().map(|&at| if at == b'~' { byte } else { at }).collect::<Vec<_>>();
        assert_eq!(title(&packed), "good", "{byte:x}");
    }
    let utf8 = stored(&[(CONTAINER, &container), ("Stück.xml", &good)]);
    assert_eq!(title(&utf8), "good");
}

#[test]
fn a_container_in_small_letters_or_with_a_doctype_is_read() {
    let [good, other] = [score("good"), score("other")];
    let named =
        "<!DOCTYPE container PUBLIC '-//Recordare//DTD MusicXML 4.0 Container//EN' 'http://x/container.dtd'>";
    let container =
        container("<rootfile full-path='a.xml'/>").replace("<container>", &format!("{named}<container>"));
    let files = stored(&[("other.xml", &other), ("meta-inf/CONTAINER.XML", &container), ("a.xml", &good)]);
    assert_eq!(title(&files), "good");
    let bomb = container.replace(named, "<!DOCTYPE container [<!ENTITY a 'aaaa'>]>");
    assert!(reason(&stored(&[(CONTAINER, &bomb), ("a.xml", &good)])).contains("entities"));
}

#[test]
fn without_a_container_the_only_score_is_taken() {
    let good = score("good");
    assert_eq!(
        title(&stored(&[("__MACOSX/._good.xml", "x"), ("good.musicxml", &good), ("a.png", "x")])),
        "good"
    );
    assert!(reason(&stored(&[("a.xml", &good), ("b.xml", &good)])).contains("2 files that may be the score"));
    assert!(reason(&stored(&[("a.png", "x")])).contains("0 files"));
}

#[test]
fn zip64_entries_and_data_descriptors_are_read() {
    let (container, good) = (container("<rootfile full-path='a.xml'/>"), score("good"));
    let files = [(CONTAINER, container.as_str()), ("a.xml", good.as_str())];
    let large = SimpleFileOptions::default().large_file(true).compression_method(CompressionMethod::Deflated);
    assert_eq!(title(&archive(&files, large)), "good");
    // A writer that cannot go back puts sizes and checksum behind the data.
    let mut stream = ZipWriter::new_stream(Vec::new());
    for (name, content) in files {
        stream.start_file(name, SimpleFileOptions::default()).unwrap();
        stream.write_all(content.as_bytes()).unwrap();
    }
    assert_eq!(title(&stream.finish().unwrap().into_inner()), "good");
}

/// The same archive with bytes of every header of a kind changed, local and central.
fn patched(mut bytes: Vec<u8>, local: usize, central: usize, value: &[u8]) -> Vec<u8> {
    for at in 0..bytes.len() - 4 {
        let field = match &bytes[at..at + 4] {
            b"PK\x03\x04" => at + local,
            b"PK\x01\x02" => at + central,
            _ => continue,
        };
        bytes[field..field + value.len()].copy_from_slice(value);
    }
    bytes
}

#[test]
fn what_cannot_be_unpacked_is_told() {
    let (container, good) = (container("<rootfile full-path='a.xml'/>"), score("good"));
    let bytes = stored(&[(CONTAINER, &container), ("a.xml", &good)]);
    let encrypted = patched(bytes.clone(), 6, 8, &[1]);
    assert!(reason(&encrypted).contains("encrypted"), "{}", reason(&encrypted));
    let lzma = patched(bytes.clone(), 8, 10, &[14, 0]);
    assert!(reason(&lzma).to_lowercase().contains("compression"), "{}", reason(&lzma));
    let checksum = patched(bytes.clone(), 14, 16, &[1, 2, 3, 4]);
    assert!(reason(&checksum).to_lowercase().contains("checksum"), "{}", reason(&checksum));
    let nested = ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap().into_inner();
    let nested = String::from_utf8(nested).unwrap();
    assert!(reason(&stored(&[("a.xml", &nested)])).contains("itself an archive"));
    assert!(import::score(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").is_err());
}

#[test]
fn sizes_that_an_archive_declares_are_not_believed() {
    let (container, good) = (container("<rootfile full-path='a.xml'/>"), score("good"));
    let bytes = stored(&[(CONTAINER, &container), ("a.xml", &good)]);
    // Nearly four gigabytes unpacked, or nothing: what comes is kept, for its checksum is right. Packed it is an error.
    for lie in [[0xFE, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0]] {
        assert_eq!(title(&patched(bytes.clone(), 22, 24, &lie)), "good");
        assert!(import::score(&patched(bytes.clone(), 18, 20, &lie)).is_err());
    }
}

#[test]
fn more_entries_than_the_limit_are_refused_before_the_directory_is_read() {
    let names: Vec<String> = (0..5_000).map(|i| format!("{i}.png")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let good = score("good");
    files.push(("a.xml", &good));
    assert!(reason(&stored(&files)).contains("more files than the limit of 4096"));
    let limits = Limits { archive_entries: 5_001, ..Limits::default() };
    assert!(import::score_with(&stored(&files), &limits.into()).is_ok());
}

#[test]
fn entries_that_share_their_data_are_inflated_once() {
    // Two thousand names for one megabyte of blanks: only what the container names is read.
    let (container, good) = (container("<rootfile full-path='a.xml'/>"), score("good"));
    let blanks = " ".repeat(1 << 20);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in [(CONTAINER, &container), ("a.xml", &good), ("0.bin", &blanks)] {
        archive.start_file(name, deflated).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    for copy in 1..2_000 {
        archive.shallow_copy_file("0.bin", &format!("{copy}.bin")).unwrap();
    }
    assert_eq!(title(&archive.finish().unwrap().into_inner()), "good");
}
