import { describe, expect, it } from "vitest";
import { isId, meowFrom, timeOfId } from "../src/base/meow";
import { cleanBody, countCodePoints, cutHighlights, isPictureOnly, unescapeBody } from "../src/base/text";

describe("a body", () => {
  it("is unescaped once, and only the five entities", () => {
    expect(unescapeBody("&lt;b&gt; &amp;lt; &#39;&#34; &copy; &amp")).toBe("<b> &lt; '\" &copy; &amp");
  });

  it("is counted by code points, as the server counts it", () => {
    expect(countCodePoints("añ🐱👩‍👩‍👧")).toBe(3 + 5);
  });

  it("is posted without control characters, with one kind of line end, without space around", () => {
    expect(cleanBody("  a\r\nb\rc\u0000\u0007\td\u0085 \n")).toBe("a\nb\nc\td");
  });

  it("of a few emoji alone is a picture", () => {
    for (const text of ["🐱", "🐈‍⬛ 🐾", "🇩🇪", "👍🏽"]) expect(isPictureOnly(text), text).toBe(true);
    for (const text of ["a🐱", "42", "", "🐱".repeat(13), "#"]) expect(isPictureOnly(text), text).toBe(false);
  });
});

describe("highlights", () => {
  const cut = (body: string, ranges: [number, number][]) =>
    cutHighlights(body, ranges).map(({ text, isFound }) => (isFound ? `[${text}]` : text)).join("");

  it("are ranges of code points", () => {
    expect(cut("🐱 cat 🐱", [[2, 3]])).toBe("🐱 [cat] 🐱");
  });

  it("count an entity as it is stored, and show it as one character", () => {
    expect(cut("&lt;cat&gt;", [[4, 3]])).toBe("<[cat]>");
    expect(cut("a &amp; b", [[3, 3]])).toBe("a [&] b");
  });

  it("that touch are one, and those outside are nothing", () => {
    expect(cut("cats", [[0, 2], [2, 1], [90, 5]])).toBe("[cat]s");
  });
});

describe("an id", () => {
  it("tells its second", () => {
    // The KSUID project's own example: 2017-10-09 21:00:47 -0700.
    expect(new Date(timeOfId("0ujtsYcgvSTl8PAuAdqWYSMnLOv")).toISOString()).toBe("2017-10-10T04:00:47.000Z");
  });

  it("has 27 letters and digits", () => {
    expect(isId("0ujtsYcgvSTl8PAuAdqWYSMnLOv")).toBe(true);
    for (const text of ["", "0ujtsYcgvSTl8PAuAdqWYSMnLO", "0ujtsYcgvSTl8PAuAdqWYSMnLO!"]) expect(isId(text)).toBe(false);
  });
});

it("a meow keeps its text as text", () => {
  const meow = meowFrom({ id: "x", body: "&lt;img src=x onerror=alert(1)&gt;", created_at: "2026-11-24T06:29:39.365006Z" });
  expect(meow.segments).toEqual([{ text: "<img src=x onerror=alert(1)>", isFound: false }]);
  expect(meow.createdAt).toBe(Date.UTC(2026, 10, 24, 6, 29, 39, 365));
});
