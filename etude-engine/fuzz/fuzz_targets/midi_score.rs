//! Any bytes as a Standard MIDI File that holds a score. What does not begin as one is given a header: type, division
//! and one track with its length.
#![no_main]

mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"MThd") || bytes.starts_with(b"RIFF") {
        return read::read(bytes);
    }
    let Some((head, track)) = bytes.split_at_checked(3) else { return };
    let mut file = b"MThd\0\0\0\x06\0".to_vec();
    file.extend([head[0] % 2, 0, 1, head[1], head[2]]);
    file.extend(b"MTrk");
    file.extend((track.len() as u32).to_be_bytes());
    file.extend(track);
    read::read(&file);
});
