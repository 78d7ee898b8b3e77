//! Repeats, voltas and signs of the bar lines on the measures they belong to.

use super::form::Form;
use crate::import::warnings::Warnings;
use crate::score::times::Times;
use crate::score::written::WrittenMeasure;

/// Puts repeats, voltas and signs on their measures.
pub(super) fn lay_out(forms: Vec<Form>, measures: &mut [WrittenMeasure], warnings: &mut Warnings) {
    let mut volta = Times::ANY;
    let mut inferred = 0;
    for (index, form) in forms.into_iter().enumerate() {
        let last = index + 1 == measures.len();
        let measure = &mut measures[index];
        measure.repeat_start |= form.repeat_start;
        measure.repeat_end = form.repeat_end;
        let duration = measure.duration;
        measure.signs = form
            .signs
            .into_iter()
            .map(|(at, mut sign)| {
                sign.at_end |= at.0 > 0 && at >= duration && !last;
                sign
            })
            .collect();
        if let Some(numbers) = form.volta_start {
            inferred = if index > 0 && !measures[index - 1].volta.is_any() { inferred + 1 } else { 1 };
            if numbers.is_any() {
                let reason = format!("a volta without a number was taken as number {inferred}");
                warnings.add(Some(&measures[index].number), reason);
            }
            volta = if numbers.is_any() { Times::from_iter([inferred]) } else { numbers };
            measures[index].volta_start = true;
        }
        measures[index].volta = volta;
        // A bracket that is never closed ends with its repeat.
        if form.volta_stop || form.repeat_end.is_some() {
            volta = Times::ANY;
        }
        if form.starts_next && !last {
            measures[index + 1].repeat_start = true;
        }
        if let Some(end) = form.ended_before.filter(|_| index > 0) {
            measures[index - 1].repeat_end.get_or_insert(end);
        }
    }
}
