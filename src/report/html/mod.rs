//! The HTML report: one file without a request to anywhere, which is whole without its script. Its text and markup are in a template,
//! its style in a stylesheet; the code here does only what a template cannot do. Every text passes one function, which
//! escapes it and makes visible what would turn or hide writing.

mod chart;
mod filters;
pub(super) mod logs;
pub(super) mod pdf;

use std::io::{self, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context, escape_formatter};
use ring::digest::{SHA256, digest};

use super::files::fault::Fault;
use super::template::environment;
use super::view::View;

use chart::Chart;

const PAGE: &str = include_str!("page.html.j2");
const STYLE: &str = include_str!("style.css");
/// Sorts and filters tables, and copies lines. The policy of the page admits it by its hash, and nothing else.
const SCRIPT: &str = include_str!("report.js");

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
    let script = Value::from_safe_string(SCRIPT.to_owned());
    let hash = BASE64_STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes()));
    let hash = Value::from_safe_string(hash);
    page.template_from_str(PAGE)?
        .render(context! { style, script, hash, chart, ..Value::from(Serde(view)) })
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
