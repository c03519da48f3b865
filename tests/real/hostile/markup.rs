//! Pages made to exhaust whoever parses them: their reader needs time in proportion to their length.

use super::case::{Case, html, missing, page, say, whole};
use std::fmt::Write;

/// Their hosts.
pub(super) const CASES: &[Case] = &[
    page("nested", "ok_html", |_, line| {
        html(line, &"<b>".repeat(1_000_000))
    }),
    page("closing", "ok_html", |_, line| {
        html(line, &"</p>".repeat(900_000))
    }),
    page("attributes", "ok_html", |_, line| {
        let attributes = (0..300_000).fold(String::new(), |mut text, n| {
            let _ = write!(text, " a{n}");
            text
        });
        html(line, &format!("<p{attributes}>"))
    }),
    page("attribute-twice", "ok_html", |_, line| {
        html(line, &format!("<a{}>x</a>", " href=/x".repeat(400_000)))
    }),
    page("open-tags", "ok_html", |_, line| {
        html(line, &"<a href='".repeat(400_000))
    }),
    page("open-comments", "ok_html", |_, line| {
        html(line, &"<!--".repeat(900_000))
    }),
    page("entities", "ok_html", |_, line| {
        html(line, &"&amp".repeat(900_000))
    }),
    page("scripts", "ok_html", |_, line| {
        html(line, &"<script><!--<script>".repeat(190_000))
    }),
    page("metas", "ok_html", |_, line| {
        html(
            line,
            &"<meta name=robots content='none,'><link rel=canonical href=/c>".repeat(50_000),
        )
    }),
    page("nuls", "ok_html", |_, line| {
        html(line, &"\0<\0a\0".repeat(500_000))
    }),
    whole("million-links", "too_large", |path, line| match path {
        "/robots.txt" => say(
            line,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
             User-agent: *\nDisallow: /n/\n",
        ),
        "/" => {
            let links = (0..1_000_000).fold(String::new(), |mut text, n| {
                let _ = write!(text, "<a href=/n/{n}></a>");
                text
            });
            html(line, &links)
        }
        _ => missing(line),
    }),
];
