//! The operator's page, drawn.

use maud::{Markup, html};
use node::Settings;
use node::rule::Rule;
use node::timing::{ENDS_US, Timed};
use view::desk::Firing;

use super::super::part::Head::{Number, Text};
use super::super::part::{figure, ill, state, tabled};
use super::super::rule;
use super::super::sheet::sheets;
use super::super::shell::Page;
use super::super::words::Words;
use super::Shown;

/// The whole page.
pub(super) fn page(words: Words, shown: &Shown) -> Page {
    Page {
        part: "/operator",
        title: words.say("common.operator").to_owned(),
        scripts: &["live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { (words.say("common.operator")) }
                p.actions {
                    a.button href="/audit" { (words.say("nav.audit")) }
                    a.button href="/metrics" { (words.say("operator.metrics")) }
                }
            }
            div id="live" data-events="/api/v1/events" {
                (health(words, shown))
                (queues(words, shown))
                (stores(words, shown))
                (chain(words, shown))
                (crate::page::chains::section(words, &shown.chains, &shown.health.ills))
                (pairs(words.say("player.keys"), &shown.keys, true))
                (people(words, shown))
                (disputes(words, shown))
                (firings(words, &shown.firings))
                (pairs(words.say("operator.settings-as-they-run"), &shown.settings, false))
            }
            p.quiet {
                (words.draw("operator.this-page-changes-nothing",
                    &[("headwater", &html! { code { "headwater" } })]))
            }
            p id="stale" hidden { (words.say("live.stale")) }
        },
    }
}

fn health(words: Words, shown: &Shown) -> Markup {
    let health = &shown.health;
    html! {
        section {
            h2 { (words.say("operator.health")) }
            p.line {
                (state(words, health.role.word()))
                @if health.ills.is_empty() {
                    span { (words.say("operator.there-is-nothing-to")) }
                }
            }
            @if !health.ills.is_empty() {
                ul.alarms { @for own in &health.ills {
                    li data-grave { (ill(words, own)) }
                } }
            }
            @for name in &shown.resting {
                p.note {
                    (words.draw("operator.the-upstream-has-failed", &[("name", &name)]))
                }
            }
        }
    }
}

fn queues(words: Words, shown: &Shown) -> Markup {
    let health = &shown.health;
    html! {
        section {
            h2 { (words.say("operator.queues")) }
            dl.figures {
                (figure(
                    words.say("operator.wait-for-the-writer"),
                    &words.count(health.waiting as u128),
                ))
                (figure(words.say("operator.durable-not-published"),
                    &words.count(health.durable.saturating_sub(health.published).into())))
                (figure(words.say("operator.durable-not-yet-read"),
                    &words.count(health.durable.saturating_sub(health.applied_through).into())))
                (figure(words.say("operator.durable-not-in-the"),
                    &words.count(health.durable.saturating_sub(shown.viewed).into())))
            }
            (pairs(words.say("operator.the-journal"), &shown.commits, false))
            @if let Some((going, failing, disabled)) = shown.hooks {
                p {
                    (words.draw("operator.webhooks-are-told-wait",
                        &[("going", &going), ("failing", &failing), ("disabled", &disabled)]))
                }
            }
        }
    }
}

fn stores(words: Words, shown: &Shown) -> Markup {
    html! {
        section {
            h2 { (words.say("operator.stores")) }
            (tabled(&[Text(words.say("operator.file")), Number(words.say("common.bytes"))], &html! {
                @for (name, bytes) in &shown.stores {
                    tr {
                        th scope="row" { code { (name) } }
                        td.num { @match bytes {
                            Some(bytes) => { (words.count((*bytes).into())) }
                            None => { span.quiet { (words.say("operator.not-there")) } }
                        } }
                    }
                }
            }))
            p.quiet { (words.say("operator.the-view-follows-from")) }
        }
    }
}

fn chain(words: Words, shown: &Shown) -> Markup {
    html! {
        section {
            h2 { (words.say("operator.chain")) }
            @if let (true, Some(first)) = (shown.chains.len() > 1, shown.chains.first()) {
                p.note { (words.fill("chains.this-is-the-first",
                    &[("chain", &first.chain_id.to_string())])) }
            }
            @match &shown.chain {
                Err(why) => {
                    p.empty {
                        (words.fill("operator.the-chain-could-not", &[("why", words.say(why))]))
                    }
                }
                Ok(own) => {
                    dl.figures {
                        (figure(
                            words.say("operator.newest-block"),
                            &words.count(own.height.into()),
                        ))
                        @for (token, paid) in own.paid.iter().enumerate() {
                            (figure(
                                &words.fill("operator.paid-out-token",
                                    &[("token", &token.to_string())]),
                                &words.money(*paid),
                            ))
                        }
                    }
                    @if own.epochs.is_empty() {
                        p.empty { (words.say("operator.no-epoch-has-closed")) }
                    }
                    @for epoch in &own.epochs {
                        p.line { (words.draw("operator.epoch",
                            &[("epoch", &epoch.epoch), ("state", &state(words, epoch.status))]))
                            @if epoch.status == "open" {
                                @let end_ms = epoch.ready_at_s.saturating_mul(1_000);
                                (words.draw("common.until-time",
                                    &[("time", &words.time(end_ms))]))
                            } }
                    }
                }
            }
        }
    }
}

fn people(words: Words, shown: &Shown) -> Markup {
    html! {
        section {
            h2 { (words.say("operator.people-and-work")) }
            dl.figures { @for (name, number) in &shown.counts {
                (figure(name, &words.count((*number).into())))
            } }
            @if !shown.roles.is_empty() {
                (tabled(&[
                    Text(words.say("shell.account")),
                    Text(words.say("operator.roles-given")),
                ], &html! {
                    @for (account, roles) in &shown.roles {
                        tr { th scope="row" { (account) } td { (roles) } }
                    }
                }))
            }
            p.actions { a.button href="/campaigns" { (words.say("nav.campaigns")) } }
        }
    }
}

fn disputes(words: Words, shown: &Shown) -> Markup {
    html! {
        section {
            h2 { (words.say("operator.appeals-that-wait")) }
            @if shown.appeals.is_empty() {
                p.empty { (words.say("operator.no-appeal-waits-for")) }
            } @else {
                (tabled(&[
                    Text(words.say("campaign.campaign")),
                    Text(words.say("operator.account-and-block")),
                    Text(words.say("operator.due")),
                ], &html! {
                    @for (campaign, account, block, due_ms) in &shown.appeals {
                        tr {
                            th scope="row" { a href={ "/campaigns/" (campaign) "/review" } {
                                (campaign) } }
                            td {
                                (words.draw("operator.account-block",
                                    &[("account", &account),
                                      ("block", &block.saturating_add(1))]))
                            }
                            td { (words.time(*due_ms)) }
                        }
                    }
                }))
                p.actions {
                    a.button href="/appeals" { (words.say("operator.decide-as-a-member")) }
                }
            }
        }
    }
}

fn firings(words: Words, rows: &[(Firing, Option<Rule>)]) -> Markup {
    html! {
        section {
            h2 { (words.say("common.what-rules-have-done")) }
            @if rows.is_empty() {
                p.empty { (words.say("common.no-rule-has-fired")) }
            } @else {
                (tabled(
                    &[
                        Text(words.say("common.when")),
                        Text(words.say("campaign.campaign")),
                        Text(words.say("shell.account")),
                        Text(words.say("common.rule")),
                        Text(words.say("campaign.state")),
                    ],
                    &html! {
                        @for (firing, rule) in rows {
                            tr {
                                td { (words.time(firing.at_ms)) }
                                td { a href={ "/campaigns/" (firing.campaign) "/people" } {
                                    (firing.campaign) } }
                                th scope="row" { (firing.account) }
                                td { @match rule {
                                    Some(rule) => { (rule::line(words, rule)) }
                                    None => { (words.say("rule.unread")) }
                                } }
                                td { @match firing.lifted {
                                    Some((by, _)) => {
                                        (words.draw("common.lifted-by", &[("by", &by.0)]))
                                    }
                                    None => { (words.say("operator.as-it-fired")) }
                                } }
                            }
                        }
                    },
                ))
                p.quiet { (words.say("operator.lift-one-on-the")) }
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
pub(super) fn commits(words: Words, timed: &Timed) -> Vec<(&'static str, String)> {
    let within = |share: u64| {
        let wanted = timed.count.saturating_mul(share).div_ceil(100).max(1);
        let place = timed.within.iter().position(|count| *count >= wanted);
        match place.and_then(|place| ENDS_US.get(place)) {
            _ if timed.count == 0 => words.say("common.none-yet").to_owned(),
            Some(end) => words.decimal(&format!("{}.{} ms", end / 1_000, end % 1_000 / 100)),
            None => words.say("operator.more-than-10-s").to_owned(),
        }
    };
    vec![
        (
            words.say("operator.batches-since-the-start"),
            words.count(timed.count.into()),
        ),
        (words.say("operator.half-of-them-within"), within(50)),
        (words.say("operator.99-of-them-within"), within(99)),
    ]
}

/// The node's settings with those of its business.
pub(super) fn settings(
    words: Words,
    own: &Settings,
    more: &[(&'static str, String)],
) -> Vec<(&'static str, String)> {
    let ms = |ms: u64| match ms {
        u64::MAX => words.say("operator.never-by-itself").to_owned(),
        ms => format!("{} ms", words.count(ms.into())),
    };
    let mut rows = more.to_vec();
    rows.extend([
        (
            words.say("operator.a-checkpoint-every"),
            ms(own.publish_every_ms),
        ),
        (
            words.say("operator.promised-time-to-a"),
            ms(own.merge_delay_ms),
        ),
        (
            words.say("operator.entries-between-snapshots"),
            words.count(own.snapshot_every.into()),
        ),
        (
            words.say("operator.submissions-that-may-wait"),
            words.count(own.queue_limit as u128),
        ),
        (
            words.say("operator.entries-that-reads-may"),
            words.count(own.lag_limit.into()),
        ),
        (
            words.say("operator.witnesses-that-must-have"),
            own.quorum.to_string(),
        ),
        (
            words.say("operator.a-witness-may-take"),
            ms(own.witness_timeout_ms),
        ),
        (
            words.say("operator.publishes-without-its-quorum"),
            words
                .say(if own.publish_without_quorum {
                    "common.yes"
                } else {
                    "common.no"
                })
                .to_owned(),
        ),
        (
            words.say("operator.takes-over-a-silent"),
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
            commits(Words::ENGLISH, &timing.read())
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
