//! A card for people: its head as a table, and a small part of Markdown; nothing of it is HTML.

use maud::{Markup, html};

use super::words::Words;

/// Most lines of a card that are shown.
const LINES: usize = 2_000;

/// Draws a card. What is no heading, list, quotation or block of code is a paragraph; links and
/// emphasis stay as they were typed, so no text of others becomes an address or a tag.
pub(super) fn draw(words: Words, card: &str) -> Markup {
    let (head, text) = parts(card);
    html! {
        @if !head.is_empty() {
            details.brief {
                summary { (words.say("asset.metadata")) }
                pre.code { (head) }
            }
        }
        div.text { (markdown(text)) }
    }
}

/// The YAML between two lines of `---` at the top, and what stands behind it.
pub(super) fn parts(card: &str) -> (&str, &str) {
    let body = card.strip_prefix('\u{feff}').unwrap_or(card);
    let Some(rest) = body
        .strip_prefix("---\n")
        .or_else(|| body.strip_prefix("---\r\n"))
    else {
        return ("", body);
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return (rest[..at].trim_end(), &rest[at + line.len()..]);
        }
        at += line.len();
    }
    ("", body)
}

enum Block<'a> {
    Heading(usize, &'a str),
    List(Vec<&'a str>),
    Quote(String),
    Code(String),
    Words(String),
}

fn markdown(text: &str) -> Markup {
    html! {
        @for block in blocks(text) {
            @match block {
                // The page has an `h1` and `h2`s of its own; a card's headings stand below them.
                Block::Heading(1, words) => { h3 { (words) } }
                Block::Heading(_, words) => { h4 { (words) } }
                Block::List(items) => { ul { @for item in items { li { (item) } } } }
                Block::Quote(words) => { blockquote { p { (words) } } }
                Block::Code(code) => { pre.code { (code) } }
                Block::Words(words) => { p { (words) } }
            }
        }
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut lines = text.lines().take(LINES);
    // An empty line ends a paragraph, a list and a quotation.
    let mut apart = true;
    while let Some(line) = lines.next() {
        let words = line.trim();
        let hashes = words.bytes().take_while(|byte| *byte == b'#').count();
        let heading = (1..=6).contains(&hashes) && words[hashes..].starts_with(' ');
        let item = ["- ", "* ", "+ "]
            .iter()
            .find_map(|mark| words.strip_prefix(mark));
        if let Some(fence) = ["```", "~~~"]
            .iter()
            .find(|fence| words.starts_with(**fence))
        {
            let inside = lines
                .by_ref()
                .take_while(|line| !line.trim().starts_with(fence));
            found.push(Block::Code(inside.collect::<Vec<_>>().join("\n")));
            apart = true;
            continue;
        }
        match found.last_mut().filter(|_| !apart) {
            _ if words.is_empty() => {}
            _ if heading => found.push(Block::Heading(hashes, words[hashes..].trim())),
            Some(Block::List(items)) if item.is_some() => items.extend(item),
            Some(Block::Quote(said)) if words.starts_with('>') => {
                said.push(' ');
                said.push_str(words[1..].trim());
            }
            Some(Block::Words(said)) if item.is_none() && !words.starts_with('>') => {
                said.push(' ');
                said.push_str(words);
            }
            _ => found.push(match item {
                Some(item) => Block::List(vec![item]),
                None => match words.strip_prefix('>') {
                    Some(said) => Block::Quote(said.trim().to_owned()),
                    None => Block::Words(words.to_owned()),
                },
            }),
        }
        apart = words.is_empty() || heading;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_what_stands_between_the_lines() {
        assert_eq!(parts("---\na: 1\n---\n# T"), ("a: 1", "# T"));
        assert_eq!(parts("# T\n---\na\n---"), ("", "# T\n---\na\n---"));
        assert_eq!(parts("---\nnever closed"), ("", "---\nnever closed"));
    }

    #[test]
    fn a_card_is_drawn_and_nothing_in_it_is_html() {
        let card = "---\nlicense: <b>\n---\n# One <script>\n\nwords\nmore\n- a\n- b\n\n> so\n> he\n\
                    ```js\nalert(1)\n```\n[x](javascript:alert(1)) <img src=x onerror=y>";
        let page = draw(Words::ENGLISH, card).into_string();
        for tag in ["<script", "<img", "<b>", "href"] {
            assert!(!page.contains(tag), "{tag} in {page}");
        }
        for part in [
            "<h3>One &lt;script&gt;</h3>",
            "<p>words more</p>",
            "<ul><li>a</li><li>b</li></ul>",
            "<blockquote><p>so he</p></blockquote>",
            "<pre class=\"code\">alert(1)</pre>",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
