//! Who signs a checkpoint, and how trust walks from a log key to the one that follows it.

use crate::{Error, Intake, Log};
use proof::Checkpoint;
use proof::merkle::Head;
use proof::note::{self, Signer};
use store::{Files, PublicLog};

/// The signatures that a checkpoint of one size needs.
#[derive(Clone)]
pub struct Signing {
    /// The key that the log names for this size first, then those that it has left without a
    /// statement: their last signature carries trust over to their successors.
    signers: Vec<Signer>,
    statements: Vec<Statement>,
}

/// A rotation that outsiders cannot follow yet: the receipt of the entry that names the new key,
/// under the old one, is missing at `log/rotations/<number>.tlog-proof`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Statement {
    number: usize,
    seq: u64,
}

impl Statement {
    fn name(number: usize) -> String {
        format!("log/rotations/{number}.tlog-proof")
    }
}

impl Log {
    /// [`Intake::signing`].
    pub fn signing(&self, size: u64) -> Result<Signing, Error> {
        self.intake.signing(size)
    }
}

impl Intake {
    /// Who signs a checkpoint of `size` entries, which the state must have reached.
    pub fn signing(&self, size: u64) -> Result<Signing, Error> {
        let first = || self.keys.log_signer();
        let used = &self.state().log_keys;
        let reached = used.iter().take_while(|key| key.since <= size).count();
        let signer = |at: usize| {
            let key = used[at].key.as_str();
            self.keys.log_signer_for(key).ok_or_else(|| {
                Error::Corrupt(format!(
                    "the secret of the log's key `{key}` is not in `keys`\n\
                     hint: copy the directory `keys` from the node that rotated the key"
                ))
            })
        };
        let mut signing = Signing {
            signers: vec![if reached == 0 {
                first()
            } else {
                signer(reached - 1)?
            }],
            statements: Vec::new(),
        };
        let files = self.place().files();
        for at in (1..reached).rev() {
            // Nothing leads from one name to another: the key before signs for a log that is over.
            let Some(number) = self.state().rotation(at) else {
                break;
            };
            if files.read(&Statement::name(number))?.is_some() {
                break;
            }
            let seq = used[at].since - 1;
            signing.statements.push(Statement { number, seq });
            signing.signers.push(signer(at - 1)?);
        }
        Ok(signing)
    }
}

impl Signing {
    /// The key in use.
    pub fn signer(&self) -> &Signer {
        &self.signers[0]
    }

    /// A checkpoint over a head with the log's own signatures.
    pub fn sign(&self, head: Head) -> Result<String, Error> {
        let origin = self.signer().verifier().name().to_owned();
        let text = Checkpoint { origin, head }.text();
        let signers: Vec<&Signer> = self.signers.iter().collect();
        Ok(note::sign(&text, &signers).map_err(store::Error::from)?)
    }

    /// True if a checkpoint must come even though nothing is new.
    pub fn carries_over(&self) -> bool {
        !self.statements.is_empty()
    }

    /// Publishes the statements that were missing, after the checkpoint is in place. What a crash
    /// leaves out is done with the next checkpoint.
    pub fn publish(&self, public: &PublicLog, files: &dyn Files) -> Result<(), Error> {
        for statement in self.statements.iter().rev() {
            let receipt = public.receipt(statement.seq)?;
            let name = Statement::name(statement.number);
            files.put(&name, receipt.text().as_bytes())?;
        }
        Ok(())
    }
}
