//! The units of metrics, and their values as people read them.

/// The unit of a metric's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of URLs: exact.
    Count,
    /// A share of a whole, 0..1; written with or without a percent sign.
    Share,
    /// A score of 0..100.
    Score,
}

impl Unit {
    /// Returns the maximum value, if there is one.
    pub(super) const fn most(self) -> Option<f64> {
        match self {
            Unit::Count => None,
            Unit::Share => Some(1.0),
            Unit::Score => Some(100.0),
        }
    }

    /// Returns a value for people: `3`, `1.25 %`, `80.5`.
    pub fn show(self, value: f64) -> String {
        match self {
            Unit::Count => format!("{value:.0}"),
            Unit::Share => format!("{} %", short(value * 100.0)),
            Unit::Score => short(value),
        }
    }
}

/// Formats with at most two decimals, without trailing zeros.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        let cases = [
            (Unit::Count, 12.0, "12"),
            (Unit::Share, 0.01, "1 %"),
            (Unit::Share, 0.012_345, "1.23 %"),
            (Unit::Share, 0.0, "0 %"),
            (Unit::Score, 80.0, "80"),
            (Unit::Score, 79.5, "79.5"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(unit.show(value), expected);
        }
    }
}
