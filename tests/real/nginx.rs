//! nginx, and what its access log says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::server::{self, Server};

/// A request as nginx noted it when it had answered.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// Seconds since 1970.
    pub(crate) ended: f64,
    /// Seconds from the first byte of the request to the last of the answer.
    pub(crate) took: f64,
    pub(crate) status: u16,
    pub(crate) target: String,
    pub(crate) user_agent: String,
    pub(crate) run: String,
    pub(crate) media_type: String,
}

/// Where Debian has it.
pub(crate) const NGINX: &str = "/usr/sbin/nginx";

/// Starts nginx with a `server` block, at `listen 127.0.0.1:PORT`. `blocks` is given the directory,
/// may put files into it, and returns what goes into `http` before the server block and what goes
/// into it.
pub(crate) fn start(listen: &str, blocks: impl Fn(&Path) -> (String, String)) -> Server {
    server::start(|dir, port| {
        let mut nginx = Command::new(NGINX);
        nginx.args(prepare(
            dir,
            &format!("127.0.0.1:{port} {listen}"),
            blocks(dir),
        ));
        nginx
    })
}

/// Writes the configuration of an nginx that listens there into its directory; returns how nginx is
/// to be called. The blocks are those of [`start`].
pub(crate) fn prepare(dir: &Path, listen: &str, (http, server): (String, String)) -> Vec<String> {
    let at = dir.display();
    // `user root`: the test's directory belongs to whoever runs it, and so may the pages.
    let config = format!(
        "daemon off;\nuser root;\nworker_processes 1;\npid {at}/nginx.pid;\n\
         error_log {at}/error.log info;\nevents {{ worker_connections 512; }}\nhttp {{\n\
         types {{ text/html html; text/css css; image/svg+xml svg; }}\n\
         log_format test '$msec\\t$request_time\\t$status\\t$request_uri\\t$http_user_agent\\t\
         $http_x_gatecrawl_run\\t$sent_http_content_type';\n\
         access_log {at}/access.log test;\n\
         client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;\n\
         fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
         {http}\nserver {{ listen {listen};\n{server} }}\n}}\n"
    );
    fs::write(dir.join("nginx.conf"), config).expect("written");
    let file = |name: &str| dir.join(name).display().to_string();
    let args = [
        ("-p", file("")),
        ("-c", file("nginx.conf")),
        ("-e", file("error.log")),
    ];
    args.into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect()
}

/// Puts a page into a directory that is served.
pub(crate) fn page(dir: &Path, name: &str, links: &[&str]) {
    let links: Vec<_> = links
        .iter()
        .map(|link| format!("<a href=\"{link}\">to {link}</a>\n"))
        .collect();
    let links = links.concat();
    let html = format!("<!doctype html><title>{name}</title><body>{links}</body>");
    let file = dir.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(file, html).expect("written");
}

/// Everything that was asked so far, in the order of the answers.
pub(crate) fn log(server: &Server) -> Vec<Logged> {
    server.read("access.log").lines().map(logged).collect()
}

/// What was asked at one target.
pub(crate) fn log_of(server: &Server, target: &str) -> Vec<Logged> {
    let mut log = log(server);
    log.retain(|logged| logged.target == target);
    log
}

fn logged(line: &str) -> Logged {
    let fields: Vec<_> = line.split('\t').collect();
    let [ended, took, status, target, user_agent, run, media_type] = fields[..] else {
        panic!("not a line of ours: {line:?}");
    };
    Logged {
        ended: ended.parse().expect("a time"),
        took: took.parse().expect("a time"),
        status: status.parse().expect("a status"),
        target: target.to_owned(),
        user_agent: user_agent.to_owned(),
        run: run.to_owned(),
        media_type: media_type.to_owned(),
    }
}
