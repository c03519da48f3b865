//! Cookie files: the Netscape format that curl and browser extensions write, or header lines.

use crate::model::CrawlUrl;

/// The `name=value` pairs of a file that are meant for one of these URLs. Cookies without a domain,
/// those of header lines, are meant for all.
pub(super) fn fitting(text: &str, seeds: &[CrawlUrl]) -> Vec<String> {
    text.lines().flat_map(|line| read(line, seeds)).collect()
}

fn read(line: &str, seeds: &[CrawlUrl]) -> Vec<String> {
    // curl marks cookies that scripts may not read so; other lines with a hash are comments.
    let line = line.strip_prefix("#HttpOnly_").unwrap_or(line).trim();
    if line.is_empty() || line.starts_with('#') {
        return Vec::new();
    }
    let fields: Vec<&str> = line.split('\t').collect();
    if let [domain, _, _, secure, _, name, rest @ ..] = fields.as_slice() {
        let value = rest.first().unwrap_or(&"");
        let fits = seeds.iter().any(|seed| fits(seed, domain, secure));
        return fits
            .then(|| format!("{name}={value}"))
            .into_iter()
            .collect();
    }
    if let Some(value) = header(line, "set-cookie:") {
        // What follows the first pair tells a browser when to send it.
        return value
            .split(';')
            .take(1)
            .map(|pair| pair.trim().to_owned())
            .collect();
    }
    let value = header(line, "cookie:").unwrap_or(line);
    let pairs = value.split(';').map(str::trim);
    pairs
        .filter(|pair| pair.contains('='))
        .map(str::to_owned)
        .collect()
}

fn header<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let start = line.get(..name.len())?;
    start
        .eq_ignore_ascii_case(name)
        .then(|| &line[name.len()..])
}

fn fits(seed: &CrawlUrl, domain: &str, secure: &str) -> bool {
    let host = seed.host().to_string();
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let is_host = host == domain
        || host
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.ends_with('.'));
    let may = !secure.eq_ignore_ascii_case("true") || seed.as_url().scheme() == "https";
    !domain.is_empty() && is_host && may
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cookies_of_the_site_are_taken() {
        let file = "# Netscape HTTP Cookie File\n\
            .example.com\tTRUE\t/\tTRUE\t0\tsession\tabc\n\
            #HttpOnly_www.example.com\tFALSE\t/\tFALSE\t0\ttoken\tdef\n\
            shop.example.com\tFALSE\t/\tFALSE\t0\tcart\t1\n\
            badexample.com\tTRUE\t/\tFALSE\t0\tevil\t1\n";
        let seed = |text| vec![CrawlUrl::parse(text).expect("a URL")];
        let https = seed("https://www.example.com/");
        assert_eq!(fitting(file, &https), ["session=abc", "token=def"]);
        let http = seed("http://www.example.com/");
        assert_eq!(fitting(file, &http), ["token=def"]);
    }

    #[test]
    fn header_lines_are_taken_whole() {
        let file = "Cookie: a=1; b=2\nset-cookie: c=3; Path=/; Secure\nd=4\n";
        assert_eq!(fitting(file, &[]), ["a=1", "b=2", "c=3", "d=4"]);
    }
}
