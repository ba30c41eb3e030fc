//! Rejections of what keeps the log itself: roots, witnesses, keys, tombstones.

use crate::kit::salt;
use crate::refused::{Outcome, world};
use crate::world::{World, log_signer};
use proof::note::Signer;
use protocol::operation::{Erasure, PostStateRoot, RotateLogKey};
use protocol::{Command, Rejection, Scope};

pub fn keeping(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    let both = [('a', 1_100), ('b', 1_100)];
    Some(match rejection {
        Rejection::StateRootOutOfOrder => world.post_root(4),
        Rejection::UnknownLayout => {
            let (layout, root) = ("headwater-state@0".into(), salt(0));
            let post = PostStateRoot {
                size: 8,
                layout,
                root,
            };
            world.ask("operator", Command::PostStateRoot(post))
        }
        Rejection::BadKey | Rejection::OtherOrigin => {
            let mut key = log_signer(1).verifier().to_string();
            if rejection == Rejection::BadKey {
                key.push('A');
            } else {
                let other = Signer::from_seed("other", &[1; 32]).unwrap();
                key = other.verifier().to_string();
            }
            let rotate = RotateLogKey { key };
            world.ask("operator", Command::RotateLogKey(rotate))
        }
        Rejection::LogKeyUsed => world.rotate_log(0),
        Rejection::NoWitnesses => world.witness(&both),
        Rejection::AheadOfWitnesses
        | Rejection::BadCheckpoint
        | Rejection::CheckpointOutOfOrder
        | Rejection::QuorumShort => {
            world.set_witnesses("ab", 2).unwrap();
            return Some(witnessed(world, rejection, &both));
        }
        Rejection::NothingToErase => world.erase(Erasure::Body(world.state.size)),
        Rejection::AlreadyErased => {
            world.erase(Erasure::Body(1)).unwrap();
            world.erase(Erasure::Body(1))
        }
        _ => return keys(rejection, world),
    })
}

fn witnessed(mut world: World, rejection: Rejection, both: &[(char, u64)]) -> Outcome {
    match rejection {
        Rejection::AheadOfWitnesses => {
            world.time_ms += ledger::operation::LEAD_MS + 1;
            world.rotate_log(1)
        }
        Rejection::BadCheckpoint => world.note(world.checkpoint(1, 1, both)),
        Rejection::CheckpointOutOfOrder => world.note(world.checkpoint(99, 0, both)),
        _ => world.witness(&both[..1]),
    }
}

fn keys(rejection: Rejection, mut world: World) -> Option<Outcome> {
    let until = world.time_ms + 1_000_000;
    let mut add = |name: &str| world.add_key(name, "ann", Scope::WORK, until);
    Some(match rejection {
        Rejection::KeyOutranked => {
            add("phone").unwrap();
            world.revoke("phone", "ann")
        }
        Rejection::KeyRevoked => {
            add("phone").unwrap();
            world.revoke("ann", "phone").unwrap();
            world.revoke("phone", "phone")
        }
        Rejection::RoleFixed => world.set_roles("*", "owner"),
        Rejection::RoleMissing => {
            let spec = world.spec(1, 40);
            world.set_roles("*", "contributor").unwrap();
            world.ask("req", Command::OpenCampaign(spec))
        }
        Rejection::OperatorKey => world.revoke("operator", "operator"),
        Rejection::TooManyKeys => (0..17).map(|n| add(&n.to_string())).last()?,
        Rejection::WalletHidden => world.add_wallet_key("phone", "ann", Scope::WORK, until),
        _ => return None,
    })
}
