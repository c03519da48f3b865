//! Answers made to exhaust whoever reads them: each ends as its outcome, in little memory.

use std::io::{self, Write};
use std::time::Duration;

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};

use super::case::{Case, Line, OK, forever, html, missing, page, redirect, say, whole};

const MIB: usize = 1024 * 1024;

/// Their hosts.
pub(super) const CASES: &[Case] = &[
    page("headers", "header_too_large", |_, line| {
        let headers: Vec<_> = (0..10_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
        headed(line, &headers.concat())
    }),
    page("header", "header_too_large", |_, line| {
        headed(line, &format!("X-Long: {}\r\n", "a".repeat(MIB)))
    }),
    page("endless-header", "header_too_large", |_, line| {
        say(line, format!("{OK}X-Long: "))?;
        forever(line, &[b'a'; 16 * 1024], Duration::ZERO)
    }),
    page("endless-headers", "header_too_large", |_, line| {
        say(line, OK)?;
        forever(line, &b"Set-Cookie: a=b\r\n".repeat(1_000), Duration::ZERO)
    }),
    // As many cookies as are read at all, each as large as that leaves room for.
    page("cookies", "ok_html", |_, line| {
        let cookie = format!("Set-Cookie: c={}\r\n", "x".repeat(700));
        headed(line, &cookie.repeat(500))
    }),
    page("cookie-flood", "header_too_large", |_, line| {
        headed(line, &"Set-Cookie: c=d\r\n".repeat(100_000))
    }),
    page("endless", "too_large", |_, line| {
        say(line, format!("{OK}\r\n"))?;
        forever(line, &[b'a'; 16 * 1024], Duration::ZERO)
    }),
    page("title", "too_large", |_, line| {
        say(line, format!("{OK}\r\n<title>"))?;
        for _ in 0..50 {
            say(line, "t".repeat(MIB))?;
        }
        say(line, "</title>")
    }),
    page("gzip", "too_large", |_, line| {
        coded(line, "gzip", gzip_of_zeros)
    }),
    page("gzip-gzip", "too_large", |_, line| {
        coded(line, "gzip, gzip", |out| {
            let mut outer = GzEncoder::new(out, Compression::best());
            gzip_of_zeros(&mut outer)?;
            outer.finish().map(drop)
        })
    }),
    page("br", "too_large", |_, line| {
        coded(line, "br", |out| {
            let mut out = brotli::CompressorWriter::new(out, MIB, 5, 22);
            zeros(&mut out)
        })
    }),
    page("zstd", "too_large", |_, line| {
        coded(line, "zstd", |out| {
            let mut out = zstd::Encoder::new(out, 3)?;
            zeros(&mut out)?;
            out.finish().map(drop)
        })
    }),
    // Only so many codings are undone.
    page("gzip-8", "bad_encoding", |_, line| {
        coded(
            line,
            "gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip",
            |out| gzip_of_zeros(out),
        )
    }),
    whole("robots-100-mb", "ok_html", |path, line| match path {
        "/robots.txt" => {
            say(
                line,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n",
            )?;
            let rules = "Disallow: /never/\n".repeat(1_000);
            say(line, "User-agent: *\n")?;
            for _ in 0..100 * MIB / rules.len() {
                say(line, &rules)?;
            }
            Ok(())
        }
        "/" => html(line, "<p>fine</p><a href=/never/x>never</a>"),
        _ => missing(line),
    }),
    whole("robots-bomb", "ok_html", |path, line| match path {
        "/robots.txt" => coded(line, "gzip", gzip_of_zeros),
        "/" => html(line, "<p>fine</p>"),
        _ => missing(line),
    }),
    whole("robots-loop", "ok_html", |path, line| match path {
        "/" => html(line, "<p>fine</p>"),
        path => redirect(line, path),
    }),
    whole("sitemap-self", "ok_html", |path, line| match path {
        "/" => html(line, "<p>fine</p>"),
        "/robots.txt" => missing(line),
        // An index that names itself, and one that is another each time.
        path => {
            let next = path.len() % 40;
            let next = format!("/{}.xml", "s".repeat(next));
            let host = "http://sitemap-self.hostile.test:PORT";
            let named =
                [path, &next].map(|path| format!("<sitemap><loc>{host}{path}</loc></sitemap>"));
            xml(
                line,
                &format!("<sitemapindex>{}</sitemapindex>", named.concat()),
            )
        }
    }),
    whole("sitemap-bomb", "ok_html", |path, line| match path {
        "/" => html(line, "<p>fine</p>"),
        "/robots.txt" => missing(line),
        _ => {
            say(
                line,
                "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nConnection: close\r\n\r\n",
            )?;
            gzip_of_zeros(&mut Written(line))
        }
    }),
    whole("sitemap-entities", "ok_html", |path, line| match path {
        "/" => html(line, "<p>fine</p>"),
        "/robots.txt" => missing(line),
        _ => {
            let laughs = (1..20).map(|n| {
                let before = format!("&e{};", n - 1).repeat(10);
                format!("<!ENTITY e{n} \"{before}\">")
            });
            let laughs: String = laughs.collect();
            xml(
                line,
                &format!(
                    "<!DOCTYPE urlset [<!ENTITY e0 \"ha\">{laughs}]><urlset><url>\
                     <loc>http://sitemap-entities.hostile.test:PORT/&e19;</loc></url></urlset>"
                ),
            )
        }
    }),
];

fn headed(line: &mut dyn Line, headers: &str) -> io::Result<()> {
    say(
        line,
        format!("{OK}{headers}Content-Length: 11\r\n\r\n<p>page</p>"),
    )
}

fn xml(line: &mut dyn Line, text: &str) -> io::Result<()> {
    let port = line.tcp().local_addr()?.port();
    let text = text.replace("PORT", &port.to_string());
    say(
        line,
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        ),
    )
}

fn coded(
    line: &mut dyn Line,
    coding: &str,
    body: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    say(line, format!("{OK}Content-Encoding: {coding}\r\n\r\n"))?;
    body(&mut Written(line))
}

/// A line of which only the writing end is used.
struct Written<'a>(&'a mut dyn Line);

impl Write for Written<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn zeros(out: &mut dyn Write) -> io::Result<()> {
    let zeros = vec![0; MIB];
    for _ in 0..256 {
        out.write_all(&zeros)?;
    }
    out.flush()
}

/// A GiB of zeros, a thousandth of that on the wire. A flush that forgets what came before
/// makes each MiB the same bytes, so one is compressed and sent again and again.
fn gzip_of_zeros(out: &mut dyn Write) -> io::Result<()> {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut one = Vec::with_capacity(64 * 1024);
    Compress::new(Compression::best(), false)
        .compress_vec(&vec![0; MIB], &mut one, FlushCompress::Full)
        .expect("compressed");
    out.write_all(&HEADER)?;
    for _ in 0..1024 {
        out.write_all(&one)?;
    }
    // An empty last block; the sums after it are wrong, which nobody should get far enough to see.
    out.write_all(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}
