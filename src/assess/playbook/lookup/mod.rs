//! Finds the playbook of a topic as people type it.

use super::book::{BOOKS, Books, Playbook, Topic, normal};
use super::proxies;
use crate::model::{Cause, Outcome};

/// Lines that a status takes from each of its causes.
const LINES_A_CAUSE: usize = 2;

/// Returns the playbook of a status code, a cause, an outcome, a step, a check, a server or a word of the program's
/// own. If a server product is named, its notes are added. Case, spaces and hyphens do not matter.
pub fn lookup(topic: &str, server: Option<&str>) -> Option<Playbook> {
    let books = &*BOOKS;
    let key = normal(topic);
    let mut playbook = books
        .topic(&key)
        .or_else(|| books.status(&key))
        .or_else(|| books.outcome(&key))
        .or_else(|| books.server(&key))
        .or_else(|| proxies::playbook(&key))
        .or_else(|| books.other_status(&key))?;
    if let Some((name, notes)) =
        server.and_then(|server| books.servers.get_key_value(server_key(server)?))
    {
        let causes = playbook.causes.iter().map(|cause| cause.id());
        let mut topics: Vec<&str> = [key.as_str()].into_iter().chain(causes).collect();
        // A cause is its own topic.
        topics.dedup();
        // A topic with several causes has the first lines about each, as of its general advice.
        let most = if playbook.causes.len() > 1 {
            LINES_A_CAUSE
        } else {
            usize::MAX
        };
        playbook.server = Some(notes.notes(name, &topics, most));
    }
    Some(playbook)
}

/// Topics about servers, and the servers' keys.
pub(super) const SERVERS: [(&str, &str); 14] = [
    ("server.nginx", "nginx"),
    ("server.apache", "apache"),
    ("server.haproxy", "haproxy"),
    ("server.caddy", "caddy"),
    ("server.envoy", "envoy"),
    ("server.varnish", "varnish"),
    ("server.squid", "squid"),
    ("server.lighttpd", "lighttpd"),
    ("server.php_fpm", "php-fpm"),
    ("server.node", "node"),
    ("server.gunicorn", "gunicorn"),
    ("server.tomcat", "tomcat"),
    ("server.cdn", "cdn"),
    ("server.load_balancer", "load_balancer"),
];

/// Words in product names, as in fingerprints and `Server` headers, with the server whose notes apply.
const PRODUCTS: [(&str, &str); 35] = [
    // Not Apache's `httpd`.
    ("lighttpd", "lighttpd"),
    ("openresty", "nginx"),
    ("php", "php-fpm"),
    ("nginx", "nginx"),
    ("tomcat", "tomcat"),
    ("coyote", "tomcat"),
    ("apache", "apache"),
    ("httpd", "apache"),
    ("openshift", "haproxy"),
    ("haproxy", "haproxy"),
    ("caddy", "caddy"),
    ("varnish", "varnish"),
    ("squid", "squid"),
    ("node", "node"),
    ("express", "node"),
    ("next.js", "node"),
    ("gunicorn", "gunicorn"),
    ("uwsgi", "gunicorn"),
    ("django", "gunicorn"),
    ("wordpress", "php-fpm"),
    ("laravel", "php-fpm"),
    ("cloudflare", "cdn"),
    ("cloudfront", "cdn"),
    ("fastly", "cdn"),
    ("akamai", "cdn"),
    ("front door", "cdn"),
    ("sucuri", "cdn"),
    ("imperva", "cdn"),
    ("cdn", "cdn"),
    ("alb", "load_balancer"),
    ("elb", "load_balancer"),
    // Google's balancer is Envoy inside, which nobody configures there.
    ("load balancer", "load_balancer"),
    ("envoy", "envoy"),
    ("load_balancer", "load_balancer"),
    ("gateway", "load_balancer"),
];

/// Returns the server whose notes apply to a product, by any of its names.
pub fn server_key(product: &str) -> Option<&'static str> {
    let product = product.to_lowercase();
    let found = PRODUCTS.iter().find(|(word, _)| product.contains(word));
    found.map(|(_, key)| *key).filter(|key| !key.is_empty())
}

/// Returns the keys of the servers that have notes.
pub fn servers() -> impl Iterator<Item = &'static str> {
    SERVERS.iter().map(|(_, key)| *key)
}

impl Books {
    fn topic(&self, key: &str) -> Option<Playbook> {
        let (key, topic) = self
            .causes
            .get_key_value(key)
            .or_else(|| self.steps.get_key_value(key))
            .or_else(|| self.words.get_key_value(key))
            .or_else(|| self.numbers.get_key_value(key))?;
        let mut playbook = topic.playbook(key);
        playbook.causes.extend(Cause::from_id(key));
        Some(playbook)
    }

    /// Returns a status's playbook: its own meaning, and the advice of the causes behind it.
    fn status(&self, key: &str) -> Option<Playbook> {
        let topic = self.statuses.get(key)?;
        let mut playbook = topic.playbook(key);
        for id in &topic.causes {
            let Some(cause) = self.causes.get(id) else {
                continue;
            };
            let first = |lines: &[String]| {
                lines
                    .iter()
                    .take(LINES_A_CAUSE)
                    .cloned()
                    .collect::<Vec<_>>()
            };
            playbook.signs.extend(first(&cause.signs));
            playbook.confirm.extend(first(&cause.confirm));
            playbook.act.extend(first(&cause.act));
            playbook.verify.extend(cause.verify.first().cloned());
            for step in &cause.steps {
                if !playbook.steps.contains(step) {
                    playbook.steps.push(step.clone());
                }
            }
        }
        playbook.verify.dedup();
        Some(playbook)
    }

    /// Returns an outcome's playbook: that of its status, or its own meaning and first steps with the
    /// advice of its cause.
    fn outcome(&self, key: &str) -> Option<Playbook> {
        let outcome = Outcome::ALL.iter().find(|outcome| outcome.id() == key)?;
        let Some(topic) = self.outcomes.get(key) else {
            return self.status(&outcome.status()?.to_string());
        };
        let cause = outcome.default_cause();
        let follow = topic.follow.as_deref().unwrap_or(cause.id());
        let followed = self
            .causes
            .get(follow)
            .map(|topic: &Topic| topic.playbook(follow));
        let mut playbook = followed.unwrap_or_default();
        key.clone_into(&mut playbook.key);
        key.replace('_', " ").clone_into(&mut playbook.title);
        playbook.meaning.clone_from(&topic.meaning);
        playbook.act.splice(0..0, topic.act.iter().cloned());
        playbook.causes = Cause::TEN
            .into_iter()
            .filter(|known| *known == cause)
            .collect();
        Some(playbook)
    }

    /// Returns the playbook of a status without an entry: that of the outcome which the crawler would
    /// record.
    fn other_status(&self, key: &str) -> Option<Playbook> {
        let outcome = match key.parse().ok()? {
            204 | 205 => Outcome::OkNonHtml,
            206 | 304 => Outcome::StatusUnrequested,
            200..=299 => Outcome::OkHtml,
            301 | 302 | 303 | 307 | 308 => Outcome::Redirect,
            300..=399 => Outcome::RedirectBad,
            status @ 400..=999 => Outcome::of_error_status(status, false),
            _ => return None,
        };
        self.outcome(outcome.id())
    }

    fn server(&self, key: &str) -> Option<Playbook> {
        let product = PRODUCTS.iter().find(|(word, _)| *word == key);
        let is_meant = |(topic, name): &&(&str, &str)| {
            *topic == key
                || topic.ends_with(&format!(".{key}"))
                || product.is_some_and(|p| p.1 == *name)
        };
        let (_, name) = SERVERS.iter().find(is_meant)?;
        let server = self.servers.get(*name)?;
        Some(Playbook {
            key: format!("server.{}", name.replace('-', "_")),
            title: server.title.clone(),
            meaning: server.remember.clone(),
            confirm: server.confirm.clone(),
            act: server.act.clone(),
            ..Playbook::default()
        })
    }
}

#[cfg(test)]
mod tests;
