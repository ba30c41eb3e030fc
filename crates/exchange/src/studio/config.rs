//! The labelling form of Label Studio for each of the five kinds of question, as its XML.

use std::fmt::Write as _;

use table::{Error, error::quoted};

use super::{LABEL, REASONS, TIE};

/// What is asked of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// One class of these.
    Choice(Vec<String>),
    /// Any of these classes.
    Choices(Vec<String>),
    /// Points from 1 to this.
    Rating(u32),
    /// The better of the last two fields, or neither, with any of these reasons.
    Pair(Vec<String>),
    /// Free text.
    Text,
}

/// A question and the fields that are shown with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What is asked.
    pub question: Question,
    /// Fields of the units in the order in which they are shown; a comparison has at least two.
    pub fields: Vec<String>,
}

impl Form {
    /// A form that can be shown.
    ///
    /// # Errors
    /// No field, one field to compare, no class to choose, a scale without points, or a field whose
    /// name Label Studio cannot refer to.
    pub fn new(question: Question, fields: &[&str]) -> Result<Self, Error> {
        let refuse = |what: &str, hint: &str| Err(Error::invalid("make a form", what, hint));
        let least = if matches!(question, Question::Pair(_)) {
            2
        } else {
            1
        };
        if fields.len() < least {
            return refuse("there is too little to show", "name the fields to judge");
        }
        let refers = |name: &str| {
            let mut signs = name.chars();
            let first = signs
                .next()
                .is_some_and(|it| it.is_alphabetic() || it == '_');
            first && signs.all(|it| it.is_alphanumeric() || it == '_')
        };
        if let Some(name) = fields.iter().find(|name| !refers(name)) {
            let what = format!("the field {} cannot be referred to", quoted(name));
            return refuse(&what, "use letters, digits and `_` in names of fields");
        }
        match &question {
            Question::Choice(classes) | Question::Choices(classes) if classes.is_empty() => {
                return refuse("there is no class to choose", "name the classes");
            }
            Question::Rating(0) => return refuse("the scale has no points", "give it some"),
            _ => {}
        }
        let fields = fields.iter().map(|name| (*name).to_owned()).collect();
        Ok(Self { question, fields })
    }

    /// The form as Label Studio's labelling configuration.
    pub fn config(&self) -> String {
        let mut out = String::from("<View>\n");
        for (number, name) in (1..).zip(&self.fields) {
            line(
                &mut out,
                &format!(
                    "<Text name=\"field_{number}\" value=\"${}\"/>",
                    escaped(name)
                ),
            );
        }
        let first = self.object();
        match &self.question {
            Question::Choice(classes) => choices(&mut out, [LABEL, first, "single"], classes),
            Question::Choices(classes) => choices(&mut out, [LABEL, first, "multiple"], classes),
            Question::Rating(most) => line(
                &mut out,
                &format!(
                    "<Rating name=\"{LABEL}\" toName=\"{first}\" maxRating=\"{most}\" \
                     required=\"true\"/>"
                ),
            ),
            Question::Text => line(
                &mut out,
                &format!(
                    "<TextArea name=\"{LABEL}\" toName=\"{first}\" maxSubmissions=\"1\" rows=\"4\" \
                 required=\"true\"/>"
                ),
            ),
            Question::Pair(reasons) => {
                let sides = format!("{},field_{}", self.left(), self.fields.len());
                line(
                    &mut out,
                    &format!("<Pairwise name=\"{LABEL}\" toName=\"{sides}\"/>"),
                );
                choices(&mut out, [TIE, first, "single"], &[TIE.to_owned()]);
                if !reasons.is_empty() {
                    choices(&mut out, [REASONS, first, "multiple"], reasons);
                }
            }
        }
        out + "</View>\n"
    }

    /// The object on the left of a comparison, which is the last but one.
    pub(crate) fn left(&self) -> String {
        format!("field_{}", self.fields.len() - 1)
    }

    /// The object that all other judgements refer to, which is the first one.
    pub(crate) fn object(&self) -> &'static str {
        "field_1"
    }
}

fn line(out: &mut String, tag: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "  {tag}");
}

/// A control of choices by its name, its object, and how many are taken.
fn choices(out: &mut String, [name, object, choice]: [&str; 3], classes: &[String]) {
    let required = if name == LABEL {
        " required=\"true\""
    } else {
        ""
    };
    line(
        out,
        &format!("<Choices name=\"{name}\" toName=\"{object}\" choice=\"{choice}\"{required}>"),
    );
    for class in classes {
        line(out, &format!("  <Choice value=\"{}\"/>", escaped(class)));
    }
    line(out, "</Choices>");
}

/// A text within an attribute; what XML 1.0 cannot hold at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => {}
            control if control < ' ' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_fields_are_escaped_or_refused() {
        let classes = vec!["<a&\"b\">\u{1}\n".to_owned()];
        let form = Form::new(Question::Choice(classes), &["text"]).unwrap();
        let config = form.config();
        assert!(
            config.contains("value=\"&lt;a&amp;&quot;b&quot;&gt;&#10;\""),
            "{config}"
        );
        assert!(
            config.contains("<Text name=\"field_1\" value=\"$text\"/>"),
            "{config}"
        );
        for (question, fields) in [
            (Question::Text, &["a b"][..]),
            (Question::Text, &[]),
            (Question::Pair(vec![]), &["a"]),
            (Question::Rating(0), &["a"]),
            (Question::Choices(vec![]), &["a"]),
        ] {
            Form::new(question, fields).unwrap_err();
        }
    }
}
