//! Numbers as a row of bars.

/// Bars of rising height.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Digits in place of bars where the output is no terminal, such as a file.
const DIGITS: [char; 8] = ['0', '1', '2', '3', '4', '5', '6', '7'];

/// Returns a bar for each value, the highest for the greatest value; a blank stands for an unknown value.
pub(crate) fn spark(values: &[Option<f64>], terminal: bool) -> String {
    let signs = if terminal { BARS } else { DIGITS };
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let sign = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) if most <= 0.0 || *value <= 0.0 => signs[0],
        // Any value above zero gets a visible bar.
        Some(value) => signs[((value / most * 7.0).round() as usize).clamp(1, 7)],
    };
    values.iter().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_value_has_the_highest_bar() {
        let values = [Some(0.0), Some(0.001), None, Some(0.5), Some(1.0)];
        assert_eq!(spark(&values, true), "▁▂ ▅█");
        assert_eq!(spark(&values, false), "01 47");
        assert_eq!(spark(&[Some(0.0); 2], true), "▁▁");
    }
}
