//! Rules that turn counted facts into findings: one function per rule, one file per family of rules.
//!
//! A finding's text is made from its fields, never the other way round. A rule with too little evidence
//! returns nothing.

mod address;
mod backend;
mod client;
mod cluster;
mod external;
mod finding;
mod load;
mod maintenance;
mod outage;
mod own_outage;
mod pages;
mod references;
mod refusals;
mod robots;
mod rule;
mod site_files;
mod slow;
mod transport;
mod unread;
mod unseen;
mod walls;

pub use address::address_down;
pub use backend::one_backend_down;
pub use client::{ClientFacts, client_block};
pub use cluster::{
    SectionFacts, compression_fault, hashed_backend_down, intermittent_cluster, is_down,
    persistent_cluster, section_down, transient_cluster, unconfirmed_cluster,
};
pub use external::{DeadLink, DeadLinks, external_links, is_dead};
pub use finding::{Finding, Scope, Severity};
pub use load::{load_induced, slow_host};
pub use maintenance::{announced_too_long, host_maintenance, retry_after_invalid};
pub use outage::{
    FirstRequestFacts, PartFacts, first_request_fails, host_outage, mixed_outage, part_outage,
};
pub use own_outage::{OwnOutageFacts, own_outage};
pub use pages::{PageFaults, cached_errors, soft_errors, truncated_bodies};
pub use references::{BrokenReference, broken_references};
pub use refusals::{Refusals, access_denied, server_misconfigurations};
pub use robots::{RobotsFacts, robots_unreachable};
pub use rule::{About, Concerns, Rule};
pub use site_files::{
    FileOutageFacts, RedirectChains, RedirectFacts, SitemapFacts, SitemapProblem, file_outage,
    redirect_chains, redirect_into_error, sitemap_failing, sitemap_lists_failing, sitemap_problems,
};
pub use slow::{FamilySpeed, SLOW_PAGE, slow_pages};
pub use transport::{closed_connections, dns_faults, tls_faults};
pub use unread::{BlockedSection, ScriptedPages, needs_script, robots_blocks};
pub use unseen::{GivenUpFacts, family_down, host_down, start_page};
pub use walls::timeout_wall;

use super::causes::Diagnosis;
use super::cluster::ClusterFacts;
use super::host::HostFacts;

/// Returns the findings about one cluster, or about several with one cause: one that names the pages and
/// the cause, and those about related problems.
pub fn of_cluster(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Vec<Finding> {
    let pages = compression_fault(facts, diagnosis)
        .or_else(|| hashed_backend_down(facts, diagnosis))
        .or_else(|| persistent_cluster(facts, diagnosis))
        .or_else(|| intermittent_cluster(facts, diagnosis))
        .or_else(|| unconfirmed_cluster(facts, diagnosis))
        .or_else(|| transient_cluster(facts, diagnosis));
    [
        pages,
        cached_errors(facts, diagnosis),
        timeout_wall(facts, diagnosis),
        announced_too_long(facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the findings about one host.
pub fn of_host(facts: &HostFacts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = [
        host_maintenance(facts),
        host_outage(facts),
        mixed_outage(facts),
        address_down(facts).or_else(|| one_backend_down(facts)),
        load_induced(facts),
        slow_host(facts),
        retry_after_invalid(facts),
        closed_connections(facts),
        truncated_bodies(facts),
    ]
    .into_iter()
    .flatten()
    .collect();
    findings.extend(tls_faults(facts));
    findings.extend(dns_faults(facts));
    findings
}

#[cfg(test)]
mod fixture;
