//! The template settings of all reports for people: a tag on a line of its own leaves no blank line.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error};

/// Returns an environment for templates, without filters and without escaping.
pub(super) fn environment() -> Result<Environment<'static>, Error> {
    let mut place = Environment::new();
    let lines = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    place.set_syntax(lines);
    Ok(place)
}
