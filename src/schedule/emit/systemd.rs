use super::Installation;

/// A service that runs all the time: it tells systemd when it is ready and that it lives, stops within
/// a crawl and goes on with it when it is started again.
pub fn service(what: &Installation) -> String {
    let head = head("Scheduled site audits (gatecrawl)");
    format!(
        "# gatecrawl.service: put it into /etc/systemd/system, then `systemctl enable --now gatecrawl`.\n\
         {head}\n\
         [Service]\n\
         Type=notify\n\
         ExecStart={command}\n\
         {common}\
         Restart=on-failure\n\
         RestartSec=30s\n\
         # A mistake in the configuration does not go away by itself.\n\
         RestartPreventExitStatus=2\n\
         # Longer than it may wait for another process that writes the database, which is ten minutes.\n\
         WatchdogSec=15min\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n",
        command = command(what, &[]),
        common = common(what),
    )
}

/// A service that does what is due and ends, and the timer that starts it.
pub fn timer(what: &Installation) -> String {
    let head = head("Scheduled site audits (gatecrawl), what is due now");
    format!(
        "# gatecrawl.service: put it into /etc/systemd/system, and what follows below into gatecrawl.timer.\n\
         {head}\n\
         [Service]\n\
         Type=oneshot\n\
         ExecStart={command}\n\
         {common}\
         # What the audits found is no failure of the service: 3 no answer, 4 and 10 a gate.\n\
         SuccessExitStatus=3 4 10\n\
         \n\
         # gatecrawl.timer: then `systemctl enable --now gatecrawl.timer`.\n\
         # The program knows what is due, missed runs included; it is asked every five minutes.\n\
         [Unit]\n\
         Description=Start scheduled site audits (gatecrawl)\n\
         \n\
         [Timer]\n\
         OnCalendar=*:0/5\n\
         Persistent=true\n\
         \n\
         [Install]\n\
         WantedBy=timers.target\n",
        command = command(what, &["--once"]),
        common = common(what),
    )
}

fn head(description: &str) -> String {
    format!(
        "[Unit]\n\
         Description={description}\n\
         Wants=network-online.target\n\
         After=network-online.target\n"
    )
}

/// What both services have in common.
fn common(what: &Installation) -> String {
    let directory = what.config.parent().map(|dir| {
        let dir = escaped(&dir.display().to_string());
        format!("WorkingDirectory={dir}\n")
    });
    let user = what
        .user
        .as_ref()
        .map(|user| format!("User={}\n", escaped(user)));
    format!(
        "{}{}\
         # Secrets, such as GATECRAWL_SHOP_COOKIE=..., a line each; readable for root only.\n\
         EnvironmentFile=-/etc/gatecrawl/secrets\n\
         # Requests that are open are waited for, and what was fetched is concluded.\n\
         TimeoutStopSec=5min\n\
         NoNewPrivileges=yes\n\
         PrivateTmp=yes\n\
         ProtectSystem=full\n",
        user.unwrap_or_default(),
        directory.unwrap_or_default(),
    )
}

fn command(what: &Installation, more: &[&str]) -> String {
    let words = what.words().into_iter().map(|word| quoted(&word));
    let words = words.chain(more.iter().map(|word| (*word).to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

/// A word of `ExecStart` (systemd.service(5)): in double quotes, with what has a meaning doubled.
fn quoted(word: &str) -> String {
    let escaped = escaped(word)
        .replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('$', "$$");
    if escaped.contains(|c: char| c.is_whitespace() || "\"'\\;".contains(c)) {
        format!("\"{escaped}\"")
    } else {
        escaped
    }
}

/// `%` begins a specifier (systemd.unit(5)).
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::super::installation;
    use super::*;

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        let service = service(&installation());
        assert!(
            service.contains(
                "ExecStart=/usr/local/bin/gatecrawl schedule --config \
             \"/srv/site audits/100%%/gatecrawl.toml\" --db /var/lib/gatecrawl/runs.db run\n"
            ),
            "{service}"
        );
        assert!(
            service.contains("WorkingDirectory=/srv/site audits/100%%\n"),
            "{service}"
        );
        assert_eq!(quoted("a$b\"c"), r#""a$$b\"c""#);
    }
}
