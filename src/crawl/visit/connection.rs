//! The choice of a request's connection.

use crate::crawl::confirm;
use crate::frontier::Lease;
use crate::model::Connection;

/// Returns the kind of connection for a lease: retries and confirmations take a new one.
pub(in crate::crawl) fn connection(lease: &Lease) -> Connection {
    match (lease.found.pass, lease.found.tries) {
        (confirm::SAMPLE | 1, 0) => Connection::Pooled,
        _ => Connection::Fresh,
    }
}
