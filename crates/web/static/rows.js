// Tasks from a file or a text: JSON Lines, CSV with a header, or one task a line.

import { word } from "./words.js";

/**
 * Reads tasks. Throws in words, with the line.
 * @param {string} text
 * @returns {{name: string, text?: string, known?: string}[]}
 */
export function read(text) {
  const words = text.replace(/^\uFEFF/, "").trim();
  if (!words) return [];
  const tasks = words.startsWith("{") ? jsonLines(words) : table(words);
  const seen = new Set();
  for (const { name } of tasks) {
    if (seen.has(name)) throw new Error(word("same-name", { name }));
    seen.add(name);
  }
  return tasks;
}

function jsonLines(words) {
  return words.split("\n").flatMap((line, at) => {
    if (!line.trim()) return [];
    let row;
    try {
      row = JSON.parse(line);
    } catch {
      throw new Error(word("no-json", { line: at + 1 }));
    }
    return [task(row, at)];
  });
}

/** A column that is not known is a field to show. */
function task(row, at) {
  const { name, id, text, known, ...rest } = row;
  const fields = Object.keys(rest).length > 0;
  const shown = fields ? { ...(text === undefined ? {} : { text }), ...rest } : text;
  const body = shown === undefined || typeof shown === "string" ? shown : JSON.stringify(shown);
  const given = known === undefined || known === null || known === "" ? undefined : String(known);
  return { name: String(name ?? id ?? `task-${at + 1}`), text: body, known: given };
}

function table(words) {
  const [header, ...rows] = cells(words);
  const columns = header.map((cell) => cell.trim().toLowerCase());
  if (!columns.includes("text") && !(columns.includes("a") && columns.includes("b"))) {
    const lines = words.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.map((line, at) => ({ name: `task-${at + 1}`, text: line }));
  }
  return rows.map((row, at) => {
    if (row.length !== columns.length) {
      throw new Error(word("cells", { row: at + 2, cells: row.length, heads: columns.length }));
    }
    return task(Object.fromEntries(columns.map((name, place) => [name, row[place]])), at);
  });
}

/** Cells of RFC 4180. */
function cells(words) {
  const rows = [[""]];
  let quoted = false;
  for (let at = 0; at < words.length; at += 1) {
    const letter = words[at];
    const row = rows.at(-1);
    const last = row.length - 1;
    if (quoted) {
      if (letter !== '"') row[last] += letter;
      else if (words[at + 1] === '"') {
        row[last] += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"' && row[last] === "") quoted = true;
    else if (letter === ",") row.push("");
    else if (letter === "\n") rows.push([""]);
    else if (letter !== "\r") row[last] += letter;
  }
  if (quoted) throw new Error(word("quote-open"));
  return rows.filter((row) => row.length > 1 || row[0] !== "");
}

/** Where the tasks of a plan go; the columns are those of `lines`. */
export const QUERY = "?id=name&fields=text&known=known";

/** What `PUT /api/v1/plans/{id}/units` takes: every row has every column. */
export function lines(tasks) {
  const whole = { text: "", known: "" };
  return tasks.map(({ name, text, known }) =>
    JSON.stringify({ name, ...whole, ...(text && { text }), ...(known && { known }) })).join("\n");
}
