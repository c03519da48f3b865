//! The runner through weeks and years. Its clock is the runtime's, which advances only when nothing is running.
//! Its audits take twenty minutes of that time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::crawl::{self, Ended, Stop, StopLevel, stop_switch};
use crate::model::{CrawlPlan, CrawlUrl, Moment};
use crate::store::{NewRun, RunId, RunState, Store};

use super::*;

/// The duration of an audit.
const AUDIT: Duration = Duration::from_mins(20);

/// The time until a missing network is noticed.
const OFFLINE: Duration = Duration::from_millis(700);

/// The events so far.
type Diary = Arc<Mutex<Vec<Event>>>;

impl Clock for crawl::Clock {
    fn now(&self) -> Moment {
        crawl::Clock::now(self)
    }

    async fn sleep_until(&mut self, moment: Moment) {
        crawl::Clock::sleep_until(self, moment).await;
    }
}

struct Reader(Diary);

impl Listener for Reader {
    fn receive(&mut self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// Makes runs without requests.
struct Fake {
    store: Store,
    clock: crawl::Clock,
    /// When this machine gets a network; `None` if it always has one.
    online: Mutex<Option<Moment>>,
    work: Mutex<Vec<AuditWork>>,
    open: Mutex<(usize, usize)>,
    /// Until when robots.txt cannot be read.
    closed: Mutex<Option<Moment>>,
}

impl Auditor for Fake {
    async fn audit(&self, order: AuditOrder, mut stop: Stop) -> Result<AuditMade, Unmade> {
        self.work.lock().unwrap().push(order.work.clone());
        if order.project == "broken" {
            return Err(Unmade::Fault("the disk is full".to_owned()));
        }
        let run = match order.work {
            AuditWork::New(token) => self.store.create_run(&NewRun {
                token: &token,
                site: "https://a.example",
                plan: &plan(),
                started: Moment::default(),
            }),
            AuditWork::Resume(run) | AuditWork::Recheck(run, _) => Ok(run),
        };
        let run = run.map_err(|fault| Unmade::Fault(fault.to_string()))?;
        let online = *self.online.lock().unwrap();
        if online.is_some_and(|from| self.clock.now() < from) {
            // As long as the requests to witnesses take.
            tokio::time::sleep(OFFLINE).await;
            return Err(Unmade::Offline("this machine has no network".to_owned()));
        }
        {
            let mut open = self.open.lock().unwrap();
            open.0 += 1;
            open.1 = open.1.max(open.0);
        }
        let ended = tokio::select! {
            () = tokio::time::sleep(AUDIT) => Ended::Finished,
            () = stop.changed() => Ended::Interrupted,
        };
        self.open.lock().unwrap().0 -= 1;
        let closed = *self.closed.lock().unwrap();
        let is_closed = closed.is_some_and(|until| self.clock.now() < until);
        Ok(AuditMade {
            run,
            ended,
            outcome: if is_closed {
                RunOutcome::NoAudit("robots.txt could not be read".to_owned())
            } else {
                RunOutcome::Done
            },
            may_pass: is_closed,
            gates: Vec::new(),
            new_5xx: None,
            brief: Box::default(),
            out: order.out,
            files: Vec::new(),
        })
    }
}

fn plan() -> CrawlPlan {
    let json = r#"{"scope": {"seeds": [], "coverage": "site", "hosts": [], "subdomains": false,
        "include": [], "exclude": [], "max_depth": null, "max_pages": null, "resources": false,
        "external": false, "follow_nofollow": false, "ignore_robots": false,
        "ignore_params": [], "sitemaps": "off", "max_queries_per_path": 1, "select": []},
        "pace": {"concurrency": 1, "rate": 2.0, "delay": {"secs": 0, "nanos": 0}, "retries": 0},
        "requests": {"user_agent": "", "robots_agents": [],
        "first_byte": {"secs": 1, "nanos": 0}, "connect": {"secs": 1, "nanos": 0},
        "body_idle": {"secs": 1, "nanos": 0}, "max_body": 1}}"#;
    serde_json::from_str(json).expect("a plan")
}

/// A machine with a database, on which the runner is started repeatedly.
struct Machine {
    dir: tempfile::TempDir,
    clock: crawl::Clock,
    projects: Vec<Project>,
    diary: Diary,
    auditor: Arc<Fake>,
}

impl Machine {
    fn new(start: &str, projects: &[(&str, &str, &str)]) -> Machine {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let project = |(name, host, text): &(&str, &str, &str)| {
            let table = format!("recheck = 'none'\n{text}")
                .parse()
                .expect("a table");
            let mut project = read(name, &table).expect("a project");
            let url = CrawlUrl::parse(&format!("https://{host}/")).expect("a URL");
            project.hosts.insert(url.host_key());
            project
        };
        let clock = crawl::Clock::starting_at(at(start));
        Machine {
            clock,
            projects: projects.iter().map(project).collect(),
            diary: Diary::default(),
            auditor: Arc::new(Fake {
                store,
                clock,
                online: Mutex::default(),
                work: Mutex::default(),
                open: Mutex::default(),
                closed: Mutex::default(),
            }),
            dir,
        }
    }

    fn runner(&self, stop: Stop) -> Runner<Fake, Reader, crawl::Clock> {
        Runner {
            projects: self.projects.clone(),
            now: HashSet::new(),
            parallel: 2,
            store: Store::open(&self.dir.path().join("runs.db")).expect("a store"),
            auditor: Arc::clone(&self.auditor),
            listener: Reader(Arc::clone(&self.diary)),
            clock: self.clock,
            stop,
        }
    }

    /// Runs until a moment, and is then killed.
    async fn killed_at(&self, end: &str) {
        let (_switch, stop) = stop_switch();
        let left = at(end).since(self.clock.now());
        let killed = tokio::time::timeout(left, self.runner(stop).serve()).await;
        assert!(killed.is_err(), "it ended by itself");
    }

    /// Is off until a moment.
    async fn off_until(&self, end: &str) {
        self.clock.sleep_until(at(end)).await;
    }

    /// Returns when runs began, each with its due time, by project.
    fn begun(&self) -> BTreeMap<String, Vec<(Moment, Moment)>> {
        let mut begun: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for event in self.diary.lock().unwrap().iter() {
            if let Event::RunStarted {
                project,
                due,
                at,
                resumed: false,
            } = event
            {
                begun.entry(project.clone()).or_default().push((*due, *at));
            }
        }
        begun
    }

    /// Returns until when runs were postponed.
    fn put_off(&self) -> Vec<Moment> {
        let diary = self.diary.lock().unwrap();
        let put_off = diary.iter().filter_map(|event| match event {
            Event::PutOff { again, .. } => Some(*again),
            _ => None,
        });
        put_off.collect()
    }

    /// Returns why runs failed.
    fn failed(&self) -> Vec<String> {
        let diary = self.diary.lock().unwrap();
        let failed = diary.iter().filter_map(|event| match event {
            Event::RunFailed { why, .. } => Some(why.clone()),
            _ => None,
        });
        failed.collect()
    }

    fn ended(&self) -> Vec<RunId> {
        let diary = self.diary.lock().unwrap();
        let ended = diary.iter().filter_map(|event| match event {
            Event::RunEnded(ended) => Some(ended.run),
            _ => None,
        });
        ended.collect()
    }
}

fn at(text: &str) -> Moment {
    let timestamp: Timestamp = text.parse().expect("a time");
    Moment::from_millis(timestamp.as_millisecond())
}

/// Returns a time of day on a date: the end of the gap where clocks skip it, the first of two where they repeat
/// it.
fn oracle(day: Date, (hour, minute): (i8, i8), zone: &TimeZone) -> Moment {
    let civil = day.at(hour, minute, 0, 0);
    let timestamp = match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).expect("a time"),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).expect("a time"),
        AmbiguousOffset::Gap { .. } => {
            let midnight = day.to_zoned(zone.clone()).expect("a day").timestamp();
            let change = zone.following(midnight).next().expect("a change of clocks");
            change.timestamp()
        }
    };
    Moment::from_millis(timestamp.as_millisecond())
}

#[tokio::test(start_paused = true)]
async fn through_a_year_every_time_is_right() {
    let cases = [
        ("a", "daily at 02:30", "America/New_York", (2, 30)),
        ("b", "daily at 01:30", "America/New_York", (1, 30)),
        ("c", "weekly on sun 02:15", "Europe/Berlin", (2, 15)),
        ("d", "monthly on 1 04:00", "Asia/Kathmandu", (4, 0)),
    ];
    let texts: Vec<String> = cases
        .iter()
        .map(|(_, text, zone, _)| format!("schedule = '{text}'\ntimezone = '{zone}'"))
        .collect();
    let projects: Vec<_> = cases
        .iter()
        .zip(&texts)
        .map(|((name, ..), text)| (*name, *name, text.as_str()))
        .collect();
    let machine = Machine::new("2026-01-01T12:00:00Z", &projects);
    machine.killed_at("2027-01-01T12:00:00Z").await;
    let begun = machine.begun();
    for (name, text, zone_name, time) in cases {
        let zone = zone(zone_name).expect("a zone");
        let days = date(2026, 1, 1).series(1.day()).take(367);
        let meant = days.filter(|day| match name {
            "c" => day.weekday() == jiff::civil::Weekday::Sunday,
            "d" => day.day() == 1,
            _ => true,
        });
        let expected: Vec<Moment> = meant
            .map(|day| oracle(day, time, &zone))
            .filter(|due| *due > at("2026-01-01T12:00:00Z") && *due < at("2027-01-01T12:00:00Z"))
            .collect();
        let found: Vec<Moment> = begun[name].iter().map(|(due, _)| *due).collect();
        assert_eq!(found, expected, "{text}");
        let late = |(due, at): &(Moment, Moment)| at.since(*due) > AUDIT * 2;
        assert!(!begun[name].iter().any(late), "{text}: late");
    }
    assert!(
        machine.auditor.open.lock().unwrap().1 <= 2,
        "too many at a time"
    );
}

#[tokio::test(start_paused = true)]
async fn missed_nights_are_made_up_for_once() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'Europe/Berlin'";
    let machine = Machine::new("2026-03-26T12:00:00Z", &[("shop", "a", text)]);
    machine.killed_at("2026-03-27T12:00:00Z").await;
    // Off over two nights, including the change of clocks.
    machine.off_until("2026-03-29T10:00:00Z").await;
    machine.killed_at("2026-03-30T12:00:00Z").await;
    let expected = [
        ("2026-03-27T02:30:00Z", "2026-03-27T02:30:00Z"),
        ("2026-03-29T01:30:00Z", "2026-03-29T10:00:00Z"),
        ("2026-03-30T01:30:00Z", "2026-03-30T01:30:00Z"),
    ];
    let begun = machine.begun().remove("shop").expect("runs");
    assert_eq!(begun.len(), 3, "{begun:?}");
    for ((due, began), (expected_due, expected_began)) in begun.into_iter().zip(expected) {
        assert_eq!(due, at(expected_due));
        assert!(
            began.since(at(expected_began)) < Duration::from_mins(1),
            "{began}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_continues_and_is_reported_once() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let mut machine = Machine::new("2026-05-01T12:00:00Z", &[("shop", "a", text)]);
    machine.projects[0].out = Some("reports/{date}-{run}".into());
    machine.killed_at("2026-05-02T03:40:00Z").await;
    assert_eq!(machine.ended(), []);
    machine.off_until("2026-05-02T09:00:00Z").await;
    machine.killed_at("2026-05-02T12:00:00Z").await;
    machine.killed_at("2026-05-02T18:00:00Z").await;
    assert_eq!(machine.ended(), [RunId(1)]);
    let work = machine.auditor.work.lock().unwrap();
    assert!(
        matches!(work[..], [AuditWork::New(_), AuditWork::Resume(RunId(1))]),
        "{work:?}"
    );
    let out = machine
        .diary
        .lock()
        .unwrap()
        .iter()
        .find_map(|event| match event {
            Event::RunEnded(ended) => ended.out.clone(),
            _ => None,
        });
    assert_eq!(out, Some("reports/2026-05-02-{run}".into()));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_ten_years_ahead_keeps_no_project_from_being_due() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let mut machine = Machine::new("2036-05-01T12:00:00Z", &[("shop", "a", text)]);
    machine.killed_at("2036-05-02T12:00:00Z").await;
    machine.clock = crawl::Clock::starting_at(at("2026-05-01T12:00:00Z"));
    machine.killed_at("2026-05-03T12:00:00Z").await;
    let begun = machine.begun().remove("shop").expect("runs");
    let due: Vec<Moment> = begun.iter().map(|(due, _)| *due).collect();
    let expected = [
        "2036-05-02T03:30:00Z",
        "2026-05-02T03:30:00Z",
        "2026-05-03T03:30:00Z",
    ];
    assert_eq!(due, expected.map(at));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_runner_interrupts_its_run_and_continues_it_the_next_time() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let machine = Machine::new("2026-05-01T12:00:00Z", &[("shop", "a", text)]);
    let (switch, stop) = stop_switch();
    let runner = tokio::spawn(machine.runner(stop).serve());
    machine.off_until("2026-05-02T03:40:00Z").await;
    switch.send(StopLevel::Drain).expect("heard");
    let tally = runner.await.expect("no panic").expect("a store");
    assert!(tally.interrupted && machine.ended().is_empty());
    let (_switch, stop) = stop_switch();
    let tally = machine.runner(stop).serve_once().await.expect("a store");
    assert_eq!((tally.done, tally.interrupted), (1, false));
    assert_eq!(machine.ended(), [RunId(1)]);
}

#[tokio::test(start_paused = true)]
async fn projects_on_one_host_take_turns() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let projects = [
        ("a", "one", text),
        ("b", "one", text),
        ("c", "two", text),
        ("d", "three", text),
    ];
    let machine = Machine::new("2026-05-01T12:00:00Z", &projects);
    machine.killed_at("2026-05-02T12:00:00Z").await;
    let begun = machine.begun();
    let minutes = |name: &str| begun[name][0].1.since(at("2026-05-02T03:30:00Z")).as_secs() / 60;
    assert_eq!([minutes("a"), minutes("c")], [0, 0]);
    assert_eq!([minutes("b"), minutes("d")], [20, 20]);
    assert_eq!(machine.auditor.open.lock().unwrap().1, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_is_reported_and_waits_for_its_next_time() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let machine = Machine::new("2026-05-01T12:00:00Z", &[("broken", "a", text)]);
    machine.killed_at("2026-05-03T12:00:00Z").await;
    assert_eq!(machine.failed().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_without_a_network_is_postponed_until_there_is_one() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let machine = Machine::new("2026-05-01T12:00:00Z", &[("shop", "a", text)]);
    let back = at("2026-05-02T05:02:00Z");
    *machine.auditor.online.lock().unwrap() = Some(back);
    machine.killed_at("2026-05-02T12:00:00Z").await;
    assert_eq!(machine.ended(), [RunId(1)], "it is one run all the time");
    assert_eq!(machine.put_off().len(), 19, "every five minutes");
    assert_eq!(machine.failed(), [""; 0]);
    let diary = machine.diary.lock().unwrap();
    let ended = diary.iter().find_map(|event| match event {
        Event::RunEnded(ended) => Some((ended.due, ended.at)),
        _ => None,
    });
    let soon = back + Duration::from_mins(3) + 19 * OFFLINE + AUDIT;
    let (due, ended) = ended.expect("made");
    assert_eq!(due, at("2026-05-02T03:30:00Z"));
    assert!(ended.since(soon) < Duration::from_secs(1), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn a_robots_txt_that_fails_at_the_due_time_is_tried_again_over_an_hour() {
    let weekly = [(
        "shop",
        "a.example",
        "schedule = 'weekly on mon 06:00'\ntimezone = 'UTC'",
    )];
    let machine = Machine::new("2026-11-01T00:00:00Z", &weekly);
    *machine.auditor.closed.lock().unwrap() = Some(at("2026-11-02T06:30:00Z"));
    machine.killed_at("2026-11-03T00:00:00Z").await;
    // Twenty minutes each, and five between them.
    let minutes: Vec<i64> = (machine.put_off().iter())
        .map(|moment| (moment.millis() - at("2026-11-02T06:00:00Z").millis()) / 60_000)
        .collect();
    assert_eq!(minutes, [25]);
    assert_eq!(machine.ended().len(), 1);
    let runs = machine.auditor.store.runs().expect("read");
    assert_eq!(runs.len(), 1, "what brought nothing is forgotten");

    *machine.auditor.closed.lock().unwrap() = Some(at("2026-11-10T00:00:00Z"));
    machine.killed_at("2026-11-10T00:00:00Z").await;
    assert_eq!(machine.put_off().len(), 3, "{:?}", machine.put_off());
    assert_eq!(machine.ended().len(), 2, "then it is reported");
}

#[tokio::test(start_paused = true)]
async fn a_network_that_does_not_come_back_is_reported_in_the_end() {
    let reported = |text| async move {
        let machine = Machine::new("2026-05-01T12:00:00Z", &[("shop", "a", text)]);
        *machine.auditor.online.lock().unwrap() = Some(at("2027-01-01T00:00:00Z"));
        machine.killed_at("2026-05-03T03:00:00Z").await;
        (machine.put_off().len(), machine.failed())
    };
    // After six hours, or when it is due again.
    let why = "this machine has no network";
    let daily = reported("schedule = 'daily at 03:30'\ntimezone = 'UTC'\n").await;
    assert_eq!(daily, (72, vec![why.to_owned()]));
    let hourly = reported("schedule = '0 * * * *'\ntimezone = 'UTC'\n").await;
    assert_eq!(hourly.1.len(), 37, "from two o'clock on");
}

#[tokio::test(start_paused = true)]
async fn a_single_run_without_a_network_is_reported_and_continues_the_next_time() {
    let text = "schedule = 'daily at 03:30'\ntimezone = 'UTC'\n";
    let machine = Machine::new("2026-05-01T12:00:00Z", &[("shop", "a", text)]);
    let (_switch, stop) = stop_switch();
    // Seen for the first time.
    let none = machine.runner(stop.clone()).serve_once().await;
    assert_eq!(none.expect("a store"), Tally::default());
    machine.off_until("2026-05-02T04:00:00Z").await;
    *machine.auditor.online.lock().unwrap() = Some(at("2026-05-02T04:30:00Z"));
    let offline = machine.runner(stop.clone()).serve_once().await;
    assert_eq!(offline.expect("a store").failed, 1);
    machine.off_until("2026-05-02T05:00:00Z").await;
    let tally = machine.runner(stop).serve_once().await.expect("a store");
    assert_eq!((tally.failed, tally.done), (0, 1));
    assert_eq!(machine.ended(), [RunId(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_on_demand_begins_now_and_one_process_works_on_a_project() {
    let text = "schedule = 'monthly on 1 03:30'\ntimezone = 'UTC'\n";
    let machine = Machine::new("2026-05-02T12:00:00Z", &[("shop", "a", text)]);
    let now = |stop| Runner {
        now: HashSet::from(["shop".to_owned()]),
        ..machine.runner(stop)
    };
    let (_switch, stop) = stop_switch();
    let store = &machine.auditor.store;
    let lock = store.lock_project("shop").expect("asked").expect("free");
    let elsewhere = now(stop.clone()).serve_once().await.expect("a store");
    assert_eq!(elsewhere, Tally::default());
    drop(lock);
    let tally = now(stop).serve_once().await.expect("a store");
    assert_eq!(tally.done, 1);
    assert_eq!(
        machine
            .auditor
            .store
            .run_by_id(RunId(1))
            .expect("a run")
            .state,
        RunState::Running
    );
}
