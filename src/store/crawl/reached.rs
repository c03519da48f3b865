//! The IP addresses from which a run's hosts answered, and the hosts that linked to URLs not requested yet.
//! A later process needs them to judge private IP addresses as the run did.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::model::{CrawlUrl, HostKey, Role};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

impl Store {
    /// Returns the IP addresses from which each host of a run answered; IP addresses without an answer are left out.
    /// Hosts whose IP addresses the user gave are left out. So are all hosts behind a proxy, because nothing was
    /// learned about their IP addresses.
    pub fn reached(&self, run: RunId) -> Result<BTreeMap<HostKey, Vec<IpAddr>>, StoreError> {
        let reach = self.run_by_id(run)?.plan.requests.reach;
        let mut reached: BTreeMap<HostKey, Vec<IpAddr>> = BTreeMap::new();
        if reach.proxy.is_some() {
            return Ok(reached);
        }
        let connection = self.connect()?;
        let sql = "SELECT h.text, r.text FROM
                (SELECT DISTINCT u.host, a.remote FROM attempt a
                    JOIN url u ON u.run = a.run AND u.id = a.url
                    WHERE a.run = ?1 AND a.remote IS NOT NULL
                        AND (a.status IS NOT NULL OR a.purpose <> 'probe:address')) seen
            JOIN text h ON h.run = ?1 AND h.id = seen.host
            JOIN text r ON r.run = ?1 AND r.id = seen.remote";
        let rows: Vec<(String, String)> = list(&connection, sql, [run], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(|source| self.fault(source))?;
        for (host, remote) in rows {
            let url = self.origin(&host)?;
            let Ok(remote) = remote.parse::<IpAddr>() else {
                return Err(self.damaged(format!("cannot read stored address {remote:?}")));
            };
            if !is_given(&url, &reach.resolve) {
                reached.entry(url.host_key()).or_default().push(remote);
            }
        }
        Ok(reached)
    }

    /// Returns pairs of hosts: the second has queued URLs, and the first linked to them. URLs named by a
    /// robots.txt are left out, because the file may have come from another host by a redirect.
    pub fn waiting_by_host(&self, run: RunId) -> Result<Vec<(HostKey, HostKey)>, StoreError> {
        let connection = self.connect()?;
        let sql = "SELECT f.text, t.text FROM
                (SELECT DISTINCT s.host AS source, u.host AS target FROM url u
                    JOIN url s ON s.run = u.run AND s.id = u.found_on
                    WHERE u.run = ?1 AND u.state = 1 AND s.host <> u.host AND s.role <> ?2) led
            JOIN text f ON f.run = ?1 AND f.id = led.source
            JOIN text t ON t.run = ?1 AND t.id = led.target";
        let rows: Vec<(String, String)> =
            list(&connection, sql, (run, Role::Robots.code()), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(|source| self.fault(source))?;
        rows.iter()
            .map(|(from, to)| Ok((self.origin(from)?.host_key(), self.origin(to)?.host_key())))
            .collect()
    }

    fn origin(&self, text: &str) -> Result<CrawlUrl, StoreError> {
        CrawlUrl::parse(text).map_err(|_| self.damaged(format!("cannot read stored host {text:?}")))
    }
}

/// Returns whether the user gave the IP address of a host, as `HOST:PORT:ADDRESS`.
fn is_given(url: &CrawlUrl, given: &[String]) -> bool {
    let host = url.host();
    let port = url.as_url().port_or_known_default().unwrap_or_default();
    let prefix = format!("{host}:{port}:");
    given.iter().any(|given| given.starts_with(&prefix))
}
