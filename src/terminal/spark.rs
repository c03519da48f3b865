//! Numbers as a row of bars.

use crate::report::words::bars;

/// Returns a bar for each value, the highest for the greatest value; a blank stands for an unknown value. Digits
/// replace the bars where the output is not a terminal, such as a file.
pub(crate) fn spark(values: &[Option<f64>], terminal: bool) -> String {
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let bars = bars(values, most);
    if terminal {
        return bars;
    }
    let digit = |bar| match bar {
        ' ' => ' ',
        bar => char::from(b'0' + (bar as u32 - '▁' as u32) as u8),
    };
    bars.chars().map(digit).collect()
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
