//! Breaks sentences between words, so that no word is cut at the edge of the screen.

use console::Term;

/// The text in lines that fit this screen; where there is no screen, a sentence stays one line.
///
/// What stands between backticks is for copying, and is never broken.
pub(super) fn for_screen(text: &str) -> String {
    let term = Term::stderr();
    if !term.is_term() {
        return text.to_owned();
    }
    let width = usize::from(term.size().1).max(20);
    text.split('\n').map(|line| wrap(line, width)).collect::<Vec<_>>().join("\n")
}

/// Further lines are indented a little more than the first one.
fn wrap(line: &str, width: usize) -> String {
    if console::measure_text_width(line) <= width {
        return line.to_owned();
    }
    let indent = " ".repeat(line.len() - line.trim_start().len() + 2);
    let (mut wrapped, mut column) = (String::new(), 0);
    let mut is_quoted = false;
    let mut word = String::new();
    let mut words = Vec::new();
    for character in line.chars() {
        is_quoted ^= character == '`';
        if character == ' ' && !is_quoted {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(character);
        }
    }
    words.push(word);
    for (index, word) in words.into_iter().enumerate() {
        let length = console::measure_text_width(&word);
        // A word that is longer than a line is cut on any line.
        let helps = column > indent.len() && indent.len() + length <= width;
        if index > 0 && column + 1 + length > width && helps {
            wrapped.push('\n');
            wrapped.push_str(&indent);
            column = indent.len();
        } else if index > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(&word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_never_inside_a_command() {
        assert_eq!(wrap("short", 20), "short");
        assert_eq!(wrap("one two three four five", 12), "one two\n  three four\n  five");
        assert_eq!(wrap("  a: bb cc dd", 10), "  a: bb cc\n    dd");
        assert_eq!(wrap("run `a b c d e f g` now", 12), "run `a b c d e f g`\n  now");
        assert_eq!(wrap("averyveryverylongword x", 10), "averyveryverylongword\n  x");
    }
}
