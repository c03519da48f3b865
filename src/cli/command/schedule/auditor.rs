//! Makes the audits of projects: turns a project's arguments into an order, and the audit's result into the result for
//! the schedule.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::assess::GateStatus;
use crate::audit::{
    Asked, Audited, CrawlOrder, Delivered, Order, Out, Remembered, RunOrder, Unaudited, Work, make,
};
use crate::crawl::Stop;
use crate::schedule::{AuditMade, AuditOrder, AuditWork, Auditor, RunOutcome, Unmade};
use crate::store::Store;

use super::projects::headless;
use crate::cli::database;
use crate::machine::wall_clock;
use crate::settings::args::AuditArgs;
use crate::settings::failure::{Failure, resumable};
use crate::settings::plan::order::{continued, fresh};
use crate::settings::plan::{asked, traffic};
use crate::terminal::progress::Progress;
use crate::terminal::watch::Watch;

/// The auditor, which makes audits from the projects' arguments.
pub(super) struct Audits {
    pub(super) args: HashMap<String, AuditArgs>,
    pub(super) store: Store,
}

impl Auditor for Audits {
    async fn audit(&self, order: AuditOrder, stop: Stop) -> Result<AuditMade, Unmade> {
        let (order, hint) = self.order(order)?;
        let order = order.check().map_err(Failure::from)?;
        // No terminal, only the log.
        let watch = Watch::new(Progress::new(headless().people, None));
        let made = make(order, watch, stop).await;
        result_of(made.map_err(|fault| resumable(fault, &hint))?)
    }
}

impl From<Failure> for Unmade {
    fn from(failure: Failure) -> Unmade {
        Unmade::Fault(failure.message().unwrap_or_default())
    }
}

impl Audits {
    /// Returns the order, and the hint that names its database to another command.
    fn order(&self, wanted: AuditOrder) -> Result<(Order, String), Failure> {
        let Some(args) = self.args.get(&wanted.project) else {
            let name = &wanted.project;
            let said = format!("project {name} is not in the configuration");
            return Err(Failure::usage(said));
        };
        let order = Order {
            asked: Asked {
                zone: wanted.zone,
                ..wanted_of(args, &wanted.work, wanted.out)
            },
            work: self.work(args, wanted.work)?,
            // The schedule orders a run again until it has ended.
            remembered: Remembered::ByCaller,
            store: self.store.clone(),
        };
        Ok((order, database::hint(&self.store, &args.store)))
    }

    fn work(&self, args: &AuditArgs, work: AuditWork) -> Result<Work, Failure> {
        let crawl = match work {
            AuditWork::New(token) => {
                let mut console = headless();
                let order = fresh(args, token, &mut console)?;
                if let Some((site, traffic)) = traffic::of_order(args, &order, &console.people)? {
                    self.store.keep_traffic(&site, wall_clock(), &traffic)?;
                }
                order
            }
            AuditWork::Resume(run) => {
                let run = self.store.run_by_id(run)?;
                // The process was killed when only the exports were missing.
                if run.state.has_ended() {
                    return Ok(Work::Deliver(Box::new(run)));
                }
                continued(args, run, &mut headless())?
            }
            AuditWork::Recheck(run, pass) => {
                let run = self.store.run_by_id(run)?;
                CrawlOrder {
                    run: RunOrder::Recheck(Box::new(run.clone()), pass),
                    ..continued(args, run, &mut headless())?
                }
            }
        };
        Ok(Work::Crawl(Box::new(crawl)))
    }
}

/// Returns the requested results of a project. The directory belongs to the run, so a continued run replaces its files.
fn wanted_of(args: &AuditArgs, work: &AuditWork, out: Option<PathBuf>) -> Asked {
    Asked {
        out: out.map(Out::OfRun),
        overwrite: !matches!(work, AuditWork::New(_)) || args.export.overwrite,
        ..asked::of(args)
    }
}

/// Turns an audit into the result for the schedule.
fn result_of(audited: Audited) -> Result<AuditMade, Unmade> {
    if let Some(offline) = audited.offline {
        return Err(Unmade::Offline(offline.to_string()));
    }
    let result = AuditMade {
        run: audited.run.id,
        ended: audited.ended,
        outcome: RunOutcome::Done,
        may_pass: false,
        gates: Vec::new(),
        new_5xx: None,
        brief: Box::default(),
        out: None,
        files: Vec::new(),
    };
    Ok(match audited.delivered {
        None => result,
        Some(delivered) => AuditMade {
            outcome: outcome(&delivered),
            may_pass: delivered
                .unaudited
                .as_ref()
                .is_some_and(Unaudited::may_pass),
            gates: delivered.gates,
            new_5xx: delivered.summary.new_server_errors,
            brief: Box::new(delivered.brief),
            out: delivered.out,
            files: delivered.files,
            ..result
        },
    })
}

fn outcome(delivered: &Delivered) -> RunOutcome {
    if let Some(why) = &delivered.unaudited {
        return RunOutcome::NoAudit(why.to_string());
    }
    match GateStatus::of_all(&delivered.gates) {
        GateStatus::Held => RunOutcome::Done,
        GateStatus::Failed => RunOutcome::GateFailed,
        GateStatus::Undecided => RunOutcome::GateUndecided,
    }
}
