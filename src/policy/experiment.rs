//! Which experiments to make with a failing URL, and in which order. Each way of requesting is tried
//! between two requests in the crawl's own way, so that a URL that has recovered is not taken for one
//! that depends on the client.

use std::net::IpAddr;
use std::time::Duration;

use crate::model::{Experiment, Layer, Outcome};

/// Requests in the crawl's own way, and as many as a browser, for a URL that fails at times. Their order is random:
/// in a fixed order, backends that take turns would get one kind more often than the other. A URL that fails half of
/// the time for all clients is fine for all four browsers and for none of the crawl's own requests in one case of
/// 256.
const EACH_WAY: usize = 4;

/// Maximum IP addresses of one host that are tried with a page that is fine.
const ADDRESSES: usize = 8;

/// Maximum IP addresses that are tried with each failing page. Ours.
const ADDRESSES_OF_FAILING: usize = 4;

/// Maximum requests for all failing URLs of a host with one outcome and error page: if sixty do not
/// show the cause, more do not either. Ours.
pub const MOST_REQUESTS: usize = 60;

/// Spellings of one URL that are tried. A hash of the URL sends them to all backends of a pool: behind one of
/// two or three that fails, six of six fail or six of six are fine in one case of ten at most. Ours.
const SPELLINGS: usize = 6;

/// Failing spellings after which no other is tried (ours): the page fails in any spelling.
const FAILED_SPELLINGS: usize = 3;

/// Requests of a burst at the highest allowed speed (ours): a limit refuses half of them or more, and with six
/// that is hardly chance.
const AT_FULL_SPEED: i32 = 6;

/// Number of slower requests after those at the highest allowed speed (ours).
const SLOWING: i32 = 6;

/// Factor from each of their pauses to the next. The last is about four times the first, so that a limit
/// lies between two of them. Ours.
const SLOWER: f64 = 1.25;

/// Minimum and maximum first pause of a burst (ours).
const FIRST_PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(500)];

/// Good answers in a row that end a burst (ours): there is no limit, or the pace is below it.
const KEPT: usize = 5;

/// Refusals in a row that end a burst (ours): the speed is hardly the reason.
const REFUSED: usize = 6;

/// A failing URL, as experiments see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// How it fails.
    pub failing: Failing,
    /// Ways of requesting that may make a difference, by its answers so far. A browser, the host's
    /// IP addresses and a request without compression are always tried.
    pub ways: Vec<Experiment>,
}

impl Subject {
    /// Returns a URL for which only the experiments that are always made may make a difference.
    pub fn of(failing: Failing) -> Subject {
        Subject {
            failing,
            ways: Vec::new(),
        }
    }

    /// Returns the maximum number of requests in its series.
    pub fn longest(&self) -> usize {
        match self.failing {
            // The first, a browser, a request without compression, the last.
            Failing::Always => 4 + 2 * ADDRESSES_OF_FAILING + SPELLINGS + self.ways.len(),
            Failing::AtTimes => 2 * EACH_WAY,
            Failing::Announced => 2,
            // A request as a browser, requests that check its result, and the IP addresses.
            Failing::Silently => 5 + 2 * ADDRESSES_OF_FAILING,
            Failing::Never => 2 * ADDRESSES,
            Failing::AtSpeed { .. } => (AT_FULL_SPEED + SLOWING) as usize,
        }
    }
}

/// How a URL fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// At every request.
    Always,
    /// At times.
    AtTimes,
    /// It announced a pause that is longer than a series waits.
    Announced,
    /// At every request, in one of this crawl's time limits: further requests in the crawl's own way would only wait
    /// as long.
    Silently,
    /// It never failed: it is tried at each IP address of its host.
    Never,
    /// It was refused, as others of its host were, and fine when it was requested again.
    AtSpeed {
        /// Minimum time between two requests that the host's pace allows.
        first: Duration,
    },
}

/// One request of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The variation of the request.
    pub experiment: Experiment,
    /// The IP address to request it at, if the experiment varies that.
    pub address: Option<IpAddr>,
    /// From its start to the next request, if that is shorter than in other experiments.
    pub pause: Option<Duration>,
}

/// An experiment that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The variation of the request.
    pub experiment: Experiment,
    /// The IP address it was requested at, if the experiment varied that.
    pub address: Option<IpAddr>,
    /// The outcome.
    pub outcome: Outcome,
}

/// Returns the first requests of a series. `dice` give the order of the ways that are compared.
pub fn opening(failing: Failing, dice: &mut fastrand::Rng) -> Vec<Step> {
    match failing {
        Failing::Always => vec![step(Experiment::Alone)],
        Failing::AtTimes => {
            let each = [Experiment::Alone, Experiment::Browser];
            let mut steps: Vec<Step> = each
                .into_iter()
                .flat_map(|it| vec![step(it); EACH_WAY])
                .collect();
            dice.shuffle(&mut steps);
            steps
        }
        Failing::Announced => vec![step(Experiment::Browser), step(Experiment::Alone)],
        Failing::Silently => vec![step(Experiment::Browser)],
        Failing::Never => Vec::new(),
        Failing::AtSpeed { first } => burst(first).take(1).collect(),
    }
}

/// Returns a burst whose pauses are at least this long.
fn burst(first: Duration) -> impl Iterator<Item = Step> {
    let [shortest, longest] = FIRST_PAUSE;
    // A host with longer pauses than that cannot be requested in quick succession.
    let most = if first <= longest {
        SLOWING
    } else {
        -AT_FULL_SPEED
    };
    (-AT_FULL_SPEED..most).map(move |n| Step {
        pause: Some(first.max(shortest).mul_f64(SLOWER.powi(n.max(0)))),
        ..step(Experiment::Burst)
    })
}

/// Returns whether further requests follow the first ones, if the last of those had this outcome.
pub fn leads_on(failing: Failing, outcome: Outcome) -> bool {
    match failing {
        // A name that does not resolve does not resolve for a browser either.
        Failing::Always => !matches!(outcome.layer(), Layer::Dns | Layer::Policy),
        Failing::AtTimes | Failing::Announced => false,
        Failing::AtSpeed { .. } | Failing::Never | Failing::Silently => true,
    }
}

/// Returns those further requests, to a host with these IP addresses.
pub fn rest(subject: &Subject, outcome: Outcome, addresses: &[IpAddr]) -> Vec<Step> {
    match subject.failing {
        Failing::AtSpeed { first } => return burst(first).skip(1).collect(),
        Failing::Never => return there_and_back(addresses, ADDRESSES),
        Failing::Silently => return there_and_back(addresses, ADDRESSES_OF_FAILING),
        Failing::Always | Failing::AtTimes | Failing::Announced => {}
    }
    if !outcome.is_failure() {
        // The crawl's own way works by now, so other ways that work would prove nothing.
        return vec![step(Experiment::Alone)];
    }
    let mut steps = Vec::new();
    for experiment in Experiment::ALL {
        match experiment {
            Experiment::Browser => steps.push(step(experiment)),
            Experiment::Address => steps.extend(there_and_back(addresses, ADDRESSES_OF_FAILING)),
            Experiment::Alone | Experiment::Burst => {}
            Experiment::Uncompressed => {
                steps.extend(got_through(outcome).then(|| step(experiment)));
            }
            // A cache stores answers only.
            Experiment::CacheBusting if outcome.layer() != Layer::Http => {}
            Experiment::Respelled => {
                let is_open = subject.ways.contains(&experiment) && got_through(outcome);
                steps.extend(
                    is_open
                        .then_some([step(experiment); SPELLINGS])
                        .into_iter()
                        .flatten(),
                );
            }
            Experiment::FreshConnection
            | Experiment::Http1
            | Experiment::CacheBusting
            | Experiment::WithoutQuery
            | Experiment::WithoutCookies => {
                steps.extend(subject.ways.contains(&experiment).then(|| step(experiment)));
            }
        }
    }
    steps.push(step(Experiment::Alone));
    steps
}

/// Returns requests at each IP address of a host that has several, and then again from the last to the first. So
/// a failure at one IP address has requests at others before and after it.
fn there_and_back(addresses: &[IpAddr], most: usize) -> Vec<Step> {
    if addresses.len() < 2 {
        return Vec::new();
    }
    let there = addresses.iter().take(most);
    let there_and_back = there.clone().chain(there.rev());
    there_and_back
        .map(|address| Step {
            address: Some(*address),
            ..step(Experiment::Address)
        })
        .collect()
}

/// Returns whether a step may still show something new, after these experiments with the URL. If one way of
/// requesting was fine, only the crawl's own way and the other IP addresses can. An IP address is requested a
/// second time only if it could be requested at all, and if IP addresses differ.
pub fn is_worth(step: Step, made: &[Made]) -> bool {
    if step.experiment == Experiment::Burst {
        return goes_on(made);
    }
    let mut before = made.iter().filter(|made| {
        made.experiment == Experiment::Address
            && step.experiment == Experiment::Address
            && made.address == step.address
    });
    if let Some(before) = before.next() {
        return !before.outcome.is_untried() && do_addresses_differ(made);
    }
    let is_explained = made.iter().any(|made| {
        // Without the caches, or from another backend, the same page may be fine.
        let is_other = matches!(
            made.experiment,
            Experiment::Alone
                | Experiment::Address
                | Experiment::CacheBusting
                | Experiment::Respelled
        );
        !is_other && !made.outcome.is_failure()
    });
    match step.experiment {
        Experiment::Alone | Experiment::Address => true,
        Experiment::Respelled => !is_explained && may_be_spelling(made),
        _ => !is_explained,
    }
}

/// Returns requests that check a way of requesting that was fine, in turn with the crawl's own way. A URL that
/// fails half of the time by chance gives such answers in one case of 32. Empty unless the last experiment was
/// the first one that was fine.
pub fn check(made: &[Made]) -> Vec<Step> {
    let Some(last) = made.last() else {
        return Vec::new();
    };
    let is_way = !matches!(
        last.experiment,
        Experiment::Alone
            | Experiment::Address
            | Experiment::CacheBusting
            | Experiment::Respelled
            | Experiment::Burst
    );
    let before = made
        .iter()
        .filter(|made| made.experiment == last.experiment);
    if !is_way || last.outcome.is_failure() || before.count() > 1 {
        return Vec::new();
    }
    [
        Experiment::Alone,
        last.experiment,
        Experiment::Alone,
        last.experiment,
    ]
    .map(step)
    .to_vec()
}

/// Returns whether another spelling may show something, after those that were tried.
fn may_be_spelling(made: &[Made]) -> bool {
    let tried = made
        .iter()
        .filter(|made| made.experiment == Experiment::Respelled);
    let outcomes: Vec<Outcome> = tried.map(|made| made.outcome).collect();
    outcomes.len() < FAILED_SPELLINGS || outcomes.iter().any(|it| it.is_content())
}

/// Returns whether a URL was fine at one IP address of its host and failed at another.
fn do_addresses_differ(made: &[Made]) -> bool {
    let at_addresses = || {
        let made = made
            .iter()
            .filter(|made| made.experiment == Experiment::Address);
        made.map(|made| made.outcome)
            .filter(|outcome| !outcome.is_untried())
    };
    at_addresses().any(Outcome::is_failure) && !at_addresses().all(Outcome::is_failure)
}

/// Returns whether a burst continues: it does while some requests are refused and others are not, and ends at
/// any other failure.
fn goes_on(made: &[Made]) -> bool {
    let is_fine = |outcome: &Outcome| !outcome.is_failure();
    let is_refusal = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Client429 | Outcome::Server503 | Outcome::Server503RetryAfter
        )
    };
    let last = || made.iter().rev().map(|made| &made.outcome);
    let fine = last().take_while(|outcome| is_fine(outcome)).count();
    let refused = last().take_while(|outcome| is_refusal(outcome)).count();
    (1..KEPT).contains(&fine) || (1..REFUSED).contains(&refused)
}

/// Returns whether the request itself may be the reason of a failure: it was answered, and with no announced
/// limit or maintenance.
fn got_through(outcome: Outcome) -> bool {
    let announced = matches!(outcome, Outcome::Client429 | Outcome::Server503RetryAfter);
    outcome.layer() == Layer::Http && !announced
}

const fn step(experiment: Experiment) -> Step {
    Step {
        experiment,
        address: None,
        pause: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: Outcome = Outcome::Server502;

    fn dice() -> fastrand::Rng {
        fastrand::Rng::with_seed(1)
    }

    fn made(experiment: Experiment, outcome: Outcome) -> Made {
        Made {
            experiment,
            address: None,
            outcome,
        }
    }

    fn experiments(steps: &[Step]) -> Vec<Experiment> {
        steps.iter().map(|step| step.experiment).collect()
    }

    fn subject(ways: &[Experiment]) -> Subject {
        Subject {
            failing: Failing::Always,
            ways: ways.to_vec(),
        }
    }

    #[test]
    fn each_way_is_tried_between_requests_in_the_crawls_own_way() {
        assert_eq!(
            experiments(&opening(Failing::Always, &mut dice())),
            [Experiment::Alone]
        );
        let few = rest(&subject(&[]), DOWN, &[]);
        assert_eq!(
            experiments(&few),
            [
                Experiment::Browser,
                Experiment::Uncompressed,
                Experiment::Alone
            ]
        );
        let all = [
            Experiment::CacheBusting,
            Experiment::Http1,
            Experiment::FreshConnection,
            Experiment::WithoutCookies,
            Experiment::WithoutQuery,
            Experiment::Respelled,
        ];
        let addresses = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
        let steps = rest(&subject(&all), DOWN, &addresses);
        assert_eq!(
            experiments(&steps),
            [
                Experiment::Browser,
                Experiment::FreshConnection,
                Experiment::Http1,
                Experiment::Address,
                Experiment::Address,
                Experiment::Address,
                Experiment::Address,
                Experiment::CacheBusting,
                Experiment::Uncompressed,
                Experiment::WithoutQuery,
                Experiment::WithoutCookies,
                Experiment::Respelled,
                Experiment::Respelled,
                Experiment::Respelled,
                Experiment::Respelled,
                Experiment::Respelled,
                Experiment::Respelled,
                Experiment::Alone,
            ]
        );
        assert!(steps.len() < subject(&all).longest());
        assert!(
            2 * subject(&all).longest() <= MOST_REQUESTS,
            "two URLs fit, and three of a host with fewer addresses"
        );
        let usual = subject(&[Experiment::FreshConnection, Experiment::Respelled]).longest();
        assert!(3 * usual <= MOST_REQUESTS, "and usually three");
        let asked_at: Vec<IpAddr> = steps.iter().filter_map(|step| step.address).collect();
        let [one, other] = addresses;
        assert_eq!(asked_at, [one, other, other, one]);
    }

    #[test]
    fn a_single_address_is_no_experiment_and_many_are_some() {
        let addresses: Vec<IpAddr> = (0..20).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        assert_eq!(rest(&subject(&[]), DOWN, &addresses[..1]).len(), 3);
        let many = rest(&subject(&[]), DOWN, &addresses);
        assert_eq!(many.len(), 3 + 2 * ADDRESSES_OF_FAILING);
    }

    /// Returns the numbers of the IP addresses that are requested, if they answer like this.
    fn at_addresses(answers: &[Outcome]) -> Vec<u8> {
        let address = |n: usize| IpAddr::from([192, 0, 2, n as u8]);
        let all: Vec<IpAddr> = (0..answers.len()).map(address).collect();
        let subject = Subject::of(Failing::Never);
        assert!(opening(subject.failing, &mut dice()).is_empty());
        assert!(leads_on(subject.failing, Outcome::OkHtml));
        let (mut done, mut asked) = (Vec::new(), Vec::new());
        for step in rest(&subject, Outcome::OkHtml, &all) {
            if is_worth(step, &done) {
                let number = all.iter().position(|it| Some(*it) == step.address);
                let number = number.expect("an address of the host");
                asked.push(number as u8);
                done.push(Made {
                    address: step.address,
                    ..made(step.experiment, answers[number])
                });
            }
        }
        assert!(asked.len() <= subject.longest());
        asked
    }

    #[test]
    fn a_fine_page_is_requested_once_at_each_address_and_again_if_they_differ() {
        let (fine, unreached) = (Outcome::OkHtml, Outcome::ConnectUnreachable);
        let cases: [(&[Outcome], &[u8]); 7] = [
            (&[fine], &[]),
            (&[fine, fine], &[0, 1]),
            (&[fine, DOWN], &[0, 1, 1, 0]),
            (&[DOWN, fine, fine], &[0, 1, 2, 2, 1, 0]),
            (&[DOWN, DOWN], &[0, 1]),
            (&[fine, unreached], &[0, 1]),
            (
                &[fine, unreached, Outcome::ConnectRefused],
                &[0, 1, 2, 2, 0],
            ),
        ];
        for (answers, expected) in cases {
            assert_eq!(at_addresses(answers), expected, "{answers:?}");
        }
        let many = at_addresses(&[fine; 20]);
        assert_eq!(many.len(), ADDRESSES);
    }

    #[test]
    fn a_connection_that_is_refused_is_not_tried_without_compression() {
        for outcome in [Outcome::ConnectRefused, Outcome::Client429] {
            let steps = rest(&subject(&[]), outcome, &[]);
            assert_eq!(
                experiments(&steps),
                [Experiment::Browser, Experiment::Alone],
                "{outcome}"
            );
        }
        let steps = rest(
            &subject(&[Experiment::CacheBusting]),
            Outcome::ConnectRefused,
            &[],
        );
        assert_eq!(
            experiments(&steps),
            [Experiment::Browser, Experiment::Alone],
            "no cache answers"
        );
    }

    #[test]
    fn if_one_way_is_fine_the_others_are_left_out() {
        let failed = [
            made(Experiment::Alone, DOWN),
            made(Experiment::Browser, DOWN),
        ];
        let fine = [
            made(Experiment::Alone, DOWN),
            made(Experiment::Browser, Outcome::OkHtml),
        ];
        let cases = [
            (Experiment::Http1, true, false),
            (Experiment::Uncompressed, true, false),
            (Experiment::Address, true, true),
            (Experiment::Alone, true, true),
        ];
        let past = [
            made(Experiment::Alone, DOWN),
            made(Experiment::CacheBusting, Outcome::OkHtml),
        ];
        assert!(
            is_worth(step(Experiment::Uncompressed), &past),
            "a hash may do that"
        );
        for (experiment, unexplained, explained) in cases {
            assert_eq!(
                is_worth(step(experiment), &failed),
                unexplained,
                "{experiment:?}"
            );
            assert_eq!(
                is_worth(step(experiment), &fine),
                explained,
                "{experiment:?}"
            );
        }
    }

    #[test]
    fn other_spellings_are_tried_as_long_as_some_are_fine_and_nothing_else_helps() {
        let worth = |outcomes: &[Outcome]| {
            let spelled = outcomes.iter().map(|it| made(Experiment::Respelled, *it));
            let made: Vec<_> = [made(Experiment::Browser, DOWN)]
                .into_iter()
                .chain(spelled)
                .collect();
            is_worth(step(Experiment::Respelled), &made)
        };
        assert!(worth(&[]) && worth(&[DOWN, DOWN]) && !worth(&[DOWN, DOWN, DOWN]));
        assert!(worth(&[DOWN, Outcome::OkHtml, DOWN, DOWN]));
        assert!(
            !worth(&[Outcome::Client404, Outcome::Client404, DOWN]),
            "who does not know the spelling says nothing"
        );
        let helped = [made(Experiment::Browser, Outcome::OkHtml)];
        assert!(!is_worth(step(Experiment::Respelled), &helped));
        let tried = [made(Experiment::Respelled, Outcome::OkHtml)];
        assert!(is_worth(step(Experiment::Alone), &tried));
        let refused = rest(
            &subject(&[Experiment::Respelled]),
            Outcome::ConnectRefused,
            &[],
        );
        assert_eq!(
            experiments(&refused),
            [Experiment::Browser, Experiment::Alone]
        );
    }

    #[test]
    fn a_way_of_requesting_that_was_fine_is_checked_twice_more() {
        let fine = Outcome::OkHtml;
        let lucky = [
            made(Experiment::Alone, DOWN),
            made(Experiment::Uncompressed, fine),
        ];
        let again = [Experiment::Alone, Experiment::Uncompressed];
        assert_eq!(experiments(&check(&lucky)), [again, again].concat());
        let checked = [&lucky[..], &[made(Experiment::Uncompressed, fine)]].concat();
        assert_eq!(check(&checked), [], "once only");
        let failed = [
            made(Experiment::Alone, fine),
            made(Experiment::Browser, DOWN),
        ];
        assert_eq!(check(&failed), []);
        assert_eq!(check(&[made(Experiment::CacheBusting, fine)]), []);
        assert_eq!(check(&[]), []);
    }

    #[test]
    fn a_url_that_is_fine_again_is_requested_once_more_only() {
        let steps = rest(&subject(&[Experiment::Http1]), Outcome::OkHtml, &[]);
        assert_eq!(experiments(&steps), [Experiment::Alone]);
    }

    #[test]
    fn other_kinds_of_failure_have_their_own_series() {
        let announced = experiments(&opening(Failing::Announced, &mut dice()));
        assert_eq!(announced, [Experiment::Browser, Experiment::Alone]);
        assert!(leads_on(Failing::Always, DOWN));
        assert!(!leads_on(Failing::AtTimes, DOWN) && !leads_on(Failing::Announced, DOWN));
        assert!(!leads_on(Failing::Always, Outcome::DnsNxdomain));
    }

    #[test]
    fn a_burst_keeps_the_pace_of_the_host_and_ends_when_nothing_is_refused() {
        let pauses = |milliseconds| -> Vec<u128> {
            let failing = Failing::AtSpeed {
                first: Duration::from_millis(milliseconds),
            };
            let steps = [
                opening(failing, &mut dice()),
                rest(&Subject::of(failing), DOWN, &[]),
            ]
            .concat();
            let pauses = steps.into_iter().filter_map(|step| step.pause);
            pauses.map(|pause| pause.as_millis()).collect()
        };
        let expected = [100, 100, 100, 100, 100, 100, 100, 125, 156, 195, 244, 305];
        assert_eq!(pauses(100), expected);
        assert_eq!(pauses(0)[0], 50);
        assert_eq!(pauses(20)[0], 50);
        assert!(pauses(501).is_empty());
        let goes_on = |outcomes: &[(Outcome, usize)]| {
            let all = outcomes
                .iter()
                .flat_map(|(outcome, times)| vec![*outcome; *times]);
            let all: Vec<Made> = all.map(|it| made(Experiment::Burst, it)).collect();
            is_worth(step(Experiment::Burst), &all)
        };
        let (fine, refused) = (Outcome::OkHtml, Outcome::Client429);
        assert!(goes_on(&[(refused, 1), (fine, 4)]) && !goes_on(&[(refused, 1), (fine, 5)]));
        assert!(goes_on(&[(fine, 1), (refused, 5)]) && !goes_on(&[(fine, 1), (refused, 6)]));
        assert!(!goes_on(&[(fine, 1), (DOWN, 1)]));
    }

    #[test]
    fn backends_that_take_turns_favour_no_way_of_requesting() {
        let mut dice = fastrand::Rng::with_seed(3);
        for backends in 2..=5 {
            // How much more often the dead backend got the crawl's own requests than a browser's.
            let mut more = 0_i32;
            for series in 0..2_000 {
                let asked = experiments(&opening(Failing::AtTimes, &mut dice));
                assert_eq!(asked.len(), 2 * EACH_WAY);
                let at_dead = asked.iter().skip(series % backends).step_by(backends);
                more += at_dead
                    .map(|asked| if *asked == Experiment::Alone { 1 } else { -1 })
                    .sum::<i32>();
            }
            assert!(more.abs() < 250, "{more} with {backends}");
        }
    }
}
