//! Two weeks and the mail between them: what changed is told once, in the words of its cause, and what did not is not.

use super::*;

/// Returns the second of two weeks as it is told, after a healthy first one.
async fn after(healthy: Week, week: Week) -> Told {
    let replay = Replay::new(&[]);
    replay.week(0, healthy).await;
    replay.week(1, week).await
}

/// Returns the subject and the whole text of a message.
fn mail(told: &Told) -> (String, String) {
    let message = told.message.as_ref().expect("a message");
    let text: Vec<String> = message
        .text()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    (message.subject.clone(), text.join(" "))
}

/// Returns pages that all answer alike.
fn alike(pages: BTreeSet<String>, odd: &Odd) -> BTreeMap<String, Odd> {
    pages.into_iter().map(|path| (path, odd.clone())).collect()
}

fn redirect(to: &str) -> Odd {
    Odd {
        status: 301,
        location: Some(to.to_owned()),
        ..Odd::default()
    }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_lost_to_a_login_a_loop_or_a_dead_host_are_told_by_cause() {
    let login = Odd {
        status: 401,
        ..Odd::default()
    };
    let mut odd = alike(pages("shop", 0..12), &login);
    let refused = Odd {
        status: 403,
        ..Odd::default()
    };
    odd.extend(alike(pages("blog", 90..93), &refused));
    for n in 0..8 {
        let to = format!("{ORIGIN}/blog/{}", n ^ 1);
        odd.insert(format!("/blog/{n}"), redirect(&to));
    }
    odd.extend(alike(
        pages("help", 0..6),
        &redirect("https://dead.example/x"),
    ));
    let told = after(
        Week::default(),
        Week {
            odd,
            ..Week::default()
        },
    )
    .await;
    let (subject, text) = mail(&told);
    has(
        &subject,
        &[
            "12 pages in /shop/ ask for a login (401)",
            "8 pages in /blog/ redirect in a loop",
        ],
    );
    has(
        &text,
        &[
            "12 pages in /shop/ now ask for a login (401) (such as /shop/0, ",
            "8 pages in /blog/ now redirect in a loop",
            "6 pages in /help/ now redirect to https://dead.example",
            "3 pages in /blog/ now refuse access (403)",
            "29 pages are not served any more",
            "403, answers 403, answered 200",
        ],
    );
    assert!(!text.contains("moved"), "{text}");
    assert_eq!(
        told.message.expect("a message").tone,
        gatecrawl::report::Tone::Bad
    );
}

#[tokio::test(start_paused = true)]
async fn new_links_to_missing_pages_are_told_and_are_not_fine() {
    let broken = Week {
        links: pages("old", 0..40),
        ..Week::default()
    };
    let told = after(Week::default(), broken.clone()).await;
    let (subject, text) = mail(&told);
    has(&subject, &["40 new links to 404"]);
    has(
        &text,
        &[
            "40 URLs in /old/ that nothing named before answer 404",
            "40 answer 4xx",
        ],
    );
    assert!(!text.contains("All is well"), "{text}");
    let again = after(broken.clone(), broken).await;
    assert_eq!(again.message, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_back_is_told() {
    let (fine, replay) = (Week::default(), Replay::new(&[]));
    let bad = Week {
        no_sitemap: true,
        slow: pages("shop", 60..80),
        ..Week::default()
    };
    for (number, week) in (0..).zip([fine.clone(), bad]) {
        replay.week(number, week).await;
    }
    let (_, text) = mail(&replay.week(2, fine.clone()).await);
    has(
        &text,
        &[
            "The sitemap https://shop.example/sitemap.xml is back.",
            "Resolved: pages that answer slowly",
        ],
    );
    let down = Week {
        robots: Some((503, "")),
        ..Week::default()
    };
    replay.week(3, down).await;
    let (subject, text) = mail(&replay.week(4, fine.clone()).await);
    has(&subject, &["the site can be audited again"]);
    has(&text, &["after it could not on 2026-09-28"]);
    assert_eq!(replay.week(5, fine).await.message, None);
}

#[tokio::test(start_paused = true)]
async fn a_section_that_turned_noindex_comes_first_and_titles_last() {
    let noindex = Odd {
        head: "<meta name=robots content=noindex><title>Help</title>",
        ..Odd::default()
    };
    let canonical = Odd {
        head: "<link rel=canonical href='/blog/1'><title>Blog</title>",
        ..Odd::default()
    };
    let mut odd = alike(pages("help", 0..40), &noindex);
    odd.extend(alike(pages("blog", 2..6), &canonical));
    odd.extend(alike(pages("shop", 0..1), &noindex));
    let told = after(
        Week::default(),
        Week {
            odd: odd.clone(),
            ..Week::default()
        },
    )
    .await;
    let (subject, text) = mail(&told);
    has(
        &subject,
        &["shop: /help/ turned noindex", "1 page turned noindex"],
    );
    assert!(
        text.starts_with("The whole section /help/ turned noindex (40 pages)"),
        "{text}"
    );
    has(
        &text,
        &[
            "The canonical of 4 pages in /blog/ now names /blog/1",
            "The title of 45 pages changed: 40 in /help/, 4 in /blog/, 1 in /shop/.",
        ],
    );
    let back = after(
        Week {
            odd,
            ..Week::default()
        },
        Week::default(),
    )
    .await;
    has(&mail(&back).1, &["41 pages may be indexed again"]);
}

#[tokio::test(start_paused = true)]
async fn titles_alone_are_no_reason_for_a_mail() {
    let other = Odd {
        head: "<title>Another</title>",
        ..Odd::default()
    };
    let week = Week {
        odd: alike(pages("shop", 0..9), &other),
        ..Week::default()
    };
    assert_eq!(after(Week::default(), week).await.message, None);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_grew_is_told_with_the_difference_its_cause_and_evidence() {
    let dead = |last| Week {
        fails: (pages("shop", 0..last).into_iter())
            .map(|path| (path, 502))
            .collect(),
        ..Week::default()
    };
    let told = after(dead(20), dead(60)).await;
    let (subject, text) = mail(&told);
    has(&subject, &["40 more pages failing in /shop/"]);
    has(
        &text,
        &[
            "40 more pages fail in /shop/, beside 20 that failed before.",
            "40 pages more",
            "Evidence: ",
            "First step: ",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn pages_that_redirect_to_the_home_page_or_a_login_did_not_move() {
    let mut odd = alike(pages("help", 0..40), &redirect(&format!("{ORIGIN}/")));
    odd.extend(alike(
        pages("blog", 0..7),
        &redirect(&format!("{ORIGIN}/login")),
    ));
    odd.extend(alike(
        pages("shop", 0..5),
        &redirect(&format!("{ORIGIN}/hub")),
    ));
    let told = after(
        Week::default(),
        Week {
            odd,
            added: ["/login".to_owned()].into(),
            ..Week::default()
        },
    )
    .await;
    let (subject, text) = mail(&told);
    has(
        &subject,
        &[
            "40 pages in /help/ redirect to the home page",
            "7 pages in /blog/ redirect to the login /login",
        ],
    );
    has(&text, &["5 pages in /shop/ now redirect to one page, /hub"]);
    assert!(!text.contains("moved"), "{text}");
}

/// Returns pages that all answer with this status.
fn answering(pages: BTreeSet<String>, status: u16) -> BTreeMap<String, Odd> {
    let odd = Odd {
        status,
        ..Odd::default()
    };
    alike(pages, &odd)
}

#[tokio::test(start_paused = true)]
async fn a_page_that_failed_and_is_lost_has_not_recovered_and_is_told_when_it_is_back() {
    let replay = Replay::new(&[]);
    let odd = |odd| Week {
        odd,
        ..Week::default()
    };
    let (shop, home) = (|| pages("shop", 0..16), redirect(&format!("{ORIGIN}/")));
    let mut lost = answering(pages("shop", 0..8), 401);
    lost.extend(alike(pages("shop", 8..16), &home));
    let weeks = [
        Week::default(),
        odd(answering(shop(), 500)),
        odd(lost),
        Week::default(),
        odd(answering(shop(), 404)),
        Week::default(),
    ];
    let mut mails = Vec::new();
    for (number, week) in (0..).zip(weeks) {
        let told = replay.week(number, week).await;
        if number > 1 {
            mails.push(mail(&told));
        }
    }
    let [lost, back, gone, again] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    has(
        &lost.1,
        &[
            "8 pages in /shop/ now ask for a login (401)",
            "8 pages in /shop/ now redirect to the home page",
        ],
    );
    for wrong in ["recovered", "All is well"] {
        assert!(!lost.1.contains(wrong), "{}", lost.1);
    }
    has(&gone.0, &["16 pages gone in /shop/"]);
    for (subject, text) in [back, again] {
        has(subject, &["16 pages in /shop/ served again"]);
        has(
            text,
            &["16 pages in /shop/ are served again (such as /shop/"],
        );
        assert!(!text.contains("new"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn growth_is_told_with_what_was_so_before_and_with_its_place() {
    let odd = |odd| Week {
        odd,
        ..Week::default()
    };
    let mut before = answering(pages("shop", 0..30), 500);
    before.extend(answering(pages("blog", 0..20), 404));
    before.extend(answering(pages("help", 0..6), 401));
    // Five are healed, ten are new; and more are missing and refused.
    let mut after_that = answering(pages("shop", 5..40), 500);
    after_that.extend(answering(pages("blog", 0..27), 404));
    after_that.extend(answering(pages("help", 0..10), 401));
    let (subject, text) = mail(&after(odd(before), odd(after_that)).await);
    has(
        &subject,
        &[
            "10 more pages failing in /shop/",
            "4 more pages in /help/ ask for a login (401)",
        ],
    );
    has(
        &text,
        &[
            "10 more pages fail in /shop/, beside 25 that failed before.",
            "4 more pages in /help/ now ask for a login (401) (such as ",
            "7 more pages in /blog/ are gone, beside 20 before.",
            "5 pages in /shop/ recovered.",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_told_where_to_return_to_is_no_new_page_and_loses_no_links() {
    let odd = (pages("shop", 0..25).into_iter()).map(|path| {
        (
            path.clone(),
            redirect(&format!("{ORIGIN}/account/signin?return={path}")),
        )
    });
    let login = Week {
        odd: odd.collect(),
        added: pages("shop", 0..25)
            .into_iter()
            .map(|path| format!("/account/signin?return={path}"))
            .collect(),
        ..Week::default()
    };
    let replay = Replay::new(&[]);
    replay.week(0, Week::default()).await;
    let (subject, text) = mail(&replay.week(1, login).await);
    assert!(
        subject.ends_with("25 pages in /shop/ redirect to the login /account/signin"),
        "{subject}"
    );
    assert!(!text.contains("new"), "{text}");
    let (subject, text) = mail(&replay.week(2, Week::default()).await);
    assert!(
        subject.ends_with("25 pages in /shop/ served again"),
        "{subject}"
    );
    assert!(!text.contains("without links"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_robots_txt_that_cannot_be_read_forbids_nothing_in_the_subject() {
    let down = Week {
        robots: Some((503, "")),
        ..Week::default()
    };
    let (subject, _) = mail(&after(Week::default(), down).await);
    assert!(
        subject.ends_with("shop: robots.txt cannot be read"),
        "{subject}"
    );
}

/// Returns the mails of eight weeks in which so many requests of a thousand get this answer, whatever they are for, after a
/// week in which none does.
async fn at_random(share: u64, odd: Odd) -> Vec<String> {
    let mut replay = Replay::new(&[]);
    // The sample requests pages that were fine, and may be refused.
    replay.plan.sample = SamplePlan::Usual;
    let mut mails = Vec::new();
    replay.week(0, Week::default()).await;
    for number in 1..9 {
        let week = Week {
            refuses: (share, odd.clone()),
            ..Week::default()
        };
        let told = replay.week(number, week).await;
        mails.extend(told.message.map(|message| message.subject));
    }
    mails
}

#[tokio::test(start_paused = true)]
async fn a_firewall_that_refuses_at_random_is_told_once_and_no_page_is_lost() {
    let refusal = Odd {
        status: 403,
        ..Odd::default()
    };
    let mails = at_random(50, refusal).await;
    let [only] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert!(
        only.starts_with("shop: ") && only.ends_with(" pages refused now and then (403)"),
        "{only}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_404_or_noindex_at_random_is_no_news() {
    let missing = Odd {
        status: 404,
        ..Odd::default()
    };
    assert_eq!(at_random(1, missing).await, Vec::<String>::new());
    let hidden = Odd {
        head: "<meta name=robots content=noindex>",
        ..Odd::default()
    };
    assert_eq!(at_random(20, hidden).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn every_change_is_in_the_mail_and_parts_of_sections_are_summed() {
    let noindex = Odd {
        head: "<meta name=robots content=noindex>",
        ..Odd::default()
    };
    let canonical = Odd {
        head: "<link rel=canonical href='/'>",
        ..Odd::default()
    };
    let mut odd = alike(pages("shop", 0..5), &noindex);
    odd.extend(alike(pages("blog", 0..5), &noindex));
    odd.extend(alike(pages("help", 0..9), &canonical));
    let hidden = Week {
        odd: odd.clone(),
        ..Week::default()
    };
    let (subject, text) = mail(&after(Week::default(), hidden).await);
    has(&subject, &["10 pages turned noindex in 2 sections"]);
    has(
        &text,
        &["No page failed, but 10 pages turned noindex, 9 pages name another page as canonical."],
    );
    assert!(!text.contains("All is well"), "{text}");
    odd.extend(answering(pages("blog", 10..16), 403));
    odd.extend(answering(pages("blog", 20..26), 401));
    let many = Week {
        odd,
        no_sitemap: true,
        removed: pages("shop", 100..106),
        ..Week::default()
    };
    let (_, text) = mail(&after(Week::default(), many).await);
    has(
        &text,
        &[
            "And 2 more changes.",
            "The canonical of 9 pages in /help/ now names /",
            "6 pages in /shop/ are gone.",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_time_in_which_half_of_the_requests_fail_is_one_outage() {
    let week = Week {
        mixed: Some((8, 20)),
        ..Week::default()
    };
    let told = after(Week::default(), week).await;
    let outages = told.delivered.brief.news.iter();
    let outages: Vec<_> = outages
        .filter(|news| matches!(news, News::Outage(_) | News::Found { .. }))
        .collect();
    assert_eq!(outages.len(), 1, "{:?}", told.delivered.summary.findings);
    let (_, text) = mail(&told);
    has(&text, &["of all requests answered 503 from "]);
    assert!(!text.contains("parts of the site"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_start_page_or_a_forbidden_site_is_told_as_that() {
    let dead = Week {
        odd: [(
            "/".to_owned(),
            Odd {
                status: 503,
                ..Odd::default()
            },
        )]
        .into(),
        ..Week::default()
    };
    let (subject, text) = mail(&after(Week::default(), dead).await);
    has(&subject, &["the start page fails"]);
    has(
        &text,
        &["The start page fails: ", "other pages were audited."],
    );
    let forbidden = Week {
        robots: Some((200, "User-agent: *\nDisallow: /\n")),
        ..Week::default()
    };
    let (subject, text) = mail(&after(Week::default(), forbidden).await);
    has(&subject, &["robots.txt forbids the start page"]);
    has(
        &text,
        &["Crawlers are locked out, those of search engines too"],
    );
    assert!(!text.contains("Crawlability  "), "{text}");
    assert!(!text.contains(" Crawlability 100"), "{text}");
    assert_eq!(text.matches("forbidden by robots.txt").count(), 1, "{text}");
}

#[tokio::test(start_paused = true)]
async fn another_scope_is_told_as_such_and_no_page_is_new_or_gone() {
    let mut replay = Replay::new(&[]);
    replay.week(0, Week::default()).await;
    replay.plan.scope.exclude = vec!["/blog/".to_owned()];
    // As a project does, whatever its scope.
    replay.baseline = Some("1".to_owned());
    let narrow = replay.week(1, Week::default()).await.delivered.brief;
    assert_eq!(narrow.subject(), "another scope");
    assert_eq!(narrow.lists, []);
    replay.plan.scope.exclude = Vec::new();
    replay.baseline = Some("2".to_owned());
    let wide = replay.week(2, Week::default()).await.delivered.brief;
    assert_eq!(wide.subject(), "another scope");
    assert_eq!(wide.lists, []);
    has(
        &wide.headline(),
        &["The scope of the audit changed (exclude: none, before /blog/)"],
    );
}

/// Returns the subjects of 21 weeks of a site in which nothing changes: one of three backends fails at so many of a
/// hundred requests, and several pages are flaky.
async fn with_a_bad_backend(backend: u64) -> Vec<String> {
    let replay = Replay::new(&[]);
    let mut mails = Vec::new();
    for number in 0..21 {
        let week = Week {
            backend,
            flaky: pages("shop", 0..8),
            ..Week::default()
        };
        let told = replay.week(number, week).await;
        mails.extend(told.message.filter(|_| number > 0).map(|told| told.subject));
    }
    mails
}

#[track_caller]
fn at_most_one_about_a_backend(mails: &[String]) {
    let others = mails
        .iter()
        .filter(|subject| !subject.ends_with("one backend of several fails"));
    assert!(mails.len() <= 1 && others.count() == 0, "{mails:?}");
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_sometimes_fails_is_news_at_most_once() {
    at_most_one_about_a_backend(&with_a_bad_backend(3).await);
}

#[tokio::test(start_paused = true)]
#[ignore = "minutes of computing: a backend that often fails, with experiments and passes for each page"]
async fn a_backend_that_often_fails_is_news_at_most_once() {
    at_most_one_about_a_backend(&with_a_bad_backend(20).await);
}
