//! An interval as a line of a terminal.

/// Characters of a line.
const WIDTH: usize = 32;

/// `[low, value, high]` on an axis from `from` to `to`: `├──●──┤`, blanks around it.
pub fn span([low, value, high]: [f64; 3], [from, to]: [f64; 2]) -> String {
    let reach = if to > from { to - from } else { 1.0 };
    let place = |at: f64| {
        let share = ((at - from) / reach).clamp(0.0, 1.0);
        (share * (WIDTH - 1) as f64).round() as usize
    };
    let (low, value, high) = (place(low), place(value), place(high));
    let sign = |at: usize| match at {
        at if at == value => '●',
        at if at == low => '├',
        at if at == high => '┤',
        at if at > low && at < high => '─',
        _ => ' ',
    };
    (0..WIDTH).map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_value_stand_where_they_are() {
        let line = span([0.0, 0.5, 1.0], [0.0, 1.0]);
        assert_eq!(line.chars().count(), 32);
        assert!(line.starts_with("├─") && line.ends_with("─┤"), "{line}");
        assert_eq!(span([1.0, 1.0, 1.0], [1.0, 1.0]).trim(), "●");
    }
}
