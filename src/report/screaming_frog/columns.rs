//! The product's columns, and where the value of each is found in our tables.

use std::borrow::Cow;

use crate::report::row::Row;
use crate::store::Cell;

/// A column of the product.
pub(super) struct Column {
    pub(super) name: &'static str,
    from: From,
}

/// Where a value comes from.
#[derive(Clone, Copy)]
enum From {
    /// We have none.
    Nowhere,
    /// Our column of this name, as it is.
    Ours(&'static str),
    /// The same, or 0.
    Count(&'static str),
    /// The same with three decimals.
    Seconds(&'static str),
    /// UTF-16 units of our column of this name.
    Length(&'static str),
    /// `2.0` where we say `2`.
    HttpVersion,
    /// What kind of link it is, in the product's words.
    LinkType,
    /// A link's text; that of an image is its alternative text.
    Anchor,
    AltText,
    /// Where the link was found.
    LinkOrigin,
}

const fn none(name: &'static str) -> Column {
    Column {
        name,
        from: From::Nowhere,
    }
}

/// A column of the same name in both.
const fn same(name: &'static str) -> Column {
    Column {
        name,
        from: From::Ours(name),
    }
}

const fn count(name: &'static str) -> Column {
    Column {
        name,
        from: From::Count(name),
    }
}

const fn from(name: &'static str, from: From) -> Column {
    Column { name, from }
}

/// `internal_all.csv`.
pub(super) const INTERNAL: [Column; 72] = [
    same("Address"),
    same("Content Type"),
    same("Status Code"),
    same("Status"),
    same("Indexability"),
    same("Indexability Status"),
    same("Title 1"),
    from("Title 1 Length", From::Length("Title 1")),
    none("Title 1 Pixel Width"),
    none("Meta Description 1"),
    none("Meta Description 1 Length"),
    none("Meta Description 1 Pixel Width"),
    none("Meta Keywords 1"),
    none("Meta Keywords 1 Length"),
    none("H1-1"),
    none("H1-1 Length"),
    none("H2-1"),
    none("H2-1 Length"),
    none("H2-2"),
    none("H2-2 Length"),
    same("Meta Robots 1"),
    same("X-Robots-Tag 1"),
    none("Meta Refresh 1"),
    same("Canonical Link Element 1"),
    none("rel=\"next\" 1"),
    none("rel=\"prev\" 1"),
    none("HTTP rel=\"next\" 1"),
    none("HTTP rel=\"prev\" 1"),
    none("amphtml Link Element"),
    count("Size (bytes)"),
    none("Transferred (bytes)"),
    none("Total Transferred (bytes)"),
    none("CO2 (mg)"),
    none("Carbon Rating"),
    none("Word Count"),
    none("Sentence Count"),
    none("Average Words Per Sentence"),
    none("Flesch Reading Ease Score"),
    none("Readability"),
    none("Text Ratio"),
    same("Crawl Depth"),
    same("Folder Depth"),
    same("Link Score"),
    count("Inlinks"),
    count("Unique Inlinks"),
    none("Unique JS Inlinks"),
    none("% of Total"),
    count("Outlinks"),
    count("Unique Outlinks"),
    none("Unique JS Outlinks"),
    count("External Outlinks"),
    none("Unique External Outlinks"),
    none("Unique External JS Outlinks"),
    none("Closest Near Duplicate Match"),
    none("No. Near Duplicates"),
    none("Spelling Errors"),
    none("Grammar Errors"),
    same("Hash"),
    from("Response Time", From::Seconds("Response Time")),
    same("Last Modified"),
    same("Redirect URL"),
    same("Redirect Type"),
    none("Cookies"),
    same("Language"),
    from("HTTP Version", From::HttpVersion),
    none("Mobile Alternate Link"),
    none("Closest Semantically Similar Address"),
    none("Semantic Similarity Score"),
    none("No. Semantically Similar"),
    none("Semantic Relevance Score"),
    same("URL Encoded Address"),
    same("Crawl Timestamp"),
];

/// `response_codes_internal_server_error_(5xx).csv`.
pub(super) const RESPONSE_CODES: [Column; 10] = [
    same("Address"),
    same("Content Type"),
    same("Status Code"),
    same("Status"),
    same("Indexability"),
    same("Indexability Status"),
    count("Inlinks"),
    from("Response Time", From::Seconds("Response Time")),
    same("Redirect URL"),
    same("Redirect Type"),
];

/// `server_error_(5xx)_inlinks.csv`.
pub(super) const INLINKS: [Column; 15] = [
    from("Type", From::LinkType),
    same("Source"),
    same("Destination"),
    none("Size (Bytes)"),
    from("Alt Text", From::AltText),
    from("Anchor", From::Anchor),
    same("Status Code"),
    same("Status"),
    same("Follow"),
    none("Target"),
    same("Rel"),
    none("Path Type"),
    none("Link Path"),
    same("Link Position"),
    from("Link Origin", From::LinkOrigin),
];

impl Column {
    pub(super) fn value<'a>(&self, row: &Row<'a>) -> Cow<'a, str> {
        let is_image = || row.text("Type") == "Image";
        let in_header = || row.text("Link Position") == "HTTP Header";
        match self.from {
            From::Nowhere => "".into(),
            From::Ours(name) => written(name, row),
            From::Count(name) => match row.cell(name) {
                Cell::Empty => "0".into(),
                _ => written(name, row),
            },
            From::Seconds(name) => match row.cell(name) {
                Cell::Real(seconds) => format!("{seconds:.3}").into(),
                _ => written(name, row),
            },
            From::Length(name) => row.text(name).encode_utf16().count().to_string().into(),
            From::HttpVersion => match row.text("HTTP Version") {
                "2" => "2.0".into(),
                version => version.into(),
            },
            From::LinkType => match row.text("Type") {
                "Canonical" if in_header() => "HTTP Canonical".into(),
                "Canonical" => "HTML Canonical".into(),
                kind => kind.into(),
            },
            From::Anchor if is_image() => "".into(),
            From::AltText if !is_image() => "".into(),
            From::Anchor | From::AltText => written("Anchor", row),
            From::LinkOrigin if in_header() => "".into(),
            From::LinkOrigin => "HTML".into(),
        }
    }
}

/// A cell as text.
fn written<'a>(name: &str, row: &Row<'a>) -> Cow<'a, str> {
    match row.cell(name) {
        Cell::Empty => "".into(),
        Cell::Integer(value) => value.to_string().into(),
        Cell::Real(value) => value.to_string().into(),
        Cell::Text(text) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::Places;

    #[test]
    fn values_are_written_as_the_product_writes_them() {
        let places: Places = [
            "Title 1",
            "Response Time",
            "HTTP Version",
            "Inlinks",
            "Type",
            "Anchor",
            "Link Position",
        ]
        .map(str::to_owned)
        .into_iter()
        .collect();
        let cells = [
            Cell::Text("Été 𝄞"),
            Cell::Real(0.5),
            Cell::Text("2"),
            Cell::Empty,
            Cell::Text("Image"),
            Cell::Text("A logo"),
            Cell::Text("Content"),
        ];
        let row = places.row(&cells);
        let check = |columns: &[Column], name: &str, expected: &str| {
            let column = columns.iter().find(|column| column.name == name);
            assert_eq!(column.expect("known").value(&row), expected, "{name}");
        };
        check(&INTERNAL, "Title 1 Length", "6");
        check(&INTERNAL, "Response Time", "0.500");
        check(&INTERNAL, "HTTP Version", "2.0");
        check(&INTERNAL, "Inlinks", "0");
        check(&INTERNAL, "Cookies", "");
        check(&INLINKS, "Alt Text", "A logo");
        check(&INLINKS, "Anchor", "");
        check(&INLINKS, "Link Origin", "HTML");
    }
}
