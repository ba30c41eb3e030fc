//! Which file systems may hold a journal: those whose sync this machine can vouch for.
use std::path::Path;

/// File systems whose bytes stand on another machine, by their type in the mount table. Those that
/// a virtual machine shares with its host are among them: a lock within it does not hold outside.
const NETWORKS: [&str; 23] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "fakeowner",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
];
/// Programs behind `fuse.NAME` that keep files on another machine, or on a virtual one's host.
const FUSES: [&str; 24] = [
    "blobfuse",
    "blobfuse2",
    "ceph-fuse",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "grpcfuse",
    "gvfsd-fuse",
    "httpdirfs",
    "juicefs",
    "mfsmount",
    "mount-s3",
    "osxfs",
    "rclone",
    "s3fs",
    "s3ql",
    "seaweedfs",
    "smbnetfs",
    "sshfs",
    "vmhgfs-fuse",
    "weed",
];

/// The type of the file system that holds an absolute path, out of a Linux mount table
/// (`/proc/self/mountinfo`, proc_pid_mountinfo(5)); `None` where the table does not say.
pub(crate) fn file_system<'a>(table: &'a str, path: &Path) -> Option<&'a str> {
    let mut found = None;
    for line in table.lines() {
        let Some((place, kind)) = parse(line) else {
            continue;
        };
        let depth = Path::new(&place).components().count();
        // Of two mounts on the same place the later one is seen.
        if path.starts_with(&place) && found.is_none_or(|(deepest, _)| depth >= deepest) {
            found = Some((depth, kind));
        }
    }
    found.map(|(_, kind)| kind)
}

/// Whether a file system of this type keeps its bytes on another machine.
pub(crate) fn is_network(kind: &str) -> bool {
    match kind.strip_prefix("fuse.") {
        Some(program) => FUSES.contains(&program),
        None => NETWORKS.contains(&kind),
    }
}

/// Mount point and type: the fifth field, and the first behind the lone dash. A mount by davfs2 is
/// of type `fuse` without a name, and its source is an address.
fn parse(line: &str) -> Option<(String, &str)> {
    let (before, after) = line.split_once(" - ")?;
    let place = before.split(' ').nth(4)?;
    let mut fields = after.split(' ');
    let kind = match (fields.next()?, fields.next()) {
        ("fuse", Some(source)) if source.contains("://") => "davfs",
        (kind, _) => kind,
    };
    Some((unescape(place), kind))
}

/// Blanks, tabs, newlines and backslashes stand as three octal digits.
fn unescape(place: &str) -> String {
    let mut out = place.to_owned();
    for (code, plain) in [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ] {
        out = out.replace(code, plain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of real tables: a laptop, a container on overlay, mounts by hand.
    const TABLE: &str = "\
22 27 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:5 - proc proc rw
27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
36 27 0:32 / /run/user/1000/gvfs rw,nosuid - fuse.gvfsd-fuse gvfsd-fuse rw,user_id=1000
98 27 0:44 / /srv/nfs rw,relatime shared:63 - nfs4 10.0.0.7:/export rw,vers=4.2,hard,proto=tcp
99 98 0:45 / /srv/nfs/local rw,relatime - xfs /dev/sdb1 rw
101 27 0:51 / /mnt/team\\040share rw,relatime shared:9 - cifs //nas/team rw,vers=3.1.1
102 27 0:52 / /mnt/s3 rw,nosuid,nodev,relatime - fuse.s3fs s3fs rw,user_id=0
103 27 0:53 / /mnt/ssh rw,nosuid,nodev,relatime - fuse.sshfs me@host:/ rw,user_id=1000
104 27 0:54 / /mnt/lustre rw - lustre 10.0.0.1@tcp:/work rw,flock
105 27 0:55 / /mnt/ceph rw,relatime - ceph 10.0.0.1:6789:/ rw,name=admin,acl
106 27 259:3 / /mnt/two rw - ext4 /dev/nvme0n1p3 rw
107 106 0:56 / /mnt/two rw - nfs server:/two rw
108 27 0:57 / /mnt/host rw,relatime - virtiofs share0 rw
109 27 0:58 / /mnt/box rw,nodev,relatime - vboxsf work rw,iocharset=utf8,uid=0
110 27 0:59 / /mnt/dav rw,nosuid - fuse https://cloud.example/dav rw,user_id=0
111 27 0:60 / /mnt/own rw,nosuid - fuse /dev/fuse rw,user_id=0
112 27 8:17 / /mnt/stick rw,nosuid - fuseblk /dev/sdb1 rw,user_id=0
";

    #[test]
    fn the_deepest_and_latest_mount_holds_a_path() {
        for (path, kind, network) in [
            ("/", "ext4", false),
            ("/data/log", "ext4", false),
            ("/srv/nfs", "nfs4", true),
            ("/srv/nfs/data", "nfs4", true),
            ("/srv/nfsdata", "ext4", false),
            ("/srv/nfs/local/data", "xfs", false),
            ("/mnt/team share/data", "cifs", true),
            ("/mnt/s3/data", "fuse.s3fs", true),
            ("/mnt/ssh", "fuse.sshfs", true),
            ("/mnt/lustre/a/b", "lustre", true),
            ("/mnt/ceph", "ceph", true),
            ("/mnt/two/data", "nfs", true),
            ("/run/user/1000/gvfs/x", "fuse.gvfsd-fuse", true),
            ("/mnt/host/data", "virtiofs", true),
            ("/mnt/box/data", "vboxsf", true),
            ("/mnt/dav/data", "davfs", true),
            ("/mnt/own/data", "fuse", false),
            ("/mnt/stick/data", "fuseblk", false),
        ] {
            let found = file_system(TABLE, Path::new(path));
            assert_eq!(found, Some(kind), "{path}");
            assert_eq!(is_network(kind), network, "{path}");
        }
        assert_eq!(file_system("", Path::new("/")), None);
        assert_eq!(file_system("27 1 259:2 / /", Path::new("/")), None);
    }

    #[test]
    fn what_is_shared_over_a_network_or_with_a_host_is_known() {
        for shared in [
            "9p",
            "virtiofs",
            "vboxsf",
            "prl_fs",
            "fakeowner",
            "davfs",
            "fuse.sshfs",
            "fuse.davfs2",
            "fuse.vmhgfs-fuse",
            "fuse.grpcfuse",
            "fuse.rclone",
        ] {
            assert!(is_network(shared), "{shared}");
        }
    }

    #[test]
    fn a_containers_root_and_local_disks_are_no_networks() {
        let container = "\
1052 991 0:178 / / rw,relatime master:452 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
1058 1052 254:1 /volumes/data/_data /data rw,relatime - ext4 /dev/vda1 rw
";
        assert_eq!(file_system(container, Path::new("/app")), Some("overlay"));
        assert_eq!(file_system(container, Path::new("/data/x")), Some("ext4"));
        for local in [
            "overlay",
            "ext4",
            "xfs",
            "btrfs",
            "zfs",
            "tmpfs",
            "fuseblk",
            "fuse.mergerfs",
            "bcachefs",
            "f2fs",
            "apfs",
        ] {
            assert!(!is_network(local), "{local}");
        }
    }
}
