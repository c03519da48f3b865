//! Test cases from RFC 9309 and Google's published specification, and files found in the wild.

use super::Robots;

/// Decodes `\n`, `\r`, `\t`, `\\` and `\xHH` to bytes.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let (escape, tail) = rest.split_first().expect("an escape has a letter");
        rest = tail;
        match escape {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'\\' => out.push(b'\\'),
            b'x' => {
                let digits = std::str::from_utf8(&rest[..2]).expect("two digits");
                out.push(u8::from_str_radix(digits, 16).expect("hex"));
                rest = &rest[2..];
            }
            other => panic!("unknown escape {other} in {text}"),
        }
    }
    out
}

#[test]
fn every_case_of_the_table_holds() {
    let text = include_str!("../../../fixtures/robots/cases.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut count = 0;
    let mut failures = Vec::new();
    for row in reader.records() {
        let row = row.expect("valid CSV");
        let agents: Vec<&str> = row[2].split('|').collect();
        let group = Robots::parse(&unescaped(&row[1])).group(&agents);
        let verdict = group.verdict(&row[3]);
        let line = verdict.line.map(|n| n.to_string()).unwrap_or_default();
        if (verdict.allowed, line.as_str()) != (&row[4] == "yes", &row[5]) {
            failures.push(format!("{}: {verdict:?}", &row[0]));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count >= 120, "only {count} cases");
}

#[test]
fn files_from_the_wild_are_read_as_intended() {
    let wordpress = include_bytes!("../../../fixtures/robots/wordpress.txt").as_slice();
    let shop = include_bytes!("../../../fixtures/robots/shop.txt").as_slice();
    let bom = include_bytes!("../../../fixtures/robots/bom-crlf.txt").as_slice();
    let typos = include_bytes!("../../../fixtures/robots/typos.txt").as_slice();
    let latin = include_bytes!("../../../fixtures/robots/latin1.txt").as_slice();
    let stars = include_bytes!("../../../fixtures/robots/wildcards.txt").as_slice();
    let closed = include_bytes!("../../../fixtures/robots/staging.txt").as_slice();
    let cases = [
        (wordpress, "/wp-admin/options.php", Some(2)),
        (wordpress, "/wp-admin/admin-ajax.php", None),
        (wordpress, "/?s=shoes", Some(4)),
        (wordpress, "/2026/11/hello/", None),
        (shop, "/checkout/step-1", Some(9)),
        (shop, "/shoes?sort=price", Some(10)),
        // As long as line 12, which allows.
        (shop, "/shoes?page=2&sort=price", None),
        (shop, "/shoes?a=1&sort=price", Some(11)),
        (shop, "/shoes?page=2", None),
        (bom, "/private/a", Some(2)),
        (bom, "/public/a", None),
        (typos, "/one", Some(2)),
        (typos, "/two", Some(3)),
        (typos, "/three", Some(4)),
        (typos, "/four", Some(5)),
        (typos, "/five", Some(6)),
        (typos, "/six", None),
        (latin, "/caf%E9/", Some(3)),
        (latin, "/caf%C3%A9/", None),
        (stars, "/a/b/c/print", Some(2)),
        (stars, "/file.pdf", Some(3)),
        (stars, "/file.pdf?x", None),
        (stars, "/a%2Ab", Some(4)),
        (closed, "/", Some(4)),
        (closed, "/robots.txt", None),
    ];
    for (bytes, path, expected) in cases {
        let group = Robots::parse(bytes).group(&["gatecrawl"]);
        let verdict = group.verdict(path);
        let forbidding = verdict.line.filter(|_| !verdict.allowed);
        assert_eq!(forbidding, expected, "{path}: {verdict:?}");
    }
}
