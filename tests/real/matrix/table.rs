//! What `tests/matrix.sh` shows: a line for each cell, shares, and calibration.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::calibration::{Named, bands};
use super::plot;
use super::rating::Rating;
use super::site::put;
use super::trial::Trial;

/// Which half of the cells: weights are fitted on one, and the other shows what they are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Fitted,
    Other,
}

impl Half {
    /// By its name alone, so that a cell stays in its half (FNV-1a).
    fn of(name: &str) -> Half {
        let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
        let hash = name.bytes().fold(2_166_136_261, step);
        if (hash >> 16).is_multiple_of(2) {
            Half::Fitted
        } else {
            Half::Other
        }
    }

    fn id(self) -> &'static str {
        match self {
            Half::Fitted => "fitted",
            Half::Other => "other",
        }
    }
}

fn folder(tables: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(tables)
}

/// Writes all that is known of a cell.
pub(super) fn write_details(trial: &Trial, tables: &str) {
    let text = format!(
        "{}\n{}\nbroken: {:?}\n{}\n{}",
        trial.cell.name,
        trial.cell.fault,
        trial.broken,
        line(trial),
        trial.details
    );
    put(
        &folder(tables).join(format!("{}.log", trial.cell.name)),
        &text,
    );
}

/// Writes the tables.
pub(super) fn write(trials: &[Trial], tables: &str) {
    let folder = folder(tables);
    let mut lines = HEADERS.join("\t");
    lines.push('\n');
    for trial in trials {
        let _ = writeln!(lines, "{}", line(trial));
    }
    put(&folder.join("cells.tsv"), &lines);
    let text = summary(trials);
    crate::server::note(&text);
    put(&folder.join("summary.md"), &text);
    put(&folder.join("calibration.tsv"), &calibration(trials));
    let valid: Vec<&Trial> = trials.iter().filter(|it| it.broken.is_none()).collect();
    put(&folder.join("calibration.svg"), &plot::svg(&valid));
}

const HEADERS: [&str; 17] = [
    "cell",
    "half",
    "verdict",
    "cause",
    "product",
    "finding",
    "verdicts said",
    "verdict wanted",
    "causes said",
    "cause wanted",
    "products said",
    "product wanted",
    "findings",
    "blamed",
    "seconds",
    "requests",
    "broken",
];

/// What is said of the pages of a cell, in words.
struct Shown {
    verdicts: String,
    causes: String,
    products: String,
}

impl Shown {
    fn of(trial: &Trial) -> Shown {
        let counts = |counts: &BTreeMap<String, usize>| {
            let words = counts.iter().map(|(word, count)| {
                let word = if word.is_empty() { "none" } else { word };
                format!("{count} {word}")
            });
            words.collect::<Vec<_>>().join(", ")
        };
        let said = &trial.said;
        let causes = said.causes.iter().map(|((cause, confidence), &count)| {
            let words = format!("{cause} {confidence}");
            (words.trim().to_owned(), count)
        });
        Shown {
            verdicts: counts(&said.verdicts),
            causes: counts(&causes.collect()),
            products: counts(&said.products),
        }
    }
}

fn line(trial: &Trial) -> String {
    let said = &trial.said;
    let truth = &trial.cell;
    let shown = Shown::of(trial);
    let cells = [
        trial.cell.name.clone(),
        Half::of(&trial.cell.name).id().to_owned(),
        trial.verdict().id().to_owned(),
        trial.cause().id().to_owned(),
        trial.product().id().to_owned(),
        trial.finding().map_or("", Rating::id).to_owned(),
        shown.verdicts,
        truth.verdict.join(" "),
        shown.causes,
        truth.cause.join(" "),
        shown.products,
        truth.product.join(", "),
        said.findings.join(" "),
        said.blamed.to_string(),
        format!("{:.0}", trial.took.as_secs_f64()),
        trial.requests.to_string(),
        trial.broken.clone().unwrap_or_default(),
    ];
    cells
        .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
        .join("\t")
}

/// The shares of a rating, as a row.
fn shares(text: &mut String, name: &str, ratings: &[Rating]) {
    let all = ratings.len().max(1) as f64;
    let _ = write!(text, "| {name} | {} |", ratings.len());
    for rating in Rating::ALL {
        let count = ratings.iter().filter(|one| **one == rating).count();
        let _ = write!(text, " {count} ({:.0} %) |", count as f64 / all * 100.0);
    }
    text.push('\n');
}

fn summary(trials: &[Trial]) -> String {
    let valid: Vec<_> = trials
        .iter()
        .filter(|trial| trial.broken.is_none())
        .collect();
    let mut text = format!(
        "{} cells, {} of them valid\n\n| | cells | right | partly | wrong |\n|---|---|---|---|---|\n",
        trials.len(),
        valid.len()
    );
    let half = |trial: &Trial| Half::of(&trial.cell.name);
    for which in [None, Some(Half::Fitted), Some(Half::Other)] {
        let these = valid
            .iter()
            .filter(|trial| which.is_none_or(|which| which == half(trial)));
        let of = which.map_or_else(String::new, |which| format!(", {} half", which.id()));
        let rate = |rating: fn(&Trial) -> Rating| -> Vec<Rating> {
            these.clone().map(|trial| rating(trial)).collect()
        };
        shares(&mut text, &format!("verdict{of}"), &rate(Trial::verdict));
        shares(&mut text, &format!("cause{of}"), &rate(Trial::cause));
        shares(&mut text, &format!("product{of}"), &rate(Trial::product));
        let findings: Vec<_> = these.filter_map(|trial| trial.finding()).collect();
        shares(&mut text, &format!("finding{of}"), &findings);
    }
    let two = valid
        .iter()
        .filter(|trial| trial.said.main_cause().0.contains(" or "));
    let none = valid
        .iter()
        .filter(|trial| trial.said.main_cause().0.is_empty());
    let _ = writeln!(
        text,
        "\nTwo causes are named in {} cells, none in {}.\n\n{}",
        two.count(),
        none.count(),
        calibration_table(&valid)
    );
    text.push_str(&not_right(&valid));
    for trial in trials {
        if let Some(why) = &trial.broken {
            let _ = writeln!(text, "Not valid: {}: {why}", trial.cell.name);
        }
    }
    text
}

/// What is wrong, and then what is partly right.
fn not_right(valid: &[&Trial]) -> String {
    let mut text =
        String::from("| cell | what | rating | said | wanted |\n|---|---|---|---|---|\n");
    for rating in [Rating::Wrong, Rating::Partly] {
        for trial in valid {
            let said = Shown::of(trial);
            let cell = &trial.cell;
            let rated = [
                ("verdict", trial.verdict(), said.verdicts, &cell.verdict),
                ("cause", trial.cause(), said.causes, &cell.cause),
                ("product", trial.product(), said.products, &cell.product),
            ];
            let finding = trial.finding().map(|rating| {
                let findings = trial.said.findings.join(" ");
                ("finding", rating, findings, &cell.finding)
            });
            for (what, of, said, wanted) in rated.into_iter().chain(finding) {
                if of == rating {
                    let wanted = wanted.join(", ");
                    let _ = writeln!(
                        text,
                        "| {} | {what} | {} | {said} | {wanted} |",
                        cell.name,
                        rating.id()
                    );
                }
            }
        }
    }
    text.push('\n');
    text
}

fn calibration_table(valid: &[&Trial]) -> String {
    let mut text = String::from(
        "| confidence | named | cells | right | partly | mean confidence |\n|---|---|---|---|---|---|\n",
    );
    for (named, word) in [(Named::Alone, "alone"), (Named::Two, "two")] {
        for band in bands(valid, named) {
            let _ = writeln!(
                text,
                "| {:.2}-{:.2} | {word} | {} | {} ({:.0} %) | {} | {:.2} |",
                band.from,
                band.to,
                band.causes,
                band.right,
                band.right as f64 / band.causes as f64 * 100.0,
                band.partly,
                band.said
            );
        }
    }
    text
}

/// A line for each cause that is named alone: how sure it is said to be, and whether it is right.
fn calibration(trials: &[Trial]) -> String {
    let mut text = "confidence\trating\tcell\n".to_owned();
    for trial in trials.iter().filter(|trial| trial.broken.is_none()) {
        if let (cause, Some(confidence)) = trial.said.main_cause() {
            let rating = super::rating::rate_cause(cause, &trial.cell).id();
            let _ = writeln!(text, "{confidence}\t{rating}\t{}", trial.cell.name);
        }
    }
    text
}
