//! Caches name resolution for a short while, and sends only one query however many attempts wait
//! for the same name. A resolver's own cache forgets failures; a crawl must not send a query per
//! URL for a name that does not exist.

use std::future::Future;
use std::time::Duration;

use dashmap::{DashMap, Entry};
use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::time::Instant;

/// Maximum number of cached names; far more than one crawl has hosts in flight.
const CAPACITY: usize = 10_000;

/// An answer and how long it may be used.
#[derive(Clone, Debug)]
pub(in crate::fetch) struct Remembered<T> {
    pub(in crate::fetch) value: T,
    pub(in crate::fetch) until: Instant,
}

impl<T> Remembered<T> {
    pub(super) fn for_a(span: Duration, value: T) -> Remembered<T> {
        Remembered {
            value,
            until: Instant::now() + span,
        }
    }
}

type Flight<T> = Shared<BoxFuture<'static, Remembered<T>>>;

/// Answers by name.
#[derive(Debug)]
pub(in crate::fetch) struct DnsCache<T: Clone + Send + Sync + 'static> {
    flights: DashMap<Box<str>, Flight<T>>,
}

impl<T: Clone + Send + Sync + 'static> DnsCache<T> {
    pub(in crate::fetch) fn new() -> DnsCache<T> {
        DnsCache {
            flights: DashMap::new(),
        }
    }

    /// Returns the answer for a name: a cached one, the one that another attempt is waiting for, or
    /// the one that `ask` gets.
    pub(in crate::fetch) async fn get<F>(&self, name: &str, ask: impl FnOnce() -> F) -> T
    where
        F: Future<Output = Remembered<T>> + Send + 'static,
    {
        // No lock is held over the await: the entry's guard ends with this statement.
        let flight = self.flight(name, ask);
        flight.await.value
    }

    fn flight<F>(&self, name: &str, ask: impl FnOnce() -> F) -> Flight<T>
    where
        F: Future<Output = Remembered<T>> + Send + 'static,
    {
        let now = Instant::now();
        let usable = |flight: &Flight<T>| flight.peek().is_none_or(|known| now < known.until);
        if self.flights.len() >= CAPACITY {
            self.flights.retain(|_, flight| usable(flight));
            if self.flights.len() >= CAPACITY {
                self.flights.retain(|_, flight| flight.peek().is_none());
            }
        }
        match self.flights.entry(name.into()) {
            Entry::Occupied(known) if usable(known.get()) => known.get().clone(),
            entry => entry.insert(ask().boxed().shared()).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_name_is_resolved_once_until_its_answer_expires() {
        let cache = Arc::new(DnsCache::new());
        let queries = Arc::new(AtomicU32::new(0));
        let get = || {
            let (cache, queries) = (Arc::clone(&cache), Arc::clone(&queries));
            async move {
                let ask = || async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let number = queries.fetch_add(1, Ordering::Relaxed);
                    Remembered::for_a(Duration::from_secs(10), number)
                };
                cache.get("example.com", ask).await
            }
        };
        assert_eq!(tokio::join!(get(), get()), (0, 0));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(get().await, 0);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(get().await, 1);
    }

    #[tokio::test]
    async fn the_cache_is_bounded() {
        let cache = DnsCache::new();
        for number in 0..CAPACITY + 50 {
            let ask = || async { Remembered::for_a(Duration::from_secs(10), ()) };
            cache.get(&number.to_string(), ask).await;
        }
        assert!(cache.flights.len() <= CAPACITY);
    }
}
