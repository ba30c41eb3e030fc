//! Bars that lie, so that their names have room; each may be split into what is done and what not.

use maud::{Markup, html};

use super::scale::Scale;
use super::{Caption, Measure, cut, figure, nothing, short, table};

const WIDTH: i64 = 560;
const STEP: i64 = 28;
/// Where bars begin and end at most.
const INNER: (i64, i64) = (204, 490);
/// Bars that are drawn; the table has all.
const SHOWN: usize = 30;

/// A named number.
pub(crate) struct Bar {
    /// What it is of.
    pub(crate) name: String,
    /// How much.
    pub(crate) value: u128,
    /// Colour and dash, by the number of a series.
    pub(crate) series: usize,
}

/// Bars, the first at the top.
pub(crate) fn bars(own: Caption<'_>, bars: &[Bar], measure: Measure, of: &str) -> Markup {
    let Some(most) = bars.iter().map(|bar| bar.value).max() else {
        return nothing(own);
    };
    let shown = &bars[..bars.len().min(SHOWN)];
    let scale = Scale::new((0, most), INNER);
    let places = shown.iter().zip((0..).map(|place| place * STEP));
    let drawing = html! {
        @for (bar, y) in places {
            @let end = scale.at(bar.value);
            text.name x=(INNER.0 - 8) y=(y + 18) text-anchor="end" { (short(&bar.name, 24)) }
            rect.bar.(super::series(bar.series)) x=(INNER.0) y=(y + 6) rx="2"
                width=(end - INNER.0) height=(STEP - 12) {}
            text.value x=(end + 8) y=(y + 18) { (measure.short(bar.value)) }
        }
    };
    let rows: Vec<Vec<String>> = bars
        .iter()
        .map(|bar| vec![bar.name.clone(), measure.exact(bar.value)])
        .collect();
    let height = STEP * i64::try_from(shown.len()).unwrap_or(0) + 4;
    let numbers = table(own.words, &[of, measure.name], &rows);
    html! {
        (figure(own, (WIDTH, height), &drawing, &numbers))
        (cut(own.words, SHOWN, bars.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Words;

    fn caption(words: Words) -> Caption<'static> {
        Caption {
            words,
            id: "it",
            title: "A title",
            says: "What it shows.",
            empty: "Nothing is here yet.",
        }
    }

    #[test]
    fn numbers_beside_bars_are_written_as_in_the_table() {
        let money = |words: Words| Measure {
            words,
            name: "Amount",
            whole: 1_000_000,
            sign: "",
            exact: Words::money,
        };
        let bar = |value: u128| Bar {
            name: "n".to_owned(),
            value,
            series: 0,
        };
        let all = [bar(1_234_500_000), bar(9_999_000_000)];
        let page = |words| bars(caption(words), &all, money(words), "x").0;
        let english = page(Words::ENGLISH);
        let value = |text: &str| format!(">{text}</text>");
        for text in ["1,234.5", "9,999"] {
            assert!(english.contains(&value(text)), "{text} in {english}");
        }
        assert!(english.contains(">1,234.50</td>"), "{english}");
        // Spanish sets four digits together.
        let spanish = page(Words::named("es").unwrap());
        assert!(spanish.contains(&value("1234,5")), "{spanish}");
    }
}
