// Deterministic CBOR (RFC 8949, 4.2.1), as far as submissions need it: docs/spec/entry.md.

/** Bytes that are encoded already and go in as they are. */
export class Raw {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
}

/**
 * Encodes whole numbers from 0, text, bytes, lists, maps with ascending whole numbers as keys,
 * true, false and null. An entry of a map whose value is `undefined` is left out.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function encode(value) {
  const parts = [];
  write(value, parts);
  return concat(parts);
}

/** All bytes in a row. @param {Uint8Array[]} parts */
export function concat(parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function write(value, parts) {
  if (value instanceof Raw) {
    parts.push(value.bytes);
  } else if (value === null) {
    parts.push(Uint8Array.of(0xf6));
  } else if (typeof value === "boolean") {
    parts.push(Uint8Array.of(value ? 0xf5 : 0xf4));
  } else if (typeof value === "number" || typeof value === "bigint") {
    parts.push(head(0, value));
  } else if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    parts.push(head(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) {
    parts.push(head(2, value.length), value);
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) write(item, parts);
  } else if (value instanceof Map) {
    writeMap(value, parts);
  } else {
    throw new TypeError(`no form for ${typeof value}`);
  }
}

function writeMap(map, parts) {
  const entries = [...map].filter(([, item]) => item !== undefined);
  parts.push(head(5, entries.length));
  let last = -1;
  for (const [key, item] of entries) {
    if (!Number.isSafeInteger(key) || key <= last) throw new TypeError("keys of a map ascend");
    last = key;
    parts.push(head(0, key));
    write(item, parts);
  }
}

/** The shortest head of a major type. */
function head(major, number) {
  const whole = typeof number === "bigint" || Number.isSafeInteger(number);
  if (!whole || number < 0) throw new TypeError(`${number} is no whole number from 0`);
  const type = major << 5;
  const value = BigInt(number);
  if (value < 24n) return Uint8Array.of(type | Number(value));
  for (const [at, bytes] of [1, 2, 4, 8].entries()) {
    if (value < 1n << BigInt(8 * bytes)) {
      return concat([Uint8Array.of(type | (24 + at)), bigEndian(value, bytes)]);
    }
  }
  throw new TypeError(`${number} has more than 64 bits`);
}

/**
 * A whole number in so many bytes, big end first.
 * @param {number | bigint} number
 * @param {number} bytes
 */
export function bigEndian(number, bytes) {
  const all = new Uint8Array(bytes);
  let rest = BigInt(number);
  for (let at = bytes - 1; at >= 0; at -= 1) {
    all[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return all;
}

/** Hex digits of bytes. @param {Uint8Array} bytes */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes of hex digits, with or without `0x`. @param {string} text */
export function fromHex(text) {
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new TypeError("no pairs of hex digits");
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Base64 of bytes. @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Bytes of base64. @param {string} text */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
