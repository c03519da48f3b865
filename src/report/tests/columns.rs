//! Tests that docs/columns.md and the cells agree with the declarations of the columns.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::story::{exports, stored};
use super::{newest, of};
use crate::logs::LogTable;
use crate::report::{COMPARE_COLUMNS, Format, write};
use crate::store::tables::Column;
use crate::store::{StoreError, Table};

/// If this variable is set, the test below writes the tables of the document instead of comparing them:
/// `GATECRAWL_WRITE_DOCS=1 cargo test columns_md`.
const WRITE: &str = "GATECRAWL_WRITE_DOCS";

#[test]
fn columns_md_has_the_tables_that_the_declarations_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/columns.md");
    let found = fs::read_to_string(&path).expect("a document");
    let expected = with_tables(&found);
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &expected).expect("written");
        return;
    }
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(
            found, expected,
            "`{WRITE}=1 cargo test columns_md` writes it"
        );
    }
    assert!(
        found == expected,
        "`{WRITE}=1 cargo test columns_md` writes it"
    );
}

/// Returns the document with new rows in its tables. The text around them is written by hand.
fn with_tables(document: &str) -> String {
    let mut out = String::new();
    let mut columns: &[Column] = &[];
    for line in document.lines().filter(|line| !line.starts_with("| `")) {
        if let Some((file, _)) = line
            .strip_prefix("## ")
            .and_then(|it| it.split_once(".csv"))
        {
            columns = columns_of(file);
        }
        out += line;
        out.push('\n');
        if line == "|---|---|" {
            out += &rows(columns);
        }
    }
    out
}

fn columns_of(file: &str) -> &'static [Column] {
    let table = Table::ALL.into_iter().find(|table| table.name() == file);
    let of_logs = LogTable::ALL.into_iter().find(|table| table.name() == file);
    match (file, table) {
        ("compare", _) => &COMPARE_COLUMNS,
        _ if of_logs.is_some() => of_logs.map_or(&[], LogTable::columns),
        (_, Some(table)) => table.columns(),
        _ => panic!("no table {file:?}"),
    }
}

/// Returns a row for each column with a description; an old and a new value share one row.
fn rows(columns: &[Column]) -> String {
    let mut out = String::new();
    for (at, column) in columns.iter().enumerate() {
        let Some(says) = column.says else { continue };
        let old = column.name.strip_prefix("Old ");
        let new = columns.get(at + 1).filter(|next| {
            next.says.is_none() && old.is_some() && next.name.strip_prefix("New ") == old
        });
        let new = new.map_or(String::new(), |new| format!(", `{}`", new.name));
        let _ = writeln!(out, "| `{}`{new} | {says} |", column.name);
    }
    out
}

#[tokio::test]
async fn every_cell_is_of_the_kind_that_its_column_declares() {
    let ((_dir, store), out) = (stored().await, exports());
    let run = newest(&store).id;
    // An export needs a concluded run.
    write(&store, &newest(&store), &of(&[Format::Csv]), out.path()).expect("written");
    for table in Table::ALL {
        let mut rows = 0;
        store
            .rows(run, table, &mut |row| {
                assert_eq!(row.len(), table.columns().len(), "{table:?}");
                for column in table.columns() {
                    let cell = column.of(row);
                    let (name, kind) = (column.name, column.kind);
                    assert!(kind.fits(cell), "{table:?} {name}: {cell:?} is no {kind:?}");
                }
                rows += 1;
                Ok::<(), StoreError>(())
            })
            .expect("read");
        assert!(rows > 0, "nothing in {table:?}");
    }
}
