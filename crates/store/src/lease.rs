//! A writer's sign of life in a bucket: a hint for a standby; the fence alone decides.
use crate::error::{Error, Result};
use crate::files::Files;

const NAME: &str = "lease";
const FIRST_LINE: &str = "headwater/lease/v1";
const MAX_ADDRESS_BYTES: usize = 256;

/// What a writer puts in the bucket about once a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Place of the writer in the succession, from 1.
    pub epoch: u64,
    /// Grows with every sign of life.
    pub beat: u64,
    /// Where clients reach the writer, as an URL; at most 256 bytes without a newline.
    pub address: String,
}

impl Lease {
    /// Puts the lease in place of the one before.
    pub fn write(&self, files: &dyn Files) -> Result<()> {
        let Self {
            epoch,
            beat,
            address,
        } = self;
        if address.len() > MAX_ADDRESS_BYTES || address.contains('\n') {
            let why = "its address must be one line of at most 256 bytes";
            return Err(Error::invalid("write the lease", why));
        }
        let text = format!("{FIRST_LINE}\nepoch {epoch}\nbeat {beat}\naddress {address}\n");
        files.put(NAME, text.as_bytes())
    }

    /// The lease that stands in the bucket, `None` before the first.
    pub fn read(files: &dyn Files) -> Result<Option<Self>> {
        let Some(bytes) = files.read(NAME)? else {
            return Ok(None);
        };
        let text = str::from_utf8(&bytes).ok();
        let lease = text.and_then(Self::parse).ok_or_else(|| {
            let why = "it is not a lease; hint: remove it, the writer puts a new one";
            Error::corrupt(format!("read `{NAME}`"), why)
        });
        lease.map(Some)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
        let [FIRST_LINE, epoch, beat, address] = lines[..] else {
            return None;
        };
        Some(Self {
            epoch: epoch.strip_prefix("epoch ")?.parse().ok()?,
            beat: beat.strip_prefix("beat ")?.parse().ok()?,
            address: address.strip_prefix("address ")?.to_owned(),
        })
    }
}

/// A standby's view of the lease. It counts its own looks and reads no clock, so that machines
/// with different clocks need not agree.
#[derive(Debug, Default)]
pub struct Watch {
    last: Option<Lease>,
    unchanged: u32,
}

impl Watch {
    /// Looks at the lease once and says how many looks in a row have now found it unchanged.
    pub fn look(&mut self, files: &dyn Files) -> Result<u32> {
        let lease = Lease::read(files)?;
        self.unchanged = match lease == self.last {
            true => self.unchanged + 1,
            false => 0,
        };
        self.last = lease;
        Ok(self.unchanged)
    }

    /// The lease as the last look found it.
    pub fn lease(&self) -> Option<&Lease> {
        self.last.as_ref()
    }
}
