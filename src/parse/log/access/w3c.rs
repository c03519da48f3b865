//! W3C extended logs: CloudFront and IIS. A line `#Fields:` names the columns, and may come again with others.

use crate::parse::log::raw::{Field, Raw};

/// The columns of a W3C log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse::log) struct W3c {
    fields: Vec<Field>,
    by_tab: bool,
}

/// Reads the columns from a line `#Fields: ...`.
pub(in crate::parse::log) fn header(line: &[u8]) -> Option<W3c> {
    let names = line.strip_prefix(b"#Fields:")?;
    let names: Vec<&[u8]> = names
        .split(u8::is_ascii_whitespace)
        .filter(|name| !name.is_empty())
        .collect();
    let is_cloudfront = names.contains(&b"x-edge-location".as_slice());
    let has_detail = names.contains(&b"x-edge-detailed-result-type".as_slice());
    let has_host = names.contains(&b"x-host-header".as_slice());
    let fields = names.iter().map(|name| match *name {
        b"date" => Field::Date,
        b"time" => Field::TimeOfDay,
        b"c-ip" => Field::Client,
        b"x-forwarded-for" | b"X-Forwarded-For" | b"cs(X-Forwarded-For)" => Field::Forwarded,
        b"cs-method" => Field::Method,
        b"cs-uri-stem" => Field::Path,
        b"cs-uri-query" => Field::Query,
        b"cs-uri" => Field::Target,
        b"cs-host" | b"x-host-header" => Field::Host,
        b"cs(Host)" if !has_host => Field::Host,
        b"sc-status" => Field::Status,
        b"cs(User-Agent)" => Field::Agent,
        b"time-taken" if is_cloudfront => Field::Seconds,
        b"time-taken" => Field::Millis,
        b"x-edge-request-id" => Field::RequestId,
        b"x-edge-detailed-result-type" => Field::Reason,
        b"x-edge-result-type" if !has_detail => Field::Reason,
        b"sc-substatus" => Field::Substatus,
        b"sc-win32-status" => Field::WindowsError,
        _ => Field::Skip,
    });
    let fields: Vec<Field> = fields.collect();
    fields.contains(&Field::Status).then_some(W3c {
        fields,
        by_tab: is_cloudfront,
    })
}

impl W3c {
    /// Returns whether the log is CloudFront's.
    pub(in crate::parse::log) const fn is_cloudfront(&self) -> bool {
        self.by_tab
    }

    /// Splits a line into its fields.
    pub(in crate::parse::log) fn split<'a>(&self, line: &'a [u8]) -> Option<Raw<'a>> {
        // Tabs become blanks where a log is copied.
        let by_tab = self.by_tab && line.contains(&b'\t');
        let mut values = line.split(|byte| *byte == if by_tab { b'\t' } else { b' ' });
        let mut raw = Raw::new();
        for field in &self.fields {
            let value = values.next()?;
            if *field != Field::Skip {
                raw.set(*field, value);
            }
        }
        values.next().is_none().then_some(raw)
    }
}
