//! `gatecrawl compare`: the changes from one run to another.

mod text;

use crate::audit::{self, Place};
use crate::report::{self, ReportError};
use crate::store::{Baseline, BaselineSource, RunRow, Store};

use crate::cli::database;
use crate::settings::args::CompareArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::streams::Console;
use crate::terminal::text::tame;

pub(super) use text::headline;

/// Compares two runs.
pub(in crate::cli) fn run(args: &CompareArgs, console: &mut Console) -> Result<Exit, Failure> {
    let store = database::open(&args.store)?;
    let (store, new) = newer(store, args.new.as_deref())?;
    let old = match &args.old {
        Some(name) => audit::named(&store, "OLD", name, &args.maps.map)?,
        None => before(&store, &new, args)?,
    };
    let compared = audit::compare(&store, &new, old)?;
    if args.csv {
        let written = report::write_changes(&store, &new, &compared, &mut console.stdout);
        written.map_err(|fault| match fault {
            // A closed pipe is not a failure.
            ReportError::Write { source, .. } => source.into(),
            fault => Failure::from(fault),
        })?;
        return Ok(Exit::Done);
    }
    let comparison = &compared.comparison;
    if args.json {
        let value = report::comparison_json(comparison)?;
        console.print_json(&value)?;
        return Ok(Exit::Done);
    }
    let text = text::text(comparison, OutputStyle::of_stdout(console));
    console.print(&text)?;
    Ok(Exit::Done)
}

/// Returns the named run with its database; without a name, the newest run that has ended.
fn newer(store: Store, name: Option<&str>) -> Result<(Store, RunRow), Failure> {
    if let Some(name) = name {
        return match audit::find(&store, "NEW", name)? {
            Place::Run(store, run) => Ok((store, *run)),
            Place::Summary(_) => Err(Failure::usage(format!(
                "NEW {name}: a summary.json lists failing pages only, so it can be OLD; name a run or a database"
            ))),
        };
    }
    let runs = store.runs()?.into_iter();
    let mut ended = runs.filter(|run| run.state.has_ended());
    let newest = ended.next().ok_or_else(|| {
        Failure::usage(
            "no finished run is stored yet; name runs, or `gatecrawl audit URL` makes one",
        )
    })?;
    Ok((store, newest))
}

fn before(store: &Store, new: &RunRow, args: &CompareArgs) -> Result<Baseline, Failure> {
    let Some(old) = store.run_before(new)? else {
        return Err(Failure::usage(format!(
            "run {} of {} has no finished run before it; name one as OLD",
            new.id,
            tame(&new.site)
        )));
    };
    Ok(Baseline {
        source: BaselineSource::Run(store.clone(), Box::new(old)),
        maps: args.maps.map.clone(),
    })
}
