// Passkeys: made and asked by the browser, and what one signs for the log.

import { Raw, bigEndian, concat, encode, fromBase64, fromHex, toBase64 } from "./cbor.js";
import * as commitment from "./commitment.js";
import { word } from "./words.js";

const text = (words) => new TextEncoder().encode(words);
const bytes = (buffer) => new Uint8Array(buffer);
const ES256 = -7;
/** Where a new key's coordinates stand behind its id: the COSE key in its one form. */
const X_AT = 10;
const Y_AT = 45;
const ID_LENGTH_AT = 53;

/** Why no passkey can be used here, in words; null where one can. */
export function obstacle(party) {
  if (!globalThis.PublicKeyCredential || !navigator.credentials) {
    return word("knows-no-passkeys");
  }
  if (!party) return word("passkeys-need-name");
  return null;
}

async function asked(work) {
  try {
    return await work();
  } catch (error) {
    if (error?.name === "NotAllowedError") {
      throw new Error(word("passkey-declined"));
    }
    if (error?.name === "InvalidStateError") {
      throw new Error(word("passkey-there"));
    }
    throw new Error(word("browser-says", { why: error?.message ?? "?" }));
  }
}

/**
 * Makes a passkey that is found without a name.
 * @returns what the node checks, and the point of its key
 */
export async function create({ challenge, party, handle, name, known = [] }) {
  const why = obstacle(party);
  if (why) throw new Error(why);
  const publicKey = {
    rp: { id: party, name: "Headwater" },
    user: { id: handle, name, displayName: name },
    challenge: text(challenge),
    pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    excludeCredentials: known.map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
    attestation: "none",
  };
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  const authenticator = bytes(made.response.getAuthenticatorData());
  const length = authenticator[ID_LENGTH_AT] * 256 + authenticator[ID_LENGTH_AT + 1];
  const key = ID_LENGTH_AT + 2 + length;
  const part = (from) => authenticator.slice(key + from, key + from + 32);
  return {
    authenticator: toBase64(authenticator),
    client: toBase64(bytes(made.response.clientDataJSON)),
    point: { x: part(X_AT), y: part(Y_AT) },
  };
}

async function get({ challenge, party, credential }) {
  const why = obstacle(party);
  if (why) throw new Error(why);
  const allowCredentials = credential
    ? [{ type: "public-key", id: fromBase64Url(credential) }]
    : [];
  const publicKey = { challenge, rpId: party, allowCredentials, userVerification: "required" };
  return asked(() => navigator.credentials.get({ publicKey }));
}

/** What `POST /api/v1/login/passkey` takes: the browser asks which passkey. */
export async function login({ nonce, party }) {
  const { rawId, response } = await get({ challenge: text(nonce), party });
  const handle = response.userHandle ? toBase64(bytes(response.userHandle)) : undefined;
  return {
    id: toBase64(bytes(rawId)),
    authenticator: toBase64(bytes(response.authenticatorData)),
    client: toBase64(bytes(response.clientDataJSON)),
    signature: toBase64(bytes(response.signature)),
    handle,
  };
}

/**
 * Signs for the log over the SHA-256 of bytes: the value of an assertion.
 * @param {Uint8Array} said
 * @param {{party: string, credential: string}} passkey
 * @param {string} [binding] what opens the account's commitment, base64, while it is not public
 */
async function assertion(said, { party, credential }, binding) {
  const challenge = await commitment.sha256([said]);
  const { response } = await get({ challenge, party, credential });
  return new Map([
    [0, bytes(response.authenticatorData)],
    [1, bytes(response.clientDataJSON)],
    [2, lowered(bytes(response.signature))],
    [3, binding ? new Raw(fromBase64(binding)) : undefined],
  ]);
}

/** `BindPayout`: where the account is paid. */
export async function payout(own, passkey, wallet) {
  const { number, disclosed } = own.me.payout;
  const address = fromHex(wallet);
  const said = concat([
    text("headwater/payout/v1\0"),
    own.space,
    bigEndian(own.account, 4),
    address,
    bigEndian(number, 4),
  ]);
  const fields = [
    [0, address],
    [1, number],
    [2, await assertion(said, passkey, disclosed ? undefined : own.me.binding)],
  ];
  return commitment.command(40, fields);
}

/** The authority by which a passkey lets a session key in. */
export async function authority(me, space, passkey, { key, scope, expires }) {
  const said = concat([
    text("headwater/key/v1\0"),
    space,
    bigEndian(me.account, 4),
    key,
    Uint8Array.of(scope),
    bigEndian(expires, 8),
  ]);
  const binding = me.payout?.disclosed ? undefined : me.binding;
  return [3, [await assertion(said, passkey, binding)]];
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** r and s of a signature in DER, each 32 bytes, s in the lower half of the order. */
export function lowered(der) {
  const number = (at) => {
    const length = der[at + 1];
    const digits = der.slice(at + 2, at + 2 + length);
    const value = digits.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return [value, at + 2 + length];
  };
  const [r, next] = number(2);
  const [s] = number(next);
  return concat([bigEndian(r, 32), bigEndian(s > ORDER / 2n ? ORDER - s : s, 32)]);
}

/** The private body of an account that is opened with a passkey. */
export function body({ salt, party, point }) {
  return encode(
    new Map([
      [2, salt],
      [3, party],
      [4, pointValue(point)],
    ]),
  );
}

/** Hides the passkey behind a session key. */
export async function binding(space, key, { salt, party, point }) {
  const host = await commitment.sha256([text(party)]);
  return commitment.hidden("headwater/passkey/v1\0", [space, key, salt], [host, pointValue(point)]);
}

function pointValue({ x, y }) {
  return new Map([
    [0, x],
    [1, y],
  ]);
}

function fromBase64Url(said) {
  return fromBase64(said.replaceAll("-", "+").replaceAll("_", "/"));
}
