//! What a column of an export is: declared once, in the file of its table.

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// Where the value comes from, in SQL; how it is rounded and printed follows from the kind.
    pub source: &'static str,
    /// Characters that a sheet has room for, where the kind does not say it.
    pub width: Option<u8>,
    /// Its row in docs/columns.md; absent if a table above documents the name, or the text around.
    pub says: Option<&'static str>,
    /// Its place in the table, from 0.
    pub at: usize,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Empty,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are not UTF-8 were replaced when it was stored.
    Text(&'a str),
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A URL, or what stands in its place.
    Address,
    /// A whole number.
    Whole,
    /// A number with so many decimals.
    Decimals(u8),
    /// A number from 0 to 1 with so many decimals.
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

/// The values that have names.
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
    /// A column whose cells are computed a row at a time, from no table of the database.
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

    /// Its cell of a row of its table.
    pub fn of<'a>(&self, row: &[Cell<'a>]) -> Cell<'a> {
        row.get(self.at).copied().unwrap_or(Cell::Empty)
    }

    /// What gives its cells, in SQL.
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

/// What named the URL `u`, whose `found_on` is the URL `source`: a source of a column. The files are looked through
/// once a query: to find one of them by its host reads the whole text of each that is compared.
pub(super) const FINDER: &str = "CASE
    -- /sitemap.xml, requested because robots.txt names none
    WHEN u.role = 2 AND (u.run, u.found_on) IN (SELECT run, url FROM robots_txt WHERE sitemaps = 0)
    THEN 'guessed'
    ELSE coalesce(source.readable, source.address, CASE WHEN u.known > 0 THEN 'previous run' END)
END";

/// Declares the columns of a table in their order: a constant for each, and `COLUMNS`. An entry is
/// the constant, the header, the [`Kind`], the source in SQL, the width of the column where its
/// kind does not say it, and its row in docs/columns.md.
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

/// A value that may be left out.
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
    /// Whether a text is one of the names.
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
    /// Whether a cell is of the kind. One that is empty is of any.
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
    fn a_kind_takes_what_it_says_and_nothing_else() {
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
