//! Only the command line and its terminal speak to people.

use crate::source::sources;

const PRINTING: [&str; 7] = [
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "stdout()",
    "stderr()",
];

/// Rooms that may.
const MOUTHS: [&str; 3] = ["cli", "terminal", "main"];

#[test]
fn only_cli_and_terminal_print() {
    let mut faults = Vec::new();
    for source in sources() {
        if MOUTHS.contains(&source.room()) {
            continue;
        }
        for line in source.code.lines() {
            if PRINTING.iter().any(|word| line.contains(word)) {
                faults.push(format!("{}: {}", source.name(), line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
