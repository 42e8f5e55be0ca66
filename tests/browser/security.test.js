// Security: whatever is said, searched or sent, it is text.
import { expect, test } from "vitest";
import { isLive, open, rows, write } from "./browser.js";
import { CORPUS } from "./corpus.js";
import { browser, deployment, useSite } from "./site.js";

useSite(() => deployment.post("something to look at"));

async function newPage() {
  const page = await open(browser, deployment.url);
  page.dialogs = 0;
  page.on("dialog", (dialog) => {
    page.dialogs++;
    void dialog.dismiss();
  });
  return page;
}

async function expectHarmless(page) {
  expect(await page.evaluate(() => window.pwned)).toBeUndefined();
  expect(page.dialogs).toBe(0);
  expect(page.faults).toEqual([]);
  const strangers = "main script, main iframe, main object, main style, main img, main base, main meta, main details, main math";
  expect(await page.locator(strangers).count()).toBe(0);
  expect(await page.locator("main [onerror], main [onload], main [href^='javascript:']").count()).toBe(0);
}

test("bodies are text: live, listed, posted here, and in a permalink", async () => {
  const page = await newPage();
  await isLive(page);
  const ids = [];
  for (const text of CORPUS) ids.push(await deployment.post(text));
  await expect.poll(() => rows(page).count(), { timeout: 5_000 }).toBeGreaterThan(5);
  await write(page, CORPUS[1]);
  await expect.poll(() => page.locator(".outgoing").count()).toBe(0);
  await page.waitForTimeout(300);
  await expectHarmless(page);
  await page.reload();
  await rows(page).first().waitFor();
  const shown = new Set();
  for (let y = 0; y < 6_000; y += 600) {
    await page.evaluate((place) => window.scrollTo(0, place), y);
    await page.waitForTimeout(60);
    for (const text of await page.locator("main .body").allTextContents()) shown.add(text);
  }
  expect(CORPUS.filter((text) => !shown.has(text))).toEqual([]);
  await expectHarmless(page);
  for (const id of ids.slice(0, 3)) {
    await page.goto(`${deployment.url}/?meow=${id}`);
    await page.locator(".row-single").waitFor();
    await expectHarmless(page);
  }
  await page.context().close();
});

test("queries are text: typed, in the address, and marked in what they find", async () => {
  const page = await newPage();
  await isLive(page);
  for (const text of CORPUS) {
    await page.getByRole("searchbox").fill(text);
    await page.waitForTimeout(40);
  }
  for (const text of [...CORPUS.slice(0, 6), "pwned script onerror img"]) {
    await page.goto(`${deployment.url}/?${new URLSearchParams({ query: text })}`);
    await page.getByRole("heading", { name: "Found for" }).waitFor();
    expect(await page.locator("#results-heading bdi").textContent()).toBe(text.trim());
    await page.locator("[role=feed] mark").first().waitFor();
    await expectHarmless(page);
  }
  await page.context().close();
});

test("cursors, ids and addresses are nothing but what they must be", async () => {
  const page = await newPage();
  for (const text of CORPUS) {
    const parameters = new URLSearchParams({ meow: text, cursor: text });
    await page.goto(`${deployment.url}/?${parameters}#${encodeURIComponent(text)}`);
    await rows(page).first().waitFor();
    await expectHarmless(page);
  }
  await page.route("**/meows?**", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "meower-cursor": "<svg onload=window.pwned=1>" } });
  });
  await page.goto(deployment.url);
  await page.locator("[role=feed] article").first().waitFor();
  expect(await page.evaluate(() => window.pwned)).toBeUndefined();
  expect(await page.locator("svg[onload]").count()).toBe(0);
  await page.context().close();
});

test("the policy holds: what is put into the page does not run", async () => {
  const page = await newPage();
  await isLive(page);
  const blocked = await page.evaluate(async () => {
    const violations = [];
    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
    const script = document.createElement("script");
    try {
      script.textContent = "window.pwned=1";
    } catch {
      violations.push("trusted-types refused");
    }
    document.body.append(script);
    try {
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=window.pwned=1>");
    } catch {
      violations.push("trusted-types refused");
    }
    const image = document.createElement("img");
    image.src = "http://evil.example/x.png";
    document.body.append(image);
    await fetch("http://evil.example/").catch(() => violations.push("fetch refused"));
    try {
      new WebSocket("ws://evil.example/");
    } catch {
      violations.push("WebSocket refused");
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    return violations;
  });
  expect(await page.evaluate(() => window.pwned)).toBeUndefined();
  expect(blocked).toContain("fetch refused");
  expect(blocked).toContain("img-src");
  expect(blocked.filter((what) => what === "connect-src").length).toBe(2);
  expect(blocked.filter((what) => what === "trusted-types refused").length).toBe(2);
  await page.context().close();
});
