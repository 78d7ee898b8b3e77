//! One sort for whatever is sorted here and not small: each sort of the standard library is compiled anew for each type,
//! and a Worker is counted by its size.

use std::cmp::Ordering;

/// The places of so many things, in order; those that compare equal stay as they are.
pub(crate) fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..count as u32).collect();
    places.sort_by(|&one, &other| compare(one as usize, other as usize));
    places
}

/// Puts things in order; those that compare equal stay as they are.
pub(crate) fn sort<T: Clone>(things: &mut Vec<T>, compare: &dyn Fn(&T, &T) -> Ordering) {
    let order = sorted(things.len(), &|one, other| compare(&things[one], &things[other]));
    *things = order.into_iter().map(|place| things[place as usize].clone()).collect();
}
