//! Nothing in the tree names one machine's folders or an outside host of packages.

use anyhow::Result;

use super::Violation;
use crate::tree::Tree;

/// Folders that exist on somebody's machine only; in pieces, or this file would break the rule.
const FOLDERS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
];

/// Hosts that a package manager knows by itself.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

/// Lock files are written by tools and name where each package came from.
const LOCKS: &[&str] = &["Cargo.lock", "package-lock.json"];

pub fn check(tree: &Tree) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    let is_lock = |path: &str| LOCKS.iter().any(|lock| path.ends_with(lock));
    for file in tree.files.iter().filter(|file| !is_lock(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            for folder in FOLDERS.iter().filter(|folder| begins_path(line, folder)) {
                let advice = format!("`{folder}` is a folder of one machine: name it relatively");
                broken.push(Violation::new("borders", &file.path, index + 1, advice));
            }
            for host in HOSTS.iter().filter(|host| line.contains(**host)) {
                let advice = format!("`{host}` is known to its tool: do not name it");
                broken.push(Violation::new("borders", &file.path, index + 1, advice));
            }
        }
    }
    Ok(broken)
}

/// Whether `folder` stands in `line` as the beginning of a path, not as a part of a longer one.
fn begins_path(line: &str, folder: &str) -> bool {
    let inside = |sign: char| sign.is_alphanumeric() || "_-.~})$*".contains(sign);
    line.match_indices(folder)
        .any(|(at, _)| !line[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{assert_holds, places};

    #[test]
    fn the_tree_stands_on_any_machine() {
        assert_holds(check);
    }

    #[test]
    fn folders_of_one_machine_are_found() {
        let text = format!("fine\ncd {}main", FOLDERS[0]);
        assert_eq!(places(check, &[("a.sh", &text)]), ["a.sh:2: borders"]);
        let longer = format!("net{}x ../shared{}x", FOLDERS[0], FOLDERS[1]);
        assert_eq!(places(check, &[("a.sh", &longer)]), [""; 0]);
    }

    #[test]
    fn package_hosts_are_found_outside_lock_files() {
        for host in HOSTS {
            let text = format!("see https://{host}/x");
            assert_eq!(places(check, &[("a.md", &text)]), ["a.md:1: borders"]);
            assert_eq!(places(check, &[("c/package-lock.json", &text)]), [""; 0]);
        }
    }
}
