use crate::report::shell_word;

use super::Installation;

/// Returns a line for `crontab -e`. Cron mails the program's output, which is errors only.
pub fn cron(what: &Installation) -> String {
    let words = what.words().into_iter().map(|word| shell_word(&word));
    let mut command = words.collect::<Vec<_>>().join(" ");
    command.push_str(" --once --quiet");
    // Cron reads a % as the end of the line.
    let command = command.replace('%', r"\%");
    format!(
        "# gatecrawl: every five minutes what is due, which the program knows (time zones, missed runs and\n\
         # rechecks included). Runs never overlap. Secrets: lines such as GATECRAWL_SHOP_COOKIE=... above.\n\
         */5 * * * * {command}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::super::installation;
    use super::*;

    #[test]
    fn it_is_a_line_of_a_crontab() {
        let text = cron(&installation());
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let [line] = lines.as_slice() else {
            panic!("{text}");
        };
        let fields: Vec<&str> = line.splitn(6, ' ').collect();
        croner::Cron::from_str(&fields[..5].join(" ")).expect("five fields of cron");
        assert_eq!(
            fields[5],
            r"/usr/local/bin/gatecrawl schedule --config '/srv/site audits/100\%/gatecrawl.toml' --db /var/lib/gatecrawl/runs.db run --once --quiet"
        );
        assert!(text.ends_with('\n'), "cron ignores a line without an end");
    }
}
