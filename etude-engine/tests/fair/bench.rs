//! Real performances show nothing; the same ones, forged, do.
//!
//! The data may not be shipped, so the test skips where it is absent, and says so.

use std::sync::Arc;

use etude_engine::fair::{Fingerprint, Kind};
use etude_engine::import;
use etude_engine::session::{Config, Event, EventKind, Mode};

use super::bench_set::{data, gunzip};
use super::forge::{Came, judge, machine, quantised, sped_up};

/// How many of the takes show what.
#[derive(Default)]
struct Tally {
    takes: usize,
    with: usize,
    of: std::collections::BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, findings: &[Kind]) {
        self.takes += 1;
        self.with += usize::from(!findings.is_empty());
        for finding in findings {
            *self.of.entry(format!("{finding:?}")).or_default() += 1;
        }
    }

    fn tell(&self, what: &str) {
        println!("{what}: {} of {} takes show something: {:?}", self.with, self.takes, self.of);
    }
}

#[test]
fn real_performances_show_nothing_and_forged_ones_do() {
    let Some(data) = data() else { return };
    let index = std::fs::read_to_string(data.join("INDEX.tsv")).unwrap();
    let mut tallies: Vec<(&str, Tally)> = [
        "live",
        "an outage",
        "clock mode",
        "quantised to 50 ms",
        "half as fast again",
        "twice as fast",
        "by a machine",
        "pasted",
        "twice as fast, sent live",
    ]
    .map(|name| (name, Tally::default()))
    .into();
    let mut prints = Vec::new();
    let mut spreads = Vec::new();
    for (row, seed) in index.lines().skip(1).zip(0_u64..) {
        let name = row.split('\t').next().unwrap();
        let xml = row.split('\t').nth(2).unwrap();
        let score = Arc::new(import::score(&gunzip(&data.join(xml))).unwrap().score);
        let mut log = import::performance(&std::fs::read(data.join(name).join("perf.mid")).unwrap()).unwrap();
        if log.last().is_none_or(|last| last.kind != EventKind::End) {
            log.push(Event { at: log.last().unwrap().at, kind: EventKind::End });
        }
        let follow = Config::default();
        let clock = Config { mode: Mode::Clock, ..follow };
        let report = judge(&score, follow, &log);
        spreads.push(report.timing.spread_us);
        let mut next = 0;
        let mut add = |findings: Vec<Kind>| {
            tallies[next].1.add(&findings);
            next += 1;
        };
        let live = Came::live(log.clone(), seed);
        let honest = live.findings(&report);
        if !honest.is_empty() {
            println!(
                "{name}: {:?}",
                live.weigh(&report).findings().map(|check| &*check.words).collect::<Vec<_>>()
            );
        }
        add(honest);
        add(live.clone().with_outage(20_000, 50_000).findings(&report));
        add(live.findings(&judge(&score, clock, &log)));
        let grid = quantised(&log, 50_000);
        add(Came::live(grid.clone(), seed).findings(&judge(&score, follow, &grid)));
        for percent in [150, 200] {
            let fast = sped_up(&log, percent);
            add(Came::at_speed(fast.clone(), percent * 10, seed).findings(&judge(&score, follow, &fast)));
            if percent == 200 {
                prints.push((name.to_owned(), Fingerprint::of(&log), Fingerprint::of(&fast)));
            }
        }
        // Before the last one, which is told after it.
        let mut robot = machine(&score);
        add(Came::live(robot.clone(), seed).findings(&judge(&score, follow, &robot)));
        robot.clear();
        add(Came::pasted(log.clone(), 5_000).findings(&report));
        let fast = sped_up(&log, 200);
        add(Came::live(fast.clone(), seed).findings(&judge(&score, follow, &fast)));
    }
    for (name, tally) in &tallies {
        tally.tell(name);
    }
    spreads.sort_unstable();
    println!("spread of timing in follow mode, us: least {:?}", &spreads[..5]);
    let shown =
        |name: &str| tallies.iter().find(|(known, _)| *known == name).map(|(_, tally)| tally.with).unwrap();
    let takes = prints.len();
    for honest in ["live", "clock mode"] {
        assert_eq!(shown(honest), 0, "{honest}");
    }
    // Half a minute without network is a large part of a take of a minute or two, and that is told.
    let outage = &tallies[1].1;
    assert_eq!(outage.of.keys().collect::<Vec<_>>(), ["Late"]);
    assert!(outage.with <= 4, "{}", outage.with);
    // Most of the others have nearly all their steps within a tenth of a second, where a grid of 50 ms is not seen.
    assert!(shown("quantised to 50 ms") >= 60);
    for forged in ["half as fast again", "twice as fast", "by a machine", "pasted"] {
        assert_eq!(shown(forged), takes, "{forged}");
    }

    let mut known_again = 0;
    for (at, (name, print, fast)) in prints.iter().enumerate() {
        assert_eq!(print.shared_permille(print), 1_000, "{name}");
        known_again += usize::from(print.shared_permille(fast) > 50);
        for (other, theirs, _) in &prints[at + 1..] {
            assert_eq!(print.shared_permille(theirs), 0, "{name} and {other}");
        }
    }
    println!("known again at twice the speed: {known_again} of {takes}");
    assert_eq!(known_again, takes);
}
