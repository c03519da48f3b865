//! nginx with HTTP/2 and a certificate that it signed itself.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::crawler::Workdir;
use crate::nginx::{log, page, start};
use crate::server::Server;

fn self_signed(dir: &Path) {
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .arg("-keyout")
        .arg(dir.join("key.pem"))
        .arg("-out")
        .arg(dir.join("certificate.pem"))
        .stderr(Stdio::null())
        .status()
        .expect("openssl is installed");
    assert!(status.success());
}

fn nginx() -> Server {
    start("ssl http2", |dir| {
        self_signed(dir);
        page(dir, "www/index.html", &["/a.html", "/b.html"]);
        page(dir, "www/a.html", &[]);
        page(dir, "www/b.html", &[]);
        let at = dir.display();
        let server = format!(
            "root {at}/www;\nssl_certificate {at}/certificate.pem;\n\
             ssl_certificate_key {at}/key.pem;"
        );
        (String::new(), server)
    })
}

#[test]
fn a_self_signed_certificate_is_named_as_such() {
    let nginx = nginx();
    let url = format!("https://127.0.0.1:{}/", nginx.port);
    let workdir = Workdir::new();
    let ended = workdir.audit(&[&url, "--no-sitemap"]);

    // robots.txt could not be read either, so the site could not be audited at all.
    assert_eq!(ended.status.code(), Some(3), "{}", ended.said);
    let outcomes: Vec<_> = workdir
        .rows("attempts.csv")
        .into_iter()
        .map(|row| row["Outcome"].clone())
        .collect();
    assert!(!outcomes.is_empty());
    assert!(
        outcomes.iter().all(|outcome| outcome == "tls_self_signed"),
        "{outcomes:?}"
    );
    assert!(log(&nginx).is_empty());
}

#[test]
fn told_to_accept_it_the_crawler_speaks_http_2() {
    let nginx = nginx();
    let url = format!("https://127.0.0.1:{}/", nginx.port);
    let workdir = Workdir::new();
    let ended = workdir.audit(&[&url, "--no-sitemap", "--insecure"]);

    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    let pages = workdir.rows("pages.csv");
    assert_eq!(pages.len(), 3);
    for page in &pages {
        assert_eq!(page["Status Code"], "200", "{page:?}");
        assert_eq!(page["HTTP Version"], "2", "{page:?}");
    }
    // The three pages and robots.txt.
    assert_eq!(log(&nginx).len(), 4);
}
