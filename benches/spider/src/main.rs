//! `spider-minimal URL`: crawls a site with 32 open requests and keeps URL and status of each page.

use spider::tokio;
use spider::website::Website;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("usage: spider-minimal URL");
    let mut website = Website::new(&url);
    website
        .with_respect_robots_txt(true)
        .with_delay(0)
        .with_concurrency_limit(Some(32))
        .with_user_agent(Some("spider-minimal"));
    let mut pages = website.subscribe(64);
    let keeper = tokio::spawn(async move {
        let mut kept = Vec::new();
        let mut lost = 0;
        loop {
            match pages.recv().await {
                Ok(page) => kept.push((page.get_url().to_owned(), page.status_code.as_u16())),
                Err(tokio::sync::broadcast::error::RecvError::Lagged(count)) => lost += count,
                Err(_) => return (kept, lost),
            }
        }
    });
    website.crawl_raw().await;
    website.unsubscribe();
    let (kept, lost) = keeper.await.expect("the keeper ends");
    let good = kept.iter().filter(|(_, status)| *status == 200).count();
    println!(
        "{} pages, {good} of them 200, {lost} lost by the channel",
        kept.len()
    );
}
