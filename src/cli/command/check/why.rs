//! Cause and advice for a failing request, in words.

use std::fmt::Write;

use crate::check::Why;
use crate::terminal::wrap::{command, paragraph};

/// Renders cause, evidence and advice, ending in a line break.
pub(super) fn text(why: &Why, width: usize) -> String {
    let mut out = String::new();
    let sure = match why.causes.as_slice() {
        [] => String::new(),
        _ => format!(" (confidence {:.0} %)", why.confidence * 100.0),
    };
    out += &paragraph(&format!("{}{sure}", why.cause), width, "  Likely cause  ");
    if let Some(by) = made_by(why) {
        out += &paragraph(&by, width, "  Answered by   ");
    }
    let evidence: Vec<_> = why.evidence.iter().map(|said| said.text.clone()).collect();
    list(&mut out, "Evidence", &evidence, width);
    list(&mut out, "Confirm", &why.advice.confirm, width);
    list(&mut out, "Fix", &why.advice.fix, width);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  More          {}", why.advice.more);
    out
}

fn made_by(why: &Why) -> Option<String> {
    match (why.made_by, &why.product) {
        (Some(maker), Some(product)) => Some(format!("{}: {product}", maker.title())),
        (Some(maker), None) => Some(maker.title().to_owned()),
        (None, product) => product.clone(),
    }
}

fn list(out: &mut String, head: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {head}");
    for line in lines {
        match command(line) {
            Some(command) => {
                let _ = writeln!(out, "      {command}");
            }
            None => *out += &paragraph(line, width, "    - "),
        }
    }
}
