import { beforeEach, describe, expect, it } from "vitest";
import type { Meow } from "../src/base/meow";
import { KEPT_MAX, Timeline, WAITING_MAX } from "../src/feed/timeline";

const id = (n: number) => String(n).padStart(27, "0");
const meow = (n: number): Meow => ({ id: id(n), text: `meow ${n}`, createdAt: n, labels: [], segments: [] });
const meows = (...numbers: number[]) => numbers.map(meow);
const numbersOf = (list: readonly Meow[]) => list.map((one) => Number(one.id));

let timeline: Timeline;

beforeEach(() => {
  timeline = new Timeline();
});

describe("the timeline", () => {
  it("stands newest first and has each meow once, in whatever order they come", () => {
    timeline.replaceNewest(meows(5, 3), false, false);
    timeline.add(meows(4, 7, 5, 6, 7), false);
    expect(numbersOf(timeline.items.value)).toEqual([7, 6, 5, 4, 3]);
  });

  it("keeps what is new waiting while somebody reads further down", () => {
    timeline.replaceNewest(meows(2, 1), false, false);
    timeline.add(meows(3), true);
    timeline.add(meows(4, 3, 2), true);
    expect(numbersOf(timeline.items.value)).toEqual([2, 1]);
    expect(numbersOf(timeline.waiting.value)).toEqual([4, 3]);
    timeline.showWaiting();
    expect(numbersOf(timeline.items.value)).toEqual([4, 3, 2, 1]);
    expect(timeline.waiting.value).toEqual([]);
  });

  it("leaves what belongs to a page that was not read yet to that page", () => {
    timeline.replaceNewest(meows(9, 8), false, false);
    timeline.add(meows(5), false);
    expect(numbersOf(timeline.items.value)).toEqual([9, 8]);
    timeline.append(meows(7, 5), false);
    expect(numbersOf(timeline.items.value)).toEqual([9, 8, 7, 5]);
    timeline.add(meows(6), false);
    expect(numbersOf(timeline.items.value)).toEqual([9, 8, 7, 6, 5]);
  });

  it("forgets what was deleted, shown or waiting", () => {
    timeline.replaceNewest(meows(3, 2, 1), true, false);
    timeline.add(meows(4), true);
    timeline.remove(new Set([id(4), id(2)]));
    expect(numbersOf(timeline.items.value)).toEqual([3, 1]);
    expect(timeline.waiting.value).toEqual([]);
  });

  it("read anew, fills what was missed and drops what was deleted meanwhile", () => {
    timeline.replaceNewest(meows(5, 4, 3, 2, 1), true, false);
    timeline.replaceNewest(meows(7, 6, 5, 3), false, false);
    expect(numbersOf(timeline.items.value)).toEqual([7, 6, 5, 3, 2, 1]);
  });

  it("read anew while somebody reads further down, keeps the new ones waiting", () => {
    timeline.replaceNewest(meows(5, 4, 3), true, false);
    timeline.replaceNewest(meows(7, 6, 5), false, true);
    expect(numbersOf(timeline.items.value)).toEqual([5, 4, 3]);
    expect(numbersOf(timeline.waiting.value)).toEqual([7, 6]);
  });

  it("read anew without anything in common, is the new page alone: nobody knows what lies between", () => {
    timeline.replaceNewest(meows(5, 4), false, false);
    timeline.replaceNewest(meows(90, 89), false, false);
    expect(numbersOf(timeline.items.value)).toEqual([90, 89]);
    expect(timeline.hasOlder.value).toBe(true);
  });

  it("does not keep more waiting than anybody will read one by one", () => {
    timeline.replaceNewest(meows(1), true, false);
    timeline.add(meows(...Array.from({ length: WAITING_MAX + 1 }, (_, i) => i + 2)), true);
    expect(timeline.isOverflowing.value).toBe(true);
    expect(timeline.waiting.value).toEqual([]);
  });

  it("lets the oldest go when it is very long, and knows that there are older ones", () => {
    timeline.replaceNewest(meows(1), true, false);
    timeline.add(meows(...Array.from({ length: KEPT_MAX }, (_, i) => i + 2)), false);
    expect(timeline.items.value.length).toBe(KEPT_MAX);
    expect(timeline.hasOlder.value).toBe(true);
  });

  it("knows nothing any more once it was cleared", () => {
    timeline.replaceNewest(meows(5, 4), false, false);
    timeline.add(meows(...Array.from({ length: WAITING_MAX + 1 }, (_, i) => i + 6)), true);
    timeline.add(meows(6), true);
    timeline.clear();
    const { items, waiting, hasOlder, isLoaded, isOverflowing } = timeline;
    expect([items.value, waiting.value, hasOlder.value, isLoaded.value, isOverflowing.value]).toEqual([[], [], false, false, false]);
  });
});
