//! The format and width of a column. Both come from its declaration, because no code may read all rows before the first
//! is written.

use rust_xlsxwriter::{Format, FormatAlign};

use crate::report::tables::columns::Heading;
use crate::store::tables::Kind;

/// Returns the format of the cells of a kind; `None` for the default.
pub(super) fn format(kind: Kind) -> Option<Format> {
    let format = match kind {
        Kind::Time => "yyyy-mm-dd hh:mm:ss.000",
        Kind::Second => "yyyy-mm-dd hh:mm:ss",
        Kind::Share(_) => "0.00%",
        _ => return None,
    };
    Some(Format::new().set_num_format(format))
}

/// Returns the format of the header.
pub(super) fn header() -> Format {
    Format::new().set_bold().set_align(FormatAlign::Top)
}

/// Returns the width of a column in characters.
pub(super) fn width(column: &Heading) -> f64 {
    match (column.width, column.kind) {
        (Some(width), _) => width.into(),
        (None, Kind::Time) => 23.0,
        (None, Kind::Second) => 19.0,
        (None, Kind::Address) => 60.0,
        // Room for the button of the filter beside the name.
        _ => (column.name.chars().count() as f64 + 4.0).clamp(8.0, 24.0),
    }
}
