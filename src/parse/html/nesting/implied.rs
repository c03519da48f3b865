//! End tags that authors may leave out: which open elements a start tag closes.

use super::super::element::Element;
use super::{A, LI, Open, OpenElements, P, TABLE, TEMPLATE};
use crate::parse::html::element::id::Id;
use crate::parse::html::element::known::Class;

const TBODY: Id = Id::of(b"tbody");
const THEAD: Id = Id::of(b"thead");
const TFOOT: Id = Id::of(b"tfoot");
const TR: Id = Id::of(b"tr");
const TD: Id = Id::of(b"td");
const TH: Id = Id::of(b"th");
const DT: Id = Id::of(b"dt");
const DD: Id = Id::of(b"dd");
const OPTION: Id = Id::of(b"option");
const OPTGROUP: Id = Id::of(b"optgroup");

/// The row groups of a table.
const GROUPS: &[Id] = &[TBODY, THEAD, TFOOT];

/// The cells of a table.
const CELLS: &[Id] = &[TD, TH];

impl OpenElements {
    /// Closes the elements that a start tag ends without an end tag.
    pub(super) fn close_implied(&mut self, element: Element) {
        let id = element.id;
        let boundary = |o: &Open| o.class == Class::Boundary;
        if self.paragraphs > 0 && element.closes_paragraph() {
            let stop = |o: &Open| o.class == Class::Boundary || o.id == Id::of(b"button");
            self.close_to(|o| o.id == P, stop);
        }
        // "Special" elements end the search for an item, except for these three.
        let outside_item = |o: &Open| {
            const THROUGH: [Id; 3] = [Id::of(b"address"), Id::of(b"div"), P];
            matches!(o.class, Class::Block | Class::Boundary) && !THROUGH.contains(&o.id)
        };
        let is = |names: &'static [Id]| move |o: &Open| names.contains(&o.id);
        match id {
            A if self.anchors > 0 => {
                if let Some(at) = self.find(|o| o.id == A, boundary) {
                    self.remove(at);
                }
            }
            LI => self.close_to(|o| o.id == id, outside_item),
            DT | DD => {
                const ITEMS: &[Id] = &[DT, DD];
                self.close_to(is(ITEMS), outside_item);
            }
            TD | TH => {
                const STOPS: &[Id] = &[TR, TABLE, TEMPLATE];
                self.close_to(is(CELLS), is(STOPS));
                self.imply_row_group();
                self.imply_row();
            }
            TR => {
                const STOPS: &[Id] = &[TBODY, TABLE, TEMPLATE];
                self.close_to(|o| o.id == id, is(STOPS));
                self.imply_row_group();
            }
            TBODY | THEAD | TFOOT => {
                self.close_to(is(GROUPS), |o| o.id == TABLE || o.id == TEMPLATE);
            }
            OPTION | OPTGROUP if self.stack.last().is_some_and(|o| o.id == OPTION) => {
                self.pop();
            }
            _ if element.is_heading() && self.stack.last().is_some_and(|o| o.is_heading) => {
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

/// Returns an element without a tag of its own.
fn implied(id: Id) -> Open {
    Open {
        id,
        class: Class::Block,
        is_heading: false,
        hides_text: false,
        landmark: None,
        foreign: None,
        reopened: 0,
    }
}
