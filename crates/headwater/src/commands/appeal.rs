//! `headwater appeal`: asks a campaign's panel to look at a rejected block again.

use crate::cli::question::Appeal as Args;
use crate::client;
use anyhow::{Context as _, Result, bail};
use ledger::commitment::{self, Statement};
use proof::hash::sha256;
use proof::signature::SessionKey as Secret;
use protocol::entry::Submission;
use protocol::judging::Appeal;
use protocol::{AccountId, CampaignId, Command, Hash, SessionKey, codec};
use std::path::Path;
use web::wire::{Outcome, Sent};

/// Signs the appeal and sends it.
pub fn run(args: &Args) -> Result<()> {
    let site = http::Site::new(&args.url)?;
    let secret = secret(&args.key)?;
    let session = Secret::from_seed(&secret);
    let terms = client::terms(&site)?;
    let account = AccountId(args.account);
    // Later than any nonce that a browser has used with this key by now.
    let nonce = terms.time_ms.saturating_mul(1_000);
    let said = args.say.as_ref().map(|text| Statement {
        text: text.clone(),
        salt: Hash(sha256(&[
            b"headwater/appeal-salt/v1\0",
            &secret,
            &nonce.to_be_bytes(),
        ])),
    });
    let commit = |said| commitment::statement(terms.space, account, nonce, said);
    let appeal = Appeal {
        campaign: CampaignId(args.campaign),
        block: args
            .block
            .checked_sub(1)
            .context("blocks are numbered from 1")?,
    };
    let submission = Submission {
        space: terms.space,
        account: Some(account),
        key: SessionKey(session.public()),
        nonce,
        command: Command::Appeal(appeal),
        private: said.as_ref().map(commit),
    };
    let sent = Sent {
        signed: codec::encode(&ledger::verify::sign(submission, &session)).into(),
        body: said.map(|said| codec::encode(&said).into()),
        attachments: None,
    };
    match client::submit(&site, &[sent])?.remove(0) {
        Outcome::Accepted { index, .. } => {
            println!(
                "entry {index}: block {} of campaign {} is before the panel",
                args.block, args.campaign
            );
            println!("its price stays held until the panel has decided, or its time is over");
            Ok(())
        }
        Outcome::Rejected { code, message, .. } | Outcome::Denied { code, message } => {
            bail!("the appeal is refused (`{code}`): {message}")
        }
    }
}

/// A session key's secret: 64 hex digits in a file.
fn secret(path: &Path) -> Result<[u8; 32]> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut secret = [0; 32];
    hex::decode_to_slice(text.trim(), &mut secret).with_context(|| {
        format!(
            "`{}` holds no session key\nhint: it is 64 hex digits, the Ed25519 secret",
            path.display()
        )
    })?;
    Ok(secret)
}
