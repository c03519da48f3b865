//! Merges the clusters of a host that have one cause. Clusters are split by family, so that experiments cover every
//! part of a site, but a reader should see one problem once.

use std::collections::HashMap;

use crate::assess::examine::experiments::ExperimentCounts;
use crate::assess::examine::group::Cluster;
use crate::assess::examine::histories::Whole;
use crate::model::{Cause, Experiment, Outcome};

/// Clusters with one cause.
#[derive(Debug)]
pub(in crate::assess::examine) struct Group {
    /// The merged cluster.
    pub(in crate::assess::examine) cluster: Cluster,
    /// Their numbers.
    pub(super) members: Vec<usize>,
    /// The experiments that made a difference; `None` if there was no experiment.
    pub(in crate::assess::examine) helping: Option<Vec<Experiment>>,
}

/// The features that clusters with one cause share, apart from experiments.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Symptom {
    host: String,
    /// The folder, if every page of it fails: then one cause is likelier than several, however they fail.
    dead_folder: Option<String>,
    outcome: Option<Outcome>,
    fingerprint: Option<String>,
    soft: Option<Cause>,
    at_speed: bool,
    waits: bool,
    /// The part that went down as a whole, and its name within the host.
    together: Option<(Whole, String)>,
    /// The cause that lines of server logs prove.
    logged: Option<Cause>,
}

/// Puts clusters together that have the same symptom and do not differ in their experiments. One without experiments
/// belongs to the group with its symptom that has URLs in its section, or else to the biggest. Other spellings of a
/// few URLs prove little, so those of all clusters with the same symptom count.
pub(super) fn grouped(clusters: &[Cluster]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut respelled: HashMap<Symptom, ExperimentCounts> = HashMap::new();
    for cluster in clusters
        .iter()
        .filter(|it| it.experiments.is_fine_respelled())
    {
        let known = respelled.entry(Symptom::of(cluster)).or_default();
        known.merge(&cluster.experiments);
    }
    let helping = |cluster: &Cluster| {
        let mut helping = cluster.experiments.helping()?;
        let is_new = cluster.experiments.is_fine_respelled()
            && !helping.contains(&Experiment::Respelled)
            && (respelled.get(&Symptom::of(cluster)))
                .is_some_and(ExperimentCounts::differs_by_spelling);
        if is_new {
            helping.push(Experiment::Respelled);
        }
        Some(helping)
    };
    let mut known: HashMap<Symptom, Vec<usize>> = HashMap::new();
    let tried = |(_, cluster): &(usize, &Cluster)| cluster.experiments.helping().is_some();
    let (with, without): (Vec<_>, Vec<_>) = clusters.iter().enumerate().partition(tried);
    for (number, cluster) in with.into_iter().chain(without) {
        let helping = helping(cluster);
        let of_symptom = known.entry(Symptom::of(cluster)).or_default();
        let section = &cluster.facts.cluster.section;
        let fits = |at: &&usize| helping.is_none() || groups[**at].helping == helping;
        let likest = of_symptom.iter().filter(fits).max_by_key(|at| {
            let facts = &groups[**at].cluster;
            (facts.facts.sections.contains_key(section), facts.urls)
        });
        if let Some(at) = likest {
            groups[*at].add(number, cluster);
        } else {
            of_symptom.push(groups.len());
            groups.push(Group {
                cluster: cluster.clone(),
                members: vec![number],
                helping,
            });
        }
    }
    groups
}

impl Group {
    fn add(&mut self, number: usize, other: &Cluster) {
        self.members.push(number);
        let all = &mut self.cluster;
        all.facts.merge(&other.facts);
        all.experiments.merge(&other.experiments);
        all.urls += other.urls;
        all.listed += other.listed;
        all.internal |= other.internal;
        if all.made_by.is_none() {
            all.made_by.clone_from(&other.made_by);
        }
    }
}

impl Symptom {
    fn of(cluster: &Cluster) -> Symptom {
        let what = &cluster.facts.cluster;
        if cluster.dead_folder.is_some() {
            return Symptom {
                host: what.host.clone(),
                dead_folder: cluster.dead_folder.clone(),
                ..Symptom::default()
            };
        }
        Symptom {
            host: what.host.clone(),
            dead_folder: None,
            outcome: Some(what.outcome),
            fingerprint: what.fingerprint.clone(),
            soft: cluster.facts.soft,
            at_speed: cluster.at_speed,
            waits: cluster.waits,
            logged: cluster.facts.logged.cause(),
            together: cluster
                .together
                .map(|whole| (whole, cluster.name_of(whole))),
        }
    }
}
