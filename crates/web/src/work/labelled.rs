//! What a campaign has come to as the rows of other people's formats.

use std::io::Write;

use exchange::{Decision, Exporter, Label, Layout, Stamp, studio};
use node::export::{Exported, Said};
use protocol::CampaignId;
use protocol::brief::Kind;
use view::desk::Opinion;

/// What a campaign has come to, and what its reviewers have said of it.
pub(super) struct Labelled {
    /// Accepted answers and labels.
    pub(super) exported: Exported,
    /// Reviews, by task and reviewer; only Label Studio's format has a place for them.
    pub(super) opinions: Vec<Opinion>,
}

impl Labelled {
    /// Writes all that was accepted, in one of the formats of
    /// `GET /api/v1/campaigns/{id}/export`.
    pub(super) fn write(
        &self,
        id: CampaignId,
        format: &str,
        out: &mut (impl Write + Send),
    ) -> Result<(), String> {
        let rows = (0_u32..)
            .zip(self.exported.tasks())
            .map(|(number, task)| labelled(&self.exported, &task, of_task(&self.opinions, number)));
        write(&self.exported, rows, (id, format), out)
    }
}

/// The reviews of one task among those of a campaign, which stand by task.
fn of_task(opinions: &[Opinion], task: u32) -> &[Opinion] {
    let from = opinions.partition_point(|it| it.task < task);
    let to = opinions.partition_point(|it| it.task <= task);
    &opinions[from..to]
}

fn write(
    exported: &Exported,
    rows: impl Iterator<Item = Result<exchange::Labelled, String>>,
    (id, format): (CampaignId, &str),
    out: &mut (impl Write + Send),
) -> Result<(), String> {
    let words = |error: table::Error| error.to_string();
    if format == "label-studio" {
        let project = project(exported, id)?;
        let mut writer = studio::TaskWriter::new(out, project);
        for row in rows {
            writer.write(&row?).map_err(words)?;
        }
        return writer.finish().map(|_| ()).map_err(words);
    }
    let (layout, format) = match format {
        "answers" => (Layout::Answers, exchange::Format::JsonLines),
        "preference" => (
            Layout::Preference(sides(exported)?),
            exchange::Format::JsonLines,
        ),
        "json" => (Layout::Units, exchange::Format::Json),
        _ => (Layout::Units, exchange::Format::JsonLines),
    };
    let stamp = Stamp {
        licence: None,
        asset: exported.asset.map(|asset| asset.to_string()),
    };
    let mut writer = Exporter::new(layout, stamp, format, out, None).map_err(words)?;
    for row in rows {
        writer.write(&row?).map_err(words)?;
    }
    writer.finish().map(|_| ()).map_err(words)
}

/// A comparison's fields: `prompt` if there is one, and the two that are compared.
pub(super) fn sides(exported: &Exported) -> Result<exchange::layout::Texts, String> {
    let fields = fields(exported)?;
    let rest: Vec<&String> = fields.iter().filter(|name| *name != "prompt").collect();
    let (Kind::Comparison, [a, b, ..]) = (exported.kind, &rest[..]) else {
        return Err("only a comparison of two fields has preferences".to_owned());
    };
    Ok(exchange::layout::Texts {
        prompt: fields.iter().find(|name| *name == "prompt").cloned(),
        a: (*a).clone(),
        b: (*b).clone(),
    })
}

fn fields(exported: &Exported) -> Result<Vec<String>, String> {
    let first = exported.tasks().next();
    let text = first
        .as_ref()
        .and_then(|task| task.text.as_deref())
        .unwrap_or_default();
    let unit = exchange::Unit::from_payload("", text).map_err(|error| error.to_string())?;
    Ok(unit.fields.into_iter().map(|(name, _)| name).collect())
}

fn project(exported: &Exported, id: CampaignId) -> Result<studio::Project, String> {
    let classes = exported.classes.clone();
    let question = match exported.kind {
        Kind::Choice => studio::Question::Choice(classes),
        Kind::Choices => studio::Question::Choices(exported.options.clone()),
        Kind::Rating => match points(&classes) {
            Some(points) => studio::Question::Rating(points),
            None => studio::Question::Choice(classes),
        },
        Kind::Comparison => studio::Question::Pair(exported.reasons.clone()),
        Kind::Text => studio::Question::Text,
    };
    let fields = fields(exported)?;
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    let form = studio::Form::new(question, &names).map_err(|error| error.to_string())?;
    Ok(studio::Project {
        form,
        number: id.0.into(),
        model: exported.algorithm.clone(),
        exported_at: exported.time_iso.clone(),
        completed_by: studio::CompletedBy::Named,
    })
}

/// How many points a scale has whose classes are the numbers from 1 on.
fn points(classes: &[String]) -> Option<u32> {
    let numbered = (1_u32..)
        .zip(classes)
        .all(|(number, class)| *class == number.to_string());
    numbered
        .then(|| u32::try_from(classes.len()).ok())
        .flatten()
}

/// A task as formats have it, with what reviewers have said of it.
fn labelled(
    exported: &Exported,
    task: &node::export::Task,
    opinions: &[Opinion],
) -> Result<exchange::Labelled, String> {
    let payload = task.text.as_deref().unwrap_or_default();
    let unit = exchange::Unit::from_payload(&task.name, payload);
    let asked = Asked {
        kind: exported.kind,
        classes: &exported.classes,
        options: &exported.options,
    };
    let labels = task.label.as_ref().and_then(|(said, probability_ppm)| {
        Some(exchange::Estimate {
            label: asked.label(said)?,
            probability_ppm: *probability_ppm,
        })
    });
    let answers = task.answers.iter().filter_map(|(account, said)| {
        Some(exchange::Answer {
            contributor: account.to_string(),
            label: asked.label(said)?,
            lead_time_ms: None,
            created_at: None,
            reviews: asked.reviews(said, opinions),
        })
    });
    Ok(exchange::Labelled {
        unit: unit.map_err(|error| error.to_string())?,
        labels: labels.into_iter().collect(),
        answers: answers.collect(),
    })
}

/// What was asked, as far as the words of an answer rest on it.
struct Asked<'a> {
    kind: Kind,
    classes: &'a [String],
    options: &'a [String],
}

impl Asked<'_> {
    /// What reviews of a task decide about one answer to it, oldest first. Whoever says the same
    /// accepts it; whoever confirms a consensus that differs rejects it; and a correction puts
    /// another label in its place. Of free texts reviewers say only whether there is one to give,
    /// so none is put in another's place. Reviews that are not done decide nothing.
    fn reviews(&self, said: &Said, opinions: &[Opinion]) -> Vec<exchange::Review> {
        let mut oldest: Vec<&Opinion> = opinions.iter().collect();
        oldest.sort_by_key(|it| it.at_ms);
        let review = |it: &Opinion| {
            Some(exchange::Review {
                reviewer: it.reviewer.to_string(),
                decision: self.decision(said, it)?,
                comment: it.comment.clone(),
                created_at: Some(node::export::iso(it.at_ms)),
            })
        };
        oldest.into_iter().filter_map(review).collect()
    }

    fn decision(&self, said: &Said, opinion: &Opinion) -> Option<Decision> {
        let labels = |text: &str| serde_json::from_str::<Vec<u16>>(text).ok();
        let last = labels(&opinion.last)?;
        if last == said.labels {
            return Some(Decision::Accepted);
        }
        if labels(&opinion.consensus).is_some_and(|consensus| consensus == last) {
            return Some(Decision::Rejected);
        }
        let right = self.label(&Said {
            labels: last,
            text: None,
        });
        Some(right.map_or(Decision::Rejected, Decision::Fixed))
    }

    fn label(&self, said: &Said) -> Option<Label> {
        let class = |place: &u16| self.classes.get(usize::from(*place)).cloned();
        let first = said.labels.first()?;
        Some(match self.kind {
            Kind::Choice => Label::Choice(class(first)?),
            Kind::Rating => match points(self.classes) {
                Some(_) => Label::Rating(u32::from(*first) + 1),
                None => Label::Choice(class(first)?),
            },
            Kind::Choices => {
                let ticked = self.options.iter().zip(&said.labels);
                let ticked = ticked.filter(|(_, label)| **label == 1);
                Label::Choices(ticked.map(|(option, _)| option.clone()).collect())
            }
            Kind::Comparison => Label::Pair {
                preferred: match first {
                    0 => exchange::Preferred::Left,
                    1 => exchange::Preferred::Right,
                    _ => exchange::Preferred::Tie,
                },
                reasons: said
                    .text
                    .iter()
                    .flat_map(|text| text.split('|'))
                    .map(str::to_owned)
                    .collect(),
            },
            Kind::Text => Label::Text(said.text.clone()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::AccountId;

    fn opinion(task: u32, reviewer: u32, (last, consensus): (&str, &str)) -> Opinion {
        Opinion {
            campaign: CampaignId(3),
            task,
            reviewer: AccountId(reviewer),
            blind: "[0]".to_owned(),
            last: last.to_owned(),
            consensus: consensus.to_owned(),
            comment: format!("says {reviewer}"),
            at_ms: u64::from(100 - reviewer),
        }
    }

    fn said(labels: &[u16]) -> Said {
        Said {
            labels: labels.to_vec(),
            text: None,
        }
    }

    #[test]
    fn reviews_stand_at_their_task() {
        let all = [1, 1, 4].map(|task| opinion(task, 9, ("[0]", "[0]")));
        let counts = [0, 1, 2, 3, 4, 5].map(|task| of_task(&all, task).len());
        assert_eq!(counts, [0, 2, 0, 0, 1, 0]);
        assert_eq!(of_task(&all, 4)[0].task, 4);
    }

    #[test]
    fn a_review_accepts_what_it_says_and_corrects_what_it_changes() {
        let asked = Asked {
            kind: Kind::Choice,
            classes: &["good", "bad", "odd"].map(str::to_owned),
            options: &[],
        };
        let opinions = [
            opinion(0, 1, ("[0]", "[0]")),
            opinion(0, 2, ("[1]", "[0]")),
            opinion(0, 3, ("", "")),
            opinion(0, 4, ("[2]", "[]")),
            opinion(0, 5, ("[9]", "[0]")),
        ];
        let decided = |labels: &[u16]| -> Vec<(String, Decision)> {
            let reviews = asked.reviews(&said(labels), &opinions);
            let decided = reviews.into_iter().map(|it| (it.reviewer, it.decision));
            decided.collect()
        };
        let fixed = |class: &str| Decision::Fixed(Label::Choice(class.to_owned()));
        let by = |reviewer: &str, decision| (reviewer.to_owned(), decision);
        let latest = by("1", Decision::Accepted);
        let rest = [by("5", Decision::Rejected), by("4", fixed("odd"))];
        let right = [&rest[..], &[by("2", fixed("bad")), latest]].concat();
        assert_eq!(
            decided(&[0]),
            right,
            "oldest first, without what is not done"
        );
        let wrong = [by("2", Decision::Accepted), by("1", Decision::Rejected)];
        assert_eq!(decided(&[1]), [&rest[..], &wrong].concat());
        let review = &asked.reviews(&said(&[0]), &opinions)[3];
        assert_eq!(review.comment, "says 1");
        assert_eq!(
            review.created_at.as_deref(),
            Some("1970-01-01T00:00:00.099Z")
        );
    }

    #[test]
    fn corrections_are_of_the_kind_that_was_asked() {
        let fixed = |kind, last: &str| {
            let asked = Asked {
                kind,
                classes: &["1", "2", "3"].map(str::to_owned),
                options: &["red", "blue"].map(str::to_owned),
            };
            asked.decision(&said(&[7]), &opinion(0, 1, (last, "[7]")))
        };
        let pair = Label::Pair {
            preferred: exchange::Preferred::Right,
            reasons: Vec::new(),
        };
        let ticked = Label::Choices(vec!["blue".to_owned()]);
        for (kind, last, decision) in [
            (Kind::Rating, "[2]", Decision::Fixed(Label::Rating(3))),
            (Kind::Choices, "[0,1]", Decision::Fixed(ticked)),
            (Kind::Comparison, "[1]", Decision::Fixed(pair)),
            (Kind::Text, "[1]", Decision::Rejected),
        ] {
            assert_eq!(fixed(kind, last), Some(decision), "{kind:?}");
        }
    }
}
