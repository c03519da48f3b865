//! The list of topics.

use std::fmt::Write;

use crate::assess::playbook::Group;
use crate::terminal::paint::{BOLD, paint};
use crate::terminal::wrap::paragraph;

use super::OutputStyle;

/// Renders all topics by kind, with a hint to the next command.
pub(super) fn list(groups: &[Group], output: OutputStyle) -> String {
    let mut out = String::new();
    for group in groups {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", paint(group.title, BOLD, output.color));
        let keys = group.topics.iter().map(|topic| topic.key.len());
        let widest = keys.max().unwrap_or(0);
        for topic in &group.topics {
            let first = format!("  {:<widest$}  ", topic.key);
            // The title of a status begins with its number.
            let title = topic.title.trim_start_matches(topic.key).trim_start();
            out.push_str(&paragraph(title, output.width, &first));
        }
        out.push('\n');
    }
    out.push_str("gatecrawl explain TOPIC [--server NAME] says what it means and what to do.\n");
    out
}
