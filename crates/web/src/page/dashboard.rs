//! Pictures of a campaign: pace, cost, hidden checks, people, agreement, forecast, alarms.

use maud::{Markup, html};
use view::question::Contributor;

use super::part::{count, figure, money, percent, time};
use crate::chart::{
    Bin, Caption, Dot, Line, Matrix, Measure, Point, Span, heat, intervals, lines, reliability,
    scatter,
};
use crate::work::dashboard::{Alarm, Outlook, range_ppm};
use crate::work::insight::Insight;

/// Contributors whose ranges are drawn, those with most hidden checks first.
const RANGES: usize = 25;
const ANSWERS: Measure = Measure {
    name: "Answers",
    whole: 1,
    sign: "",
    exact: count,
};
const PERCENT: Measure = Measure {
    name: "Hidden checks right",
    whole: 10_000,
    sign: " %",
    exact: |ppm| percent(u64::try_from(ppm).unwrap_or(u64::MAX)),
};

/// What to look at, and what to do about it.
pub(super) fn alarms(id: u32, alarms: &[Alarm]) -> Markup {
    html! {
        section aria-label="Alarms" {
            @if alarms.is_empty() {
                p.quiet { span.verdict.good aria-hidden="true" { "✓ " }
                    "Nothing needs your attention." }
            } @else {
                ul.alarms { @for alarm in alarms {
                    li data-grave[alarm.grave] {
                        strong { @if alarm.grave { "Now: " } (alarm.words) "." } " "
                        (alarm.advice)
                        @if !alarm.place.is_empty() {
                            " " a href={ "/campaigns/" (id) (alarm.place) } { "Look there" } "."
                        }
                    }
                } }
            }
        }
    }
}

/// Figures of cost and forecast.
pub(super) fn figures(own: &Outlook) -> Markup {
    let view = &own.view;
    let each = |units: Option<protocol::Amount>| {
        units.map_or_else(|| "none yet".to_owned(), |units| money(units.units()))
    };
    let checks = match own.gold_ppm() {
        Some(ppm) => format!("{} of {}", percent(ppm), count(view.gold.0.into())),
        None => "none judged".to_owned(),
    };
    html! {
        dl.figures {
            (figure("Units with a label", &format!("{} of {}",
                count(view.campaign.labelled.into()), count(view.campaign.units.0.into()))))
            (figure("A label has cost", &each(view.cost_per_label)))
            (figure("An accepted answer has cost", &each(view.cost_per_accepted)))
            (figure("Hidden checks right", &checks))
            (figure("Answers an hour", &count(own.pace().into())))
        }
        (forecast(own))
    }
}

fn forecast(own: &Outlook) -> Markup {
    let budget = own.view.campaign.budget.units();
    html! {
        p {
            @match (own.missing(), own.done_ms()) {
                (0, _) => { "All answers that are wanted are there. " }
                (missing, Some(done)) => {
                    (count(missing.into())) " answers are still wanted. At the pace of the last "
                    "day they are there about " (time(done)) ". "
                }
                (missing, None) => { (count(missing.into())) " answers are still wanted. " }
            }
            @match own.forecast_units() {
                Some(units) => {
                    "By what judged answers have cost so far, all of it will have cost about "
                    (money(units)) " of " (money(budget)) "."
                    @if units > budget { " The budget ends before that." }
                }
                None => { "What it will cost shows once the first answers are judged." }
            }
        }
    }
}

/// Pictures that everybody may see.
pub(super) fn pictures(own: &Outlook) -> Markup {
    let points = own.hours.iter().map(|(hour, sealed)| Point {
        x: *hour,
        y: u128::from(*sealed),
        band: None,
    });
    let line = [Line {
        name: "Answers",
        points: points.collect(),
    }];
    let throughput = Caption {
        id: "throughput",
        title: "Answers by the hour",
        says: "How many answers came in each hour of the last week.",
        empty: "Nobody has answered yet. The line begins with the first answer.",
    };
    html! {
        section {
            h2 { "How it goes" }
            (lines(throughput, &line, ("Hour", time), ANSWERS))
            div.charts {
                (confused(own))
                (people(&own.people))
            }
            (ranges(&own.people))
        }
    }
}

/// Answers to hidden checks by what is right.
fn confused(own: &Outlook) -> Markup {
    let classes = own.classes.len();
    let mut counts = vec![vec![0_u64; classes]; classes];
    for mistake in &own.view.mistakes {
        let row = counts.get_mut(usize::from(mistake.truth));
        if let Some(cell) = row.and_then(|row| row.get_mut(usize::from(mistake.given))) {
            *cell += mistake.answers;
        }
    }
    let caption = Caption {
        id: "gold-confusion",
        title: "Answers to hidden checks",
        says: "Rows are what is right, columns what was answered; the darker, the more of its row.",
        empty: "No hidden check has been opened yet. They are when a round ends.",
    };
    let matrix = Matrix {
        axes: ("right", "answered"),
        names: (&own.classes, &own.classes),
        counts: &counts,
    };
    heat(caption, &matrix)
}

fn share((seen, right): (u32, u32)) -> Option<u128> {
    (u128::from(right) * 1_000_000).checked_div(u128::from(seen))
}

/// Accuracy against answers, a dot for each contributor.
fn people(people: &[Contributor]) -> Markup {
    let dot = |own: &Contributor| {
        Some(Dot {
            name: format!("account {}", own.account),
            x: u128::from(own.answers[0]),
            y: share(own.gold?)?,
            bad: own.slashed || own.answers[3] > own.answers[2],
        })
    };
    let dots: Vec<Dot> = people.iter().filter_map(dot).collect();
    let caption = Caption {
        id: "accuracy",
        title: "People: accuracy against answers",
        says: "Each dot is a contributor, by hidden checks that were right. A cross has more \
               rejected answers than accepted ones.",
        empty: "Nobody has been judged yet. Dots show when the first round is.",
    };
    scatter(caption, &dots, (ANSWERS, PERCENT), (1_000_000, None))
}

/// What hidden checks say of people, with how sure that is.
fn ranges(people: &[Contributor]) -> Markup {
    let mut judged: Vec<(&Contributor, (u32, u32))> = people
        .iter()
        .filter_map(|own| Some((own, own.gold.filter(|gold| gold.0 > 0)?)))
        .collect();
    judged.sort_by_key(|(own, gold)| (std::cmp::Reverse(gold.0), own.account));
    let span = |(own, gold): &(&Contributor, (u32, u32))| {
        let (low, high) = range_ppm(*gold);
        Some(Span {
            name: format!("account {}, {} of {}", own.account, gold.1, gold.0),
            value: share(*gold)?,
            range: (low.into(), high.into()),
        })
    };
    let spans: Vec<Span> = judged.iter().take(RANGES).filter_map(span).collect();
    let caption = Caption {
        id: "ranges",
        title: "How sure that is",
        says: "The dot is what was seen; with 90 % the accuracy lies on the bar.",
        empty: "Nobody has been judged yet.",
    };
    html! { @if !spans.is_empty() { (intervals(caption, &spans, 1_000_000, PERCENT)) } }
}

/// Pictures for whoever steers: they rest on everybody's single answers.
pub(super) fn insights(id: u32, insight: Option<&Insight>, bins: &[Bin]) -> Markup {
    html! {
        section {
            h2 { "Agreement" }
            @match insight {
                None => { p.empty { "The newest judgement is being looked at. This page shows it "
                    "by itself in a moment." } }
                Some(insight) => { (agreement(id, insight)) }
            }
            div.charts {
                @if let Some(insight) = insight { (consensus(insight)) }
                (calibrated(bins))
            }
        }
    }
}

fn agreement(id: u32, insight: &Insight) -> Markup {
    html! {
        p {
            @match insight.agreement_ppm() {
                None => { "No two people have a judged unit in common yet." }
                Some(ppm) => {
                    "Two people who have answered the same unit agree in " (percent(ppm))
                    " of " (count(insight.pairs.0.into())) " cases"
                    @match insight.beyond_chance_ppm() {
                        Some(beyond) if beyond >= 0 => {
                            "; beyond chance that is " (percent(beyond.unsigned_abs()))
                            " of what is possible (Scott's pi)."
                        }
                        Some(_) => { ", which is less than chance would give." }
                        None => { ". All answers are of one class, so chance cannot be told "
                            "apart." }
                    }
                    " " a href={ "/campaigns/" (id) "/disagreement" } { "Where they do not" } "."
                }
            }
        }
    }
}

/// Answers by consensus label.
pub(super) fn consensus(insight: &Insight) -> Markup {
    let found = &insight.found;
    let counts: Vec<Vec<u64>> = found
        .confusion
        .iter()
        .map(|row| row.iter().map(|count| u64::from(*count)).collect())
        .collect();
    let caption = Caption {
        id: "consensus",
        title: "Answers by consensus",
        says: "Rows are the consensus, columns what single people said.",
        empty: "Nothing is judged yet.",
    };
    let matrix = Matrix {
        axes: ("consensus", "answered"),
        names: (&found.classes, &found.classes),
        counts: &counts,
    };
    heat(caption, &matrix)
}

fn calibrated(bins: &[Bin]) -> Markup {
    let caption = Caption {
        id: "reliability",
        title: "Are labels as sure as they say?",
        says: "By reviews: how often the consensus was right, against how probable it was said to \
               be. On the dashed line both are the same.",
        empty: "No task has been reviewed yet. Each review adds a case.",
    };
    reliability(caption, bins, percent)
}

/// How programs read all this.
pub(super) fn snippets(id: u32) -> Markup {
    html! {
        section {
            h2 { "From a program" }
            p { "Make an API key on the page " a href="/me" { "You" }
                "; it reads what you see here." }
            pre.code tabindex="0" role="group" aria-label="curl" {
                "curl -H \"Authorization: Bearer $HEADWATER_KEY\" \\\n"
                "  https://THIS-NODE/api/v1/campaigns/" (id) "/dashboard\n"
                "curl -H \"Authorization: Bearer $HEADWATER_KEY\" -o labels.jsonl \\\n"
                "  'https://THIS-NODE/api/v1/campaigns/" (id) "/export?format=jsonl'"
            }
            pre.code tabindex="0" role="group" aria-label="Python" {
                "import headwater\n"
                "node = headwater.Node(\"https://THIS-NODE\", key=\"hw_...\")\n"
                "labels = node.campaign(" (id) ").result()  # a data frame"
            }
        }
    }
}
