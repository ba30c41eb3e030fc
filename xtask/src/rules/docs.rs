//! Docs that say something: a first line per file, and no doc that only repeats the signature.

use std::collections::BTreeSet;

use anyhow::Result;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Visibility};

use super::Violation;
use crate::rust::Rust;
use crate::tree::Tree;

/// Words that carry no meaning of their own in a doc comment.
const FILLERS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "get", "given", "gets",
    "has", "in", "into", "is", "it", "its", "new", "of", "on", "or", "return", "returns", "self",
    "set", "sets", "struct", "that", "the", "this", "to", "type", "which", "with",
];

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_rust()) {
        let first = file.text.lines().next().unwrap_or_default();
        if let Some(advice) = weak_first_line(first) {
            broken.push(Violation::new("first line", &file.path, 1, advice));
        }
    }
    for (file, rust) in tree.rust().filter(|(file, _)| !tree.is_test(file)) {
        let mut docs = Docs {
            rust,
            outer: Vec::new(),
            outer_is_public: false,
            empty: Vec::new(),
        };
        docs.visit_file(&rust.ast);
        broken.extend(docs.empty.into_iter().map(|(line, name)| {
            let advice =
                format!("the doc of `{name}` repeats its signature: say meaning, unit, range");
            Violation::new("empty doc", &file.path, line, advice)
        }));
    }
    Ok(broken)
}

/// The sentence that a file's first line says, if it says one.
pub fn first_sentence(line: &str) -> Option<&str> {
    line.strip_prefix("//! ")
        .filter(|_| weak_first_line(line).is_none())
}

fn weak_first_line(line: &str) -> Option<&'static str> {
    let Some(sentence) = line.strip_prefix("//! ") else {
        return Some("begin the file with `//! ` and one sentence: what is this?");
    };
    if !sentence.ends_with('.') {
        return Some("line 1 is one whole sentence that ends in a period");
    }
    if sentence.contains(". ") {
        return Some("line 1 is one sentence: an empty `//!` line and the rest below it");
    }
    if sentence.split_whitespace().count() < 3 {
        return Some("line 1 says nothing yet: what is this file?");
    }
    None
}

struct Docs<'a> {
    rust: &'a Rust,
    /// Names of the type that the members being visited belong to.
    outer: Vec<Ident>,
    outer_is_public: bool,
    /// Line and name of each item whose doc says nothing.
    empty: Vec<(usize, String)>,
}

impl Docs<'_> {
    fn judge(&mut self, attributes: &[Attribute], name: &Ident, signature: Vec<Ident>) {
        let texts: Vec<String> = attributes.iter().filter_map(doc_text).collect();
        let line = name.span().start().line;
        if texts.is_empty() || self.rust.is_test_line(line) {
            return; // a missing doc is the compiler's to report
        }
        let known: BTreeSet<String> = signature
            .iter()
            .chain(&self.outer)
            .chain([name])
            .flat_map(|ident| words(&ident.to_string()))
            .collect();
        let said = texts.iter().flat_map(|text| words(text));
        let mut news = said.filter(|it| !known.contains(it) && !FILLERS.contains(&it.as_str()));
        if news.next().is_none() {
            self.empty.push((line, name.to_string()));
        }
    }
}

impl<'ast> Visit<'ast> for Docs<'_> {
    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        if is_public(&it.vis) {
            self.judge(
                &it.attrs,
                &it.sig.ident,
                idents(|all| all.visit_signature(&it.sig)),
            );
        }
    }

    fn visit_item_const(&mut self, it: &'ast syn::ItemConst) {
        if is_public(&it.vis) {
            self.judge(&it.attrs, &it.ident, idents(|all| all.visit_type(&it.ty)));
        }
    }

    fn visit_item_type(&mut self, it: &'ast syn::ItemType) {
        if is_public(&it.vis) {
            self.judge(&it.attrs, &it.ident, idents(|all| all.visit_type(&it.ty)));
        }
    }

    fn visit_item_struct(&mut self, it: &'ast syn::ItemStruct) {
        if is_public(&it.vis) {
            self.judge(
                &it.attrs,
                &it.ident,
                idents(|all| all.visit_fields(&it.fields)),
            );
        }
        self.outer = vec![it.ident.clone()];
        self.outer_is_public = is_public(&it.vis);
        visit::visit_item_struct(self, it);
        self.outer.clear();
    }

    fn visit_item_enum(&mut self, it: &'ast syn::ItemEnum) {
        if is_public(&it.vis) {
            self.judge(&it.attrs, &it.ident, Vec::new());
            self.outer = vec![it.ident.clone()];
            for variant in &it.variants {
                let fields = idents(|all| all.visit_fields(&variant.fields));
                self.judge(&variant.attrs, &variant.ident, fields);
            }
            self.outer.clear();
        }
    }

    fn visit_field(&mut self, it: &'ast syn::Field) {
        if let Some(name) = it
            .ident
            .as_ref()
            .filter(|_| is_public(&it.vis) && self.outer_is_public)
        {
            self.judge(&it.attrs, name, idents(|all| all.visit_type(&it.ty)));
        }
    }

    fn visit_item_trait(&mut self, it: &'ast syn::ItemTrait) {
        if is_public(&it.vis) {
            self.judge(&it.attrs, &it.ident, Vec::new());
            self.outer = vec![it.ident.clone()];
            visit::visit_item_trait(self, it);
            self.outer.clear();
        }
    }

    fn visit_trait_item_fn(&mut self, it: &'ast syn::TraitItemFn) {
        self.judge(
            &it.attrs,
            &it.sig.ident,
            idents(|all| all.visit_signature(&it.sig)),
        );
    }

    fn visit_item_impl(&mut self, it: &'ast syn::ItemImpl) {
        self.outer = idents(|all| all.visit_type(&it.self_ty));
        visit::visit_item_impl(self, it);
        self.outer.clear();
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        if is_public(&it.vis) {
            self.judge(
                &it.attrs,
                &it.sig.ident,
                idents(|all| all.visit_signature(&it.sig)),
            );
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn doc_text(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(it) if it.path.is_ident("doc") => match &it.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None, // `#[doc = include_str!(..)]` says more than a line
        },
        _ => None,
    }
}

struct Idents(Vec<Ident>);

impl<'ast> Visit<'ast> for Idents {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.0.push(ident.clone());
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn idents(visit: impl FnOnce(&mut Idents)) -> Vec<Ident> {
    let mut all = Idents(Vec::new());
    visit(&mut all);
    all.0
}

/// Lower-case words of a text or a name, split at `CamelCase` borders, without the plural's `s`.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut after_lower = false;
    for sign in text.chars() {
        if !sign.is_alphanumeric() || sign.is_uppercase() && after_lower {
            spaced.push(' ');
        }
        after_lower = sign.is_lowercase() || sign.is_numeric();
        if sign.is_alphanumeric() {
            spaced.extend(sign.to_lowercase());
        }
    }
    let singular = |word: &str| match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 => stem.to_owned(),
        _ => word.to_owned(),
    };
    spaced.split_whitespace().map(singular).collect()
}

#[cfg(test)]
mod tests;
