// Wallets of the browser: found by EIP-6963, asked by EIP-1193.

import { fromHex, toHex } from "./cbor.js";
import { word } from "./words.js";

/** Calls back for each wallet that announces itself: `{name, provider}`. */
export function discover(found) {
  const seen = new Set();
  addEventListener("eip6963:announceProvider", (event) => {
    const { info, provider } = event.detail ?? {};
    if (!provider || seen.has(provider)) return;
    seen.add(provider);
    found({ name: String(info?.name ?? word("wallet")), provider });
  });
  dispatchEvent(new Event("eip6963:requestProvider"));
  setTimeout(() => {
    if (seen.size === 0 && globalThis.ethereum) {
      found({ name: word("browser-wallet"), provider: globalThis.ethereum });
    }
  }, 300);
}

/** Asks a wallet; its refusals in words of ours. */
async function request(provider, method, params) {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    if (error?.code === 4001) throw new Error(word("wallet-declined"));
    throw new Error(word("wallet-says", { why: error?.message ?? "?" }));
  }
}

/** The address that the wallet lets this page see. */
export async function address(provider) {
  const [first] = await request(provider, "eth_requestAccounts", []);
  if (!first) throw new Error(word("wallet-no-address"));
  return first;
}

/** An EIP-4361 message, letter by letter as the node reads it. */
export function message({ challenge, wallet, chain, issued }) {
  return [
    `${challenge.domain} wants you to sign in with your Ethereum account:`,
    wallet,
    "",
    challenge.statement,
    "",
    `URI: ${challenge.uri}`,
    "Version: 1",
    `Chain ID: ${chain}`,
    `Nonce: ${challenge.nonce}`,
    `Issued At: ${issued}`,
  ].join("\n");
}

/** Signs a text by `personal_sign`. */
export function personalSign(provider, wallet, words) {
  const bytes = new TextEncoder().encode(words);
  return request(provider, "personal_sign", [`0x${toHex(bytes)}`, wallet]);
}

/** The wallet's word that a session key may act for it: 65 bytes. */
export async function delegation(provider, wallet, { chain, space, key, scope, seconds }) {
  const typed = {
    types: {
      EIP712Domain: [
        { name: "name", type: "string" },
        { name: "version", type: "string" },
        { name: "chainId", type: "uint256" },
      ],
      Delegation: [
        { name: "space", type: "bytes32" },
        { name: "sessionKey", type: "bytes32" },
        { name: "scope", type: "string" },
        { name: "expiresAt", type: "uint64" },
      ],
    },
    primaryType: "Delegation",
    domain: { name: "Headwater", version: "1", chainId: chain },
    message: {
      space: `0x${toHex(space).padEnd(64, "0")}`,
      sessionKey: `0x${toHex(key)}`,
      scope,
      expiresAt: String(seconds),
    },
  };
  const asked = [wallet, JSON.stringify(typed)];
  const signature = await request(provider, "eth_signTypedData_v4", asked);
  const bytes = fromHex(signature);
  if (bytes.length !== 65) throw new Error(word("wallet-unfit"));
  // Some wallets write 0 and 1 for 27 and 28.
  if (bytes[64] < 2) bytes[64] += 27;
  return bytes;
}
