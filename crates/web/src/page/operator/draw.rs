//! The operator's page, drawn.

use maud::{Markup, html};
use node::Settings;
use node::rule::Rule;
use node::timing::{ENDS_US, Timed};
use view::desk::Firing;

use super::super::part::Head::{Number, Text};
use super::super::part::{chip, count, figure, money, tabled, time};
use super::super::sheet::sheets;
use super::super::shell::Page;
use super::Shown;

/// The whole page.
pub(super) fn page(shown: &Shown) -> Page {
    Page {
        part: "/operator",
        title: "Operator".to_owned(),
        scripts: &["live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { "Operator" }
                p.actions {
                    a.button href="/audit" { "Audit" }
                    a.button href="/metrics" { "Metrics" }
                }
            }
            div id="live" data-events="/api/v1/events" {
                (health(shown))
                (queues(shown))
                (stores(shown))
                (chain(shown))
                (crate::page::chains::section(&shown.chains, &shown.health.problems))
                (pairs("Keys", &shown.keys, true))
                (people(shown))
                (disputes(shown))
                (firings(&shown.firings))
                (pairs("Settings as they run", &shown.settings, false))
            }
            p.quiet { "This page changes nothing. Roles, keys and settings are changed by the "
                "commands of " code { "headwater" } ", campaigns on their own pages." }
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
        },
    }
}

fn health(shown: &Shown) -> Markup {
    let health = &shown.health;
    html! {
        section {
            h2 { "Health" }
            p.line {
                (chip(health.role.word()))
                @if health.problems.is_empty() { span { "There is nothing to look at." } }
            }
            @if !health.problems.is_empty() {
                ul.alarms { @for problem in &health.problems { li data-grave { (problem) } } }
            }
            @for name in &shown.resting {
                p.note { "The upstream " (name) " has failed and is left alone for a while." }
            }
        }
    }
}

fn queues(shown: &Shown) -> Markup {
    let health = &shown.health;
    html! {
        section {
            h2 { "Queues" }
            dl.figures {
                (figure("Wait for the writer", &count(health.waiting as u128)))
                (figure("Durable, not published",
                    &count(health.durable.saturating_sub(health.published).into())))
                (figure("Durable, not yet read",
                    &count(health.durable.saturating_sub(health.applied_through).into())))
                (figure("Durable, not in the view",
                    &count(health.durable.saturating_sub(shown.viewed).into())))
            }
            (pairs("The journal", &shown.commits, false))
            @if let Some((going, failing, disabled)) = shown.hooks {
                p { "Webhooks: " (going) " are told, " (failing) " wait after a failure, "
                    (disabled) " were given up." }
            }
        }
    }
}

fn stores(shown: &Shown) -> Markup {
    html! {
        section {
            h2 { "Stores" }
            (tabled(&[Text("File"), Number("Bytes")], &html! {
                @for (name, bytes) in &shown.stores {
                    tr {
                        th scope="row" { code { (name) } }
                        td.num { @match bytes {
                            Some(bytes) => { (count((*bytes).into())) }
                            None => { span.quiet { "not there" } }
                        } }
                    }
                }
            }))
            p.quiet { "The view follows from the log and may be thrown away; the others are part "
                "of a backup." }
        }
    }
}

fn chain(shown: &Shown) -> Markup {
    html! {
        section {
            h2 { "Chain" }
            @if let (true, Some(first)) = (shown.chains.len() > 1, shown.chains.first()) {
                p.note { "This is chain " (first.chain_id) ", the first one." }
            }
            @match &shown.chain {
                Err(why) => { p.empty { "The chain could not be asked: " (why) "." } }
                Ok(own) => {
                    dl.figures {
                        (figure("Newest block", &count(own.height.into())))
                        @for (token, paid) in own.paid.iter().enumerate() {
                            (figure(&format!("Paid out, token {token}"), &money(*paid)))
                        }
                    }
                    @if own.epochs.is_empty() { p.empty { "No epoch has closed yet." } }
                    @for epoch in &own.epochs {
                        p.line { "Epoch " (epoch.epoch) " " (chip(epoch.status))
                            @if epoch.status == "open" {
                                "until " (time(epoch.ready_at_s.saturating_mul(1_000)))
                            } }
                    }
                }
            }
        }
    }
}

fn people(shown: &Shown) -> Markup {
    html! {
        section {
            h2 { "People and work" }
            dl.figures { @for (name, number) in &shown.counts {
                (figure(name, &count((*number).into())))
            } }
            @if !shown.roles.is_empty() {
                (tabled(&[Text("Account"), Text("Roles given")], &html! {
                    @for (account, roles) in &shown.roles {
                        tr { th scope="row" { (account) } td { (roles) } }
                    }
                }))
            }
            p.actions { a.button href="/campaigns" { "Campaigns" } }
        }
    }
}

fn disputes(shown: &Shown) -> Markup {
    html! {
        section {
            h2 { "Appeals that wait" }
            @if shown.appeals.is_empty() {
                p.empty { "No appeal waits for a panel." }
            } @else {
                (tabled(&[Text("Campaign"), Text("Account and block"), Text("Due")], &html! {
                    @for (campaign, account, block, due_ms) in &shown.appeals {
                        tr {
                            th scope="row" { a href={ "/campaigns/" (campaign) "/review" } {
                                (campaign) } }
                            td { "account " (account) ", block " (block) }
                            td { (time(*due_ms)) }
                        }
                    }
                }))
                p.actions { a.button href="/appeals" { "Decide as a member of a panel" } }
            }
        }
    }
}

fn firings(rows: &[(Firing, Option<Rule>)]) -> Markup {
    html! {
        section {
            h2 { "What rules have done" }
            @if rows.is_empty() {
                p.empty { "No rule has fired." }
            } @else {
                (tabled(
                    &[Text("When"), Text("Campaign"), Text("Account"), Text("Rule"), Text("State")],
                    &html! {
                        @for (firing, rule) in rows {
                            tr {
                                td { (time(firing.at_ms)) }
                                td { a href={ "/campaigns/" (firing.campaign) "/people" } {
                                    (firing.campaign) } }
                                th scope="row" { (firing.account) }
                                td { @match rule {
                                    Some(rule) => { (rule.words()) }
                                    None => { "a rule that is no longer understood" }
                                } }
                                td { @match firing.lifted {
                                    Some((by, _)) => { "lifted by " (by) }
                                    None => { "as it fired" }
                                } }
                            }
                        }
                    },
                ))
                p.quiet { "Lift one on the page of its campaign's people." }
            }
        }
    }
}

fn pairs(title: &str, rows: &[(&str, String)], long: bool) -> Markup {
    html! {
        section {
            h2 { (title) }
            dl.facts { @for (name, value) in rows {
                dt { (name) }
                dd class=[long.then_some("path")] { (value) }
            } }
        }
    }
}

/// How many batches the journal has taken, and within which time half and 99 % of them were.
pub(super) fn commits(timed: &Timed) -> Vec<(&'static str, String)> {
    let within = |share: u64| {
        let wanted = timed.count.saturating_mul(share).div_ceil(100).max(1);
        let place = timed.within.iter().position(|count| *count >= wanted);
        match place.and_then(|place| ENDS_US.get(place)) {
            _ if timed.count == 0 => "none yet".to_owned(),
            Some(end) => format!("{}.{} ms", end / 1_000, end % 1_000 / 100),
            None => "more than 10 s".to_owned(),
        }
    };
    vec![
        ("Batches since the start", count(timed.count.into())),
        ("Half of them within", within(50)),
        ("99 % of them within", within(99)),
    ]
}

/// The node's settings with those of its business.
pub(super) fn settings(
    own: &Settings,
    more: &[(&'static str, String)],
) -> Vec<(&'static str, String)> {
    let ms = |ms: u64| match ms {
        u64::MAX => "never by itself".to_owned(),
        ms => format!("{} ms", count(ms.into())),
    };
    let mut rows = more.to_vec();
    rows.extend([
        ("A checkpoint every", ms(own.publish_every_ms)),
        ("Promised time to a checkpoint", ms(own.merge_delay_ms)),
        (
            "Entries between snapshots",
            count(own.snapshot_every.into()),
        ),
        ("Submissions that may wait", count(own.queue_limit as u128)),
        ("Entries that reads may lag", count(own.lag_limit.into())),
        ("Witnesses that must have signed", own.quorum.to_string()),
        ("A witness may take", ms(own.witness_timeout_ms)),
        (
            "Publishes without its quorum",
            own.publish_without_quorum.to_string(),
        ),
        (
            "Takes over a silent writer after",
            ms(own.takeover_after_ms),
        ),
    ]);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use node::timing::Timing;
    use std::time::Duration;

    #[test]
    fn commits_are_told_by_the_end_of_their_bucket() {
        let timing = Timing::default();
        let words = |timing: &Timing| -> Vec<String> {
            commits(&timing.read())
                .into_iter()
                .map(|row| row.1)
                .collect()
        };
        assert_eq!(words(&timing), ["0", "none yet", "none yet"]);
        (0..99).for_each(|_| timing.note(Duration::from_micros(600)));
        timing.note(Duration::from_secs(20));
        assert_eq!(words(&timing), ["100", "1.0 ms", "1.0 ms"]);
        timing.note(Duration::from_secs(20));
        assert_eq!(words(&timing), ["101", "1.0 ms", "more than 10 s"]);
    }
}
