//! The product's columns, and the source of each value in our tables.

use std::borrow::Cow;

use crate::model::{LinkKind, Position};
use crate::store::Cell;
use crate::store::tables::{Column as Ours, error_inlinks, pages};

/// A column of the product.
pub(super) struct Column {
    pub(super) name: &'static str,
    from: From,
}

/// The source of a value.
#[derive(Clone, Copy)]
enum From {
    /// We have no such value.
    Nowhere,
    /// Our column, as it is.
    Ours(Ours),
    /// Our column, or 0 if it is empty.
    Count(Ours),
    /// Our column with three decimals.
    Seconds(Ours),
    /// UTF-16 units of our column.
    Length(Ours),
    /// `2.0` for our `2`.
    HttpVersion,
    /// The kind of link, in the product's words.
    LinkType,
    /// A link's text; that of an image is its alternative text.
    Anchor,
    AltText,
    /// Where on the page the link was found.
    LinkOrigin,
}

const fn none(name: &'static str) -> Column {
    Column {
        name,
        from: From::Nowhere,
    }
}

/// A column of the same name in both.
const fn same(ours: Ours) -> Column {
    Column {
        name: ours.name,
        from: From::Ours(ours),
    }
}

const fn count(ours: Ours) -> Column {
    Column {
        name: ours.name,
        from: From::Count(ours),
    }
}

const fn from(name: &'static str, from: From) -> Column {
    Column { name, from }
}

/// `internal_all.csv`.
pub(super) const INTERNAL: [Column; 72] = [
    same(pages::ADDRESS),
    same(pages::CONTENT_TYPE),
    same(pages::STATUS_CODE),
    same(pages::STATUS),
    same(pages::INDEXABILITY),
    same(pages::INDEXABILITY_STATUS),
    same(pages::TITLE_1),
    from("Title 1 Length", From::Length(pages::TITLE_1)),
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
    same(pages::META_ROBOTS_1),
    same(pages::X_ROBOTS_TAG_1),
    none("Meta Refresh 1"),
    same(pages::CANONICAL_LINK_ELEMENT_1),
    none("rel=\"next\" 1"),
    none("rel=\"prev\" 1"),
    none("HTTP rel=\"next\" 1"),
    none("HTTP rel=\"prev\" 1"),
    none("amphtml Link Element"),
    count(pages::SIZE),
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
    same(pages::CRAWL_DEPTH),
    same(pages::FOLDER_DEPTH),
    same(pages::LINK_SCORE),
    count(pages::INLINKS),
    count(pages::UNIQUE_INLINKS),
    none("Unique JS Inlinks"),
    none("% of Total"),
    count(pages::OUTLINKS),
    count(pages::UNIQUE_OUTLINKS),
    none("Unique JS Outlinks"),
    count(pages::EXTERNAL_OUTLINKS),
    none("Unique External Outlinks"),
    none("Unique External JS Outlinks"),
    none("Closest Near Duplicate Match"),
    none("No. Near Duplicates"),
    none("Spelling Errors"),
    none("Grammar Errors"),
    same(pages::HASH),
    from("Response Time", From::Seconds(pages::RESPONSE_TIME)),
    same(pages::LAST_MODIFIED),
    same(pages::REDIRECT_URL),
    same(pages::REDIRECT_TYPE),
    none("Cookies"),
    same(pages::LANGUAGE),
    from("HTTP Version", From::HttpVersion),
    none("Mobile Alternate Link"),
    none("Closest Semantically Similar Address"),
    none("Semantic Similarity Score"),
    none("No. Semantically Similar"),
    none("Semantic Relevance Score"),
    same(pages::URL_ENCODED_ADDRESS),
    same(pages::CRAWL_TIMESTAMP),
];

/// `response_codes_internal_server_error_(5xx).csv`.
pub(super) const RESPONSE_CODES: [Column; 10] = [
    same(pages::ADDRESS),
    same(pages::CONTENT_TYPE),
    same(pages::STATUS_CODE),
    same(pages::STATUS),
    same(pages::INDEXABILITY),
    same(pages::INDEXABILITY_STATUS),
    count(pages::INLINKS),
    from("Response Time", From::Seconds(pages::RESPONSE_TIME)),
    same(pages::REDIRECT_URL),
    same(pages::REDIRECT_TYPE),
];

/// `server_error_(5xx)_inlinks.csv`.
pub(super) const INLINKS: [Column; 15] = [
    from("Type", From::LinkType),
    same(error_inlinks::SOURCE),
    same(error_inlinks::DESTINATION),
    none("Size (Bytes)"),
    from("Alt Text", From::AltText),
    from("Anchor", From::Anchor),
    same(error_inlinks::STATUS_CODE),
    same(error_inlinks::STATUS),
    same(error_inlinks::FOLLOW),
    none("Target"),
    same(error_inlinks::REL),
    none("Path Type"),
    none("Link Path"),
    same(error_inlinks::LINK_POSITION),
    from("Link Origin", From::LinkOrigin),
];

impl Column {
    /// Returns the value for a row of the table that the product's sheet is made from.
    pub(super) fn value<'a>(&self, row: &[Cell<'a>]) -> Cow<'a, str> {
        let is_image = || text(&error_inlinks::TYPE, row) == LinkKind::Image.name();
        let in_header = || text(&error_inlinks::LINK_POSITION, row) == Position::HttpHeader.name();
        match self.from {
            From::Nowhere => "".into(),
            From::Ours(ours) => written(ours.of(row)),
            From::Count(ours) => match ours.of(row) {
                Cell::Empty => "0".into(),
                cell => written(cell),
            },
            From::Seconds(ours) => match ours.of(row) {
                Cell::Real(seconds) => format!("{seconds:.3}").into(),
                cell => written(cell),
            },
            From::Length(ours) => text(&ours, row).encode_utf16().count().to_string().into(),
            From::HttpVersion => match text(&pages::HTTP_VERSION, row) {
                "2" => "2.0".into(),
                version => version.into(),
            },
            From::LinkType => match text(&error_inlinks::TYPE, row) {
                kind if kind == LinkKind::Canonical.name() && in_header() => {
                    "HTTP Canonical".into()
                }
                kind if kind == LinkKind::Canonical.name() => "HTML Canonical".into(),
                kind => kind.into(),
            },
            From::Anchor if is_image() => "".into(),
            From::AltText if !is_image() => "".into(),
            From::Anchor | From::AltText => written(error_inlinks::ANCHOR.of(row)),
            From::LinkOrigin if in_header() => "".into(),
            From::LinkOrigin => "HTML".into(),
        }
    }
}

/// Returns a cell's text; empty if it has none.
pub(super) fn text<'a>(column: &Ours, row: &[Cell<'a>]) -> &'a str {
    match column.of(row) {
        Cell::Text(text) => text,
        Cell::Empty | Cell::Integer(_) | Cell::Real(_) => "",
    }
}

/// Formats a cell as text.
fn written(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        Cell::Empty => "".into(),
        Cell::Integer(value) => value.to_string().into(),
        Cell::Real(value) => value.to_string().into(),
        Cell::Text(text) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_product_writes_them() {
        let mut page = vec![Cell::Empty; pages::COLUMNS.len()];
        page[pages::TITLE_1.at] = Cell::Text("Été 𝄞");
        page[pages::RESPONSE_TIME.at] = Cell::Real(0.5);
        page[pages::HTTP_VERSION.at] = Cell::Text("2");
        let mut link = vec![Cell::Empty; error_inlinks::COLUMNS.len()];
        link[error_inlinks::TYPE.at] = Cell::Text("Image");
        link[error_inlinks::ANCHOR.at] = Cell::Text("A logo");
        link[error_inlinks::LINK_POSITION.at] = Cell::Text("Content");
        let check = |columns: &[Column], row: &[Cell<'_>], name: &str, expected: &str| {
            let column = columns.iter().find(|column| column.name == name);
            assert_eq!(column.expect("known").value(row), expected, "{name}");
        };
        check(&INTERNAL, &page, "Title 1 Length", "6");
        check(&INTERNAL, &page, "Response Time", "0.500");
        check(&INTERNAL, &page, "HTTP Version", "2.0");
        check(&INTERNAL, &page, "Inlinks", "0");
        check(&INTERNAL, &page, "Cookies", "");
        check(&INLINKS, &link, "Alt Text", "A logo");
        check(&INLINKS, &link, "Anchor", "");
        check(&INLINKS, &link, "Link Origin", "HTML");
    }

    #[test]
    fn our_columns_exist_in_the_table_that_is_read() {
        let sheets: [(&[Column], &[Ours]); 3] = [
            (&INTERNAL, pages::COLUMNS),
            (&RESPONSE_CODES, pages::COLUMNS),
            (&INLINKS, error_inlinks::COLUMNS),
        ];
        for (sheet, table) in sheets {
            for column in sheet {
                let (From::Ours(ours)
                | From::Count(ours)
                | From::Seconds(ours)
                | From::Length(ours)) = column.from
                else {
                    continue;
                };
                assert_eq!(table[ours.at].name, ours.name, "{}", column.name);
            }
        }
    }
}
