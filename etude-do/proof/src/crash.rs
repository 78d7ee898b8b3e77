//! `kill -9` in the middle of real performances, and sleep in the middle of others.

use std::fmt;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use xtask::process::{duration, say};

use crate::failure::{Failure, Result, hold};
use crate::player::Player;
use crate::repertoire::Repertoire;
use crate::service::Service;

/// How long the proof is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rounds of two performances at once, each struck one to three times.
    pub rounds: u32,
    /// Performances that are interrupted by sleep: half of them hibernate, half are evicted.
    pub naps: usize,
    /// Decides what is played and where it is struck. Round n of seed s is round 0 of seed s + n.
    pub seed: u64,
}

/// What was seen. All of it was as it must be.
#[derive(Debug)]
pub struct Figures {
    plan: Plan,
    source: &'static str,
    sessions: usize,
    events: usize,
    kills: u32,
    lost: u32,
    naps: usize,
    time: Duration,
}

/// Performances that are played at once.
const PLAYERS: usize = 2;
/// Events that each plays in a step. A performance has some thousands: it takes a second or two.
const STEP_EVENTS: usize = 12;
const STEP: Duration = Duration::from_millis(4);
/// The runtime takes an object out of memory ten seconds after its last event; asking wakes it, so ask seldom.
const NAP: Duration = Duration::from_secs(14);
const NAPS_MAX: usize = 10;

/// Kills workerd at random points of real performances. Nothing acknowledged may be lost, nothing come twice, and verdicts,
/// digest and report must be those of the undisturbed performance.
///
/// # Errors
/// When a law is broken: says which, and by which seed. When the service cannot be run.
pub fn prove(plan: Plan) -> Result<Figures> {
    let begun = Instant::now();
    let repertoire = Repertoire::load()?;
    let mut service = Service::start()?;
    let mut figures = Figures {
        plan,
        source: repertoire.source,
        sessions: 0,
        events: 0,
        kills: 0,
        lost: 0,
        naps: plan.naps,
        time: Duration::ZERO,
    };
    for round in 0..u64::from(plan.rounds) {
        let seed = plan.seed.wrapping_add(round);
        strike(&mut service, &repertoire, seed, &mut figures)
            .map_err(|failure| Failure::Law(format!("{failure}\nagain with: --rounds 1 --seed {seed}")))?;
        if round % 10 == 9 {
            say(format!("{} rounds, {} kills", round + 1, figures.kills));
        }
    }
    nap(&mut service, &repertoire, &mut figures)?;
    service.hold_calm()?;
    figures.time = begun.elapsed();
    Ok(figures)
}

/// One round.
fn strike(service: &mut Service, repertoire: &Repertoire, seed: u64, figures: &mut Figures) -> Result<()> {
    let mut rng = Rng::with_seed(seed);
    let mut players = Vec::new();
    for _ in 0..PLAYERS {
        let take = Arc::new(repertoire.take(rng.usize(..repertoire.len()))?);
        let piece = service.http.upload(&take.piece)?;
        // The undisturbed performance, by the same service.
        let mut undisturbed = Player::new(take.clone(), service.http.open(&piece)?)?;
        undisturbed.play_to(take.events.len())?;
        undisturbed.settle()?;
        hold(undisturbed.lost == 0, || format!("{}: a connection was lost by itself", take.name))?;
        players.push(Player::new(take, service.http.open(&piece)?)?);
    }
    let longest = players.iter().map(|player| player.take.events.len()).max().unwrap_or(0);
    let mut blows: Vec<usize> = (0..rng.usize(1..=3)).map(|_| rng.usize(..longest)).collect();
    blows.sort_unstable();
    for at in (0..longest + STEP_EVENTS).step_by(STEP_EVENTS) {
        play(&mut players, at)?;
        while blows.first().is_some_and(|&blow| blow <= at) {
            blows.remove(0);
            // Some of what was played has left by now, some of that has arrived, some of that was answered.
            sleep(Duration::from_micros(rng.u64(..30_000)));
            service.workerd.kill_9()?;
            figures.kills += 1;
            sleep(Duration::from_millis(rng.u64(..100)));
            play(&mut players, at + rng.usize(..4 * STEP_EVENTS))?;
            service.workerd.restart()?;
        }
        sleep(STEP);
    }
    for player in &mut players {
        player.settle()?;
        figures.lost += player.lost;
    }
    // What is on disk now is the whole truth.
    service.workerd.restart()?;
    figures.kills += 1;
    for player in &players {
        hold_stored(service, player)?;
        figures.sessions += 1;
        figures.events += player.take.events.len();
    }
    Ok(())
}

fn play(players: &mut [Player], until: usize) -> Result<()> {
    players.iter_mut().try_for_each(|player| player.play_to(until.max(player.pushed())))
}

/// Half of a performance, sleep, the other half.
fn nap(service: &mut Service, repertoire: &Repertoire, figures: &mut Figures) -> Result<()> {
    let mut rng = Rng::with_seed(figures.plan.seed);
    let mut players = Vec::new();
    for index in 0..figures.plan.naps {
        let take = Arc::new(repertoire.take(rng.usize(..repertoire.len()))?);
        let piece = service.http.upload(&take.piece)?;
        let mut player = Player::new(take, service.http.open(&piece)?)?;
        player.play_to(player.take.events.len() / 2)?;
        player.settle()?;
        if index % 2 == 1 {
            player.disconnect();
        }
        players.push(player);
    }
    let mut awake: Vec<&str> = players.iter().map(|player| player.session()).collect();
    for _ in 0..NAPS_MAX {
        if awake.is_empty() {
            break;
        }
        sleep(NAP);
        let mut still = Vec::new();
        for session in awake {
            if service.http.status(session)?["in_memory"] != false {
                still.push(session);
            }
        }
        awake = still;
    }
    hold(awake.is_empty(), || format!("{} sessions were never taken out of memory", awake.len()))?;
    for (index, player) in players.iter_mut().enumerate() {
        if index % 2 == 1 {
            player.connect()?;
        }
        player.play_to(player.take.events.len())?;
    }
    for player in &mut players {
        player.settle()?;
        hold(player.lost == 0, || format!("{}: a connection was lost by sleep", player.take.name))?;
        hold_stored(service, player)?;
        figures.sessions += 1;
        figures.events += player.take.events.len();
    }
    Ok(())
}

/// That the session has each event once, and the report of the undisturbed performance.
fn hold_stored(service: &Service, player: &Player) -> Result<()> {
    let (take, session) = (&player.take, player.session());
    let stored = service.http.report(session)?;
    let stored = etude_engine::report::Report { plausibility: None, ..stored };
    hold(stored == take.report, || {
        format!("{}: the report on disk is {stored:?} and should be {:?}", take.name, take.report)
    })?;
    let events = service.http.status(session)?["events"].as_u64();
    hold(events == Some(take.events.len() as u64), || {
        format!("{}: {events:?} events are on disk of {}", take.name, take.events.len())
    })
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, source, sessions, events, kills, lost, naps, time } = self;
        write!(
            f,
            "crash: {} rounds, seeds {} to {}, {sessions} performances {source}, {events} events; {kills} times kill -9, \
             {lost} connections lost and resumed, {naps} sessions put to sleep: nothing acknowledged lost, nothing twice, \
             verdicts, digests and reports as undisturbed; {}",
            plan.rounds,
            plan.seed,
            plan.seed.wrapping_add(u64::from(plan.rounds.saturating_sub(1))),
            duration(*time),
        )
    }
}
