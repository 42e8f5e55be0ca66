// Posting: from one browser into another, and never lost or twice.
import { expect, test } from "vitest";
import { violationsOf } from "./axe.js";
import { expectWholeFeed, feed, field, isLive, open, row, rows, write } from "./browser.js";
import { browser, deployment, page, usePage, useSite } from "./site.js";

useSite();
usePage();

const post = (text) => write(page, text);
const countInStore = async (text) => (await deployment.list()).filter((meow) => meow.body === text).length;

test("the first meow of a feed takes the place of the words that there is none", async () => {
  await page.getByText("It is quiet here.").waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await post("the very first meow");
  await row(page, "the very first meow").waitFor();
  expect(await page.getByText("It is quiet here.").count()).toBe(0);
});

test("a post appears in a second browser, and is there after a reload", async () => {
  const other = await open(browser, deployment.url);
  await isLive(other);
  await post("hello, other browser");
  await row(other, "hello, other browser").waitFor({ timeout: 2_000 });
  await row(page, "hello, other browser").waitFor();
  await page.reload();
  await row(page, "hello, other browser").waitFor();
  expect(await row(page, "hello, other browser").count()).toBe(1);
  await expectWholeFeed(other, deployment);
  expect(other.faults).toEqual([]);
  await other.context().close();
});

test("the button posts too, and the field is ready for the next", async () => {
  await field(page).fill("by the button");
  await page.getByRole("button", { name: "Meow", exact: true }).click();
  await row(page, "by the button").waitFor();
  expect(await field(page).inputValue()).toBe("");
  expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true);
});

test("the counter counts code points, and what is too long cannot be posted", async () => {
  const button = page.getByRole("button", { name: "Meow", exact: true });
  expect(await button.isDisabled()).toBe(true);
  await field(page).fill("🐱".repeat(140));
  expect(await page.locator("#composer-left").innerText()).toMatch(/^0/);
  expect(await button.isDisabled()).toBe(false);
  await field(page).fill("🐱".repeat(141));
  expect(await page.locator("#composer-left").innerText()).toMatch(/^-1/);
  expect(await button.isDisabled()).toBe(true);
  await field(page).press("Control+Enter");
  expect(await page.locator(".outgoing").count()).toBe(0);
  await field(page).fill(" \n ");
  expect(await button.isDisabled()).toBe(true);
});

test("a post stands there before it is answered, and then still once", async () => {
  let pass;
  const held = new Promise((resolve) => (pass = resolve));
  await page.route("**/meows", async (route) => {
    const response = await route.fetch(); // stored, and its event is out
    await held;
    await route.fulfill({ response });
  });
  await post("seen at once");
  await page.locator(".outgoing", { hasText: "seen at once" }).waitFor({ timeout: 1_000 });
  await expect.poll(() => countInStore("seen at once")).toBe(1);
  await page.waitForTimeout(500);
  expect(await row(page, "seen at once").count()).toBe(0); // it is not shown beside itself
  pass();
  await row(page, "seen at once").waitFor();
  expect(await page.locator(".outgoing").count()).toBe(0);
  expect(await row(page, "seen at once").count()).toBe(1);
});

test("a post whose answer is lost is sent again with its key by itself, and stands there once", async () => {
  let answersLost = 1;
  await page.route("**/meows", async (route) => {
    if (route.request().method() !== "POST" || answersLost-- <= 0) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await post("stored once");
  await row(page, "stored once").waitFor();
  await expect.poll(() => page.locator(".outgoing").count()).toBe(0);
  expect(answersLost).toBeLessThan(0);
  expect(await row(page, "stored once").count()).toBe(1);
  expect(await countInStore("stored once")).toBe(1);
});

test("a post that failed is tried again by a button", async () => {
  await page.route("**/meows", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await post("second try");
  await page.getByRole("alert").getByText("Not posted.").waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again" }).click();
  await row(page, "second try").waitFor();
  expect(await page.locator(".outgoing").count()).toBe(0);
});

test("a failed post can be undone: its text is back in the field", async () => {
  await page.route("**/meows", (route) => route.fulfill({ status: 503, contentType: "application/json", body: "{}" }));
  await post("not yet right");
  await page.getByRole("alert").getByText("The server is busy.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  expect(await field(page).inputValue()).toBe("not yet right");
  expect(await page.locator(".outgoing").count()).toBe(0);
  await field(page).fill("");
});

test("a refusal is told in the server's words", async () => {
  const problem = { error: "Invalid body", detail: "the body must be polite" };
  await page.route("**/meows", (route) =>
    route.fulfill({ status: 400, contentType: "application/json", body: JSON.stringify(problem) }));
  await post("hmpf");
  await page.getByText("The server refused it: the body must be polite.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await field(page).fill("");
});

test("a draft and a post on its way survive a reload", async () => {
  await page.route("**/meows", (route) => (route.request().method() === "POST" ? new Promise(() => {}) : route.continue()));
  await post("on its way");
  await field(page).fill("half a thou");
  await page.unrouteAll();
  await page.reload();
  expect(await field(page).inputValue()).toBe("half a thou");
  await row(page, "on its way").waitFor();
  expect(await countInStore("on its way")).toBe(1);
  await field(page).fill("");
});

test("a meow that is deleted goes from the page", async () => {
  const id = await deployment.post("soon gone");
  await row(page, "soon gone").waitFor();
  await deployment.delete(id);
  await expect.poll(() => row(page, "soon gone").count()).toBe(0);
  expect(await rows(page).count()).toBeGreaterThan(0);
  expect(await feed(page).getAttribute("aria-busy")).toBe("false");
});
