//! Campaigns as cards for somebody who looks for work.

use maud::{Markup, html};
use protocol::CampaignId;
use serde_json::Value;

use super::part::{amount, number, price_in, state, text};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::Work;
use crate::work::offer::offer;

/// The newest campaigns that take answers or will again, at most so many.
pub(super) async fn running(work: Work, most: usize) -> Result<Vec<Value>, Problem> {
    let found = blocking(move || {
        let ids: Vec<u32> = work.host().read(|state| {
            let all = state.numbered_campaigns();
            let runs = all.filter(|(_, campaign)| node::stage_word(campaign.stage) == "open");
            runs.map(|(id, _)| id.0).collect()
        });
        let newest = ids.into_iter().rev().take(most);
        let rows = newest.map(|id| offer(&work, CampaignId(id)));
        rows.collect::<Result<Vec<_>, _>>()
    });
    Ok(found.await??.into_iter().flatten().collect())
}

/// All of them.
pub(super) fn cards(words: Words, rows: &[Value]) -> Markup {
    html! { div.grid { @for row in rows { (card(words, row)) } } }
}

fn card(words: Words, row: &Value) -> Markup {
    let kind = match text(&row["kind"]) {
        "choices" => "kind.choices",
        "rating" => "kind.rating",
        "comparison" => "kind.comparison",
        "text" => "kind.text",
        _ => "kind.choice",
    };
    let is_paid = amount(&row["price_units"]) > 0 || row["bonus"].is_object();
    html! {
        article.card.offer {
            p.line {
                (state(words, text(&row["stage"])))
                span.quiet { (words.say(kind)) " · " (text(&row["skill"])) }
            }
            h3 { a href={ "/tasks/" (number(&row["id"])) } { (text(&row["title"])) } }
            p.price {
                (price_in(words, row))
                @if is_paid { " " small { (words.say("offer.per-answer")) } }
            }
            p.quiet { (pace(words, row)) }
            (facts(words, row))
        }
    }
}

/// What an hour has earned, or that too little is known.
fn pace(words: Words, row: &Value) -> String {
    let own = &row["pace"];
    let hour = amount(&own["hour_units"]);
    if hour == 0 {
        return words.say("offer.no-pace").to_owned();
    }
    let cents = hour / 10_000 * 10_000;
    let (hour, tasks) = (
        words.money(cents),
        words.count(number(&own["tasks"]).into()),
    );
    words.fill("offer.pace", &[("hour", &hour), ("tasks", &tasks)])
}

fn facts(words: Words, row: &Value) -> Markup {
    let terms = &row["terms"];
    let stake = amount(&terms["stake_units"]);
    let judged = &row["judged"];
    let reputation = number(&row["reputation_ppm"]);
    let blocks = number(&judged["blocks"]);
    html! {
        dl.facts {
            dt { (words.say("offer.level")) }
            dd {
                @let level = words.state(text(&row["level"]));
                @if reputation > 0 {
                    (words.fill("offer.level-from",
                        &[("level", &level), ("share", &words.percent(reputation))]))
                } @else { (level) }
            }
            dt { (words.say("offer.quality")) }
            dd { (words.percent(number(&terms["reference_ppm"]))) }
            dt { (words.say("offer.set-aside")) }
            dd { (words.money(amount(&terms["block_deposit_units"]))) }
            @if stake > 0 {
                dt { (words.say("offer.stake")) }
                dd { (words.money(stake)) }
            }
            dt { (words.say("offer.paid-blocks")) }
            dd {
                @if blocks == 0 { (words.say("offer.none-judged")) }
                @else {
                    (words.count(number(&judged["paid"]).into())) " / "
                    (words.count(blocks.into()))
                }
            }
            dt { (words.say("offer.tasks-left")) }
            dd { (words.count(number(&row["tasks_wanted"]).into())) }
        }
    }
}
