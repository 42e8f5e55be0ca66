// meow.ts - a meow as the page has it, made from what the API sends.
import { labelsFrom, type Label, type RawLabels } from "./labels";
import { cutHighlights, unescapeBody, type Segment } from "./text";

/** As it stands in lists, search answers and live events. */
export interface RawMeow {
  id: string;
  body: string;
  created_at: string;
  labels?: RawLabels;
  highlight?: [start: number, length: number][];
}

export interface Meow {
  readonly id: string;
  readonly text: string; // plain text: never put it into a page as HTML
  readonly createdAt: number; // milliseconds since 1970
  readonly labels: readonly Label[];
  readonly segments: readonly Segment[]; // the text, cut where a search found something
}

export function meowFrom(raw: RawMeow): Meow {
  const text = unescapeBody(raw.body);
  return {
    id: raw.id,
    text,
    createdAt: Date.parse(raw.created_at),
    labels: labelsFrom(raw.labels ?? {}),
    segments: raw.highlight?.length ? cutHighlights(raw.body, raw.highlight) : [{ text, isFound: false }],
  };
}

const KSUID_EPOCH_S = 1_400_000_000; // KSUID: seconds since this one, big-endian, in the first 4 of 20 bytes
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The time in an id, in milliseconds since 1970, to the second. */
export function timeOfId(id: string): number {
  let value = 0n;
  for (const letter of id) value = value * 62n + BigInt(Math.max(0, BASE62.indexOf(letter)));
  return (Number(value >> 128n) + KSUID_EPOCH_S) * 1000;
}

export function isId(text: string): boolean {
  return /^[0-9A-Za-z]{27}$/.test(text);
}
