//! Turns arguments into the order of a crawl: a new run, or a continued one.

use std::collections::BTreeMap;

use crate::audit::{CrawlOrder, RunOrder};
use crate::store::{RunRow, RunState, Store};

use super::{network, reach, urls};
use crate::settings::args::AuditArgs;
use crate::settings::failure::Failure;
use crate::settings::plan;
use crate::terminal::streams::Console;

/// Returns the order of a new run. `token` is sent to the site as `X-Gatecrawl-Run`.
pub(crate) fn fresh(
    args: &AuditArgs,
    token: String,
    console: &mut Console,
) -> Result<CrawlOrder, Failure> {
    let start = urls::start(&args.scope, &mut console.stdin)?;
    if let Some(taken) = &start.listed.taken {
        console.people.mention(taken);
    }
    if let Some(left_out) = &start.listed.left_out {
        tracing::warn!("{left_out}");
    }
    let mut plan = plan::plan(args, &start.urls)?;
    plan::check_gates(&args.fail_on, &plan.scope.segments)?;
    plan.requests.reach = reach::of_args(args, !start.logins.is_empty());
    Ok(CrawlOrder {
        network: network::network(args, &plan, start.logins, console)?,
        plan,
        run: RunOrder::New {
            token,
            seeds: start.urls,
        },
    })
}

/// Returns the order of a resumed run: its plan, changed by the arguments.
pub(crate) fn resumed(
    args: &AuditArgs,
    run: RunRow,
    console: &mut Console,
) -> Result<CrawlOrder, Failure> {
    let mut plan = run.plan.clone();
    plan::amend(&mut plan, &args.pace, &args.identity)?;
    plan::check_gates(&args.fail_on, &plan.scope.segments)?;
    let mut network = network::network(args, &plan, BTreeMap::new(), console)?;
    reach::again(&plan.requests.reach, args, &mut network)?;
    Ok(CrawlOrder {
        network,
        plan,
        run: RunOrder::Resume(Box::new(run)),
    })
}

/// Returns the order that continues a run of a project. The scope is that of the run; all other settings, secrets
/// included, are those that the configuration has now.
pub(crate) fn continued(
    args: &AuditArgs,
    run: RunRow,
    console: &mut Console,
) -> Result<CrawlOrder, Failure> {
    let start = urls::start(&args.scope, &mut console.stdin)?;
    let mut plan = run.plan.clone();
    plan::amend(&mut plan, &args.pace, &args.identity)?;
    Ok(CrawlOrder {
        network: network::network(args, &plan, start.logins, console)?,
        plan,
        run: RunOrder::Resume(Box::new(run)),
    })
}

/// Finds the run that `--resume` names: one that has not ended, or whose results are not delivered.
pub(crate) fn to_resume(store: &Store, name: Option<&str>) -> Result<RunRow, Failure> {
    let Some(name) = name else {
        return store
            .unfinished_run()?
            .ok_or_else(|| Failure::usage("--resume: no run is interrupted or incomplete"));
    };
    let run = store.run(name)?;
    if run.state == RunState::Finished && store.asked(run.id)?.is_none() {
        return Err(Failure::usage(format!(
            "--resume {name}: this run is finished"
        )));
    }
    Ok(run)
}
