//! Numbers as MusicXML writes them, without floating point.

/// A decimal, in ten-thousandths. Further digits are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal(pub(super) i64);

impl Decimal {
    pub(super) const ONE: i64 = 10_000;
    /// Far more than any duration or tempo needs, far less than could overflow.
    const WHOLE_MAX: i64 = 1_000_000_000;

    /// Reads "12", "-0.5", "+3." and ".25"; `None` for anything else and beyond a thousand million.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && part.is_empty()
            || !(whole.bytes().chain(part.bytes())).all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
        if whole > Self::WHOLE_MAX {
            return None;
        }
        let mut value = whole * Self::ONE;
        let mut unit = Self::ONE;
        for digit in part.bytes().take(4) {
            unit /= 10;
            value += i64::from(digit - b'0') * unit;
        }
        Some(Self(if negative { -value } else { value }))
    }

    /// Rounded half away from zero.
    pub(super) fn round(self) -> i64 {
        (self.0 + self.0.signum() * Self::ONE / 2) / Self::ONE
    }

    pub(super) fn is_whole(self) -> bool {
        self.0 % Self::ONE == 0
    }

    /// The first number in a text such as "ca. 120".
    pub(super) fn first_in(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let rest = &text[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        Self::parse(&rest[..end])
    }
}

/// Microseconds of a quarter at so many quarters a minute; `None` where that is no tempo.
pub(super) fn micros_per_quarter(quarters_per_minute: Decimal) -> Option<u32> {
    let per_minute = quarters_per_minute.0;
    if per_minute <= 0 {
        return None;
    }
    u32::try_from((60_000_000 * Decimal::ONE + per_minute / 2) / per_minute).ok()
}

pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Stays at the greatest number where it would pass it.
pub(super) fn lcm(a: u64, b: u64) -> u64 {
    (a / gcd(a, b)).saturating_mul(b)
}

/// `value * times / by`, rounded half away from zero. `by` must be above 0.
pub(super) fn scale(value: i64, times: i64, by: i64) -> i64 {
    let product = i128::from(value) * i128::from(times);
    let half = i128::from(by) / 2;
    let rounded = (product + if product < 0 { -half } else { half }) / i128::from(by);
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_exactly() {
        let read = |text| Decimal::parse(text).map(|value| value.0);
        assert_eq!(read(" 12 "), Some(120_000));
        assert_eq!(read("-0.5"), Some(-5_000));
        assert_eq!(read(".25"), Some(2_500));
        assert_eq!(read("3."), Some(30_000));
        for bad in ["", ".", "-", "1e3", "0x1", "1.2.3", "NaN", "99999999999999999999", "１"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(Decimal::first_in("ca. 92.5 (ossia 80)").map(|value| value.0), Some(925_000));
    }

    #[test]
    fn tempo_is_rounded_to_the_microsecond() {
        assert_eq!(micros_per_quarter(Decimal::parse("120").unwrap()), Some(500_000));
        assert_eq!(micros_per_quarter(Decimal::parse("70").unwrap()), Some(857_143));
        assert_eq!(micros_per_quarter(Decimal(0)), None);
    }
}
