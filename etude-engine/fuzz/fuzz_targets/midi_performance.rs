//! Any bytes as a performance: an error or a take in order of time.
#![no_main]

use etude_engine::import;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(events) = import::performance(bytes) {
        assert!(events.is_sorted_by_key(|event| event.at));
    }
});
