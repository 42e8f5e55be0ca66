// timeline.ts - the meows that the page has: each once, newest first (ids sort by time), and those that came while the
// reader was further down and wait to be shown.
import { shallowRef } from "vue";
import type { Meow } from "../base/meow";

/** More than this are let go at the old end; they can be read again. */
export const KEPT_MAX = 20_000;
/** More than this do not wait: the list is read anew when the reader wants to see them. */
export const WAITING_MAX = 2_000;

const isNewer = (left: Meow, right: Meow) => left.id > right.id;

/** Both newest first, without a meow that is in both. */
function merge(left: readonly Meow[], right: readonly Meow[]): Meow[] {
  const merged: Meow[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const one = left[i]!;
    const other = right[j]!;
    if (one.id === other.id) j++;
    else if (isNewer(one, other)) merged.push(left[i++]!);
    else merged.push(right[j++]!);
  }
  while (i < left.length) merged.push(left[i++]!);
  while (j < right.length) merged.push(right[j++]!);
  return merged;
}

/** Newest first, each once. */
function sorted(meows: readonly Meow[]): Meow[] {
  const byId = new Map(meows.map((meow) => [meow.id, meow]));
  return [...byId.values()].sort((left, right) => (isNewer(left, right) ? -1 : 1));
}

export class Timeline {
  readonly items = shallowRef<readonly Meow[]>([]);
  readonly waiting = shallowRef<readonly Meow[]>([]);
  readonly hasOlder = shallowRef(false);
  readonly isLoaded = shallowRef(false);
  /** So many wait that they are not kept: whoever wants them reads the list anew. */
  readonly isOverflowing = shallowRef(false);

  /** Meows that are new: shown at once, or kept waiting while somebody reads further down. What is older than
   * everything here belongs to a page that was not read yet, and is left to it. */
  add(meows: readonly Meow[], isHeld: boolean): void {
    const oldest = this.items.value[this.items.value.length - 1];
    const fitting = this.hasOlder.value && oldest ? meows.filter((meow) => isNewer(meow, oldest)) : meows;
    if (fitting.length === 0) return;
    if (!isHeld) {
      this.items.value = merge(this.items.value, sorted(fitting));
      this.trim();
      return;
    }
    const known = new Set(this.items.value.map((meow) => meow.id));
    this.waiting.value = merge(this.waiting.value, sorted(fitting.filter((meow) => !known.has(meow.id))));
    if (this.waiting.value.length > WAITING_MAX) {
      this.waiting.value = [];
      this.isOverflowing.value = true;
    }
  }

  /** Shows those that wait. */
  showWaiting(): void {
    this.items.value = merge(this.items.value, this.waiting.value);
    this.waiting.value = [];
    this.trim();
  }

  remove(ids: ReadonlySet<string>): void {
    const isKept = (meow: Meow) => !ids.has(meow.id);
    if (!this.items.value.every(isKept)) this.items.value = this.items.value.filter(isKept);
    if (!this.waiting.value.every(isKept)) this.waiting.value = this.waiting.value.filter(isKept);
  }

  /** The newest page as it is now. Where it and the list overlap, the page is right: what it lacks was deleted. Without
   * an overlap nobody knows what lies between, and the page takes the list's place. */
  replaceNewest(page: readonly Meow[], isWhole: boolean, isHeld: boolean): void {
    const last = page[page.length - 1];
    const known = new Set(this.items.value.map((meow) => meow.id));
    const overlaps = page.some((meow) => known.has(meow.id));
    this.isOverflowing.value = false;
    this.isLoaded.value = true;
    if (isWhole || !last || !overlaps) {
      this.items.value = page;
      this.waiting.value = [];
      this.hasOlder.value = !isWhole && page.length > 0;
      return;
    }
    const older = this.items.value.filter((meow) => isNewer(last, meow));
    const shown = isHeld ? page.filter((meow) => known.has(meow.id)) : page;
    this.waiting.value = isHeld ? page.filter((meow) => !known.has(meow.id)) : [];
    this.items.value = merge(shown, older);
  }

  /** What it is of changes: nothing is known of that yet. */
  clear(): void {
    this.items.value = [];
    this.waiting.value = [];
    this.hasOlder.value = false;
    this.isLoaded.value = false;
    this.isOverflowing.value = false;
  }

  /** The page behind the last one. */
  append(page: readonly Meow[], hasMore: boolean): void {
    this.items.value = merge(this.items.value, page);
    this.hasOlder.value = hasMore;
  }

  private trim(): void {
    if (this.items.value.length <= KEPT_MAX) return;
    this.items.value = this.items.value.slice(0, KEPT_MAX);
    this.hasOlder.value = true;
  }
}
