// A wallet as browsers have them: EIP-6963 and EIP-1193 in the page, the key in this process.

import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak_256 } from "@noble/hashes/sha3";

const text = (words) => new TextEncoder().encode(words);
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (digits) => Buffer.from(digits.replace(/^0x/, ""), "hex");
const word = (number) => bytes(BigInt(number).toString(16).padStart(64, "0"));
const keccak = (...parts) => keccak_256(Buffer.concat(parts));

/** A fresh key that signs as wallets do. */
export class Wallet {
  constructor() {
    this.secret = secp256k1.utils.randomPrivateKey();
    const point = secp256k1.getPublicKey(this.secret, false);
    this.address = `0x${hex(keccak(point.slice(1)).slice(-20))}`;
    this.asked = [];
    this.declines = false;
  }

  sign(digest) {
    const signature = secp256k1.sign(digest, this.secret);
    return `0x${signature.toCompactHex()}${hex([27 + signature.recovery])}`;
  }

  request({ method, params }) {
    this.asked.push(method);
    if (this.declines) return { error: { code: 4001, message: "User rejected the request." } };
    if (method === "eth_requestAccounts") return { value: [this.address] };
    if (method === "personal_sign") {
      const message = bytes(params[0]);
      const prefix = text(`\x19Ethereum Signed Message:\n${message.length}`);
      return { value: this.sign(keccak(prefix, message)) };
    }
    if (method === "eth_signTypedData_v4") {
      return { value: this.sign(typed(JSON.parse(params[1]))) };
    }
    return { error: { code: 4200, message: `${method} is not supported` } };
  }

  /** Puts the wallet into every page of a context. */
  async enter(context) {
    await context.exposeFunction("testWallet", (asked) => this.request(asked));
    await context.addInitScript(() => {
      const provider = {
        async request(asked) {
          const { value, error } = await window.testWallet(asked);
          if (error) throw Object.assign(new Error(error.message), error);
          return value;
        },
      };
      const info = { uuid: "0", name: "Test Wallet", icon: "data:,", rdns: "org.example.test" };
      const detail = Object.freeze({ info, provider });
      const announce = () =>
        window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
      window.addEventListener("eip6963:requestProvider", announce);
    });
  }
}

/** The digest of EIP-712 for values that are no structures themselves. */
function typed({ types, primaryType, domain, message }) {
  const structure = (name, value) => {
    const fields = types[name].map((field) => `${field.type} ${field.name}`).join(",");
    const words = types[name].map(({ name: own, type }) => {
      if (type === "string") return keccak(text(value[own]));
      return type === "bytes32" ? bytes(value[own]) : word(value[own]);
    });
    return keccak(keccak(text(`${name}(${fields})`)), ...words);
  };
  const domainHash = structure("EIP712Domain", domain);
  return keccak(bytes("1901"), domainHash, structure(primaryType, message));
}
