//! Tables that turn to cards on a phone: every cell is told the head of its column.

/// A page whose tables' cells bear `data-label`. It reads what the pages of this crate write: no
/// table within a table, and one row of heads.
pub(super) fn labelled(page: &str) -> String {
    let mut out = String::with_capacity(page.len() + page.len() / 8);
    let mut rest = page;
    while let Some(start) = rest.find("<table") {
        let Some(length) = rest[start..].find("</table>") else {
            break;
        };
        out.push_str(&rest[..start]);
        table(&rest[start..start + length], &mut out);
        rest = &rest[start + length..];
    }
    out.push_str(rest);
    out
}

fn table(text: &str, out: &mut String) {
    let Some((head, body)) = text.split_once("</thead>") else {
        out.push_str(text);
        return;
    };
    let heads = heads(head);
    match head.strip_prefix("<table>") {
        Some(head) => {
            out.push_str("<table class=\"cards\">");
            out.push_str(head);
        }
        None => out.push_str(head),
    }
    out.push_str("</thead>");
    let mut column = 0;
    for (place, piece) in body.split('<').enumerate() {
        if place > 0 {
            out.push('<');
        }
        let name = piece.get(..2).unwrap_or_default();
        let ends = piece[name.len()..].starts_with([' ', '>']);
        match (name, ends) {
            ("tr", true) => column = 0,
            ("td" | "th", true) => {
                let label = heads.get(column).copied().unwrap_or_default();
                column += 1;
                if !label.is_empty() {
                    out.push_str(name);
                    out.push_str(" data-label=\"");
                    out.push_str(label);
                    out.push('"');
                    out.push_str(&piece[2..]);
                    continue;
                }
            }
            _ => {}
        }
        out.push_str(piece);
    }
}

/// What stands in each head, up to the first tag in it; it is escaped already.
fn heads(head: &str) -> Vec<&str> {
    let pieces = head.split("<th").skip(1);
    let cells = pieces.filter(|piece| piece.starts_with([' ', '>']));
    let words = cells.map(|piece| {
        let inside = piece.split_once('>').map_or("", |(_, inside)| inside);
        inside.split('<').next().unwrap_or_default().trim()
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::labelled;

    #[test]
    fn each_cell_is_told_its_head() {
        let page = "<p>a < b</p><table><thead><tr><th scope=\"col\">A &amp; B</th><th>C</th>\
                    <th></th></tr></thead><tbody><tr><th scope=\"row\">1</th>\
                    <td class=\"num\">2<td-x></td><td><track></td><td>4</td></tr><tr><td>5</td>\
                    </tr></tbody></table><p>end</p>";
        let expected = "<p>a < b</p><table class=\"cards\"><thead><tr>\
                        <th scope=\"col\">A &amp; B</th><th>C</th><th></th></tr></thead><tbody>\
                        <tr><th data-label=\"A &amp; B\" scope=\"row\">1</th>\
                        <td data-label=\"C\" class=\"num\">2<td-x></td><td><track></td>\
                        <td>4</td></tr><tr><td data-label=\"A &amp; B\">5</td></tr></tbody>\
                        </table><p>end</p>";
        assert_eq!(labelled(page), expected);
    }

    #[test]
    fn what_is_no_whole_table_stays_as_it_is() {
        for page in ["", "<table><tr><td>1</td></tr></table>", "<table>", "é<"] {
            assert_eq!(labelled(page), page);
        }
    }
}
