//! How a page behaves, and which verdicts are true of a page that behaves so.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::request::{Reply, Request};

/// Time that a good page takes.
pub(crate) const GOOD: Duration = Duration::from_millis(20);
/// Time that an error takes which nobody computes.
pub(crate) const INSTANT: Duration = Duration::from_millis(5);

/// Decides what the origin does with a request.
pub(crate) type Decide = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// What an audit may conclude of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    /// Verdicts that are true; none means that the verdict is not judged.
    pub(crate) verdicts: &'static [&'static str],
    /// The last status, if only one is true.
    pub(crate) status: Option<u16>,
}

/// The truth of a page that is always fine.
pub(crate) const FINE: Truth = Truth {
    verdicts: &["ok"],
    status: Some(200),
};

/// How a page behaves.
#[derive(Clone)]
pub(crate) struct Behaviour {
    pub(crate) decide: Decide,
    pub(crate) truth: Truth,
}

fn behaviour<F>(verdicts: &'static [&'static str], status: Option<u16>, decide: F) -> Behaviour
where
    F: Fn(&Request) -> Reply + Send + Sync + 'static,
{
    Behaviour {
        decide: Arc::new(decide),
        truth: Truth { verdicts, status },
    }
}

/// An error without header fields of its own, at once.
pub(crate) fn error(status: u16) -> Reply {
    Reply::Error {
        status,
        after: INSTANT,
        headers: "",
    }
}

/// Always fine.
pub(crate) fn fine() -> Behaviour {
    fine_after(GOOD)
}

/// Always fine, and this slow.
pub(crate) fn fine_after(time: Duration) -> Behaviour {
    behaviour(FINE.verdicts, FINE.status, move |_| Reply::Page(time))
}

/// Fine in itself, on a host that fails at times: these verdicts are true of it then.
pub(crate) fn on_a_failing_host(verdicts: &'static [&'static str]) -> Behaviour {
    behaviour(verdicts, Some(200), |_| Reply::Page(GOOD))
}

/// Always this error.
pub(crate) fn always(status: u16) -> Behaviour {
    behaviour(&["persistent"], Some(status), move |_| error(status))
}

/// Always this error, after this time.
pub(crate) fn always_after(status: u16, after: Duration) -> Behaviour {
    behaviour(&["persistent"], Some(status), move |_| Reply::Error {
        status,
        after,
        headers: "",
    })
}

/// Always 503 with a `Retry-After` line whose time does not come during the audit: the page is
/// confirmed, or left unconfirmed until the announced end.
pub(crate) fn announced(header: &'static str) -> Behaviour {
    behaviour(&["persistent", "unconfirmed"], Some(503), move |_| {
        unavailable(header)
    })
}

/// Always 503 with a `Retry-After` line whose time comes during the audit.
pub(crate) fn unavailable_soon(header: &'static str) -> Behaviour {
    behaviour(&["persistent"], Some(503), move |_| unavailable(header))
}

fn unavailable(header: &'static str) -> Reply {
    Reply::Error {
        status: 503,
        after: INSTANT,
        headers: header,
    }
}

/// This error at the first request only.
pub(crate) fn once(status: u16) -> Behaviour {
    behaviour(&["transient"], Some(200), move |request| {
        if request.visit == 0 {
            error(status)
        } else {
            Reply::Page(GOOD)
        }
    })
}

/// 502 with this chance at each request, by a seed.
pub(crate) fn chance(share: f64, seed: u64) -> Behaviour {
    let verdicts: &[&str] = match share {
        ..=0.0 => &["ok"],
        1.0.. => &["persistent"],
        // Which of them is true depends on what the requests met; `Wants` judges it by them.
        _ => &[
            "ok",
            "transient",
            "intermittent",
            "unconfirmed",
            "persistent",
        ],
    };
    behaviour(verdicts, None, move |request| {
        let mut hasher = DefaultHasher::new();
        (seed, request.path, request.visit).hash(&mut hasher);
        if fastrand::Rng::with_seed(hasher.finish()).f64() < share {
            error(502)
        } else {
            Reply::Page(GOOD)
        }
    })
}

/// 502 for clients that take gzip.
pub(crate) fn broken_with_gzip() -> Behaviour {
    behaviour(&["persistent"], Some(502), |request| {
        let taken = request.header("accept-encoding").unwrap_or_default();
        if taken.contains("gzip") {
            error(502)
        } else {
            Reply::Page(GOOD)
        }
    })
}

/// Whatever a scenario wants, with the verdicts that are true of it.
pub(crate) fn custom<F>(
    verdicts: &'static [&'static str],
    status: Option<u16>,
    decide: F,
) -> Behaviour
where
    F: Fn(&Request) -> Reply + Send + Sync + 'static,
{
    behaviour(verdicts, status, decide)
}
