//! Plays a recorded take through the relay client, and prints what the session says meanwhile.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::Event;
use etude_plugin::relay::{Output, Outputs, Relay, RelayConfig, State};

use crate::terminal::faults::Faults;
use crate::terminal::files::Failure;
use crate::terminal::verdicts::{Detail, Printer};

/// At full speed, so many events are under way at once.
const UNDER_WAY_MAX: u64 = 1_024;
/// With nothing heard for this long after the last event, the session is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// How fast to play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// So many times real time.
    Times(f64),
    /// As fast as the service acknowledges.
    Max,
}

/// What became of a take.
pub(crate) struct Played {
    /// Notes that the session judged.
    pub(crate) judged: u64,
    /// From push to first verdict, in order of arrival.
    pub(crate) round_trips: Vec<Duration>,
    /// What the session found wrong.
    pub(crate) faults: Faults,
    /// Times the two engines disagreed.
    pub(crate) mismatches: u64,
    /// Times the connection had to be made again.
    pub(crate) reconnects: u64,
    /// The session's result.
    pub(crate) report: Box<Report>,
    /// From the start of the relay to the session's greeting.
    pub(crate) connecting: Duration,
    /// From the first push to the last.
    pub(crate) playing: Duration,
    /// From the last push to the report.
    pub(crate) to_report: Duration,
}

/// What the player must know of what the listener hears.
enum News {
    /// The session greeted.
    Live,
    /// So many events are on disk.
    Acked(u64),
    /// Something else came.
    Sound,
    /// Nothing more will come.
    Over,
}

struct Heard {
    judged: Vec<bool>,
    faults: Faults,
    round_trips: Vec<Duration>,
    mismatches: u64,
    reconnects: u64,
    report: Option<Box<Report>>,
    refusal: Option<String>,
}

/// Plays all events, and waits for the report.
pub(crate) fn play(config: RelayConfig, events: Arc<[Event]>, speed: Speed) -> Result<Played, Failure> {
    let started = Instant::now();
    let score = config.score.clone();
    let (mut relay, outputs) = Relay::start(config).map_err(|error| error.to_string())?;
    let (tell, news) = mpsc::channel();
    let (score_there, events_there) = (score.clone(), events.clone());
    let listener = thread::spawn(move || listen(outputs, score_there, events_there, speed, &tell));

    // Playing before the session greets would measure the connecting, not the round trip.
    while matches!(news.recv_timeout(PATIENCE), Ok(news) if !matches!(news, News::Live | News::Over)) {}
    let connecting = started.elapsed();
    let first_push = Instant::now();
    let pushed = push_all(&mut relay, &events, speed, &news);
    let last_push = Instant::now();
    while matches!(news.recv_timeout(PATIENCE), Ok(news) if !matches!(news, News::Over)) {}
    let to_report = last_push.elapsed();
    // Ends the outputs, and with them the listener.
    let undelivered = relay.close(Duration::ZERO);

    let heard = listener.join().map_err(|_| "the listening thread panicked".to_owned())?;
    pushed?;
    let Some(report) = heard.report else {
        let why = heard.refusal.unwrap_or_else(|| format!("nothing was heard for {} s", PATIENCE.as_secs()));
        return Err(format!("no report came, and {undelivered} events were not delivered: {why}"));
    };
    Ok(Played {
        judged: heard.judged.iter().filter(|judged| **judged).count() as u64,
        round_trips: heard.round_trips,
        faults: heard.faults,
        mismatches: heard.mismatches,
        reconnects: heard.reconnects,
        report,
        connecting,
        playing: last_push - first_push,
        to_report,
    })
}

fn push_all(relay: &mut Relay, events: &[Event], speed: Speed, news: &Receiver<News>) -> Result<(), Failure> {
    let Some(first) = events.first() else { return Ok(()) };
    let started = Instant::now();
    let mut acked = 0;
    for (index, event) in events.iter().enumerate() {
        let due = match speed {
            Speed::Times(times) => {
                let micros = event.at.0.saturating_sub(first.at.0).max(0) as f64 / times;
                Some(started + Duration::from_micros(micros as u64))
            }
            Speed::Max => None,
        };
        // Waiting is listening: if the session is over there is nobody to play for.
        loop {
            let wait = match due {
                Some(due) => due.saturating_duration_since(Instant::now()),
                None if index as u64 >= acked + UNDER_WAY_MAX => PATIENCE,
                None => break,
            };
            match news.recv_timeout(wait) {
                Ok(News::Acked(through)) => acked = through,
                Ok(News::Live | News::Sound) => {}
                Ok(News::Over) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        relay.push(*event).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn listen(
    mut outputs: Outputs,
    score: Arc<Score>,
    events: Arc<[Event]>,
    speed: Speed,
    tell: &Sender<News>,
) -> Heard {
    let detail = if speed == Speed::Max { Detail::Signs } else { Detail::Lines };
    let mut heard = Heard {
        judged: vec![false; events.len()],
        faults: Faults::new(score.clone(), events.clone()),
        round_trips: Vec::new(),
        mismatches: 0,
        reconnects: 0,
        report: None,
        refusal: None,
    };
    let mut printer = Printer::new(anstream::stdout(), detail, score.clone(), events.clone());
    // A closed standard output stops the printing, not the session.
    let mut printed = printer.legend();
    while let Some(output) = outputs.next_blocking() {
        let news = match output {
            Output::State(State::Live { missing: 0 }) => News::Live,
            Output::State(State::Connecting) | Output::Local(_) => News::Sound,
            Output::State(State::Live { missing }) => {
                printed =
                    printed.and_then(|()| printer.remark(&format!("resumed; {missing} events sent again")));
                News::Live
            }
            Output::State(State::Resuming { after, why }) => {
                heard.reconnects += 1;
                let remark = format!("{why}; trying again in {} ms", after.as_millis());
                printed = printed.and_then(|()| printer.remark(&remark));
                News::Sound
            }
            Output::State(State::Refused(refusal)) => {
                heard.refusal = Some(refusal.to_string());
                News::Over
            }
            Output::State(State::Ended) => News::Over,
            Output::Official { record, round_trip } => {
                if let Record::Played { event, .. } = record
                    && let Some(judged) = heard.judged.get_mut(event.0 as usize)
                {
                    *judged = true;
                }
                heard.faults.hear(&record);
                heard.round_trips.extend(round_trip);
                printed = printed.and_then(|()| printer.record(&record));
                News::Sound
            }
            Output::Acked { through } => News::Acked(through.0),
            Output::Rejudged => {
                heard.judged.fill(false);
                heard.faults = Faults::new(score.clone(), events.clone());
                printed = printed
                    .and_then(|()| printer.remark("the session's engine has changed: all is judged again"));
                News::Sound
            }
            Output::DigestMismatch { events, local, official } => {
                heard.mismatches += 1;
                let remark =
                    format!("after {events} events the session's digest is {official}, ours {local}");
                printed = printed.and_then(|()| printer.remark(&remark));
                News::Sound
            }
            Output::Report(report) => {
                heard.report = Some(report);
                News::Sound
            }
        };
        // The player may have stopped listening; the outputs end soon.
        let _ = tell.send(news);
    }
    let _ = printed.and_then(|()| printer.finish());
    heard
}

impl FromStr for Speed {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        match text.parse() {
            Ok(times) if (0.01..=1_000.0).contains(&times) => Ok(Self::Times(times)),
            _ => Err("give a number from 0.01 to 1000, or `max`"),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "at {times} times real time"),
            Self::Max => f.write_str("as fast as it goes"),
        }
    }
}
