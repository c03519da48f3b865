//! `gatecrawl demo`: an audit of the site that the program serves itself.

use std::fs;
use std::time::Duration;

use crate::demo::{self, DemoSite};
use crate::report;

use super::args::{AuditArgs, DemoArgs};
use super::audit;
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Console;
use super::value::Schedule;

/// Requests per second. The site is ours, so nobody is hurt, and nobody wants to wait.
const RATE: f64 = 20.0;

/// When failing pages are asked again, in seconds after the crawl: once and soon, for the same reason. A real
/// audit leaves more time between, without which nothing is called persistent.
const CONFIRM: [u64; 1] = [2];

/// Where the runs are kept, in the directory of the exports.
const DATABASE: &str = "demo.db";

const ABOUT: &str = "\
This is an audit of a small tea shop with faults, served by this program at a port of this machine. It has \
pages that always answer 502, one that recovers and one that comes and goes, a checkout that is down, a page \
under maintenance, redirects that lead into an error, along a chain and round in a loop, a sitemap with \
broken entries, and a slow, a cut and a reset answer. Most of its pages are in order.
";

/// Serves the site and audits it, or serves it only.
pub(super) async fn run(args: &DemoArgs, console: &mut Console) -> Result<Exit, Failure> {
    let site = demo::serve().await?;
    if args.serve {
        return serve(&site, console).await;
    }
    let audit = order(args, &site)?;
    console.people.mention(ABOUT);
    audit::run(&audit, console).await
}

async fn serve(site: &DemoSite, console: &mut Console) -> Result<Exit, Failure> {
    writeln!(console.stdout, "{}", site.url())?;
    console.stdout.flush()?;
    console
        .people
        .mention("serving a site with faults until Ctrl-C; try `gatecrawl audit` on it");
    tokio::signal::ctrl_c().await?;
    Ok(Exit::Done)
}

/// The arguments of the audit, as a person would have typed them.
fn order(args: &DemoArgs, site: &DemoSite) -> Result<AuditArgs, Failure> {
    let mut audit = AuditArgs::default();
    audit.scope.url = vec![site.url().into()];
    audit.pace.rate = Some(RATE);
    let confirm = CONFIRM.into_iter().map(Duration::from_secs).collect();
    audit.pace.confirm = Some(Schedule(confirm));
    // Half a minute more, at one request a second.
    audit.pace.no_probe = true;
    let database = args.out.join(DATABASE);
    // A directory with our database in it is one of an earlier demo. Any other must be empty, or
    // the exports of a real audit might be overwritten.
    if !database.exists() {
        report::check(&args.out, &audit.export.formats(), false)?;
    }
    fs::create_dir_all(&args.out)?;
    audit.export.out = Some(args.out.clone());
    audit.export.overwrite = true;
    audit.store.db = Some(database);
    Ok(audit)
}
