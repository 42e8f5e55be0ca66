// The plain page, which a server built without npm has: it stands in the full one's place, under the same policy.
import { expect, test } from "vitest";
import { violationsOf } from "./axe.js";
import { open } from "./browser.js";
import { CORPUS } from "./corpus.js";
import { PROJECT } from "./deployment.js";
import { browser, deployment, useSite } from "./site.js";

const FILES = {
  "/": ["index.html", "text/html"], "/app.js": ["app.js", "text/javascript"], "/style.css": ["style.css", "text/css"],
};

useSite(async () => {
  await deployment.post("the cat sat on the keyboard");
  await deployment.postMany(60, (i) => `filler number ${i}`);
});

async function openPlain(options) {
  const context = await browser.newContext(options);
  await context.grantPermissions(["local-network-access"]); // its files come from here, not from the server
  const policy = (await fetch(deployment.url)).headers.get("Content-Security-Policy");
  await context.route(({ pathname }) => pathname in FILES, (route) => {
    const [name, type] = FILES[new URL(route.request().url()).pathname];
    const headers = { "Content-Type": `${type}; charset=utf-8`, "Content-Security-Policy": policy };
    return route.fulfill({ path: `${PROJECT}web/plain/${name}`, headers });
  });
  const page = await open(context, deployment.url);
  await page.getByText("live", { exact: true }).waitFor();
  return page;
}

const item = (page, text) => page.getByRole("listitem").filter({ hasText: text });

async function end(page) {
  expect(page.faults).toEqual([]);
  await page.context().close();
}

test("says why it is there and how to get the full page", async () => {
  const page = await openPlain();
  await page.getByText("With npm and Node.js 18 or later, building it again gives the full one.").waitFor();
  await end(page);
});

test("a post appears there and in another browser; what is deleted goes; older ones are a button away", async () => {
  const [page, other] = [await openPlain(), await openPlain()];
  await page.getByRole("textbox", { name: "Say something" }).fill("hello from the plain page");
  await page.keyboard.press("Control+Enter");
  await item(page, "hello from the plain page").waitFor();
  await item(other, "hello from the plain page").waitFor();
  await deployment.delete((await deployment.list(1))[0].id);
  await item(other, "hello from the plain page").waitFor({ state: "detached" });
  expect(await page.getByRole("listitem").count()).toBe(50);
  await page.getByRole("button", { name: "Older meows" }).click();
  await expect.poll(() => page.getByRole("listitem").count()).toBe(61);
  await end(other);
  await end(page);
});

test("finds with a typo, and marks what it found", async () => {
  const page = await openPlain();
  await page.getByRole("searchbox", { name: "Search meows" }).fill("keybaord");
  await item(page, "the cat sat on the keyboard").waitFor();
  expect(await page.locator("mark").allInnerTexts()).toEqual(["keyboard"]);
  await page.getByRole("searchbox", { name: "Search meows" }).fill("");
  await item(page, "filler").first().waitFor();
  await end(page);
});

test("the server restarts: what was missed comes in", async () => {
  const page = await openPlain();
  await deployment.tell("stop_daemons");
  await page.getByText("reconnecting…").waitFor();
  await deployment.tell("start");
  await deployment.post("missed by the plain page");
  await item(page, "missed by the plain page").waitFor();
  expect(await item(page, "missed by the plain page").count()).toBe(1);
  await end(page);
});

test("bodies and queries are text", async () => {
  const page = await openPlain();
  for (const text of CORPUS) await deployment.post(text);
  await item(page, CORPUS[0]).waitFor();
  await page.getByRole("searchbox", { name: "Search meows" }).fill("pwned script onerror img");
  await page.locator("mark").first().waitFor();
  expect(await page.evaluate(() => window.pwned)).toBeUndefined();
  expect(await page.locator("main script, main iframe, main img, main svg, main style, main [onerror]").count()).toBe(0);
  await end(page);
});

for (const colorScheme of ["light", "dark"])
  test(`axe finds nothing to complain about: ${colorScheme}`, async () => {
    const page = await openPlain({ colorScheme, reducedMotion: "reduce" });
    expect(await violationsOf(page)).toEqual([]);
    await end(page);
  });
