//! Makes the audits of projects: what `audit` does, without anybody who looks on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::Order;
use crate::assess::Ruling;
use crate::crawl::{Ended, Stop};
use crate::model::{ConfirmPlan, SamplePlan};
use crate::report::{self, Wanted};
use crate::schedule::{AuditOrder, Audited, Auditor, RunOutcome, Unmade, Work, out};
use crate::store::{RunRow, RunState, Store};

use super::super::args::AuditArgs;
use super::super::audit::{self, Crawled, Intent};
use super::super::failure::{Failure, bad_out};
use super::super::{baseline, database, gates, unaudited, unfinished};
use super::projects::nobody;

/// Longer than any ladder of confirmation: until then a page that fails is asked again.
const PROOF: Duration = Duration::from_hours(8 * 24);

/// Makes audits as the projects' arguments say.
pub(super) struct Audits {
    pub(super) args: HashMap<String, AuditArgs>,
    pub(super) store: Store,
}

impl Auditor for Audits {
    async fn audit(&self, order: AuditOrder, stop: Stop) -> Result<Audited, Unmade> {
        self.make(order, stop).await
    }
}

impl From<Failure> for Unmade {
    fn from(failure: Failure) -> Unmade {
        Unmade::Fault(failure.message().unwrap_or_default())
    }
}

impl Audits {
    async fn make(&self, wanted: AuditOrder, stop: Stop) -> Result<Audited, Unmade> {
        let Some(args) = self.args.get(&wanted.project) else {
            let name = &wanted.project;
            let said = format!("project {name} is not in the configuration");
            return Err(Failure::usage(said).into());
        };
        let replaces = !matches!(wanted.work, Work::New(_)) || args.export.overwrite;
        if let Some(out) = wanted
            .out
            .as_ref()
            .filter(|out| *out == &out::with_run(out, ""))
        {
            report::check(out, &args.export.formats(), replaces)
                .map_err(|fault| bad_out(&fault))?;
        }
        let (run, ended) = self.crawl(args, &wanted.work, stop).await?;
        if matches!(ended, Ended::Offline | Ended::NeverOnline) {
            let why = unfinished::offline(&self.store, &run, ended).map_err(Failure::from)?;
            return Err(Unmade::Offline(why));
        }
        let out = wanted.out.map(|out| out::with_run(&out, run.id));
        Ok(self.conclude(args, (run, ended), out, replaces).await?)
    }

    async fn crawl(
        &self,
        args: &AuditArgs,
        work: &Work,
        stop: Stop,
    ) -> Result<(RunRow, Ended), Failure> {
        let (token, intent) = match work {
            Work::New(token) => (token.clone(), audit::fresh(args, &mut nobody())?),
            Work::Resume(run) => {
                let run = self.store.run_by_id(*run)?;
                // Killed when all but the exports was done.
                match run.state {
                    RunState::Finished => return Ok((run, Ended::Finished)),
                    RunState::Incomplete => return Ok((run, Ended::Incomplete)),
                    RunState::Running | RunState::Interrupted => {}
                }
                (
                    run.token.clone(),
                    audit::continued(args, run, &mut nobody())?,
                )
            }
            Work::Recheck(run, pass) => {
                let run = self.store.run_by_id(*run)?;
                let token = run.token.clone();
                let mut intent = audit::continued(args, run, &mut nobody())?;
                recheck(&mut intent, *pass);
                (token, intent)
            }
        };
        let order = Order {
            // The schedule remembers it itself.
            asked: None,
            label: audit::label(&intent.plan.scope.seeds),
            token: token.clone(),
            plan: intent.plan,
            network: intent.network,
            store: self.store.clone(),
            run: intent.run,
        };
        let made = audit::carry_out(order, stop, nobody().people).await;
        let Crawled { run, ended, .. } = made.map_err(|failure| {
            let hint = database::hint(&self.store, &args.store);
            unfinished::resumable(failure, &self.store, &token, &hint)
        })?;
        Ok((run, ended))
    }

    /// Judges and exports a run.
    async fn conclude(
        &self,
        args: &AuditArgs,
        (run, ended): (RunRow, Ended),
        out: Option<PathBuf>,
        overwrite: bool,
    ) -> Result<Audited, Failure> {
        let mut audited = Audited {
            run: run.id,
            ended,
            outcome: RunOutcome::Done,
            gates: Vec::new(),
            out: out.clone(),
            files: Vec::new(),
        };
        if !matches!(ended, Ended::Finished | Ended::Incomplete) {
            return Ok(audited);
        }
        let mut numbers = self.store.summary(run.id)?;
        let named = &args.baseline;
        let baseline = baseline::named(
            &self.store,
            "--baseline",
            named.baseline.as_deref(),
            &named.maps.map,
        )?;
        let compared = audit::compare(&self.store, &run, baseline).await?;
        let comparison = compared.as_ref().map(|found| &found.comparison);
        numbers.pages.compared_with(comparison);
        let unaudited = unaudited::why(&self.store, &run, &numbers)?;
        audited.gates = gates::judge(&args.fail_on, run.state, &numbers, unaudited.is_some());
        let wanted = Wanted {
            formats: args.export.formats(),
            overwrite,
            gates: audited.gates.clone(),
            compared,
        };
        audited.files = audit::export(out, wanted, &self.store, &run).await?;
        audited.outcome = match unaudited {
            Some(why) => RunOutcome::NoAudit(why),
            None => match Ruling::of_all(&audited.gates) {
                Ruling::Held => RunOutcome::Done,
                Ruling::Failed => RunOutcome::GateFailed,
                Ruling::Undecided => RunOutcome::GateUndecided,
            },
        };
        Ok(audited)
    }
}

/// One more pass at once, and nothing else: a run goes on after the passes that it had, so all up to
/// this one are over.
fn recheck(intent: &mut Intent, pass: u8) {
    let passes = usize::from(pass.saturating_sub(1));
    intent.plan.confirm = ConfirmPlan {
        delays: vec![Duration::ZERO; passes],
        budget: intent.plan.confirm.budget,
        proof: PROOF,
    };
    intent.plan.sample = SamplePlan::Off;
    intent.plan.probe.enabled = false;
}
