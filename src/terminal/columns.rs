//! Small tables for the terminal.

use std::fmt::Write;

/// The side of its column on which a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Lays rows out in columns under their heads: one line for each row, indented by two, with two blanks between columns.
pub(crate) fn columns(heads: &[(&str, Side)], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, (head, _))| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|cell| cell.chars().count()).max();
            widest.unwrap_or(0).max(head.chars().count())
        })
        .collect();
    let names: Vec<String> = heads.iter().map(|(head, _)| (*head).to_owned()).collect();
    let mut out = String::new();
    for row in std::iter::once(&names).chain(rows) {
        let mut line = String::new();
        for ((cell, width), (_, side)) in row.iter().zip(&widths).zip(heads) {
            line.push_str("  ");
            // Writing to a string cannot fail.
            let _ = match side {
                Side::Left => write!(line, "{cell:<width$}"),
                Side::Right => write!(line, "{cell:>width$}"),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_their_heads() {
        let heads = [("name", Side::Left), ("ms", Side::Right), ("", Side::Left)];
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            columns(
                &heads,
                &[row(["a", "1.5", "x"]), row(["\u{fc}ber uns", "120", ""])]
            ),
            "  name       ms\n  a         1.5  x\n  \u{fc}ber uns  120\n"
        );
        assert_eq!(columns(&heads, &[]), "  name  ms\n");
    }
}
