//! Names of months in the languages of servers, as `ls` abbreviates them.

use crate::calendar::small;
use crate::path::display;

const ENGLISH: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// Beside English: German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian, Finnish, Polish, Czech, Turkish,
/// Russian. In lower case, without the point that some locales add.
const OTHERS: [&[&str]; 12] = [
    &["jän", "janv", "ene", "gen", "tammi", "sty", "led", "oca", "янв", "january", "januar"],
    &["fév", "févr", "fev", "helmi", "lut", "úno", "şub", "фев", "february", "februar"],
    &["mär", "mrz", "märz", "mars", "mrt", "maart", "maalis", "bře", "мар", "march"],
    &["avr", "avril", "abr", "huhti", "kwi", "dub", "nis", "апр", "april"],
    &["mai", "mei", "maj", "mag", "touko", "kvě", "май", "мая"],
    &["juin", "giu", "kesä", "cze", "čen", "čvn", "haz", "июн", "june", "juni"],
    &["juil", "lug", "heinä", "lip", "čec", "čvc", "tem", "июл", "july", "juli"],
    &["aoû", "août", "ago", "elo", "sie", "srp", "ağu", "авг", "august"],
    &["sept", "set", "syys", "wrz", "zář", "eyl", "сен", "september"],
    &["okt", "ott", "out", "loka", "paź", "říj", "eki", "окт", "october", "oktober"],
    &["marras", "lis", "kas", "ноя", "november"],
    &["déc", "dez", "dic", "des", "joulu", "gru", "pro", "ara", "дек", "december", "dezember"],
];

/// The number of a month: a name, or digits with the character that means *month* behind them, as in `1月`.
pub(super) fn month(word: &[u8]) -> Option<u32> {
    if let Some(letters) = word.first_chunk::<3>().filter(|_| word.len() == 3) {
        let lower = letters.map(|letter| letter.to_ascii_lowercase());
        if let Some(place) = ENGLISH.iter().position(|name| **name == lower) {
            return u32::try_from(place + 1).ok();
        }
    }
    if word.len() > 16 || !word.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) {
        return None;
    }
    if word.first().is_some_and(u8::is_ascii_digit) {
        let digits = with_unit(word);
        return small(digits).filter(|month| digits.len() < word.len() && (1..=12).contains(month));
    }
    let lower = display(word).to_lowercase();
    let name = lower.trim_end_matches('.');
    let english = name.as_bytes().first_chunk::<3>().filter(|_| name.len() == 3);
    let place = ENGLISH
        .iter()
        .position(|known| Some(*known) == english)
        .or_else(|| OTHERS.iter().position(|known| known.contains(&name)))?;
    u32::try_from(place + 1).ok()
}

/// The digits of a number that may have one East Asian character behind it: year, month or day, in whatever charset.
pub(super) fn with_unit(word: &[u8]) -> &[u8] {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = word.split_at(digits);
    // Shift-JIS has a second byte in the range of ASCII (the `N` of *year*).
    let is_unit = unit.len() <= 3 && unit.first().is_some_and(|byte| !byte.is_ascii());
    if is_unit { number } else { word }
}
