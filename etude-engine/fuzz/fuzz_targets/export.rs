//! Whatever a document says, reading and judging it does not panic, and no statement of it is taken for another's.

#![no_main]

use std::sync::{Arc, LazyLock};

use etude_engine::fair::Export;
use etude_engine::import;
use etude_engine::score::Score;
use libfuzzer_sys::fuzz_target;

static SCORE: LazyLock<Arc<Score>> = LazyLock::new(|| {
    let piece = b"<score-partwise><part-list><score-part id='P1'><part-name>Piano</part-name></score-part></part-list>\
        <part id='P1'><measure number='1'><attributes><divisions>1</divisions></attributes><note><pitch><step>C</step>\
        <octave>4</octave></pitch><duration>1</duration></note></measure></part></score-partwise>";
    Arc::new(import::score(piece).expect("a score of one note").score)
});

fuzz_target!(|data: &[u8]| {
    let Ok(mut export) = Export::from_json(data) else { return };
    // So that what is behind the check of the score is reached.
    export.score = SCORE.digest();
    let _ = export.judge(SCORE.clone());
    let _ = export.mismatches();
    export.signature.statement = export.statement().to_string();
    // A line feed in a name makes another text of it, which is refused.
    let plain = [&export.tenant, &export.session, &export.piece, &export.engine];
    if plain.iter().all(|name| !name.contains('\n')) {
        assert_eq!(export.mismatches(), []);
    }
});
