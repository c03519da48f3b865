//! How a column is shown: what its cells are and how wide it is. Both are known by its name, as
//! nothing may look at all rows before the first is written.

use rust_xlsxwriter::{Format, FormatAlign};

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever they are.
    General,
    /// Text such as `true`.
    Boolean,
    /// Text that is a time, with milliseconds.
    Moment,
    /// Text that is a time in whole seconds.
    Second,
    /// A number from 0 to 1.
    Share,
}

impl Kind {
    pub(super) fn of(name: &str) -> Kind {
        match name {
            "In Sitemap" | "Connection Reused" | "Follow" => Kind::Boolean,
            "Started" | "First Failed" | "Last Failed" | "Last OK" => Kind::Moment,
            "Crawl Timestamp" => Kind::Second,
            "Cause Confidence" | "Confidence" => Kind::Share,
            _ if name.contains("Error Rate") => Kind::Share,
            _ => Kind::General,
        }
    }

    /// How its cells are shown; absent where nothing is to be said of it.
    pub(super) fn format(self) -> Option<Format> {
        let format = match self {
            Kind::General | Kind::Boolean => return None,
            Kind::Moment => "yyyy-mm-dd hh:mm:ss.000",
            Kind::Second => "yyyy-mm-dd hh:mm:ss",
            Kind::Share => "0.00%",
        };
        Some(Format::new().set_num_format(format))
    }
}

/// How the names of columns are shown.
pub(super) fn header() -> Format {
    Format::new().set_bold().set_align(FormatAlign::Top)
}

/// Characters that a column has room for.
pub(super) fn width(name: &str) -> f64 {
    match (name, Kind::of(name)) {
        (_, Kind::Moment) => 23.0,
        (_, Kind::Second) => 19.0,
        (
            "Address"
            | "Old Address"
            | "Source"
            | "Destination"
            | "Redirect URL"
            | "URL Encoded Address"
            | "Final Address"
            | "Found On"
            | "Canonical Link Element 1"
            | "Subject",
            _,
        ) => 60.0,
        ("Title 1" | "Anchor" | "Detail" | "Problems" | "User Agent", _) => 40.0,
        ("Evidence", _) => 100.0,
        (
            "Content Type" | "Status" | "Outcome" | "Error Source" | "Probable Cause" | "Cause"
            | "Rule" | "Advice" | "Host" | "Section",
            _,
        ) => 24.0,
        // Room for the button of the filter beside the name.
        _ => (name.chars().count() as f64 + 4.0).clamp(8.0, 24.0),
    }
}
