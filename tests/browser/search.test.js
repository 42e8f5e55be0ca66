// Search: as one types, with typos, marked, in the address.
import { expect, test } from "vitest";
import { feed, rows } from "./browser.js";
import { deployment, page, usePage, useSite } from "./site.js";

useSite(async () => {
  for (const text of [
    "the cat sat on the keyboard", "a dog under the table", "Crème brûlée for the cats & friends", "🐱 and 🐶 at peace",
    "rock & roll <3",
  ])
    await deployment.post(text);
  await deployment.postMany(120, (i) => `filler number ${i}`);
});
usePage();

const box = () => page.getByRole("searchbox", { name: "Search meows" });
const found = () => page.getByRole("feed", { name: "Found meows" }).getByRole("article");
const foundText = (text) => found().filter({ hasText: text });

test("finds with a typo, and marks what it found", async () => {
  await box().pressSequentially("keybaord", { delay: 15 });
  await foundText("the cat sat on the keyboard").waitFor();
  expect(await found().locator("mark").allInnerTexts()).toEqual(["keyboard"]);
  await page.getByText("1 meow, best first").waitFor();
});

test("asks once when somebody types quickly, and cancels what is overtaken", async () => {
  const asked = [];
  await page.route("**/search?**", async (route) => {
    asked.push(new URL(route.request().url()).searchParams.get("query"));
    if (asked.length === 1) await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue().catch(() => {}); // it may be cancelled by then
  });
  await box().evaluate((field) => {
    for (const text of ["f", "fi", "fil", "fill"]) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  await expect.poll(() => asked).toEqual(["fill"]);
  const cancelled = page.waitForEvent("requestfailed");
  await box().fill("dog");
  await foundText("a dog under the table").waitFor();
  expect((await cancelled).failure().errorText).toBe("net::ERR_ABORTED");
  expect(asked).toEqual(["fill", "dog"]);
});

test("stands in the address: a reload, a link and Back do what one expects", async () => {
  await box().pressSequentially("cat", { delay: 10 });
  await foundText("keyboard").waitFor();
  expect(new URL(page.url()).search).toBe("?query=cat");
  await page.reload();
  await foundText("keyboard").waitFor();
  expect(await box().inputValue()).toBe("cat");
  expect(await page.title()).toBe("cat · Meower");

  await page.goto(`${deployment.url}/`);
  await box().fill("dog");
  await foundText("dog under").waitFor();
  await page.goBack();
  await rows(page).first().waitFor();
  expect(await box().inputValue()).toBe("");
  await page.goForward();
  await foundText("dog under").waitFor();
});

test("marks words beside entities, accents and emoji where they are", async () => {
  for (const [query, marks] of [["creme friend", ["Crème", "friends"]], ["🐶", ["🐶"]], ["roll", ["roll"]]]) {
    await box().fill(query);
    await expect.poll(() => found().locator("mark").allInnerTexts(), { timeout: 5_000 }).toEqual(marks);
  }
  expect(await found().locator(".body").first().innerText()).toBe("rock & roll <3");
});

test("by keyboard: Ctrl+K, arrow down into the results, Escape out again", async () => {
  await page.keyboard.press("Control+k");
  await page.keyboard.type("cat");
  await foundText("keyboard").waitFor();
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => found().first().evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press("j");
  await expect.poll(() => found().nth(1).evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press("Control+k");
  await page.keyboard.press("Escape");
  await rows(page).first().waitFor();
  expect(new URL(page.url()).search).toBe("");
});

test("says so when nothing is found, and when it failed", async () => {
  await box().fill("xyzzy");
  await page.getByText("Nothing found").waitFor();
  await page.route("**/search?**", (route) => route.fulfill({ status: 500, contentType: "application/json", body: "{}" }));
  await box().fill("dog");
  await page.getByText("The search failed. The server has a problem.").waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again" }).click();
  await foundText("dog under").waitFor();
  expect(await page.getByText("The search failed.").count()).toBe(0);
});

test("goes on to the end of many results", async () => {
  const asked = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/search") asked.push(`${searchParams.get("skip")}+${searchParams.get("take")}`);
  });
  await box().fill("filler");
  await page.getByText("The first 20 meows").waitFor();
  await page.waitForTimeout(300);
  expect(asked).toEqual(["0+20"]); // what is not looked at is not asked for
  for (let i = 0; i < 12; i++) {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForTimeout(150);
  }
  await page.getByText("120 meows, best first").waitFor();
});

/** Notes in window.flickers what goes from the results and comes back. */
const watchForFlickers = () =>
  page.evaluate(() => {
    window.flickers = [];
    const gone = new Set();
    const namesOf = (nodes) => [...nodes].filter(({ nodeType }) => nodeType === Node.ELEMENT_NODE)
      .map((element) => element.dataset.id ?? element.className);
    new MutationObserver((changes) => {
      for (const { addedNodes, removedNodes, target } of changes) {
        for (const name of namesOf(removedNodes)) gone.add(name);
        window.flickers.push(...namesOf(addedNodes).filter((name) => gone.has(name)));
        if (target.matches?.(".results.stale")) window.flickers.push(target.className);
      }
    }).observe(document.querySelector(".results"), { subtree: true, childList: true, attributes: true });
  });

test("finds what is said while the results are looked at", async () => {
  await box().fill("umbrella");
  await page.getByText("Nothing found").waitFor();
  await watchForFlickers();
  const repeated = page.waitForResponse("**/search?query=umbrella*");
  await deployment.post("under the table"); // it begins like what is searched: nobody knows before the server has looked
  await repeated;
  await page.getByText("Nothing found").waitFor();
  await deployment.post("an umbrella of one's own");
  await foundText("umbrella").waitFor({ timeout: 8_000 });
  expect(await page.evaluate(() => window.flickers)).toEqual([]);
});

/** Who has the focus, and where that is in the window. */
const focused = () =>
  page.evaluate(() => {
    const { activeElement } = document;
    return { id: activeElement.dataset.id, top: Math.round(activeElement.getBoundingClientRect().top) };
  });

test("a result that is looked at by keyboard stays where it is while others come above it", async () => {
  await deployment.postMany(20, (i) => `lantern ${i}`);
  await box().fill("lantern");
  await page.getByText("20 meows, best first").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await expect.poll(async () => (await focused()).id).toBeDefined();
  const before = await focused();
  await deployment.postMany(3, (i) => `lantern once more ${i}`);
  await page.getByText("23 meows, best first").waitFor();
  const after = await focused();
  expect(after.id).toBe(before.id);
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(1);
});

test("while 200 found meows a second come, few searches are made, nothing flickers, and the reader's place is kept", async () => {
  await deployment.postMany(60, (i) => `comet ${i}`);
  await box().fill("comet");
  await page.getByText(/^The first \d+ meows/).waitFor();
  await page.keyboard.press("ArrowDown");
  await expect.poll(async () => (await focused()).id).toBeDefined();
  const before = await focused();
  let searches = 0;
  page.on("request", (request) => new URL(request.url()).pathname === "/search" && searches++);
  await watchForFlickers();
  const begun = Date.now();
  await deployment.postAtRate(200, 6, (i) => `comet shower ${i}`);
  await page.getByRole("button", { name: "New results" }).waitFor();
  const most = Math.ceil((Date.now() - begun) / 2_500) + 1;
  console.log(`${searches} searches in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  expect(searches).toBeGreaterThan(0);
  expect(searches).toBeLessThanOrEqual(most);
  expect(await page.evaluate(() => window.flickers)).toEqual([]);
  const after = await focused();
  expect(after.id).toBe(before.id);
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(1);

  await deployment.post("the last comet of all");
  await page.getByRole("button", { name: "New results" }).click();
  await foundText("the last comet of all").waitFor();
  await page.getByRole("button", { name: "New results" }).waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(0);
});

test("leaves the timeline as it was: the reading position too", async () => {
  await page.evaluate(() => window.scrollTo(0, 1_500));
  await page.waitForTimeout(200);
  const before = await feed(page).evaluate(() => window.scrollY);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("dog");
  await foundText("dog under").waitFor();
  await page.keyboard.press("Escape");
  await rows(page).first().waitFor();
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(before);
});
