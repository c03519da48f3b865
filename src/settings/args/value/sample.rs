//! The size of the sample of pages that never failed: a number, or a share of the site's pages.

use crate::model::SamplePlan;

/// Reads `200`, `5%` or `0`.
pub(crate) fn sample(text: &str) -> Result<SamplePlan, String> {
    let text = text.trim();
    let fault = || format!("{text:?} is neither a number of pages nor a share such as 5%");
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.trim_end().parse().map_err(|_| fault())?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(fault());
        }
        return Ok(if percent > 0.0 {
            SamplePlan::Share(percent / 100.0)
        } else {
            SamplePlan::Off
        });
    }
    match text.parse().map_err(|_| fault())? {
        0 => Ok(SamplePlan::Off),
        pages => Ok(SamplePlan::Pages(pages)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_a_number_or_a_share() {
        let cases = [
            ("200", Ok(SamplePlan::Pages(200))),
            ("0", Ok(SamplePlan::Off)),
            ("0%", Ok(SamplePlan::Off)),
            ("5%", Ok(SamplePlan::Share(0.05))),
            ("12.5 %", Ok(SamplePlan::Share(0.125))),
        ];
        for (text, expected) in cases {
            assert_eq!(sample(text), expected, "{text}");
        }
        for text in ["", "%", "-1", "101%", "many", "NaN%"] {
            assert!(sample(text).is_err(), "{text}");
        }
    }
}
