//! Any bytes as a compressed MusicXML file. What does not begin as an archive is made one, whose container and score
//! stand on either side of the first 0: else a checksum would stop nearly every change.
#![no_main]

mod read;

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") {
        return read::read(bytes);
    }
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (container, score) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut add = |name: &str, content: &[u8]| {
        archive.start_file(name, stored).expect("an archive in memory");
        archive.write_all(content).expect("an archive in memory");
    };
    if !container.is_empty() {
        add("META-INF/container.xml", container);
    }
    add("Music/score.xml", score);
    read::read(&archive.finish().expect("an archive in memory").into_inner());
});
