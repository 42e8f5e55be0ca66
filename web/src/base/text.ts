// text.ts - bodies as text: entities, code points, and the places that a search found.

/** A piece of a text. */
export interface Segment {
  readonly text: string;
  readonly isFound: boolean;
}

export const BODY_MAX = 140; // code points

// The five entities in which the server stores bodies. Nothing else is an entity: "&copy;" is six characters.
const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#39;": "'", "&#34;": '"' };
const ENTITY = /&(?:lt|gt|amp|#39|#34);/g;
const CHARACTER = new RegExp(`${ENTITY.source}|.`, "gsu"); // an entity is one

export function unescapeBody(body: string): string {
  return body.replace(ENTITY, (entity) => ENTITIES[entity]!);
}

export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Cuts a stored body at ranges of its code points. An entity is one character, even when a range cuts it. */
export function cutHighlights(body: string, ranges: readonly (readonly [number, number])[]): Segment[] {
  const segments: { text: string; isFound: boolean }[] = [];
  let at = 0; // in code points of the body as it is stored
  for (const [source] of body.matchAll(CHARACTER)) {
    const entity = ENTITIES[source];
    const end = at + (entity === undefined ? 1 : source.length);
    const isFound = ranges.some(([start, length]) => at < start + length && start < end);
    const text = entity ?? source;
    const last = segments[segments.length - 1];
    if (last && last.isFound === isFound) last.text += text;
    else segments.push({ text, isFound });
    at = end;
  }
  return segments;
}

const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What is posted for what was typed: one kind of line end, no other control characters, no space around. */
export function cleanBody(typed: string): string {
  return typed.replace(/\r\n?/g, "\n").replace(FORBIDDEN, "").trim();
}

const PICTURE = /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u{fe0f}|\u{200d}\p{Extended_Pictographic})*|\p{RI}\p{RI}|\s)+$/u;

/** Whether a text is a few emoji and nothing else: it is shown larger. */
export function isPictureOnly(text: string): boolean {
  return text.length <= 40 && countCodePoints(text.replace(/\s/g, "")) <= 12 && PICTURE.test(text);
}
