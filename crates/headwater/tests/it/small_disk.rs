//! A file system of its own on a loop device, which can be filled, starved and broken.

use crate::run::text;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Keeps a disk in memory, and takes no more writes to it once it is told so: for the file system
/// above they are input/output errors.
const DYING: &str = "
import fcntl, os, sys
ADD_SEALS, SEAL_WRITE = 1033, 8
disk = os.memfd_create('disk', os.MFD_ALLOW_SEALING)
os.truncate(disk, int(sys.argv[1]))
print(f'/proc/{os.getpid()}/fd/{disk}', flush=True)
sys.stdin.readline()
fcntl.fcntl(disk, ADD_SEALS, SEAL_WRITE)
print('sealed', flush=True)
sys.stdin.read()
";

/// A file system on a file, which stands on another small one. Dropping it takes all away.
pub struct SmallDisk {
    /// Where the file system is mounted.
    pub dir: PathBuf,
    below: PathBuf,
    image: PathBuf,
    device: Option<String>,
    dying: Option<Dying>,
}

/// The process that keeps a disk which can be made to fail.
struct Dying {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl SmallDisk {
    /// A file system that believes to have `above` bytes, on one that has `below`. `None`, with
    /// words, where this user or machine cannot have one.
    pub fn make(folder: &Path, above: u64, below: u64) -> Option<Self> {
        Self::started(folder, |disk| {
            disk.mount_below(below)?;
            File::create(&disk.image).unwrap().set_len(above).unwrap();
            disk.format()
        })
    }

    /// A file system of so many bytes on a disk that can be made to fail.
    pub fn dying(folder: &Path, bytes: u64) -> Option<Self> {
        Self::started(folder, |disk| {
            disk.mount_below(bytes + (1 << 20))?;
            let (dying, image) = Dying::start(bytes)?;
            (disk.dying, disk.image) = (Some(dying), image);
            disk.format()
        })
    }

    fn started(folder: &Path, start: impl FnOnce(&mut Self) -> Result<(), String>) -> Option<Self> {
        let below = folder.join("below");
        let mut disk = Self {
            dir: folder.join("above"),
            image: below.join("image"),
            below,
            device: None,
            dying: None,
        };
        match start(&mut disk) {
            Ok(()) => Some(disk),
            Err(why) => {
                println!("skipped: {why}; this needs root, ext4, loop devices and Python");
                None
            }
        }
    }

    fn mount_below(&self, bytes: u64) -> Result<(), String> {
        fs::create_dir_all(&self.dir).unwrap();
        fs::create_dir_all(&self.below).unwrap();
        let room = format!("size={bytes}");
        let words = ["-t", "tmpfs", "-o", &room, "tmpfs", text(&self.below)];
        run("mount", &words).map(|_| ())
    }

    /// Its journal has its room from the start: without one, a failed write of what leads to a
    /// file's old blocks would take those with it, and no program could help that.
    fn format(&mut self) -> Result<(), String> {
        let options = "nodiscard,lazy_itable_init=1,lazy_journal_init=0";
        let words = ["-q", "-b", "4096", "-m", "0", "-J", "size=4", "-E", options];
        run("mkfs.ext4", &[&words[..], &[text(&self.image)]].concat())?;
        self.attach()
    }

    fn attach(&mut self) -> Result<(), String> {
        let device = run("losetup", &["--find", "--show", text(&self.image)])?;
        let device = self.device.insert(device.trim().to_owned());
        // One page at a time: the loop driver takes a request of which only the first pages found
        // room for a success, and a sync would say yes to what is nowhere.
        let block = device.trim_start_matches("/dev/");
        let limit = format!("/sys/block/{block}/queue/max_sectors_kb");
        fs::write(&limit, "4").map_err(|error| format!("`{limit}`: {error}"))?;
        run("mount", &[device, text(&self.dir)]).map(|_| ())
    }

    /// Says nothing where there was nothing to take back.
    fn detach(&mut self) {
        run("umount", &[text(&self.dir)]).ok();
        if let Some(device) = self.device.take() {
            run("losetup", &["--detach", &device]).ok();
        }
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

    /// From now on every write to the disk is an input/output error.
    pub fn fail(&mut self) {
        let dying = self.dying.as_mut().expect("a disk that was made to die");
        let mut input = dying.child.stdin.as_ref().unwrap();
        input.write_all(b"now\n").unwrap();
        assert_eq!(dying.said(), "sealed");
    }

    /// Forgets all that is only in memory, and looks after the file system as a start would. Of a
    /// disk that fails, what can be read moves to another.
    pub fn mount_again(&mut self) {
        self.detach();
        if let Some(dying) = self.dying.take() {
            let copy = self.below.join("image");
            fs::copy(&self.image, &copy).unwrap();
            drop(dying);
            self.image = copy;
        }
        // It exits with 1 where it has mended something.
        run("e2fsck", &["-f", "-y", text(&self.image)]).ok();
        self.attach().unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.detach();
        run("umount", &[text(&self.below)]).ok();
    }
}

impl Dying {
    fn start(bytes: u64) -> Result<(Self, PathBuf), String> {
        let mut command = Command::new("python3");
        command.args(["-c", DYING, &bytes.to_string()]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("cannot start `python3`: {error}"))?;
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut dying = Self { child, out };
        let image = dying.said();
        match image.as_str() {
            "" => Err("`python3` has no sealed memory".to_owned()),
            _ => Ok((dying, image.into())),
        }
    }

    fn said(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Dying {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Writes a file until only so much room is left.
fn fill(dir: &Path, room: u64) {
    let free = run("stat", &["-f", "-c", "%a %S", text(dir)]).unwrap();
    let [blocks, size] = [0, 1].map(|n| free.split_whitespace().nth(n).unwrap());
    let free: u64 = blocks.parse::<u64>().unwrap() * size.parse::<u64>().unwrap();
    let bytes = free.saturating_sub(room);
    let mut ballast = File::create(dir.join("ballast")).unwrap();
    // Somebody else may have taken some of it meanwhile.
    let filled = ballast.write_all(&vec![b'b'; bytes as usize]);
    if let Err(error) = filled.and_then(|()| ballast.sync_all()) {
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    }
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
