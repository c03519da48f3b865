//! Properties that hold for every order of events, checked against a record of all calls to the
//! frontier and its answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::{Make, at, family, offered_as, pace};
use crate::frontier::{Discovery, Frontier, Lease, Next, Pace, Settlement, Ticket};
use crate::model::{CrawlUrl, HostKey, Moment, Role};

const LEASE: Duration = Duration::from_secs(30);

/// Time by which a late request may shorten the wait for the next one.
const LATE: Duration = Duration::from_millis(3);

/// One step of an interleaving.
#[derive(Clone, Debug)]
enum Step {
    Offer(Vec<Discovery>),
    Lease,
    /// Settles the open lease with this number, modulo their count.
    Settle(usize, End),
    /// Settles a lease that was settled before or has expired, which the frontier must ignore.
    SettleEnded(usize, End),
    Pass(u32),
    Slow(HostKey, Pace),
    Park(HostKey, u32),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Done,
    Again(u32),
    Discarded(u32),
    Unused,
    /// Into this lane, for this time.
    Aside(u8, u32),
}

/// Checks these properties for any order of steps. Every offered URL is leased at least once and
/// settled for good once. No URL is leased twice at a time. No host has more open requests, or more
/// frequent ones, than its pace allows. A host's robots.txt is leased alone. `Drained` and
/// `pending` are correct.
pub(in crate::frontier) fn any_interleaving_keeps_the_contract(make: impl Make) {
    let config = Config {
        cases: 512,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let input = (paces(), prop::collection::vec(steps(), 0..120));
    TestRunner::new(config)
        .run(&input, |(pace, steps)| {
            let record = Record::new(make(pace, LEASE), pace);
            runtime.block_on(record.play(steps))
        })
        .unwrap();
}

fn paces() -> impl Strategy<Value = Pace> {
    let intervals = prop_oneof![Just(0), Just(100), Just(1_000), Just(7_000)];
    (intervals, 1..4u32).prop_map(|(interval, open)| pace(interval, open))
}

fn hosts() -> impl Strategy<Value = HostKey> {
    (0..3u8).prop_map(|n| super::host(&format!("http://h{n}/")))
}

fn discoveries() -> impl Strategy<Value = Discovery> {
    let waits = prop::option::weighted(0.2, 0..60_000i64);
    let roles = prop::sample::select(&Role::ALL[..]);
    (0..3u8, 0..12u8, roles, waits).prop_map(|(host, n, role, wait)| Discovery {
        not_before: wait.map(at),
        ..offered_as(role, &format!("http://h{host}/{n}"))
    })
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Done),
        2 => (0..20_000u32).prop_map(End::Again),
        1 => (0..20_000u32).prop_map(End::Discarded),
        1 => Just(End::Unused),
        1 => (0..3u8, prop_oneof![Just(0), 0..20_000u32])
            .prop_map(|(lane, wait)| End::Aside(lane, wait)),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec(discoveries(), 1..5).prop_map(Step::Offer),
        6 => Just(Step::Lease),
        4 => (any::<usize>(), ends()).prop_map(|(n, end)| Step::Settle(n, end)),
        1 => (any::<usize>(), ends()).prop_map(|(n, end)| Step::SettleEnded(n, end)),
        4 => prop_oneof![0..2_000u32, 0..40_000u32, Just(1_000_000)].prop_map(Step::Pass),
        1 => (hosts(), paces()).prop_map(|(host, pace)| Step::Slow(host, pace)),
        1 => (hosts(), 0..40_000u32).prop_map(|(host, wait)| Step::Park(host, wait)),
    ]
}

/// The frontier, with all calls to it and its answers.
struct Record<F> {
    frontier: F,
    now: Moment,
    default_pace: Pace,
    paces: HashMap<HostKey, Pace>,
    parked: HashMap<HostKey, Moment>,
    /// URLs that are offered and not settled for good.
    unsettled: HashMap<Offered, Waiting>,
    settled: HashSet<Offered>,
    open: BTreeMap<Ticket, (Lease, Moment)>,
    ended: Vec<Ticket>,
    /// The requests of each host that count, in order.
    requests: HashMap<HostKey, Vec<(Ticket, Moment)>>,
}

/// A URL, and whether it is offered as a sitemap: it may be offered in another role too.
type Offered = (CrawlUrl, bool);

fn offered(found: &Discovery) -> Offered {
    (found.url.clone(), found.role == Role::Sitemap)
}

struct Waiting {
    role: Role,
    tries: u32,
    not_before: Option<Moment>,
}

impl<F: Frontier> Record<F> {
    fn new(frontier: F, default_pace: Pace) -> Record<F> {
        Record {
            frontier,
            now: at(0),
            default_pace,
            paces: HashMap::new(),
            parked: HashMap::new(),
            unsettled: HashMap::new(),
            settled: HashSet::new(),
            open: BTreeMap::new(),
            ended: Vec::new(),
            requests: HashMap::new(),
        }
    }

    async fn play(mut self, steps: Vec<Step>) -> Result<(), TestCaseError> {
        for step in steps {
            self.step(step).await?;
            let pending = self.frontier.pending().await.unwrap();
            prop_assert_eq!(pending, self.unsettled.len() as u64);
        }
        self.finish().await
    }

    async fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Offer(found) => self.offer(&found).await?,
            Step::Lease => {
                self.lease().await?;
            }
            Step::Settle(n, end) => {
                let ticket = self.open.keys().nth(n % self.open.len().max(1)).copied();
                if let Some(ticket) = ticket {
                    self.settle(ticket, end).await;
                }
            }
            Step::SettleEnded(n, end) => {
                if let Some(ticket) = self.ended.get(n % self.ended.len().max(1)) {
                    let how = self.settlement(end);
                    self.frontier.settle(*ticket, how).await.unwrap();
                }
            }
            Step::Pass(millis) => self.now = self.after(millis),
            Step::Slow(host, pace) => {
                self.frontier.slow(&host, pace).await.unwrap();
                self.paces.insert(host, pace);
            }
            Step::Park(host, millis) => {
                let until = self.after(millis);
                self.frontier.park(&host, until).await.unwrap();
                let parked = self.parked.entry(host).or_insert(until);
                *parked = until.max(*parked);
            }
        }
        Ok(())
    }

    async fn offer(&mut self, found: &[Discovery]) -> Result<(), TestCaseError> {
        let mut new = 0;
        for discovery in found {
            let url = offered(discovery);
            if !self.settled.contains(&url) && !self.unsettled.contains_key(&url) {
                new += 1;
                let waiting = Waiting {
                    role: discovery.role,
                    tries: discovery.tries,
                    not_before: discovery.not_before,
                };
                self.unsettled.insert(url, waiting);
            }
        }
        prop_assert_eq!(self.frontier.offer(found).await.unwrap(), new);
        Ok(())
    }

    /// Leases once and checks the lease. Returns when to try again if there is none.
    async fn lease(&mut self) -> Result<Option<Next>, TestCaseError> {
        let next = self.frontier.lease(self.now).await.unwrap();
        let now = self.now;
        for (ticket, _) in self.open.extract_if(.., |_, (_, until)| *until <= now) {
            self.ended.push(ticket);
        }
        match next {
            Next::Visit(lease) => {
                self.check(&lease)?;
                Ok(None)
            }
            Next::NotBefore(next) => {
                prop_assert!(next > now);
                prop_assert!(!self.unsettled.is_empty());
                Ok(Some(Next::NotBefore(next)))
            }
            Next::Drained => {
                prop_assert!(self.unsettled.is_empty());
                Ok(Some(Next::Drained))
            }
        }
    }

    fn check(&mut self, lease: &Lease) -> Result<(), TestCaseError> {
        let url = &lease.found.url;
        let host = url.host_key();
        let waiting = self.unsettled.get(&offered(&lease.found));
        let Some(waiting) = waiting else {
            return Err(TestCaseError::fail(format!("{url} must not be leased")));
        };
        prop_assert_eq!(lease.found.role, waiting.role);
        prop_assert_eq!(lease.found.tries, waiting.tries);
        prop_assert!(waiting.not_before.is_none_or(|moment| moment <= self.now));
        prop_assert!(
            self.parked
                .get(&host)
                .is_none_or(|until| *until <= self.now)
        );

        let pace = self.paces.get(&host).copied().unwrap_or(self.default_pace);
        prop_assert_eq!(lease.pace, pace);
        let requests = self.requests.entry(host.clone()).or_default();
        for (_, request) in requests.iter() {
            prop_assert!(self.now.since(*request) + LATE >= pace.interval);
        }
        requests.push((lease.ticket, self.now));

        let of_host = |open: &Lease| open.found.url.host_key() == host;
        let open: Vec<&Lease> = self.open.values().map(|(open, _)| open).collect();
        let others = open.iter().filter(|open| of_host(open)).count() as u32;
        prop_assert_eq!(lease.in_flight, others + 1);
        prop_assert!(lease.in_flight <= pace.open);
        prop_assert!(
            open.iter()
                .all(|open| offered(&open.found) != offered(&lease.found))
        );

        let gate_leased = open
            .iter()
            .any(|open| of_host(open) && open.found.role == Role::Robots);
        let gated = self
            .unsettled
            .iter()
            .any(|((url, _), waiting)| waiting.role == Role::Robots && url.host_key() == host);
        prop_assert!(!gate_leased, "nothing is leased beside the gate");
        prop_assert!(!gated || lease.found.role == Role::Robots, "the gate first");
        let until = self.now + LEASE;
        self.open.insert(lease.ticket, (lease.clone(), until));
        Ok(())
    }

    async fn settle(&mut self, ticket: Ticket, end: End) {
        let how = self.settlement(end);
        self.frontier.settle(ticket, how).await.unwrap();
        let Some((lease, _)) = self.open.remove(&ticket) else {
            return;
        };
        self.ended.push(ticket);
        let key = offered(&lease.found);
        let url = lease.found.url;
        if let Settlement::Again(moment) | Settlement::Discarded(moment) = how {
            if let Some(waiting) = self.unsettled.get_mut(&key) {
                waiting.tries += u32::from(how == Settlement::Again(moment));
                waiting.not_before = Some(moment);
            }
            return;
        }
        if matches!(how, Settlement::Unused | Settlement::Aside(..)) {
            let requests = self.requests.entry(url.host_key()).or_default();
            requests.retain(|(request, _)| *request != ticket);
        }
        if let Settlement::Aside(_, until) = how {
            if let Some(waiting) = self.unsettled.get_mut(&key) {
                waiting.not_before = until.filter(|_| waiting.role != Role::Robots);
            }
            return;
        }
        self.unsettled.remove(&key);
        self.settled.insert(key);
    }

    /// Settles everything that is left, never before the announced moment.
    async fn finish(mut self) -> Result<(), TestCaseError> {
        // Far more than the steps can leave open.
        for _ in 0..10_000 {
            match self.lease().await? {
                None => {
                    let newest = self.open.keys().next_back().copied();
                    if let Some(ticket) = newest {
                        self.settle(ticket, End::Done).await;
                    }
                }
                Some(Next::NotBefore(next)) => self.now = next,
                Some(_) => return Ok(()),
            }
        }
        Err(TestCaseError::fail("never drained"))
    }

    fn settlement(&self, end: End) -> Settlement {
        match end {
            End::Done => Settlement::Done,
            End::Again(millis) => Settlement::Again(self.after(millis)),
            End::Discarded(millis) => Settlement::Discarded(self.after(millis)),
            End::Unused => Settlement::Unused,
            End::Aside(lane, wait) => {
                let until = (wait > 0).then(|| self.after(wait));
                Settlement::Aside(family(lane), until)
            }
        }
    }

    fn after(&self, millis: u32) -> Moment {
        self.now + Duration::from_millis(u64::from(millis))
    }
}
