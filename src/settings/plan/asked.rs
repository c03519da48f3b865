//! The requested results of an audit besides the crawl, from its arguments.

use crate::audit::{Asked, Out};
use crate::logs::NamedLogs;
use crate::model::Zone;
use crate::report::{Cover, Format};
use crate::store::{RunId, Store};

use crate::settings::args::{AuditArgs, BaselineArgs, ExportArgs};
use crate::settings::failure::Failure;

/// Returns the requested results of a new run.
pub(crate) fn of(args: &AuditArgs) -> Asked {
    Asked {
        gates: args.fail_on.clone(),
        logs: NamedLogs {
            sources: (args.logs.iter())
                .map(|path| path.display().to_string())
                .collect(),
            line_formats: args.line_format.clone(),
            confs: args.nginx_conf.clone(),
        },
        ..of_stored(&args.export, &args.baseline)
    }
}

/// Returns the requested results of a stored run.
pub(crate) fn of_stored(export: &ExportArgs, baseline: &BaselineArgs) -> Asked {
    Asked {
        out: export.out.clone().map(Out::To),
        formats: export.formats(),
        overwrite: export.overwrite,
        cover: Cover {
            title: export.title.clone(),
            logo: export.logo.clone(),
            audience: export.audience.unwrap_or_default(),
            csv_bom: export.csv_bom,
        },
        gates: Vec::new(),
        baseline: baseline.baseline.clone(),
        maps: baseline.maps.map.clone(),
        logs: NamedLogs::default(),
        zone: Zone::default(),
    }
}

/// Returns the results that a resumed run still has to deliver, overridden by the arguments.
pub(crate) fn again(args: &AuditArgs, store: &Store, run: RunId) -> Result<Asked, Failure> {
    let mut asked = of(args);
    let Some(kept) = Asked::kept(store, run)? else {
        return Ok(asked);
    };
    if asked.out.is_none() {
        asked.out = kept.out;
        asked.overwrite |= kept.overwrite;
        if asked.cover == Cover::default() {
            asked.cover = kept.cover;
        }
        if args.export.format.is_empty() {
            asked.formats = kept.formats;
            if args.export.tickets && !asked.formats.contains(&Format::Tickets) {
                asked.formats.push(Format::Tickets);
            }
        }
    }
    if asked.gates.is_empty() {
        asked.gates = kept.gates;
    }
    if asked.logs.sources.is_empty() {
        asked.logs.sources = kept.logs.sources;
    }
    if asked.logs.line_formats.is_empty() && asked.logs.confs.is_empty() {
        asked.logs.line_formats = kept.logs.line_formats;
        asked.logs.confs = kept.logs.confs;
    }
    if asked.baseline.is_none() {
        (asked.baseline, asked.maps) = (kept.baseline, kept.maps);
    }
    Ok(asked)
}
