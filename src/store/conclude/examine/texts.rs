//! Texts by their numbers.

use std::collections::HashMap;
use std::rc::Rc;

use crate::store::runs::id::RunId;
use rusqlite::Connection;

/// Maximum number of cached texts.
const MOST_TEXTS: usize = 4_096;

/// Texts by their numbers, with a cache of recently used ones.
pub(in crate::store) struct Texts<'a> {
    run: RunId,
    statement: rusqlite::Statement<'a>,
    recent: HashMap<u32, Rc<str>>,
}

impl Texts<'_> {
    pub(in crate::store) fn of(connection: &Connection, run: RunId) -> rusqlite::Result<Texts<'_>> {
        Ok(Texts {
            run,
            statement: connection.prepare("SELECT text FROM text WHERE run = ? AND id = ?")?,
            recent: HashMap::new(),
        })
    }

    pub(in crate::store) fn get(&mut self, id: u32) -> rusqlite::Result<Rc<str>> {
        if let Some(text) = self.recent.get(&id) {
            return Ok(Rc::clone(text));
        }
        let text = self.statement.query_row((self.run, id), |row| {
            Ok(Rc::from(row.get_ref(0)?.as_str()?))
        })?;
        if self.recent.len() >= MOST_TEXTS {
            self.recent.clear();
        }
        self.recent.insert(id, Rc::clone(&text));
        Ok(text)
    }
}
