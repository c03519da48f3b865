//! A site that repeats secrets in pieces, which only those who read its answers put together.

use super::{assert_clean, assert_silent, core};
use crate::answer::{bytes, html, ok, redirect};
use crate::cli::{Workdir, output};
use crate::origin::Origin;

const NAMES: [&str; 3] = ["dash", "path", "wide"];

fn secret(name: &str) -> String {
    let core = core(name);
    match name {
        "path" => format!("{core}/x1/y2"),
        "wide" => format!("{core} two  three"),
        _ => format!("{core}-tok.en1"),
    }
}

/// The characters of a text, each written in this way.
fn each(text: &str, write: impl Fn(char) -> String) -> String {
    text.chars().map(write).collect()
}

/// A secret in ways in which no letters of it stand beside each other; each may stand anywhere in a page.
fn apart() -> Vec<String> {
    let secret = secret("dash");
    let code = |char| u32::from(char);
    vec![
        each(&secret, |char| format!("&#{}", code(char))),
        each(&secret, |char| format!("&#x{:x};", code(char))),
        each(&secret, |char| format!("&#X{:090X};", code(char))),
        each(&secret, |char| format!("&#{:0500}", code(char))),
        each(&secret, |char| format!("{char}\u{200b}")),
        each(&secret, |char| format!("{char}\u{1}")),
        each(&secret, |char| format!("{char}&ZeroWidthSpace;&NewLine;")),
    ]
}

/// Texts of pages that hold a secret only when their markup is removed or they are decoded.
fn put_together() -> Vec<Vec<u8>> {
    let (dash, wide) = (secret("dash"), secret("wide"));
    let (start, end) = dash.split_at(5);
    let texts = [
        format!("{start}<b></b>{end}"),
        format!("{start}<!-- -->{end}"),
        wide.replace(' ', "&nbsp;"),
        wide.replace("  ", "\u{2003}"),
        wide.replace("  ", " "),
        wide.replace(' ', "\n \t"),
        dash.replace('-', "&#45"),
        dash.replace('-', "&#x2d"),
    ];
    let mut texts: Vec<Vec<u8>> = texts.map(String::into_bytes).to_vec();
    // In ISO-2022-JP.
    texts.push([start.as_bytes(), b"\x1b(J", end.as_bytes(), b"\x1b(B"].concat());
    texts
}

/// References that resolve to a URL with a secret.
fn references() -> Vec<String> {
    let (path, dash) = (secret("path"), secret("dash"));
    vec![
        path.replace('/', "/./"),
        path.replace('/', "/q/../"),
        path.replace('/', "\\"),
        path.replace('/', "&Tab;/&NewLine;"),
        path.replace('/', "/%2e/"),
        path.replace('/', "/z/%2E%2e/"),
        path.replace("q7x", "q%37x").replace('/', "/./"),
        format!("?a={}", path.replace('/', "%2F")),
        format!("?sid=1&amp;a={}", path.replace("/x1", "/&#120&#49")),
        format!("//{}/", dash.replace('-', "&#45")),
        format!("//{}/", dash.replacen('q', "\u{ff51}", 1)),
        format!("//{}/", dash.replacen('7', "&shy;7", 1)),
    ]
}

fn page(text: &[u8], reference: &str) -> Vec<u8> {
    let parts: [&[u8]; 9] = [
        b"<title>",
        text,
        b"</title><h1>",
        text,
        b"</h1><p>words <a href='/r/",
        reference.as_bytes(),
        b"'>",
        text,
        b"</a>",
    ];
    parts.concat()
}

/// A site that repeats, and how many of its pages have a secret in their heading.
async fn parrot() -> (Origin, usize) {
    let origin = Origin::start().await;
    let mut paths = Vec::new();
    let mut add = |path: &str| paths.push(path.to_owned());
    let (apart, put_together) = (apart(), put_together());
    let headings = apart.len() + put_together.len();
    for (n, text) in apart.iter().enumerate() {
        let path = format!("/apart/{n}");
        origin.page(&path, &format!("<title>{text}</title><h1>{text}</h1><p>words <a href='/i/{text}?a={text}'>{text}</a>"));
        add(&path);
        let path = format!("/bad/{n}");
        let bad = html(
            502,
            &format!("<title>{text}</title><h1>{text}</h1><p>{text}"),
        );
        origin.script(&path, [bad]);
        add(&path);
        let path = format!("/soft/{n}");
        let soft = format!("<title>Error 503</title><h1>Error 503</h1><p>{text}");
        origin.page(&path, &soft);
        add(&path);
    }
    for (n, text) in put_together.iter().enumerate() {
        let path = format!("/together/{n}");
        let answer = bytes(page(text, "fine"));
        let charset = if n + 1 == put_together.len() {
            "iso-2022-jp"
        } else {
            "utf-8"
        };
        let content_type = format!("text/html; charset={charset}");
        origin.script(&path, [answer.header("Content-Type", &content_type)]);
        add(&path);
    }
    let path = secret("path").replace('/', "/./");
    for (n, reference) in references().iter().enumerate() {
        let place = format!("/refers/{n}");
        let whole = if reference.starts_with('/') || reference.starts_with('?') {
            reference.clone()
        } else {
            format!("/r/{reference}")
        };
        let tags = format!(
            "<link rel=canonical href='{whole}'><link rel=next href='{whole}'><title>t</title>\
             <img src='{whole}' alt=a><p>words <a href='{whole}'>x</a>"
        );
        let answer = ok(&tags).header("Link", &format!("</r/{path}>; rel=\"next\""));
        origin.script(&place, [answer]);
        add(&place);
        let place = format!("/refreshes/{n}");
        let tag = format!("<meta http-equiv=refresh content=\"9;url={whole}\"><p>words {n}");
        origin.page(&place, &tag);
        add(&place);
    }
    origin.script("/moved", [redirect(302, &format!("/m/{path}"))]);
    add("/moved");
    let refreshes = ok("<p>r").header("Refresh", &format!("9;url=/f/{path}"));
    origin.script("/refreshed", [refreshes]);
    add("/refreshed");
    let links: Vec<String> = paths
        .iter()
        .map(|path| format!("<a href='{path}'>x</a>"))
        .collect();
    origin.page("/", &format!("<p>home{}", links.concat()));
    let dash = secret("dash");
    let (start, end) = dash.split_at(5);
    let cdata = format!("{start}<![CDATA[{end}]]>");
    let map = format!(
        "<urlset><url><loc>{}</loc><lastmod>{cdata}</lastmod></url><url><loc>{cdata}</loc></url></urlset>",
        origin.url(&format!("/s/{cdata}"))
    );
    origin.script("/map.xml", [bytes(map)]);
    let named = path.replace("q7xp", "q7x%70");
    let robots = format!(
        "User-agent: *\nSitemap: /n/{named}\nSitemap: {}\n",
        origin.url("/map.xml")
    );
    origin.script(
        "/robots.txt",
        [bytes(robots).header("Content-Type", "text/plain")],
    );
    (origin, headings)
}

#[tokio::test]
async fn what_only_readers_put_together_comes_out_nowhere() {
    let (origin, headings) = parrot().await;
    let workdir = Workdir::new();
    let home = origin.url("/");
    let common = format!(
        "audit {home} --retries 0 --rate 0 --external --resources --select who=h1 --select href=h1+p>a@href \
         --ignore-param sid --confirm none --no-probe --no-adapt"
    );
    let formats = "csv,json,html,md,jsonl,xlsx,junit,screaming-frog";
    for call in [
        format!("{common} -vv -o out -f {formats}"),
        format!("{common} --dry-run"),
        format!("report -f {formats} -o again"),
        format!("check {home}moved {home}bad/0 --attempts 1 --json"),
    ] {
        let mut command = workdir.command(&call.split_whitespace().collect::<Vec<_>>());
        let fields = NAMES.map(|name| format!("X-{name}: {}", secret(name)));
        command.env("GATECRAWL_HEADER", fields.join("\n"));
        let said = output(command).await;
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(matches!(said.status.code(), Some(0 | 1)), "{call}: {text}");
        assert!(!said.stdout.is_empty() || !said.stderr.is_empty(), "{call}");
        assert_silent(&call, &said, &NAMES);
    }
    assert_clean(workdir.path(), &[], &NAMES);
    for seen in origin.requests() {
        let path = &seen.path;
        assert_eq!(seen.header("x-dash"), Some(secret("dash").as_str()));
        assert!(
            !NAMES.iter().any(|name| path.contains(&core(name))),
            "{path}"
        );
    }
    // The answers did have echoes to cut.
    let table = workdir.read("out/pages.csv");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let head = rows.headers().expect("names").clone();
    let at = |name| head.iter().position(|head| head == name).expect(name);
    let columns = ["Title 1", "who"].map(at);
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    for column in columns {
        let cut = rows.iter().filter(|row| row[column].contains("[secret]"));
        let least = headings + apart().len() * usize::from(column == columns[0]) - 2;
        assert!(cut.count() >= least, "{}: {table}", &head[column]);
    }
    for path in [
        "/r/[secret]",
        "/m/[secret]",
        "/f/[secret]",
        "/s/[secret]",
        "/n/[secret]",
    ] {
        assert!(
            origin.requests().iter().any(|seen| seen.path == path),
            "{path}"
        );
    }
}
