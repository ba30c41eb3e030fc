//! Every code of a problem, with its status and what it means: none is answered that is not here.

/// A code, the status that it comes with, and what whoever asked should make of it.
pub type Code = (&'static str, u16, &'static str);

/// All codes, by status. One code may come with two.
pub const CODES: &[Code] = &[
    ("bad_asset", 400, "a field cannot be; `detail` names it"),
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
    ("broken_upload", 400, "the upload broke off"),
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
        "bad_passkey",
        401,
        "what the passkey says or has signed is not right",
    ),
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
    (
        "passkey_cloned",
        401,
        "the passkey has counted back: somebody may have a copy",
    ),
    ("replayed", 401, "this signed request has been here before"),
    (
        "unknown_key",
        401,
        "no account has this session key, or it is over",
    ),
    ("unknown_passkey", 401, "nobody here has this passkey"),
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
    ("grant_expired", 403, "the grant for this has expired"),
    ("grant_missing", 403, "this takes a grant"),
    ("grant_revoked", 403, "the grant for this was revoked"),
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
    ("not_displayed", 403, "rows take a grant"),
    ("not_listed", 403, "the asset has no listing"),
    ("not_offered", 403, "it is offered to others"),
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
        "unknown_purpose",
        403,
        "the terms do not allow this purpose",
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
    ("amount_too_large", 409, "an amount exceeds 2^96 - 1"),
    ("answered", 409, "this account has answered the task"),
    (
        "bad_list",
        409,
        "a share or waiver is no parent's or ancestor's, or stands twice",
    ),
    (
        "campaign_paused",
        409,
        "the requester has paused the campaign",
    ),
    (
        "chain_stopped",
        409,
        "the deposit's chain settles nothing more, so nothing new is paid from it",
    ),
    (
        "claim_waits",
        409,
        "the claim is smaller than what the operator pays the gas for",
    ),
    (
        "content_of_others",
        409,
        "only others have uploaded this content or card; upload it first",
    ),
    ("demand_too_high", 409, "ancestors demand more than all"),
    ("grant_expired", 409, "the grant of a parent has expired"),
    ("grant_missing", 409, "a parent asks for a grant"),
    ("grant_revoked", 409, "the grant of a parent was revoked"),
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
    (
        "last_passkey",
        409,
        "the last passkey of somebody without a wallet stays",
    ),
    ("lineage_cycle", 409, "an asset cannot be built on itself"),
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
    ("not_listed", 409, "the asset has no listing"),
    ("not_offered", 409, "a parent is offered to others"),
    (
        "outcome_lost",
        409,
        "nobody knows what came of the first request with this key",
    ),
    (
        "passkey_known",
        409,
        "the passkey is known already, or there are too many",
    ),
    (
        "passkey_pays",
        409,
        "this passkey alone says where the account is paid",
    ),
    ("plan_opened", 409, "the plan is a campaign already"),
    ("purpose_forbidden", 409, "a parent's terms forbid it"),
    ("share_too_low", 409, "a parent demands a higher share"),
    ("terms_expired", 409, "a parent's terms are over"),
    ("too_many", 409, "this account has as many as it may have"),
    ("unknown_asset", 409, "a parent is no asset of this log"),
    (
        "unknown_purpose",
        409,
        "the terms do not allow this purpose",
    ),
    ("unknown_waiver", 409, "there is no such waiver"),
    ("too_large", 413, "more was sent than is read"),
    (
        "unsupported_media_type",
        415,
        "the body is in a form that is not read",
    ),
    ("bad_range", 416, "no byte of the range is there"),
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
        "storage_full",
        503,
        "the disk of the node is nearly full; nothing was kept",
    ),
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
