//! The statuses of proxies: the same fault has another status on each of them, as measured.

use std::sync::LazyLock;

use serde::Deserialize;

use super::book::{Measured, MeasuredRow, Playbook, Topic};

/// The key of the topic.
pub(super) const KEY: &str = "proxies";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    products: Vec<String>,
    notes: Vec<String>,
    topic: Topic,
    row: Vec<MeasuredRow>,
}

static FILE: LazyLock<File> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<File, toml::de::Error> {
    toml::from_str(include_str!("proxies.toml"))
}

/// Returns the playbook of this topic, if the key matches.
pub(super) fn playbook(key: &str) -> Option<Playbook> {
    let file = &*FILE;
    (key == KEY).then(|| Playbook {
        measured: Some(Measured {
            products: file.products.clone(),
            rows: file.row.clone(),
            notes: file.notes.clone(),
        }),
        ..file.topic.playbook(KEY)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_cell_for_each_product() {
        let file = read().expect("a valid file");
        assert_eq!((file.products.len(), file.row.len()), (7, 14));
        for row in &file.row {
            assert_eq!(row.answers.len(), file.products.len(), "{}", row.fault);
            for answer in row.answers.iter().filter(|answer| !answer.is_empty()) {
                let marked = ["raw", "200+", "200-"].contains(&answer.as_str());
                assert!(marked || answer.starts_with("50"), "{answer}");
            }
        }
    }
}
