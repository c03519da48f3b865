//! Which hosts may be requested at IP addresses that are not public. A host that the user named may be on a
//! private network, and its answers may link to other hosts within that network. All other hosts must be
//! public. A name's first usable answer decides for the rest of the run where its host is; later answers
//! count only if they agree.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::public::{PrivateAddresses, Refused, hidden_address, is_public};
use crate::model::CrawlUrl;

/// Maximum number of hosts, besides those that the user named, to which pages of a private network may
/// lead (ours). Hosts beyond it must be public.
pub const MOST_NEIGHBOURS: usize = 10_000;

/// The hosts that the user named, each with its port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    everybody: bool,
    places: HashSet<(String, u16)>,
}

impl Named {
    /// Returns every host, for callers that check each URL themselves.
    pub fn everybody() -> Named {
        Named {
            everybody: true,
            places: HashSet::new(),
        }
    }

    /// Returns the hosts of these URLs.
    pub fn of<'a>(urls: impl IntoIterator<Item = &'a CrawlUrl>) -> Named {
        let places = urls.into_iter().map(|url| {
            let (host, port) = place(url);
            (host.to_owned(), port)
        });
        Named {
            everybody: false,
            places: places.collect(),
        }
    }

    fn has(&self, host: &str, port: u16) -> bool {
        // The set's key is owned; a host is short.
        self.everybody || self.places.contains(&(host.to_owned(), port))
    }
}

/// The hosts that may be on a private network. All requests of a fetcher share it.
#[derive(Debug)]
pub(in crate::fetch) struct Neighbours {
    named: Named,
    // Locked for a lookup, never over an await.
    hosts: Mutex<HashMap<String, Neighbour>>,
}

#[derive(Debug, Default)]
struct Neighbour {
    /// Network of the host, once its name was resolved.
    place: Option<PrivateAddresses>,
    /// Networks at which a port may be requested because a page of that network linked to it.
    led: Vec<(u16, PrivateAddresses)>,
}

impl Neighbours {
    pub(in crate::fetch) fn new(named: Named) -> Neighbours {
        Neighbours {
            named,
            hosts: Mutex::default(),
        }
    }

    /// Refuses a URL whose host alone shows that it may not be requested. Our resolver is not called for
    /// IP addresses, nor for any name when a proxy resolves it, so filtering its answers is not enough.
    pub(in crate::fetch) fn check_host(&self, url: &CrawlUrl) -> Result<(), Refused> {
        let (host, port) = place(url);
        match literal(host) {
            Some(address) => self.judge(host, port, &[address]).map(drop),
            None => Ok(()),
        }
    }

    /// Returns the IP addresses of a host that may be requested. The first call for a host decides where it
    /// is.
    pub(in crate::fetch) fn judge(
        &self,
        host: &str,
        port: u16,
        addresses: &[IpAddr],
    ) -> Result<Vec<IpAddr>, Refused> {
        let named = self.named.has(host, port);
        let mut hosts = self.lock();
        if named && !hosts.contains_key(host) {
            hosts.insert(host.to_owned(), Neighbour::default());
        }
        match hosts.get_mut(host) {
            Some(neighbour) => neighbour.judge(port, named, addresses),
            None => usable(addresses, is_public),
        }
    }

    /// Returns whether a host may be requested at an IP address, as far as its network is known.
    pub(in crate::fetch) fn admit(&self, url: &CrawlUrl, address: IpAddr) -> bool {
        let (host, port) = place(url);
        let named = self.named.has(host, port);
        match self.lock().get(host) {
            Some(neighbour) => neighbour.admits(port, named, address),
            None => named || is_public(address),
        }
    }

    /// Returns whether any host of this run may be requested at an IP address.
    pub(in crate::fetch) fn admit_for_any_host(&self, address: IpAddr) -> bool {
        let holds = |it: &Neighbour| (it.place.as_ref()).is_some_and(|place| place.holds(address));
        is_public(address) || self.lock().values().any(holds)
    }

    /// Records that an answer from one URL's host led to another URL. This matters only for hosts on a
    /// private network, and opens only that network.
    pub(in crate::fetch) fn led(&self, from: &CrawlUrl, to: &CrawlUrl) {
        let ((host, port), (next, next_port)) = (place(from), place(to));
        if (host, port) == (next, next_port) {
            return;
        }
        let mut hosts = self.lock();
        let known = hosts.get(host).and_then(|from| from.place.as_ref());
        let Some(network) = known.filter(|place| !place.is_public()).cloned() else {
            return;
        };
        if hosts.len() < MOST_NEIGHBOURS + self.named.places.len() || hosts.contains_key(next) {
            let neighbour = hosts.entry(next.to_owned()).or_default();
            neighbour.open(next_port, network);
        }
    }

    /// Records the IP addresses at which a host answered before this process started. Returns whether they
    /// agree with where it is now.
    pub(in crate::fetch) fn was_at(&self, url: &CrawlUrl, addresses: &[IpAddr]) -> bool {
        let (host, port) = place(url);
        let was = PrivateAddresses::of_host(addresses);
        let mut hosts = self.lock();
        if !hosts.contains_key(host) && was.is_public() && !self.named.has(host, port) {
            return true;
        }
        if !hosts.contains_key(host) && hosts.len() >= MOST_NEIGHBOURS + self.named.places.len() {
            return true;
        }
        let neighbour = hosts.entry(host.to_owned()).or_default();
        if let Some(place) = &neighbour.place {
            return *place == was;
        }
        if !was.is_public() {
            neighbour.open(port, was.clone());
        }
        neighbour.place = Some(was);
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Neighbour>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Neighbour {
    fn judge(
        &mut self,
        port: u16,
        named: bool,
        addresses: &[IpAddr],
    ) -> Result<Vec<IpAddr>, Refused> {
        if self.place.is_none() {
            let first = usable(addresses, |address| self.may(port, named, address))?;
            self.place = Some(PrivateAddresses::of_host(&first));
        }
        usable(addresses, |address| self.admits(port, named, address))
    }

    fn admits(&self, port: u16, named: bool, address: IpAddr) -> bool {
        let place = self.place.as_ref();
        self.may(port, named, address) && place.is_none_or(|place| place.holds(address))
    }

    /// Returns whether a port may be requested at an IP address, wherever the host is.
    fn may(&self, port: u16, named: bool, address: IpAddr) -> bool {
        let mut led = self.led.iter();
        named
            || is_public(address)
            || led.any(|(led, network)| *led == port && network.holds(address))
    }

    fn open(&mut self, port: u16, network: PrivateAddresses) {
        match self.led.iter_mut().find(|(led, _)| *led == port) {
            Some((_, networks)) => networks.add(network),
            None => self.led.push((port, network)),
        }
    }
}

/// Returns the IP addresses that a rule admits. A name without any is off limits for crawls.
fn usable(addresses: &[IpAddr], admits: impl Fn(IpAddr) -> bool) -> Result<Vec<IpAddr>, Refused> {
    let (usable, refused): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().partition(|address| admits(**address));
    match refused.first() {
        Some(first) if usable.is_empty() => Err(Refused::of(*first)),
        _ => Ok(usable),
    }
}

/// Returns a host in the form of this module and the resolver, and the port. One final dot means the
/// same name.
fn place(url: &CrawlUrl) -> (&str, u16) {
    let url = url.as_url();
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    (host.strip_suffix('.').unwrap_or(host), port)
}

/// Returns the IP address of a host that is one, or that resolvers replace by one, such as `localhost`.
fn literal(host: &str) -> Option<IpAddr> {
    let address = host.trim_matches(['[', ']']).parse().ok();
    address.or_else(|| hidden_address(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: &str = "127.0.0.1";
    const INSIDE: &str = "10.0.0.1";
    const OUTSIDE: &str = "1.1.1.1";

    fn url(text: &str) -> CrawlUrl {
        CrawlUrl::parse(text).expect("a URL")
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        let parse = |text: &&str| text.parse().expect("an address");
        texts.iter().map(parse).collect()
    }

    fn naming(urls: &[&str]) -> Neighbours {
        let urls: Vec<CrawlUrl> = urls.iter().map(|text| url(text)).collect();
        Neighbours::new(Named::of(&urls))
    }

    /// Returns the admitted IP addresses of a name's answer.
    fn judge(neighbours: &Neighbours, at: &str, found: &[&str]) -> Vec<IpAddr> {
        let url = url(at);
        let (host, port) = place(&url);
        let judged = neighbours.judge(host, port, &addresses(found));
        judged.unwrap_or_default()
    }

    fn is_refused(neighbours: &Neighbours, at: &str) -> bool {
        neighbours.check_host(&url(at)).is_err()
    }

    #[test]
    fn the_first_answer_decides_where_a_named_host_is() {
        let rebound = naming(&["http://evil.example/"]);
        assert_eq!(
            judge(&rebound, "http://evil.example/", &[LOOPBACK]),
            addresses(&[LOOPBACK])
        );
        assert!(judge(&rebound, "http://evil.example/", &[OUTSIDE]).is_empty());
        assert!(judge(&rebound, "http://evil.example/", &[INSIDE]).is_empty());
        assert_eq!(
            judge(&rebound, "http://evil.example/", &[OUTSIDE, "127.0.0.9"]),
            addresses(&["127.0.0.9"])
        );

        let public = naming(&["http://evil.example/"]);
        assert_eq!(
            judge(&public, "http://evil.example/", &[LOOPBACK, OUTSIDE]),
            addresses(&[OUTSIDE])
        );
        assert!(judge(&public, "http://evil.example/", &[LOOPBACK]).is_empty());
        // An IP address that may not be connected to may not answer either.
        assert!(!public.admit(&url("http://evil.example/"), addresses(&[LOOPBACK])[0]));
    }

    #[test]
    fn a_private_network_is_open_only_to_links_from_it() {
        let both = naming(&["http://intranet.example/", "http://public.example/"]);
        judge(&both, "http://intranet.example/", &[INSIDE]);
        judge(&both, "http://public.example/", &[OUTSIDE]);
        let wiki = "http://wiki.example:8080/";
        both.led(&url("http://public.example/"), &url(wiki));
        assert!(judge(&both, wiki, &["10.0.0.9"]).is_empty());
        both.led(&url("http://intranet.example/a"), &url(wiki));
        assert!(
            judge(&both, wiki, &[LOOPBACK]).is_empty(),
            "another network"
        );
        assert_eq!(judge(&both, wiki, &["10.0.0.9"]), addresses(&["10.0.0.9"]));
        // The same holds for links from there.
        let next = "http://10.0.0.10/";
        assert!(is_refused(&both, next));
        both.led(&url(wiki), &url(next));
        assert!(!is_refused(&both, next));
        assert!(is_refused(&both, "http://10.0.0.10:81/"), "another port");
        assert!(is_refused(&both, "http://wiki.example.localhost/"));
    }

    #[test]
    fn one_hostile_name_of_a_list_opens_nothing_for_the_others() {
        let list = naming(&["http://localhost:3000/", "http://evil.example/"]);
        assert!(!is_refused(&list, "http://localhost:3000/"));
        judge(&list, "http://evil.example/", &[OUTSIDE]);
        for target in [
            "http://localhost:6379/",
            "http://127.0.0.1:3000/",
            "http://[::1]/",
        ] {
            list.led(&url("http://evil.example/"), &url(target));
            assert!(is_refused(&list, target), "{target}");
        }
        list.led(
            &url("http://localhost:3000/"),
            &url("http://127.0.0.1:3000/"),
        );
        assert!(!is_refused(&list, "http://127.0.0.1:3000/"));
    }

    #[test]
    fn a_name_that_was_never_resolved_here_opens_nothing() {
        // The same holds behind a proxy, which resolves names itself.
        let proxied = naming(&["http://intranet.example/"]);
        proxied.led(&url("http://intranet.example/"), &url("http://10.0.0.9/"));
        assert!(is_refused(&proxied, "http://10.0.0.9/"));
    }

    #[test]
    fn a_resumed_run_knows_where_its_hosts_were() {
        let site = "http://evil.example/";
        let resumed = naming(&[site]);
        assert!(resumed.was_at(&url(site), &addresses(&[OUTSIDE])));
        assert!(judge(&resumed, site, &[LOOPBACK]).is_empty());

        let resumed = naming(&["http://intranet.example/"]);
        assert!(resumed.was_at(&url("http://intranet.example/"), &addresses(&[INSIDE])));
        assert!(resumed.was_at(&url("http://wiki.example/"), &addresses(&["10.0.0.9"])));
        resumed.led(&url("http://wiki.example/"), &url("http://10.0.0.10/"));
        assert!(!is_refused(&resumed, "http://10.0.0.10/"));
        assert_eq!(
            judge(&resumed, "http://wiki.example/", &["10.0.0.9"]),
            addresses(&["10.0.0.9"])
        );

        let next = naming(&[site]);
        judge(&next, site, &[LOOPBACK]);
        assert!(!next.was_at(&url(site), &addresses(&[OUTSIDE])));
    }

    #[test]
    fn addresses_in_urls_are_seen_in_every_spelling() {
        let nobody = naming(&[]);
        for refused in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:8080/",
            // The URL standard treats these as names.
            "http://127.0.0.1../",
            "http://0x7f.1.../",
            "http://169.254.169.254../",
        ] {
            assert!(is_refused(&nobody, refused), "{refused}");
        }
        for fine in ["http://1.1.1.1/", "http://1.1.1.1../"] {
            assert!(!is_refused(&nobody, fine), "{fine}");
        }
    }

    #[test]
    fn localhost_is_this_machine_for_every_resolver() {
        for text in [
            "http://localhost/",
            "http://LOCALHOST.:8080/",
            "http://localhost../",
            "http://app.localhost/",
        ] {
            assert!(is_refused(&naming(&[]), text), "{text}");
            assert!(!is_refused(&naming(&[text]), text), "{text}");
            let inside = naming(&["http://10.0.0.1/"]);
            judge(&inside, "http://10.0.0.1/", &[INSIDE]);
            inside.led(&url("http://10.0.0.1/"), &url(text));
            assert!(is_refused(&inside, text), "{text}");
        }
        for text in ["http://localhost.example/", "http://notlocalhost/"] {
            assert!(!is_refused(&naming(&[]), text), "{text}");
        }
    }

    #[test]
    fn the_hosts_that_pages_lead_to_are_bounded() {
        let site = "http://intranet.example/";
        let many = naming(&[site]);
        judge(&many, site, &[INSIDE]);
        for number in 0..MOST_NEIGHBOURS + 10 {
            let next = format!("http://h{number}.example/");
            many.led(&url(site), &url(&next));
        }
        assert!(many.lock().len() <= MOST_NEIGHBOURS + 1);
        assert_eq!(judge(&many, site, &[INSIDE]), addresses(&[INSIDE]));
    }
}
