import { describe, expect, it } from "vitest";
import { addLabels, isSame, labelsAmong, labelsFrom, narrowed, passes, textOf, without, type Filter } from "../src/base/labels";
import { meowFrom } from "../src/base/meow";

/** "room=garden tag=cats" as labels. */
const labels = (text: string): Filter =>
  text.split(" ").filter(Boolean).map((pair) => ({ key: pair.split("=")[0]!, value: pair.split("=")[1]! }));

describe("the labels of a meow", () => {
  it("have one value for a key, or several", () => {
    expect(textOf(labelsFrom({ author: "tom", tag: ["cats", "naps"] }))).toBe("author=tom, tag=cats, tag=naps");
  });

  it("come with it, and are none where there are none", () => {
    const raw = { id: "x", body: "x", created_at: "2026-11-24T06:29:39Z" };
    expect(meowFrom({ ...raw, labels: { room: "<b>" } }).labels).toEqual([{ key: "room", value: "<b>" }]);
    expect(meowFrom(raw).labels).toEqual([]);
  });
});

describe("a filter", () => {
  it.each([
    ["", "", true],
    ["", "room=garden", false],
    ["room=garden", "", true],
    ["room=garden", "room=garden", true],
    ["room=roof", "room=garden", false],
    ["tag=cats tag=naps", "tag=naps", true],
    ["room=roof", "room=garden room=roof", true], // values of one key are alternatives
    ["room=roof", "room=roof tag=cats", false], // different keys must all hold
    ["room=roof tag=cats", "room=garden room=roof tag=cats", true],
    ["tag=roof", "room=roof", false],
  ])("meows with %j and the filter %j: %s", (carried, filter, isPassed) => {
    expect(passes(labels(carried), labels(filter))).toBe(isPassed);
  });

  it("asks for one more label, in the place of others with its key", () => {
    const narrower = narrowed(labels("room=garden room=roof tag=cats"), { key: "room", value: "roof" });
    expect(textOf(narrower)).toBe("tag=cats, room=roof");
  });

  it("loses one label", () => {
    expect(textOf(without(labels("tag=cats tag=naps room=cats"), { key: "tag", value: "cats" }))).toBe("tag=naps, room=cats");
  });

  it("is the same with the same labels only", () => {
    expect(isSame(labels("room=a"), labels("room=a"))).toBe(true);
    expect(isSame([{ key: "a", value: "b, c=d" }], labels("a=b c=d"))).toBe(false);
  });

  it("stands among other parameters and comes back as it was", () => {
    const filter = [{ key: "room", value: "a&b=c d" }, { key: "room", value: "ü" }];
    const parameters = addLabels(new URLSearchParams({ take: "5" }), filter);
    expect(parameters.toString()).toBe("take=5&label.room=a%26b%3Dc+d&label.room=%C3%BC");
    expect(labelsAmong(parameters)).toEqual(filter);
  });
});
