//! Weekly reports: a site changes from week to week, and what people are told is known exactly.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::answer::{ok, redirect, status};
use crate::cli::Workdir;
use crate::origin::Origin;

/// A site that is audited every week, and the receiver of what is told of it.
struct Weeks {
    site: Origin,
    receiver: Origin,
    workdir: Workdir,
}

impl Weeks {
    async fn of(site: Origin, keys: &str) -> Weeks {
        let (receiver, workdir) = (Origin::start().await, Workdir::new());
        receiver.script("/hook", [status(204)]);
        let config = format!(
            "[project.shop]\nurl = '{}'\nschedule = '@weekly'\nrate = 0\nretries = 0\nconfirm = '1s,2s'\n\
             confirm-budget = '30s'\nno-probe = true\nsample = 0\nrecheck = 'none'\n{keys}\n\
             [project.shop.notify]\nwebhook = [{{ url = '{}' }}]\n",
            site.url("/"),
            receiver.url("/hook"),
        );
        fs::write(workdir.path().join("shop.toml"), config).expect("written");
        Weeks {
            site,
            receiver,
            workdir,
        }
    }

    /// Makes the week's run; what was told of it, if anything.
    async fn told(&self) -> Option<Value> {
        let before = self.receiver.requests().len();
        let args = ["schedule", "run", "--once", "--now", "shop"];
        let config = ["--config", "shop.toml"];
        let said = self.workdir.run(&[&args[..], &config].concat()).await;
        assert!(matches!(said.code, Some(0 | 10)), "{}", said.err);
        let told = self.receiver.requests().split_off(before);
        assert!(told.len() <= 1, "{}", told.len());
        told.first()
            .map(|message| serde_json::from_slice(&message.body).expect("JSON"))
    }

    /// The subject of the week's message.
    async fn subject(&self) -> Option<String> {
        let told = self.told().await?;
        told["subject"].as_str().map(str::to_owned)
    }

    fn serve(&self, folder: &str, page: &str) {
        for n in 0..10 {
            self.site.page(&format!("/{folder}/{n}"), page);
        }
    }
}

/// The pages of three folders.
fn paths() -> Vec<String> {
    let folders = ["shop", "help", "blog"].into_iter();
    let paths = folders.flat_map(|folder| (0..10).map(move |n| format!("/{folder}/{n}")));
    paths.collect()
}

/// Serves a home page that links to the pages, and the pages.
fn serve_all(site: &Origin) {
    let links = paths()
        .into_iter()
        .map(|path| format!("<a href='{path}'>x</a>"));
    site.page("/", &format!("<p>home {}", links.collect::<String>()));
    for path in paths() {
        site.page(&path, "<p>fine");
    }
}

/// Waits for requests beyond those that were received before.
async fn requests(site: &Origin, more: usize) {
    let before = site.requests().len();
    while site.requests().len() < before + more {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A site with a home page, a sitemap, and three folders of ten pages.
async fn site() -> Origin {
    let site = Origin::start().await;
    serve_all(&site);
    let map = format!("<urlset><url><loc>{}</loc></url></urlset>", site.url("/"));
    let map = ok(&map).header("Content-Type", "application/xml");
    site.script("/sitemap.xml", [map]);
    site
}

#[tokio::test]
async fn what_is_told_each_week_is_what_changed() {
    let weeks = Weeks::of(site().await, "").await;
    assert_eq!(weeks.subject().await.as_deref(), Some("shop: first report"));
    assert_eq!(weeks.subject().await, None, "nothing changed");

    let error = "<h1>Error establishing a database connection</h1>";
    for n in 0..6 {
        weeks.site.page(&format!("/shop/{n}"), error);
    }
    let told = weeks.told().await.expect("a message");
    assert_eq!(told["subject"], "shop: 6 pages newly failing in /shop/");
    assert_eq!(told["tone"], "bad");
    let found = &told["findings"][0];
    assert_eq!(found["new"], true, "{told}");
    for key in ["title", "cause", "owner", "step"] {
        assert!(
            found[key].as_str().is_some_and(|text| !text.is_empty()),
            "{found}"
        );
    }
    assert_eq!(told["lists"][0]["pages"].as_array().map(Vec::len), Some(6));

    // An audit by hand that sees less is nobody's baseline.
    let url = weeks.site.url("/");
    let few = ["audit", &url, "--max-pages", "3"];
    assert_eq!(weeks.workdir.run(&few).await.code, Some(0));

    weeks.serve("shop", "<p>fine");
    weeks.serve("support", "<p>fine");
    for n in 0..10 {
        let to = format!("/support/{n}");
        weeks
            .site
            .script(&format!("/help/{n}"), [redirect(301, &to)]);
    }
    weeks.site.script("/sitemap.xml", [status(404)]);
    let told = weeks.told().await.expect("a message");
    let subject =
        "shop: 10 pages moved from /help/ to /support/, the sitemap is gone, 6 recovered in /shop/";
    assert_eq!(told["subject"], subject, "{told}");

    assert_eq!(weeks.subject().await, None, "nothing changed");
}

#[tokio::test]
async fn an_outage_of_the_whole_site_is_told_with_its_times() {
    let weeks = Weeks::of(site().await, "delay = '100ms'\ntimezone = 'Asia/Tokyo'").await;
    weeks.subject().await;
    let outage = async {
        requests(&weeks.site, 8).await;
        for path in paths().iter().map(String::as_str).chain(["/"]) {
            weeks.site.script(path, [status(502)]);
        }
        requests(&weeks.site, 7).await;
        serve_all(&weeks.site);
    };
    let (told, ()) = tokio::join!(weeks.told(), outage);
    let told = told.expect("a message");
    let headline = told["headline"].as_str().expect("a text");
    assert!(
        headline.starts_with("The whole site answered 502 from 20")
            && headline.contains(" JST and was fine again by "),
        "{told}"
    );
    let subject = told["subject"].as_str().expect("a text");
    assert!(
        subject.starts_with("shop: the whole site answered 502 for "),
        "{subject}"
    );
}
