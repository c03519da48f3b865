//! The contract of a frontier with a shelf. It need not keep what it leases: it leases a URL read from the
//! shelf as it was offered, and in the same order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{LONG, Make, assert_drained, at, done, offered_as, pace, page, path, visit};
use crate::frontier::{Discovery, Frontier, FrontierError, Next, Shelf};
use crate::model::{Fingerprint, HostKey, Role};

/// Tests with more text in total than a frontier keeps in memory.
pub(in crate::frontier) async fn a_shelf_changes_neither_the_order_nor_the_leases(make: impl Make) {
    const URLS: u32 = 3_000;
    let tail = "x".repeat(8_000);
    let found: Vec<Discovery> = (0..URLS)
        .map(|n| Discovery {
            depth: n,
            hops: (n % 5) as u8,
            ..page(&format!("http://h{}/{n}/{tail}", n % 3))
        })
        .collect();
    let f = make(pace(0, 1_000), LONG);
    let shelf = TestShelf::default();
    shelf.store(&found);
    f.use_shelf(Arc::new(shelf)).await.unwrap();
    let robots = offered_as(Role::Robots, &format!("http://h0/robots.txt?{tail}"));
    f.offer(&[robots]).await.unwrap();
    assert_eq!(f.offer(&found).await.unwrap(), found.len());
    assert_eq!(f.offer(&found).await.unwrap(), 0);
    let gate = visit(&f, 0).await;
    assert_eq!(gate.found.role, Role::Robots, "it is not on the shelf");
    done(&f, &gate).await;
    let mut leased: HashMap<HostKey, Vec<Discovery>> = HashMap::new();
    for n in 0..URLS {
        let lease = visit(&f, 0).await;
        assert_eq!(f.pending().await.unwrap(), u64::from(URLS - n));
        done(&f, &lease).await;
        let of_host = leased.entry(lease.found.url.host_key()).or_default();
        of_host.push(lease.found);
    }
    assert_drained(&f, 0).await;
    for (key, leased) in leased {
        let offered = found.iter().filter(|it| it.url.host_key() == key);
        assert!(leased.iter().eq(offered), "{key}: another order");
    }
}

pub(in crate::frontier) async fn a_url_missing_on_the_shelf_is_leased_once_it_is_there(
    make: impl Make,
) {
    const URLS: usize = 3_000;
    let tail = "x".repeat(8_000);
    let found: Vec<Discovery> = (0..URLS)
        .map(|n| page(&format!("http://h/{n}/{tail}")))
        .collect();
    let f = make(pace(200, 5_000), LONG);
    let shelf = Arc::new(TestShelf::default());
    f.use_shelf(Arc::clone(&shelf) as Arc<dyn Shelf>)
        .await
        .unwrap();
    f.offer(&found).await.unwrap();
    let (mut now, mut leased) = (0, Vec::new());
    // For one interval per URL nothing is stored; then everything is.
    while now < 200 * URLS as i64 {
        match f.lease(at(now)).await.unwrap() {
            Next::Visit(lease) => leased.push(*lease),
            Next::NotBefore(next) => now = next.millis(),
            Next::Drained => break,
        }
    }
    shelf.store(&found);
    while leased.len() < URLS {
        match f.lease(at(now)).await.unwrap() {
            Next::Visit(lease) => leased.push(*lease),
            Next::NotBefore(next) => now = next.millis(),
            Next::Drained => panic!("there is more to do"),
        }
    }
    // Waiting for the store does not count for the host's pace.
    assert!(now < 200 * 2 * URLS as i64, "{now}");
    let offered = found.iter().map(|it| it.url.as_str());
    assert!(leased.iter().map(path).eq(offered), "another order");
}

/// A shelf with the content that a test gives it.
#[derive(Debug, Default)]
pub(in crate::frontier) struct TestShelf(Mutex<HashMap<Fingerprint, String>>);

impl TestShelf {
    pub(in crate::frontier) fn store(&self, found: &[Discovery]) {
        let mut stored = self.0.lock().unwrap();
        for it in found {
            stored.insert(it.url.fingerprint(), it.url.as_str().to_owned());
        }
    }
}

impl Shelf for TestShelf {
    fn address(&self, url: Fingerprint) -> Result<Option<String>, FrontierError> {
        Ok(self.0.lock().unwrap().get(&url).cloned())
    }
}
