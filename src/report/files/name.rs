//! Parses the name of a format.

use std::str::FromStr;

use super::error::ReportError;
use super::format::Format;

impl FromStr for Format {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Format, ReportError> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| ReportError::UnknownFormat(text.to_owned()))
    }
}
