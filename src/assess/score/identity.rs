//! The versions of the scoring model, and their description for people.

use std::fmt;

use serde::Serialize;

/// The name of the model, before its version.
const NAME: &str = "gatecrawl score v";

/// A version of the scoring model. Scores of different versions are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ScoreModel(u16);

impl ScoreModel {
    /// The model of runs that were stored without a version.
    pub const FIRST: ScoreModel = ScoreModel(1);

    /// The model that this program computes. It changes with every number of the model.
    pub const OURS: ScoreModel = ScoreModel(2);

    /// Returns the model with this version.
    pub const fn of_version(version: u16) -> ScoreModel {
        ScoreModel(version)
    }

    /// Returns the version, 1 or more.
    pub const fn version(self) -> u16 {
        self.0
    }

    /// Returns the model of this name, as [`fmt::Display`] writes it.
    pub fn from_name(name: &str) -> Option<ScoreModel> {
        let version = name.strip_prefix(NAME)?.parse().ok()?;
        (version > 0).then_some(ScoreModel(version))
    }

    /// Returns where medium, high and critical begin for the risk (0..100) of a site or section. Ours,
    /// chosen on the twenty sites in `fixtures/scores`.
    pub const fn site_edges(self) -> [f64; 3] {
        match self.0 {
            1 => [3.0, 10.0, 25.0],
            _ => [2.0, 6.0, 20.0],
        }
    }

    /// Returns where medium, high and critical begin for the obstruction of bots by a host (H, 0..100).
    /// Ours, chosen on the same sites.
    pub const fn obstruction_edges(self) -> [f64; 3] {
        match self.0 {
            1 => [10.0, 30.0, 60.0],
            _ => [10.0, 30.0, 75.0],
        }
    }

    /// Returns the sentences under every score.
    pub fn footer(self) -> String {
        format!(
            "Scores follow model \"{self}\". It is not a metric of Google or any other search engine: the direction \
             of every effect and the limit of about 48 hours are documented by Google, all weights, curves and bands \
             are this model's own."
        )
    }

    /// Returns why scores of two models are not compared, in a sentence; `None` for one model.
    pub fn not_comparable(old: ScoreModel, new: ScoreModel) -> Option<String> {
        (old != new).then(|| {
            format!(
                "Crawlability and Indexing Risk of the two runs follow different models (v{} and v{}), so they differ \
                 without a change of the site: compare pages and rates instead",
                old.0, new.0
            )
        })
    }
}

impl Default for ScoreModel {
    fn default() -> ScoreModel {
        ScoreModel::OURS
    }
}

impl fmt::Display for ScoreModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME}{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_names_the_model() {
        let footer = ScoreModel::OURS.footer();
        assert!(
            footer.contains("\"gatecrawl score v2\"") && footer.contains("not a metric of Google")
        );
    }

    #[test]
    fn a_model_is_found_by_its_name() {
        let cases = [
            ("gatecrawl score v1", Some(ScoreModel::FIRST)),
            ("gatecrawl score v2", Some(ScoreModel::OURS)),
            ("gatecrawl score v0", None),
            ("gatecrawl score", None),
            ("", None),
        ];
        for (name, model) in cases {
            assert_eq!(ScoreModel::from_name(name), model, "{name}");
        }
        assert_eq!(ScoreModel::OURS.to_string(), "gatecrawl score v2");
    }

    #[test]
    fn only_scores_of_different_models_are_not_comparable() {
        assert_eq!(
            ScoreModel::not_comparable(ScoreModel::OURS, ScoreModel::OURS),
            None
        );
        let why = ScoreModel::not_comparable(ScoreModel::FIRST, ScoreModel::OURS);
        assert!(why.is_some_and(|why| why.contains("different models (v1 and v2)")));
    }
}
