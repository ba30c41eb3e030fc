//! Commands in words, for people who read the log.

use protocol::chain::FurtherChain;
use protocol::operation::{Authority, Erasure};
use protocol::{Command, Hash};

/// A command in a few words.
pub fn command(command: &Command) -> String {
    account_words(command)
        .or_else(|| operator_words(command))
        .or_else(|| dispute_words(command))
        .or_else(|| market_words(command))
        .or_else(|| service_words(command))
        .or_else(|| keeping_words(command))
        .unwrap_or_else(|| format!("{command:?}"))
}

/// Assets that the gateway serves, and contracts beside the pot.
fn service_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::ServeAsset(serve) => {
            let by_tokens = match serve.tokens {
                Some(prices) => format!(
                    ", a million tokens at {} asked and {} answered",
                    prices.input_units, prices.output_units
                ),
                None => String::new(),
            };
            format!("lets the gateway serve asset {}{by_tokens}", serve.asset)
        }
        Command::WithdrawAsset(asset) => {
            format!("takes asset {asset} out of the gateway's service")
        }
        Command::ComposeAsset(compose) => {
            let named: Vec<String> = compose.components.iter().map(ToString::to_string).collect();
            match named.is_empty() {
                true => format!("lets calls of asset {} use nothing else", compose.asset),
                false => format!(
                    "lets a call of asset {} use assets {} for at most {}",
                    compose.asset,
                    named.join(", "),
                    compose.most_units
                ),
            }
        }
        Command::SetGateway(set) => format!("signs receipts of uses with key {}", set.key),
        Command::FurtherChain(FurtherChain::Join(contracts)) => {
            format!("settles on chain {} too", contracts.chain_id)
        }
        Command::FurtherChain(FurtherChain::Credit(chain, deposit)) => format!(
            "credits deposit {} on chain no. {chain} to account {}",
            deposit.fund, deposit.account
        ),
        Command::FurtherChain(FurtherChain::Release(chain, epoch)) => {
            format!("notes that epoch {epoch} is released on chain no. {chain}")
        }
        Command::ProveDebits => "puts what epochs debit into their trees".to_owned(),
        Command::SetFee(set) => format!(
            "takes {} ppm of revenue from {} on, for account {}",
            set.fee.ppm(),
            crate::export::iso(set.from_ms),
            set.account
        ),
        Command::OpenVotes(open) => format!(
            "gives the contributors of asset {} votes in 0x{}",
            open.asset, open.contract
        ),
        Command::NoteStake(note) => format!(
            "notes the stake of 0x{}: {} active, {} leaving, {} slashed",
            note.wallet, note.active_units, note.queued_units, note.slashed_units
        ),
        _ => return None,
    })
}

/// Answers taken back, appeals and verdicts.
fn dispute_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::ReplaceAnswer(replace) => {
            let (entry, campaign) = (replace.entry, replace.campaign);
            format!("replaces a sealed answer of entry {entry} in campaign {campaign}")
        }
        Command::Appeal(appeal) => {
            let (block, campaign) = (appeal.block, appeal.campaign);
            format!("appeals the rejection of block {block} in campaign {campaign}")
        }
        Command::GiveVerdict(verdict) => {
            let (block, account) = (verdict.block, verdict.account);
            let what = if verdict.upheld {
                "deserves its pay"
            } else {
                "stays rejected"
            };
            let campaign = verdict.campaign;
            format!("finds in campaign {campaign} that block {block} of account {account} {what}")
        }
        _ => return None,
    })
}

/// Listings, grants and waivers.
fn market_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::BuyGrant(buy) => {
            let (asset, units) = (buy.asset, buy.amount_units);
            format!("buys a grant for asset {asset} for {units} units")
        }
        Command::RevokeGrant(grant) => format!("revokes grant {grant}"),
        Command::WaiveFloor(waive) => {
            let (asset, account, floor) = (waive.asset, waive.account, waive.floor.ppm());
            format!("offers account {account} a floor of {floor} ppm for asset {asset}")
        }
        Command::ListAsset(list) => format!("lists asset {}", list.asset),
        _ => return None,
    })
}

fn account_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::OpenAccount(open) => format!("joins, to {}", open.scope.text()),
        Command::DiscloseWallet(open) => format!("discloses wallet 0x{}", open.wallet),
        Command::BindPayout(bind) => format!("wants to be paid at 0x{}", bind.wallet),
        Command::CallOffPayout(_) => "calls a change of the payout address off".to_owned(),
        Command::OpenCampaign(spec) => {
            let (title, units, price) = (&spec.title, spec.unit_count, spec.price_units);
            format!("opens campaign `{title}`: {units} units at {price} units each")
        }
        Command::SealAnswers(sealed) => {
            format!(
                "seals {} answers in campaign {}",
                sealed.commitments.len(),
                sealed.campaign
            )
        }
        Command::CloseCampaign(id) => {
            format!("closes campaign {id}: its label set is an asset now")
        }
        Command::RegisterAsset(asset) => {
            format!(
                "registers `{}`, content {}",
                asset.title,
                short(&asset.content)
            )
        }
        Command::GrantAllowance(grant) => {
            format!(
                "sets {} units aside for uses of asset {}",
                grant.cap_units, grant.asset
            )
        }
        Command::PostSegment(segment) => {
            let uses: u64 = segment
                .totals
                .iter()
                .map(|total| u64::from(total.uses))
                .sum();
            let (asset, number) = (segment.asset, segment.number);
            format!("meters {uses} uses of asset {asset} in segment {number}")
        }
        _ => return None,
    })
}

fn operator_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::Genesis(genesis) => format!("opens the space on chain {}", genesis.chain_id),
        Command::CreditDeposit(deposit) => {
            let (units, fund, account) = (deposit.amount_units, deposit.fund, deposit.account);
            format!("credits deposit {fund} of {units} units to account {account}")
        }
        Command::OpenRound(round) => {
            let (campaign, units) = (round.campaign, round.unit_count);
            format!("opens a round of campaign {campaign} over {units} units, gold sealed")
        }
        Command::CloseRound(round) => format!("opens the seals of campaign {}", round.campaign),
        Command::CloseUnits(close) => {
            let (units, campaign) = (close.units.len(), close.campaign);
            format!("closes {units} units of campaign {campaign}, sure enough before all answers")
        }
        Command::PauseAccount(pause) => {
            let (account, campaign) = (pause.account, pause.campaign);
            format!("pauses account {account} in the open round of campaign {campaign}")
        }
        Command::PostScores(scores) => {
            let last = if scores.closing { ", the last" } else { "" };
            format!(
                "posts scores of campaign {} by {}{last}",
                scores.campaign, scores.algorithm
            )
        }
        Command::ReturnHeld(id) => format!("returns held and unspent money of campaign {id}"),
        Command::CloseEpoch(epoch) => {
            let (number, leaves, root) = (epoch.epoch, epoch.leaves, short(&epoch.root));
            format!("closes epoch {number}: {leaves} leaves, claim root {root}")
        }
        Command::NoteRelease(epoch) => {
            format!("notes that epoch {epoch} is final and its money released")
        }
        Command::NoteRefund(refund) => {
            let (units, fund) = (refund.amount_units, refund.fund);
            format!("notes a refund of {units} units from deposit {fund}")
        }
        _ => return None,
    })
}

/// What keeps the log itself.
fn keeping_words(command: &Command) -> Option<String> {
    Some(match command {
        Command::PostStateRoot(post) => {
            let (size, root) = (post.size, short(&post.root));
            format!("posts the state's root after {size} entries, {root}")
        }
        Command::SetWitnesses(set) => {
            let (quorum, keys) = (set.quorum, set.keys.len());
            format!("lets {quorum} of {keys} witnesses vouch for the time")
        }
        Command::NoteWitness(note) => {
            let size = note.checkpoint.lines().nth(1).unwrap_or("?");
            format!("notes that witnesses have seen {size} entries")
        }
        Command::RotateLogKey(rotate) => format!("signs checkpoints with {} now", rotate.key),
        Command::RotateOperator(rotate) => format!("hands the log over to key {}", rotate.key),
        Command::AddKey(add) => {
            let by = match &add.authority {
                Authority::Wallet(_) => "the wallet",
                Authority::Disclosed(open, _) => &format!("wallet 0x{}, disclosed", open.wallet),
                Authority::Key(..) => "another key",
                Authority::Passkey(_) => "the passkey",
            };
            format!("joins as a further key, to {}, by {by}", add.scope.text())
        }
        Command::SetRoles(set) => {
            let who = set.account.map(|id| format!("account {id}"));
            let who = who.unwrap_or("every other account".to_owned());
            let roles = Some(set.roles.text()).filter(|text| !text.is_empty());
            format!(
                "gives {who} the roles: {}",
                roles.as_deref().unwrap_or("none")
            )
        }
        Command::RevokeKey(key) => format!("revokes key {key}"),
        Command::Erase(erase) => match erase.what {
            Erasure::Openings(hash) => format!("erases the openings {}", short(&hash)),
            Erasure::Body(seq) => format!("erases the private body of entry {seq}"),
        },
        _ => return None,
    })
}

fn short(hash: &Hash) -> String {
    hash.to_string()[..12].to_owned()
}
