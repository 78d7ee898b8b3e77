//! Two note lists side by side: what differs.

use std::collections::{BTreeMap, BTreeSet};

use crate::list::{List, Name, Row};

/// Onsets and durations are equal within this: 1/1000 quarter.
pub(crate) const TOLERANCE: i64 = 1_000;

/// How one note differs between the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Ours lists it, theirs does not.
    OnlyOurs,
    /// Theirs lists it, ours does not.
    OnlyTheirs,
    Pitch,
    Onset,
    Duration,
    Staff,
}

/// A note that differs.
#[derive(Clone, Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a Name,
    pub(crate) ours: Option<&'a Row>,
    /// Its onset moved to our timeline.
    pub(crate) theirs: Option<Row>,
}

/// What came of two lists.
pub(crate) struct Compared<'a> {
    /// Notes that either lists, those left out whose whole pass the other does not have.
    pub(crate) notes: usize,
    pub(crate) differences: Vec<Difference<'a>>,
}

/// Compares note by note. Where each list begins to count is its own affair: one shift is allowed, that of the first
/// note. With `by_pass` it is one a pass, the most common, because a performer may have left out a repeat; passes of a
/// note that theirs lacks although it has the note are then no difference.
pub(crate) fn compare<'a>(ours: &'a List, theirs: &'a List, by_pass: bool) -> Compared<'a> {
    let group = |name: &Name| if by_pass { name.1 } else { 1 };
    let mut shifts: BTreeMap<u16, BTreeMap<i64, usize>> = BTreeMap::new();
    for (name, row) in ours {
        if let Some(their) = theirs.get(name) {
            let shift = (their.onset - row.onset + TOLERANCE / 2).div_euclid(TOLERANCE) * TOLERANCE;
            *shifts.entry(group(name)).or_default().entry(shift).or_default() += 1;
        }
    }
    let usual = |counts: &BTreeMap<i64, usize>| {
        counts.iter().max_by_key(|(_, count)| **count).map_or(0, |most| *most.0)
    };
    let mut usual: BTreeMap<u16, i64> = shifts.iter().map(|(pass, counts)| (*pass, usual(counts))).collect();
    if !by_pass {
        let both = ours.iter().filter_map(|(name, row)| Some((row, theirs.get(name)?)));
        usual = both
            .min_by_key(|(row, _)| row.onset)
            .map(|(row, their)| (1, their.onset - row.onset))
            .into_iter()
            .collect();
    }
    let known: BTreeSet<&str> = theirs.keys().map(|name| name.0.as_str()).collect();

    let mut notes = 0;
    let mut differences = Vec::new();
    for (name, row) in ours {
        let Some(their) = theirs.get(name) else {
            if !(by_pass && known.contains(name.0.as_str())) {
                notes += 1;
                differences.push(Difference { kind: Kind::OnlyOurs, name, ours: Some(row), theirs: None });
            }
            continue;
        };
        notes += 1;
        let shift = usual.get(&group(name)).copied().unwrap_or(0);
        let their = Row { onset: their.onset - shift, ..their.clone() };
        let mut differs = |kind| {
            differences.push(Difference { kind, name, ours: Some(row), theirs: Some(their.clone()) });
        };
        if row.pitch != their.pitch {
            differs(Kind::Pitch);
        }
        if (row.onset - their.onset).abs() > TOLERANCE {
            differs(Kind::Onset);
        }
        if (row.duration - their.duration).abs() > TOLERANCE {
            differs(Kind::Duration);
        }
        if row.staff != their.staff {
            differs(Kind::Staff);
        }
    }
    for (name, their) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
        notes += 1;
        let shift = usual.get(&group(name)).copied().unwrap_or(0);
        let their = Row { onset: their.onset - shift, ..their.clone() };
        differences.push(Difference { kind: Kind::OnlyTheirs, name, ours: None, theirs: Some(their) });
    }
    Compared { notes, differences }
}
