//! The passes of a continued run: which are planned again, and which are over.

use std::time::Duration;

use crate::model::{ConfirmPlan, CrawlPlan, SamplePlan};
use crate::store::{RunState, Store, StoreError};

use crate::audit::order::RunOrder;

/// Time during which a failing page is requested again: longer than any schedule of confirmation.
const PROOF: Duration = Duration::from_hours(8 * 24);

/// Plans the passes of a run.
pub(in crate::audit) fn plan(
    plan: &mut CrawlPlan,
    order: &RunOrder,
    store: &Store,
) -> Result<(), StoreError> {
    match order {
        RunOrder::New { .. } => {}
        RunOrder::Resume(run) => {
            let last_pass = store.last_pass(run.id)?;
            let crawls_on = run.state == RunState::Incomplete || store.has_queued(run.id)?;
            if crawls_on && last_pass > 1 {
                confirm_again(&mut plan.confirm, last_pass);
            }
        }
        RunOrder::Recheck(_, pass) => recheck(plan, *pass),
    }
    Ok(())
}

/// Plans the configured passes once more after those that the run has already made: pages that it did not request then
/// may fail now, and are confirmed like any other.
fn confirm_again(confirm: &mut ConfirmPlan, last_pass: u8) {
    let again = std::mem::take(&mut confirm.delays);
    confirm.delays = over(last_pass);
    confirm.delays.extend(again);
}

/// Plans one pass at once and nothing else. The passes before it count as made.
fn recheck(plan: &mut CrawlPlan, pass: u8) {
    plan.confirm = ConfirmPlan {
        delays: over(pass),
        budget: plan.confirm.budget,
        proof: PROOF,
    };
    plan.sample = SamplePlan::Off;
    plan.experiments.enabled = false;
}

/// Returns delays of zero for the passes up to this one. Pass 1 is the crawl itself and has no delay.
fn over(pass: u8) -> Vec<Duration> {
    vec![Duration::ZERO; usize::from(pass.saturating_sub(1))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_resumed_incomplete_run_are_confirmed_in_passes_of_their_own() {
        let planned = [15, 60].map(Duration::from_secs);
        let mut confirm = ConfirmPlan {
            delays: planned.to_vec(),
            ..ConfirmPlan::default()
        };
        confirm_again(&mut confirm, 3);
        assert_eq!(confirm.delays[..2], [Duration::ZERO; 2]);
        assert_eq!(confirm.delays[2..], planned);
        let mut none = ConfirmPlan {
            delays: Vec::new(),
            ..confirm
        };
        confirm_again(&mut none, 1);
        assert!(none.delays.is_empty());
    }

    #[test]
    fn a_recheck_is_one_pass_at_once_and_nothing_else() {
        let usual = CrawlPlan::usual(Vec::new());
        let mut plan = usual.clone();
        recheck(&mut plan, 4);
        assert_eq!(plan.confirm.delays, [Duration::ZERO; 3]);
        assert_eq!(plan.confirm.budget, usual.confirm.budget);
        assert_eq!(
            (plan.sample, plan.experiments.enabled),
            (SamplePlan::Off, false)
        );
        assert_eq!((plan.scope, plan.pace), (usual.scope, usual.pace));
    }
}
