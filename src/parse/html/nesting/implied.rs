//! End tags that authors may leave out: which open elements a start tag closes.

use super::super::element::{Class, Id, closes_paragraph};
use super::{A, Open, OpenElements, P, TABLE, TEMPLATE};

const TBODY: Id = Id::of(b"tbody");
const TR: Id = Id::of(b"tr");

/// The row groups of a table.
const GROUPS: &[Id] = &[TBODY, Id::of(b"thead"), Id::of(b"tfoot")];

/// The cells of a table.
const CELLS: &[Id] = &[Id::of(b"td"), Id::of(b"th")];

impl OpenElements {
    /// Closes what a start tag ends without an end tag.
    pub(super) fn close_implied(&mut self, name: &[u8], id: Id) {
        let boundary = |o: &Open| o.class == Class::Boundary;
        if self.paragraphs > 0 && closes_paragraph(name) {
            let stop = |o: &Open| o.class == Class::Boundary || o.id == Id::of(b"button");
            self.close_to(|o| o.id == P, stop);
        }
        // "Special" elements end the search for an item, but for these three.
        let outside_item = |o: &Open| {
            const THROUGH: [Id; 3] = [Id::of(b"address"), Id::of(b"div"), P];
            matches!(o.class, Class::Block | Class::Boundary) && !THROUGH.contains(&o.id)
        };
        let is = |names: &'static [Id]| move |o: &Open| names.contains(&o.id);
        match name {
            b"a" if self.anchors > 0 => {
                if let Some(at) = self.find(|o| o.id == A, boundary) {
                    self.remove(at);
                }
            }
            b"li" => self.close_to(|o| o.id == id, outside_item),
            b"dt" | b"dd" => {
                const ITEMS: &[Id] = &[Id::of(b"dt"), Id::of(b"dd")];
                self.close_to(is(ITEMS), outside_item);
            }
            b"td" | b"th" => {
                const STOPS: &[Id] = &[TR, TABLE, TEMPLATE];
                self.close_to(is(CELLS), is(STOPS));
                self.imply_row_group();
                self.imply_row();
            }
            b"tr" => {
                const STOPS: &[Id] = &[TBODY, TABLE, TEMPLATE];
                self.close_to(|o| o.id == id, is(STOPS));
                self.imply_row_group();
            }
            b"tbody" | b"thead" | b"tfoot" => {
                self.close_to(is(GROUPS), |o| o.id == TABLE || o.id == TEMPLATE);
            }
            b"option" | b"optgroup" => {
                const OPTION: Id = Id::of(b"option");
                if self.stack.last().is_some_and(|o| o.id == OPTION) {
                    self.pop();
                }
            }
            _ if id.is_heading() && self.stack.last().is_some_and(|o| o.id.is_heading()) => {
                self.pop();
            }
            _ => {}
        }
    }

    /// Opens the row group that a table lacks.
    fn imply_row_group(&mut self) {
        if self.stack.last().is_some_and(|o| o.id == TABLE) {
            self.push(implied(TBODY));
        }
    }

    /// Opens the row that a row group lacks.
    fn imply_row(&mut self) {
        if self.stack.last().is_some_and(|o| GROUPS.contains(&o.id)) {
            self.push(implied(TR));
        }
    }
}

/// An element without a tag of its own.
fn implied(id: Id) -> Open {
    Open {
        id,
        class: Class::Block,
        landmark: None,
        foreign: None,
        reopened: 0,
    }
}
