//! Connections on loan. Opening one means reading and compiling the whole schema, which takes longer
//! than most of what is asked; so they come back and are lent again.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

/// Connections that wait to be lent again; more are closed. Few things are asked at a time.
const IDLE: usize = 2;

/// The connections to one file that nobody uses.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Idle(Arc<Mutex<Vec<Connection>>>);

/// A connection, until it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Loan {
    /// Only the end of the loan takes it out.
    connection: Option<Connection>,
    idle: Idle,
}

impl Idle {
    /// One that waits; else one that `open` makes.
    pub(super) fn lend<E>(&self, open: impl FnOnce() -> Result<Connection, E>) -> Result<Loan, E> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match waiting {
            Some(connection) => connection,
            None => open()?,
        };
        Ok(Loan {
            connection: Some(connection),
            idle: self.clone(),
        })
    }
}

impl Deref for Loan {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("the loan has not ended"),
        }
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("the loan has not ended"),
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // Whoever panicked within a transaction leaves it to the closing. Pages it has read are
        // the operating system's to keep.
        if connection.is_autocommit() && connection.execute_batch("PRAGMA shrink_memory").is_ok() {
            let mut idle = self.idle.0.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE {
                idle.push(connection);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_lent_again_unless_it_is_in_a_transaction() {
        let idle = Idle::default();
        let open = || Connection::open_in_memory();
        let first = idle.lend(open).expect("opened");
        first.execute_batch("CREATE TABLE t (a)").expect("made");
        drop(first);
        let again = idle.lend(open).expect("lent");
        assert!(again.table_exists(None, "t").expect("asked"));
        again.execute_batch("BEGIN").expect("begun");
        drop(again);
        let other = idle.lend(open).expect("opened");
        assert!(!other.table_exists(None, "t").expect("asked"));
    }

    #[test]
    fn few_wait() {
        let idle = Idle::default();
        let lent: Vec<Loan> = (0..IDLE + 2)
            .map(|_| idle.lend(Connection::open_in_memory).expect("opened"))
            .collect();
        drop(lent);
        assert_eq!(idle.0.lock().expect("unlocked").len(), IDLE);
    }
}
