//! Texts that act instead of being read: on a terminal, in a report, in a spreadsheet.

use super::case::{Case, Line, html, page, redirect, say};

/// What clears a screen or sets a window's title, what turns writing round, what is not seen.
pub(super) const ACTS: &str = "\u{1b}[8m\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{2066}\u{200f}\u{200b}\u{2060}\u{feff}\u{7f}\u{8}\u{2028}";

/// A label of letters that look like others: Cyrillic, as `apple` would be written with it.
pub(super) const LOOKALIKE: &str = "аррӏе";

/// Their hosts.
pub(super) const CASES: &[Case] = &[
    page("texts", "ok_html", |path, line| match path {
        "/" => {
            let port = line.tcp().local_addr()?.port();
            html(line, &inviting(port))
        }
        path if path.starts_with("/r?") => redirect(
            line,
            &format!("/x/{ACTS}").replace(['\u{1b}', '\u{7}', '\u{7f}', '\u{8}'], ""),
        ),
        _ => failing(line),
    }),
    page("xn--80ak6aa92e", "ok_html", |_, line| {
        html(line, "<title>bank</title>")
    }),
    page("phrase", "server_503", |_, line| {
        say(
            line,
            "HTTP/1.1 503 \u{202e}\u{9b}31mfine\u{2066}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        )
    }),
];

/// A page whose every text acts.
fn inviting(port: u16) -> String {
    format!(
        "<html lang='en{ACTS}'><title>=cmd|{ACTS}<b></title>\
         <meta name=robots content='all{ACTS}'><h1>{ACTS}</h1>\
         <a href='/broken?{ACTS}' rel='x{ACTS}'>=1+1{ACTS}<script>alert(1)</script></a>\
         <a href='/r?{ACTS}'>{ACTS}</a><a href='http://[{ACTS}'>{ACTS}</a>\
         <a href='http://{LOOKALIKE}.hostile.test:{port}/'>bank</a>"
    )
}

/// An error page whose header lines and words act.
fn failing(line: &mut dyn Line) -> std::io::Result<()> {
    let body = format!(
        "<title>{ACTS}</title><h1>502 Bad Gateway{ACTS}</h1><hr>nginx/{ACTS}<script>alert(1)</script>"
    );
    let seen = ACTS.replace(['\u{1b}', '\u{7}', '\u{7f}', '\u{8}'], "");
    say(
        line,
        format!(
            "HTTP/1.1 502 Bad{seen}\r\nServer: nginx{seen}\r\nVia: 1.1 {seen}\r\nX-Request-Id: {seen}id\r\n\
             Content-Type: text/html; charset=utf-8\r\nX-Cache: MISS{seen}\r\nRetry-After: {seen}\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}
