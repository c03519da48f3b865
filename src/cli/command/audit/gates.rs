//! The results of the gates (`--fail-on`), and the exit code.

use crate::assess::{GateResult, GateStatus};

use crate::settings::exit::Exit;
use crate::terminal::paint::{GREEN, RED, YELLOW, paint};
use crate::terminal::streams::People;

/// Returns a line for each gate with its result; with `--quiet` only for gates that failed or are undecided.
pub(in crate::cli) fn lines(results: &[GateResult], people: &People) -> String {
    let shown = (results.iter()).filter(|it| !people.quiet || it.result != GateStatus::Held);
    shown.map(|it| line(it, people.color) + "\n").collect()
}

/// Returns the exit code of an audit by its gates. An audit of a site that could not be audited has another code.
pub(in crate::cli::command) fn exit_of(results: &[GateResult]) -> Exit {
    match GateStatus::of_all(results) {
        GateStatus::Held => Exit::Done,
        GateStatus::Failed => Exit::GateFailed,
        GateStatus::Undecided => Exit::GateUndecided,
    }
}

fn line(result: &GateResult, color: bool) -> String {
    let style = match result.result {
        GateStatus::Held => GREEN,
        GateStatus::Failed => RED,
        GateStatus::Undecided => YELLOW,
    };
    let status = paint(result.result.word(), style, color);
    format!(
        "  Gate           {status}: --fail-on '{}' ({})",
        result.expression, result.reason
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Gate, Measured};

    /// A gate that failed.
    fn failed() -> GateResult {
        let gate: Gate = "502 > 1".parse().expect("a gate");
        gate.judge(&Measured {
            status_502: 2,
            requested: 90,
            ..Measured::default()
        })
    }

    #[test]
    fn the_worst_gate_decides_the_exit_code() {
        let (held, undecided, bad) = (GateStatus::Held, GateStatus::Undecided, GateStatus::Failed);
        let cases: [(&[GateStatus], Exit); 4] = [
            (&[], Exit::Done),
            (&[held, held], Exit::Done),
            (&[undecided, held], Exit::GateUndecided),
            (&[undecided, bad], Exit::GateFailed),
        ];
        for (rulings, expected) in cases {
            let gate = |result: &GateStatus| GateResult {
                result: *result,
                ..failed()
            };
            let results: Vec<_> = rulings.iter().map(gate).collect();
            assert_eq!(exit_of(&results), expected, "{rulings:?}");
        }
    }

    #[test]
    fn a_gate_is_printed_with_its_reason() {
        assert_eq!(
            line(&failed(), false),
            "  Gate           failed: --fail-on '502 > 1' (502 is 2, > 1)"
        );
    }
}
