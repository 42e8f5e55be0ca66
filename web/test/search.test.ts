import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Page } from "../src/api";
import type { Meow } from "../src/base/meow";
import { DEBOUNCE_MS, mayMatch, Search, TAKE } from "../src/search/search";

interface Asked {
  query: string;
  skip: number;
  take: number;
  signal: AbortSignal;
  answer: (page: Partial<Page>) => void;
  fail: (error: Error) => void;
}

let asked: Asked[];
let search: Search;
let isHeld: boolean; // somebody reads in the results
let position: number; // up to which the page has everything
const EPOCH = "00000000000000aa";
const cursor = (number: number) => `${EPOCH}-${number}`;
const meow = (id: string, text = id): Meow => ({ id, text, createdAt: 0, labels: [], segments: [] });

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  position = 10;
  isHeld = false;
  search = new Search(
    (query, skip, take, signal) =>
      new Promise((resolve, fail) => {
        const answer = (page: Partial<Page>) => resolve({ meows: [], cursor: null, isFallback: false, ...page });
        asked.push({ query, skip, take, signal, answer, fail });
      }),
    () => ({ epoch: EPOCH, number: position }),
    () => isHeld,
  );
});
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("search while one types", () => {
  it("waits until the typing pauses, and asks once", async () => {
    for (const text of ["c", "ca", "cat"]) {
      search.type(text);
      await vi.advanceTimersByTimeAsync(DEBOUNCE_MS - 1);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.map((one) => one.query)).toEqual(["cat"]);
  });

  it("cancels what is under way, and never shows its answer", async () => {
    search.submit("cat");
    search.submit("dog");
    expect(asked[0]!.signal.aborted).toBe(true);
    asked[1]!.answer({ meows: [meow("dog")] });
    asked[0]!.answer({ meows: [meow("cat")] });
    await settle();
    expect(search.results.value.map((one) => one.id)).toEqual(["dog"]);
    expect(search.resultsOf.value).toBe("dog");
  });

  it("keeps what was found on the page until there is something better", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: [meow("cat")] });
    await settle();
    search.type("cats");
    expect(search.results.value.length).toBe(1);
    expect(search.resultsOf.value).toBe("cat");
  });

  it("says when only the newest meows were searched", async () => {
    search.submit("cat");
    asked[0]!.answer({ isFallback: true });
    await settle();
    expect(search.isFallback.value).toBe(true);
  });

  it("says what went wrong, and forgets it with the next answer", async () => {
    search.submit("cat");
    asked[0]!.fail(new Error("The server is busy."));
    await settle();
    expect(search.problem.value).toBe("The server is busy.");
    search.submit("cat");
    asked[1]!.answer({});
    await settle();
    expect(search.problem.value).toBeNull();
  });

  it("asks for as many as a window shows, and for more when they are wanted, each meow once", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: Array.from({ length: 20 }, (_, i) => meow(`m${i}`)) });
    await settle();
    void search.more();
    expect(asked.map(({ skip, take }) => [skip, take])).toEqual([[0, 20], [20, 20]]);
    asked[1]!.answer({ meows: [meow("m19"), meow("m20")] });
    await settle();
    expect(search.results.value.length).toBe(21);
    expect(search.hasMore.value).toBe(false);
  });

  it("asks for one page at a time, and for none that another search has overtaken", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: Array.from({ length: TAKE }, (_, i) => meow(`m${i}`)) });
    await settle();
    void search.more();
    void search.more();
    expect(asked.length).toBe(2);
    search.submit("dog");
    asked[2]!.answer({ meows: [meow("dog")] });
    asked[1]!.answer({ meows: [meow("cat")] });
    await settle();
    expect(search.results.value.map((one) => one.id)).toEqual(["dog"]);
  });

  it("ends with an empty field", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: [meow("cat")] });
    await settle();
    search.type("  ");
    expect(search.results.value).toEqual([]);
    expect(search.query.value).toBe("");
  });
});

describe("search while meows come", () => {
  const ids = () => search.results.value.map((one) => one.id);
  const full = (count = TAKE, from = 0) => Array.from({ length: count }, (_, i) => meow(`m${from + i}`));
  const REPEAT_MS = 2_500;

  /** The search is under way, and was answered. */
  async function answered(page: Partial<Page>): Promise<void> {
    search.submit("cat");
    asked[0]!.answer({ cursor: cursor(position), ...page });
    await settle();
  }

  async function answer(index: number, page: Partial<Page>): Promise<void> {
    asked[index]!.answer({ cursor: cursor(position), ...page });
    await settle();
  }

  it("is repeated when one comes that it may find, and not for others", async () => {
    await answered({});
    search.notice([meow("1", "dogs only")]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBe(1);
    search.notice([meow("2", "a Cta"), meow("3", "dogs")]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBe(2);
  });

  it("is repeated once in 2.5 s at most, however many come, and shows each answer", async () => {
    await answered({});
    for (let ms = 0; ms < 10_000; ms += 5) {
      search.notice([meow(`m${ms}`, "cats")]);
      await vi.advanceTimersByTimeAsync(5);
      if (asked.length > 1) asked[asked.length - 1]!.answer({ cursor: cursor(position), meows: [meow(`m${ms}`)] });
    }
    expect(asked.length).toBe(1 + 10_000 / REPEAT_MS);
    expect(search.results.value.length).toBe(1);
  });

  it("is repeated until the index has what came", async () => {
    await answered({});
    position = 11;
    search.notice([meow("2", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { cursor: cursor(10) });
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(2, { cursor: cursor(11), meows: [meow("2")] });
    expect(ids()).toEqual(["2"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(3);
  });

  it("is repeated when the index was behind what the page shows", async () => {
    await answered({ cursor: cursor(9) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(2);
  });

  it("is not repeated because of a position in another feed", async () => {
    await answered({ cursor: "00000000000000bb-1" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(1);
  });

  it("is not lost when one comes while it is under way", async () => {
    search.submit("cat");
    position = 11;
    search.notice([meow("2", "cats")]);
    await vi.advanceTimersByTimeAsync(2 * REPEAT_MS);
    expect(asked.length).toBe(1);
    await answer(0, { cursor: cursor(10) });
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    expect(asked.length).toBe(2);
  });

  it("is repeated while only the newest meows are searched, until all are again", async () => {
    await answered({ isFallback: true });
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { isFallback: true });
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(2, { meows: [meow("old"), meow("new")] });
    expect(search.isFallback.value).toBe(false);
    expect(ids()).toEqual(["old", "new"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(3);
  });

  it("leaves what was found where it is when a repetition fails, and tries again", async () => {
    await answered({ meows: [meow("cat")] });
    search.notice([meow("2", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    asked[1]!.fail(new Error("The server cannot be reached."));
    await settle();
    expect([ids(), search.problem.value]).toEqual([["cat"], null]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(2, { meows: [meow("2"), meow("cat")] });
    expect(ids()).toEqual(["2", "cat"]);
  });

  it("keeps what a reader has scrolled to behind the best results", async () => {
    await answered({ meows: full() });
    void search.more();
    await answer(1, { meows: full(TAKE - 5, TAKE) });
    search.notice([meow("new", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(2, { meows: [meow("new"), ...full(TAKE - 1)] });
    expect(ids()).toEqual(["new", ...full(2 * TAKE - 5).map((one) => one.id)]);
    expect(search.hasMore.value).toBe(false);
  });

  it("keeps the list in which somebody reads when all of the best results are new, and says so", async () => {
    isHeld = true;
    await answered({ meows: full() });
    search.notice([meow("new", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { meows: full(TAKE, 100) });
    expect([ids()[0], search.hasNews.value]).toEqual(["m0", true]);
    search.submit("cat"); // as the reader asks for it
    await answer(2, { meows: full(TAKE, 100) });
    expect([ids()[0], search.results.value.length, search.hasNews.value]).toEqual(["m100", TAKE, false]);
  });

  it("has the best results alone where nobody reads and all of them are new", async () => {
    await answered({ meows: full() });
    search.notice([meow("new", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { meows: full(TAKE, 100) });
    expect([ids()[0], search.results.value.length, search.hasMore.value]).toEqual(["m100", TAKE, true]);
  });

  it("lets go of the last results when there are very many", async () => {
    await answered({ meows: full() });
    void search.more();
    await answer(1, { meows: [] });
    expect(search.hasMore.value).toBe(false);
    for (let round = 2; round < 60; round++) {
      search.notice([meow("new", "cats")]);
      await vi.advanceTimersByTimeAsync(REPEAT_MS);
      await answer(round, { meows: [...full(TAKE - 1, 1_000 * round), search.results.value[0]!] });
    }
    expect([search.results.value.length, search.hasMore.value]).toEqual([1_000, true]);
  });

  it("keeps what was found when a repetition is answered from an earlier moment, and tries again", async () => {
    await answered({ cursor: cursor(10), meows: [meow("new"), meow("cat")] });
    search.notice([meow("2", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { cursor: cursor(9), meows: [meow("cat")] }); // of another server
    expect(ids()).toEqual(["new", "cat"]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(2, { cursor: cursor(10), meows: [meow("2"), meow("new"), meow("cat")] });
    expect(ids()).toEqual(["2", "new", "cat"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(3);
  });

  it("keeps what was found while the index is away for a moment", async () => {
    await answered({ meows: [meow("new"), meow("old")] });
    search.notice([meow("2", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { isFallback: true, cursor: cursor(11), meows: [meow("2")] });
    expect([ids(), search.isFallback.value]).toEqual([["new", "old"], false]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(2, { meows: [meow("2"), meow("new"), meow("old")] });
    expect(ids()).toEqual(["2", "new", "old"]);
  });

  it("of another feed is shown, whatever its position", async () => {
    await answered({ meows: [meow("cat")] });
    search.notice([meow("2", "cats")]);
    await vi.advanceTimersByTimeAsync(REPEAT_MS);
    await answer(1, { cursor: "00000000000000bb-1", meows: [meow("other")] });
    expect(ids()).toEqual(["other"]);
  });

  it("asks no more for a search that another has taken the place of", async () => {
    await answered({ isFallback: true });
    search.type("");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(1);
  });

  it("that failed is asked again when the server is back", async () => {
    search.submit("cat");
    asked[0]!.fail(new Error("The server cannot be reached."));
    await settle();
    search.repeat();
    await answer(1, { meows: [meow("cat")] });
    expect([ids(), search.problem.value]).toEqual([["cat"], null]);
  });
});

it("a word is found by one that has one of its first two letters early on, whatever its case, accents and strokes", () => {
  expect(mayMatch("Éclair", "the eclipse")).toBe(true);
  expect(mayMatch("🐱", "look: 🐱!")).toBe(true);
  expect(mayMatch("cat", "the dog")).toBe(false);
  expect(mayMatch("STRASSE", "Ähm, ßiehe")).toBe(true);
  expect(mayMatch("lodz", "in Łódź")).toBe(true);
  expect(mayMatch("łódź", "lodz")).toBe(true);
  expect(mayMatch("7", "٧")).toBe(true);
});

it("a word may be found by one with another first letter", () => {
  for (const typo of ["mitten", "itten", "akitten", "iktten"]) expect(mayMatch(typo, "a kitten")).toBe(true);
});

it("each character of a script without spaces may be found", () => {
  for (const [query, text] of [["猫", "黒猫がいる"], ["いぬ", "犬がいる"], ["a", "猫a"], ["오", "대한민국의고양이오"], ["ン", "フォン"], ["พ", "กรุงเทพ"]])
    expect(mayMatch(query!, text!)).toBe(true);
  expect(mayMatch("猫", "犬がいる")).toBe(false);
});
