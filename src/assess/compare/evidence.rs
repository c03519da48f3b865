//! The evidence for a change, in words.

use std::fmt::Write as _;

use crate::model::RedirectEnd;

use super::change::Change;
use super::newcombe::difference;
use super::sight::Pair;
use super::sight::{PageState, Sight, state_changes};

/// Returns the evidence for the change of a page: both states in figures and the difference of their
/// rates.
pub(super) fn of(pair: &Pair<'_>, change: Change) -> String {
    if change == Change::Flapping {
        return flapping(pair.states);
    }
    match (&pair.old, &pair.new) {
        (Sight::Seen(old), Sight::Seen(new))
            if matches!(change, Change::Gone | Change::Back | Change::Lost)
                && !new.is_redirect() =>
        {
            format!("answers {}, answered {}", new.status, old.status)
        }
        (Sight::Seen(_), Sight::Seen(new))
            if matches!(change, Change::Moved | Change::Lost) && new.is_redirect() =>
        {
            let (address, how) = pair.target.map_or(("", ""), |target| {
                let how = match target.end {
                    RedirectEnd::Loop => ", in a loop",
                    RedirectEnd::TooMany => ", too many redirects",
                    RedirectEnd::NotFetched => ", which was not requested",
                    RedirectEnd::Final if target.fails => ", which fails",
                    RedirectEnd::Final => "",
                };
                (target.address, how)
            });
            format!("redirects to {address} now ({}){how}", new.status)
        }
        (Sight::Seen(_), Sight::Seen(new)) if change == Change::Unlinked => format!(
            "answers {}, but no link from the start pages and no sitemap leads to it any more",
            new.status
        ),
        (Sight::Seen(old), Sight::Seen(new)) => both(old, new),
        (Sight::Absent, Sight::Seen(new)) => format!("{}, was not known", now(new)),
        (Sight::Seen(old), Sight::Absent) => format!(
            "was not requested now: no link or sitemap leads to it; {}",
            before(old)
        ),
        (Sight::Seen(old), Sight::OutOfScope(why)) => {
            format!("is out of scope now: {why}; {}", before(old))
        }
        (Sight::NotSeen(why), Sight::Seen(new)) => {
            format!("{}, was not looked at: {}", now(new), words(why))
        }
        (Sight::Seen(old), Sight::NotSeen(why)) => {
            format!("was not looked at now: {}; {}", words(why), before(old))
        }
        _ => String::new(),
    }
}

fn both(old: &PageState, new: &PageState) -> String {
    let mut text = format!("{}, {}", now(new), before(old));
    let between = difference(old.error_rate, new.error_rate);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "; error rate {:+.0} points (95 %: {:+.0} to {:+.0})",
        between.value * 100.0,
        between.low * 100.0,
        between.high * 100.0
    );
    text
}

fn flapping(fails: &[bool]) -> String {
    let names: Vec<&str> = fails
        .iter()
        .map(|fails| if *fails { "fails" } else { "fine" })
        .collect();
    format!(
        "changed {} times over the last {} runs that looked at it: {}",
        state_changes(fails),
        fails.len(),
        names.join(", ")
    )
}

fn now(state: &PageState) -> String {
    match state.failed {
        0 => format!("fine {}", share(state.attempts, state)),
        failed => format!("failed {}", share(failed, state)),
    }
}

fn before(state: &PageState) -> String {
    match state.failed {
        0 => format!("was fine {}", share(state.attempts, state)),
        failed => format!("had failed {}", share(failed, state)),
    }
}

fn share(part: u32, state: &PageState) -> String {
    let passes = match state.passes {
        0 | 1 => String::new(),
        passes => format!(" in {passes} passes"),
    };
    format!("{part} of {}{passes}", state.attempts)
}

/// Returns a reason in words.
fn words(why: &str) -> String {
    why.replace('_', " ")
}
