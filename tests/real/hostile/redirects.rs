//! Redirects that lead nowhere, and texts that want to be header lines.

use super::case::{Case, html, page, redirect, say};

/// Their hosts.
pub(super) const CASES: &[Case] = &[
    page("loop", "redirect", |_, line| redirect(line, "/")),
    page("ping-pong", "redirect", |path, line| {
        redirect(line, if path == "/" { "/other" } else { "/" })
    }),
    page("never-ending", "redirect", |path, line| {
        redirect(line, &format!("/?n={}", path.len()))
    }),
    page("growing", "redirect", |path, line| {
        redirect(line, &format!("{path}a{path}"))
    }),
    page("nowhere", "redirect_bad", |_, line| {
        redirect(line, "http://[")
    }),
    page("no-location", "redirect_bad", |_, line| {
        say(
            line,
            "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        )
    }),
    page("script", "redirect_bad", |_, line| {
        redirect(line, "javascript:alert(1)")
    }),
    page("file", "redirect_bad", |_, line| {
        redirect(line, "file:///etc/passwd")
    }),
    page("long-target", "redirect_bad", |_, line| {
        redirect(line, &format!("/{}", "a".repeat(100_000)))
    }),
    // A split answer: the second header line is the client's to read, not to send on.
    page("split", "redirect", |path, line| match path {
        "/" => redirect(line, "/a\r\nX-Injected: by-location"),
        _ => html(line, "<p>split</p>"),
    }),
    page("split-encoded", "redirect", |path, line| match path {
        "/" => redirect(
            line,
            "/a%0d%0aX-Injected:%20by-redirect%0d%0a%0d%0aGET%20/smuggled",
        ),
        _ => html(line, "<p>split</p>"),
    }),
    page("split-links", "ok_html", |path, line| match path {
        "/" => html(
            line,
            "<a href='/a%0d%0aX-Injected: by-link'>1</a>\
             <a href='/b&#13;&#10;X-Injected: by-reference'>2</a>\
             <a href='/c?q=1 HTTP/1.1&#13;&#10;X-Injected: by-query'>3</a>\
             <a href='/d\u{10d}\u{10a}X-Injected: by-folding'>4</a>",
        ),
        _ => html(line, "<p>split</p>"),
    }),
];
