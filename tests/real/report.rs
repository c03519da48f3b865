//! The report as people open it: in a browser, on a phone, in the dark, printed, and with a site that
//! tries to take it over.

use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::crawler::Workdir;
use crate::origin;
use crate::server::note;

/// Where the pictures go, for whoever wants to look.
const PICTURES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/report");

/// Titles and anchors of a hostile site.
const HOSTILE: &str = "</title><script>alert(1)</script><img src=//evil.test/x onerror=alert(2)>";

fn answer(path: &str, line: &mut TcpStream) -> io::Result<()> {
    let fails = |line: &mut TcpStream, status: &str| {
        let body = format!("<h1>{status}</h1><script>alert('body')</script>\u{202e}");
        write!(
            line,
            "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nConnection: close\r\n\
             X-Request-Id: \"><script>alert('id')</script>\r\nServer: <b>nginx</b>\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    match path {
        "/" => {
            let shop = (0..30).map(|n| format!("<a href=\"/shop/{n}\">{HOSTILE}</a>"));
            let mut links = shop.collect::<Vec<_>>().concat();
            links += "<a href=\"/bad/&quot;&gt;&lt;script&gt;alert(3)&lt;/script&gt;\">x</a>";
            links += "<a href=\"/bad/\u{202e}gpj.exe\">x</a><a href=\"/bad/'onmouseover='x\">x</a>";
            links += "<a href=\"javascript:alert(4)\">x</a><a href=\"/old\">x</a>";
            links += "<a href=\"/private/page\">x</a>";
            let long = "a".repeat(5_000);
            links = format!("{links}<a href=\"/long/{long}\">x</a>");
            origin::page(line, &format!("<title>{HOSTILE}</title>{links}"))
        }
        "/robots.txt" => {
            let body = "User-agent: *\nDisallow: /private/\n<script>alert(5)</script>\n";
            write!(
                line,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        "/old" => write!(
            line,
            "HTTP/1.1 301 Moved\r\nLocation: /bad/end\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        path if path.starts_with("/bad/") => fails(line, "502 Bad Gateway"),
        path if path.starts_with("/long/") => fails(line, "504 <script>alert(6)</script>"),
        path if path.starts_with("/shop/") => {
            origin::page(line, &format!("<title>{HOSTILE}</title>"))
        }
        _ => fails(line, "404 Not Found"),
    }
}

/// Looks at a report in Chromium; what was wrong with it.
fn look(report: &Path) -> Value {
    std::fs::create_dir_all(PICTURES).expect("a directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("node")
        .arg(root.join("target/browser/look.mjs"))
        .arg(report)
        .arg(PICTURES)
        .output()
        .expect("Node.js is installed");
    note(&String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_report_is_fit_for_people_whatever_the_site_says() {
    let origin = origin::serve(answer);
    let workdir = Workdir::new();
    let start = format!("http://{origin}/");
    let formats = "csv,json,html";
    let ended = workdir.start(&[
        &start,
        "--rate",
        "0",
        "--confirm",
        "1s",
        "--format",
        formats,
        "--fail-on",
        "5xx > 0",
    ]);
    assert_eq!(ended.wait().status.code(), Some(10), "a gate that fails");
    let report = workdir.exports().join("report.html");
    let found = look(&report);
    assert_eq!(
        found["title"],
        format!("gatecrawl: http://{origin}, {}", started(&workdir))
    );
    for fault in ["said", "asked", "anchors", "violations", "wide", "dialogs"] {
        assert_eq!(found[fault], Value::Array(Vec::new()), "{fault}");
    }
    let page = std::fs::read_to_string(&report).expect("readable");
    assert!(
        !page.contains('\u{202e}'),
        "a mark that turns writing is seen"
    );
    assert!(
        page.contains("&lt;script&gt;alert(&#39;body&#39;)"),
        "the error page is shown as text"
    );
}

/// When the run began, as the report writes it.
fn started(workdir: &Workdir) -> String {
    let summary = workdir.summary();
    let started = summary["run"]["started"].as_str().expect("a time");
    started.replace('T', " ").chars().take(19).collect()
}
