//! Cells of a table, with NUL between them.

use super::parts::text;

/// A reader gets back what was written, no cell is a formula, and none commands a terminal.
pub fn check(bytes: &[u8]) {
    let rows: Vec<Vec<String>> = bytes
        .split(|byte| *byte == 0)
        .map(|cell| text(cell).into_owned())
        .collect::<Vec<_>>()
        .chunks_exact(2)
        .map(<[String]>::to_vec)
        .collect();
    let mut writer = gatecrawl::report::csv_writer(Vec::new());
    for row in &rows {
        let cells = row
            .iter()
            .map(|cell| gatecrawl::report::without_formulas(cell).into_owned());
        writer.write_record(cells).expect("memory has room");
    }
    let written = writer.into_inner().expect("memory has room");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&*written);
    let mut read = 0;
    for (record, row) in reader.records().zip(&rows) {
        let record = record.expect("what was written");
        for (cell, original) in record.iter().zip(row) {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell:?}"
            );
            let commands = |c: char| {
                matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                    || c.is_control() && !"\t\r\n".contains(c)
            };
            let harmless = original.replace(commands, "\u{fffd}");
            // Nothing but apostrophes is added: wherever another separator would let a formula begin.
            assert_eq!(cell.replace('\'', ""), harmless.replace('\'', ""));
        }
        assert_eq!(record.len(), row.len());
        read += 1;
    }
    assert_eq!(read, rows.len());
    assert_eq!(
        reader.records().count(),
        0,
        "there is more than was written"
    );
}
