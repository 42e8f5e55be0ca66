// The timeline: long, calm, and linkable.
import { expect, test } from "vitest";
import { feed, open, row, rows } from "./browser.js";
import { browser, deployment, page, usePage, useSite } from "./site.js";

const MANY = 10_000;

useSite(() =>
  deployment.postMany(MANY, (i) => (i % 7 === 0 ? `meow ${i}\nwith\nmore lines` : `meow ${i}`)));
usePage();

const scrollTo = async (y) => {
  await page.evaluate((place) => window.scrollTo(0, place), y);
  await page.waitForTimeout(150);
};

/** The first row below the bar, and where its top is in the window. */
const atTheEye = () =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll("[role=feed] article")];
    return all
      .map((article) => ({ id: article.dataset.id, top: Math.round(article.getBoundingClientRect().top) }))
      .filter(({ top }) => top >= 64)
      .sort((left, right) => left.top - right.top)[0];
  });

async function expectUnmoved(before) {
  const after = await atTheEye();
  expect(after.id).toBe(before.id);
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(1); // places are fractions of a pixel
}

/** Scrolls from the top to the end as a reader does, a window after the other, and tells what was seen on the way. */
const scrollThrough = () =>
  page.evaluate(async () => {
    const feed = document.querySelector("[role=feed]");
    // A browser that is short of time may leave frames out; the timer then takes the frame's place.
    const frame = () => new Promise((resolve) => (requestAnimationFrame(resolve), setTimeout(resolve, 1_000)));
    const seen = new Map();
    const steps_ms = [];
    const begun = performance.now();
    const remarks = [];
    let most = 0;
    let waited = 0;
    const look = () => {
      const articles = feed.querySelectorAll("article");
      most = Math.max(most, articles.length);
      for (const article of articles) seen.set(article.dataset.id, Number(article.getAttribute("aria-posinset")));
    };
    look();
    while (waited < 120 && performance.now() - begun < 200_000) {
      const before = performance.now();
      window.scrollBy(0, 1_100);
      await frame();
      look();
      steps_ms.push(performance.now() - before);
      const atEnd = window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 2;
      const end = document.querySelector(".end")?.innerText;
      remarks.push(`${Math.round(window.scrollY)} of ${document.documentElement.scrollHeight}, ${end}`);
      if (atEnd && end === "That was the first meow.") break;
      waited = atEnd ? waited + 1 : 0;
    }
    steps_ms.sort((left, right) => left - right);
    return {
      most, count: seen.size, last: Math.max(...seen.values()), typical: steps_ms[steps_ms.length >> 1],
      slow: steps_ms[Math.floor(steps_ms.length * 0.99)], steps: steps_ms.length, lastRemarks: remarks.slice(-5),
    };
  });

test("10,000 meows: scrolled through to the end, with few rows in the page and none missing", { timeout: 300_000 }, async () => {
  const result = await scrollThrough();
  console.log(`scrolling through ${MANY}: ${result.typical.toFixed(1)} ms a step, 99 of 100 within ${result.slow.toFixed(1)} ms, ` +
    `at most ${result.most} rows in the page`);
  const where = `after ${result.steps} steps at ${result.lastRemarks.join("; ")}`;
  expect(result.count, where).toBe(MANY);
  expect(result.last).toBe(MANY);
  expect(result.most).toBeLessThan(80);
  expect(result.typical).toBeLessThan(250); // generous: this is no bench
});

test("what comes while one reads further down waits for a click on the pill, and nothing moves", async () => {
  await scrollTo(2_000);
  const before = await atTheEye();
  await deployment.post("while you read 1");
  await page.getByRole("button", { name: "1 new meow", exact: true }).waitFor();
  await deployment.post("while you read 2");
  await deployment.post("while you read 3");
  const pill = page.getByRole("button", { name: "3 new meows" });
  await pill.waitFor();
  await expectUnmoved(before);
  expect(await page.title()).toBe("(3) Meower");
  await pill.click();
  await row(page, "while you read 3").waitFor();
  expect(await rows(page).nth(0).innerText()).toContain("while you read 3");
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(0);
  await expect.poll(() => pill.count()).toBe(0);
});

test("on a slow machine the pill leads to the top, too", async () => {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 10 });
  for (let i = 0; i < 3; i++) {
    await scrollTo(2_000);
    await deployment.post(`slowly ${i}`);
    await page.getByRole("button", { name: "1 new meow", exact: true }).click();
    await row(page, `slowly ${i}`).waitFor();
    await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(0);
  }
});

test("a meow that is deleted above the reader does not move what is read", async () => {
  const id = await deployment.post("to be\ndeleted\nabove\nthe reader");
  await row(page, "to be").waitFor();
  await scrollTo(3_000);
  const before = await atTheEye();
  await deployment.delete(id);
  await deployment.post("after the deletion");
  await page.getByRole("button", { name: "1 new meow", exact: true }).waitFor(); // then the deletion has come too
  await expectUnmoved(before);
  await scrollTo(0);
  expect(await row(page, "to be").count()).toBe(0);
});

test("another width leaves the reader where they were", async () => {
  await scrollTo(6_000);
  const before = await atTheEye();
  await page.setViewportSize({ width: 420, height: 720 });
  await page.waitForTimeout(400);
  const shown = await page.evaluate((id) => document.querySelector(`[data-id="${id}"]`)?.getBoundingClientRect().top, before.id);
  expect(shown).toBeGreaterThan(-50);
  expect(shown).toBeLessThan(400);
});

test("new meows come in at the top by themselves when one is there", async () => {
  await deployment.post("straight to the top");
  await row(page, "straight to the top").waitFor();
  expect(await page.getByRole("button", { name: /new meow/ }).count()).toBe(0);
  expect(await rows(page).first().getAttribute("aria-posinset")).toBe("1");
});

test("ages tick", async () => {
  const context = await browser.newContext();
  const clocked = await context.newPage();
  await clocked.clock.install();
  await clocked.goto(deployment.url);
  await deployment.post("how old am I");
  const age = row(clocked, "how old am I").locator("time");
  await expect.poll(() => age.innerText(), { timeout: 5_000 }).toBe("just now");
  await clocked.clock.fastForward("05:00");
  await expect.poll(() => age.innerText()).toMatch(/^(4|5) minutes ago$/);
  await age.hover();
  expect(await age.getAttribute("title")).toMatch(/20\d\d at /);
  await context.close();
});

test("a permalink shows one meow; its link is copied by a button", async () => {
  const id = await deployment.post("link to me");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await row(page, "link to me").hover();
  await row(page, "link to me").getByRole("button", { name: "Copy link" }).click();
  await page.getByText("Link copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(`${deployment.url}/?meow=${id}`);

  await row(page, "link to me").getByRole("link").click();
  await page.getByRole("heading", { name: "One meow" }).waitFor();
  expect(page.url()).toBe(link);
  await page.goBack();
  await row(page, "link to me").waitFor();

  const other = await open(browser, link);
  await other.getByText("link to me").waitFor();
  await deployment.delete(id);
  await other.getByText("This meow was deleted.").waitFor();
  await other.reload();
  await other.getByText("There is no such meow.").waitFor();
  await other.getByRole("link", { name: "All meows" }).click();
  await rows(other).first().waitFor();
  expect(other.faults).toEqual([]);
  await other.context().close();
});

test("older meows that cannot be read are asked for again by a button", async () => {
  await page.route("**/meows?*max_id=*", (route) => route.abort());
  for (let i = 0; i < 5; i++) await scrollTo(20_000);
  await page.getByText("Older meows cannot be read.").waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => feed(page).evaluate((element) => element.offsetHeight)).toBeGreaterThan(10_000);
});
