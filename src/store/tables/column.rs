//! Columns of the exports, each declared once, in the file of its table.

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// Kind of its cells.
    pub kind: Kind,
    /// Source of the value in SQL; the kind decides how it is rounded and printed.
    pub source: &'static str,
    /// Width in a sheet, in characters, if the kind does not set it.
    pub width: Option<u8>,
    /// Its row in docs/columns.md; absent if a table above documents the name, or the surrounding text does.
    pub says: Option<&'static str>,
    /// Its index in the table, from 0.
    pub at: usize,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// An unknown value.
    Empty,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are not UTF-8 were replaced when it was stored.
    Text(&'a str),
}

/// The kind of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A URL, or a replacement for it.
    Address,
    /// A whole number.
    Whole,
    /// A number with this many decimals.
    Decimals(u8),
    /// A number from 0 to 1 with this many decimals.
    Share(u8),
    /// A time in milliseconds.
    Time,
    /// A time in whole seconds.
    Second,
    /// `true` or `false`.
    YesNo,
    /// The name of one of a few values.
    Name(Names),
}

/// A set of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the types")]
pub enum Names {
    Causes,
    FindingScope,
    LinkKind,
    Outcome,
    Position,
    Purpose,
    RedirectEnd,
    RobotsAccess,
    Role,
    Severity,
    SkipReason,
    Verdict,
}

impl Column {
    /// Declares a column whose cells are computed row by row, not read from the database.
    pub const fn computed(name: &'static str, kind: Kind, says: Option<&'static str>) -> Column {
        Column {
            name,
            kind,
            source: "",
            width: None,
            says,
            at: usize::MAX,
        }
    }

    /// Returns the column's cell in a row of its table.
    pub fn of<'a>(&self, row: &[Cell<'a>]) -> Cell<'a> {
        row.get(self.at).copied().unwrap_or(Cell::Empty)
    }

    /// Returns the SQL expression of its cells.
    pub(super) fn expression(&self) -> String {
        let source = self.source;
        match self.kind {
            Kind::Text | Kind::Address | Kind::Whole | Kind::Name(_) => source.to_owned(),
            Kind::Decimals(places) | Kind::Share(places) => format!("round({source}, {places})"),
            Kind::Time => {
                format!("strftime('%Y-%m-%dT%H:%M:%fZ', {source} / 1000.0, 'unixepoch')")
            }
            Kind::Second => format!("strftime('%Y-%m-%d %H:%M:%S', {source} / 1000, 'unixepoch')"),
            Kind::YesNo => format!("CASE {source} WHEN 1 THEN 'true' ELSE 'false' END"),
        }
    }
}

/// The source of the URL `u`, whose `found_on` is the URL `source`. Reads the robots.txt files once per
/// query: finding one of them by host would read the whole text of each.
pub(super) const FINDER: &str = "CASE
    -- /sitemap.xml, requested because robots.txt names none
    WHEN u.role = 2 AND (u.run, u.found_on) IN (SELECT run, url FROM robots_txt WHERE sitemaps = 0)
    THEN 'guessed'
    ELSE coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END)
END";

/// Declares the columns of a table in their order: a constant for each, and `COLUMNS`. An entry has these
/// parts: constant, header, [`Kind`], source in SQL, width of the column if its kind does not set it, and row
/// in docs/columns.md.
macro_rules! columns {
    ($($constant:ident = $name:literal, $kind:expr, $source:expr $(, wide $width:literal)?
        $(, $says:literal)?;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as constants")]
        enum At { $($constant),* }

        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: super::column::Column = super::column::Column {
                name: $name,
                kind: $kind,
                source: $source,
                width: super::column::given!($($width)?),
                says: super::column::given!($($says)?),
                at: At::$constant as usize,
            };
        )*

        /// All columns in their order.
        pub const COLUMNS: &[super::column::Column] = &[$($constant),*];
    };
}

/// An optional value.
macro_rules! given {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

pub(super) use {columns, given};

#[cfg(test)]
impl Names {
    /// Returns whether a text is one of the names.
    fn knows(self, text: &str) -> bool {
        use crate::assess::Verdict;
        use crate::assess::diagnose::rules::{Scope, Severity};
        use crate::model::{
            Causes, LinkKind, Outcome, Position, Purpose, RedirectEnd, RobotsAccess, Role,
            SkipReason,
        };
        match self {
            Names::Causes => Causes::from_text(text).is_some(),
            Names::FindingScope => Scope::from_id(text).is_some(),
            Names::LinkKind => LinkKind::ALL.iter().any(|kind| kind.name() == text),
            Names::Outcome => Outcome::from_id(text).is_some(),
            Names::Position => (0..=6).any(|code| Position::from_code(code).name() == text),
            Names::Purpose => Purpose::from_name(text).is_some(),
            Names::RedirectEnd => RedirectEnd::from_name(text).is_some(),
            Names::RobotsAccess => RobotsAccess::from_name(text).is_some(),
            Names::Role => Role::from_name(text).is_some(),
            Names::Severity => Severity::from_id(text).is_some(),
            Names::SkipReason => SkipReason::from_name(text).is_some(),
            Names::Verdict => Verdict::from_name(text).is_some(),
        }
    }
}

#[cfg(test)]
impl Kind {
    /// Returns whether a cell is of this kind. An empty cell fits any kind.
    pub(crate) fn fits(self, cell: Cell<'_>) -> bool {
        match (self, cell) {
            (_, Cell::Empty)
            | (Kind::Text | Kind::Address, Cell::Text(_))
            | (Kind::Whole, Cell::Integer(_))
            | (Kind::Decimals(_), Cell::Real(_)) => true,
            (Kind::Share(_), Cell::Real(value)) => (0.0..=1.0).contains(&value),
            (Kind::Time, Cell::Text(text)) => text.len() == "2026-11-28T12:00:00.000Z".len(),
            (Kind::Second, Cell::Text(text)) => text.len() == "2026-11-28 12:00:00".len(),
            (Kind::YesNo, Cell::Text(text)) => ["true", "false"].contains(&text),
            (Kind::Name(names), Cell::Text(text)) => names.knows(text),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_accepts_only_its_own_cells() {
        let cells = [
            (Kind::Text, Cell::Text("x"), Cell::Integer(1)),
            (Kind::Address, Cell::Text("http://h/"), Cell::Real(1.0)),
            (Kind::Whole, Cell::Integer(1), Cell::Text("1")),
            (Kind::Decimals(1), Cell::Real(1.5), Cell::Integer(1)),
            (Kind::Share(4), Cell::Real(0.5), Cell::Real(50.0)),
            (
                Kind::Time,
                Cell::Text("2026-11-28T12:00:00.000Z"),
                Cell::Text("2026-11-28 12:00:00"),
            ),
            (
                Kind::Second,
                Cell::Text("2026-11-28 12:00:00"),
                Cell::Integer(0),
            ),
            (Kind::YesNo, Cell::Text("true"), Cell::Integer(1)),
            (
                Kind::Name(Names::Verdict),
                Cell::Text("ok"),
                Cell::Text("fine"),
            ),
            (
                Kind::Name(Names::Causes),
                Cell::Text("dns or tls"),
                Cell::Text("gnomes"),
            ),
        ];
        for (kind, of_it, other) in cells {
            assert!(kind.fits(of_it) && kind.fits(Cell::Empty), "{kind:?}");
            assert!(!kind.fits(other), "{kind:?} {other:?}");
        }
    }
}
