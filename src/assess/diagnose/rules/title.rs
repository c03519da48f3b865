//! The names of rules in the words of people.

/// What a rule says was found, as a title; the rule's own name, if it is none of ours.
pub fn title(rule: &str) -> &str {
    match rule {
        "announced_too_long" => "Downtime announced for longer than search engines wait",
        "cached_error" => "A cache repeats errors",
        "client_block" => "Crawlers are refused where browsers are not",
        "compression_fault" => "Pages fail when their answers are compressed",
        "dns_fault" => "The host's name does not resolve",
        "external_links" => "External links that fail",
        "family_down" => "A group of URLs hangs, and the rest of it was not seen",
        "host_down" => "A host was given up, and the rest of it was not seen",
        "host_maintenance" => "The whole host is down for maintenance",
        "host_outage" => "The whole host was down for a while",
        "intermittent_cluster" => "Pages that fail by turns",
        "load_induced" => "Fails under fast requests",
        "one_backend_down" => "One backend of several is down",
        "own_outage" => "The crawler itself had no network",
        "part_outage" => "A part of the site goes down as a whole",
        "persistent_cluster" => "Pages that fail again and again",
        "redirect_into_error" => "A redirect leads into an error",
        "retry_after_invalid" => "Retry-After that nobody can read",
        "robots_unreachable" => "robots.txt cannot be read",
        "section_down" => "A section is down",
        "server_misconfiguration" => "The server itself refuses a section",
        "sitemap_failing" => "A sitemap cannot be read",
        "sitemap_lists_failing" => "The sitemap lists pages that fail",
        "slow_host" => "The host answers slowly",
        "soft_error" => "Error pages that say 200",
        "start_page" => "The start page is no page",
        "timeout_wall" => "Answers fail when a timer fires",
        "tls_fault" => "No secure connection",
        "transient_cluster" => "Pages that failed and recovered",
        "truncated_bodies" => "Pages arrive cut short",
        "unconfirmed_cluster" => "Pages that fail, not yet confirmed",
        other => other,
    }
}
