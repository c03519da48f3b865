//! `gatecrawl audit`: checks all input of the user first, then crawls, writes the exports and prints the summary.

mod dry_run;
pub(super) mod gates;
mod unfinished;

use crate::audit::{
    Asked, AuditError, Audited, Delivered, Order, Remembered, Work, make, new_token, settle,
};
use crate::crawl::{Ended, Stop, stop_switch};
use crate::machine::{MOST_OPEN, most_open, wall_clock};
use crate::model::{CrawlPlan, CrawlUrl};
use crate::store::{RunState, Store, Table};

use super::compare;
use crate::cli::{database, signals};
use crate::settings::args::AuditArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::settings::plan::order::{fresh, resumed, to_resume};
use crate::settings::plan::{agents, asked, traffic};
use crate::settings::{failure, plan};
use crate::terminal::logs::beside_audit;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::progress::Progress;
use crate::terminal::streams::{Console, People};
use crate::terminal::summary::gaps::gaps;
use crate::terminal::summary::{SummaryInput, WORST, summary};
use crate::terminal::watch::Watch;

/// Makes an audit, or continues one.
pub(in crate::cli) async fn run(args: &AuditArgs, console: &mut Console) -> Result<Exit, Failure> {
    let order = match &args.resume {
        None => new(args, console).await?,
        Some(name) => again(args, name.as_deref(), console).await?,
    };
    let Some(order) = order else {
        return Ok(Exit::Done);
    };
    let (switch, stop) = stop_switch();
    tokio::select! {
        done = carry_out(args, order, stop, console) => done,
        () = signals::listen(switch, console.people.clone()) => Ok(Exit::Interrupted),
    }
}

/// Returns the order of a new run; `None` after a dry run.
async fn new(args: &AuditArgs, console: &mut Console) -> Result<Option<Order>, Failure> {
    let crawl = fresh(args, new_token(), console)?;
    if args.dry_run {
        dry_run::run(&crawl, &args.store, console).await?;
        return Ok(None);
    }
    let asked = asked::of(args);
    // Before a database is created.
    asked.check_out()?;
    let traffic = traffic::of_order(args, &crawl, &console.people)?;
    let store = database::open_or_make(&args.store)?;
    plan::check_names(&crawl.plan.scope.select, Table::Pages.columns())?;
    if let Some((site, traffic)) = traffic {
        store.keep_traffic(&site, wall_clock(), &traffic)?;
    }
    Ok(Some(ordered(Work::Crawl(Box::new(crawl)), asked, store)))
}

/// Returns the order of the run that `--resume` names; `None` after a dry run.
async fn again(
    args: &AuditArgs,
    name: Option<&str>,
    console: &mut Console,
) -> Result<Option<Order>, Failure> {
    let store = database::open(&args.store)?;
    let run = to_resume(&store, name)?;
    let asked = asked::again(args, &store, run.id)?;
    // The process was killed while it wrote the exports.
    if run.state == RunState::Finished && !args.dry_run {
        return Ok(Some(ordered(Work::Deliver(Box::new(run)), asked, store)));
    }
    let crawl = resumed(args, run, console)?;
    if args.dry_run {
        dry_run::run(&crawl, &args.store, console).await?;
        return Ok(None);
    }
    Ok(Some(ordered(Work::Crawl(Box::new(crawl)), asked, store)))
}

fn ordered(work: Work, asked: Asked, store: Store) -> Order {
    Order {
        work,
        asked,
        remembered: Remembered::WithRun,
        store,
    }
}

/// Makes the audit and prints its results.
async fn carry_out(
    args: &AuditArgs,
    order: Order,
    stop: Stop,
    console: &Console,
) -> Result<Exit, Failure> {
    let people = &console.people;
    let store = order.store.clone();
    let hint = database::hint(&store, &args.store);
    // Wrong names are reported before the crawl.
    let order = order.check()?;
    if let Some(crawl) = order.crawl() {
        mention_few_files(people);
        mention_no_contact(&crawl.plan, people);
    }
    let plan = order.crawl().map(|crawl| &crawl.plan);
    let watch = Watch::new(Progress::new(people.clone(), plan));
    let audited = make(order, watch, stop)
        .await
        .map_err(|fault| failed(fault, &hint))?;
    print_results(&audited, &store, &hint, console)
}

/// Returns why the audit failed and what to do.
fn failed(fault: AuditError, hint: &str) -> Failure {
    match fault {
        AuditError::Export { run, source } => Failure::from(source).advised(&format!(
            "the run is stored, and `gatecrawl report {run}{hint}` writes the files"
        )),
        fault => failure::resumable(fault, hint),
    }
}

/// Prints the results of the run.
fn print_results(
    audited: &Audited,
    store: &Store,
    hint: &str,
    console: &Console,
) -> Result<Exit, Failure> {
    let run = &audited.run;
    let people = &console.people;
    let Some(delivered) = &audited.delivered else {
        return Ok(Exit::Done);
    };
    say(audited, delivered, store, console)?;
    settle(store, run)?;
    let exit = conclude(audited, delivered, hint, people);
    // Where the site could not be audited, the reason is the last line.
    if delivered.unaudited.is_none() {
        mention_report(delivered, people);
    }
    Ok(exit)
}

/// Prints the notes on a run that is incomplete or did not reach the site. Returns the exit code.
fn conclude(audited: &Audited, delivered: &Delivered, hint: &str, people: &People) -> Exit {
    let Audited { run, ended, .. } = audited;
    let resume = |what| format!("; `gatecrawl audit --resume {}{hint}` {what}", run.id);
    if let Some((why, exit)) = unfinished::why(audited) {
        people.say(why + &resume("continues"));
        return exit;
    }
    let resume = match ended {
        Ended::Incomplete => resume("requests them"),
        _ => String::new(),
    };
    if let Some(why) = &delivered.unaudited {
        people.say(format!("could not audit {}: {why}{resume}", run.site));
        return Exit::NoAudit;
    }
    if *ended == Ended::Incomplete {
        people.say(unfinished::incomplete(&delivered.summary) + &resume);
    }
    gates::exit_of(&delivered.gates)
}

/// Prints the summary and the results of the gates.
fn say(
    audited: &Audited,
    delivered: &Delivered,
    store: &Store,
    console: &Console,
) -> Result<(), Failure> {
    let (run, people) = (&audited.run, &console.people);
    let changes = delivered.comparison.as_ref().map(compare::headline);
    let gates = gates::lines(&delivered.gates, people);
    let input = SummaryInput {
        run,
        summary: &delivered.summary,
        worst: &store.worst_pages(run.id, WORST)?,
        headline: Some(&delivered.brief.state.text),
        gates: &gates,
        gaps: &gaps(store, run)?,
        files: &delivered.files,
        changes: changes.as_deref(),
        database: store.path().display().to_string(),
        output: OutputStyle::of_people(console),
    };
    if people.quiet {
        gates.lines().for_each(|line| people.say(line));
    } else {
        people.say(format!("\n{}", summary(&input).trim_end()));
    }
    if let Some(said) = unfinished::nothing_included(&run.plan.scope, &delivered.summary) {
        people.say(said);
    }
    if let Some(logs) = delivered.logs.as_ref().filter(|_| !people.quiet) {
        let text = beside_audit(logs, OutputStyle::of_people(console));
        people.say(format!("\n{}", text.trim_end()));
    }
    if let (Some(away), None) = (&audited.away, &delivered.unaudited) {
        people.say(away);
    }
    Ok(())
}

/// Prints as the last line which file to open.
fn mention_report(delivered: &Delivered, people: &People) {
    let report = delivered
        .files
        .iter()
        .find(|file| file.ends_with("report.html"));
    if let Some(report) = report {
        people.mention(format!("Open {}", report.display()));
    }
}

/// Prints a note if the limit of open files allows fewer open requests than usual.
fn mention_few_files(people: &People) {
    let open = most_open();
    if open < MOST_OPEN {
        people.say(format!(
            "this machine allows few open files, so at most {open} requests are open at a time; \
             run `ulimit -n 2048` first to allow more"
        ));
    }
}

/// Prints a note if the `User-Agent` gives the operators of the site no contact.
fn mention_no_contact(plan: &CrawlPlan, people: &People) {
    let has_no_contact = agents::has_no_contact(&plan.requests.user_agent);
    if has_no_contact && !plan.scope.seeds.iter().all(CrawlUrl::is_this_machine) {
        people.mention(
            "the site's operators cannot see who crawls; name a page or mailbox of yours with \
             --contact URL|MAIL",
        );
    }
}
