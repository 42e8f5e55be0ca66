// vitals.ts - how the feed does, from what everybody may know: its position, how far this page is behind, how long the
// server takes to answer, and how many changes come.
import { shallowRef } from "vue";
import type { Position } from "../base/cursor";

export const BUCKETS = 40; // of the little chart
export const BUCKET_MS = 3_000;

export class Vitals {
  readonly position = shallowRef<number | null>(null);
  readonly behind = shallowRef(0); // changes that the server has and this page does not have yet
  readonly answer_ms = shallowRef<number | null>(null); // a small request, there and back
  readonly counts = shallowRef<readonly number[]>(new Array<number>(BUCKETS).fill(0)); // of the last two minutes
  private current = 0;

  notePosition(position: Position | null): void {
    if (position) this.position.value = position.number;
  }

  noteEvents(count: number): void {
    this.current += count;
  }

  noteHead(head: Position | null, own: Position | null, took_ms: number): void {
    this.answer_ms.value = took_ms;
    if (head && own && head.epoch === own.epoch) this.behind.value = Math.max(0, head.number - own.number);
  }

  /** Every BUCKET_MS. */
  tick(): void {
    if (this.current === 0 && this.counts.value.every((count) => count === 0)) return;
    this.counts.value = [...this.counts.value.slice(1), this.current];
    this.current = 0;
  }

  get perMinute(): number {
    const minute = this.counts.value.slice(-60_000 / BUCKET_MS);
    return minute.reduce((sum, count) => sum + count, 0);
  }
}
