//! Inserts name their columns: one without them breaks, or stores under the wrong name, when a column is added.

use crate::source::sources;

/// The tables that code inserts into without naming a column.
fn nameless(code: &str) -> Vec<&str> {
    let inserts = code.split("INSERT ").skip(1);
    let rest = inserts.filter_map(|insert| insert.split_once("INTO "));
    rest.filter_map(|(_, rest)| {
        let mut words = rest.split([' ', '\n', '"']).filter(|word| !word.is_empty());
        let table = words.next()?;
        (words.next()?.starts_with("VALUES")).then_some(table)
    })
    .collect()
}

#[test]
fn inserts_name_their_columns() {
    let mut faults = Vec::new();
    let mut inserts = 0;
    for source in sources() {
        inserts += source.code.matches("INSERT ").count();
        let tables = nameless(&source.code);
        faults.extend(
            tables
                .into_iter()
                .map(|table| format!("{}: {table}", source.name())),
        );
    }
    assert!(
        inserts > 10,
        "{inserts} inserts: they are written otherwise"
    );
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn an_insert_without_columns_is_seen() {
    let code = r#"("INSERT INTO a VALUES (?)") ("INSERT OR IGNORE INTO b (x) VALUES (?)")
        ("INSERT OR REPLACE INTO c
            VALUES (?)") insert!(tx, "INSERT INTO d", run: 1)"#;
    assert_eq!(nameless(code), ["a", "c"]);
}
