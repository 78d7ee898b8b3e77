//! Many players for a long time: no error, and memory that does not grow.

use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use xtask::process::{duration, say};

use crate::band::Band;
use crate::failure::{Result, hold};
use crate::process;
use crate::service::Service;

/// How long the proof is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Players at once, each in a session of its own.
    pub sessions: usize,
    /// Of each of them.
    pub notes_per_second: u32,
    /// How long they play.
    pub time: Duration,
}

/// What was seen. All of it was as it must be.
#[derive(Debug)]
pub struct Figures {
    plan: Plan,
    finished: u64,
    notes: u64,
    round_trip_ms: (f64, f64),
    cpu: Duration,
    /// Middle fifth, last fifth and most, in kilobytes; kilobytes a minute in the second half.
    memory: (u64, u64, u64),
    slope: f64,
    time: Duration,
}

const STEP: Duration = Duration::from_millis(2);
const SAMPLE: Duration = Duration::from_secs(1);
/// How much more memory may be in use in the last fifth of the time than in the middle one. Until then caches fill and the
/// runtime's heap takes its size: of 200 players on two cores that was seen to last five minutes.
const GROWTH_MAX_PERCENT: u64 = 5;
/// Shorter, and what is measured is that filling.
const TELLING: Duration = Duration::from_secs(600);

/// Plays, and looks at the memory.
///
/// # Errors
/// When a verdict, a digest or a report is not what it must be, a connection is lost, memory grows. When the service cannot
/// be run.
pub fn prove(plan: Plan) -> Result<Figures> {
    let service = Service::start()?;
    let pid = service.pid()?;
    let mut band = Band::new(&service.http, plan.sessions, plan.notes_per_second)?;
    let begun = Instant::now();
    let mut samples: Vec<(f64, u64)> = Vec::new();
    while begun.elapsed() < plan.time {
        band.step()?;
        if begun.elapsed() >= SAMPLE * samples.len() as u32 {
            samples.push((begun.elapsed().as_secs_f64() / 60.0, process::memory_kb(pid)?));
            if samples.len().is_multiple_of(60) {
                let memory = samples.last().map_or(0, |sample| sample.1 / 1_024);
                say(format!("{} min, {} notes, {memory} MB", samples.len() / 60, band.notes));
            }
        }
        sleep(STEP);
    }
    let time = begun.elapsed();
    let cpu = process::cpu(pid)?;
    let mut band = band.finish()?;
    service.hold_calm()?;
    hold(service.pid().is_ok_and(|now| now == pid), || "workerd was restarted".to_owned())?;
    let fifth = |n: usize| median(&samples[samples.len() * n / 5..samples.len() * (n + 1) / 5]);
    let (middle, last) = (fifth(2), fifth(4));
    let most = samples.iter().map(|sample| sample.1).max().unwrap_or(0);
    hold(plan.time < TELLING || last * 100 <= middle * (100 + GROWTH_MAX_PERCENT), || {
        format!("memory grew from {middle} to {last} kB: {samples:?}")
    })?;
    Ok(Figures {
        plan,
        finished: band.finished,
        notes: band.notes,
        round_trip_ms: (band.round_trip_ms(50), band.round_trip_ms(99)),
        cpu,
        memory: (middle, last, most),
        slope: slope(&samples[samples.len() / 2..]),
        time,
    })
}

fn median(samples: &[(f64, u64)]) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(|sample| sample.1).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// Least squares.
fn slope(samples: &[(f64, u64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: &dyn Fn(&(f64, u64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(&|sample| sample.0), mean(&|sample| sample.1 as f64));
    let over: f64 = samples.iter().map(|sample| (sample.0 - x) * (sample.1 as f64 - y)).sum();
    let under: f64 = samples.iter().map(|sample| (sample.0 - x).powi(2)).sum();
    if under > 0.0 { over / under } else { 0.0 }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, finished, notes, round_trip_ms, cpu, memory, slope, time } = self;
        write!(
            f,
            "soak: {} players x {} notes/s for {}: {notes} notes ({:.0}/s), {finished} performances, each verdict, digest and \
             report as it must be, no connection lost; note to verdict p50 {:.1} ms, p99 {:.1} ms; workerd {:.0} us a note; \
             memory {} MB in the middle fifth, {} MB in the last, {} MB at most, slope of the second half {:+.2} MB a minute",
            plan.sessions,
            plan.notes_per_second,
            duration(*time),
            *notes as f64 / time.as_secs_f64(),
            round_trip_ms.0,
            round_trip_ms.1,
            cpu.as_secs_f64() * 1e6 / (*notes).max(1) as f64,
            memory.0 / 1_024,
            memory.1 / 1_024,
            memory.2 / 1_024,
            slope / 1_024.0,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{median, slope};

    #[test]
    fn a_line_has_its_slope_and_its_middle() {
        let samples: Vec<_> = (0..11).map(|n| (f64::from(n), 100 + 3 * n as u64)).collect();
        assert!((slope(&samples) - 3.0).abs() < 1e-9);
        assert_eq!(median(&samples), 115);
    }
}
