//! Two projects of one configuration: neither site, and nobody who is told of it, sees what the other one is confided.

use std::fs;

use super::{contains, core, files, plain_canary};
use crate::answer::ok;
use crate::cli::{Workdir, output};
use crate::origin::{Origin, Seen};

/// What a project's site is sent, and where its messages go.
const SECRETS: [&str; 3] = ["cook", "key", "hook"];

/// A site that repeats what its project sends it, and links to the other's.
async fn site(name: &str, other: &str) -> Origin {
    let origin = Origin::start().await;
    let echo = ["cook", "key"]
        .map(|kind| plain_canary(&format!("{name}{kind}")))
        .join(" ");
    let home = format!("<title>{echo}</title><p>{echo}<a href='{other}?from={name}'>other</a>");
    origin.script("/", [ok(&home)]);
    origin
}

fn project(name: &str, site: &Origin) -> String {
    let key = plain_canary(&format!("{name}key"));
    format!(
        "[project.{name}]\nurl = '{}'\nschedule = '@daily'\nrate = 0\nretries = 0\nconfirm = 'none'\n\
         no-probe = true\nno-sitemap = true\nexternal = true\nheader = ['X-Key: {key}']\nout = 'out/{name}/{{run}}'\n\
         [project.{name}.notify]\nalways = true\n\
         webhook = [{{ url-env = 'HOOK_{name}', secret-env = 'SIGN_{name}' }}]\n",
        site.url("/")
    )
}

/// All that came in requests.
fn heard(requests: &[Seen]) -> Vec<u8> {
    let bodies = requests.iter().flat_map(|seen| seen.body.clone());
    let heads = requests
        .iter()
        .map(|seen| format!("{} {:?}\n", seen.path, seen.headers));
    heads
        .collect::<String>()
        .into_bytes()
        .into_iter()
        .chain(bodies)
        .collect()
}

/// Whether a secret of a project is in there, whichever it is.
fn names(bytes: &[u8], project: &str) -> bool {
    SECRETS
        .iter()
        .any(|kind| contains(bytes, &core(&format!("{project}{kind}"))))
}

#[tokio::test]
async fn a_project_sees_nothing_of_the_secrets_of_another() {
    let (elsewhere, receiver) = (Origin::start().await, Origin::start().await);
    let east = site("east", &elsewhere.url("/")).await;
    let west = site("west", &east.url("/")).await;
    receiver.script("/otlp/v1/metrics", [ok("")]);
    let workdir = Workdir::new();
    let config = project("east", &east) + &project("west", &west);
    fs::write(workdir.path().join("gatecrawl.toml"), config).expect("a file");
    let mut command = workdir.command(&[
        "schedule",
        "run",
        "--config",
        "gatecrawl.toml",
        "--once",
        "--now",
        "east",
        "--now",
        "west",
        "-vv",
    ]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url("/otlp"));
    for name in ["east", "west"] {
        let secret = |kind: &str| plain_canary(&format!("{name}{kind}"));
        let hook = format!("/{}", secret("hook"));
        receiver.script(&hook, [ok("")]);
        let variable = format!("GATECRAWL_{}_COOKIE", name.to_uppercase());
        command
            .env(variable, format!("a={}", secret("cook")))
            .env(format!("HOOK_{name}"), receiver.url(&hook))
            .env(format!("SIGN_{name}"), secret("sign"));
    }
    let said = output(command).await;
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(0), "{text}");

    for name in ["east", "west"] {
        assert!(
            !names(&said.stdout, name) && !names(&said.stderr, name),
            "{text}"
        );
        for (path, bytes) in files(workdir.path()) {
            let is_ours = path.ends_with("gatecrawl.toml");
            assert!(
                is_ours || !names(&bytes, name),
                "{name} in {}",
                path.display()
            );
        }
    }
    let (own, linked): (Vec<Seen>, Vec<Seen>) = east
        .requests()
        .into_iter()
        .partition(|seen| !seen.path.contains("from=west"));
    assert!(names(&heard(&own), "east") && !names(&heard(&own), "west"));
    // As a link of the other project's site it is a stranger.
    assert!(!linked.is_empty());
    for project in ["east", "west"] {
        assert!(!names(&heard(&linked), project));
        assert!(!names(&heard(&elsewhere.requests()), project));
    }
    let west = heard(&west.requests());
    assert!(names(&west, "west") && !names(&west, "east"));
    // A receiver is told of its own project, at its own address, and measurements name none.
    let told = receiver.requests();
    for (name, other) in [("east", "west"), ("west", "east")] {
        let is_own = |seen: &&Seen| seen.path.contains(&core(&format!("{name}hook")));
        let own: Vec<Seen> = told.iter().filter(is_own).cloned().collect();
        let bodies = String::from_utf8(own.iter().flat_map(|seen| seen.body.clone()).collect());
        let bodies = bodies.expect("JSON");
        assert!(
            bodies.contains(name) && !bodies.contains(&format!("project.{other}")),
            "{bodies}"
        );
        assert!(!names(bodies.as_bytes(), name) && !names(&heard(&own), other));
    }
    let is_metrics = |seen: &&Seen| seen.path.starts_with("/otlp");
    let metrics: Vec<Seen> = told.iter().filter(is_metrics).cloned().collect();
    assert!(!heard(&metrics).is_empty());
    assert!(!names(&heard(&metrics), "east") && !names(&heard(&metrics), "west"));
}
