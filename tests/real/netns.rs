//! Two network namespaces with a wire between them: a network that a test may cut without anybody
//! else noticing. Only root may make them.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::nginx::{self, NGINX};
use crate::server::pause;

/// Where Debian has it.
const IP: &str = "/usr/sbin/ip";

/// The site's addresses, and the crawler's.
pub(crate) const SITE: [&str; 2] = ["10.213.0.1", "10.213.0.2"];
const CRAWLER: &str = "10.213.0.9";

/// The port at which the site's machine is also a proxy that leads to the site.
pub(crate) const PROXY: u16 = 3128;

/// The port at which the site keeps no connection open: each request begins with its name.
pub(crate) const UNKEPT: u16 = 81;

/// Longest wait for nginx to be there.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program that is started in a network namespace.
pub(crate) fn inside(namespace: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(IP);
    command.args(["netns", "exec", namespace]).arg(program);
    command
}

/// A site at one end of a wire, and room for a crawler at the other. All of it goes with the test.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The crawler's namespace.
    pub(crate) here: String,
    there: String,
    nginx: Option<Child>,
    names: Option<Child>,
    dir: TempDir,
}

impl Wire {
    /// Makes both namespaces, named after the test, and has nginx serve so many pages at each of the
    /// site's addresses. The first links to all others.
    pub(crate) fn new(test: &str, pages: usize) -> Wire {
        let name = |end: &str| format!("gatecrawl-{test}-{}-{end}", std::process::id());
        let mut wire = Wire {
            here: name("here"),
            there: name("there"),
            nginx: None,
            names: None,
            dir: tempfile::tempdir().expect("a directory"),
        };
        let (here, there) = (wire.here.as_str(), wire.there.as_str());
        ip(&["netns", "add", here]);
        ip(&["netns", "add", there]);
        let ends = ["name", "wire", "type", "veth", "peer", "name", "wire"];
        ip(&[&["-n", here, "link", "add"], &ends[..], &["netns", there]].concat());
        for (end, addresses) in [(here, &[CRAWLER][..]), (there, &SITE)] {
            for address in addresses {
                let address = format!("{address}/24");
                ip(&["-n", end, "address", "add", &address, "dev", "wire"]);
            }
            for link in ["lo", "wire"] {
                ip(&["-n", end, "link", "set", link, "up"]);
            }
        }
        wire.nginx = Some(wire.serve(pages));
        wire
    }

    /// Has a name server at the site's second address, which knows every name as its first. The crawler's
    /// system asks it.
    pub(crate) fn serve_names(&mut self) {
        let settings = self.settings();
        std::fs::create_dir_all(&settings).expect("made");
        // What `ip netns exec` puts in place of the system's own.
        let servers = format!("nameserver {}\n", SITE[1]);
        std::fs::write(settings.join("resolv.conf"), servers).expect("written");
        std::fs::write(settings.join("nsswitch.conf"), "hosts: dns\n").expect("written");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/receivers/names.py");
        let mut names = inside(&self.there, "python3")
            .arg(script)
            .args([SITE[1], SITE[0]])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python is installed");
        let mut ready = String::new();
        let mut said = BufReader::new(names.stdout.take().expect("a pipe"));
        said.read_line(&mut ready).expect("it starts");
        assert_eq!(ready, "ready\n");
        self.names = Some(names);
    }

    fn settings(&self) -> PathBuf {
        Path::new("/etc/netns").join(&self.here)
    }

    /// Cuts the wire at the crawler's end: its system knows no way out any more.
    pub(crate) fn cut(&self) {
        ip(&["-n", &self.here, "link", "set", "wire", "down"]);
    }

    /// Joins it again.
    pub(crate) fn mend(&self) {
        ip(&["-n", &self.here, "link", "set", "wire", "up"]);
    }

    /// Takes addresses away from the site: whoever asks there hears nothing.
    pub(crate) fn take(&self, addresses: &[&str]) {
        // The first has the others with it, if it goes first.
        for address in addresses.iter().rev() {
            self.address("del", address);
        }
    }

    /// Gives them back.
    pub(crate) fn give(&self, addresses: &[&str]) {
        for address in addresses {
            self.address("add", address);
        }
    }

    fn address(&self, what: &str, address: &str) {
        let address = format!("{address}/24");
        ip(&["-n", &self.there, "address", what, &address, "dev", "wire"]);
    }

    /// Waits until the site has answered so many requests.
    pub(crate) fn wait_for(&self, requests: usize) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.answered() < requests {
            assert!(Instant::now() < deadline, "it does not get on");
            pause(Duration::from_millis(20));
        }
    }

    fn answered(&self) -> usize {
        let log = std::fs::read_to_string(self.dir.path().join("access.log"));
        log.unwrap_or_default().lines().count()
    }

    fn serve(&self, pages: usize) -> Child {
        let dir = self.dir.path();
        let links: Vec<String> = (1..pages).map(|n| format!("/{n}.html")).collect();
        let links: Vec<&str> = links.iter().map(String::as_str).collect();
        nginx::page(dir, "www/index.html", &links);
        for link in links {
            nginx::page(dir, &format!("www{link}"), &["/"]);
        }
        let root = format!("root {}/www;", dir.display());
        let others = format!(
            "server {{ listen {PROXY}; access_log off; location / {{ proxy_pass http://{}; }} }}\n\
             server {{ listen {UNKEPT}; access_log {}/access.log test; keepalive_timeout 0; {root} }}",
            SITE[0],
            dir.display()
        );
        let args = nginx::prepare(dir, "80", (others, root));
        let nginx = inside(&self.there, NGINX)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed");
        let deadline = Instant::now() + PATIENCE;
        // Written when it listens.
        while !dir.join("nginx.pid").exists() {
            assert!(Instant::now() < deadline, "nginx does not start");
            pause(Duration::from_millis(20));
        }
        nginx
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for server in [&mut self.nginx, &mut self.names].into_iter().flatten() {
            let pid = server.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &pid]).status();
            let _ = server.wait();
        }
        let _ = std::fs::remove_dir_all(self.settings());
        for name in [&self.here, &self.there] {
            let _ = Command::new(IP).args(["netns", "del", name]).status();
        }
    }
}

fn ip(args: &[&str]) {
    let done = Command::new(IP).args(args).output().expect("iproute2");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "ip {}: {said}", args.join(" "));
}
