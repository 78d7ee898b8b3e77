//! Repeated passages and their endings, as the signs of the page lay them out.

use super::order::OrderWarning;
use super::times::{TIMES_MAX, Times};
use super::written::WrittenMeasure;

/// A passage between repeat signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// Its first written measure.
    pub(super) start: usize,
    /// How often it is played in all.
    pub(super) total: u16,
    /// Whether it is repeated after a D.C. or D.S. too.
    pub(super) after_jump: bool,
    /// Its volta brackets in written order; none if it always ends alike.
    pub(super) endings: Vec<Ending>,
}

/// A volta bracket: what is played at certain times through a passage only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// Its first and last written measure.
    pub(super) from: usize,
    pub(super) to: usize,
    /// When it is played. Every time has an ending but one that leaves all of them out.
    pub(super) times: Times,
    /// Whether one goes back at its end.
    pub(super) back: bool,
}

/// All passages of a score, found by measure.
#[derive(Clone, Debug, Default)]
pub(super) struct Passages {
    pub(super) list: Vec<Passage>,
    pub(super) marks: Vec<Marks>,
}

/// What of the passages meets a written measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The passage that begins with it.
    pub(super) start: Option<usize>,
    /// The passage without endings that ends with it.
    pub(super) end: Option<usize>,
    /// The passage of which an ending begins with it, and which ending.
    pub(super) ending_from: Option<(usize, usize)>,
    /// The same of the one that ends with it.
    pub(super) ending_to: Option<(usize, usize)>,
    /// The innermost passage that it lies in.
    pub(super) inside: Option<usize>,
}

impl Passages {
    /// Finds all passages. A backward sign goes with the last forward sign that none has closed; without one, with
    /// the end of the last passage, or the beginning.
    pub(super) fn of(measures: &[WrittenMeasure], warnings: &mut Vec<OrderWarning>) -> Self {
        let marks = vec![Marks::default(); measures.len()];
        let found = Self { list: Vec::new(), marks };
        let returns = |measure: &WrittenMeasure| measure.signs.iter().any(|sign| sign.kind.is_return());
        let last_return = measures.iter().rposition(returns);
        let mut reader = Reader { measures, warnings, found, open: Vec::new(), free: 0, last_return };
        reader.read();
        reader.found
    }

    fn add(&mut self, passage: Passage, end: usize) {
        let index = self.list.len();
        self.marks[passage.start].start = Some(index);
        if passage.endings.is_empty() {
            self.marks[end].end = Some(index);
        }
        for (number, ending) in passage.endings.iter().enumerate() {
            self.marks[ending.from].ending_from = Some((index, number));
            self.marks[ending.to].ending_to = Some((index, number));
        }
        // Passages are found from the inside outward; what lies in an inner one is passed over as a whole.
        let mut at = end + 1;
        while at > passage.start {
            match self.marks[at - 1].inside {
                Some(inner) => at = self.list[inner].start,
                None => {
                    self.marks[at - 1].inside = Some(index);
                    at -= 1;
                }
            }
        }
        self.list.push(passage);
    }
}

struct Reader<'a> {
    measures: &'a [WrittenMeasure],
    warnings: &'a mut Vec<OrderWarning>,
    found: Passages,
    /// Forward signs that nothing has closed.
    open: Vec<usize>,
    /// Where a passage begins that has no forward sign.
    free: usize,
    /// The last measure with a D.C. or D.S.
    last_return: Option<usize>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut at = 0;
        // Up to here, brackets belong to passages already found.
        let mut known = 0;
        while let Some(measure) = self.measures.get(at) {
            if measure.repeat_start && self.open.last() != Some(&at) {
                self.open.push(at);
            }
            if !measure.volta.is_any() && at >= known {
                let endings = self.endings(at);
                known = endings.last().map_or(at, |last| last.to) + 1;
                at = self.with_endings(endings);
                continue;
            }
            if let Some(end) = measure.repeat_end {
                let start = self.begin(at);
                let total = end.times.unwrap_or(2).clamp(2, TIMES_MAX);
                let passage = Passage { start, total, after_jump: end.after_jump, endings: Vec::new() };
                self.found.add(passage, at);
                self.free = at + 1;
                // A bracket for the second time only stands after the sign that leads to the second time.
                let next = self.measures.get(at + 1);
                if next.is_some_and(|next| next.volta.first().is_some_and(|first| first > 1)) {
                    known = self.endings(at + 1).last().map_or(at, |last| last.to) + 1;
                }
            }
            at += 1;
        }
        for start in std::mem::take(&mut self.open) {
            self.warn(start, "a repeat begins here that ends nowhere; it is played once");
        }
    }

    /// Where the passage begins that ends here.
    fn begin(&mut self, end: usize) -> usize {
        let Some(start) = self.open.pop() else { return self.free };
        if self.found.list.last().is_some_and(|last| last.start > start) {
            self.warn(
                end,
                "a repeat stands inside a repeat; it is played in each time through the outer one",
            );
        }
        start
    }

    /// Adds a passage with endings. Gives the measure to go on with.
    fn with_endings(&mut self, mut endings: Vec<Ending>) -> usize {
        let (first, last) = (endings[0], endings[endings.len() - 1]);
        // The last ending may hold a passage of its own.
        let own = (last.from..=last.to).find(|&at| self.measures[at].repeat_start && at > first.from);
        if own.is_some() {
            endings.last_mut().expect("there is a last ending").back = false;
        }
        if !endings.iter().any(|ending| ending.back) && !self.returns_over(&endings) {
            if endings.len() == 1 {
                self.warn(
                    first.from,
                    "an ending is marked, but nothing is repeated; it is played as any measure",
                );
                return first.from;
            }
            self.warn(first.to, "the first ending has no repeat sign; it is played as if it had");
            endings[0].back = true;
        }
        let signs = endings.iter().filter_map(|ending| self.measures[ending.to].repeat_end);
        let (times, after_jump) = signs.fold((0, false), |(times, after), end| {
            (end.times.unwrap_or(0).max(times), after | end.after_jump)
        });
        let highest = endings.iter().filter_map(|ending| ending.times.last()).max().unwrap_or(1);
        // A lone ending is left out the last time.
        let lone = endings.len() == 1;
        let total = if lone && times > 0 { times } else { (highest + u16::from(lone)).max(times) };
        let total = total.clamp(2, TIMES_MAX);
        self.give_every_time(&mut endings, if lone { highest } else { total });
        let start = self.begin(last.to).min(first.from);
        self.found.add(Passage { start, total, after_jump, endings }, last.to);
        self.free = own.unwrap_or(last.to + 1);
        own.unwrap_or(last.to + 1)
    }

    /// Whether a D.C. or D.S. leads over endings without a repeat sign again.
    fn returns_over(&self, endings: &[Ending]) -> bool {
        let (first, last) = (endings[0], endings[endings.len() - 1]);
        let in_last =
            endings.len() > 1 && self.last_return <= Some(last.to) && self.last_return >= Some(last.from);
        !in_last && self.last_return >= Some(first.from)
    }

    /// Gives the times that no bracket names to the one before.
    fn give_every_time(&mut self, endings: &mut [Ending], total: u16) {
        for time in 1..=total {
            if endings.iter().any(|ending| ending.times.contains(time)) {
                continue;
            }
            let before = (1..time)
                .rev()
                .find_map(|earlier| endings.iter().position(|ending| ending.times.contains(earlier)));
            let ending = &mut endings[before.unwrap_or(0)];
            ending.times.insert(time);
            let from = ending.from;
            self.warn(from, format!("no ending is marked for time {time}; this one is played"));
        }
    }

    /// The brackets from here on that belong to one passage: their numbers rise.
    fn endings(&self, mut at: usize) -> Vec<Ending> {
        let measures = self.measures;
        let mut endings: Vec<Ending> = Vec::new();
        while let Some(measure) = measures.get(at).filter(|measure| !measure.volta.is_any()) {
            let times = measure.volta;
            if endings.last().is_some_and(|last| last.times.first() >= times.first()) {
                break;
            }
            let same = |measure: &&WrittenMeasure| measure.volta == times && !measure.volta_start;
            let mut to = at + measures[at + 1..].iter().take_while(same).count();
            if measures[to].repeat_end.is_none() {
                to = self.drawn_short(to).unwrap_or(to);
            }
            endings.push(Ending { from: at, to, times, back: measures[to].repeat_end.is_some() });
            at = to + 1;
        }
        endings
    }

    /// The end of a bracket that is drawn over the first measures of its ending only: the repeat sign right before
    /// the next bracket.
    fn drawn_short(&self, to: usize) -> Option<usize> {
        let rest = &self.measures[to + 1..];
        let length = rest.iter().position(|measure| {
            !measure.volta.is_any() || measure.repeat_start || measure.repeat_end.is_some()
        })?;
        let end = to + 1 + length;
        let sign = self.measures[end].volta.is_any() && self.measures[end].repeat_end.is_some();
        let next = self.measures.get(end + 1)?;
        (sign && !self.measures[end].repeat_start && next.volta.first() > self.measures[to].volta.last())
            .then_some(end)
    }

    fn warn(&mut self, at: usize, reason: impl Into<String>) {
        self.warnings.push(OrderWarning::new(&self.measures[at], reason));
    }
}
