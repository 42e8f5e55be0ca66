// event.ts - what the live feed sends, over WebSocket and Server-Sent Events alike.
import type { RawLabels } from "../base/labels";

/** The first one, with `recovered`: whether everything behind our cursor follows. Later ones, without it, move the cursor
 * on over what did not pass the filter. */
export const KIND_SYNC = 0;
export const KIND_CREATED = 1;
export const KIND_DELETED = 2;

export interface LiveEvent {
  kind: number; // unknown kinds are passed over
  cursor: string;
  id?: string;
  body?: string;
  created_at?: string;
  labels?: RawLabels;
  recovered?: boolean;
}

/** Null for whatever is not an event. */
export function parseEvent(text: unknown): LiveEvent | null {
  try {
    const event = JSON.parse(String(text)) as LiveEvent;
    return typeof event?.kind === "number" && typeof event.cursor === "string" ? event : null;
  } catch {
    return null;
  }
}
