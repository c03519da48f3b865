//! Templates as every report for people uses them: a tag on a line of its own leaves none behind.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error};

/// A place for templates, without filters and without a gate for texts.
pub(super) fn environment() -> Result<Environment<'static>, Error> {
    let mut place = Environment::new();
    let lines = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    place.set_syntax(lines);
    Ok(place)
}
