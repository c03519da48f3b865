//! `gatecrawl demo`: audits the site that the program serves itself.

use std::fs;

use crate::demo::{self, DemoSite};
use crate::report;

use super::audit;
use crate::settings::args::{AuditArgs, DemoArgs};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;

/// Requests per second. High, because this program serves the site.
const RATE: f64 = 20.0;

/// The database, in the directory of the exports.
const DATABASE: &str = "demo.db";

const ABOUT: &str = "\
This is an audit of a small tea shop with faults, served by this program on a port of this machine. It has \
pages that always answer 502, one that recovers and one that comes and goes, a checkout that is down, a page \
under maintenance, redirects that lead into an error, along a chain and round in a loop, a sitemap with \
broken entries, and a slow, a cut and a reset answer. Most of its pages are fine. It takes a minute and a half: \
failing pages are requested again after 15 and 60 seconds.
";

/// Serves the site and audits it, or only serves it.
pub(in crate::cli) async fn run(args: &DemoArgs, console: &mut Console) -> Result<Exit, Failure> {
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

/// Returns the arguments of the audit, as a person would type them.
fn order(args: &DemoArgs, site: &DemoSite) -> Result<AuditArgs, Failure> {
    let mut audit = AuditArgs::default();
    audit.scope.url = vec![site.url().into()];
    audit.pace.rate = Some(RATE);
    // Experiments would add half a minute, at one request a second.
    audit.pace.no_probe = true;
    let database = args.out.join(DATABASE);
    // A directory with our database is that of an earlier demo. Any other must be empty, or the demo might overwrite
    // the exports of a real audit.
    if !database.exists() {
        report::check(&args.out, &audit.export.formats(), false)?;
    }
    fs::create_dir_all(&args.out)?;
    audit.export.out = Some(args.out.clone());
    audit.export.overwrite = true;
    audit.store.db = Some(database);
    Ok(audit)
}
