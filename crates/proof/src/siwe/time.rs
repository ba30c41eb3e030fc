//! RFC 3339 date-times as milliseconds since 1970.
use crate::Fault;

/// Reads a date-time, `2026-01-05T09:00:00.000Z` or with an offset in place of `Z`. Fractions below
/// a millisecond are dropped. A leap second counts as the one after it.
pub fn unix_ms(text: &str) -> Result<u64, Fault> {
    read(text).ok_or(Fault::new("date-time", "it is one of RFC 3339, since 1970"))
}

fn read(text: &str) -> Option<u64> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix('T')?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = three(date, b'-', [4, 2, 2])?;
    let [hour, minute, second] = three(clock, b':', [2, 2, 2])?;
    let days = days(year, month, day)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction_ms, zone) = fraction(rest)?;
    let local_s = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let utc_s = local_s.checked_sub(offset_s(zone)?)?;
    let ms = utc_s.checked_mul(1_000)?.checked_add(fraction_ms)?;
    u64::try_from(ms).ok()
}

fn three(text: &str, separator: u8, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut numbers = [0; 3];
    let mut rest = text.as_bytes();
    for (place, length) in lengths.into_iter().enumerate() {
        let (digits, after) = rest.split_at_checked(length)?;
        numbers[place] = number(digits)?;
        rest = match after {
            [] => after,
            [byte, after @ ..] if *byte == separator && place < 2 => after,
            _ => return None,
        };
    }
    Some(numbers)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum: i64, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

fn fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(rest) = rest.strip_prefix('.') else {
        return Some((0, rest));
    };
    let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, zone) = rest.split_at(end);
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let mut ms = 0;
    for place in 0..3 {
        let digit = digits.as_bytes().get(place).map_or(0, |digit| digit - b'0');
        ms = ms * 10 + i64::from(digit);
    }
    Some((ms, zone))
}

fn offset_s(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (number(hours.as_bytes())?, number(minutes.as_bytes())?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [
        31,
        28 + i64::from(leap),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let place = usize::try_from(month.checked_sub(1)?).ok()?;
    if year < 1970 || day < 1 || day > *lengths.get(place)? {
        return None;
    }
    let before = year - 1;
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leaps(before) - leaps(1969);
    Some(years + lengths[..place].iter().sum::<i64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_and_what_is_none() {
        let times = [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2026-01-05T09:00:00.5Z", 1_767_603_600_500),
            ("2026-01-05T10:30:00+01:30", 1_767_603_600_000),
            ("2026-01-05T01:00:00-08:00", 1_767_603_600_000),
            ("2026-01-05T09:00:00.000999999Z", 1_767_603_600_000),
            ("9999-12-31T23:59:60Z", 253_402_300_800_000),
        ];
        for (text, expected) in times {
            assert_eq!(unix_ms(text), Ok(expected), "{text}");
        }
        let wrong = [
            "",
            "2026-01-05",
            "2026-01-05T09:00:00",
            "2026-01-05 09:00:00Z",
            "2026-1-5T09:00:00Z",
            "2026-02-29T09:00:00Z",
            "2026-13-01T09:00:00Z",
            "2026-00-01T09:00:00Z",
            "2026-01-00T09:00:00Z",
            "2026-01-05T24:00:00Z",
            "2026-01-05T09:60:00Z",
            "2026-01-05T09:00:61Z",
            "2026-01-05T09:00:00.Z",
            "2026-01-05T09:00:00.5",
            "2026-01-05T09:00:00z",
            "2026-01-05T09:00:00+0130",
            "2026-01-05T09:00:00+24:00",
            "2026-01-05T09:00:00ZZ",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "2026-01-05T09:00:00\u{e9}",
            "+026-01-05T09:00:00Z",
        ];
        for text in wrong {
            assert!(unix_ms(text).is_err(), "{text}");
        }
    }
}
