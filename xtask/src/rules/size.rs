//! Limits on what one reader can hold: lines of a file and of a function, columns, arguments.

use anyhow::Result;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, FnArg, Signature};

use super::Violation;
use crate::tree::{File, Tree};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const ARGUMENTS: usize = 5;
const COLUMNS: usize = 100;

/// Languages written by hand here; generated artefacts are JSON.
const LANGUAGES: &[&str] = &["rs", "sol", "js", "cjs", "mjs", "ts", "py", "css"];

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    for file in &tree.files {
        let extension = file.path.rsplit('.').next().unwrap_or_default();
        if LANGUAGES.contains(&extension) && !file.path.contains("/vendor/") {
            long_file(file, &mut broken);
        }
        if file.is_rust() {
            long_lines(file, &mut broken);
        }
        if let Some(rust) = &file.rust {
            Functions {
                path: &file.path,
                broken: &mut broken,
            }
            .visit_file(&rust.ast);
        } else if file.is_rust() {
            broken.push(Violation::new(
                "size",
                &file.path,
                1,
                "is not a Rust file that parses",
            ));
        }
    }
    Ok(broken)
}

fn long_file(file: &File, broken: &mut Vec<Violation>) {
    let lines = file.text.lines().count();
    if lines > FILE_LINES {
        let advice =
            format!("{lines} lines, at most {FILE_LINES}: split it by what it talks about");
        broken.push(Violation::new(
            "file size",
            &file.path,
            FILE_LINES + 1,
            advice,
        ));
    }
}

fn long_lines(file: &File, broken: &mut Vec<Violation>) {
    for (index, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS {
            let advice = format!("{columns} columns, at most {COLUMNS}: break the line");
            broken.push(Violation::new("columns", &file.path, index + 1, advice));
        }
    }
}

struct Functions<'a> {
    path: &'a str,
    broken: &'a mut Vec<Violation>,
}

impl Functions<'_> {
    /// Attributes and docs do not count; the signature and the body do.
    fn measure(&mut self, signature: &Signature, body: Option<&Block>) {
        let (name, line) = (&signature.ident, signature.fn_token.span.start().line);
        let mut break_rule = |rule, advice| {
            self.broken
                .push(Violation::new(rule, self.path, line, advice));
        };
        let lines = body.map_or(0, |body| body.span().end().line + 1 - line);
        if lines > FUNCTION_LINES {
            let advice =
                format!("`{name}` has {lines} lines, at most {FUNCTION_LINES}: name its steps");
            break_rule("function size", advice);
        }
        let typed = |it: &&FnArg| matches!(it, FnArg::Typed(_));
        let arguments = signature.inputs.iter().filter(typed).count();
        if arguments > ARGUMENTS {
            let advice =
                format!("`{name}` takes {arguments}, at most {ARGUMENTS}: give them a type");
            break_rule("arguments", advice);
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        self.measure(&it.sig, Some(&it.block));
        visit::visit_item_fn(self, it);
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        self.measure(&it.sig, Some(&it.block));
        visit::visit_impl_item_fn(self, it);
    }

    fn visit_trait_item_fn(&mut self, it: &'ast syn::TraitItemFn) {
        self.measure(&it.sig, it.default.as_ref());
        visit::visit_trait_item_fn(self, it);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{assert_holds, places};

    #[test]
    fn everything_is_small() {
        assert_holds(check);
    }

    #[test]
    fn long_files_are_found() {
        let (most, more) = (
            "x = 1\n".repeat(FILE_LINES),
            "x = 1\n".repeat(FILE_LINES + 1),
        );
        let files = [("a.py", &*most), ("b.py", &*more), ("c.json", &*more)];
        assert_eq!(places(check, &files), ["b.py:401: file size"]);
    }

    #[test]
    fn long_functions_are_found_wherever_they_stand() {
        let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
        assert_eq!(places(check, &[("a.rs", &body(60))]), [""; 0]);
        assert_eq!(
            places(check, &[("a.rs", &body(61))]),
            ["a.rs:1: function size"]
        );
        let method = format!("impl A {{\n#[x]\n{}}}\n", body(61));
        assert_eq!(
            places(check, &[("a.rs", &method)]),
            ["a.rs:3: function size"]
        );
        let nested = format!("mod m {{ trait A {{\n{}}} }}\n", body(61));
        assert_eq!(
            places(check, &[("a.rs", &nested)]),
            ["a.rs:2: function size"]
        );
    }

    #[test]
    fn wide_lines_and_many_arguments_are_found() {
        let wide = format!("// {}\n", "ü".repeat(98));
        assert_eq!(places(check, &[("a.rs", &wide)]), ["a.rs:1: columns"]);
        let six = "impl A { fn f(&self, a: u8, b: u8, c: u8, d: u8, e: u8, g: u8) {} }";
        assert_eq!(places(check, &[("a.rs", six)]), ["a.rs:1: arguments"]);
        let five = "impl A { fn f(&self, a: u8, b: u8, c: u8, d: u8, e: u8) {} }";
        assert_eq!(places(check, &[("a.rs", five)]), [""; 0]);
    }

    #[test]
    fn a_file_that_does_not_parse_is_found() {
        assert_eq!(places(check, &[("a.rs", "fn f( {")]), ["a.rs:1: size"]);
    }
}
