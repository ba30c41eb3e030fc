//! Labelled units by chance, of each of the five kinds of question.

use exchange::studio::Form;
use exchange::{
    Answer, Decision, Estimate, Label, Labelled, Preferred, Question, Review, Unit, Value,
};
use proptest::prelude::*;

/// Text as people write it, with what formats stumble over.
pub fn text() -> impl Strategy<Value = String> {
    "[a-cé,;\"'\\\\<&{}\\[\\]\n\u{2028}\u{1F600}]{0,10}x"
}

pub fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::Text),
        1 => any::<i64>().prop_map(|number| Value::Number(number.into())),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ]
}

pub fn classes() -> Vec<String> {
    ["yes", "no & <never>", "\"é\""].map(str::to_owned).to_vec()
}

/// A question and a label for it.
fn label(question: &Question) -> BoxedStrategy<Label> {
    let class = prop::sample::select(classes());
    let some = prop::sample::subsequence(classes(), 0..=3);
    match question {
        Question::Choice(_) => class.prop_map(Label::Choice).boxed(),
        Question::Choices(_) => some.prop_map(Label::Choices).boxed(),
        Question::Rating(most) => (1..=*most).prop_map(Label::Rating).boxed(),
        Question::Text => text().prop_map(Label::Text).boxed(),
        Question::Pair(_) => {
            let sides = [Preferred::Left, Preferred::Right, Preferred::Tie];
            (prop::sample::select(sides.to_vec()), some)
                .prop_map(|(preferred, reasons)| Label::Pair { preferred, reasons })
                .boxed()
        }
    }
}

pub fn question() -> impl Strategy<Value = Question> {
    prop::sample::select(vec![
        Question::Choice(classes()),
        Question::Choices(classes()),
        Question::Rating(5),
        Question::Pair(classes()),
        Question::Text,
    ])
}

fn answer(question: &Question) -> impl Strategy<Value = Answer> + use<> {
    let person = prop_oneof!["[0-9]{1,4}", "[a-z]{1,5}@example.org"];
    let time = prop::option::of(0..100_000_000_u64);
    let at = prop::option::of(Just("2026-02-28T12:00:00Z".to_owned()));
    let reviews = prop::collection::vec(review(question), 0..3);
    (person, label(question), time, at, reviews).prop_map(
        |(contributor, label, lead_time_ms, created_at, reviews)| Answer {
            contributor,
            label,
            lead_time_ms,
            created_at,
            reviews,
        },
    )
}

fn review(question: &Question) -> impl Strategy<Value = Review> + use<> {
    let person = prop_oneof!["[1-9][0-9]{0,3}", "00[1-9]", "[a-z]{1,5}@example.org"];
    let decision = prop_oneof![
        Just(Decision::Accepted),
        Just(Decision::Rejected),
        label(question).prop_map(Decision::Fixed),
    ];
    let comment = prop_oneof![Just(String::new()), text()];
    let at = prop::option::of(Just("2026-03-01T12:00:00Z".to_owned()));
    (person, decision, comment, at).prop_map(|(reviewer, decision, comment, created_at)| Review {
        reviewer,
        decision,
        comment,
        created_at,
    })
}

pub fn form(question: Question) -> Form {
    Form::new(question, &["prompt", "a", "b"]).unwrap()
}

/// Units with the fields `prompt`, `a` and `b`, all of one kind.
pub fn labelled() -> impl Strategy<Value = (Question, Vec<Labelled>)> {
    question().prop_flat_map(|question| {
        let best = prop::option::of((label(&question), 0..=1_000_000_u32));
        let answers = prop::collection::vec(answer(&question), 0..4);
        let one = ([value(), value(), value()], best, answers);
        let units = prop::collection::vec(one, 0..6).prop_map(|units| {
            let units = units.into_iter().enumerate();
            units
                .map(|(number, ([prompt, a, b], best, answers))| Labelled {
                    unit: Unit {
                        name: format!("u,{number}"),
                        fields: [("a", a), ("b", b), ("prompt", prompt)]
                            .map(|(name, value)| (name.to_owned(), value))
                            .to_vec(),
                    },
                    labels: best
                        .into_iter()
                        .map(|(label, probability_ppm)| Estimate {
                            label,
                            probability_ppm,
                        })
                        .collect(),
                    answers,
                })
                .collect()
        });
        (Just(question), units)
    })
}
