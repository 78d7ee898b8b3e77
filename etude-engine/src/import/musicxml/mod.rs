//! MusicXML, partwise or timewise, to the written score.

mod attributes;
mod direction;
mod document;
mod form;
mod glissando;
mod hands;
mod layout;
mod measure;
mod metronome;
mod name;
mod note;
mod number;
mod ornament;
mod parts;
mod pitch;
mod plain;
mod repeat;
mod span;
mod tree;
mod words;

use std::collections::BTreeMap;

use self::document::{Part, clip};
use self::form::Form;
use self::hands::Hands;
use self::layout::lay_out;
use self::measure::{PartReader, ReadMeasure};
use self::name::{Attribute, Tag};
use self::number::{Decimal, gcd, lcm};
use self::tree::Node;
use super::ImportError;
use super::warnings::Warnings;
use crate::import::{Limits, Options, Read};
use crate::score::TICKS_PER_QUARTER_MAX;
use crate::score::written::{WrittenMeasure, WrittenScore};
use crate::units::Ticks;

/// Resolution where the divisions of a file have no common multiple below it: divisible by all up to 16, so
/// that ordinary tuplets stay exact.
const TICKS_PER_QUARTER_ROUNDED: u32 = 720_720;

/// Reads the text of a MusicXML file.
pub(super) fn score(text: &str, options: &Options) -> Result<Read, ImportError> {
    let limits = &options.limits;
    let tree = document::read(text, limits)?;
    let root = tree.root();
    let parts = document::parts(root, limits)?;
    let mut warnings = Warnings::new(limits);
    let chosen = parts::choose(root, &parts, &options.parts, &mut warnings)?;
    if chosen.is_empty() {
        return Err(ImportError::NoNotes);
    }
    let ticks_per_quarter = resolution(root, &mut warnings);
    let abbreviated = tree.has(Tag::MeasureRepeat);
    let reader = |part| {
        let hands = Hands::new(&parts, &chosen, part);
        PartReader::new(part, ticks_per_quarter, hands, abbreviated)
    };
    let readers = (0..parts.len()).map(reader).collect();
    let mut measures = read_parts(&parts, &chosen, readers, limits, &mut warnings)?;
    name_apart(&mut measures, &mut warnings);
    // Music of one measure has no downbeat to lead to.
    let pickup = measures.first().filter(|_| measures.len() > 1).is_some_and(|(_, nominal, measure)| {
        nominal.is_some_and(|nominal| measure.duration.0 > 0 && measure.duration < nominal)
    });
    let forms: Vec<Form> = measures.iter_mut().map(|(form, ..)| std::mem::take(form)).collect();
    let mut measures: Vec<WrittenMeasure> = measures.into_iter().map(|(.., measure)| measure).collect();
    lay_out(forms, &mut measures, &mut warnings);
    let hands = hands::tell(&parts, &chosen, &mut measures, ticks_per_quarter);
    let title = root.child(Tag::Work).and_then(|work| work.child_text(Tag::WorkTitle));
    let written = WrittenScore {
        title: title.or_else(|| root.child_text(Tag::MovementTitle)).map(clip),
        composer: composer(root),
        ticks_per_quarter,
        pickup,
        measures,
    };
    Ok(Read { written, warnings: warnings.into_vec(), hands, parts: parts::found(&parts, &chosen) })
}

/// The least common multiple of all divisions in the file, if it is fine enough; otherwise places are rounded.
fn resolution(root: Node<'_>, warnings: &mut Warnings) -> u32 {
    let one = Decimal::ONE as u64;
    // Of the divisions, and of the fractions of a division that durations may have.
    let (mut divisions, mut fractions) = (1_u64, 1_u64);
    for node in root.descendants() {
        let common = match node.tag() {
            Tag::Divisions => &mut divisions,
            Tag::Duration => &mut fractions,
            _ => continue,
        };
        let Some(value) = node.text().and_then(Decimal::parse).filter(|value| value.0 > 0) else {
            continue;
        };
        let value = value.0 as u64;
        let shared = gcd(value, one);
        *common = lcm(*common, if node.is(Tag::Divisions) { value / shared } else { one / shared });
        if divisions.saturating_mul(fractions) > u64::from(TICKS_PER_QUARTER_MAX) {
            let reason =
                "the divisions have no common multiple; places were rounded to 1/720720 of a quarter";
            warnings.add(None, reason);
            return TICKS_PER_QUARTER_ROUNDED;
        }
    }
    (divisions * fractions) as u32
}

type MeasureRead = (Form, Option<Ticks>, WrittenMeasure);

/// Reads all parts side by side: notes of the chosen ones, lengths, tempo and form of all.
fn read_parts(
    parts: &[Part<'_>],
    chosen: &[usize],
    mut readers: Vec<PartReader>,
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Vec<MeasureRead>, ImportError> {
    let count = parts.iter().map(|part| part.measures.len()).max().unwrap_or(0);
    let mut measures = Vec::with_capacity(count);
    let mut notes = 0;
    for index in 0..count {
        let mut written = WrittenMeasure::default();
        let mut form = Form::default();
        let mut nominal = None;
        for (number, part) in parts.iter().enumerate() {
            let Some(&measure) = part.measures.get(index) else { continue };
            let is_chosen = chosen.contains(&number);
            let read = readers[number].read(
                measure,
                part.measures.get(index + 1).copied(),
                is_chosen.then_some(&mut *warnings),
            )?;
            let ReadMeasure {
                notes: read_notes,
                tempo,
                marks,
                form: part_form,
                length,
                nominal: part_nominal,
            } = read;
            if is_chosen {
                written.notes.extend(read_notes);
                written.marks.extend(marks);
                nominal = nominal.or(part_nominal);
            }
            if written.number.is_empty() || Some(&number) == chosen.first() {
                written.number = clip(measure.number);
            }
            written.duration = written.duration.max(length);
            written.tempo.extend(tempo);
            form.merge(part_form);
        }
        if written.duration.0 == 0 && written.notes.is_empty() {
            written.duration = nominal.unwrap_or(Ticks(0));
        }
        notes += written.notes.len();
        if notes > limits.notes {
            return Err(ImportError::TooManyNotes { measure: written.number, limit: limits.notes });
        }
        measures.push((form, nominal, written));
    }
    Ok(measures)
}

/// Gives every note an id of its own.
fn name_apart(measures: &mut [MeasureRead], warnings: &mut Warnings) {
    let mut ids: Vec<&str> =
        measures.iter().flat_map(|(.., measure)| &measure.notes).map(|note| &*note.id).collect();
    ids.sort_unstable();
    if ids.windows(2).all(|pair| pair[0] != pair[1]) {
        return;
    }
    let written: Vec<Box<str>> = ids.into_iter().map(Box::from).collect();
    // How often each id was met, which is also where the search for a free one goes on.
    let mut met: BTreeMap<Box<str>, u32> = BTreeMap::new();
    for (.., measure) in measures {
        for note in &mut measure.notes {
            let count = met.entry(note.id.clone()).or_insert(0);
            *count += 1;
            if *count == 1 {
                continue;
            }
            let mut new = format!("{}_{count}", note.id);
            while written.binary_search_by(|id| (**id).cmp(&new)).is_ok() {
                *count += 1;
                new = format!("{}_{count}", note.id);
            }
            let reason = format!("two notes have the id {:?}; the later is called {new:?}", note.id);
            warnings.add(Some(&measure.number), reason);
            note.id = new.into();
        }
    }
}

fn composer(root: Node<'_>) -> Option<String> {
    let identification = root.child(Tag::Identification)?;
    let creator = identification
        .children_of(Tag::Creator)
        .find(|node| node.attribute(Attribute::Type) == Some("composer"))?;
    creator.text().map(clip)
}
