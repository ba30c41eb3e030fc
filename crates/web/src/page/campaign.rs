//! The dashboard of one campaign: how far it is, what it has spent, labels, and who worked.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::CampaignId;
use serde_json::Value;

use super::dashboard as pictures;
use super::part::{amount, answers, figure, number, price_in, state, text};
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::chart::Bin;
use crate::problem::Problem;
use crate::work::dashboard::{self, Outlook};
use crate::work::insight::Insight;
use crate::work::{Steering, Work, campaign};

/// Labels of the page; the API has all.
const LABELS: usize = 100;
/// Contributors of the page; the API has all.
const PEOPLE: usize = 50;

/// All that is shown.
struct Shown {
    row: Value,
    labels: Vec<Value>,
    people: Vec<Value>,
    steering: Steering,
    outlook: Result<Outlook, Problem>,
    /// For whoever steers it: what takes a look at single answers.
    inside: Option<Inside>,
}

/// The newest judgement, and what reviewers have found.
type Inside = (Option<Arc<Insight>>, Vec<Bin>);

/// `GET /campaigns/{id}`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let page = match id {
        Ok(Path(id)) => draw(work, &viewer, id).await,
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

async fn draw(work: Work, viewer: &Viewer, id: u32) -> Result<Page, Problem> {
    let words = viewer.words();
    let caller = viewer.0.clone();
    let shown = blocking(move || {
        let own = CampaignId(id);
        let steering = work.steering(caller.as_ref(), id)?;
        Ok::<_, Problem>(Shown {
            row: campaign::brief(&work, own)?,
            labels: campaign::label_rows(&work, own, 0, LABELS)?,
            people: campaign::people_rows(&work, own)?,
            outlook: dashboard::outlook(&work, own),
            inside: match steering.may {
                true => dashboard::steered(&work, own).ok(),
                false => None,
            },
            steering,
        })
    });
    let shown = shown.await??;
    let title = text(&shown.row["title"]).to_owned();
    let steers = shown.steering.may && shown.steering.planned;
    Ok(Page {
        part: "/campaigns",
        scripts: if steers {
            &["live.js", "steer.js"]
        } else {
            &["live.js"]
        },
        body: html! {
            (sheets())
            div.head {
                h1 { (title) }
                p.actions {
                    @if shown.steering.may {
                        a.button href={ "/campaigns/" (id) "/people" } {
                            (words.say("dashboard.people-and-rules"))
                        }
                        a.button href={ "/campaigns/" (id) "/disagreement" } {
                            (words.say("common.disagreement"))
                        }
                        a.button href={ "/campaigns/" (id) "/review" } {
                            (words.say("common.review"))
                        }
                    }
                    a.button href={ "/tasks/" (id) } { (words.say("dashboard.see-it-as-a")) }
                }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" data-events={ "/api/v1/campaigns/" (id) "/events" } {
                @if steers { (steer(words, id, &shown)) }
                (progress(words, &shown))
                (outlook(words, id, &shown))
                (labels(words, id, &shown))
                (people(words, &shown.people))
            }
            p id="stale" hidden { (words.say("live.stale")) }
        },
        title,
    })
}

/// Alarms, figures and pictures, as far as they are there and the viewer's business.
fn outlook(words: Words, id: u32, shown: &Shown) -> Markup {
    let insight = shown
        .inside
        .as_ref()
        .and_then(|(insight, _)| insight.as_deref());
    html! {
        @match &shown.outlook {
            Err(problem) => {
                p.empty {
                    (words.draw("dashboard.there-are-no-pictures",
                        &[("problem", &words.why(problem))]))
                }
            }
            Ok(own) => {
                @if shown.steering.may { (pictures::alarms(words, id, &own.alarms(insight))) }
                (pictures::figures(words, own))
                (pictures::pictures(words, own))
            }
        }
        @if let Some((_, bins)) = &shown.inside { (pictures::insights(words, id, insight, bins)) }
        @if shown.steering.may { (pictures::snippets(words, id)) }
    }
}

/// What may still be done: a campaign that is closed takes no answers, so nothing of it is paused.
fn steer(words: Words, id: u32, shown: &Shown) -> Markup {
    let acts = acts(text(&shown.row["stage"]), &shown.steering);
    html! {
        @if !acts.is_empty() {
            p.actions id="steer" data-campaign=(id) {
                @for (act, key) in acts { button type="button" data-act=(act) { (words.say(key)) } }
            }
        }
    }
}

/// The steps that a campaign's state permits, with the keys of their words.
fn acts(stage: &str, steering: &Steering) -> Vec<(&'static str, &'static str)> {
    if matches!(stage, "closed" | "settled") {
        return Vec::new();
    }
    let first = match steering.paused {
        true => ("resume", "dashboard.go-on"),
        false => ("pause", "dashboard.pause"),
    };
    let close = (!steering.closing).then_some(("close", "dashboard.close"));
    std::iter::once(first).chain(close).collect()
}

fn progress(words: Words, shown: &Shown) -> Markup {
    let row = &shown.row;
    let given = answers(row);
    let wanted = number(&row["units"]).saturating_mul(number(&row["overlap"]));
    let budget = amount(&row["budget_units"]);
    let left = amount(&row["left_units"]);
    let used = budget.saturating_sub(left);
    html! {
        section aria-label=(words.say("dashboard.progress")) {
            p.line {
                (state(words, text(&row["stage"])))
                @if shown.steering.paused { (state(words, "paused")) }
                @if shown.steering.closing {
                    span { (words.say("dashboard.the-running-round-is")) }
                }
            }
            label.meter {
                span {
                    (words.draw("dashboard.answers-of",
                        &[("given", &words.count(given.into())),
                          ("wanted", &words.count(wanted.into()))]))
                }
                progress value=(given) max=(wanted.max(1)) {}
            }
            label.meter {
                span {
                    (words.draw("dashboard.spent-or-set-aside",
                        &[("used", &words.money(used)), ("budget", &words.money(budget))]))
                }
                progress value=(used) max=(budget.max(1)) {}
            }
            dl.figures {
                (figure(words.say("campaign.units"), &words.count(number(&row["units"]).into())))
                (figure(
                    words.say("dashboard.answers-per-unit"),
                    &words.count(number(&row["overlap"]).into()),
                ))
                (figure(
                    words.say("dashboard.tasks-still-wanted"),
                    &words.count(number(&row["tasks_wanted"]).into()),
                ))
                (figure(
                    words.say("dashboard.contributors"),
                    &words.count(number(&row["contributors"]).into()),
                ))
                (figure(words.say("dashboard.rounds"), &words.count(number(&row["rounds"]).into())))
                (figure(words.say("campaign.per-answer"), &price_in(words, row)))
            }
        }
    }
}

fn labels(words: Words, id: u32, shown: &Shown) -> Markup {
    html! {
        section {
            h2 { (words.say("dashboard.labels")) }
            @if shown.labels.is_empty() {
                p.empty {
                    (words.say("dashboard.answers-are-sealed-while"))
                }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("dashboard.unit")) }
                                th scope="col" { (words.say("dashboard.label")) }
                                th.num scope="col" { (words.say("common.probability")) }
                                th.num scope="col" { (words.say("common.answers")) }
                            }
                        }
                        tbody {
                            @for row in &shown.labels { (label(words, row)) }
                        }
                    }
                }
                @if shown.labels.len() == LABELS {
                    p.quiet {
                        (words.draw("dashboard.these-are-the-first",
                            &[("shown", &LABELS),
                              ("api", &html! {
                                  a href={ "/api/v1/campaigns/" (id) "/labels" } {
                                      (words.say("dashboard.the-api"))
                                  }
                              })]))
                    }
                }
            }
        }
    }
}

fn label(words: Words, row: &Value) -> Markup {
    html! {
        tr {
            th scope="row" { (text(&row["name"])) }
            td {
                @match row["label"].as_str() {
                    Some(label) => { (label) }
                    None => { span.quiet { (words.say("common.none-yet")) } }
                }
                @if row["gold"] == true { " " span.quiet { (words.say("dashboard.hidden-check")) } }
            }
            td.num { (words.percent(number(&row["probability_ppm"]))) }
            td.num { (words.count(number(&row["answers"]).into())) }
        }
    }
}

fn people(words: Words, rows: &[Value]) -> Markup {
    html! {
        section {
            h2 { (words.say("dashboard.contributors")) }
            @if rows.is_empty() {
                p.empty { (words.say("dashboard.nobody-answered")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("shell.account")) }
                                th.num scope="col" { (words.say("dashboard.hidden-checks-right")) }
                                th.num scope="col" { (words.say("earnings.reputation")) }
                                th.num scope="col" { (words.say("earnings.pending")) }
                                th.num scope="col" { (words.say("earnings.accepted")) }
                                th.num scope="col" { (words.say("dashboard.rejected")) }
                            }
                        }
                        tbody {
                            @for row in rows.iter().take(PEOPLE) { (person(words, row)) }
                        }
                    }
                }
                p.quiet {
                    (words.say("dashboard.pending-accepted-and-rejected"))
                    @if rows.len() > PEOPLE {
                        " " (words.draw("dashboard.these-are-of-contributors",
                            &[("shown", &PEOPLE), ("rows", &words.count(rows.len() as u128))]))
                    }
                }
            }
        }
    }
}

fn person(words: Words, row: &Value) -> Markup {
    let blocks = &row["blocks"];
    html! {
        tr {
            th scope="row" {
                (number(&row["account"]))
                @if row["paused"] == true { " " (state(words, "paused")) }
            }
            @match row["gold_seen"].as_u64() {
                None => {
                    td.num { span.quiet { (words.say("dashboard.not-judged")) } }
                    td.num { span.quiet { (words.say("dashboard.not-judged")) } }
                }
                Some(0) => {
                    td.num { span.quiet { (words.say("dashboard.none-seen")) } }
                    td.num { span.quiet { (words.say("common.none-yet")) } }
                }
                Some(seen) => {
                    td.num {
                        (words.draw("common.of",
                            &[("part", &words.count(number(&row["gold_right"]).into())),
                              ("all", &words.count(seen.into()))]))
                    }
                    td.num { (words.percent(number(&row["reputation_ppm"]))) }
                }
            }
            td.num { (words.count(number(&blocks["pending"]).into())) }
            td.num { (words.count(number(&blocks["accepted"]).into())) }
            td.num { (words.count(number(&blocks["rejected"]).into())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_state_permits_is_offered() {
        let acts = |stage, paused, closing| {
            let steering = Steering {
                may: true,
                planned: true,
                paused,
                closing,
            };
            let acts = acts(stage, &steering).into_iter();
            acts.map(|(act, _)| act).collect::<Vec<_>>()
        };
        assert_eq!(acts("open", false, false), ["pause", "close"]);
        assert_eq!(acts("waiting", true, false), ["resume", "close"]);
        assert_eq!(acts("open", false, true), ["pause"]);
        assert_eq!(acts("open", true, true), ["resume"]);
        for stage in ["closed", "settled"] {
            assert!(acts(stage, false, true).is_empty(), "{stage}");
        }
    }
}
