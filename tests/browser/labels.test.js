// Labels: what meows carry is shown, and leads to all meows that carry it.
import { violationsOf } from "./axe.js";
import { expect, test } from "vitest";
import { allIds, isLive, open, row, rows, write } from "./browser.js";
import { CORPUS } from "./corpus.js";
import { browser, deployment, useSite } from "./site.js";

const GARDEN = { room: "garden", tag: ["cats", "naps"] };

useSite(async () => {
  for (let i = 0; i < 180; i++) await deployment.post(`far down ${i}`, i % 3 ? { room: "cellar", device: `no. ${i}` } : undefined);
  await deployment.post("in the sun", GARDEN);
  await deployment.post("on the roof", { room: "roof", tag: "cats" });
  await deployment.post("nowhere");
});

async function openAt(address, options) {
  const page = await open(browser, deployment.url + address, options);
  await isLive(page);
  return page;
}

async function close(page) {
  expect(page.faults).toEqual([]);
  await page.context().close();
}

const chip = (page, text, label) => row(page, text).getByRole("link", { name: label, exact: true });
const remover = (page, label) => page.getByRole("button", { name: `Remove the filter ${label}` });
const texts = (page) => rows(page).locator(".body").allInnerTexts();
const addressOf = (page) => new URL(page.url()).search;

test("a meow shows its labels, and one without has none", async () => {
  const page = await openAt("/");
  expect(await row(page, "in the sun").locator(".labels").innerText()).toMatch(/^room=garden\s+tag=cats\s+tag=naps$/);
  expect(await row(page, "nowhere").locator(".labels").count()).toBe(0);
  await close(page);
});

test("a label that is pressed filters the feed, the address says so, and Back and the filter's button undo it", async () => {
  const page = await openAt("/");
  await chip(page, "in the sun", "tag=cats").click();
  await expect.poll(() => texts(page)).toEqual(["on the roof", "in the sun"]);
  expect(addressOf(page)).toBe("?label.tag=cats");
  expect(await page.title()).toBe("tag=cats · Meower");
  await chip(page, "on the roof", "room=roof").click();
  await expect.poll(() => texts(page)).toEqual(["on the roof"]);
  expect(addressOf(page)).toBe("?label.tag=cats&label.room=roof");
  await remover(page, "tag=cats").click();
  await expect.poll(() => addressOf(page)).toBe("?label.room=roof");
  await page.goBack();
  await page.goBack();
  await expect.poll(() => texts(page)).toEqual(["on the roof", "in the sun"]);
  await page.goBack();
  await row(page, "nowhere").waitFor();
  expect(await remover(page, "tag=cats").count()).toBe(0);
  await close(page);
});

test("an address opens the filtered feed, with its older pages, and the brand leads out of it", async () => {
  const page = await openAt("/?label.room=cellar&label.room=garden");
  await row(page, "in the sun").waitFor();
  const wanted = (await deployment.list()).filter(({ labels }) => ["cellar", "garden"].includes(labels?.room));
  expect(wanted.length).toBe(121); // more than a page
  expect(await allIds(page)).toEqual(wanted.map(({ id }) => id));
  await page.waitForTimeout(4_000); // then the browser warns of what was loaded for nothing
  await page.getByRole("link", { name: "Meower, to the newest meows" }).click();
  await row(page, "nowhere").waitFor();
  expect(addressOf(page)).toBe("");
  await close(page);
});

test("a filter that no meow passes says so, and one that is wrong says why", async () => {
  const page = await openAt("/?label.room=nowhere");
  await page.getByText("No meow has room=nowhere.").waitFor();
  await close(page);
  const wrong = await open(browser, `${deployment.url}/?label.Room=x`);
  await wrong.getByText("the key of the label").waitFor();
  await close(wrong);
});

test("of what happens a filtered feed shows what passes, and every deletion", async () => {
  const page = await openAt("/?label.room=attic");
  const ids = [];
  for (const room of ["attic", "cellar", "attic"]) ids.push(await deployment.post(`live in the ${room} ${ids.length}`, { room, tag: "live" }));
  await expect.poll(() => texts(page)).toEqual(["live in the attic 2", "live in the attic 0"]);
  await deployment.delete(ids[0]);
  await expect.poll(() => texts(page)).toEqual(["live in the attic 2"]);
  await close(page);
});

test("tabs with different filters have each its own, and those with the same share a connection", async () => {
  const page = await openAt("/?label.room=shed");
  const same = await open(page.context(), `${deployment.url}/?label.room=shed`);
  const other = await open(page.context(), `${deployment.url}/?label.room=hall`);
  for (const tab of [same, other]) await isLive(tab);
  await same.getByText("shared with another tab").waitFor();
  await deployment.post("for the shed", { room: "shed" });
  await deployment.post("for the hall", { room: "hall" });
  for (const tab of [page, same]) await expect.poll(() => texts(tab)).toEqual(["for the shed"]);
  await expect.poll(() => texts(other)).toEqual(["for the hall"]);
  for (const tab of [same, other]) expect(tab.faults).toEqual([]);
  await close(page);
});

test("a search stays within the filter, and a label that is pressed in its results narrows it", async () => {
  const page = await openAt("/?label.tag=cats");
  await row(page, "on the roof").waitFor();
  await page.getByRole("searchbox").fill("the");
  const found = page.getByRole("feed", { name: "Found meows" }).getByRole("article");
  await expect.poll(() => found.locator(".body").allInnerTexts()).toEqual(["on the roof", "in the sun"]);
  expect(addressOf(page)).toBe("?query=the&label.tag=cats");
  await found.first().getByRole("link", { name: "room=roof" }).click();
  await expect.poll(() => found.locator(".body").allInnerTexts()).toEqual(["on the roof"]);
  expect(addressOf(page)).toBe("?query=the&label.tag=cats&label.room=roof");
  await page.goBack();
  await expect.poll(() => found.count()).toBe(2);
  await page.getByRole("button", { name: "Clear the search" }).click();
  expect(addressOf(page)).toBe("?label.tag=cats");
  await close(page);
});

test("an answer for the filter before is not shown", async () => {
  const page = await openAt("/");
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/meows?*label.tag=naps*", async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await chip(page, "in the sun", "tag=naps").click();
  await page.goBack();
  await row(page, "nowhere").waitFor();
  release();
  await page.waitForTimeout(300);
  expect(await row(page, "nowhere").count()).toBe(1);
  await close(page);
});

test("a post from here, which carries no labels, says that it is not in a filtered feed", async () => {
  const page = await openAt("/?label.room=garden");
  await write(page, "said in the garden");
  await page.getByText("Posted, but not with what the feed is filtered by").waitFor();
  await expect.poll(() => page.locator(".outgoing").count()).toBe(0);
  expect(await texts(page)).toEqual(["in the sun"]);
  await close(page);
});

test("labels are gone through by keyboard, and the keyboard goes on at the filter", async () => {
  const page = await openAt("/");
  await row(page, "in the sun").focus();
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.innerText)).toBe("room=garden");
  await page.keyboard.press("Enter");
  const name = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id);
  await expect.poll(name).toBe("Remove the filter room=garden");
  expect(await page.getByRole("status").filter({ hasText: "Filtered by room=garden" }).count()).toBe(1);
  await page.keyboard.press("Enter");
  await expect.poll(name).toBe("main");
  await row(page, "nowhere").waitFor();
  await close(page);
});

for (const look of [{ colorScheme: "light" }, { colorScheme: "dark" }, { forcedColors: "active" }, { viewport: { width: 360, height: 740 } }]) {
  test(`axe finds nothing to complain about with labels: ${JSON.stringify(look)}`, async () => {
    const page = await openAt("/?label.room=garden&label.room=roof", { ...look, reducedMotion: "reduce" });
    await row(page, "in the sun").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.goto(`${deployment.url}/?label.room=nowhere`);
    await page.getByText("No meow has room=nowhere.").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await close(page);
  });
}

test("nothing jumps while a filtered feed comes in, nor by labels as long as they may be", async () => {
  await deployment.post("with much to carry", {
    tag: Array.from({ length: 15 }, (_, i) => `${String.fromCharCode(97 + i)} ${"long ".repeat(24)}end`), room: "wide",
  });
  const page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  page.faults = [];
  await page.addInitScript(() => {
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${deployment.url}/?label.room=wide`);
  await row(page, "with much to carry").waitFor();
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => window.shifts)).toBeLessThan(0.02);
  const right = await page.evaluate(() => Math.max(...[...document.querySelectorAll(".label-text")].map((element) => element.getBoundingClientRect().right)));
  expect(right).toBeLessThan(360);
  await close(page);
});

test("labels are text, of any direction", async () => {
  const values = CORPUS.filter((text) => [...text].length <= 128);
  for (let i = 0; i < values.length; i += 8) await deployment.post(`hostile ${i}`, { room: "corpus", tag: [...new Set(values.slice(i, i + 8))] });
  await deployment.post("hostile arabic", { room: "corpus", author: "قطة" });
  const page = await openAt("/?label.room=corpus");
  await row(page, "hostile arabic").waitFor();
  const shown = await page.locator(".row .label bdi").allTextContents();
  for (const text of values) expect(shown).toContain(text);
  await chip(page, "hostile 0", `tag=${values[0]}`).click();
  await expect.poll(() => texts(page)).toEqual(["hostile 0"]);
  expect(await page.evaluate(() => window.pwned)).toBeUndefined();
  expect(await page.locator("main script, main iframe, main img, main style").count()).toBe(0);
  const directions = await page.evaluate(() => [...document.querySelectorAll(".label bdi")].map((element) => getComputedStyle(element).unicodeBidi));
  expect(new Set(directions)).toEqual(new Set(["isolate"]));
  await close(page);
});
