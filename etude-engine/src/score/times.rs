//! Which times through a passage something counts for.

/// Most times a passage may be repeated by one sign.
pub const TIMES_MAX: u16 = 64;

/// Times through a passage, from 1 to [`TIMES_MAX`], as a small set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Times(u64);

impl Times {
    /// No time in particular. What is limited to no time counts every time.
    pub const ANY: Self = Self(0);

    /// Adds a time; one outside 1 to [`TIMES_MAX`] is left out.
    pub fn insert(&mut self, time: u16) {
        if (1..=TIMES_MAX).contains(&time) {
            self.0 |= 1 << (time - 1);
        }
    }

    /// Whether the time was added.
    pub const fn contains(self, time: u16) -> bool {
        time >= 1 && time <= TIMES_MAX && self.0 & (1 << (time - 1)) != 0
    }

    /// Whether it counts at that time: one it contains, or any if it contains none.
    pub const fn counts(self, time: u16) -> bool {
        self.is_any() || self.contains(time)
    }

    /// Whether it contains no time.
    pub const fn is_any(self) -> bool {
        self.0 == 0
    }

    /// The first time; `None` if it contains none.
    pub fn first(self) -> Option<u16> {
        (!self.is_any()).then(|| self.0.trailing_zeros() as u16 + 1)
    }

    /// The last time; `None` if it contains none.
    pub fn last(self) -> Option<u16> {
        (!self.is_any()).then(|| 64 - self.0.leading_zeros() as u16)
    }
}

impl FromIterator<u16> for Times {
    fn from_iter<I: IntoIterator<Item = u16>>(times: I) -> Self {
        let mut set = Self::ANY;
        times.into_iter().for_each(|time| set.insert(time));
        set
    }
}
