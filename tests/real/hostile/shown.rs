//! What people read of texts that act: on a terminal, in reports, in tables.

use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::Regex;

use super::hosts::url;
use super::texts::{ACTS, LOOKALIKE};
use crate::crawler::Workdir;
use crate::server::note;

/// The colours that we paint with ourselves. Hidden writing is none of them.
static PAINT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("\x1b\\[[0-79;]*m").expect("a pattern"));

/// Something that is read, and what is in it.
type Read = (&'static str, String);

/// Texts that act where people read them, beginning with what was said on the terminal.
pub(super) fn wrong(workdir: &Workdir, said: &str, plain: SocketAddr) -> Vec<String> {
    let reports = ["report.html", "report.md", "junit.xml"].map(|name| read(workdir, name));
    let tables = [
        "pages.csv",
        "attempts.csv",
        "error_inlinks.csv",
        "redirects.csv",
        "skipped.csv",
        "findings.csv",
    ];
    let tables = tables.map(|name| read(workdir, name));
    let terminal = terminal(workdir, said, plain);
    let shown = terminal.iter().chain(&reports);
    let acts = shown.clone().filter_map(|text| acting(text, is_acting));
    // A table keeps what was said, as far as it commands nobody.
    let commands = tables.iter().filter_map(|text| acting(text, is_command));
    let all = shown.chain(&tables);
    let alike = all.filter(|(_, text)| text.contains(&format!("//{LOOKALIKE}")));
    let alike = alike.map(|(name, _)| format!("{name}: a host that looks like another"));
    let markup = reports
        .iter()
        .filter(|(_, text)| text.contains("<script>alert"));
    let markup = markup.map(|(name, _)| format!("{name}: a script"));
    let formulas = tables.iter().filter(|(_, text)| text.contains(",=1+1"));
    let formulas = formulas.map(|(name, _)| format!("{name}: a formula"));
    let wrong = acts.chain(commands).chain(alike).chain(markup);
    wrong.chain(formulas).collect()
}

/// What the tools say of them, in colours.
fn terminal(workdir: &Workdir, said: &str, plain: SocketAddr) -> Vec<Read> {
    let page = url("http", "texts", plain);
    let failing = workdir.rows("attempts.csv").into_iter();
    let mut failing = failing.filter(|row| row["Address"].contains("/broken?"));
    let failing = failing.next().expect("it was asked")["Address"].clone();
    let at = format!("texts.hostile.test:{}:127.0.0.1", plain.port());
    let check = ["--resolve", &at, "--attempts", "1", "--color", "always"];
    let tools: [(&str, &str, &[&str]); 5] = [
        ("runs", "runs", &["--color", "always"]),
        ("runs show", "runs", &["show", "--color", "always"]),
        (
            "report --url",
            "report",
            &["--url", &failing, "--color", "always"],
        ),
        (
            "check a page",
            "check",
            &[&[page.as_str()], &check[..]].concat(),
        ),
        (
            "check an error",
            "check",
            &[&[failing.as_str()], &check[..]].concat(),
        ),
    ];
    let told = tools.map(|(name, command, args)| (name, workdir.said(command, args)));
    for (name, text) in &told {
        // Shown if the test fails.
        note(&format!("{name}: {text}"));
        assert!(text.contains(".hostile.test"), "{name} tells of no host");
    }
    let told = [("stderr", said.to_owned())].into_iter().chain(told);
    told.map(|(name, text)| (name, PAINT.replace_all(&text, "").into_owned()))
        .collect()
}

fn read(workdir: &Workdir, name: &'static str) -> Read {
    let text = std::fs::read_to_string(workdir.exports().join(name));
    (name, text.expect("an export"))
}

/// What is around the first character that acts.
fn acting((name, text): &Read, acts: fn(char) -> bool) -> Option<String> {
    let at = text.find(acts)?;
    let before = text[..at].char_indices().rev().nth(60);
    let from = before.map_or(0, |(at, _)| at);
    let around: String = text[from..].chars().take(90).collect();
    Some(format!("{name}: {around:?}"))
}

fn is_command(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r')
}

fn is_acting(c: char) -> bool {
    is_command(c) || (!c.is_ascii() && ACTS.contains(c))
}
