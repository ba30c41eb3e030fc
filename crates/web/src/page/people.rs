//! The people of a campaign, for its requester: where each stands, and what its rules have done.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::participant::Participant;
use node::rule::{Action, Rule};
use protocol::CampaignId;
use view::desk::Firing;

use super::part::state;
use super::rule;
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, conduct, hit};

/// `GET /campaigns/{id}/people`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let words = viewer.words();
    let why = words.say("people.the-people-of-a");
    let page = steered(work, &viewer, (uri.path(), why), id, draw).await;
    answer(&viewer, uri.path(), page)
}

/// A page that a campaign's requester alone may see; `why` is told to whoever must log in first.
pub(super) async fn steered(
    work: Work,
    viewer: &Viewer,
    (path, why): (&str, &str),
    id: Result<Path<u32>, PathRejection>,
    draw: fn(Words, &Work, CampaignId) -> Result<Page, Problem>,
) -> Result<Page, Problem> {
    let words = viewer.words();
    let Path(id) = id?;
    let Some(caller) = &viewer.0 else {
        return Ok(log_in(words, "/campaigns", path, why));
    };
    let id = work.steers(caller, id)?;
    blocking(move || draw(words, &work, id)).await?
}

fn draw(words: Words, work: &Work, id: CampaignId) -> Result<Page, Problem> {
    let people = conduct::all_participants(work, id)?;
    let firings = hit::fired(work, id)?;
    let rules = work.draft(id)?.conduct.rules;
    Ok(Page {
        part: "/campaigns",
        title: words.say("people.people").to_owned(),
        scripts: &["people.js", "live.js"],
        body: html! {
            div.head {
                h1 { (words.draw("people.people-of-campaign", &[("campaign", &id.0)])) }
                p.actions {
                    a.button href={ "/campaigns/" (id.0) } { (words.say("common.dashboard")) }
                    a.button href={ "/campaigns/" (id.0) "/disagreement" } {
                        (words.say("common.disagreement"))
                    }
                    a.button href={ "/campaigns/" (id.0) "/review" } {
                        (words.say("common.review"))
                    }
                }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" {
                (participants(words, &people))
                section {
                    h2 { (words.say("common.rules")) }
                    @if rules.is_empty() { p.empty { (words.say("people.this-campaign-has-no")) } }
                    @else { ol { @for rule in &rules { li { (rule::line(words, rule)) } } } }
                }
                (fired(words, id, &firings))
            }
            p id="stale" hidden { (words.say("live.stale")) }
        },
    })
}

fn participants(words: Words, people: &[Participant]) -> Markup {
    html! {
        section {
            h2 { (words.say("people.participants")) }
            @if people.is_empty() {
                p.empty { (words.say("people.nobody-has-taken-a")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("shell.account")) }
                                th scope="col" { (words.say("campaign.state")) }
                                th.num scope="col" { (words.say("people.holds")) }
                                th.num scope="col" { (words.say("common.answers")) }
                                th.num scope="col" {
                                    (words.say("people.pending-accepted-rejected"))
                                }
                                th.num scope="col" { (words.say("common.paid")) }
                                th.num scope="col" {
                                    (words.say("people.skipped-returned-timed-out"))
                                }
                            }
                        }
                        tbody {
                            @for row in people {
                                tr {
                                    th scope="row" {
                                        (row.account)
                                        @if row.stopped { " " (state(words, "paused")) }
                                    }
                                    td { (state(words, row.status.word())) }
                                    td.num { (row.leases) }
                                    td.num { (words.count(row.answers.into())) }
                                    td.num {
                                        (row.blocks[0]) ", " (row.blocks[1]) ", " (row.blocks[2])
                                    }
                                    td.num { (words.money(row.paid_units.units())) }
                                    td.num {
                                        (row.skipped) ", " (row.returned) ", " (row.timed_out)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn fired(words: Words, id: CampaignId, rows: &[(Firing, Option<Rule>)]) -> Markup {
    html! {
        section {
            div.head {
                h2 { (words.say("common.what-rules-have-done")) }
                a.button href={ "/api/v1/campaigns/" (id.0) "/firings.csv" } { "CSV" }
            }
            @if rows.is_empty() {
                p.empty { (words.say("common.no-rule-has-fired")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("common.when")) }
                                th scope="col" { (words.say("shell.account")) }
                                th scope="col" { (words.say("common.rule")) }
                                th scope="col" { (words.say("people.evidence")) }
                                th scope="col" { (words.say("common.until")) }
                                th scope="col" { span.hidden { (words.say("common.action")) } }
                            }
                        }
                        tbody { @for (firing, rule) in rows.iter().rev() {
                            (line(words, id, firing, rule.as_ref()))
                        } }
                    }
                }
            }
        }
    }
}

fn line(words: Words, id: CampaignId, firing: &Firing, rule: Option<&Rule>) -> Markup {
    let holds = [Action::Pause, Action::CoolDown, Action::LowerPriority];
    let holds = rule.is_some_and(|rule| holds.contains(&rule.action));
    html! {
        tr {
            td { (words.time(firing.at_ms)) }
            th scope="row" { (firing.account) }
            td {
                (firing.rule.saturating_add(1)) ". "
                @match rule {
                    Some(rule) => { (rule::line(words, rule)) }
                    None => { (words.say("rule.unread")) }
                }
            }
            td { @if let Some(rule) = rule {
                (rule::evidence(words, rule, firing.value, firing.count))
            } }
            td {
                @match (firing.lifted, firing.until_ms) {
                    (Some((by, _)), _) => {
                        (words.draw("common.lifted-by", &[("by", &by.0)]))
                    }
                    (None, 0) => { (words.say("people.at-once")) }
                    (None, u64::MAX) => { (words.say("people.the-end-of-the")) }
                    (None, until_ms) => { (words.time(until_ms)) }
                }
            }
            td {
                @if holds && firing.lifted.is_none() {
                    button type="button" data-firing=(firing.id) data-campaign=(id.0) {
                        (words.say("people.lift"))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::AccountId;

    #[test]
    fn what_a_rule_has_done_is_told_in_the_readers_language() {
        let rule = Rule {
            collector: node::rule::Collector::TaskTime,
            is: node::rule::Compare::Below,
            value: 1_500,
            after: 8,
            action: Action::Pause,
            minutes: 0,
        };
        let firing = Firing {
            id: 7,
            campaign: CampaignId(2),
            first_unit: 0,
            visit: 1,
            account: AccountId(3),
            rule: 0,
            settings: String::new(),
            value: 1_200,
            count: 8,
            at_ms: 0,
            until_ms: u64::MAX,
            lifted: None,
        };
        let drawn = |code: &str, rule| {
            line(Words::named(code).unwrap(), CampaignId(2), &firing, rule).into_string()
        };
        let english = drawn("en", Some(&rule));
        assert!(english.contains(&rule.words()), "{english}");
        assert!(english.contains(&rule.evidence(1_200, 8)), "{english}");
        assert!(english.contains("data-firing=\"7\""), "{english}");
        for code in ["zh", "es"] {
            let page = drawn(code, Some(&rule));
            assert!(!page.contains("time per task"), "{page}");
        }
        let unread = drawn("es", None);
        assert!(unread.contains("ya no se entiende"), "{unread}");
        assert!(
            !unread.contains("data-firing"),
            "nobody knows what it holds"
        );
    }
}
