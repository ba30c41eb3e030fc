//! One script of a module and all that it imports, so that a page asks for one file.
//!
//! Modules keep their own scopes: each becomes a block, and what it exports goes through an object.
//! The forms that are understood are those the house uses; all else is an error that a test finds.

use std::fmt::Write as _;

/// A script that does what the module `entry` does, with everything that it imports before it.
///
/// `read` gives a module's text by its name. The error says which line of which module has a form
/// that is not understood, which module is missing, or that imports run in a circle.
pub(super) fn bundle(
    entry: &str,
    read: &impl Fn(&str) -> Option<&'static str>,
) -> Result<String, String> {
    let mut done: Vec<String> = Vec::new();
    let mut out = String::new();
    take(entry, read, (&mut Vec::new(), &mut done), &mut out)?;
    Ok(out)
}

type Path<'a> = (&'a mut Vec<String>, &'a mut Vec<String>);

fn take(
    name: &str,
    read: &impl Fn(&str) -> Option<&'static str>,
    (above, done): Path<'_>,
    out: &mut String,
) -> Result<(), String> {
    if done.iter().any(|own| own == name) {
        return Ok(());
    }
    if above.iter().any(|own| own == name) {
        return Err(format!("`{name}` imports itself in a circle"));
    }
    let text = read(name).ok_or_else(|| format!("there is no module `{name}`"))?;
    let module = Module::read(name, text)?;
    above.push(name.to_owned());
    for (from, _) in &module.imports {
        take(from, read, (above, done), out)?;
    }
    above.pop();
    done.push(name.to_owned());
    module.write(name, out);
    Ok(())
}

/// The name of the object that holds what a module exports.
fn object(name: &str) -> String {
    let part = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    let stem = name.trim_end_matches(".js");
    format!("${}", stem.chars().map(part).collect::<String>())
}

#[derive(Default)]
struct Module {
    /// From which module, and the pattern that takes its names.
    imports: Vec<(String, String)>,
    exports: Vec<String>,
    body: String,
}

impl Module {
    fn read(name: &str, text: &str) -> Result<Self, String> {
        let mut own = Self::default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let words = line.trim_start();
            if words.starts_with("//") {
                continue;
            }
            if words.starts_with("/*") {
                let mut last = line;
                while !last.contains("*/") {
                    last = lines.next().ok_or_else(|| fault(name, line))?;
                }
                continue;
            }
            if line.starts_with("import ") {
                let mut whole = line.to_owned();
                while !whole.ends_with(';') {
                    whole.push(' ');
                    whole.push_str(lines.next().ok_or_else(|| fault(name, line))?.trim());
                }
                let import = import(&whole).ok_or_else(|| fault(name, line))?;
                own.imports.push(import);
                continue;
            }
            let Some(exported) = line.strip_prefix("export ") else {
                own.body.push_str(line);
                own.body.push('\n');
                continue;
            };
            let found = exported_name(exported).ok_or_else(|| fault(name, line))?;
            own.exports.push(found.to_owned());
            own.body.push_str(exported);
            own.body.push('\n');
        }
        Ok(own)
    }

    fn write(&self, name: &str, out: &mut String) {
        let own = object(name);
        if !self.exports.is_empty() {
            writeln!(out, "const {own} = {{}};").expect("a string takes all");
        }
        out.push_str("{\n");
        for (from, pattern) in &self.imports {
            writeln!(out, "const {pattern} = {};", object(from)).expect("a string takes all");
        }
        out.push_str(&self.body);
        if !self.exports.is_empty() {
            let names = self.exports.join(", ");
            writeln!(out, "Object.assign({own}, {{ {names} }});").expect("a string takes all");
        }
        out.push_str("}\n");
    }
}

fn fault(name: &str, line: &str) -> String {
    format!("`{name}` has `{line}`, which is no form that can be put together")
}

/// `import { a, b as c } from "./x.js";` or `import * as x from "./x.js";`.
fn import(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("import ")?.strip_suffix("\";")?;
    let (names, from) = line.rsplit_once(" from \"./")?;
    let pattern = match names.strip_prefix("* as ") {
        Some(whole) => whole.to_owned(),
        None if names.starts_with('{') && names.ends_with('}') => names.replace(" as ", ": "),
        None => return None,
    };
    Some((from.to_owned(), pattern))
}

/// What a declaration is called.
fn exported_name(line: &str) -> Option<&str> {
    let kinds = ["async function ", "function ", "class ", "const "];
    let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
    let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))?;
    (end > 0).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::bundle;

    fn read(name: &str) -> Option<&'static str> {
        Some(match name {
            "one.js" => {
                "// One.\nimport { two,\n  three as drei } from \"./two.js\";\n\
                 import * as all from \"./two.js\";\nlet own = 1;\nuse(two, drei, all);\n"
            }
            "two.js" => {
                "/** Two\n * of them. */\nexport const two = 2;\nexport function three() {\n  \
                 return own;\n}\nlet own = 3;\n"
            }
            "circle.js" => "import { a } from \"./circle.js\";\n",
            "odd.js" => "export default 1;\n",
            "lost.js" => "import { a } from \"./nowhere.js\";\n",
            _ => return None,
        })
    }

    #[test]
    fn modules_stand_one_after_the_other_in_scopes_of_their_own() {
        let expected = "const $two = {};\n{\nconst two = 2;\nfunction three() {\n  return own;\n}\n\
                        let own = 3;\nObject.assign($two, { two, three });\n}\n{\n\
                        const { two, three: drei } = $two;\nconst all = $two;\nlet own = 1;\n\
                        use(two, drei, all);\n}\n";
        assert_eq!(bundle("one.js", &read).as_deref(), Ok(expected));
    }

    #[test]
    fn what_cannot_be_put_together_is_said() {
        for (name, words) in [
            ("circle.js", "in a circle"),
            ("odd.js", "no form"),
            ("lost.js", "no module `nowhere.js`"),
        ] {
            let fault = bundle(name, &read).unwrap_err();
            assert!(fault.contains(words), "{fault}");
        }
    }
}
