//! The calibration as a picture for `docs/diagnosis.md`: how sure causes are said to be, and how often they are right.

use std::fmt::Write;

use super::calibration::{Band, Named, bands};
use super::trial::Trial;

/// The drawing's size, and the square in which shares from `LEAST` to 1 lie, in pixels.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 24.0;
const SIDE: f64 = 360.0;
const LEAST: f64 = 0.4;

/// Draws a circle for each band, with an area that grows with its cells. Above the diagonal causes are right more
/// often than they say.
pub(super) fn svg(trials: &[&Trial]) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>Confidence of causes, and how often they were right</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    for tenth in 4..=10 {
        let share = f64::from(tenth) / 10.0;
        let (x, y) = place(share, share);
        let bottom = TOP + SIDE;
        let right = LEFT + SIDE;
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {y}H{right}M{x} {TOP}V{bottom}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.0} %</text>\n\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{share:.1}</text>",
            LEFT - 8.0,
            y + 4.0,
            share * 100.0,
            bottom + 18.0,
        );
    }
    let (from, to) = (place(LEAST, LEAST), place(1.0, 1.0));
    let middle = LEFT + SIDE / 2.0;
    let _ = writeln!(
        text,
        "<path d=\"M{} {}L{} {}\" stroke=\"#888\" stroke-dasharray=\"4\"/>\n\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">confidence that is said</text>\n\
         <text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">right</text>",
        from.0,
        from.1,
        to.0,
        to.1,
        HEIGHT - 14.0,
        TOP + SIDE / 2.0,
    );
    let kinds = [
        (Named::Alone, "#1f5fa8", "one cause named"),
        (Named::Two, "#b3541e", "\u{201c}A or B\u{201d}"),
    ];
    for (row, (named, colour, words)) in kinds.into_iter().enumerate() {
        let y = TOP + SIDE - 40.0 + 20.0 * row as f64;
        let x = LEFT + SIDE - 130.0;
        let _ = writeln!(
            text,
            "<circle cx=\"{x}\" cy=\"{}\" r=\"6\" fill=\"{colour}\" fill-opacity=\".7\"/>\
             <text x=\"{}\" y=\"{y}\">{words}</text>",
            y - 4.0,
            x + 12.0,
        );
        for band in bands(trials, named) {
            circle(&mut text, &band, colour);
        }
    }
    text.push_str("</svg>\n");
    text
}

fn circle(text: &mut String, band: &Band, colour: &str) {
    let right = band.right as f64 / band.causes as f64;
    let (x, y) = place(band.said.max(LEAST), right.max(LEAST));
    let radius = 2.0 * (band.causes as f64).sqrt();
    let _ = writeln!(
        text,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{colour}\" fill-opacity=\".7\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{} of {}</text>",
        x + radius + 3.0,
        y + 4.0,
        band.right,
        band.causes,
    );
}

/// Where a confidence and a share of right causes lie.
fn place(said: f64, right: f64) -> (f64, f64) {
    let part = |share: f64| (share - LEAST) / (1.0 - LEAST) * SIDE;
    (LEFT + part(said), TOP + SIDE - part(right))
}
