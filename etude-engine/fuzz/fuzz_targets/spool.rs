//! Any bytes as the file of a take that its session lacks, as a plugin finds it when it starts: what makes sense is read, as far as it
//! goes and the same each time, and the take can be gone on with and ended.

#![no_main]

use std::sync::{Arc, LazyLock};

use etude_engine::score::Score;
use etude_engine::session::{Event, EventKind, Session};
use etude_engine::units::Micros;
use etude_plugin::capture::{Take, TakeNumber};
use etude_plugin::practice::{Piece, PieceSource, read_and_write_again};

static SCORE: LazyLock<Arc<Score>> = LazyLock::new(|| {
    Piece::open(PieceSource::Bundled("petzold-menuet-in-g".to_owned())).expect("it is bundled").score
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((config, log)) = read_and_write_again(data) else { return };
    let Ok(mut take) = Take::new(TakeNumber(1), SCORE.clone(), config, true) else { return };
    take.resume(&log);
    let mut session: Session = take.into_session();
    assert_eq!(session.events(), log.len() as u64, "nothing in it is refused");
    if !session.has_ended() {
        let at = log.last().map_or(Micros(0), |last| last.at);
        session.handle(Event { at, kind: EventKind::End }).expect("it has not ended");
    }
    let total = session.report().total;
    assert!(total.correct <= total.expected);
});
