//! The HTML report: one file without a script and without a request to anywhere. Its text and markup are in a template,
//! its style in a stylesheet; the code here does only what a template cannot do. Every text passes one function, which
//! escapes it and makes visible what would turn or hide writing.

mod chart;
mod filters;

use std::io::{self, Write};

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context, escape_formatter};

use super::files::fault::Fault;
use super::template::environment;
use super::view::View;

use chart::Chart;

const PAGE: &str = include_str!("page.html.j2");
const STYLE: &str = include_str!("style.css");

/// Writes the report. Its size is bounded, so it is rendered as a whole.
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

/// Returns an environment of templates in which every text is escaped.
pub fn escaping() -> Result<Environment<'static>, minijinja::Error> {
    let mut page = environment()?;
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => Ok(out.write_str(&filters::escaped(text))?),
        _ => escape_formatter(out, state, value),
    });
    Ok(page)
}
