//! Receipts of uses in words: one alone, or the whole call that it belongs to.

use crate::commands::inspect::time;
use gateway::Receipt;
use gateway::tree::Node;
use protocol::Hash;
use protocol::market::AssetKind;
use protocol::usage::Tokens;

/// One receipt; `kind` is what the log says that its asset is, where a log is at hand.
pub(super) fn print(receipt: &Receipt, kind: Option<AssetKind>) {
    let row = &receipt.row;
    println!(
        "  use of     asset {}, space {}",
        receipt.asset, receipt.space
    );
    println!(
        "  paid by    account {}, use {}",
        receipt.payer, receipt.counter
    );
    println!("  time       {}", time(row.time_ms));
    println!(
        "  cost       {} units of allowance {}",
        row.amount_units, row.allowance
    );
    if let Some(tree) = &receipt.tree {
        let (children, units) = (tree.children, tree.children_units);
        if children > 0 {
            println!(
                "  uses       {children} others for {units} units, whose receipts are not here"
            );
        }
        if tree.within.is_some() {
            println!("  made in    another call, whose receipt names this one");
        }
    }
    if let Some(tokens) = row.tokens {
        println!("  {}", counted(&tokens, kind));
    }
    match receipt.failed() {
        true => println!("  answer     none; what was used in it is paid"),
        false if !receipt.whole => println!("  answer     broke off; what had come was paid"),
        false => {}
    }
    println!("  id         {}", Hash(row.receipt));
}

/// The whole call, each use with what was used in it.
pub(super) fn print_tree(nodes: &[Node<'_>]) {
    let Some(Node { receipt: top, .. }) = nodes.first() else {
        return;
    };
    println!("  call of    asset {}, space {}", top.asset, top.space);
    println!("  paid by    account {}", top.payer);
    println!("  time       {}", time(top.row.time_ms));
    let (cost, allowance) = (top.whole_units(), top.row.allowance);
    println!("  cost       {cost} units of allowance {allowance}, which are:");
    for Node { depth, receipt } in nodes {
        let (own, counter) = (receipt.row.amount_units, receipt.counter);
        let told = match (receipt.failed(), receipt.whole) {
            (true, _) => ", came to nothing",
            (false, false) => ", broke off",
            (false, true) => "",
        };
        let (asset, indent) = (format!("asset {}", receipt.asset), "  ".repeat(*depth));
        println!("    {own:>12}  {indent}{asset}, use {counter}{told}");
    }
    println!("  id         {}", Hash(top.row.receipt));
}

/// What was counted of a use: a row counts as a token that is answered, so that the receipt alone
/// may mean either.
fn counted(tokens: &Tokens, kind: Option<AssetKind>) -> String {
    let (input, output, source) = (tokens.input, tokens.output, tokens.source.word());
    let is_table = kind.map(AssetKind::is_table);
    match is_table.filter(|_| tokens.may_be_rows()) {
        Some(true) => format!("rows       {output}"),
        None if tokens.may_be_rows() => format!(
            "answered   {output} rows of a data set, or tokens of a model ({source}): the log says \
             which"
        ),
        _ => format!("tokens     {input} asked, {output} answered ({source})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::usage::TokenSource;

    #[test]
    fn rows_are_told_as_rows_where_the_log_says_that_they_are() {
        let tokens = |input, source| Tokens {
            input,
            output: 10,
            source,
        };
        let rows = tokens(0, TokenSource::Counted);
        for kind in AssetKind::ALL {
            let expected = match kind {
                AssetKind::Dataset | AssetKind::LabelSet => "rows       10",
                _ => "tokens     0 asked, 10 answered (counted)",
            };
            assert_eq!(counted(&rows, Some(kind)), expected);
        }
        let either = counted(&rows, None);
        assert!(
            either.contains("10 rows of a data set, or tokens"),
            "{either}"
        );
        // Rows have never anything asked, nor anybody else's count.
        for (other, words) in [
            (
                tokens(1, TokenSource::Counted),
                "1 asked, 10 answered (counted)",
            ),
            (
                tokens(0, TokenSource::Upstream),
                "0 asked, 10 answered (upstream)",
            ),
        ] {
            for kind in [None, Some(AssetKind::Model), Some(AssetKind::Dataset)] {
                assert_eq!(counted(&other, kind), format!("tokens     {words}"));
            }
        }
    }
}
