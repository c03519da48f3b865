//! The reasons why a run is not finished, in words.

use crate::audit::Audited;
use crate::crawl::Ended;
use crate::model::ScopePlan;
use crate::store::RunSummary;

use crate::settings::exit::Exit;
use crate::terminal::text::count;

/// Returns why a run did not finish, with the exit code; `None` if it finished.
pub(in crate::cli) fn why(audited: &Audited) -> Option<(String, Exit)> {
    let exit = exit(audited.ended)?;
    let why = match &audited.offline {
        None => "interrupted".to_owned(),
        Some(offline) if audited.ended == Ended::NeverOnline => {
            format!("could not audit {}: {offline}", audited.run.site)
        }
        Some(offline) => offline.to_string(),
    };
    Some((why, exit))
}

fn exit(ended: Ended) -> Option<Exit> {
    match ended {
        Ended::Finished | Ended::Incomplete => None,
        Ended::Interrupted => Some(Exit::Interrupted),
        Ended::Offline => Some(Exit::Failed),
        Ended::NeverOnline => Some(Exit::NoAudit),
    }
}

/// Returns what an incomplete run did not request.
pub(super) fn incomplete(summary: &RunSummary) -> String {
    let urls = summary.given_up;
    let were = if urls == 1 { "was" } else { "were" };
    format!(
        "incomplete: {} {were} not requested because a part of the site was given up (host_down or family_down \
         in skipped.csv)",
        count(urls, "URL")
    )
}

/// Returns what to say if nothing but the start pages matched `--include`, although links led to other pages.
pub(super) fn nothing_included(scope: &ScopePlan, summary: &RunSummary) -> Option<String> {
    let pattern = scope.include.first()?;
    let only_starts = summary.pages.known <= scope.seeds.len() as u64;
    let example = scope.seeds.first()?.join("/shop/a").ok()?;
    (only_starts && summary.out_of_scope > 0).then(|| {
        let found = count(summary.out_of_scope, "other URL");
        format!(
            "--include '{pattern}' matches none of the {found} that were found; it is compared with whole URLs, \
             such as {example}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CrawlPlan, CrawlUrl};

    #[test]
    fn a_pattern_that_matches_nothing_is_named() {
        let seed = CrawlUrl::parse("https://shop.test/").expect("a URL");
        let mut scope = CrawlPlan::usual(vec![seed]).scope;
        let mut summary = RunSummary {
            out_of_scope: 32,
            ..RunSummary::default()
        };
        summary.pages.known = 1;
        assert_eq!(nothing_included(&scope, &summary), None);
        scope.include = vec!["^/blog".to_owned()];
        let said = nothing_included(&scope, &summary).expect("a message");
        assert_eq!(
            said,
            "--include '^/blog' matches none of the 32 other URLs that were found; it is compared with whole URLs, \
             such as https://shop.test/shop/a"
        );
        summary.pages.known = 2;
        assert_eq!(nothing_included(&scope, &summary), None);
    }

    #[test]
    fn a_lost_network_is_our_failure_and_without_any_network_there_is_no_audit() {
        let codes = [Ended::Interrupted, Ended::Offline, Ended::NeverOnline];
        let codes = codes.map(|ended| exit(ended).map(Exit::code));
        assert_eq!(codes, [Some(130), Some(1), Some(3)]);
    }

    #[test]
    fn an_incomplete_run_says_how_much_is_missing() {
        let summary = RunSummary {
            given_up: 67,
            ..RunSummary::default()
        };
        assert!(incomplete(&summary).starts_with("incomplete: 67 URLs were not requested"));
        assert_eq!(exit(Ended::Incomplete), None, "the gates decide");
    }
}
