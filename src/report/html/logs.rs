//! The report about server logs, in the style of the other.

use std::io::{self, Write};

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use crate::report::files::fault::Fault;

use super::{STYLE, escaping, filters};

const PAGE: &str = include_str!("logs.html.j2");

/// Writes the report: the summary of the logs, and their charts.
pub(in crate::report) fn write(
    summary: &impl Serialize,
    page: &impl Serialize,
    mut out: impl Write,
) -> Result<(), Fault> {
    let text =
        render(summary, page).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
    Ok(out.write_all(text.as_bytes())?)
}

fn render(summary: &impl Serialize, page: &impl Serialize) -> Result<String, minijinja::Error> {
    let mut place = escaping()?;
    filters::add(&mut place);
    let style = Value::from_safe_string(STYLE.to_owned());
    let version = env!("CARGO_PKG_VERSION");
    let (logs, page) = (Value::from(Serde(summary)), Value::from(Serde(page)));
    place
        .template_from_str(PAGE)?
        .render(context! { style, version, logs, page })
}
