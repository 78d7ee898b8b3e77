//! Segno, coda and their kin: the signs of the large form, and where each leads.

use super::order::OrderWarning;
use super::times::Times;
use super::written::WrittenMeasure;
use crate::sorted::sort;

/// A sign of the large form, as written in a measure.
///
/// Jumps hold at the end of their measure, targets at its beginning, wherever in it they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// What it says.
    pub kind: SignKind,
    /// By which name of several it is called, or calls for its target.
    pub name: Option<Box<str>>,
    /// Passes of its measure at which a jump is made. If any: a D.C. or D.S. the first time, "To Coda" and "Fine"
    /// after a D.C. or D.S.
    pub times: Times,
    /// It stands at the end of its measure, so that a target is what comes next.
    pub at_end: bool,
}

/// What a [`Sign`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignKind {
    /// The sign to which "dal segno" goes.
    Segno,
    /// The sign to which "to coda" goes; or, where two are written and neither says which it is, the first is
    /// where one leaves.
    Coda,
    /// "To coda": leave for the coda here, after a jump back.
    ToCoda,
    /// "Fine": end here, after a jump back.
    Fine,
    /// "D.C.": from here back to the beginning.
    DaCapo(Return),
    /// "D.S.": from here back to the segno.
    DalSegno(Return),
    /// A trio begins. A D.C. without a Fine ends before it.
    Trio,
}

/// How a passage is played after "D.C." or "D.S.".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Return {
    /// How far.
    pub until: Until,
    /// Whether its repeats are played again. By custom they are not.
    pub repeats: bool,
}

/// How far to play after "D.C." or "D.S.".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// Whichever of "Fine" and "To Coda" comes first.
    #[default]
    Any,
    /// "al Fine".
    Fine,
    /// "al Coda".
    Coda,
    /// "al Fine, e poi la Coda": from the Fine to the coda.
    FineThenCoda,
}

impl Sign {
    /// A sign without a name, at the default times.
    pub fn new(kind: SignKind) -> Self {
        Self { kind, name: None, times: Times::ANY, at_end: false }
    }
}

/// A jump at the end of a measure, its target found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leave {
    /// Written measure at whose end it is made.
    pub(super) at: usize,
    /// Passes of that measure at which it is made, if not the usual.
    pub(super) times: Times,
    pub(super) way: Way,
}

/// Where a jump leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the end of the piece; after "al Fine, e poi la Coda" to the coda.
    Fine {
        coda: Option<usize>,
    },
    ToCoda {
        target: usize,
    },
    Back {
        target: usize,
        how: Return,
    },
}

/// All jumps in order of their measures; of one measure "Fine" and "To Coda" before "D.C." and "D.S.".
pub(super) fn resolve(measures: &[WrittenMeasure], warnings: &mut Vec<OrderWarning>) -> Vec<Leave> {
    let mut signs: Vec<(usize, Sign)> = measures
        .iter()
        .enumerate()
        .flat_map(|(at, measure)| measure.signs.iter().map(move |sign| (at, sign.clone())))
        .collect();
    let Some(first_return) = signs.iter().find(|(_, sign)| sign.kind.is_return()).map(|(at, _)| *at) else {
        without_return(measures, &signs, warnings);
        return Vec::new();
    };
    name_first_coda(&mut signs, first_return);
    let targets = Targets::of(&signs, measures.len());
    let mut warn = |at: usize, reason: &str| warnings.push(OrderWarning::new(&measures[at], reason));
    let exits = signs.iter().filter(|(_, sign)| sign.kind == SignKind::ToCoda).count();
    let mut exit = 0;
    let mut leaves = Vec::new();
    for (at, sign) in &signs {
        let at = *at;
        let way = match sign.kind {
            SignKind::Segno | SignKind::Coda | SignKind::Trio => continue,
            SignKind::Fine => Way::Fine { coda: targets.coda(at, None, None) },
            SignKind::ToCoda => {
                // The second of two signs leads to the second of two codas.
                let same = (exits == targets.codas.len()).then_some(exit);
                exit += 1;
                let Some(target) = targets.coda(at, sign.name.as_deref(), same) else {
                    warn(at, "\"To Coda\" is written, but no coda; it is passed over");
                    continue;
                };
                Way::ToCoda { target }
            }
            SignKind::DaCapo(how) => Way::Back { target: 0, how },
            SignKind::DalSegno(how) => {
                let Some(target) = targets.segno(at, sign.name.as_deref()) else {
                    warn(at, "\"D.S.\" is written, but no segno; it is passed over");
                    continue;
                };
                Way::Back { target, how }
            }
        };
        leaves.push(Leave { at, times: sign.times, way });
    }
    if let Some(at) = end_before_trio(&signs, &leaves) {
        warn(at, "no Fine is written; the piece is taken to end here after the D.C., before the trio");
        leaves.push(Leave { at, times: Times::ANY, way: Way::Fine { coda: None } });
    }
    lacking(&leaves, &mut warn);
    let place = |leave: &Leave| (leave.at, matches!(leave.way, Way::Back { .. }));
    sort(&mut leaves, &|one, other| place(one).cmp(&place(other)));
    leaves
}

impl SignKind {
    /// Whether it leads back.
    pub(super) fn is_return(self) -> bool {
        matches!(self, Self::DaCapo(_) | Self::DalSegno(_))
    }
}

/// Where one would leave, if there were something that leads back.
fn without_return(measures: &[WrittenMeasure], signs: &[(usize, Sign)], warnings: &mut Vec<OrderWarning>) {
    for (at, sign) in signs {
        let reason = match sign.kind {
            SignKind::ToCoda => "\"To Coda\" is written, but no D.C. or D.S.; it is passed over",
            SignKind::Fine if at + 1 < measures.len() => {
                "\"Fine\" is written before the end, but no D.C. or D.S.; it is passed over"
            }
            _ => continue,
        };
        warnings.push(OrderWarning::new(&measures[*at], reason));
    }
}

/// Of two coda signs of which neither says "to", the one before the jump back is where one leaves.
fn name_first_coda(signs: &mut [(usize, Sign)], first_return: usize) {
    if signs.iter().any(|(_, sign)| sign.kind == SignKind::ToCoda) {
        return;
    }
    let codas = signs.iter().filter(|(_, sign)| sign.kind == SignKind::Coda).count();
    let first = signs.iter_mut().find(|(_, sign)| sign.kind == SignKind::Coda);
    if let Some((_, sign)) = first.filter(|(at, _)| codas >= 2 && *at <= first_return) {
        sign.kind = SignKind::ToCoda;
    }
}

/// The measure before the trio, where a D.C. leads to an end that nobody wrote.
fn end_before_trio(signs: &[(usize, Sign)], leaves: &[Leave]) -> Option<usize> {
    if leaves.iter().any(|leave| !matches!(leave.way, Way::Back { .. })) {
        return None;
    }
    let da_capo = leaves.iter().find(|leave| matches!(leave.way, Way::Back { target: 0, .. }))?;
    let mut trios = signs.iter().filter(|(_, sign)| sign.kind == SignKind::Trio).map(|(at, _)| *at);
    trios.find(|at| *at > 0 && *at <= da_capo.at).map(|at| at - 1)
}

/// Says which "al Fine" and "al Coda" have nowhere to go.
fn lacking(leaves: &[Leave], warn: &mut impl FnMut(usize, &str)) {
    let fine = leaves.iter().any(|leave| matches!(leave.way, Way::Fine { .. }));
    let coda = leaves.iter().any(|leave| matches!(leave.way, Way::ToCoda { .. }));
    for leave in leaves {
        let Way::Back { how, .. } = leave.way else { continue };
        match how.until {
            Until::Fine | Until::FineThenCoda if !fine => {
                warn(leave.at, "\"al Fine\" is written, but no Fine; the music goes on to its end");
            }
            Until::Coda if !coda => {
                warn(
                    leave.at,
                    "\"al Coda\" is written, but nowhere \"To Coda\"; the music goes on to its end",
                );
            }
            _ => {}
        }
    }
}

/// Segnos and codas by written measure, in order.
struct Targets<'a> {
    segnos: Vec<(usize, Option<&'a str>)>,
    codas: Vec<(usize, Option<&'a str>)>,
}

impl<'a> Targets<'a> {
    fn of(signs: &'a [(usize, Sign)], measures: usize) -> Self {
        let all = |kind| {
            let of_kind = signs.iter().filter(move |(_, sign)| sign.kind == kind);
            let place = |(at, sign): &'a (usize, Sign)| {
                ((at + usize::from(sign.at_end)).min(measures - 1), sign.name.as_deref())
            };
            of_kind.map(place).collect()
        };
        Self { segnos: all(SignKind::Segno), codas: all(SignKind::Coda) }
    }

    /// The segno of that name, else the last one before; else the first after.
    fn segno(&self, at: usize, name: Option<&str>) -> Option<usize> {
        let named = |list: &[(usize, Option<&str>)]| {
            list.iter().rev().find(|(_, other)| name.is_some() && *other == name).map(|(place, _)| *place)
        };
        let (before, after) = self.segnos.split_at(self.segnos.partition_point(|(place, _)| *place <= at));
        let nearest = || before.last().or(after.first()).map(|(place, _)| *place);
        named(before).or_else(|| named(after)).or_else(nearest)
    }

    /// The coda of that name, else the given one, else the first after; some pieces write it before.
    fn coda(&self, at: usize, name: Option<&str>, given: Option<usize>) -> Option<usize> {
        let place = |(place, _): &(usize, Option<&str>)| *place;
        let (before, after) = self.codas.split_at(self.codas.partition_point(|(place, _)| *place <= at));
        let named = |list: &[(usize, Option<&str>)]| {
            list.iter().find(|(_, other)| name.is_some() && *other == name).map(place)
        };
        let given = given.and_then(|given| self.codas.get(given)).map(place);
        let nearest = || after.first().or(before.last()).map(place);
        named(after).or_else(|| named(before)).or(given).or_else(nearest)
    }
}
