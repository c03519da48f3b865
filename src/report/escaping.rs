//! The one gate that every text passes on its way to a page: it is escaped, and what would turn or
//! hide writing is made visible.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, escape_formatter};

use super::words::tame;

/// Templates in which every text is escaped.
pub fn escaping() -> Result<Environment<'static>, Error> {
    let mut page = Environment::new();
    let lines = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    page.set_syntax(lines);
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(out, state, &Value::from(tame(text).into_owned()))
        }
        _ => escape_formatter(out, state, value),
    });
    Ok(page)
}
