//! The runner: starts due audits, a few at a time, and sends an event for each result. It owns the state of the
//! projects; audits are tasks that share nothing with it. It stores a task before the task begins, and stores that the
//! task is done after the event was sent. So after a kill the next runner continues.

pub(super) mod auditor;
mod clock_fault;
pub(super) mod due;
mod retention;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use crate::audit;
use crate::crawl::{Ended, Stop, StopLevel};
use crate::model::{HostKey, Moment};
use crate::store::{LastRun, OpenRun, RunLock, ScheduleState, ScheduledRun, Store, StoreError};

use super::event::{Event, Listener, RunEnded, RunOutcome};
use super::out;
use super::project::Project;
use auditor::{AuditMade, AuditOrder, AuditWork, Auditor, Unmade};
use clock_fault::repaired;
use due::{Next, Task, missed, next};

/// Wait before a project is tried again that another process works on.
const ELSEWHERE: Duration = Duration::from_secs(30);

/// Wait before a project is tried again if this machine has no network or the robots.txt of the site cannot be read.
const PAUSE: Duration = Duration::from_mins(5);

/// Maximum time without a network before a run fails and is reported: the reason may be a proxy that is gone for
/// good.
const PATIENCE: Duration = Duration::from_hours(6);

/// Maximum time after its due time in which a run is tried again if robots.txt cannot be read. So a restart of the site
/// does not cost the weekly run.
const ROBOTS_PATIENCE: Duration = Duration::from_hours(1);

/// A clock that can wait.
pub trait Clock: Send {
    /// Returns the time of day.
    fn now(&self) -> Moment;

    /// Waits until `moment`, or less: the caller checks the time again.
    fn sleep_until(&mut self, moment: Moment) -> impl Future<Output = ()> + Send;
}

/// The parts of a runner.
#[derive(Debug)]
pub struct Runner<A, L, C> {
    /// The projects.
    pub projects: Vec<Project>,
    /// Projects that are due at once, whatever their schedule says.
    pub now: HashSet<String>,
    /// Maximum audits at a time; at least one.
    pub parallel: usize,
    /// The store of the runs and of the projects' state.
    pub store: Store,
    /// Makes the audits.
    pub auditor: Arc<A>,
    /// Receives the events.
    pub listener: L,
    /// Returns the time.
    pub clock: C,
    /// Stops the runner. Audits are interrupted, and continue at its next start.
    pub stop: Stop,
}

/// Counts of runs by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs that could not be made, or not yet, for a local reason.
    pub failed: usize,
    /// Runs of sites that could not be audited at all.
    pub no_audit: usize,
    /// Runs with a gate that failed.
    pub gate_failed: usize,
    /// Runs with a gate that could not be decided.
    pub gate_undecided: usize,
    /// Runs with none of these results, and rechecks.
    pub done: usize,
    /// Whether a stop was requested.
    pub interrupted: bool,
}

impl<A: Auditor, L: Listener, C: Clock> Runner<A, L, C> {
    /// Serves the projects until a stop is requested.
    pub async fn serve(self) -> Result<Tally, StoreError> {
        Round::new(self).go(None).await
    }

    /// Runs the tasks that are due now, then ends.
    pub async fn serve_once(self) -> Result<Tally, StoreError> {
        let now = self.clock.now();
        Round::new(self).go(Some(now)).await
    }
}

/// An audit in progress.
struct Busy {
    /// The index of the project.
    at: usize,
    task: Task,
    /// Whether a user started the audit with `--now`.
    forced: bool,
    /// The lock of the project, held until the result is stored.
    _lock: RunLock,
}

/// The state of a runner at work.
struct Round<A, L, C> {
    runner: Runner<A, L, C>,
    audits: JoinSet<Result<AuditMade, Unmade>>,
    busy: HashMap<Id, Busy>,
    /// Projects that another process works on or that have no network, and when to check again.
    later: HashMap<usize, Moment>,
    /// Projects without a network, and since when.
    offline: HashMap<usize, Moment>,
    tally: Tally,
    /// The counts of the queue as the last event sent them.
    announced: Option<(usize, usize, Option<Moment>)>,
}

/// The tasks that are due, and when the next one will be.
#[derive(Default)]
struct Outlook {
    /// Due tasks, the oldest first.
    waiting: Vec<(usize, Task)>,
    /// When another task will be due.
    next: Option<Moment>,
}

impl<A: Auditor, L: Listener, C: Clock> Round<A, L, C> {
    fn new(runner: Runner<A, L, C>) -> Self {
        Round {
            runner,
            audits: JoinSet::new(),
            busy: HashMap::new(),
            later: HashMap::new(),
            offline: HashMap::new(),
            tally: Tally::default(),
            announced: None,
        }
    }

    /// Runs until a stop is requested or, with `until`, until all tasks due by that moment are done.
    async fn go(mut self, until: Option<Moment>) -> Result<Tally, StoreError> {
        loop {
            let now = self.runner.clock.now();
            let stopped = self.runner.stop.level() != StopLevel::Run;
            let mut outlook = Outlook::default();
            if !stopped {
                self.drop_pauses_beyond_the_longest(now);
                outlook = self.look(until.unwrap_or(now))?;
                self.begin_all(&mut outlook, now)?;
            }
            self.announce_queue(&outlook, now);
            let over = stopped || (until.is_some() && outlook.waiting.is_empty());
            if over && self.busy.is_empty() {
                self.tally.interrupted |= stopped;
                return Ok(self.tally);
            }
            let again = outlook.next.unwrap_or(now + ELSEWHERE);
            tokio::select! {
                Some(brought) = self.audits.join_next_with_id(), if !self.audits.is_empty() => {
                    let (id, result) = match brought {
                        Ok(brought) => brought,
                        // A panic in one audit does not end the others.
                        Err(fault) => (fault.id(), Err(Unmade::Fault("the audit crashed; see the log".to_owned()))),
                    };
                    self.take_in(id, result).await?;
                }
                () = self.runner.clock.sleep_until(again) => {}
                () = self.runner.stop.changed() => {}
            }
        }
    }

    /// Drops pauses from before the clock was set back: they would last longer than intended.
    fn drop_pauses_beyond_the_longest(&mut self, now: Moment) {
        self.later.retain(|_, until| until.since(now) <= PAUSE);
    }

    /// Returns the due tasks of projects without an audit in progress.
    fn look(&mut self, now: Moment) -> Result<Outlook, StoreError> {
        self.later.retain(|_, until| *until > now);
        let mut outlook = Outlook::default();
        let mut soonest = |at: Moment| {
            outlook.next = Some(outlook.next.map_or(at, |next| next.min(at)));
        };
        for (at, project) in self.runner.projects.iter().enumerate() {
            if self.busy.values().any(|busy| busy.at == at) {
                continue;
            }
            if let Some(until) = self.later.get(&at) {
                soonest(*until);
                continue;
            }
            let state = self.state(project, now)?;
            let forced = self.runner.now.contains(&project.name) && state.open.is_none();
            match next(project, &state, now) {
                _ if forced => outlook.waiting.push((at, Task::Run { due: now })),
                Next::Now(task) => outlook.waiting.push((at, task)),
                Next::At(moment) => soonest(moment),
                Next::Never => {}
            }
        }
        outlook.waiting.sort_by_key(|(_, task)| task.due());
        Ok(outlook)
    }

    /// Returns the state of a project. Stores a new state if there is none.
    fn state(&self, project: &Project, now: Moment) -> Result<ScheduleState, StoreError> {
        let store = &self.runner.store;
        if let Some(state) = store.schedule(&project.name)? {
            return match repaired(project, &state, now) {
                Some(repaired) => self.repair(project, repaired, now),
                None => Ok(state),
            };
        }
        let state = ScheduleState::new(now);
        store.set_schedule(&project.name, &state)?;
        Ok(state)
    }

    /// Stores a repaired state and logs it. If another process works on the project, that process does so.
    fn repair(
        &self,
        project: &Project,
        state: ScheduleState,
        now: Moment,
    ) -> Result<ScheduleState, StoreError> {
        let store = &self.runner.store;
        if let Some(_lock) = store.lock_project(&project.name)? {
            store.set_schedule(&project.name, &state)?;
            let name = &project.name;
            tracing::warn!(
                project = %name,
                "{name}: its last run is stored with a time in the future, so the clock of this machine was ahead, or is \
                 behind now; the schedule continues as if that run was due at {} UTC",
                now.spreadsheet()
            );
        }
        Ok(state)
    }

    /// Begins tasks up to the maximum, one per host. The rest waits.
    fn begin_all(&mut self, outlook: &mut Outlook, now: Moment) -> Result<(), StoreError> {
        for (at, task) in std::mem::take(&mut outlook.waiting) {
            let full = self.busy.len() >= self.runner.parallel;
            if full || self.shares_a_host(at) {
                outlook.waiting.push((at, task));
            } else if !self.begin(at, task, now)? {
                let project = &self.runner.projects[at].name;
                if self.runner.now.contains(project) {
                    tracing::warn!(%project, "{project} does not start now: another process works on it");
                }
                self.later.insert(at, now + ELSEWHERE);
            }
        }
        Ok(())
    }

    fn shares_a_host(&self, at: usize) -> bool {
        let hosts = |at: usize| &self.runner.projects[at].hosts;
        let taken: HashSet<&HostKey> = self.busy.values().flat_map(|busy| hosts(busy.at)).collect();
        hosts(at).iter().any(|host| taken.contains(host))
    }

    /// Begins a task. Returns false if another process works on the project.
    fn begin(&mut self, at: usize, task: Task, now: Moment) -> Result<bool, StoreError> {
        let store = self.runner.store.clone();
        let project = &self.runner.projects[at];
        let Some(lock) = store.lock_project(&project.name)? else {
            return Ok(false);
        };
        // Another process may have done it meanwhile.
        let mut state = self.state(project, now)?;
        let forced = self.runner.now.remove(&project.name);
        let task = match next(project, &state, now) {
            _ if forced && state.open.is_none() => task,
            Next::Now(task) => task,
            Next::At(_) | Next::Never => return Ok(true),
        };
        let order = prepare(project, &task, &mut state, &store)?;
        store.set_schedule(&project.name, &state)?;
        if !matches!(task, Task::Recheck { .. }) {
            self.runner.listener.receive(&Event::RunStarted {
                project: project.name.clone(),
                due: task.due(),
                at: now,
                resumed: matches!(order.work, AuditWork::Resume(_)),
            });
        }
        let (auditor, stop) = (Arc::clone(&self.runner.auditor), self.runner.stop.clone());
        let audit = self
            .audits
            .spawn(async move { auditor.audit(order, stop).await });
        let busy = Busy {
            at,
            task,
            forced,
            _lock: lock,
        };
        self.busy.insert(audit.id(), busy);
        Ok(true)
    }

    /// Sends the event of an ended audit, and stores the result.
    async fn take_in(
        &mut self,
        id: Id,
        result: Result<AuditMade, Unmade>,
    ) -> Result<(), StoreError> {
        let Some(busy) = self.busy.remove(&id) else {
            return Ok(());
        };
        let now = self.runner.clock.now();
        let project = self.runner.projects[busy.at].clone();
        let mut state = self.state(&project, now)?;
        if let Err(Unmade::Offline(why)) = &result
            && self.may_wait(busy.at, &state, now)
        {
            self.tally.failed += 1;
            self.put_off(busy.at, why, now);
            return Ok(());
        }
        self.offline.remove(&busy.at);
        if let Ok(audited) = &result
            && self.is_tried_again(&busy, audited, &state, now)
        {
            return self.try_again(busy.at, audited, now);
        }
        match (&busy.task, result) {
            // It continues at the next start of the runner.
            (_, Ok(audited)) if audited.ended == Ended::Interrupted => return Ok(()),
            (Task::Recheck { step, .. }, Ok(audited)) => {
                self.rechecked(&project, &mut state, (*step, &audited), now)?;
            }
            (Task::Run { .. } | Task::Resume(_), Ok(audited)) => {
                self.ended(&project, &mut state, audited, busy.task.due(), now)?;
                let (store, name, keep) = (self.runner.store.clone(), project.name, project.keep);
                let tidy = move || retention::tidy(&store, &name, keep, now);
                match tokio::task::spawn_blocking(tidy).await {
                    Ok(done) => done?,
                    Err(fault) => std::panic::resume_unwind(fault.into_panic()),
                }
            }
            (task, Err(Unmade::Fault(why) | Unmade::Offline(why))) => {
                self.failed(&project, &mut state, task, (why, now))?;
            }
        }
        Ok(())
    }

    /// Returns whether a project may wait longer for the network: until [`PATIENCE`] is over or its next run is due.
    fn may_wait(&mut self, at: usize, state: &ScheduleState, now: Moment) -> bool {
        let since = *self.offline.entry(at).or_insert(now);
        now.since(since) < PATIENCE && missed(&self.runner.projects[at], state, now).is_none()
    }

    /// Returns whether a run whose site could not be audited is made again soon: within [`ROBOTS_PATIENCE`] of its due
    /// time, and not if a user started it.
    fn is_tried_again(
        &self,
        busy: &Busy,
        audited: &AuditMade,
        state: &ScheduleState,
        now: Moment,
    ) -> bool {
        let project = &self.runner.projects[busy.at];
        audited.may_pass
            && !busy.forced
            && now.since(busy.task.due()) < ROBOTS_PATIENCE
            && missed(project, state, now).is_none()
    }

    /// Deletes a run whose site could not be audited. Another run replaces it later.
    fn try_again(&mut self, at: usize, audited: &AuditMade, now: Moment) -> Result<(), StoreError> {
        self.tally.no_audit += 1;
        self.runner.store.delete_run(audited.run)?;
        retention::delete_files(&audited.files, audited.out.as_deref());
        if let RunOutcome::NoAudit(why) = &audited.outcome {
            self.put_off(at, why, now);
        }
        Ok(())
    }

    /// Postpones a task. A run that began stays open and continues later.
    fn put_off(&mut self, at: usize, why: &str, now: Moment) {
        let again = now + PAUSE;
        self.later.insert(at, again);
        self.runner.listener.receive(&Event::PutOff {
            project: self.runner.projects[at].name.clone(),
            again,
            why: why.to_owned(),
        });
    }

    fn ended(
        &mut self,
        project: &Project,
        state: &mut ScheduleState,
        audited: AuditMade,
        due: Moment,
        now: Moment,
    ) -> Result<(), StoreError> {
        let count = match audited.outcome {
            RunOutcome::Done => &mut self.tally.done,
            RunOutcome::GateUndecided => &mut self.tally.gate_undecided,
            RunOutcome::GateFailed => &mut self.tally.gate_failed,
            RunOutcome::NoAudit(_) => &mut self.tally.no_audit,
        };
        *count += 1;
        let store = &self.runner.store;
        let made = ScheduledRun {
            run: audited.run,
            due,
            ended: now,
            out: audited.out.clone(),
            files: audited.files.clone(),
            new_5xx: audited.new_5xx,
        };
        store.add_scheduled_run(&project.name, &made)?;
        // Rechecks also request the URLs that were skipped because their host was given up.
        let is_over = audited.ended != Ended::Incomplete
            && store.rechecked(audited.run, u8::MAX)?.failing.is_empty();
        self.runner.listener.receive(&Event::RunEnded(RunEnded {
            project: project.name.clone(),
            run: audited.run,
            due,
            at: now,
            outcome: audited.outcome,
            gates: audited.gates,
            brief: audited.brief,
            out: audited.out,
            files: audited.files,
        }));
        state.open = None;
        state.last = Some(LastRun {
            run: made.run,
            ended: now,
            step: if is_over { OVER } else { 0 },
            pass: None,
        });
        self.runner.store.set_schedule(&project.name, state)
    }

    fn rechecked(
        &mut self,
        project: &Project,
        state: &mut ScheduleState,
        (step, audited): (u8, &AuditMade),
        now: Moment,
    ) -> Result<(), StoreError> {
        let Some(last) = &mut state.last else {
            return Ok(());
        };
        self.tally.done += 1;
        let pass = last.pass.take().unwrap_or(u8::MAX);
        let store = &self.runner.store;
        let found = store.rechecked(last.run, pass)?;
        store.set_new_5xx(last.run, audited.new_5xx)?;
        let is_over = found.failing.is_empty() && audited.ended != Ended::Incomplete;
        last.step = if is_over { OVER } else { step };
        self.runner.listener.receive(&Event::Rechecked {
            project: project.name.clone(),
            run: last.run,
            step,
            at: now,
            recovered: found.recovered,
            lost: found.lost,
            failing: found.failing,
            next: project.ladder.next(last.ended, last.step),
        });
        self.runner.store.set_schedule(&project.name, state)
    }

    /// Records a run that could not be made. The project is tried again at its next due time.
    fn failed(
        &mut self,
        project: &Project,
        state: &mut ScheduleState,
        task: &Task,
        (why, now): (String, Moment),
    ) -> Result<(), StoreError> {
        self.tally.failed += 1;
        self.runner.listener.receive(&Event::RunFailed {
            project: project.name.clone(),
            due: task.due(),
            at: now,
            why,
        });
        match (task, &mut state.last) {
            (Task::Recheck { step, .. }, Some(last)) => (last.step, last.pass) = (*step, None),
            _ => state.open = None,
        }
        self.runner.store.set_schedule(&project.name, state)
    }

    fn announce_queue(&mut self, outlook: &Outlook, at: Moment) {
        let (running, waiting, next) = (self.busy.len(), outlook.waiting.len(), outlook.next);
        if self.announced != Some((running, waiting, next)) {
            self.announced = Some((running, waiting, next));
            self.runner.listener.receive(&Event::Queue {
                at,
                running,
                waiting,
                next,
            });
        }
    }
}

/// The stored step of a ladder that is over because no URL fails any more.
const OVER: u8 = u8::MAX;

/// Records in a project's state that a task begins. Returns the order of its audit.
fn prepare(
    project: &Project,
    task: &Task,
    state: &mut ScheduleState,
    store: &Store,
) -> Result<AuditOrder, StoreError> {
    let (work, out) = match task {
        Task::Run { due } => {
            let place = project.out.as_deref();
            let open = OpenRun {
                token: audit::new_token(),
                due: *due,
                out: place
                    .map(|out| out::with_time(out, &project.name, &project.timing.local(*due))),
            };
            state.served = Some(*due);
            state.open = Some(open.clone());
            (AuditWork::New(open.token), open.out)
        }
        Task::Resume(open) => {
            let work = match store.run(&open.token) {
                Ok(run) => AuditWork::Resume(run.id),
                // The process was killed before the run was recorded.
                Err(StoreError::NoRun(_)) => AuditWork::New(open.token.clone()),
                Err(fault) => return Err(fault),
            };
            (work, open.out.clone())
        }
        Task::Recheck { run, pass, .. } => {
            let pass = match pass {
                Some(pass) => *pass,
                None => store.last_pass(*run)?.saturating_add(1),
            };
            if let Some(last) = &mut state.last {
                last.pass = Some(pass);
            }
            let made = store.scheduled_runs(&project.name)?;
            let made = made.into_iter().find(|made| made.run == *run);
            (
                AuditWork::Recheck(*run, pass),
                made.and_then(|made| made.out),
            )
        }
    };
    Ok(AuditOrder {
        project: project.name.clone(),
        work,
        out,
        zone: project.timing.zone().clone().into(),
    })
}
