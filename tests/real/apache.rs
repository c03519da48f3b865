//! Apache as a proxy whose backend is dead.

use std::fs;
use std::process::Command;

use crate::crawler::Workdir;
use crate::nginx::page;
use crate::server::{self, Server};

/// Where Debian keeps Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";

fn start() -> Server {
    server::start(|dir, port| {
        page(dir, "www/index.html", &["/app"]);
        let at = dir.display();
        let modules: String = ["mpm_event", "authz_core", "dir", "proxy", "proxy_http"]
            .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
            .concat();
        let config = format!(
            "ServerRoot {at}\n{modules}Listen 127.0.0.1:{port}\nServerName 127.0.0.1\n\
             PidFile {at}/apache.pid\nDefaultRuntimeDir {at}\nErrorLog {at}/error.log\n\
             LogFormat \"%>s %U %{{X-Gatecrawl-Run}}i\" test\nCustomLog {at}/access.log test\n\
             StartServers 1\nThreadsPerChild 16\nMaxRequestWorkers 16\n\
             DocumentRoot {at}/www\nDirectoryIndex index.html\n\
             <Directory {at}/www>\nRequire all granted\n</Directory>\n\
             <Files *.html>\nForceType text/html\n</Files>\n\
             ProxyPass /app http://127.0.0.1:1/ retry=0\n"
        );
        let file = dir.join("apache.conf");
        fs::write(&file, config).expect("written");
        // Started as root, its workers become somebody else, who must be able to read.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(dir, open).expect("changed");
        let mut apache = Command::new("/usr/sbin/apache2");
        apache.arg("-DFOREGROUND").arg("-f").arg(&file);
        apache
    })
}

#[test]
fn a_dead_backend_is_503() {
    let apache = start();
    let workdir = Workdir::new();
    workdir.audit(&[&apache.url("/"), "--no-sitemap"]);

    let row = workdir.page(&apache.url("/app"));
    assert_eq!(row["Status Code"], "503");
    assert_eq!(row["Outcome"], "server_503");
    assert_eq!(row["Attempts"], "3");
    let log = apache.read("access.log");
    let asked: Vec<_> = log
        .lines()
        .filter(|line| line.starts_with("503 /app "))
        .collect();
    assert_eq!(asked.len(), 3, "{log}");
    assert!(asked.iter().all(|line| !line.ends_with(" -")), "{log}");
}
