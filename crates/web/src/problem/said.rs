//! What problems say that pages tell in their language: phrases, and the details made of them.

use node::level::{Level, Standing};
use node::told::{Gap, Statement, Told};
use protocol::{AssetId, CampaignId, Role};

use super::Problem;

node::phrases! {
    NO_CAMPAIGN = Colon "no-campaign", "there is no campaign {campaign}";
    NO_ASSET = Colon "no-asset", "there is no asset {asset}";
    NO_PLAN = Colon "no-plan", "you have no plan {plan}";
    NO_ENTRY = Colon "no-entry", "the log has {count} entries, numbered from 0";
    MOST_BYTES = Colon "most-bytes", "at most {bytes} bytes are read of it";
    NOT_UPLOADED = Colon "not-uploaded",
        "nothing was bought: the owner of asset {asset}, account {account}, has not uploaded its \
         content to this node, so nobody could read it; buy once they have";
    ROLE_NEEDED = Colon "role-needed", "it is for accounts with the role {roles}";
    LEVEL_LOW = Colon "level-low",
        "this campaign asks for the level {least} in `{skill}`, and by work for requesters that \
         it trusts you are {level}";
    LEVEL_NEXT = Semicolon "level-next",
        "{right} more right answers in a row would make you {next}";
    REPUTATION_LOW = Colon "reputation-low",
        "this campaign asks for a reputation of {asked} % in its skill, and yours is {shown} %; \
         work in campaigns of the same skill that ask for less builds it";
    TRAINING_LOW = Colon "training-low",
        "this campaign asks for {asked} % in training campaign {training}, as a lower bound, and \
         yours is {shown} %; work there was paid either way";
    NAME_LETTERS = Colon "name-letters", "a name has 1 to {most} letters";
    NO_RECEIPT_OF_USE = Colon "no-receipt-of-use", "this is no receipt of a use";
    OTHER_ASSET = Colon "other-asset", "this receipt is of asset {asset}";
    PARENT = Colon "parent", "parent {asset}";
    PARENT_NAMED = Colon "parent-named", "parent {asset} (`{title}`)";
}

/// 404: the log has no campaign of this number.
pub(crate) fn no_campaign(id: CampaignId) -> Problem {
    missing(NO_CAMPAIGN, ("campaign", Gap::id(id)))
}

/// 404: the log has no asset of this number.
pub(crate) fn no_asset(id: AssetId) -> Problem {
    missing(NO_ASSET, ("asset", Gap::id(id)))
}

/// 404: whoever asks has no plan of this number.
pub(crate) fn no_plan(id: u64) -> Problem {
    missing(NO_PLAN, ("plan", Gap::id(id)))
}

/// 404: the log has no more entries than these.
pub(crate) fn no_entry(durable: u64) -> Problem {
    missing(NO_ENTRY, ("count", Gap::Count(durable)))
}

/// 404: nobody but others has the content that would be sold.
pub(crate) fn not_uploaded(id: AssetId, owner: protocol::AccountId) -> Problem {
    let gaps = [("asset", Gap::id(id)), ("account", Gap::id(owner))];
    Problem::missing(Statement::new(NOT_UPLOADED, gaps))
}

/// 413: more was sent than is read of such a thing.
pub(crate) fn most_bytes(bytes: u64) -> Problem {
    Problem::too_large(Statement::new(MOST_BYTES, [("bytes", Gap::Count(bytes))]))
}

/// 400: a name is empty, too long, or has letters that cannot be shown.
pub(crate) fn name_letters(most: usize) -> Problem {
    let most = [("most", Gap::Count(most as u64))];
    Problem::invalid("malformed", Statement::new(NAME_LETTERS, most))
}

/// 400: what was given is no receipt, or one of another asset.
pub(crate) fn no_receipt_of(found: Option<AssetId>) -> Problem {
    let told = match found {
        Some(asset) => Statement::new(OTHER_ASSET, [("asset", Gap::id(asset))]),
        None => Statement::plain(NO_RECEIPT_OF_USE),
    };
    Problem::invalid("invalid_query", told)
}

fn missing(phrase: node::told::Phrase, gap: (&'static str, Gap)) -> Problem {
    Problem::missing(Statement::new(phrase, [gap]))
}

/// Somebody has none of these roles.
pub(crate) fn role_needed(roles: &[Role]) -> Statement {
    let words = roles.iter().map(|role| role.word().to_owned());
    Statement::new(
        ROLE_NEEDED,
        [("roles", Gap::Words("role", words.collect()))],
    )
}

/// Somebody's level is below that which a campaign asks for.
pub(crate) fn level_low(own: &Standing, least: Level) -> Told {
    let level = |own: Level| Gap::word("state", own.word());
    let skill = ("skill", Gap::Name(own.skill.clone()));
    let gaps = [("least", level(least)), skill, ("level", level(own.level))];
    let mut told = vec![Statement::new(LEVEL_LOW, gaps)];
    if let Some((next, right)) = own.next.zip(own.answers_to_next) {
        let gaps = [("right", Gap::Count(right.into())), ("next", level(next))];
        told.push(Statement::new(LEVEL_NEXT, gaps));
    }
    Told(told)
}

/// Somebody's reputation is below that which a campaign asks for, both in parts per million.
pub(crate) fn reputation_low(asked: u32, shown: u32) -> Statement {
    let gaps = [("asked", tenths(asked)), ("shown", tenths(shown))];
    Statement::new(REPUTATION_LOW, gaps)
}

/// Somebody has shown less in training than a campaign asks for, both in parts per million.
pub(crate) fn training_low(training: CampaignId, asked: u32, shown: u32) -> Statement {
    let training = ("training", Gap::id(training));
    let gaps = [("asked", tenths(asked)), training, ("shown", tenths(shown))];
    Statement::new(TRAINING_LOW, gaps)
}

/// Per cent with one decimal, never more than there is.
fn tenths(ppm: u32) -> Gap {
    Gap::Decimal(format!("{}.{}", ppm / 10_000, ppm / 1_000 % 10))
}

/// The asset for which something new was refused, by number and, where it has one, by title.
pub(crate) fn parent(asset: AssetId, title: Option<String>) -> Statement {
    let asset = ("asset", Gap::id(asset));
    match title {
        Some(title) => Statement::new(PARENT_NAMED, [asset, ("title", Gap::Name(title))]),
        None => Statement::new(PARENT, [asset]),
    }
}
