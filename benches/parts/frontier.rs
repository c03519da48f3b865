//! The frontier of one machine: offering what was found, and giving it out.

use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use gatecrawl::frontier::{Discovery, Frontier, LocalFrontier, Next, Pace, Settlement};
use gatecrawl::model::{CrawlUrl, Moment, Role};
use tokio::runtime::Runtime;

const URLS: usize = 20_000;
/// Links on a page are offered together.
const TOGETHER: usize = 60;

/// On one host, and on a thousand.
const HOSTS: [usize; 2] = [1, 1000];

fn frontier() -> LocalFrontier {
    let pace = Pace {
        interval: Duration::ZERO,
        open: 1_000_000,
    };
    LocalFrontier::new(pace, Duration::from_mins(5))
}

fn found(hosts: usize) -> Vec<Discovery> {
    (0..URLS)
        .map(|url| {
            let text = format!(
                "https://shop-{}.example/shoes/red-shoe-{url}.html",
                url % hosts
            );
            Discovery {
                url: CrawlUrl::parse(&text).expect("a URL"),
                role: Role::Page,
                depth: 1,
                hops: 0,
                pass: 1,
                tries: 0,
                not_before: None,
            }
        })
        .collect()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
}

async fn offer(frontier: &LocalFrontier, found: &[Discovery]) {
    for page in found.chunks(TOGETHER) {
        frontier.offer(page).await.expect("memory");
    }
}

/// URLs that are new.
#[divan::bench(args = HOSTS, sample_count = 20)]
fn offer_new(bencher: Bencher, hosts: usize) {
    let (runtime, found) = (runtime(), found(hosts));
    bencher
        .counter(ItemsCount::new(URLS))
        .with_inputs(frontier)
        .bench_local_refs(|frontier| runtime.block_on(offer(frontier, &found)));
}

/// URLs that are known, as most are.
#[divan::bench(args = HOSTS, sample_count = 20)]
fn offer_known(bencher: Bencher, hosts: usize) {
    let (runtime, found, frontier) = (runtime(), found(hosts), frontier());
    runtime.block_on(offer(&frontier, &found));
    bencher
        .counter(ItemsCount::new(URLS))
        .bench_local(|| runtime.block_on(offer(&frontier, &found)));
}

/// Every URL given out and settled.
#[divan::bench(args = HOSTS, sample_count = 20)]
fn lease_and_settle(bencher: Bencher, hosts: usize) {
    let (runtime, found) = (runtime(), found(hosts));
    bencher
        .counter(ItemsCount::new(URLS))
        .with_inputs(|| {
            let frontier = frontier();
            runtime.block_on(offer(&frontier, &found));
            frontier
        })
        .bench_local_refs(|frontier| {
            runtime.block_on(async {
                let mut now = Moment::from_millis(0);
                loop {
                    match frontier.lease(now).await.expect("memory") {
                        Next::Visit(lease) => frontier
                            .settle(lease.ticket, Settlement::Done)
                            .await
                            .expect("memory"),
                        Next::NotBefore(moment) => now = moment,
                        Next::Drained => break,
                    }
                }
            });
        });
}
