//! Every code of a problem, with its status and what it means: none is answered that is not here.

/// A code, the status that it comes with, and what whoever asked should make of it.
pub type Code = (&'static str, u16, &'static str);

/// All codes, by status. One code may come with two.
pub const CODES: &[Code] = &[
    (
        "bad_gold",
        400,
        "known answers do not fit the question, or too few are fresh",
    ),
    (
        "bad_labels",
        400,
        "labels are not one class for each unit of the task",
    ),
    (
        "bad_message",
        400,
        "the sign-in message is not of the form of EIP-4361",
    ),
    (
        "bad_plan",
        400,
        "settings that cannot be; `detail` names each",
    ),
    ("bad_signature", 400, "the signature is not hex digits"),
    (
        "bad_table",
        400,
        "the upload is no table, or lacks a column",
    ),
    (
        "bad_url",
        400,
        "the address of a webhook is none that is called",
    ),
    (
        "invalid",
        400,
        "something in the request cannot be; `detail` says what",
    ),
    (
        "invalid_cursor",
        400,
        "the cursor is of another list, or was changed",
    ),
    (
        "invalid_key",
        400,
        "the `Idempotency-Key` is not of 16 to 128 printable letters",
    ),
    ("invalid_path", 400, "a part of the path is not of its form"),
    (
        "invalid_query",
        400,
        "a parameter behind the `?` is unknown or not of its form",
    ),
    (
        "malformed",
        400,
        "the body is not of its form; `detail` says where",
    ),
    (
        "no_preferences",
        400,
        "only a comparison of two fields has preferences",
    ),
    (
        "no_task",
        400,
        "the units are no whole task of the running round",
    ),
    (
        "no_wallet",
        400,
        "this person is known by something else than a wallet",
    ),
    ("out_of_range", 400, "a number is too small or too large"),
    (
        "two_credentials",
        400,
        "bring an API key or a signature, not both",
    ),
    (
        "unknown_allowance",
        400,
        "the allowance is not yours, or has ended",
    ),
    ("bad_api_key", 401, "there is no such key, or it is over"),
    (
        "bad_signature",
        401,
        "the signature is not over this, or not by this key",
    ),
    (
        "clock",
        401,
        "the time that was signed is too far from the node's",
    ),
    ("expired", 401, "the sign-in message is too old"),
    ("no_challenge", 401, "ask for a new challenge"),
    ("not_logged_in", 401, "log in first"),
    ("replayed", 401, "this signed request has been here before"),
    (
        "unknown_key",
        401,
        "no account has this session key, or it is over",
    ),
    (
        "wrong_chain",
        401,
        "the sign-in message is for another chain",
    ),
    (
        "wrong_domain",
        401,
        "the sign-in message is for another site",
    ),
    (
        "account_paused",
        403,
        "hidden checks speak against this account's answers",
    ),
    ("csrf", 403, "the request lacks the token of its session"),
    ("faucet_empty", 403, "this account has had its test money"),
    (
        "involved",
        403,
        "requesters and panels do not work in their own campaign",
    ),
    ("key_lacks_right", 403, "the API key may not do this"),
    (
        "never_logged_in",
        403,
        "the account must have logged in here once",
    ),
    ("no_account", 403, "open an account in the log first"),
    ("no_faucet", 403, "this node gives no test money"),
    ("no_guests", 403, "this node makes no test wallets"),
    (
        "no_reviewer",
        403,
        "reviews of this campaign are others' to make",
    ),
    (
        "no_training",
        403,
        "only training campaigns tell what is right, task by task",
    ),
    (
        "not_answered",
        403,
        "what is right is told once one has answered",
    ),
    ("not_owner", 403, "it is somebody else's"),
    (
        "not_qualified",
        403,
        "the campaign asks for more reputation",
    ),
    ("role_missing", 403, "this needs another role"),
    (
        "screened_out",
        403,
        "the campaign asks for more than training has shown",
    ),
    (
        "stopped_by_rule",
        403,
        "a rule of the campaign gives this account no tasks for now",
    ),
    (
        "unlisted_route",
        403,
        "the node does not say who may ask this",
    ),
    (
        "not_found",
        404,
        "there is no such thing, or it is not yours",
    ),
    (
        "not_yet_published",
        404,
        "it is durable, and a checkpoint will cover it soon",
    ),
    (
        "method_not_allowed",
        405,
        "there is something here, for another method",
    ),
    ("answered", 409, "this account has answered the task"),
    (
        "campaign_paused",
        409,
        "the requester has paused the campaign",
    ),
    ("has_account", 409, "this wallet has an account"),
    (
        "idempotency_conflict",
        409,
        "this `Idempotency-Key` was used for another request",
    ),
    (
        "in_progress",
        409,
        "the first request with this `Idempotency-Key` is being worked on",
    ),
    ("no_payout_address", 409, "say first where to be paid"),
    ("no_plan", 409, "the campaign was not drawn up here"),
    ("no_round", 409, "no round of the campaign runs now"),
    (
        "not_blind",
        409,
        "a review begins with an answer before anything is shown",
    ),
    (
        "not_leased",
        409,
        "the task was not given to this account, or its time is over",
    ),
    (
        "outcome_lost",
        409,
        "the node ended during the first request with this key",
    ),
    ("plan_opened", 409, "the plan is a campaign already"),
    ("too_many", 409, "this account has as many as it may have"),
    ("too_large", 413, "more was sent than is read"),
    (
        "unsupported_media_type",
        415,
        "the body is in a form that is not read",
    ),
    (
        "not_the_writer",
        421,
        "this node only reads; send it to the writer",
    ),
    ("too_often", 429, "wait as long as `Retry-After` says"),
    (
        "broken",
        500,
        "the node has a fault; its operator should know",
    ),
    (
        "corrupt",
        500,
        "stored bytes are damaged; the operator should know",
    ),
    ("behind", 503, "reads are not there yet"),
    ("busy", 503, "too much waits; nothing was taken"),
    ("chain", 503, "the chain has refused, or cannot be reached"),
    (
        "chain_unavailable",
        503,
        "the chain that knows this wallet cannot be reached",
    ),
    ("desk", 503, "the desk cannot keep this now"),
    ("no_origin", 503, "the node has no public address"),
    ("not_ready", 503, "the node does not do this work now"),
    (
        "outcome_unknown",
        503,
        "it may have been done: send the same again",
    ),
    ("stopped", 503, "the node is ending; nothing was taken"),
    (
        "too_many_streams",
        503,
        "as many streams are open as the node keeps",
    ),
    ("unavailable", 503, "something below cannot be reached now"),
];

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn each_stands_once_in_order() {
        let order = |(code, status, _): &super::Code| (*status, *code);
        assert!(CODES.is_sorted_by(|one, next| order(one) < order(next)));
    }
}
