//! Reviews of annotations, as Label Studio's own reviewers leave them: accepted, fixed, rejected.

use serde_json::{Map, Value as Json, json};

use super::read::{Read, label, person, text, wrong};
use super::{ACCEPTED, FIXED, REJECTED, Studio};
use crate::label::{Decision, Label, Review};

/// The reviews of an annotation that says `own`; those without a decision are left out.
///
/// A reviewer's correction stands as the review's `result`. In files where only the history has it
/// the annotation itself was changed, so what it says now is the correction.
pub(super) fn read(
    annotation: &Map<String, Json>,
    own: &Label,
    studio: &Studio,
) -> Read<Vec<Review>> {
    let reviews = match annotation.get("reviews") {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(reviews)) => reviews,
        Some(_) => return Err(wrong("its reviews are not a list")),
    };
    let mut read = Vec::with_capacity(reviews.len());
    for (number, review) in (1_u64..).zip(reviews) {
        let Some(accepted) = review.get("accepted").and_then(Json::as_bool) else {
            continue;
        };
        let changed = review.get("fixed_annotation_history");
        let decision = match label(review.get("result"), studio)? {
            _ if !accepted => Decision::Rejected,
            Some(right) => Decision::Fixed(right),
            None if changed.is_some_and(|it| !it.is_null()) => Decision::Fixed(own.clone()),
            None => Decision::Accepted,
        };
        let reviewer = review.get("created_by").and_then(person);
        let comment = review.get("comment").and_then(Json::as_str);
        read.push(Review {
            reviewer: reviewer.unwrap_or_else(|| format!("review {number}")),
            decision,
            comment: comment.unwrap_or_default().to_owned(),
            created_at: review.get("created_at").and_then(text),
        });
    }
    Ok(read)
}

/// What an annotation that says `own` and was reviewed is known to be; nothing if it was rejected
/// last. What was done after the last review, such as a change by its author, is newer than it.
pub(super) fn known(
    annotation: &Map<String, Json>,
    own: Label,
    reviews: &[Review],
) -> Option<Label> {
    let last = reviews.last().map(|review| &review.decision);
    let action = annotation.get("last_action").and_then(Json::as_str);
    match (action, last) {
        (Some(REJECTED), _) | (None, Some(Decision::Rejected)) => None,
        (None | Some(FIXED), Some(Decision::Fixed(right))) => Some(right.clone()),
        _ => Some(own),
    }
}

/// A review as Label Studio has it; `result` are the regions of a correction, `who` its reviewer.
pub(super) fn written(
    review: &Review,
    (id, annotation): (u64, u64),
    (who, at): (Option<Json>, &str),
    result: Option<Json>,
) -> Json {
    let mut written = json!({
        "id": id,
        "annotation": annotation,
        "accepted": review.decision != Decision::Rejected,
        "created_at": review.created_at.as_deref().unwrap_or(at),
    });
    if let Some(who) = who {
        written["created_by"] = who;
    }
    if let Some(result) = result {
        written["result"] = result;
    }
    if !review.comment.is_empty() {
        written["comment"] = json!(review.comment);
    }
    written
}

/// What was done last with an annotation that was reviewed like this.
pub(super) fn last_action(decision: &Decision) -> &'static str {
    match decision {
        Decision::Accepted => ACCEPTED,
        Decision::Fixed(_) => FIXED,
        Decision::Rejected => REJECTED,
    }
}
