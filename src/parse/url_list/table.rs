use super::fault::ListFault;
use super::layout::Layout;
use super::row::{Row, Rows};
use super::shape::Shape;

/// What cells are handed to: the line, the text, and what it looks like.
pub(super) type Each<'e> = &'e mut dyn FnMut(u64, &str, Shape);

/// Reads a table to its end and hands out its URL column. Titles and headers are left out.
pub(super) fn take(rows: &mut impl Rows, layout: &Layout, each: Each<'_>) -> Result<(), ListFault> {
    let header = layout.header.as_ref().map(|(line, _)| *line);
    let mut row = Row::default();
    let (mut any, mut urls) = (false, 0_u64);
    while rows.next(&mut row)? {
        any = true;
        if row.line < layout.first {
            // The rows of a table that stands before, with other columns.
            if row.filled() > 1 && Some(row.line) != header {
                let cell = row.cells().find(|cell| !cell.is_empty());
                each(row.line, cell.unwrap_or_default(), Shape::Other);
            }
            continue;
        }
        let cell = row.cell(layout.column);
        let shape = Shape::of(cell);
        urls += u64::from(shape != Shape::Other);
        each(row.line, cell, shape);
    }
    match urls {
        _ if !any => Err(ListFault::Empty),
        0 => Err(ListFault::NoUrl),
        _ => Ok(()),
    }
}
