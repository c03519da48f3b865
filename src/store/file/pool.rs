//! A pool of connections. Opening one reads and compiles the whole schema, which takes longer than most
//! queries, so connections are reused.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

/// Maximum idle connections; more are closed. Few queries run at a time.
const IDLE: usize = 2;

/// The idle connections to one file.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Pool(Arc<Mutex<Vec<Connection>>>);

/// A connection that returns to its pool when it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Pooled {
    /// `None` only during drop.
    connection: Option<Connection>,
    pool: Pool,
}

impl Pool {
    /// Takes an idle connection, or one that `open` makes.
    pub(super) fn take<E>(
        &self,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Pooled, E> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match waiting {
            Some(connection) => connection,
            None => open()?,
        };
        Ok(Pooled {
            connection: Some(connection),
            pool: self.clone(),
        })
    }
}

impl Deref for Pooled {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("it is not being dropped"),
        }
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("it is not being dropped"),
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // A connection inside a transaction is closed, which rolls the transaction back. An idle one frees
        // its page cache: the operating system keeps what was read of the file.
        if connection.is_autocommit() && connection.execute_batch("PRAGMA shrink_memory").is_ok() {
            let mut pool = self.pool.0.lock().unwrap_or_else(PoisonError::into_inner);
            if pool.len() < IDLE {
                pool.push(connection);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_reused_unless_it_is_in_a_transaction() {
        let pool = Pool::default();
        let open = || Connection::open_in_memory();
        let first = pool.take(open).expect("opened");
        first.execute_batch("CREATE TABLE t (a)").expect("made");
        drop(first);
        let again = pool.take(open).expect("reused");
        assert!(again.table_exists(None, "t").expect("read"));
        again.execute_batch("BEGIN").expect("begun");
        drop(again);
        let other = pool.take(open).expect("opened");
        assert!(!other.table_exists(None, "t").expect("read"));
    }

    #[test]
    fn few_connections_stay_idle() {
        let pool = Pool::default();
        let connections: Vec<Pooled> = (0..IDLE + 2)
            .map(|_| pool.take(Connection::open_in_memory).expect("opened"))
            .collect();
        drop(connections);
        assert_eq!(pool.0.lock().expect("unlocked").len(), IDLE);
    }
}
