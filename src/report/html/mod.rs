//! The report that people open: one file without a script and without a request to anywhere. Its text
//! and markup are in a template, its looks in a stylesheet; here is only what a template cannot do.
//! Every text passes the gate of [`escaping`] on its way to the page.

mod chart;
mod filters;

use std::io::{self, Write};

use minijinja::context;
use minijinja::value::{Serde, Value};

use super::error::Fault;
use super::escaping;
use super::view::View;

use chart::Chart;

const PAGE: &str = include_str!("page.html.j2");
const STYLE: &str = include_str!("style.css");

/// Writes the report. It is bounded, so it is made as a whole.
pub(super) fn write(view: &View, mut out: impl Write) -> Result<(), Fault> {
    let page = render(view).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
    Ok(out.write_all(page.as_bytes())?)
}

fn render(view: &View) -> Result<String, minijinja::Error> {
    let mut page = escaping()?;
    filters::add(&mut page);
    let chart = Serde(Chart::of(&view.timeline));
    let style = Value::from_safe_string(STYLE.to_owned());
    page.template_from_str(PAGE)?
        .render(context! { style, chart, ..Value::from(Serde(view)) })
}
