// Tokens are data: whatever they hold, they are shown as text, never read as markup.

import { segmentOf } from "./segments.mjs";

const MARKS = new Map([["\n", "↵"], ["\r", "␍"], ["\t", "⇥"], [" ", "␣"], ["\u2028", "⏎"], ["\u2029", "¶"]]);

/** A token fit for one line: invisible characters become marks, long ones are cut. */
export function visible(text, limit = 28) {
  if (text === "") return "∅";
  const characters = [];
  for (const character of text) {
    if (characters.length === limit) {
      characters.push("…");
      break;
    }
    characters.push(mark(character, text));
  }
  return characters.join("");
}

function mark(character, text) {
  const known = MARKS.get(character);
  if (known !== undefined && (character !== " " || text.trim() === "")) return known;
  return /[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u.test(character) ? "�" : character;
}

/** A token with its place, for people who hear the page; of a pair, with its text. */
export function spoken(labels, at) {
  const segment = segmentOf(labels, at);
  return `${at} “${visible(labels.texts[at], 60)}”${segment ? ` (${segment})` : ""}`;
}
