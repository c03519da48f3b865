//! Which connection a request is made over.

use crate::crawl::confirm;
use crate::frontier::Lease;
use crate::model::Connection;

/// Which connection a lease is fetched over: retries and confirmations take a new one.
pub(in crate::crawl) fn connection(lease: &Lease) -> Connection {
    match (lease.found.pass, lease.found.tries) {
        (confirm::SAMPLE | 1, 0) => Connection::Pooled,
        _ => Connection::Fresh,
    }
}
