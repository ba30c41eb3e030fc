//! One Rust file as the rules read it: syntax tree, flat tokens, and which lines are test code.

use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item};

/// A word, a sign, a literal or a bracket, with its line. Comments are gone, strings keep their
/// quotes, so a banned word inside a string is never mistaken for code.
pub struct Token {
    pub text: String,
    pub line: usize,
}

pub struct Rust {
    pub ast: syn::File,
    pub tokens: Vec<Token>,
    test_lines: Vec<RangeInclusive<usize>>,
}

impl Rust {
    pub fn parse(text: &str) -> syn::Result<Self> {
        let ast = syn::parse_file(text)?;
        let mut tokens = Vec::new();
        flatten(text.parse::<TokenStream>()?, &mut tokens);
        let mut found = TestLines(Vec::new());
        found.visit_file(&ast);
        Ok(Self {
            ast,
            tokens,
            test_lines: found.0,
        })
    }

    /// Whether the line stands inside an item marked `#[cfg(test)]` or `#[test]`.
    pub fn is_test_line(&self, line: usize) -> bool {
        self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// The lines where `pattern` begins; its tokens are separated by spaces: `std : : time`.
    pub fn lines_of(&self, pattern: &str) -> Vec<usize> {
        let words: Vec<&str> = pattern.split_whitespace().collect();
        self.tokens
            .windows(words.len())
            .filter(|window| {
                window
                    .iter()
                    .zip(&words)
                    .all(|(token, word)| token.text == *word)
            })
            .map(|window| window[0].line)
            .collect()
    }

    /// Names of the modules that are declared for tests in files of their own.
    pub fn test_modules(&self) -> Vec<String> {
        let items = self.ast.items.iter();
        items
            .filter_map(|item| match item {
                Item::Mod(module) if module.content.is_none() && is_test(&module.attrs) => {
                    Some(module.ident.to_string())
                }
                _ => None,
            })
            .collect()
    }
}

struct TestLines(Vec<RangeInclusive<usize>>);

impl<'ast> Visit<'ast> for TestLines {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Const(it) => &it.attrs,
            Item::Enum(it) => &it.attrs,
            Item::ExternCrate(it) => &it.attrs,
            Item::Fn(it) => &it.attrs,
            Item::Impl(it) => &it.attrs,
            Item::Macro(it) => &it.attrs,
            Item::Mod(it) => &it.attrs,
            Item::Static(it) => &it.attrs,
            Item::Struct(it) => &it.attrs,
            Item::Use(it) => &it.attrs,
            _ => return visit::visit_item(self, item),
        };
        if is_test(attributes) {
            self.0
                .push(item.span().start().line..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if is_test(&function.attrs) {
            self.0
                .push(function.span().start().line..=function.span().end().line);
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Path>()
                    .is_ok_and(|path| path.is_ident("test"))
    })
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let mut push = |text: String, line: usize| tokens.push(Token { text, line });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                push(open.to_owned(), group.span_open().start().line);
                flatten(group.stream(), tokens);
                tokens.push(Token {
                    text: close.into(),
                    line: group.span_close().start().line,
                });
            }
            TokenTree::Ident(ident) => push(ident.to_string(), ident.span().start().line),
            TokenTree::Punct(sign) => push(sign.to_string(), sign.span().start().line),
            TokenTree::Literal(literal) => push(literal.to_string(), literal.span().start().line),
        }
    }
}
