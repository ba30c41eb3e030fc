//! Pictures of a campaign: pace, cost, hidden checks, people, agreement, forecast, alarms.

use maud::{Markup, html};
use view::question::Contributor;

use super::part::figure;
use super::words::Words;
use crate::chart::{
    Bin, Caption, Dot, Line, Matrix, Measure, Point, Span, heat, intervals, lines, reliability,
    scatter,
};
use crate::work::dashboard::{Alarm, Outlook, range_ppm};
use crate::work::insight::Insight;

/// Contributors whose ranges are drawn, those with most hidden checks first.
const RANGES: usize = 25;

fn counted(words: Words) -> Measure {
    Measure {
        words,
        name: words.say("common.answers"),
        whole: 1,
        sign: "",
        exact: Words::count,
    }
}

fn checked(words: Words) -> Measure {
    Measure {
        words,
        name: words.say("dashboard.hidden-checks-right"),
        whole: 10_000,
        sign: " %",
        exact: |words, ppm| words.percent(u64::try_from(ppm).unwrap_or(u64::MAX)),
    }
}

/// What to look at, and what to do about it.
pub(super) fn alarms(words: Words, id: u32, alarms: &[Alarm]) -> Markup {
    html! {
        section aria-label=(words.say("dashboard.alarms")) {
            @if alarms.is_empty() {
                p.quiet {
                    span.verdict.good aria-hidden="true" { "✓ " }
                    (words.say("dashboard.nothing-needs-your-attention"))
                }
            } @else {
                ul.alarms { @for alarm in alarms {
                    li data-grave[alarm.grave] {
                        strong {
                            @if alarm.grave { (words.say("dashboard.now")) " " }
                            (worded(words, alarm))
                        } " "
                        (words.told("alarm", &format!("{}-advice", alarm.code)))
                        @if !alarm.place.is_empty() {
                            " " a href={ "/campaigns/" (id) (alarm.place) } {
                                (words.say("dashboard.look-there"))
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// What is so, with its numbers.
fn worded(words: Words, alarm: &Alarm) -> String {
    let gaps: Vec<(&str, String)> = alarm
        .gaps
        .iter()
        .map(|(name, value)| (*name, words.count(*value)))
        .collect();
    let gaps: Vec<(&str, &str)> = gaps
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    words.told_with("alarm", alarm.code, &gaps)
}

/// Figures of cost and forecast.
pub(super) fn figures(words: Words, own: &Outlook) -> Markup {
    let view = &own.view;
    let each = |units: Option<protocol::Amount>| {
        units.map_or_else(
            || words.say("common.none-yet").to_owned(),
            |units| words.money(units.units()),
        )
    };
    let checks = match own.gold_ppm() {
        Some(ppm) => words.fill(
            "dashboard.right-of-seen",
            &[
                ("right", &words.count(view.gold.1.into())),
                ("seen", &words.count(view.gold.0.into())),
                ("part", &words.percent(ppm)),
            ],
        ),
        None => words.say("dashboard.none-judged").to_owned(),
    };
    html! {
        dl.figures {
            (figure(
                words.say("dashboard.units-with-a-label"),
                &words.fill("common.of",
                    &[("part", &words.count(view.campaign.labelled.into())),
                      ("all", &words.count(view.campaign.units.0.into()))]),
            ))
            (figure(words.say("dashboard.a-label-has-cost"), &each(view.cost_per_label)))
            (figure(words.say("dashboard.an-accepted-answer-has"), &each(view.cost_per_accepted)))
            (figure(words.say("dashboard.hidden-checks-right"), &checks))
            (figure(words.say("dashboard.answers-an-hour"), &words.count(own.pace().into())))
        }
        (forecast(words, own))
    }
}

fn forecast(words: Words, own: &Outlook) -> Markup {
    let budget = own.view.campaign.budget.units();
    html! {
        p {
            @match (own.missing(), own.done_ms()) {
                (0, _) => { (words.say("dashboard.all-answers-that-are")) " " }
                (missing, Some(done)) => {
                    (words.draw("dashboard.missing-until",
                        &[("missing", &words.count(missing.into())),
                          ("done", &words.time(done))])) " "
                }
                (missing, None) => {
                    (words.draw("dashboard.missing",
                        &[("missing", &words.count(missing.into()))])) " "
                }
            }
            @match own.forecast_units() {
                Some(units) => {
                    (words.draw("dashboard.by-what-judged-answers",
                        &[("units", &words.money(units)), ("budget", &words.money(budget))]))
                    @if units > budget { " " (words.say("dashboard.the-budget-ends-before")) }
                }
                None => { (words.say("dashboard.what-it-will-cost")) }
            }
        }
    }
}

/// Pictures that everybody may see.
pub(super) fn pictures(words: Words, own: &Outlook) -> Markup {
    let points = own.hours.iter().map(|(hour, sealed)| Point {
        x: *hour,
        y: u128::from(*sealed),
        band: None,
    });
    let line = [Line {
        name: words.say("common.answers"),
        points: points.collect(),
    }];
    let throughput = Caption {
        words,
        id: "throughput",
        title: words.say("dashboard.answers-by-the-hour"),
        says: words.say("dashboard.how-many-answers-came"),
        empty: words.say("dashboard.no-line-yet"),
    };
    html! {
        section {
            h2 { (words.say("dashboard.how-it-goes")) }
            (lines(throughput, &line, (words.say("dashboard.hour"), Words::time), counted(words)))
            div.charts {
                (confused(words, own))
                (people(words, &own.people))
            }
            (ranges(words, &own.people))
        }
    }
}

/// Answers to hidden checks by what is right.
fn confused(words: Words, own: &Outlook) -> Markup {
    let classes = own.classes.len();
    let mut counts = vec![vec![0_u64; classes]; classes];
    for mistake in &own.view.mistakes {
        let row = counts.get_mut(usize::from(mistake.truth));
        if let Some(cell) = row.and_then(|row| row.get_mut(usize::from(mistake.given))) {
            *cell = cell.saturating_add(mistake.answers);
        }
    }
    let caption = Caption {
        words,
        id: "gold-confusion",
        title: words.say("dashboard.answers-to-hidden-checks"),
        says: words.say("dashboard.rows-are-what-is"),
        empty: words.say("dashboard.no-hidden-check-has"),
    };
    let matrix = Matrix {
        axes: (
            words.say("dashboard.axis-right"),
            words.say("dashboard.axis-answered"),
        ),
        names: (&own.classes, &own.classes),
        counts: &counts,
    };
    heat(caption, &matrix)
}

fn share((seen, right): (u32, u32)) -> Option<u128> {
    (u128::from(right) * 1_000_000).checked_div(u128::from(seen))
}

/// Accuracy against answers, a dot for each contributor.
fn people(words: Words, people: &[Contributor]) -> Markup {
    let dot = |own: &Contributor| {
        Some(Dot {
            name: words.fill("common.account", &[("account", &own.account.to_string())]),
            x: u128::from(own.answers[0]),
            y: share(own.gold?)?,
            bad: own.slashed || own.answers[3] > own.answers[2],
        })
    };
    let dots: Vec<Dot> = people.iter().filter_map(dot).collect();
    let caption = Caption {
        words,
        id: "accuracy",
        title: words.say("dashboard.people-accuracy-against-answers"),
        says: words.say("dashboard.each-dot-is-a"),
        empty: words.say("dashboard.no-dots-yet"),
    };
    scatter(
        caption,
        &dots,
        (counted(words), checked(words)),
        (1_000_000, None),
    )
}

/// What hidden checks say of people, with how sure that is.
fn ranges(words: Words, people: &[Contributor]) -> Markup {
    let mut judged: Vec<(&Contributor, (u32, u32))> = people
        .iter()
        .filter_map(|own| Some((own, own.gold.filter(|gold| gold.0 > 0)?)))
        .collect();
    judged.sort_by_key(|(own, gold)| (std::cmp::Reverse(gold.0), own.account));
    let span = |(own, gold): &(&Contributor, (u32, u32))| {
        let (low, high) = range_ppm(*gold);
        Some(Span {
            name: words.fill(
                "dashboard.account-of",
                &[
                    ("account", &own.account.to_string()),
                    ("right", &words.count(gold.1.into())),
                    ("seen", &words.count(gold.0.into())),
                ],
            ),
            value: share(*gold)?,
            range: (low.into(), high.into()),
        })
    };
    let spans: Vec<Span> = judged.iter().take(RANGES).filter_map(span).collect();
    let caption = Caption {
        words,
        id: "ranges",
        title: words.say("dashboard.how-sure-that-is"),
        says: words.say("dashboard.the-dot-is-what"),
        empty: words.say("dashboard.nobody-judged"),
    };
    html! { @if !spans.is_empty() { (intervals(caption, &spans, 1_000_000, checked(words))) } }
}

/// Pictures for whoever steers: they rest on everybody's single answers.
pub(super) fn insights(words: Words, id: u32, insight: Option<&Insight>, bins: &[Bin]) -> Markup {
    html! {
        section {
            h2 { (words.say("dashboard.agreement")) }
            @match insight {
                None => { p.empty { (words.say("common.the-newest-judgement-is")) } }
                Some(insight) => { (agreement(words, id, insight)) }
            }
            div.charts {
                @if let Some(insight) = insight { (consensus(words, insight)) }
                (calibrated(words, bins))
            }
        }
    }
}

fn agreement(words: Words, id: u32, insight: &Insight) -> Markup {
    let Some(ppm) = insight.agreement_ppm() else {
        return html! { p { (words.say("common.no-two-people")) } };
    };
    let (key, beyond) = match insight.beyond_chance_ppm() {
        Some(beyond) if beyond >= 0 => ("dashboard.agree-beyond", beyond.unsigned_abs()),
        Some(_) => ("dashboard.agree-less", 0),
        None => ("dashboard.agree-by-chance", 0),
    };
    let (ppm, beyond) = (words.percent(ppm), words.percent(beyond));
    let pairs = words.count(insight.pairs.0.into());
    html! {
        p {
            (words.fill(key, &[("ppm", &ppm), ("pairs", &pairs), ("beyond", &beyond)]))
            " " a href={ "/campaigns/" (id) "/disagreement" } {
                (words.say("dashboard.where-they-do-not"))
            }
        }
    }
}

/// Answers by consensus label.
pub(super) fn consensus(words: Words, insight: &Insight) -> Markup {
    let found = &insight.found;
    let counts: Vec<Vec<u64>> = found
        .confusion
        .iter()
        .map(|row| row.iter().map(|count| u64::from(*count)).collect())
        .collect();
    let caption = Caption {
        words,
        id: "consensus",
        title: words.say("common.answers-by-consensus"),
        says: words.say("dashboard.rows-are-the-consensus"),
        empty: words.say("common.nothing-is-judged-yet"),
    };
    let matrix = Matrix {
        axes: (
            words.say("dashboard.axis-consensus"),
            words.say("dashboard.axis-answered"),
        ),
        names: (&found.classes, &found.classes),
        counts: &counts,
    };
    heat(caption, &matrix)
}

fn calibrated(words: Words, bins: &[Bin]) -> Markup {
    let caption = Caption {
        words,
        id: "reliability",
        title: words.say("dashboard.are-labels-as-sure"),
        says: words.say("dashboard.by-reviews-how-often"),
        empty: words.say("dashboard.no-task-has-been"),
    };
    reliability(caption, bins, Words::percent)
}

/// How programs read all this.
pub(super) fn snippets(words: Words, id: u32) -> Markup {
    html! {
        section {
            h2 { (words.say("common.from-a-program")) }
            p {
                (words.draw("dashboard.make-an-api-key",
                    &[("me", &html! { a href="/me" { (words.say("shell.you")) } })]))
            }
            pre.code tabindex="0" role="group" aria-label="curl" {
                "curl -H \"Authorization: Bearer $HEADWATER_KEY\" \\\n"
                "  https://THIS-NODE/api/v1/campaigns/" (id) "/dashboard\n"
                "curl -H \"Authorization: Bearer $HEADWATER_KEY\" -o labels.jsonl \\\n"
                "  'https://THIS-NODE/api/v1/campaigns/" (id) "/export?format=jsonl'"
            }
            pre.code tabindex="0" role="group" aria-label="Python" {
                "import headwater\n"
                "node = headwater.Node(\"https://THIS-NODE\", key=\"hw_...\")\n"
                "labels = node.campaign(" (id) ").result()"
            }
        }
    }
}
