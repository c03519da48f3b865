//! One number for each host. A text may be stored several times, so a host may have several numbers.
//! Code that counts by host uses the first of them.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::Connection;

use crate::store::conclude::examine::texts::Texts;
use crate::store::runs::id::RunId;

/// The first number seen for each host.
pub(in crate::store) struct HostIds<'a> {
    texts: Texts<'a>,
    known: HashMap<u32, u32>,
    first: HashMap<Rc<str>, u32>,
}

impl HostIds<'_> {
    pub(in crate::store) fn of_run(
        connection: &Connection,
        run: RunId,
    ) -> rusqlite::Result<HostIds<'_>> {
        Ok(HostIds {
            texts: Texts::of(connection, run)?,
            known: HashMap::new(),
            first: HashMap::new(),
        })
    }

    /// Returns the number that represents the host with this number.
    pub(in crate::store) fn of(&mut self, id: u32) -> rusqlite::Result<u32> {
        if let Some(first) = self.known.get(&id) {
            return Ok(*first);
        }
        let first = *self.first.entry(self.texts.get(id)?).or_insert(id);
        self.known.insert(id, first);
        Ok(first)
    }
}
