//! A file system of its own on a loop device, which can be filled, starved and broken.

use crate::run::text;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the device ends while it is broken. What the file system itself must read lies before it,
/// else the kernel would try again for ever, and all that is written later lies behind it.
const BROKEN_AT: &str = "2097152";

/// Tells a loop device where it ends: 0 is the end of its file.
const LIMIT: &str = "
import fcntl, struct, sys
with open(sys.argv[1]) as device:
    status = bytearray(232)
    fcntl.ioctl(device, 0x4C05, status)
    struct.pack_into('<Q', status, 32, int(sys.argv[2]))
    fcntl.ioctl(device, 0x4C04, status)
";

/// A mounted file system on a file, which stands on another small one. Dropping it takes all away.
pub struct SmallDisk {
    /// Where the file system is mounted.
    pub dir: PathBuf,
    below: PathBuf,
    device: Option<String>,
}

impl SmallDisk {
    /// A file system that believes to have `above` bytes, on one that has `below`. `None`, with
    /// words, where this user or machine cannot have one.
    pub fn make(folder: &Path, above: u64, below: u64) -> Option<Self> {
        let mut disk = Self {
            dir: folder.join("above"),
            below: folder.join("below"),
            device: None,
        };
        match disk.mount(above, below) {
            Ok(()) => Some(disk),
            Err(why) => {
                println!("skipped: {why}; this needs root, ext4 and loop devices");
                None
            }
        }
    }

    fn mount(&mut self, above: u64, below: u64) -> Result<(), String> {
        fs::create_dir_all(&self.dir).unwrap();
        fs::create_dir_all(&self.below).unwrap();
        let room = format!("size={below}");
        run(
            "mount",
            &["-t", "tmpfs", "-o", &room, "tmpfs", text(&self.below)],
        )?;
        let image = self.below.join("image");
        File::create(&image).unwrap().set_len(above).unwrap();
        let image = text(&image);
        // Few inodes, so that their table too lies in the part that is never broken. Without a
        // journal a failed write does not make the whole file system read-only.
        let options = [
            "-q",
            "-b",
            "4096",
            "-m",
            "0",
            "-N",
            "2048",
            "-O",
            "^has_journal",
        ];
        let lazily = ["-E", "nodiscard,lazy_itable_init=1", image];
        run("mkfs.ext4", &[&options[..], &lazily].concat())?;
        let device = run("losetup", &["--find", "--show", image])?;
        let device = self.device.insert(device.trim().to_owned());
        run("mount", &[device, text(&self.dir)]).map(|_| ())
    }

    /// Leaves so much room in the file system.
    pub fn fill(&self, room: u64) {
        fill(&self.dir, room);
    }

    /// Leaves so much room below it: a write succeeds, the sync after it finds no place.
    pub fn starve(&self, room: u64) {
        fill(&self.below, room);
    }

    /// Takes back what was filled.
    pub fn make_room(&self) {
        for dir in [&self.dir, &self.below] {
            fs::remove_file(dir.join("ballast")).ok();
        }
    }

    /// From now on the device answers with an input/output error.
    pub fn break_device(&self) {
        self.limit(BROKEN_AT);
    }

    /// Mends the device. What was not written stays unwritten.
    pub fn mend_device(&self) {
        self.limit("0");
    }

    /// Forgets all that is only in memory, and looks after the file system as a start would.
    pub fn mount_again(&self) {
        let device = self.device.as_deref().unwrap();
        run("umount", &[text(&self.dir)]).unwrap();
        // It exits with 1 where it has mended something.
        run("e2fsck", &["-f", "-y", device]).ok();
        run("mount", &[device, text(&self.dir)]).unwrap();
    }

    fn limit(&self, bytes: &str) {
        let device = self.device.as_deref().unwrap();
        run("python3", &["-c", LIMIT, device, bytes]).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Each of these fails where the step that it takes back was not reached.
        run("umount", &[text(&self.dir)]).ok();
        if let Some(device) = &self.device {
            run("losetup", &["--detach", device]).ok();
        }
        run("umount", &[text(&self.below)]).ok();
    }
}

/// Writes a file until only so much room is left.
fn fill(dir: &Path, room: u64) {
    let free = run("stat", &["-f", "-c", "%a %S", text(dir)]).unwrap();
    let [blocks, size] = [0, 1].map(|n| free.split_whitespace().nth(n).unwrap());
    let free: u64 = blocks.parse::<u64>().unwrap() * size.parse::<u64>().unwrap();
    let bytes = free.saturating_sub(room);
    let mut ballast = File::create(dir.join("ballast")).unwrap();
    ballast.write_all(&vec![b'b'; bytes as usize]).unwrap();
    ballast.sync_all().unwrap();
}

/// What a command prints, or why it has failed.
fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let [out, err] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    match output.status.success() {
        true => Ok(out),
        false => Err(format!("`{program}`: {}", err.trim())),
    }
}
