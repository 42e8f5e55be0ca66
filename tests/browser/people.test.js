// For people: whoever they are and whatever they look with.
import { violationsOf } from "./axe.js";
import { expect, test } from "vitest";
import { feed, field, isLive, open, row, rows, write } from "./browser.js";
import { browser, deployment, useSite } from "./site.js";

useSite(async () => {
  await deployment.postMany(60, (i) => `an ordinary meow ${i}`);
  await deployment.post("مرحبا! القطط تحكم الإنترنت");
  await deployment.post("🐈‍⬛");
  await deployment.post(`no${"o".repeat(130)}spaces`);
});

const looks = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark" } },
  { name: "forced colours", options: { forcedColors: "active" } },
  { name: "phone", options: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } },
];

async function expectNoViolations(page) {
  const violations = await violationsOf(page);
  expect(violations).toEqual([]);
}

for (const { name, options } of looks) {
  test(`axe finds nothing to complain about: ${name}`, async () => {
    const page = await open(browser, deployment.url, { ...options, reducedMotion: "reduce" }); // colours as they end up
    await isLive(page);
    await expectNoViolations(page);

    await field(page).fill("x".repeat(150));
    await expectNoViolations(page);

    await page.route("**/meows", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await write(page, "does not go out");
    await page.getByText("Not posted.").waitFor();
    await page.evaluate(() => window.scrollTo(0, 900));
    await deployment.post("for the pill");
    await page.getByRole("button", { name: /new meow/ }).waitFor();
    await page.waitForTimeout(400);
    await expectNoViolations(page);

    await page.goto(`${deployment.url}/?query=ordinari`);
    await page.locator("mark").first().waitFor();
    await page.waitForTimeout(400);
    await expectNoViolations(page);
    await page.goto(`${deployment.url}/?query=xyzzy`);
    await page.getByText("Nothing found").waitFor();
    await expectNoViolations(page);
    await page.route("**/search?**", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), "meower-search": "fallback" } });
    });
    await page.goto(`${deployment.url}/?query=ordinary`);
    await page.getByText("searching the newest meows only").waitFor();
    await page.context().setOffline(true);
    await page.getByText("No connection.").waitFor();
    await page.waitForTimeout(400);
    await expectNoViolations(page);
    await page.context().setOffline(false);
    await page.goto(`${deployment.url}/?meow=${(await deployment.list(1))[0].id}`);
    await page.locator(".row-single").waitFor();
    await expectNoViolations(page);
    await page.context().close();
  });
}

test("the bar's controls come first, then the field, then the meows, all by Tab", async () => {
  const page = await open(browser, deployment.url);
  await isLive(page);
  await page.locator("body").press("Tab");
  const order = [];
  for (let i = 0; i < 4; i++) {
    order.push(await page.evaluate(() => {
      const { activeElement } = document;
      return activeElement.getAttribute("aria-label") ?? activeElement.labels?.[0]?.innerText ?? activeElement.role ?? activeElement.innerText;
    }));
    await page.keyboard.press("Tab");
  }
  expect(order).toEqual([
    "Skip to the meows", "Meower, to the newest meows", "Search meows", "Write a meow",
  ]);
  expect(await rows(page).first().evaluate((element) => element.tabIndex)).toBe(0);
  await page.context().close();
});

test("the feed is gone through by keyboard, and never moves under the reader", async () => {
  const page = await open(browser, deployment.url);
  await isLive(page);
  await rows(page).first().focus();
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-posinset"));
  for (let i = 0; i < 20; i++) await page.keyboard.press(i % 2 ? "PageDown" : "j");
  await expect.poll(focused).toBe("21");
  await page.keyboard.press("k");
  await expect.poll(focused).toBe("20");
  const top = () => page.evaluate(() => Math.round(document.activeElement.getBoundingClientRect().top));
  const before = await top();
  await deployment.post("comes while somebody reads by keyboard");
  await page.getByRole("button", { name: "1 new meow" }).waitFor();
  expect(await top()).toBe(before);
  expect(before).toBeGreaterThan(60);

  await page.evaluate(() => window.scrollTo(0, 0)); // the row with the focus is far away, and stays in the page
  await page.waitForTimeout(200);
  expect(await page.evaluate(() => document.activeElement.role ?? document.activeElement.tagName)).toMatch(/article|ARTICLE/i);
  await page.keyboard.press("Home");
  await expect.poll(focused).toBe("1");
  await page.keyboard.press("Control+Home");
  expect(await page.evaluate(() => document.activeElement.closest("[role=feed]"))).toBeNull();
  await page.context().close();
});

test("a screen reader is told what the feed is and where one is in it", async () => {
  const page = await open(browser, deployment.url);
  await isLive(page);
  const first = rows(page).first();
  expect(await feed(page).getAttribute("aria-busy")).toBe("false");
  expect(await first.getAttribute("aria-posinset")).toBe("1");
  expect(await first.getAttribute("aria-setsize")).toBe("-1"); // there are older ones that were not read yet
  const labelled = await first.evaluate((article) => ["aria-labelledby", "aria-describedby"].map(
    (name) => document.getElementById(article.getAttribute(name))?.innerText));
  expect(labelled[0]).not.toBe("");
  expect(labelled[1]).toMatch(/ago|now/);
  await page.getByRole("searchbox").fill("nooo"); // a list that is there to its end
  const found = page.getByRole("feed", { name: "Found meows" }).getByRole("article");
  await found.first().waitFor();
  expect(await found.first().getAttribute("aria-setsize")).toBe("1");
  await page.context().close();
});

test("right-to-left text runs from the right, emoji alone are large, long words wrap", async () => {
  const page = await open(browser, deployment.url, { viewport: { width: 320, height: 640 } });
  await isLive(page);
  const body = (text) => row(page, text).locator(".body");
  expect(await body("القطط").evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  expect(await body("🐈‍⬛").evaluate((element) => parseFloat(getComputedStyle(element).fontSize))).toBeGreaterThan(30);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await page.context().close();
});

test("where the system decides about colours, what has only a background otherwise has a border", async () => {
  const page = await open(browser, deployment.url, { forcedColors: "active" });
  await isLive(page);
  await field(page).fill("to be posted");
  await page.evaluate(() => window.scrollTo(0, 900));
  await deployment.post("for the pill in forced colours");
  await page.getByRole("button", { name: /new meow/ }).waitFor();
  for (const selector of [".button", ".pill", ".meow", ".composer"]) {
    const [width, style] = await page.locator(selector).first().evaluate((element) => {
      const { borderTopWidth, borderTopStyle } = getComputedStyle(element);
      return [parseFloat(borderTopWidth), borderTopStyle];
    });
    expect([selector, width, style]).toEqual([selector, 1, "solid"]);
  }
  await page.context().close();
});

test("whoever wants no motion gets none", async () => {
  const page = await open(browser, deployment.url, { reducedMotion: "reduce" });
  await isLive(page);
  await deployment.post("arrives calmly");
  await row(page, "arrives calmly").waitFor();
  const longest = await page.evaluate(() => {
    const durations = [...document.querySelectorAll("*")].map((element) => {
      const style = getComputedStyle(element);
      return Math.max(parseFloat(style.animationDuration), parseFloat(style.transitionDuration));
    });
    return Math.max(...durations);
  });
  expect(longest).toBeLessThanOrEqual(0.001);
  await page.context().close();
});

test("what can be tapped on a phone is large enough (WCAG 2.2, 2.5.8: 24 by 24)", async () => {
  const page = await open(browser, deployment.url, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await isLive(page);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("main a, main button, header a, header button, header input")]
      .filter((element) => element.offsetParent !== null && element.className !== "skip")
      .map((element) => ({ what: element.outerHTML.slice(0, 60), box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 24 || box.height < 24)
      .map(({ what }) => what));
  expect(small).toEqual([]);
  await page.context().close();
});
