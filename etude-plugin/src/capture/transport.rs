//! The host's transport, as the judge in clock mode wants to know it: when it starts, stops, jumps or changes tempo.

use etude_engine::session::EventKind;

use super::SampleRate;

/// The host's position may differ by so much from where it was expected before it counts as a jump, in seconds. Above what
/// hosts round to, below what a listener could notice.
const JUMP_SECONDS: f64 = 0.002;
/// So small a change of tempo, relative, is none: what is left of it shows as a jump when it adds up.
const TEMPO_CHANGE: f64 = 1e-4;

/// The host's transport at the start of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Whether it rolls.
    pub playing: bool,
    /// Where it stands, in quarters from the start of the host's timeline; negative in a count-in.
    pub quarters: f64,
    /// Its tempo, in quarters a minute.
    pub tempo: f64,
}

impl Transport {
    /// What the host says, if it says enough and what it says can be.
    pub fn new(playing: bool, quarters: Option<f64>, tempo: Option<f64>) -> Option<Self> {
        let quarters = quarters.filter(|quarters| quarters.abs() < 1e9)?;
        // 60 s a quarter down to 60 microseconds.
        let tempo = tempo.filter(|tempo| (1.0..=1e6).contains(tempo))?;
        Some(Self { playing, quarters, tempo })
    }

    fn event(self) -> EventKind {
        EventKind::Transport {
            playing: self.playing,
            position: (self.quarters * 1e6).round() as i64,
            micros_per_quarter: (60e6 / self.tempo).round() as u32,
        }
    }
}

/// What the log knows of the transport.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    last: Option<Transport>,
    samples_since: i64,
}

impl Told {
    /// The event that the log lacks, if any. A transport that has never rolled is none.
    pub(super) fn news(&mut self, now: Transport, rate: SampleRate) -> Option<EventKind> {
        let is_news = match self.last {
            None => now.playing,
            Some(last) if last.playing != now.playing => true,
            Some(_) if !now.playing => false,
            Some(last) => {
                let seconds = self.samples_since as f64 / rate.samples_in(SECOND) as f64;
                let off = (now.quarters - last.quarters) / last.tempo * 60.0 - seconds;
                off.abs() > JUMP_SECONDS || (now.tempo / last.tempo - 1.0).abs() > TEMPO_CHANGE
            }
        };
        if !is_news {
            return None;
        }
        *self = Self { last: Some(now), samples_since: 0 };
        Some(now.event())
    }

    pub(super) fn advance(&mut self, samples: u32) {
        self.samples_since += i64::from(samples);
    }
}

const SECOND: etude_engine::units::Micros = etude_engine::units::Micros::from_millis(1_000);

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate::DEFAULT;

    fn at(playing: bool, quarters: f64, tempo: f64) -> Transport {
        Transport::new(playing, Some(quarters), Some(tempo)).unwrap()
    }

    #[test]
    fn only_news_is_told() {
        let mut told = Told::default();
        assert_eq!(told.news(at(false, 3.0, 120.0), RATE), None);
        assert!(told.news(at(true, -1.0, 120.0), RATE).is_some());
        for block in 1..100 {
            told.advance(480);
            // 480 samples at 120 quarters a minute are 0.02 quarters; the host rounds.
            let rounded = ((-1.0 + f64::from(block) * 0.02) * 1e4_f64).round() / 1e4;
            assert_eq!(told.news(at(true, rounded, 120.0), RATE), None, "{block}");
        }
        told.advance(480);
        assert!(told.news(at(true, 8.0, 120.0), RATE).is_some(), "a seek, or a loop");
        told.advance(480);
        assert!(told.news(at(true, 8.02, 90.0), RATE).is_some(), "another tempo");
        told.advance(480);
        let stop = told.news(at(false, 8.035, 90.0), RATE);
        let expected =
            EventKind::Transport { playing: false, position: 8_035_000, micros_per_quarter: 666_667 };
        assert_eq!(stop, Some(expected));
        told.advance(480);
        assert_eq!(told.news(at(false, 0.0, 90.0), RATE), None, "a seek while it stands");
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        for (quarters, tempo) in
            [(f64::NAN, 120.0), (1e12, 120.0), (0.0, 0.0), (0.0, f64::INFINITY), (0.0, -1.0)]
        {
            assert_eq!(Transport::new(true, Some(quarters), Some(tempo)), None);
        }
        assert_eq!(Transport::new(true, None, Some(120.0)), None);
    }
}
