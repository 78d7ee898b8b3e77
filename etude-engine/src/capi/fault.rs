//! Where the unit tests make a panic arise, to see that it is caught. Nothing of it is in a library that is built.

/// A place in the way of every call.
#[cfg_attr(not(test), allow(dead_code))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// At the beginning of an export.
    Entry,
    /// With a handle's contents in use.
    Handle,
}

/// Panics if this thread was told to, once.
#[cfg(test)]
pub(super) fn point(place: Fault) {
    if ARMED.get() == Some(place) {
        ARMED.set(None);
        panic!("injected fault");
    }
}

#[cfg(not(test))]
#[inline(always)]
pub(super) fn point(_: Fault) {}

#[cfg(test)]
thread_local! {
    static ARMED: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// The next call on this thread that comes to `place` panics. Tells whether one was still due.
#[cfg(test)]
pub(super) fn arm(place: Option<Fault>) -> bool {
    ARMED.replace(place).is_some()
}
