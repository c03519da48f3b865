//! Start pages that are no page, and gates without evidence.

use std::time::Duration;

use serde_json::Value;

use super::behaviour::{Behaviour, always, custom, fine};
use super::hosts::reasons;
use super::origin::Origin;
use super::request::{Reply, Request};
use super::run::{Run, Target, audit, audit_for};
use super::site::Site;
use super::want::Wants;
use crate::crawler::Workdir;

/// A reply with header lines of its own, at once.
fn reply(status: u16, headers: &'static str) -> Reply {
    Reply::Error {
        status,
        after: Duration::from_millis(5),
        headers,
    }
}

/// `user:right` in Base64.
const RIGHT: &str = "Basic dXNlcjpyaWdodA==";

fn login_wall(request: &Request) -> Option<Reply> {
    let known = request.header("authorization") == Some(RIGHT);
    let robots = request.path == "/robots.txt";
    (!known && !robots).then(|| reply(401, "WWW-Authenticate: Basic realm=\"staging\"\r\n"))
}

fn behind_a_login() -> Origin {
    Origin::serve(Site::new().section("shop", 20, &fine()).host(login_wall))
}

/// What is wanted when the start page is no page: exit 3, and a line with what it answered and what
/// to try.
fn the_start_page_ends_the_audit(scenario: &'static str, run: &Run, words: &[&str]) {
    let mut wants = Wants::of(scenario, run);
    wants.exit(3);
    let line = reasons(run);
    wants.exactly("lines that say why", 1, line.len());
    for word in words {
        let says = line.iter().any(|line| line.contains(word));
        wants.that(&format!("it says {word}"), says, line.join(" / "));
    }
    wants.all_within(Duration::from_secs(100));
    wants.end();
}

#[test]
fn a_login_wall_is_no_audit() {
    let run = audit(&behind_a_login(), &[]);
    the_start_page_ends_the_audit("login wall (401)", &run, &["401", "--basic-auth"]);
}

#[test]
fn a_wrong_login_is_no_audit() {
    let run = audit(&behind_a_login(), &["--basic-auth", "user:wrong"]);
    the_start_page_ends_the_audit("wrong --basic-auth", &run, &["401", "--basic-auth"]);
}

#[test]
fn the_right_login_is_an_audit() {
    let run = audit(&behind_a_login(), &["--basic-auth", "user:right"]);
    let mut wants = Wants::of("right --basic-auth", &run);
    wants.exit(0);
    wants.every_page_fetched();
    wants.end();
}

#[test]
fn a_start_page_that_is_missing_is_no_audit() {
    let missing = custom(&["ok"], Some(404), |_| reply(404, ""));
    let run = audit(&Origin::serve(Site::new().home(missing)), &[]);
    the_start_page_ends_the_audit("start page 404", &run, &["404"]);
}

#[test]
fn a_login_form_after_a_redirect_is_no_audit() {
    let to = custom(&[], Some(302), |_| reply(302, "Location: /login\r\n"));
    let form = "<!doctype html><title>Log in</title><h1>Log in</h1><form method=post>\
                <input name=user><input name=password type=password><button>Log in</button></form>";
    let login = custom(&[], Some(200), move |_| Reply::Bytes {
        bytes: format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        )
        .into_bytes(),
        after: Duration::from_millis(20),
    });
    let site = Site::new().page("/login", login).home(to);
    let run = audit(&Origin::serve(site), &[]);
    the_start_page_ends_the_audit("login form after a redirect", &run, &["--cookie"]);
}

/// What became of the only gate.
fn gate(summary: &Value) -> String {
    let gates = summary["gates"].as_array();
    let gate = gates.and_then(|gates| gates.first()).cloned();
    gate.unwrap_or_default().to_string()
}

#[test]
fn a_gate_on_verdicts_is_undecided_without_confirmation() {
    let site = Site::new()
        .section("shop", 20, &fine())
        .page("/broken.html", unconfirmed_502());
    let flags = ["--confirm", "none", "--fail-on", "persistent > 0"];
    let run = audit(&Origin::serve(site), &flags);
    let mut wants = Wants::of("gate without confirmation", &run);
    wants.exit(4);
    let gate = gate(&run.summary);
    wants.that("the gate is undecided", gate.contains("undecided"), &gate);
    wants.truth();
    wants.end();
}

fn unconfirmed_502() -> Behaviour {
    let mut page = always(502);
    page.truth.verdicts = &["unconfirmed"];
    page
}

#[test]
fn a_gate_is_undecided_when_the_run_was_interrupted() {
    let site = Site::new().section("shop", 200, &fine());
    let origin = Origin::serve(site);
    let flags = ["--fail-on", "persistent > 0"];
    let after = Duration::from_secs(6);
    let mut run = audit_for(&Workdir::new(), Target::of(&origin), &flags, after);
    run.seen = origin.seen();
    // It was this test that interrupted it.
    run.stopped = false;
    let mut wants = Wants::of("gate of an interrupted run", &run);
    let code = run.code();
    let noticed = matches!(code, Some(4 | 130));
    wants.that("exit code 4 or 130", noticed, format!("{code:?}"));
    let gate = gate(&run.summary);
    wants.that("the gate is undecided", gate.contains("undecided"), &gate);
    wants.end();
}
