//! The description of the scores for people.

/// Name and version of the scoring model. It changes with every number of the model, so that scores of
/// different models are not compared.
pub const MODEL: &str = "gatecrawl score v1";

/// The sentence under every score.
pub const FOOTER: &str = "Scores follow model \"gatecrawl score v1\". It is not a metric of Google or any other \
search engine: the direction of every effect and the limit of about 48 hours are documented by Google, all \
weights, curves and bands are this model's own.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_names_the_model() {
        assert!(FOOTER.contains(MODEL) && FOOTER.contains("not a metric of Google"));
    }
}
