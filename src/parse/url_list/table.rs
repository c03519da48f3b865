use super::fault::ListFault;
use super::layout::Layout;
use super::row::{Row, Rows};
use super::shape::Shape;

/// A cell of the URL column, with its row.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Where the row begins, counted from 1.
    pub line: u64,
    /// The cell.
    pub text: &'a str,
    /// The form of its text.
    pub shape: Shape,
    /// All cells of the row.
    pub row: &'a Row,
    /// Whether it is the header of the table.
    pub is_header: bool,
}

impl<'a> Found<'a> {
    fn of(row: &'a Row, text: &'a str, shape: Shape, is_header: bool) -> Found<'a> {
        Found {
            line: row.line,
            text,
            shape,
            row,
            is_header,
        }
    }
}

/// The callback for cells.
pub(super) type Each<'e> = &'e mut dyn FnMut(Found<'_>);

/// Reads a table to its end and hands out its URL column. Titles and headers are left out.
pub(super) fn take(rows: &mut impl Rows, layout: &Layout, each: Each<'_>) -> Result<(), ListFault> {
    let header = layout.header.as_ref().map(|(line, _)| *line);
    let mut row = Row::default();
    let (mut any, mut urls) = (false, 0_u64);
    while rows.next(&mut row)? {
        any = true;
        if row.line < layout.first {
            if Some(row.line) == header {
                each(Found::of(&row, row.cell(layout.column), Shape::Other, true));
            }
            // The rows of a table that stands before, with other columns.
            if row.filled() > 1 && Some(row.line) != header {
                let cell = row.cells().find(|cell| !cell.is_empty());
                each(Found::of(
                    &row,
                    cell.unwrap_or_default(),
                    Shape::Other,
                    false,
                ));
            }
            continue;
        }
        let cell = row.cell(layout.column);
        let shape = Shape::of(cell);
        urls += u64::from(shape != Shape::Other);
        each(Found::of(&row, cell, shape, false));
    }
    match urls {
        _ if !any => Err(ListFault::Empty),
        0 => Err(ListFault::NoUrl),
        _ => Ok(()),
    }
}
