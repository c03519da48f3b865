//! Crawls that start from the pages that an earlier run knew.

use super::*;

impl Crawl {
    /// Begins another run of the same site in the same store, and clears the recorded requests.
    fn next(&mut self, plan: CrawlPlan, answers: &[(&str, &[Reply])]) {
        self.run = self
            .store
            .create_run(&NewRun {
                token: &format!("t{}", self.run),
                site: "site.test",
                plan: &plan,
                started: self.began,
            })
            .unwrap();
        self.plan = plan;
        self.script.asked.lock().unwrap().clear();
        let mut script = self.script.answers.lock().unwrap();
        for (path, replies) in answers {
            script.insert((*path).to_owned(), replies.to_vec());
        }
    }

    async fn crawl_all(&mut self) {
        assert_eq!(self.run_fresh().await, Ended::Finished);
    }

    /// Completes another run. Returns its requests, in order.
    pub(super) async fn again(
        &mut self,
        plan: CrawlPlan,
        answers: &[(&str, &[Reply])],
    ) -> Vec<String> {
        self.next(plan, answers);
        self.crawl_all().await;
        self.asked()
    }
}

/// Returns a plan with one difference.
fn with(change: impl FnOnce(&mut ScopePlan)) -> CrawlPlan {
    let mut plan = once();
    change(&mut plan.scope);
    plan
}

/// Crawls a start page and pages that each link to the next.
async fn chain() -> Crawl {
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/a"])]),
        ("/a", &[links(&["/b"])]),
        ("/b", &[links(&["/c"])]),
        ("/c", &[page("the end")]),
    ];
    Crawl::to_the_end(once(), answers).await
}

const FOUND: [&str; 5] = [
    "Address",
    "Status Code",
    "Crawl Depth",
    "Inlinks",
    "Found On",
];

#[tokio::test(start_paused = true)]
async fn pages_behind_a_broken_page_are_requested_after_linked_pages() {
    let mut crawl = chain().await;
    let broken: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/a", "/new"])]),
        ("/a", &[error(502)]),
        ("/new", &[page("a new page")]),
    ];
    let requested = crawl.again(once(), broken).await;
    assert_eq!(requested.len(), 5, "{requested:?}");
    assert_eq!(requested[3..], ["/b", "/c"], "{requested:?}");
    let rows = [
        "/ | 200 | 0 | 0 | -",
        "/a | 502 | 1 | 1 | /",
        "/b | 200 | - | 0 | previous run",
        "/c | 200 | - | 1 | previous run",
        "/new | 200 | 1 | 1 | /",
    ];
    assert_eq!(crawl.rows(Table::Pages, &FOUND), rows);
    let summary = crawl.store.summary(crawl.run).unwrap();
    assert_eq!((summary.pages.known, summary.pages.fetched), (5, 5));
    // The next run knows them from this one.
    assert_eq!(crawl.again(once(), &[]).await.len(), 5);
    assert_eq!(crawl.rows(Table::Pages, &FOUND), rows);
}

#[tokio::test(start_paused = true)]
async fn links_of_known_pages_are_followed_and_their_failures_confirmed() {
    let mut crawl = chain().await;
    let mut plan = once();
    plan.confirm.delays = vec![Duration::from_secs(15), Duration::from_mins(2)];
    plan.confirm.budget = Duration::from_mins(10);
    let broken: &[(&str, &[Reply])] = &[
        ("/a", &[error(502)]),
        ("/b", &[links(&["/deep"])]),
        ("/c", &[error(500)]),
        ("/deep", &[page("found behind the break")]),
    ];
    crawl.next(plan, broken);
    crawl.crawl_all().await;
    assert_eq!(
        crawl.rows(Table::Pages, &["Address", "Verdict", "Found On"]),
        [
            "/ | ok | -",
            "/a | persistent | /",
            "/b | ok | previous run",
            "/c | persistent | previous run",
            "/deep | ok | /b",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_site_is_requested_as_before() {
    let mut crawl = chain().await;
    assert_eq!(crawl.again(once(), &[]).await, ["/", "/a", "/b", "/c"]);
    let found = crawl.rows(Table::Pages, &["Address", "Crawl Depth", "Found On"]);
    assert_eq!(
        found,
        ["/ | 0 | -", "/a | 1 | /", "/b | 2 | /a", "/c | 3 | /b"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_answered_404_is_not_requested_by_the_next_run() {
    let mut crawl = chain().await;
    let removed: &[(&str, &[Reply])] = &[("/a", &[page("no link")]), ("/b", &[error(404)])];
    assert_eq!(crawl.again(once(), removed).await, ["/", "/a", "/b", "/c"]);
    assert_eq!(crawl.again(once(), &[]).await, ["/", "/a", "/c"]);
}

#[tokio::test(start_paused = true)]
async fn runs_of_another_scope_and_lists_have_no_known_pages() {
    let mut crawl = chain().await;
    let cut: &[(&str, &[Reply])] = &[("/a", &[page("no link")])];
    let others = [
        with(|scope| scope.exclude = vec!["/never".to_owned()]),
        with(|scope| scope.hosts = vec!["b.test".to_owned()]),
        with(|scope| scope.subdomains = true),
        with(|scope| scope.max_depth = Some(9)),
        with(|scope| scope.seeds = vec![url("/"), url("http://b.test/")]),
    ];
    for plan in others {
        let scope = plan.scope.clone();
        let requested = crawl.again(plan, cut).await;
        assert!(
            !requested.contains(&"/b".to_owned()),
            "{scope:?}: {requested:?}"
        );
    }
    let list = with(|scope| scope.coverage = Coverage::List);
    assert_eq!(crawl.again(list, cut).await, ["/"]);
    // Columns, resources and the number of pages do not change the scope.
    let more = with(|scope| {
        scope.select = vec!["h=h1".to_owned()];
        scope.resources = true;
        scope.max_pages = Some(50);
    });
    let requested = crawl.again(more, cut).await;
    assert_eq!(requested, ["/", "/a", "/b", "/c"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_without_known_pages_starts_from_nothing_and_so_do_later_ones() {
    let mut crawl = chain().await;
    let cut: &[(&str, &[Reply])] = &[("/a", &[page("no link")])];
    let afresh = with(|scope| scope.known = false);
    assert_eq!(crawl.again(afresh, cut).await, ["/", "/a"]);
    assert_eq!(crawl.again(once(), cut).await, ["/", "/a"]);
}

#[tokio::test(start_paused = true)]
async fn known_pages_keep_the_clicks_at_which_an_earlier_run_found_them() {
    let near = || with(|scope| scope.max_depth = Some(2));
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/a"])]),
        ("/a", &[links(&["/b"])]),
        ("/b", &[links(&["/c"])]),
        ("/c", &[page("too far")]),
    ];
    let mut crawl = Crawl::to_the_end(near(), answers).await;
    let broken: &[(&str, &[Reply])] = &[("/a", &[error(502)])];
    for run in 2..5 {
        let requested = crawl.again(near(), broken).await;
        assert_eq!(requested, ["/", "/a", "/b"], "run {run}");
        let skipped = crawl.rows(Table::Skipped, &["Address", "Reason", "Found On"]);
        assert_eq!(skipped, ["/c | depth | /b"], "run {run}");
    }
}

#[tokio::test(start_paused = true)]
async fn robots_txt_and_max_pages_hold_for_known_pages() {
    let mut crawl = chain().await;
    let rules = "User-agent: *\nDisallow: /b\n";
    let shut: &[(&str, &[Reply])] = &[("/robots.txt", &[text(rules)]), ("/a", &[page("no link")])];
    assert_eq!(crawl.again(once(), shut).await, ["/", "/a", "/c"]);
    let skipped = ["Address", "Reason", "Found On", "Depth"];
    assert_eq!(
        crawl.rows(Table::Skipped, &skipped),
        ["/b | robots | previous run | -"]
    );
    let few = with(|scope| scope.max_pages = Some(2));
    assert_eq!(crawl.again(few, &[]).await, ["/", "/a"]);
    assert_eq!(
        crawl.rows(Table::Skipped, &skipped),
        ["/c | max_pages | previous run | -"]
    );
    // A page that a run had no time for is still known.
    assert_eq!(crawl.again(once(), &[]).await, ["/", "/a", "/c"]);
}

#[tokio::test(start_paused = true)]
async fn many_known_pages_are_each_requested_once_even_if_the_run_is_interrupted() {
    let paths: Vec<String> = (0..1_300).map(|n| format!("/p{n}")).collect();
    let all: Vec<&str> = paths.iter().map(String::as_str).collect();
    let fine = [page("a page")];
    let start = [links(&all)];
    let mut answers: Vec<(&str, &[Reply])> = vec![("/", &start)];
    answers.extend(all.iter().map(|path| (*path, fine.as_slice())));
    let mut crawl = Crawl::to_the_end(once(), &answers).await;
    crawl.next(once(), &[("/", &[page("no link")])]);
    let (stop, _) = stop_switch();
    crawl.script.stop_after = Some((1_100, stop));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let mut requested = crawl.asked_sorted();
    assert_eq!(requested.len(), 1_301);
    requested.dedup();
    assert_eq!(requested.len(), 1_301, "a page was requested twice");
    let found = crawl.rows(Table::Pages, &["Found On"]);
    let known = found.iter().filter(|found| *found == "previous run");
    assert_eq!(known.count(), 1_300);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_in_one_run_of_three_is_intermittent_after_the_third() {
    let hiccup: &[(&str, &[Reply])] = &[("/a", &[error(502), page("fine again")])];
    let fine: &[(&str, &[Reply])] = &[("/a", &[page("fine")])];
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/a", "/b"])]),
        ("/a", &[error(502), page("fine again")]),
        ("/b", &[page("never fails")]),
    ];
    let plan = || {
        let mut plan = plan();
        plan.pace.retries = 1;
        plan
    };
    let mut crawl = Crawl::to_the_end(plan(), answers).await;
    let verdicts = |crawl: &Crawl| crawl.rows(Table::Pages, &["Verdict"]);
    assert_eq!(verdicts(&crawl), ["ok", "transient", "ok"]);
    crawl.again(plan(), fine).await;
    assert_eq!(verdicts(&crawl), ["ok", "ok", "ok"]);
    crawl.again(plan(), hiccup).await;
    assert_eq!(verdicts(&crawl), ["ok", "intermittent", "ok"]);
    let worst = crawl.store.worst_pages(crawl.run, 1).unwrap();
    assert_eq!(worst[0].earlier, (1, 2));
    let found = crawl.rows(Table::Findings, &["Evidence"]).concat();
    let said = "1 of 1 URLs failed in earlier runs too, one of them in 1 of 2";
    assert!(found.contains(said), "{found}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_writer_ends_a_crawl_that_waits_for_it() {
    let near = || with(|scope| scope.max_depth = Some(2));
    let answers: &[(&str, &[Reply])] = &[
        ("/", &[links(&["/a"])]),
        ("/a", &[links(&["/b"])]),
        ("/b", &[page("two clicks away")]),
    ];
    let mut crawl = Crawl::to_the_end(near(), answers).await;
    crawl.next(near(), &[("/a", &[error(502)])]);
    // As with a full disk: existing data can be read, and a row cannot be written.
    let full = "CREATE INDEX full ON url (CASE WHEN known > 0 THEN json('no space left') END)";
    let connection = rusqlite::Connection::open(crawl.store.path()).unwrap();
    connection.execute_batch(full).unwrap();
    let seeds = crawl.plan.scope.seeds.clone();
    // The crawl's own clock runs as fast as the crawl waits.
    let (late, too_late) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let (_open, nothing) = std::sync::mpsc::channel::<()>();
        let _ = nothing.recv_timeout(Duration::from_mins(1));
        let _ = late.send(());
    });
    let ended = tokio::select! {
        ended = crawl.try_run(Start::Fresh(seeds)) => ended,
        _ = too_late => panic!("the crawl does not end"),
    };
    assert!(matches!(ended, Err(CrawlError::Store(_))), "{ended:?}");
}
