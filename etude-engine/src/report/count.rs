//! From what a judge has settled to a [`Report`].

use super::account::{Account, HandAccount};
use super::histogram::Histogram;
use super::profile::{Articulation, Chords, Dynamics, HandProfile, Held, Pedal, Profile, Tempo, Timing};
use super::tally::Sum;
use super::{Attempt, HandTally, MeasureTally, Report};
use crate::follow::Onsets;
use crate::judge::{Judge, State};
use crate::score::{Hand, NoteIndex, Score};
use crate::session::{Config, ENGINE, Mode};

/// Width of a histogram bin, in microseconds.
const BIN_US: i64 = 25_000;
/// Bins on either side of zero.
const BINS: i64 = 12;
/// Fewer timed notes than this give no estimate of the latency.
const LATENCY_NOTES: usize = 50;
/// Fewer values than this have no median worth telling.
const VALUES: u32 = 10;
/// Fewer measures than this have no tempo worth telling.
const TEMPO_MEASURES: usize = 4;

/// Counts what is final.
pub(crate) fn count(score: &Score, config: &Config, events: u64, judge: &Judge) -> Report {
    let (onsets, account) = (judge.onsets(), judge.account());
    let mut total = account.stray;
    let mut hands = account.strays;
    let mut measures: Vec<Sum> = account
        .measures
        .iter()
        .map(|measure| {
            let mut sum = Sum::default();
            let strays = measure.strays;
            sum.add_strays(strays.wrong, strays.extra, strays.ornaments, strays.repeats);
            sum
        })
        .collect();
    let mut offsets = Vec::new();
    for key in 0..onsets.key_count() {
        let state = judge.settled().state(key);
        if let State::Played { offset_us } = state {
            offsets.push(i64::from(offset_us));
        }
        for index in onsets.notes_of(key).map(NoteIndex) {
            let note = score.note(index);
            let hand = &mut hands[usize::from(note.hand == Hand::Left)];
            for sum in [&mut total, hand, &mut measures[note.measure as usize]] {
                sum.note(state, config);
            }
        }
    }
    let tempi = tempi(score, onsets, account);
    Report {
        engine: ENGINE.to_owned(),
        score: score.digest(),
        config: *config,
        events,
        digest: judge.digest(),
        total: total.tally(&config.scoring),
        hands: [Hand::Right, Hand::Left]
            .into_iter()
            .zip(&hands)
            .filter(|&(hand, _)| onsets.notes().any(|note| note.hand == hand))
            .map(|(hand, sum)| HandTally { hand, tally: sum.tally(&config.scoring) })
            .collect(),
        profile: profile(score, account, &tempi),
        measures: score
            .measures()
            .iter()
            .zip(measures.iter().zip(&account.measures).zip(tempi))
            .map(|(measure, ((sum, of_measure), quarters_per_minute))| {
                let (notes, velocities) = of_measure.loudness;
                MeasureTally {
                    number: measure.number.clone(),
                    pass: measure.pass,
                    tally: sum.tally(&config.scoring),
                    quarters_per_minute,
                    velocity: (notes > 0).then(|| f64::from(velocities) / f64::from(notes)),
                }
            })
            .collect(),
        attempts: account
            .attempts
            .iter()
            .map(|attempt| Attempt {
                way: attempt.way,
                from: attempt.from,
                to: attempt.to,
                reached: attempt.reached,
                tally: attempt.sum.tally(&config.scoring),
            })
            .collect(),
        attempts_in_last: account.in_last,
        timing: timing(offsets, config.mode == Mode::Clock),
        plausibility: None,
    }
}

fn timing(mut offsets: Vec<i64>, clock: bool) -> Timing {
    let mut histogram = vec![0; 2 * BINS as usize];
    for offset in &offsets {
        let bin = (offset.div_euclid(BIN_US) + BINS).clamp(0, 2 * BINS - 1);
        histogram[bin as usize] += 1;
    }
    let median_us = median(&mut offsets);
    let distance_from = |place: i64| {
        let mut distances: Vec<i64> = offsets.iter().map(|offset| (offset - place).abs()).collect();
        median(&mut distances)
    };
    Timing {
        median_us,
        median_abs_us: distance_from(0),
        spread_us: distance_from(median_us),
        latency_us: (clock && offsets.len() >= LATENCY_NOTES).then_some(median_us),
        histogram,
    }
}

fn median(values: &mut [i64]) -> i64 {
    if values.is_empty() {
        return 0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

/// The player's tempo by measure, in quarters a minute: from the first to the last onset played in it, at its latest
/// playing.
fn tempi(score: &Score, onsets: &Onsets, account: &Account) -> Vec<Option<f64>> {
    let tempo = |measure: &super::account::MeasureAccount| {
        let [from, to] = measure.span?;
        let place = |onset: u32| score.note(onsets.place(onset)).onset.0;
        let quarters = (place(to.0) - place(from.0)) as f64 / f64::from(score.ticks_per_quarter());
        let minutes = (to.1.0 - from.1.0) as f64 / 60e6;
        (quarters > 0.0 && minutes > 0.0).then(|| quarters / minutes)
    };
    account.measures.iter().map(tempo).collect()
}

fn profile(score: &Score, account: &Account, tempi: &[Option<f64>]) -> Profile {
    let hands = [Hand::Right, Hand::Left].into_iter().zip(&account.hands);
    Profile {
        tempo: tempo(score, tempi),
        chords: chords(&account.chords),
        asynchrony: chords(&account.asynchrony),
        hands: hands
            .filter(|(_, played)| played.velocities.count() > 0)
            .map(|(hand, played)| hand_profile(hand, played))
            .collect(),
        pedal: account.pedal_use().map(|(presses, down)| Pedal { presses, down }),
    }
}

fn tempo(score: &Score, tempi: &[Option<f64>]) -> Option<Tempo> {
    let written = |at| 60e6 / f64::from(score.tempo().micros_per_quarter_at(at));
    let measures = score.measures().iter().zip(tempi);
    let mut percents: Vec<f64> =
        measures.filter_map(|(measure, tempo)| Some((*tempo)? / written(measure.onset) * 100.0)).collect();
    if percents.len() < TEMPO_MEASURES {
        return None;
    }
    let middle = percents.len() / 2;
    let percent = *percents.select_nth_unstable_by(middle, f64::total_cmp).1;
    percents.iter_mut().for_each(|other| *other = (*other - percent).abs() / percent * 100.0);
    let spread_percent = *percents.select_nth_unstable_by(middle, f64::total_cmp).1;
    Some(Tempo { percent, spread_percent })
}

fn chords(spread: &Histogram) -> Option<Chords> {
    (spread.count() >= VALUES).then_some(())?;
    Some(Chords {
        count: spread.count(),
        median_us: spread.percentile(50)?,
        low_us: spread.percentile(10)?,
        high_us: spread.percentile(90)?,
    })
}

fn hand_profile(hand: Hand, played: &HandAccount) -> HandProfile {
    let velocity = |percent| played.velocities.percentile(percent).unwrap_or(0).clamp(0, 127) as u8;
    let told = played.velocities.count() >= VALUES && velocity(0) != velocity(100);
    let held = |notes: &Histogram| {
        let percent = notes.percentile(50)?;
        (notes.count() >= VALUES).then_some(Held { count: notes.count(), percent: percent as u32 })
    };
    let [plain, staccato, tenuto] = &played.held;
    HandProfile {
        hand,
        dynamics: told.then(|| Dynamics { median: velocity(50), low: velocity(10), high: velocity(90) }),
        articulation: Articulation { plain: held(plain), staccato: held(staccato), tenuto: held(tenuto) },
    }
}
