//! The output for one URL: chain, attempts, clients side by side, cause.

use std::fmt::Write;

use crate::check::{Checked, Client, Hop, Tried};
use crate::terminal::columns::{Side, columns};
use crate::terminal::paint::{BOLD, paint};
use crate::terminal::wrap::paragraph;

use super::attempts::{answer, shown, table};
use super::why;

/// Renders a URL as its clients saw it, ending in a line break.
pub(super) fn render(checked: &Checked, width: usize, color: bool) -> String {
    let head = |title: &str| format!("\n{}\n", paint(title, BOLD, color));
    let mut out = format!("{}\n", paint(&checked.url, BOLD, color));
    for client in &checked.clients {
        let whose = match checked.clients.len() {
            1 => String::new(),
            _ => format!(" as {}", client.name),
        };
        if !client.chain.is_empty() {
            out += &head(&format!("Redirects{whose}"));
            out += &chain(&client.chain);
        }
        out += &head(&format!("Attempts{whose}"));
        out += &table(&client.attempts);
    }
    if checked.clients.len() > 1 {
        out += &head("Clients");
        out += &side_by_side(&checked.clients);
        out += &paragraph(&checked.compared, width, "  ");
    }
    if let Some(why) = checked
        .clients
        .iter()
        .find_map(|client| client.why.as_ref())
    {
        out += &head("Why");
        out += &why::text(why, width);
    }
    out += &head("Repeat it yourself");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  {}", checked.curl);
    out
}

fn chain(hops: &[Hop]) -> String {
    let heads = [
        ("#", Side::Right),
        ("status", Side::Left),
        ("ms", Side::Right),
        ("from", Side::Left),
        ("to", Side::Left),
    ];
    let rows: Vec<_> = hops
        .iter()
        .enumerate()
        .map(|(at, hop)| {
            vec![
                (at + 1).to_string(),
                hop.status
                    .map_or("---".to_owned(), |status| status.to_string()),
                shown(Some(hop.total_ms)),
                hop.url.clone(),
                hop.location.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    columns(&heads, &rows)
}

fn side_by_side(clients: &[Client]) -> String {
    let heads = [
        ("client", Side::Left),
        ("status", Side::Left),
        ("outcome", Side::Left),
        ("ttfb ms", Side::Right),
        ("cause", Side::Left),
    ];
    let rows: Vec<_> = clients
        .iter()
        .map(|client| {
            let last = client.attempts.last();
            vec![
                client.name.clone(),
                last.map_or(String::new(), answer),
                last.map_or(String::new(), |tried: &Tried| tried.outcome.id().to_owned()),
                shown(last.and_then(|tried| tried.ttfb_ms)),
                client
                    .why
                    .as_ref()
                    .map_or("-".to_owned(), |why| why.cause.clone()),
            ]
        })
        .collect();
    columns(&heads, &rows)
}
