//! Log lines, for people and programs.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::args::{GlobalArgs, LogFormat};
use crate::terminal::streams::People;

/// Sends log lines to stderr: warnings; with `-v` failing attempts; with `-vv` all attempts.
pub(super) fn start(args: &GlobalArgs, people: &People) {
    let filter = match (args.quiet, args.verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "warn,gatecrawl=info",
        _ => "warn,gatecrawl=debug",
    };
    let stderr = people.clone();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || stderr.clone())
        .with_ansi(people.color)
        .with_target(false);
    // A second call in the same process, as in tests, has no effect.
    let _ = match args.log_format {
        LogFormat::Text => lines.finish().try_init(),
        LogFormat::Json => lines.json().finish().try_init(),
    };
}
