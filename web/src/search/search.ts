// search.ts - one search after another while somebody types: only the last one counts.
import { shallowRef } from "vue";
import { messageOf, type Page } from "../api";
import { isBehind, parseCursor, type Position } from "../base/cursor";
import type { Meow } from "../base/meow";

export const DEBOUNCE_MS = 120;
export const TAKE = 20; // about what a window shows
const SKIP_MAX = 10_000; // the server's
const KEPT_MAX = 1_000; // results; more are let go at the end, and can be asked for again
/** How often at most a search is repeated by itself: because meows came that it may find, or because the answer was not
 * the whole one. */
const REPEAT_MS = 2_500;

export type Ask = (query: string, skip: number, take: number, signal: AbortSignal) => Promise<Page>;

/** Scripts whose words are cut into characters, each of which can be found. */
const APART = new RegExp(
  "Han Hiragana Katakana Hangul Thai Lao Khmer Myanmar Tai_Le New_Tai_Lue Tai_Tham Tai_Viet Ahom"
    .split(" ").map((script) => `\\p{Script=${script}}`).join("|"), "gu");

const LATIN = [..."abcdefghijklmnopqrstuvwxyz"];

/** What a letter may be folded into by the server: a Latin one with a stroke may be any without, all digits are the same,
 * and Arabic letters have several forms. */
function plain(letter: string): readonly string[] {
  if (/\p{Nd}/u.test(letter)) return ["0"];
  if (/\p{Script=Arabic}/u.test(letter)) return ["\u0627"];
  return /[^a-z]/.test(letter) && /\p{Script=Latin}/u.test(letter) ? LATIN : [letter];
}

/** Whether a new meow can matter to a search: the first two letters of some word have one in common with those of a word
 * of the query. Words are found with typos, and even the first letter may be one; the other of the two is then right. */
export function mayMatch(query: string, text: string): boolean {
  const fold = (words: string) => words.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase().toLowerCase();
  const beginnings = (words: string) =>
    (fold(words).replace(APART, " $& ").match(/[\p{L}\p{N}]+|\p{S}/gu) ?? []).flatMap((word) =>
      [...word].slice(0, 2).flatMap(plain));
  const wanted = new Set(beginnings(query));
  return beginnings(text).some((letter) => wanted.has(letter));
}

export class Search {
  readonly query = shallowRef(""); // "": there is no search
  readonly results = shallowRef<readonly Meow[]>([]);
  readonly resultsOf = shallowRef(""); // what the results were found for
  readonly isRunning = shallowRef(false);
  readonly isFallback = shallowRef(false);
  readonly hasMore = shallowRef(false);
  readonly problem = shallowRef<string | null>(null);
  /** So much was found anew that the list would not be the one any more in which somebody reads. */
  readonly hasNews = shallowRef(false);
  private running: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private repeatTimer: ReturnType<typeof setTimeout> | undefined;
  private wanted: Position | null = null; // what the page has: the index, which is behind, may lack it
  private shown: Position | null = null; // what the index had that gave the results; null: it was not asked

  /** `now` is the position up to which the page has every meow; `isHeld` says whether somebody reads in the results. */
  constructor(
    private readonly ask: Ask,
    private readonly now: () => Position | null = () => null,
    private readonly isHeld: () => boolean = () => false,
  ) {}

  /** Somebody types. */
  type(text: string): void {
    const query = text.trim();
    if (query === this.query.value) return;
    this.cancel();
    this.query.value = query;
    if (query === "") this.clear();
    else {
      this.isRunning.value = true;
      this.timer = setTimeout(() => void this.run(), DEBOUNCE_MS);
    }
  }

  /** Searches at once: for Enter, an address, and "try again". */
  submit(text: string): void {
    this.cancel();
    this.query.value = text.trim();
    if (this.query.value === "") this.clear();
    else void this.run();
  }

  /** Meows came: repeats the search soon when it may find one of them, until the index has them. */
  notice(meows: readonly Meow[]): void {
    if (this.query.value === "" || !meows.some((meow) => mayMatch(this.query.value, meow.text))) return;
    this.wanted = this.now();
    this.repeatSoon();
  }

  /** The server is there again, or nobody knows what was missed. */
  repeat(): void {
    if (this.query.value !== "" && !this.isRunning.value) void this.run(0, true);
  }

  remove(ids: ReadonlySet<string>): void {
    if (this.results.value.some((meow) => ids.has(meow.id)))
      this.results.value = this.results.value.filter((meow) => !ids.has(meow.id));
  }

  async more(): Promise<void> {
    if (this.isRunning.value || !this.hasMore.value) return;
    await this.run(this.results.value.length);
  }

  private clear(): void {
    this.results.value = [];
    this.resultsOf.value = "";
    this.isFallback.value = this.hasMore.value = this.hasNews.value = false;
    this.problem.value = null;
    this.shown = null;
  }

  private cancel(): void {
    clearTimeout(this.timer);
    clearTimeout(this.repeatTimer);
    this.repeatTimer = undefined;
    this.running?.abort();
    this.running = null;
    this.isRunning.value = false;
  }

  private repeatSoon(): void {
    this.repeatTimer ??= setTimeout(() => {
      this.repeatTimer = undefined;
      if (!this.isRunning.value) void this.run(0, true); // else its end looks whether it was enough
    }, REPEAT_MS);
  }

  private async run(skip = 0, isRepeat = false): Promise<void> {
    const controller = new AbortController();
    const query = this.query.value;
    if (skip === 0 && !isRepeat) this.wanted = this.now();
    this.running = controller;
    this.isRunning.value = true;
    try {
      const page = await this.ask(query, skip, TAKE, controller.signal);
      if (this.running !== controller) return;
      if (isRepeat && query === this.resultsOf.value && this.isWorse(page)) this.repeatSoon();
      else this.show(query, page, skip, isRepeat);
    } catch (error) {
      if (this.running !== controller) return;
      if (isRepeat) this.repeatSoon(); // what was found stands there still
      else this.problem.value = messageOf(error);
    }
    this.running = null;
    this.isRunning.value = false;
  }

  /** Whether the answer is of an earlier moment than what is shown, or knows the newest meows only: that would take away
   * what the next one brings back. */
  private isWorse(page: Page): boolean {
    return this.shown !== null && (page.isFallback || isBehind(parseCursor(page.cursor), this.shown));
  }

  private show(query: string, page: Page, skip: number, isRepeat: boolean): void {
    if (skip > 0) this.append(page);
    else this.replace(page, isRepeat);
    this.resultsOf.value = query;
    this.isFallback.value = page.isFallback;
    this.problem.value = null;
    if (skip === 0) this.shown = page.isFallback ? null : parseCursor(page.cursor);
    if (skip === 0 && !isBehind(parseCursor(page.cursor), this.wanted)) this.wanted = null;
    if (page.isFallback || this.wanted !== null) this.repeatSoon();
  }

  private append(page: Page): void {
    const known = new Set(this.results.value.map((meow) => meow.id));
    this.results.value = [...this.results.value, ...page.meows.filter((meow) => !known.has(meow.id))];
    this.hasMore.value = page.meows.length === TAKE && this.results.value.length <= SKIP_MAX;
  }

  /** The best results. What was found before stays behind them, as long as they are of the same search and nothing is
   * missing between. */
  private replace(page: Page, isRepeat: boolean): void {
    const isFull = page.meows.length === TAKE;
    const before = this.results.value;
    const known = new Set(page.meows.map((meow) => meow.id));
    const isSame = isRepeat && isFull && page.isFallback === this.isFallback.value;
    const overlaps = before.some((meow) => known.has(meow.id));
    if (isSame && !overlaps && before.length > 0 && this.isHeld()) {
      this.hasNews.value = true;
      return;
    }
    const behind = isSame && overlaps ? before.filter((meow) => !known.has(meow.id)) : [];
    const all = [...page.meows, ...behind];
    this.results.value = all.slice(0, KEPT_MAX);
    this.hasMore.value = all.length > KEPT_MAX || (behind.length > 0 ? this.hasMore.value : isFull);
    this.hasNews.value = false;
  }
}
