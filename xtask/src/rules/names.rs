//! Names that say nothing, and constructs that hide something.

use anyhow::Result;
use syn::Ident;
use syn::visit::{self, Visit};

use super::Violation;
use crate::tree::Tree;

/// Endings that make a type name longer without saying more.
const SUFFIXES: &[&str] = &[
    "Manager",
    "Service",
    "Helper",
    "Helpers",
    "Util",
    "Utils",
    "Handler",
    "Processor",
    "Impl",
    "Info",
    "Data",
];

/// Token patterns that no source holds, with what to write in their place.
const CONSTRUCTS: &[(&str, &str)] = &[
    (
        "# [ allow (",
        "use `#[expect(.., reason = \"..\")]` or mend the cause",
    ),
    (
        "# ! [ allow (",
        "use `#![expect(.., reason = \"..\")]` or mend the cause",
    ),
    ("# [ ignore", "a test runs or is deleted"),
    ("todo ! (", "an unfinished path is absent, not a stub"),
    (
        "unimplemented ! (",
        "an unfinished path is absent, not a stub",
    ),
    (
        "thread : : sleep",
        "wait for the event itself, not for time",
    ),
];

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    for (file, rust) in tree.rust() {
        let mut names = Names(Vec::new());
        names.visit_file(&rust.ast);
        broken.extend(names.0.into_iter().map(|(name, advice)| {
            Violation::new("names", &file.path, name.span().start().line, advice)
        }));
        for (pattern, advice) in CONSTRUCTS {
            let shown: String = pattern.split(' ').collect();
            for line in rust.lines_of(pattern) {
                let advice = format!("`{shown}` is not used here: {advice}");
                broken.push(Violation::new("constructs", &file.path, line, advice));
            }
        }
    }
    Ok(broken)
}

struct Names(Vec<(Ident, String)>);

impl Names {
    fn type_name(&mut self, name: &Ident) {
        let text = name.to_string();
        if let Some(suffix) = SUFFIXES.iter().find(|suffix| text.ends_with(**suffix)) {
            let advice = format!("`{text}` ends in `{suffix}`: name the thing, not its kind");
            self.0.push((name.clone(), advice));
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_struct(&mut self, it: &'ast syn::ItemStruct) {
        self.type_name(&it.ident);
    }

    fn visit_item_enum(&mut self, it: &'ast syn::ItemEnum) {
        self.type_name(&it.ident);
    }

    fn visit_item_trait(&mut self, it: &'ast syn::ItemTrait) {
        self.type_name(&it.ident);
        visit::visit_item_trait(self, it);
    }

    fn visit_item_type(&mut self, it: &'ast syn::ItemType) {
        self.type_name(&it.ident);
    }

    fn visit_item_impl(&mut self, it: &'ast syn::ItemImpl) {
        // The names in an impl of somebody else's trait are somebody else's.
        if it.trait_.is_none() {
            visit::visit_item_impl(self, it);
        }
    }

    fn visit_signature(&mut self, it: &'ast syn::Signature) {
        let text = it.ident.to_string();
        if let Some(rest) = text.strip_prefix("get_") {
            let advice = format!("`{text}`: a pure question is a noun, `{rest}`");
            self.0.push((it.ident.clone(), advice));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{assert_holds, places};

    #[test]
    fn names_say_what_things_are() {
        assert_holds(check);
    }

    #[test]
    fn empty_names_are_found() {
        for text in [
            "struct LedgerManager;",
            "enum UserInfo {}",
            "trait BlobStoreImpl {}",
            "type Data = u8;",
            "mod m { fn get_price() {} }",
            "impl A { fn get_price(&self) {} }",
        ] {
            assert_eq!(
                places(check, &[("a.rs", text)]),
                ["a.rs:1: names"],
                "{text}"
            );
        }
        let fine = "struct Database; fn target() {} impl Alien for A { fn get_x() {} }";
        assert_eq!(places(check, &[("a.rs", fine)]), [""; 0]);
    }

    #[test]
    fn hiding_constructs_are_found() {
        for text in [
            "\n#[allow(dead_code)] fn f() {}",
            "\n#![allow(dead_code)]",
            "\n#[test] #[ignore] fn f() {}",
            "\n#[test] #[ignore = \"slow\"] fn f() {}",
            "\nfn f() { todo!() }",
            "\nfn f() { vec![unimplemented!(\"x\")] }",
            "\nfn f() { std::thread::sleep(d) }",
        ] {
            let text = format!("//! A.{text}");
            assert_eq!(
                places(check, &[("a.rs", &text)]),
                ["a.rs:2: constructs"],
                "{text}"
            );
        }
        let fine = "// #[ignore]\nconst A: &str = \"todo!() #[allow(x)]\"; fn todo() {}";
        assert_eq!(places(check, &[("a.rs", fine)]), [""; 0]);
    }
}
