use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::Installation;

/// Restrictions of both services: they lose the access that gatecrawl does not need.
const CONFINED: &str = "\
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateDevices=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
";

/// Returns a service that runs all the time. It notifies systemd when it is ready and that it is alive, stops
/// within a crawl, and continues it after a restart.
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

/// Returns a service that runs the due tasks and ends, and the timer that starts it.
pub fn timer(what: &Installation) -> String {
    let head = head("Scheduled site audits (gatecrawl), what is due now");
    format!(
        "# gatecrawl.service: save this part as /etc/systemd/system/gatecrawl.service, and the part below as gatecrawl.timer.\n\
         {head}\n\
         [Service]\n\
         Type=oneshot\n\
         ExecStart={command}\n\
         {common}\
         # These exit codes are results of audits, not failures of the service: 3 no answer, 4 and 10 a gate.\n\
         SuccessExitStatus=3 4 10\n\
         \n\
         # gatecrawl.timer: then `systemctl enable --now gatecrawl.timer`.\n\
         # Starts the program every five minutes; the program runs what is due, missed runs included.\n\
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

/// Returns the common part of both services: their user, and what they may access, which is the network and
/// their own files (systemd.exec(5); `systemd-analyze security` gives less than 3 of 10).
fn common(what: &Installation) -> String {
    format!(
        "{}\
         # Secrets, such as GATECRAWL_SHOP_COOKIE=..., a line each; readable for root only.\n\
         EnvironmentFile=-/etc/gatecrawl/secrets\n\
         # Time to finish open requests and to conclude the run.\n\
         TimeoutStopSec=5min\n\
         # Several times the memory that gatecrawl needs. If this limit stops it, its next start continues the run.\n\
         MemoryMax=1G\n\
         # The group may read reports; other users may not.\n\
         UMask=0027\n\
         {CONFINED}",
        identity(what),
    )
}

/// Returns the lines about the user of the services and the directories of their files.
fn identity(what: &Installation) -> String {
    let Some(user) = &what.user else {
        return "# A user that is there only while it runs. Program and configuration must be readable for everybody; database and\n\
                # exports (`out` as a relative path) lie in /var/lib/gatecrawl.\n\
                DynamicUser=yes\n\
                StateDirectory=gatecrawl\n\
                WorkingDirectory=%S/gatecrawl\n\
                Environment=XDG_DATA_HOME=%S\n"
            .to_owned();
    };
    let mut text = format!("User={}\n", escaped(user));
    if let Some(dir) = what.config.parent() {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "WorkingDirectory={}",
            escaped(&dir.display().to_string())
        );
    }
    text + "# What it may write, if it is there.\n" + &writable(what)
}

/// Returns a line for each directory that gatecrawl writes to.
fn writable(what: &Installation) -> String {
    let own = what.config.parent().map(Path::to_owned);
    let database = what.database.as_deref().and_then(Path::parent);
    let database = match database {
        Some(dir) => dir.to_owned(),
        None => what.data.clone(),
    };
    let dirs: BTreeSet<PathBuf> = own
        .into_iter()
        .chain([database])
        .chain(what.outs.iter().cloned())
        .collect();
    let lines = dirs
        .iter()
        .map(|dir| format!("ReadWritePaths={}", quoted(&format!("-{}", dir.display()))));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn command(what: &Installation, more: &[&str]) -> String {
    let words = what.words().into_iter().map(|word| quoted(&word));
    let words = words.chain(more.iter().map(|word| (*word).to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

/// Returns a word of `ExecStart` (systemd.service(5)): in double quotes, with special characters doubled.
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
    fn nobody_is_root_and_what_is_written_is_named() {
        let named = service(&installation());
        assert!(named.contains("\nUser=gatecrawl\n"), "{named}");
        let writable = "\nReadWritePaths=\"-/srv/site audits/100%%\"\nReadWritePaths=-/srv/www/reports\n\
                        ReadWritePaths=-/var/lib/gatecrawl\n";
        assert!(named.contains(writable), "{named}");
        let root = Installation {
            user: None,
            ..installation()
        };
        for unit in [service(&root), timer(&root)] {
            assert!(unit.contains("\nDynamicUser=yes\n"), "{unit}");
            assert!(
                unit.contains("\nMemoryMax=") && unit.contains("\nUMask="),
                "{unit}"
            );
        }
    }

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
