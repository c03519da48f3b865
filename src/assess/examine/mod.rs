//! The conclusions from all records of a run, in one pass. URLs are read as a stream with their
//! attempts, one at a time and in the order of their numbers, and are judged. Facts about hosts,
//! sections and clusters of failures are counted on the way. At the end there are causes, findings and
//! scores. Memory grows with hosts, sections and clusters, each of which has a bound.

mod conclude;
mod experiments;
mod files;
mod flapping;
mod group;
mod histories;
mod host;
mod known;
mod outage_of_url;
mod speed;
mod url;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

pub use conclude::conclusions::{ClusterFound, Conclusions, ExperimentFound};
pub use conclude::dead_backend::DeadBackend;
pub use conclude::scores::PartFound;
pub use conclude::told::FindingFound;
pub use files::{EndedRedirect, FileFailures, GivenUp, KnownSitemap, RobotsFile, SiteFiles};
pub use flapping::{Failing, Flapping};
pub use histories::{GroupAttempt, Histories, Home, PartEvidence, Together, Whole};
pub use outage_of_url::OutageOfUrl;
pub use speed::SpeedEffect;
pub use url::{Examined, Seen, SeenAttempt, SeenLine, SeenPage};

use self::experiments::ExperimentCounts;
use self::group::{Cluster, ClusterKey};
use self::histories::HostTogether;
use self::host::Host;
use self::known::Known;
use super::diagnose::rules::FamilySpeed;
use super::history::episode::FirstLook;
use super::history::host_episodes::HostEpisodes;
use super::score::site::{OTHER, Scored, SiteTally};
use super::score::weight::{priority, weight};
use super::verdict::rules::{Rules, Verdict};
use super::verdict::tally::Tally;
use crate::model::{Experiment, Frequency, Moment, Outcome, Purpose, Role};

/// Maximum hosts that are counted separately; about 4 kB each.
const MOST_HOSTS: usize = 2_000;

/// Maximum clusters of failures that are counted separately; about 2 kB each. Later ones are counted
/// only by host and outcome.
const MOST_CLUSTERS: usize = 1_000;

/// Maximum families of which the speed is counted; about 1 kB each.
const MOST_FAMILIES: usize = 2_000;

/// The examination of a run in progress.
#[derive(Debug)]
pub struct Examination {
    rules: Rules,
    episodes: BTreeMap<String, HostEpisodes>,
    together: Together,
    dead_backends: Vec<DeadBackend>,
    tally: SiteTally,
    hosts: BTreeMap<String, Host>,
    clusters: Known<ClusterKey, Cluster>,
    /// The speed of families, by host and pattern; only if any page is slow.
    speeds: BTreeMap<(String, String), FamilySpeed>,
}

impl Examination {
    /// Starts an examination.
    pub fn new(rules: Rules) -> Examination {
        Examination {
            rules,
            episodes: BTreeMap::new(),
            together: Together::default(),
            dead_backends: Vec::new(),
            tally: SiteTally::default(),
            hosts: BTreeMap::new(),
            clusters: Known::at_most(MOST_CLUSTERS),
            speeds: BTreeMap::new(),
        }
    }

    /// Adds the first attempt at a URL of a host. All first attempts must be added before the URLs, in
    /// time order: they separate outages of a host from faults of its pages.
    pub fn look(&mut self, host: &str, look: FirstLook) {
        if let Some(episodes) = self.episodes.get_mut(host) {
            episodes.add(look);
        } else if self.episodes.len() < MOST_HOSTS {
            self.episodes.entry(host.to_owned()).or_default().add(look);
        }
    }

    /// Adds the groups that went down as a whole, with their outages. Must be called before URLs are
    /// added.
    pub fn together(&mut self, together: Together) {
        self.together = together;
    }

    /// Adds what an earlier examination of the same run found about backends. Must be called before URLs are added.
    pub fn with_dead_backends(&mut self, found: Vec<DeadBackend>) {
        self.dead_backends = found;
    }

    /// Sets the end of the run: the start of its last attempt. Must be called before URLs are added.
    pub fn ended(&mut self, at: Moment) {
        self.rules = self.rules.at(at);
    }

    /// Adds the effect of a polite pace on a host.
    pub fn at_speeds(&mut self, host: &str, speed: SpeedEffect) {
        self.host(host).speed = speed;
    }

    /// Adds one URL with all of its attempts.
    pub fn take(&mut self, seen: &Seen<'_>) -> Examined {
        let episodes = self.episodes.get(seen.host);
        let mut tally = Tally::default();
        for attempt in seen.evidence() {
            let mut observation = attempt.observation;
            observation.host_episode =
                episodes.and_then(|host| host.number_at(observation.started));
            tally.add(observation);
        }
        let outage = self.outage(seen);
        let fails_by_load =
            (self.together.host(seen.host)).is_some_and(HostTogether::fails_by_load);
        let last_failure = seen.last_failure().map(|attempt| attempt.facts.outcome);
        let rules = match self.hosts.get(seen.host) {
            // A host in an outage is down at any speed.
            Some(_) if outage.is_some() => self.rules.ignoring_speed(),
            Some(host) if fails_by_load && host.speed.is_a_reason() => self.rules,
            Some(host) => {
                let flapping = &host.speed.flapping;
                let needed = last_failure.map_or(0, |outcome| flapping.looks_needed(outcome));
                self.rules.ignoring_speed().at_least(needed)
            }
            None => self.rules.ignoring_speed(),
        };
        let mut judgement = tally.judge(&rules);
        // A URL that was never fine in many requests has a fault of its own, even if that brings the others down.
        let is_own = judgement.verdict == Verdict::Persistent;
        // A page that was not fine since counts as one of its part only if that goes down in a rhythm.
        let recovered = judgement.has_recovered();
        let counts =
            |outage: &OutageOfUrl| recovered || (outage.has_rhythm && outage.whole != Whole::Host);
        let comes_again = |outage: &OutageOfUrl| outage.comes_again() && counts(outage);
        let outage = outage.filter(|outage| comes_again(outage) || !(is_own && outage.is_over));
        if let Some(outage) = outage {
            if comes_again(&outage) {
                // Nine good looks clear a page, whatever becomes of the others; but in a rhythm they may all be in
                // good times.
                let is_cleared = judgement.looks.frequency() == Some(Frequency::Rarely);
                if !is_cleared || outage.has_rhythm {
                    judgement = tally.judged(Verdict::Intermittent);
                }
            } else if outage.whole == Whole::Host && outage.is_over && judgement.last_ok.is_some() {
                judgement = tally.judged(Verdict::Transient);
            }
            judgement.in_outage = true;
        }
        // A slower client sees none of these failures.
        if judgement.last_ok.is_some() && self.is_of_speed(seen, judgement.verdict) {
            judgement = tally.judged(Verdict::LoadInduced);
        }
        // A good answer to one of the crawl's own requests shows that the page does not always fail.
        if judgement.verdict == Verdict::Persistent && seen.is_fine_alone() {
            judgement = tally.judged(Verdict::Intermittent);
        }
        // The next request may meet the failing backend again, whatever the last ones met.
        let is_of_backend =
            outage.is_none() && (self.dead_backends.iter()).any(|backend| backend.explains(seen));
        let comes_and_goes =
            is_of_backend || (!judgement.in_outage && seen.earlier.comes_and_goes());
        if judgement.verdict == Verdict::Transient && comes_and_goes {
            judgement = tally.judged(Verdict::Intermittent);
        }
        let weight = weight(seen.importance);
        if matches!(seen.role, Role::Robots | Role::Sitemap) {
            self.host(seen.host).take_file(seen);
            return Examined {
                judgement,
                weight,
                priority: 0.0,
                cluster: None,
            };
        }
        let cluster = (judgement.failed > 0)
            .then(|| self.cluster(seen, judgement.verdict, outage.map(|outage| outage.whole)))
            .flatten();
        if let Some(number) = cluster
            && let Some(cluster) = self.clusters.get_mut(number)
        {
            cluster.take(seen, judgement.verdict);
        }
        // Other sites have no findings, and their number has no bound.
        if seen.role != Role::External {
            self.host(seen.host).take(seen, &judgement);
        }
        let risk = judgement.indexing_risk();
        if seen.role == Role::Page && !seen.family.is_empty() {
            self.count_speed(seen);
        }
        if seen.role == Role::Page && judgement.attempts > 0 {
            self.tally.add(&Scored {
                address: seen.address,
                host: seen.host,
                section: seen.section,
                judgement: &judgement,
                weight,
                home: seen.importance.home,
            });
        }
        Examined {
            judgement,
            weight,
            priority: priority(risk.value, weight),
            cluster,
        }
    }

    /// Counts the good answers of a page for the speed of its family.
    fn count_speed(&mut self, seen: &Seen<'_>) {
        let good = seen
            .evidence()
            .filter(|attempt| !attempt.facts.outcome.is_failure());
        let answers =
            good.filter_map(|attempt| Some((attempt.observation.started, attempt.facts.waited?)));
        let mut answers: Vec<(Moment, Duration)> = answers.collect();
        let key = (seen.host.to_owned(), seen.family.to_owned());
        let is_full = self.speeds.len() >= MOST_FAMILIES;
        if !answers.is_empty() && (!is_full || self.speeds.contains_key(&key)) {
            let family = self.speeds.entry(key).or_default();
            family.add(seen.address, &mut answers);
        }
    }

    fn host(&mut self, name: &str) -> &mut Host {
        let fits = self.hosts.len() < MOST_HOSTS || self.hosts.contains_key(name);
        let name = if fits { name } else { OTHER };
        if !self.hosts.contains_key(name) {
            self.hosts.insert(name.to_owned(), Host::new(name));
        }
        self.hosts.get_mut(name).expect("it is there by now")
    }

    /// Returns the outages in which a URL failed, if all of its failures were in them.
    fn outage(&self, seen: &Seen<'_>) -> Option<OutageOfUrl> {
        let of_purpose = |counts: fn(Purpose) -> bool| {
            let failed = seen.attempts.iter().filter(move |attempt| {
                counts(attempt.purpose) && attempt.facts.outcome.is_failure()
            });
            failed.map(|attempt| attempt.observation.started)
        };
        let mut failed = of_purpose(Purpose::is_evidence);
        let mut experiments = of_purpose(|it| it == Purpose::Experiment(Experiment::Alone));
        self.together
            .outage_of(seen.home(), &mut failed, &mut experiments)
    }

    /// Returns whether the speed of the crawl explains all failures of a URL: the limit or the load of its host does. Or
    /// the host says so (429, RFC 6585), and it did not refuse again and again when it was requested slowly.
    fn is_of_speed(&self, seen: &Seen<'_>, verdict: Verdict) -> bool {
        let failed = seen.evidence().filter_map(|seen| {
            let outcome = seen.facts.outcome;
            (outcome.is_failure()).then_some((seen.observation.started, outcome))
        });
        let failed: Vec<(Moment, Outcome)> = failed.collect();
        let is_said = || {
            let mut outcomes = failed.iter().map(|(_, outcome)| *outcome);
            verdict == Verdict::Transient && outcomes.all(|it| it == Outcome::Client429)
        };
        !failed.is_empty() && (is_said() || self.together.explains_by_speed(seen.home(), &failed))
    }

    /// Returns the cluster of a failing URL: that of its most frequent failure.
    fn cluster(
        &mut self,
        seen: &Seen<'_>,
        verdict: Verdict,
        together: Option<Whole>,
    ) -> Option<usize> {
        let main = seen.main_failure()?;
        // Parts that went down for a time have findings about their outages.
        let dead_folder = seen.dead_folder.filter(|_| together.is_none());
        let key = ClusterKey {
            host: seen.host.to_owned(),
            section: dead_folder.unwrap_or(seen.section).to_owned(),
            dead_folder: dead_folder.map(str::to_owned),
            family: seen.family.to_owned(),
            outcome: main.facts.outcome,
            fingerprint: main.facts.fingerprint.map(str::to_owned),
            soft: (main.facts.outcome == Outcome::SoftError200).then(|| seen.soft_error().cause),
            crawler_only: verdict == Verdict::Persistent
                && ExperimentCounts::of(seen).is_crawler_only(),
            at_speed: verdict == Verdict::LoadInduced,
            waits: ClusterKey::is_wait(main.facts.waited),
            together,
        };
        let coarse = |key: &ClusterKey| ClusterKey {
            section: OTHER.to_owned(),
            dead_folder: None,
            family: String::new(),
            fingerprint: None,
            // The coarse key has no section or family that could be down.
            together: key.together.filter(|whole| *whole == Whole::Host),
            ..key.clone()
        };
        self.clusters.place(key, coarse, Cluster::new)
    }
}
