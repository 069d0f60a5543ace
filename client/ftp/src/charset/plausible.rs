//! How likely it is that a text is what somebody named a file. No language model: it looks at what wrong charsets make of letters, which
//! are signs and control characters, case that flips within a word, scripts mixed in a word, accents side by side, and ideographs
//! that nobody writes.

/// How many characters of a text are looked at: names are shorter, and what is longer tells no more.
const MAX_CHARACTERS: usize = 256;

/// Which letters go together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Thai,
    /// Ideographs and kana, which are written side by side.
    East,
    Hangul,
}

impl Script {
    /// Names in the East hold Latin letters and digits without a blank between.
    fn is_latin_or_east(self) -> bool {
        matches!(self, Script::Latin | Script::East)
    }
}

/// The mean over the characters that are not ASCII, times 100; higher is more plausible. Only comparisons mean something.
pub(super) fn plausibility(text: &str) -> i32 {
    let (mut sum, mut count) = (0i64, 0i64);
    let mut before: Option<char> = None;
    for character in text.chars().take(MAX_CHARACTERS) {
        if !character.is_ascii() {
            count += 1;
            sum += i64::from(alone(character));
        }
        if let Some(before) = before
            && !(before.is_ascii() && character.is_ascii())
        {
            sum += i64::from(side_by_side(before, character));
        }
        before = Some(character);
    }
    i32::try_from(sum * 100 / count.max(1)).unwrap_or(i32::MIN)
}

/// What one character says.
fn alone(character: char) -> i32 {
    match character {
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{e000}'..='\u{f8ff}' | '\u{fffd}' => -40,
        'ä' | 'ö' | 'ü' | 'ß' | 'é' | 'è' | 'ê' | 'à' | 'â' | 'ç' | 'ñ' | 'á' | 'í' | 'ó' | 'ú' | 'å'
        | 'ø' | 'æ' => 13,
        'ą' | 'ć' | 'ę' | 'ł' | 'ń' | 'ś' | 'ź' | 'ż' | 'č' | 'ě' | 'ř' | 'š' | 'ž' | 'ý' | 'ů' | 'ő'
        | 'ű' => 12,
        'Ä' | 'Ö' | 'Ü' | 'É' | 'Å' | 'Ø' | 'Č' | 'Š' | 'Ž' | 'Ł' | 'Ś' | 'ğ' | 'ı' | 'ş' | 'ã' | 'õ'
        | 'î' | 'ô' => 11,
        'а'..='я' | 'А'..='Я' => 10,
        'ё' | 'і' | 'ї' | 'є' | 'ґ' | 'ў' => 7,
        'ά' | 'έ' | 'ή' | 'ί' | 'ό' | 'ύ' | 'ώ' => 12,
        '\u{3041}'..='\u{30ff}' => 10,
        '\u{ac00}'..='\u{d7a3}' => 11,
        '\u{ff61}'..='\u{ff9f}' => 1,
        '\u{4e00}'..='\u{9fff}' => ideograph(character),
        _ => match script(character) {
            Some(Script::Latin) => 8,
            Some(Script::Cyrillic) => 2,
            Some(_) => 9,
            None if character.is_alphanumeric() => 0,
            None => -8,
        },
    }
}

/// Those of the first levels of GB 2312 (3755 of them), JIS X 0208 and Big5 are the ones in use; the second levels are what letters of
/// other charsets become.
fn ideograph(character: char) -> i32 {
    let mut utf8 = [0; 4];
    let text = character.encode_utf8(&mut utf8);
    let first = |encoding: &'static encoding_rs::Encoding| {
        let (bytes, _, lossy) = encoding.encode(text);
        if lossy { None } else { bytes.first().copied() }
    };
    if matches!(first(encoding_rs::GBK), Some(0xb0..=0xd7)) {
        return 10;
    }
    let common = matches!(first(encoding_rs::SHIFT_JIS), Some(0x88..=0x97))
        || matches!(first(encoding_rs::BIG5), Some(0xa4..=0xc6));
    if common { 9 } else { -4 }
}

/// What two neighbours say.
fn side_by_side(before: char, character: char) -> i32 {
    let (Some(first), Some(second)) = (script(before), script(character)) else { return 0 };
    if first != second {
        return if first.is_latin_or_east() && second.is_latin_or_east() { -2 } else { -12 };
    }
    let accents = first == Script::Latin && !before.is_ascii() && !character.is_ascii();
    let case = match (before.is_lowercase(), before.is_uppercase(), character.is_uppercase()) {
        (true, _, true) => -10,
        (_, true, true) => -1,
        _ => 0,
    };
    if accents { case - 7 } else { case }
}

fn script(character: char) -> Option<Script> {
    if !character.is_alphabetic() && !matches!(character, '\u{e31}'..='\u{e4e}' | '\u{300}'..='\u{36f}') {
        return None;
    }
    Some(match character {
        '\0'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{370}'..='\u{3ff}' => Script::Greek,
        '\u{400}'..='\u{52f}' => Script::Cyrillic,
        '\u{590}'..='\u{5ff}' => Script::Hebrew,
        '\u{600}'..='\u{6ff}' => Script::Arabic,
        '\u{e00}'..='\u{e7f}' => Script::Thai,
        '\u{3041}'..='\u{9fff}' | '\u{ff61}'..='\u{ff9f}' => Script::East,
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' => Script::Hangul,
        _ => return None,
    })
}
