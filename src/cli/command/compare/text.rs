//! A comparison as text for a terminal.

use std::fmt::Write as _;

use crate::assess::Interval;
use crate::assess::compare::{Change, Comparison, PageChange, ScoreChange, SectionChange, Side};

use crate::terminal::output_style::OutputStyle;
use crate::terminal::paint::{BOLD, GREEN, PLAIN, RED, YELLOW, paint};
use crate::terminal::text::{count, number, percent};

/// Maximum pages, and maximum sections, that are named.
const NAMED: usize = 20;

/// Returns the changes in one sentence.
pub(in crate::cli::command) fn headline(found: &Comparison) -> String {
    let pages = count(found.compared, "page");
    format!(
        "{}; {pages} compared with {}",
        found.headline(),
        found.old.name
    )
}

/// Renders the whole comparison, ending in a line break.
pub(super) fn text(found: &Comparison, output: OutputStyle) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(found, output.color, &mut out);
    out
}

fn write(found: &Comparison, color: bool, out: &mut String) -> std::fmt::Result {
    let head = format!("{}: {}", found.new.site, found.headline());
    writeln!(out, "{}\n", paint(&head, BOLD, color))?;
    writeln!(out, "  Old            {}", side(&found.old))?;
    writeln!(out, "  New            {}", side(&found.new))?;
    let scores = &found.scores;
    let rows = [
        ("Crawlability ", &scores.crawlability, 1.0, "100 is best"),
        ("Indexing risk", &scores.indexing_risk, 1.0, "0 is best"),
        ("Error rate   ", &scores.error_rate, 100.0, "0 % is best"),
    ];
    for (name, change, unit, best) in rows {
        writeln!(out, "  {name}  {} ({best})", score(change, unit))?;
    }
    writeln!(out, "  Pages          {}", compared(found))?;
    let unseen: u64 = found.not_compared.values().sum();
    if unseen > 0 {
        let why = found.not_compared.iter();
        let why: Vec<String> = why
            .map(|(why, pages)| format!("{} {}", number(*pages), why.replace('_', " ")))
            .collect();
        let pages = number(unseen);
        writeln!(
            out,
            "  Not compared   {pages}, seen by one run only: {}",
            why.join(", ")
        )?;
    }
    for note in &found.notes {
        writeln!(out, "  Note           {note}")?;
    }
    pages(found, color, out)?;
    sections(&found.sections, color, out)
}

fn side(side: &Side) -> String {
    let state = match side.state.as_str() {
        "finished" => String::new(),
        state => format!(", {state}"),
    };
    format!("{}: {}, {}{state}", side.name, side.site, side.started)
}

/// Returns the line with the number of compared pages and the assumed noise.
fn compared(found: &Comparison) -> String {
    match found.compared {
        0 => "none compared".to_owned(),
        pages => format!(
            "{} compared; noise of the site: {} of working pages fail now and then",
            number(pages),
            percent(found.background)
        ),
    }
}

/// Renders the old and the new score, and whether they may be the same.
fn score(score: &ScoreChange, unit: f64) -> String {
    let percent = if unit > 1.0 { " %" } else { "" };
    let show = |value: Option<Interval>| match value {
        None => "too little evidence".to_owned(),
        Some(known) => format!(
            "{:.1}{percent} ({:.1} to {:.1})",
            known.value * unit,
            known.low * unit,
            known.high * unit
        ),
    };
    let sure = match score.overlap {
        Some(true) => ": the bands overlap, so it may be the same",
        Some(false) => ": changed",
        None if score.old.is_some() && score.new.is_some() => ": of two models, not comparable",
        None => "",
    };
    format!("{} -> {}{sure}", show(score.old), show(score.new))
}

fn pages(found: &Comparison, color: bool, out: &mut String) -> std::fmt::Result {
    if found.changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  Changes, the worst first")?;
    for page in found.changes.iter().take(NAMED) {
        writeln!(out, "    {}", self::page(page, color))?;
    }
    let named = found.changes.len().min(NAMED) as u64;
    let more = found.changes.len() as u64 + found.more_changes - named;
    if more > 0 {
        writeln!(out, "    and {} more; --csv lists all", number(more))?;
    }
    Ok(())
}

fn page(page: &PageChange, color: bool) -> String {
    let style = match page.change {
        Change::New | Change::Worse | Change::Lost => RED,
        Change::Flapping | Change::Unclear => YELLOW,
        Change::Better | Change::Back | Change::Fixed => GREEN,
        Change::Appeared | Change::Gone | Change::Moved | Change::Unlinked => PLAIN,
    };
    let name = format!("{:<9}", page.change.name());
    let was = match &page.old_address {
        Some(old) => format!(" (was {old})"),
        None => String::new(),
    };
    let name = paint(&name, style, color);
    format!("{name} {}{was}: {}", page.address, page.evidence)
}

fn sections(sections: &[SectionChange], color: bool, out: &mut String) -> std::fmt::Result {
    let changed: Vec<_> = sections
        .iter()
        .filter(|found| found.change.is_some())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  Sections")?;
    for section in changed.iter().take(NAMED) {
        let (Some(old), Some(new), Some(change)) = (section.old, section.new, section.change)
        else {
            continue;
        };
        let style = if change == Change::Worse { RED } else { GREEN };
        writeln!(
            out,
            "    {} {}: {:.1} % of first looks fail, {:.1} % before",
            paint(&format!("{:<9}", change.name()), style, color),
            section.section,
            new.error_rate.value * 100.0,
            old.error_rate.value * 100.0
        )?;
    }
    if changed.len() > NAMED {
        writeln!(out, "    and {} more", changed.len() - NAMED)?;
    }
    Ok(())
}
