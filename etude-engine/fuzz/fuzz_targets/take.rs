//! Any bytes as a take: what is read is written again just so, and can be judged.

#![no_main]

use etude_engine::session::Take;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(take) = Take::from_bytes(data) else { return };
    assert_eq!(Take::from_bytes(&take.to_bytes()), Ok(take));
});

// The sum would stop the fuzzer at its gate: it is put right before the bytes are read.
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, _seed: u32| {
    let size = libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    if let Some(content) = size.checked_sub(8) {
        let sum = data[..content].iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        data[content..size].copy_from_slice(&sum.to_le_bytes());
    }
    size
});
