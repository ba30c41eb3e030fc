//! The text form of Prometheus, version 0.0.4.

use std::fmt::Write as _;

use node::timing::{ENDS_US, Timed};

/// What the values of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rises, and begins at 0 with the process.
    Counter,
    /// Of this moment.
    Gauge,
    /// Counts within bounds.
    Histogram,
}

/// What has been written, family by family.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) String, &'static str);

impl Text {
    /// Begins a family; its values follow.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
        self.1 = name;
    }

    /// A value of the family.
    pub(super) fn value(&mut self, labels: &[(&str, &str)], value: u64) {
        let (name, labels) = (self.1, braced(labels));
        self.line(format_args!("{name}{labels} {value}"));
    }

    /// The counts of a histogram.
    pub(super) fn timing(&mut self, name: &str, labels: &[(&str, &str)], timed: &Timed) {
        for (end_us, count) in ENDS_US.iter().zip(&timed.within) {
            let end = seconds(*end_us);
            let labels = braced(&[labels, &[("le", &end)]].concat());
            self.line(format_args!("{name}_bucket{labels} {count}"));
        }
        let all = braced(&[labels, &[("le", "+Inf")]].concat());
        let (count, sum, labels) = (timed.count, seconds(timed.sum_us), braced(labels));
        self.line(format_args!("{name}_bucket{all} {count}"));
        self.line(format_args!("{name}_sum{labels} {sum}"));
        self.line(format_args!("{name}_count{labels} {count}"));
    }

    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{words}").expect("a text takes all that is written to it");
    }
}

/// Microseconds as a decimal number of seconds, without zeroes at its end.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn braced(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        value.replace('\n', "\\n")
    };
    let pairs = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written() {
        let mut text = Text::default();
        text.family("a_total", Kind::Counter, "how many");
        text.value(&[("route", "/x/{id}"), ("odd", "a\"b\\c\nd")], 7);
        let timed = Timed {
            within: vec![1; ENDS_US.len()],
            count: 2,
            sum_us: 1_500_000,
        };
        text.family("b_seconds", Kind::Histogram, "how long");
        text.timing("b_seconds", &[], &timed);
        let lines: Vec<&str> = text.0.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "# HELP a_total how many",
                "# TYPE a_total counter",
                "a_total{route=\"/x/{id}\",odd=\"a\\\"b\\\\c\\nd\"} 7",
                "# HELP b_seconds how long",
                "# TYPE b_seconds histogram",
            ]
        );
        assert_eq!(lines[5], "b_seconds_bucket{le=\"0.0005\"} 1");
        assert_eq!(
            lines[lines.len() - 3..],
            [
                "b_seconds_bucket{le=\"+Inf\"} 2",
                "b_seconds_sum 1.5",
                "b_seconds_count 2"
            ]
        );
    }
}
