//! Place
//!
//! Where the player is, for drawing a cursor, at any moment and not only when a note comes. Asking changes
//! nothing, and no verdict depends on it:
//!
//! ```c
//! etude_place place = ETUDE_PLACE_INIT;
//! uint32_t notes[16];
//! size_t count;
//! if (etude_session_place(session, now_us, &place) == ETUDE_OK &&
//!     etude_session_expected(session, now_us, notes, 16, &count) == ETUDE_OK) {
//!     printf("quarter %.2f, %zu keys to strike\n", (double)place.position_uq / 1e6, count);
//! }
//! ```

use crate::capi::client::etude_client;
use crate::capi::firewall::firewall;
use crate::capi::memory::{Detail, Out, Sized32, SizedOut, array_out, reference};
use crate::capi::record::ETUDE_NO_NOTE;
use crate::capi::session::etude_session;
use crate::capi::status::etude_status;
use crate::score::NoteIndex;
use crate::session::{Place, Session};
use crate::units::Micros;

/// Where the player is at some moment.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_place {
    /// sizeof(etude_place).
    pub struct_size: u32,
    /// Index of the measure it lies in.
    pub measure: u32,
    /// Place in the performed score in millionths of a quarter, never outside it: finer than a tick, for a
    /// cursor that glides.
    pub position_uq: i64,
    /// The same in ticks, rounded down.
    pub ticks: i64,
    /// Which time through that measure, from 1.
    pub pass: u32,
    /// Index of the first of the notes that were begun last, or that were due last under a clock; before the
    /// first ETUDE_NO_NOTE.
    pub behind: u32,
    /// Index of the first of the notes that come next; after the last ETUDE_NO_NOTE.
    pub ahead: u32,
    /// Length of a quarter as it is played, in microseconds; 0 where there is no tempo: before a second onset
    /// was struck, while the clock stands, and in ETUDE_MODE_WAIT.
    pub micros_per_quarter: u32,
    /// 1 if the place moves on with time, 0 if it need not be drawn anew before the next event.
    pub moving: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: repr(C), integers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_place {
    const SIZE_MIN: u32 = 48;
}

/// Where the player is at the time `now_us` of the take's clock, or at the latest event if that is later. In
/// ETUDE_MODE_FOLLOW the place moves on from the note struck last at the player's tempo, as far as the next
/// note, and waits there; in ETUDE_MODE_CLOCK it goes with the clock; in ETUDE_MODE_WAIT it is at the notes
/// waited for. It may step back where the reading of the last notes is revised.
/// [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_place(
    session: *const etude_session,
    now_us: i64,
    place: *mut etude_place,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, out) = unsafe { (reference(session, "session")?, SizedOut::new(place, "place")?) };
        session.with(|session| {
            out.write(session.place(Micros(now_us)).into());
            Ok(())
        })
    })
}

/// Copies the indices of the notes to be struck next at `now_us`, in score order and one for each key, into an
/// array of `capacity` elements, and tells in `count` how many: fewer than `capacity` if there are no more. They
/// are what is left of a chord begun, up to half-way to the notes after it, and then those. None after the
/// last. [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_expected(
    session: *const etude_session,
    now_us: i64,
    notes: *mut u32,
    capacity: usize,
    count: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, room, out) = unsafe {
            (reference(session, "session")?, array_out(notes, capacity, "notes")?, Out::new(count, "count")?)
        };
        session.with(|session| {
            out.write(copy(session, now_us, room));
            Ok(())
        })
    })
}

/// As etude_session_place, of the take as this end of an authoritative session judges it.
/// [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_place(
    client: *const etude_client,
    now_us: i64,
    place: *mut etude_place,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, out) = unsafe { (reference(client, "client")?, SizedOut::new(place, "place")?) };
        client.with(|session| {
            out.write(session.place(Micros(now_us)).into());
            Ok(())
        })
    })
}

/// As etude_session_expected, of the take as this end of an authoritative session judges it.
/// [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_expected(
    client: *const etude_client,
    now_us: i64,
    notes: *mut u32,
    capacity: usize,
    count: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, room, out) = unsafe {
            (reference(client, "client")?, array_out(notes, capacity, "notes")?, Out::new(count, "count")?)
        };
        client.with(|session| {
            out.write(copy(session, now_us, room));
            Ok(())
        })
    })
}

/// Copies as many notes as there is room for. Returns how many.
fn copy(session: &Session, now_us: i64, room: &mut [std::mem::MaybeUninit<u32>]) -> usize {
    let mut copied = 0;
    for (place, note) in room.iter_mut().zip(session.expected(Micros(now_us))) {
        place.write(note.0);
        copied += 1;
    }
    copied
}

impl From<Place> for etude_place {
    fn from(place: Place) -> Self {
        let note = |note: Option<NoteIndex>| note.map_or(ETUDE_NO_NOTE, |note| note.0);
        Self {
            struct_size: 0,
            measure: place.measure,
            position_uq: place.position,
            ticks: place.ticks.0,
            pass: u32::from(place.pass),
            behind: note(place.behind),
            ahead: note(place.ahead),
            micros_per_quarter: place.micros_per_quarter.unwrap_or(0),
            moving: u32::from(place.moving),
            reserved: 0,
        }
    }
}
