//! Whole audits of sites with one fault each, and their expected results: verdicts, causes,
//! findings, scores.

use crate::store::{RunScores, StoredFinding, StoredScore};

use super::*;

mod mixed;
mod own_load;
mod together;

/// A site that is about to be audited.
struct Site {
    plan: CrawlPlan,
    answers: Vec<(String, Vec<Reply>)>,
    edge: Option<fn(&Request) -> Option<Reply>>,
    trouble: Option<Trouble>,
    origin: Option<Origin>,
}

/// Returns the usual plan of an audit: at the default pace, confirmed, with experiments.
pub(super) fn usual() -> CrawlPlan {
    let mut plan = confirming();
    plan.experiments = ExperimentPlan::default();
    plan.pace.rate = Some(10.0);
    plan.pace.concurrency = 8;
    plan
}

/// Returns a site whose start page links to all pages of these sections.
fn site_of(sections: &[(&str, usize)]) -> Site {
    let paths: Vec<String> = sections
        .iter()
        .flat_map(|(section, count)| (0..*count).map(move |n| format!("{section}{n}")))
        .collect();
    let targets: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut answers = vec![("/".to_owned(), vec![links(&targets)])];
    answers.extend(paths.into_iter().map(|path| (path, vec![page("a page")])));
    Site {
        plan: usual(),
        answers,
        edge: None,
        trouble: None,
        origin: None,
    }
}

impl Site {
    /// Returns the same site, with these answers at a path, one after the other.
    fn with(mut self, path: &str, replies: &[Reply]) -> Site {
        self.answers.retain(|(known, _)| known != path);
        self.answers.push((path.to_owned(), replies.to_vec()));
        self
    }

    /// Returns the same site behind an edge that answers in its place.
    fn behind(self, edge: fn(&Request) -> Option<Reply>) -> Site {
        Site {
            edge: Some(edge),
            ..self
        }
    }

    /// Returns the same site, with all pages known beforehand.
    fn listed(mut self) -> Site {
        self.plan.scope.seeds = self.answers.iter().map(|(path, _)| url(path)).collect();
        self
    }

    fn planned(mut self, change: fn(&mut CrawlPlan)) -> Site {
        change(&mut self.plan);
        self
    }

    async fn audited(self) -> Audited {
        let mut crawl = Crawl::new(self.plan, &borrowed(&self.answers));
        crawl.script.edge = self.edge;
        crawl.script.trouble = self.trouble;
        crawl.script.origin = self.origin;
        let ended = crawl.run_fresh().await;
        let given_up = crawl.store.gave_up(crawl.run).unwrap();
        assert_eq!(ended == Ended::Incomplete, given_up, "{ended:?}");
        let summary = crawl.store.summary(crawl.run).unwrap();
        let audited = Audited {
            crawl,
            scores: summary.scores,
            findings: summary.findings,
        };
        audited.explains_every_point();
        audited
    }
}

/// The result of an audit.
struct Audited {
    crawl: Crawl,
    scores: RunScores,
    findings: Vec<StoredFinding>,
}

impl Audited {
    /// Returns cells of the row of a page, as `cell | cell`.
    fn page(&self, path: &str, columns: &[&str]) -> String {
        let columns = [&["Address"], columns].concat();
        let rows = self.crawl.rows(Table::Pages, &columns);
        let prefix = format!("{path} | ");
        let mut of_page = rows.iter().filter_map(|row| row.strip_prefix(&prefix));
        of_page.next().expect(path).to_owned()
    }

    fn number(&self, path: &str, column: &str) -> f64 {
        self.page(path, &[column]).parse().expect(column)
    }

    /// Returns each verdict with its number of pages.
    fn verdicts(&self) -> String {
        let mut counts = std::collections::BTreeMap::<String, u32>::new();
        for verdict in self.crawl.rows(Table::Pages, &["Verdict"]) {
            *counts.entry(verdict).or_default() += 1;
        }
        let words = counts.iter().map(|(verdict, n)| format!("{n} {verdict}"));
        words.collect::<Vec<_>>().join(", ")
    }

    /// Returns the findings in their order, as `rule cause`.
    fn findings(&self) -> Vec<String> {
        let findings = self.findings.iter();
        findings
            .map(|found| {
                format!("{} {}", found.rule.id(), found.causes)
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    fn finding(&self, rule: &str) -> &StoredFinding {
        let mut findings = self.findings.iter();
        let found = findings.find(|found| found.rule.id() == rule);
        found.unwrap_or_else(|| panic!("no {rule} in {:#?}", self.findings))
    }

    /// Returns the evidence of a finding, as one text.
    fn evidence(&self, rule: &str) -> String {
        self.finding(rule).evidence.join("; ")
    }

    fn crawlability(&self) -> f64 {
        value(self.scores.crawlability.as_ref())
    }

    fn indexing_risk(&self) -> f64 {
        value(self.scores.indexing_risk.as_ref())
    }

    /// Returns the number of requests to a path.
    fn requests(&self, path: &str) -> usize {
        let requested = self.crawl.script.asked.lock().unwrap();
        requested.iter().filter(|(known, _)| known == path).count()
    }

    /// Returns the number of requests that failed.
    fn failed(&self) -> usize {
        let outcomes = self.crawl.rows(Table::Attempts, &["Outcome"]);
        outcomes
            .iter()
            .filter(|outcome| !outcome.starts_with("ok"))
            .count()
    }

    /// Returns the time from the first request to the last.
    fn lasted(&self) -> Duration {
        let requests = self.crawl.script.requests.lock().unwrap();
        let (first, last) = (requests.first().unwrap(), requests.last().unwrap());
        last.0 - first.0
    }

    /// Checks that every lost point of every score has its deduction.
    fn explains_every_point(&self) {
        let explained = |score: &str| -> f64 {
            let rows = self.scores.deductions.iter();
            rows.filter(|row| row.score == score)
                .map(|row| row.points)
                .sum()
        };
        let known = |score: &Option<StoredScore>| {
            let score = score.as_ref().and_then(|score| score.score.known());
            score.map(|score| score.value)
        };
        if let Some(left) = known(&self.scores.crawlability) {
            let lost = explained("crawlability");
            assert!((left + lost - 100.0).abs() < 0.006, "{left} and {lost}");
        }
        if let Some(risk) = known(&self.scores.indexing_risk) {
            let shares = explained("indexing_risk");
            assert!((risk - shares).abs() < 0.006, "{risk} and {shares}");
        }
    }
}

fn value(score: Option<&StoredScore>) -> f64 {
    let known = score.and_then(|score| score.score.known());
    known.expect("a score").value
}

/// Returns the answer of a real server to a fault behind it.
fn captured(file: &str) -> Reply {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/responses/");
    let text = std::fs::read_to_string(format!("{folder}{file}")).unwrap();
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    let (body, _) = body.rsplit_once("\n[curl ").unwrap();
    let kept = ["server", "content-type", "retry-after", "via", "age"];
    let headers: Vec<(&str, String)> = kept
        .into_iter()
        .filter_map(|name| {
            let mut fields = head.lines().filter_map(|line| line.split_once(": "));
            let field = fields.find(|(given, _)| given.eq_ignore_ascii_case(name))?;
            Some((name, field.1.to_owned()))
        })
        .collect();
    let status = head[9..12].parse().unwrap();
    let announced = headers.iter().any(|(name, _)| *name == "retry-after");
    Reply {
        outcome: Outcome::of_error_status(status, announced),
        status,
        headers,
        body: body.to_owned(),
    }
}

fn bad_gateway() -> Reply {
    captured("nginx/refused.http")
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_always_502_is_persistent_and_its_error_page_names_the_cause() {
    let site = site_of(&[("/shop/", 12), ("/blog/", 12)]);
    let audited = site.with("/shop/0", &[bad_gateway()]).audited().await;
    let columns = ["Verdict", "Outcome", "Error Source", "Probable Cause"];
    assert_eq!(
        audited.page("/shop/0", &columns),
        "persistent | server_502 | reverse_proxy: nginx | invalid_upstream_response or upstream_down"
    );
    assert_eq!(
        audited.findings(),
        ["persistent_cluster invalid_upstream_response or upstream_down"]
    );
    let found = audited.finding("persistent_cluster");
    assert_eq!(
        (found.subject.as_str(), found.server.as_deref()),
        ("http://site.test/shop/0", Some("nginx"))
    );
    let evidence = audited.evidence("persistent_cluster");
    assert!(
        evidence.contains("the error page is that of nginx"),
        "{evidence}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_502_that_goes_away_is_transient_and_almost_no_risk() {
    let audited = site_of(&[("/shop/", 12)])
        .with("/shop/0", &[bad_gateway(), page("a page")])
        .with("/shop/1", &[bad_gateway(), bad_gateway(), page("a page")])
        .audited()
        .await;
    for path in ["/shop/0", "/shop/1"] {
        assert_eq!(audited.page(path, &["Verdict"]), "transient", "{path}");
        let risk = audited.number(path, "Indexing Risk");
        assert!(risk > 0.0 && risk < 10.0, "{path}: {risk}");
    }
    let found = audited.findings();
    assert!(
        found.len() == 1 && found[0].starts_with("transient_cluster "),
        "{found:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_second_answer_is_intermittent_at_a_rate_of_a_half() {
    let by_turns = [bad_gateway(), page("a page")];
    let by_turns: Vec<Reply> = by_turns.into_iter().cycle().take(40).collect();
    let audited = site_of(&[("/shop/", 12)])
        .with("/shop/0", &by_turns)
        .audited()
        .await;
    assert_eq!(audited.page("/shop/0", &["Verdict"]), "intermittent");
    let low = audited.number("/shop/0", "Error Rate Low 95%");
    let high = audited.number("/shop/0", "Error Rate High 95%");
    assert!(
        low <= 0.5 && 0.5 <= high && high - low < 1.0,
        "{low}..{high}"
    );
    assert_eq!(
        audited.finding("intermittent_cluster").subject,
        "http://site.test/shop/0"
    );
}

#[tokio::test(start_paused = true)]
async fn an_edge_that_blocks_robots_is_a_firewall() {
    let site = site_of(&[("/shop/", 12), ("/blog/", 12)]);
    let audited = site
        .behind(|request| {
            let page = request.url.path_and_query().starts_with("/shop/");
            (page && request.guise.is_none()).then(bad_gateway)
        })
        .audited()
        .await;
    let found = audited.finding("client_block");
    assert_eq!(
        (found.causes.to_string().as_str(), found.scope.id()),
        ("firewall", "host")
    );
    let evidence = audited.evidence("client_block");
    assert!(
        evidence.contains("at URLs that fail for the crawler 9 of 9 requests with a browser"),
        "{evidence}"
    );
    for n in 0..12 {
        let path = format!("/shop/{n}");
        assert_eq!(audited.page(&path, &["Probable Cause"]), "firewall");
    }
}

#[tokio::test(start_paused = true)]
async fn a_section_that_is_down_is_distinguished_from_the_rest() {
    let site = site_of(&[("/shop/", 20), ("/blog/", 20), ("/help/", 20)]);
    let audited = site
        .behind(|request| {
            let path = request.url.path_and_query();
            path.starts_with("/shop/").then(bad_gateway)
        })
        .audited()
        .await;
    assert_eq!(
        audited.findings(),
        ["section_down upstream_down or invalid_upstream_response"]
    );
    assert_eq!(
        audited.finding("section_down").subject,
        "http://site.test/shop/"
    );
    assert_eq!(audited.verdicts(), "41 ok, 20 persistent");
    let columns = [
        "Section",
        "URLs",
        "Persistent",
        "Error Rate",
        "Crawlability",
        "Indexing Risk",
    ];
    assert_eq!(
        audited.crawl.rows(Table::Sections, &columns),
        [
            "/ | 1 | 0 | 0 | - | -",
            "/blog/ | 20 | 0 | 0 | 100 | 0",
            "/help/ | 20 | 0 | 0 | 100 | 0",
            "/shop/ | 20 | 20 | 1 | 0 | 70",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_announces_maintenance_is_paused_and_reported_as_in_maintenance() {
    let audited = site_of(&[("/shop/", 30), ("/blog/", 30)])
        .listed()
        .behind(|request| {
            let path = request.url.path_and_query();
            (path != "/robots.txt").then(|| closed(3600))
        })
        .audited()
        .await;
    let expected = ["host_down", "host_maintenance maintenance"];
    assert_eq!(audited.findings(), expected);
    let requested = audited.crawl.asked().len();
    assert!(requested < 30, "{requested} requests");
    assert!(
        audited.lasted() < Duration::from_mins(30),
        "{:?}",
        audited.lasted()
    );
    assert_eq!(audited.page("/", &["Probable Cause"]), "maintenance");
}

#[tokio::test(start_paused = true)]
async fn the_retry_after_of_a_product_is_not_maintenance() {
    let down = captured("varnish/refused.http");
    assert_eq!(down.outcome, Outcome::Server503RetryAfter);
    let audited = site_of(&[("/shop/", 12), ("/blog/", 12)])
        .with("/shop/0", &[down])
        .audited()
        .await;
    let columns = ["Verdict", "Retry After", "Error Source", "Probable Cause"];
    assert_eq!(
        audited.page("/shop/0", &columns),
        "persistent | 5 | reverse_proxy: Varnish | upstream_timeout or upstream_down"
    );
    assert_eq!(
        audited.findings(),
        ["persistent_cluster upstream_timeout or upstream_down"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_robots_txt_that_fails_stops_everything_and_the_finding_explains_what_google_does() {
    let site = site_of(&[("/shop/", 12)]);
    let audited = site.with("/robots.txt", &[bad_gateway()]).audited().await;
    assert_eq!(audited.crawl.asked(), [""; 0]);
    assert_eq!(
        audited.findings(),
        ["robots_unreachable upstream_down or invalid_upstream_response"]
    );
    let evidence = audited.evidence("robots_unreachable");
    for words in ["first 12 hours", "stops crawling"] {
        assert!(evidence.contains(words), "{evidence}");
    }
    assert!(audited.crawlability().abs() < 1e-9);
    assert!((audited.indexing_risk() - 25.0).abs() < 1e-9);
    assert_eq!(audited.requests("/sitemap.xml"), 0);
}

#[tokio::test(start_paused = true)]
async fn error_pages_with_status_200_are_soft_errors() {
    let nginx = Reply {
        outcome: Outcome::OkHtml,
        status: 200,
        ..bad_gateway()
    };
    let wordpress = page("<h1>Error establishing a database connection</h1>");
    let audited = site_of(&[("/shop/", 12)])
        .with("/shop/0", &[nginx])
        .with("/shop/1", &[wordpress])
        .audited()
        .await;
    for path in ["/shop/0", "/shop/1"] {
        assert_eq!(
            audited.page(path, &["Status Code", "Outcome", "Verdict"]),
            "200 | soft_error_200 | persistent"
        );
        assert!(audited.number(path, "Indexing Risk") > 10.0, "{path}");
    }
    // Each finding has the cause that its pages have in the exports.
    for (path, cause) in [
        ("/shop/0", "upstream_down"),
        ("/shop/1", "application_error"),
    ] {
        assert_eq!(audited.page(path, &["Probable Cause"]), cause);
    }
    let mut found = audited.findings();
    found.sort();
    let expected = ["soft_error application_error", "soft_error upstream_down"];
    assert_eq!(found, expected);
    let evidence = audited.evidence("soft_error");
    assert!(evidence.starts_with("1 of 13 pages"), "{evidence}");
}

#[tokio::test(start_paused = true)]
async fn unconfirmed_failures_have_findings_too() {
    let site = site_of(&[("/shop/", 12), ("/blog/", 12)]);
    let audited = site
        .with("/shop/0", &[bad_gateway()])
        .planned(|plan| {
            plan.confirm = ConfirmPlan {
                delays: Vec::new(),
                ..plan.confirm
            };
        })
        .audited()
        .await;
    assert_eq!(audited.page("/shop/0", &["Verdict"]), "unconfirmed");
    assert_eq!(
        audited.findings(),
        ["unconfirmed_cluster invalid_upstream_response or upstream_down"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_backend_of_three_is_found_at_the_pace_that_its_failures_leave() {
    let third = |site: Site| Site {
        trouble: Some(|path, asked| {
            let file = path == "/robots.txt" || path == "/sitemap.xml";
            (!file && asked % 3 == 0).then(bad_gateway)
        }),
        ..site
    };
    let site = site_of(&[("/shop/", 15), ("/blog/", 15), ("/help/", 15)]);
    let audited = third(site).audited().await;
    assert_eq!(audited.findings(), ["one_backend_down upstream_down"]);
    let verdicts = audited.verdicts();
    assert!(
        !verdicts.contains("persistent") && !verdicts.contains("load"),
        "{verdicts}"
    );
    // The next visitor may meet the dead backend again.
    assert!(!verdicts.contains("transient"), "{verdicts}");
    let rate = audited.scores.error_rate.unwrap();
    assert!(rate.low <= 1.0 / 3.0 && 1.0 / 3.0 <= rate.high, "{rate:?}");
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_missing_answer_has_its_own_outcome_cause_and_finding() {
    let cases = [
        (Outcome::DnsServfail, "dns", "dns_fault dns"),
        (Outcome::TlsExpired, "tls", "tls_fault tls"),
        (Outcome::TlsName, "tls", "tls_fault tls"),
        (
            Outcome::ConnectRefused,
            "upstream_down or firewall",
            "persistent_cluster upstream_down or firewall",
        ),
        (
            Outcome::TtfbTimeout,
            "upstream_timeout",
            "persistent_cluster upstream_timeout",
        ),
    ];
    for (outcome, cause, finding) in cases {
        let audited = site_of(&[("/shop/", 12), ("/blog/", 12)])
            .with("/shop/0", &[silence(outcome)])
            .audited()
            .await;
        let columns = ["Status Code", "Outcome", "Verdict", "Probable Cause"];
        assert_eq!(
            audited.page("/shop/0", &columns),
            format!("0 | {outcome} | persistent | {cause}")
        );
        assert_eq!(audited.findings(), [finding], "{outcome}");
    }
}

/// Answers as a server does that needs this time for a page, to a client that waits no longer than its limit.
fn slow_page(request: &Request, takes: Duration) -> Timed {
    if takes > request.first_byte_limit {
        Timed {
            reply: silence(Outcome::TtfbTimeout),
            takes: request.first_byte_limit,
        }
    } else {
        Timed {
            reply: links(&["/deep"]),
            takes,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_always_needs_longer_than_the_crawl_waits_is_persistent() {
    let mut site = site_of(&[("/shop/", 12), ("/blog/", 12)]).with("/deep", &[page("a page")]);
    site.origin = Some(Origin(Box::new(|asked| {
        let is_slow = matches!(asked.path, "/shop/0" | "/shop/1" | "/blog/0");
        is_slow.then(|| slow_page(asked.request, Duration::from_secs(40)))
    })));
    let audited = site.audited().await;
    for path in ["/shop/0", "/shop/1", "/blog/0"] {
        let columns = ["Verdict", "Outcome", "Probable Cause"];
        assert_eq!(
            audited.page(path, &columns),
            "persistent | ttfb_timeout | upstream_timeout"
        );
    }
    assert_eq!(audited.findings(), ["persistent_cluster upstream_timeout"]);
    let evidence = audited.evidence("persistent_cluster");
    let words = "waited longer and got a good answer after 40 s: always too slow";
    assert!(evidence.contains(words), "{evidence}");
    // One request of the crawl to each of the three, which waited for no answer.
    assert!(
        evidence.contains("3 \u{d7} no answer in time"),
        "{evidence}"
    );
    // Its links are part of the site all the same.
    assert_eq!(audited.page("/deep", &["Verdict"]), "ok");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_be_reached_has_findings_though_nothing_was_fetched() {
    for (outcome, finding) in [
        (Outcome::DnsNxdomain, "dns_fault dns"),
        (Outcome::TlsExpired, "tls_fault tls"),
    ] {
        let site = site_of(&[("/shop/", 12)]);
        let audited = site
            .with("/robots.txt", &[silence(outcome)])
            .audited()
            .await;
        assert_eq!(audited.crawl.asked(), [""; 0]);
        let cause = finding.split(' ').nth(1).unwrap();
        let down = format!("host_down {cause}");
        let mut findings = audited.findings();
        findings.sort_by_key(|found| found.starts_with("host_down"));
        assert_eq!(findings, [finding.to_owned(), down]);
        assert!(audited.crawlability().abs() < 1e-9);
        assert!((audited.indexing_risk() - 25.0).abs() < 1e-9);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_with_many_inlinks_has_more_weight_in_the_score_of_the_site() {
    let mut risks = Vec::new();
    for path in ["/shop/0", "/shop/1"] {
        let mut site = site_of(&[("/shop/", 12)]);
        for n in 2..12 {
            let page = format!("/shop/{n}");
            site = site.with(&page, &[links(&["/shop/0"])]);
        }
        let audited = site.with(path, &[bad_gateway()]).audited().await;
        assert!((audited.number(path, "Indexing Risk") - 70.0).abs() < 0.01);
        risks.push(audited.indexing_risk());
    }
    let (linked, lonely) = (risks[0], risks[1]);
    assert!(lonely > 1.0 && linked > 1.5 * lonely, "{risks:?}");
}

#[tokio::test(start_paused = true)]
async fn references_redirects_and_sitemaps_that_lead_nowhere_are_findings() {
    let start = "<head><link rel=canonical href=/dead><link rel=stylesheet href=/dead></head>
        <p>home <a href=/loop>loop</a> <a href=/hop1>far</a> <a href=/shop/0>shop</a>";
    let audited = site_of(&[("/shop/", 3)])
        .with("/", &[page(start)])
        .with(
            "/shop/0",
            &[links(&["/shop/1", "/shop/2", "/dead", "/loop"])],
        )
        .with("/dead", &[bad_gateway()])
        .with("/loop", &[redirect("/pool")])
        .with("/pool", &[redirect("/loop")])
        .with("/hop1", &[redirect("/hop2")])
        .with("/hop2", &[redirect("/hop3")])
        .with("/hop3", &[redirect("/shop/1")])
        .with(
            "/robots.txt",
            &[text("Sitemap: /gone.xml\nSitemap: /page.xml")],
        )
        .with("/gone.xml", &[error(404)])
        .with("/page.xml", &[page("<html><p>no sitemap")])
        .audited()
        .await;
    let findings = audited.findings();
    let last = &findings[findings.len() - 3..];
    assert_eq!(
        last,
        ["broken_references", "redirect_chains", "sitemap_problems"]
    );
    let evidence = last.iter().map(|rule| audited.evidence(rule));
    let evidence = evidence.collect::<Vec<_>>().join("\n");
    assert_eq!(
        evidence.replace("http://site.test", ""),
        "Canonical fails on 1 page (1 URL), such as /dead on /; CSS fails on 1 page (1 URL), such as /dead on /\n\
         1 redirect in a loop or of more than 10 hops, such as /loop; 2 internal links to them; \
         1 redirect of 3 hops or more, at most 3, such as /hop1\n\
         /gone.xml: answers 404; /page.xml: line 1: an HTML page, not a sitemap"
    );
}

#[tokio::test(start_paused = true)]
async fn what_scripts_make_and_what_robots_txt_forbids_are_findings() {
    let app = "<head><script src=/app.js></script></head><body><div id=root></div>";
    let shop: Vec<String> = (0..6).map(|n| format!("/shop/{n}")).collect();
    let linked: Vec<&str> = shop.iter().map(String::as_str).chain(["/app/"]).collect();
    let audited = site_of(&[("/shop/", 6)])
        .with("/", &[links(&linked)])
        .with("/app/", &[page(app)])
        .with("/robots.txt", &[text("User-agent: *\nDisallow: /shop/")])
        .audited()
        .await;
    let findings = audited.findings();
    assert_eq!(
        findings[findings.len() - 2..],
        ["needs_script", "robots_blocks"]
    );
    let evidence = ["needs_script", "robots_blocks"].map(|rule| audited.evidence(rule));
    assert_eq!(
        evidence.join("\n").replace("http://site.test", ""),
        "1 of 2 HTML pages have almost no text and no links until scripts run; \
         links that scripts make are not followed, so pages behind them are not in this audit; for example /app/\n\
         robots.txt forbids all 6 known pages (line 2: Disallow: /shop/); for example /shop/0"
    );
}
