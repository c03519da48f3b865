//! A playbook as a page to follow from top to bottom.

use std::fmt::Write;

use crate::assess::playbook::{Measured, Playbook, ServerNotes, lookup};
use crate::model::Cause;
use crate::terminal::paint::{BOLD, paint};
use crate::terminal::wrap::{command, paragraph};

use super::OutputStyle;
use super::declared::{Declared, Explained};

/// Lines of each cause on the page of a status; each cause has a page of its own with the rest.
const LINES_A_CAUSE: usize = 2;

/// Renders the page. Notes about the server product come before general advice.
pub(super) fn page(found: &Explained, output: OutputStyle) -> String {
    let Explained { playbook, declared } = found;
    let mut page = Page {
        out: String::new(),
        output,
    };
    page.out = format!("{}\n\n", paint(&playbook.title, BOLD, output.color));
    if !playbook.meaning.is_empty() {
        page.out += &paragraph(&playbook.meaning, output.width, "");
    }
    page.declared(declared);
    page.prose("For search engines", &playbook.seo);
    if let Some(measured) = &playbook.measured {
        page.measured(measured);
    }
    if let Some(server) = &playbook.server {
        page.server(server);
    }
    match playbook.causes.as_slice() {
        [] | [_] => page.advice(playbook),
        // Each cause has its steps together, so that nobody has to follow seven lists at once.
        causes => page.causes(causes),
    }
    page.lines("Verify", &playbook.verify);
    page.steps(&playbook.steps);
    page.out
}

struct Page {
    out: String,
    output: OutputStyle,
}

impl Page {
    fn heading(&mut self, title: &str) {
        self.out.push('\n');
        self.out += &paint(title, BOLD, self.output.color);
        self.out.push('\n');
    }

    fn prose(&mut self, title: &str, text: &str) {
        if !text.is_empty() {
            self.heading(title);
            self.out += &paragraph(text, self.output.width, "  ");
        }
    }

    /// Renders the meanings of a name, under a heading of their own if the page has another meaning above.
    fn declared(&mut self, declared: &[Declared]) {
        if !declared.is_empty() && !self.out.ends_with("\n\n") {
            self.heading("In the exports and gates");
        }
        for it in declared {
            let text = format!("{}: {}", it.places.join(", "), it.says);
            self.out += &paragraph(&text, self.output.width, "  - ");
        }
    }

    /// Renders lines of advice. A command is alone on its line, to be copied.
    fn lines(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.heading(title);
        self.items(lines);
    }

    fn items(&mut self, lines: &[String]) {
        for line in lines {
            match command(line) {
                Some(command) => {
                    // Writing to a string cannot fail.
                    let _ = writeln!(self.out, "    {command}");
                }
                None => self.out += &paragraph(line, self.output.width, "  - "),
            }
        }
    }

    fn server(&mut self, server: &ServerNotes) {
        self.prose(&format!("{}: remember", server.title), &server.remember);
        self.lines(&format!("{}: confirm", server.title), &server.confirm);
        let fix: Vec<String> = server.own.iter().chain(&server.act).cloned().collect();
        self.lines(&format!("{}: fix", server.title), &fix);
    }

    fn advice(&mut self, playbook: &Playbook) {
        self.lines("Signs", &playbook.signs);
        self.lines("Confirm", &playbook.confirm);
        self.lines("Fix", &playbook.act);
    }

    /// Renders the causes of a status, each with its first signs and its first advice.
    fn causes(&mut self, causes: &[Cause]) {
        self.heading("Causes behind it, the likeliest first");
        for (at, cause) in causes.iter().enumerate() {
            let Some(found) = lookup(cause.id(), None) else {
                continue;
            };
            let title = format!("{}. {} ({})", at + 1, found.title, cause.id());
            self.heading(&title);
            for (label, lines) in [
                ("Signs", &found.signs),
                ("Confirm", &found.confirm),
                ("Fix", &found.act),
            ] {
                let _ = writeln!(self.out, "  {label}");
                self.items(&lines[..lines.len().min(LINES_A_CAUSE)]);
            }
        }
    }

    fn steps(&mut self, steps: &[String]) {
        if steps.is_empty() {
            return;
        }
        self.heading("See also");
        let widest = steps.iter().map(String::len).max().unwrap_or(0);
        for key in steps {
            let title = lookup(key, None).map_or_else(String::new, |found| found.title);
            let first = format!("  gatecrawl explain {key:<widest$}  ");
            self.out += &paragraph(&title, self.output.width, &first);
        }
    }

    /// Renders a table, which is not wrapped, to keep its columns.
    fn measured(&mut self, measured: &Measured) {
        self.heading("What was measured");
        let name = |product: &str| product.split(' ').next().unwrap_or_default().to_owned();
        let heads: Vec<_> = measured.products.iter().map(|text| name(text)).collect();
        let faults = measured.rows.iter().map(|row| row.fault.len());
        let widest = faults.max().unwrap_or(0);
        self.row(
            "",
            widest,
            heads.iter().map(|head| (head.as_str(), head.len())),
        );
        for row in &measured.rows {
            let widths = heads.iter().map(String::len);
            let cells = row.answers.iter().map(String::as_str).map(dash);
            self.row(&row.fault, widest, cells.zip(widths));
        }
        self.out.push('\n');
        for note in &measured.notes {
            self.out += &paragraph(note, self.output.width, "  ");
        }
        let with = format!("Versions: {}.", measured.products.join(", "));
        self.out += &paragraph(&with, self.output.width, "  ");
    }

    fn row<'a>(
        &mut self,
        first: &str,
        widest: usize,
        cells: impl Iterator<Item = (&'a str, usize)>,
    ) {
        let mut line = format!("  {first:<widest$}");
        for (cell, width) in cells {
            // Writing to a string cannot fail.
            let _ = write!(line, "  {cell:<width$}");
        }
        self.out += line.trim_end();
        self.out.push('\n');
    }
}

/// Shows an empty cell as a dash.
fn dash(cell: &str) -> &str {
    if cell.is_empty() { "-" } else { cell }
}
