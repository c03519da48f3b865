use super::*;
use crate::assess::Verdict;
use crate::assess::diagnose::{Special, fingerprints};
use crate::assess::playbook::groups::topics;
use crate::assess::playbook::nearest::nearest;
use crate::model::SkipReason;

#[test]
fn the_files_are_valid() {
    let books = Books::read().expect("valid files");
    for id in books.statuses.values().flat_map(|status| &status.causes) {
        assert!(books.causes.contains_key(id), "{id}");
    }
    for (key, outcome) in &books.outcomes {
        assert!(Outcome::ALL.iter().any(|known| known.id() == key), "{key}");
        assert!(
            outcome
                .follow
                .iter()
                .all(|follow| books.causes.contains_key(follow)),
            "{key}"
        );
    }
    for (key, server) in &books.servers {
        assert!(servers().any(|known| known == key), "{key}");
        assert!(
            server
                .cause
                .keys()
                .all(|cause| books.causes.contains_key(cause)),
            "{key}"
        );
    }
}

#[test]
fn every_cause_has_a_whole_playbook() {
    for cause in Cause::TEN {
        let found = lookup(cause.id(), None).expect("a playbook");
        assert!(!found.signs.is_empty() && !found.verify.is_empty() && !found.seo.is_empty());
        assert_eq!(found.causes, [cause]);
    }
    for special in [
        Special::KeepAliveRace,
        Special::Protocol,
        Special::OneAddress,
        Special::CachedError,
        Special::Compression,
        Special::HashedBackend,
        Special::RateLimit,
        Special::Database,
    ] {
        assert!(lookup(special.advice(), None).is_some());
    }
}

#[test]
fn every_topic_has_a_playbook_and_every_step_exists() {
    for topic in topics() {
        let found =
            lookup(topic, Some("nginx")).unwrap_or_else(|| panic!("no playbook of {topic}"));
        assert!(!found.meaning.is_empty(), "{topic}");
        for step in &found.steps {
            assert!(lookup(step, None).is_some(), "{step} of {topic}");
        }
    }
    for outcome in Outcome::ALL.iter().filter(|outcome| outcome.is_failure()) {
        let found = lookup(outcome.id(), None).expect("a playbook");
        assert!(!found.act.is_empty(), "{outcome}");
    }
}

#[test]
fn topics_are_found_as_people_type_them() {
    let cases = [
        ("502", "502"),
        ("HTTP 502", "502"),
        ("server_502", "502"),
        ("server_503_retry_after", "503"),
        ("cf_522", "522"),
        ("Upstream-Down", "upstream_down"),
        ("dns_servfail", "dns_servfail"),
        ("nginx", "server.nginx"),
        ("php-fpm", "server.php_fpm"),
        ("uWSGI", "server.gunicorn"),
        ("404", "client_404"),
        ("555", "server_other"),
        ("proxies", "proxies"),
    ];
    for (typed, key) in cases {
        assert_eq!(
            lookup(typed, None).map(|found| found.key).as_deref(),
            Some(key),
            "{typed}"
        );
    }
    assert_eq!(lookup("ghosts", None), None);
    let near = [
        ("overlaod", Some("overload")),
        ("restart", Some("step.restart")),
        ("upstream", Some("upstream_down")),
        ("zzzz", None),
    ];
    for (typed, key) in near {
        assert_eq!(nearest(typed, std::iter::empty()), key, "{typed}");
    }
}

#[test]
fn every_verdict_reason_and_counted_number_is_a_topic() {
    let verdicts = Verdict::ALL.map(Verdict::name);
    let reasons = SkipReason::ALL.map(SkipReason::name);
    let numbers = ["page", "known", "coverage", "failing", "5xx"];
    for word in verdicts.iter().chain(&reasons).chain(&numbers) {
        let found = lookup(word, None).unwrap_or_else(|| panic!("no playbook of {word}"));
        assert!(
            !found.title.is_empty() && !found.meaning.is_empty(),
            "{word}"
        );
    }
}

#[test]
fn a_server_adds_its_own_notes() {
    let found = lookup("maintenance", Some("nginx/1.22.1")).expect("a playbook");
    let notes = found.server.expect("notes");
    assert!(
        notes.own[1].contains("Retry-After 3600 always"),
        "{notes:?}"
    );
    let both = |line| notes.act.contains(line);
    assert!(!notes.own.iter().any(both), "{notes:?}");
    let found = lookup("502", Some("Apache mod_proxy")).expect("a playbook");
    assert_eq!(
        found.server.map(|notes| notes.key).as_deref(),
        Some("apache")
    );
    assert_eq!(
        lookup("502", Some("teapot")).and_then(|found| found.server),
        None
    );
    for (product, key) in [
        ("Apache Tomcat", "tomcat"),
        ("lighttpd", "lighttpd"),
        ("Apache httpd", "apache"),
        ("Envoy / Istio", "envoy"),
        ("Google Cloud load balancer (Envoy based)", "load_balancer"),
        ("Varnish", "varnish"),
        ("Squid", "squid"),
    ] {
        assert_eq!(server_key(product), Some(key), "{product}");
    }
    let named = fingerprints()
        .iter()
        .filter(|page| server_key(&page.product).is_some())
        .count();
    assert!(named * 2 > fingerprints().len(), "{named}");
}

#[test]
fn the_first_step_is_the_products_own_line_for_the_cause() {
    let own = [
        (
            "upstream_down",
            "nginx",
            "Read the error log: `grep -E 'upstream|resolve'",
        ),
        (
            "upstream_down",
            "apache",
            "Read the error log: `grep -E 'AH00957|",
        ),
        ("upstream_down", "haproxy", "Read the two letters"),
        ("upstream_down", "caddy", "Read `msg`"),
        ("upstream_down", "envoy", "Read the flag"),
        ("upstream_down", "varnish", "Read FetchError"),
        (
            "upstream_down",
            "squid",
            "`grep /502 /var/log/squid/access.log",
        ),
        (
            "upstream_down",
            "lighttpd",
            "`establishing connection failed",
        ),
        ("upstream_down", "php-fpm", "`exited on signal 9`"),
        ("upstream_down", "node", "The process ends"),
        ("upstream_down", "gunicorn", "`was sent SIGKILL!"),
        ("application_error", "nginx", "If the page is nginx's own"),
        ("application_error", "apache", "If the page is Apache's own"),
        ("application_error", "lighttpd", "`response not received"),
        ("application_error", "php-fpm", "Read the fatal error"),
        ("application_error", "node", "Read the process's output"),
        ("application_error", "gunicorn", "Read gunicorn's error log"),
        (
            "application_error",
            "tomcat",
            "Read the log (`journalctl -u tomcat10`",
        ),
        ("upstream_timeout", "nginx", "`grep 'upstream timed out'"),
        ("overload", "nginx", "`grep -E 'limiting"),
        ("cached_error", "varnish", "Ban the pages"),
        ("short_outage", "haproxy", "`Server app/a is DOWN"),
        ("maintenance", "nginx", "Nobody closed it on purpose?"),
        ("firewall", "cdn", "Allow the CDN's published ranges"),
        ("keep_alive_race", "load_balancer", "Set the idle time"),
    ];
    for server in servers() {
        assert!(own.iter().any(|(_, known, _)| *known == server), "{server}");
    }
    // Lines about a product in general are no first step.
    let general = [
        ("dns", "haproxy", "Is it the site's name or the backend's?"),
        ("firewall", "nginx", "Fine with a browser's user agent"),
        ("upstream_down", "tomcat", "Find a failing request"),
    ];
    for (topic, server, begins) in own.into_iter().chain(general) {
        let found = lookup(topic, Some(server)).expect(topic);
        let step = found.fix().next().expect("a step");
        assert!(step.starts_with(begins), "{topic}, {server}: {step}");
    }
    let found = lookup("tls_expired", None).expect("a playbook");
    assert!(
        found
            .fix()
            .next()
            .is_some_and(|step| step.starts_with("Renew the certificate"))
    );
}

#[test]
fn every_status_has_the_meaning_that_the_crawl_records() {
    for (status, outcome) in [
        ("200", "ok_html"),
        ("204", "ok_non_html"),
        ("205", "ok_non_html"),
        ("301", "redirect"),
        ("300", "redirect_bad"),
        ("206", "status_unrequested"),
        ("304", "status_unrequested"),
        ("999", "status_invalid"),
    ] {
        assert_eq!(lookup(status, None).expect(status).key, outcome);
    }
    for no_status in ["0", "99", "100", "1000"] {
        assert!(lookup(no_status, None).is_none(), "{no_status}");
    }
}

#[test]
fn a_database_is_not_looked_for_in_the_log_of_php() {
    let found = lookup("database", Some("WordPress")).expect("a playbook");
    let step = found.fix().next().expect("a step");
    assert!(step.starts_with("Read the database's own log"), "{step}");
}
