// Screenshots of the page for the README: SCREENSHOTS=docs/images writes them there, else they are in build/screenshots.
import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { field, isLive, rows } from "./browser.js";
import { PROJECT } from "./deployment.js";
import { browser, deployment, useSite } from "./site.js";

const FOLDER = `${PROJECT}${process.env.SCREENSHOTS ?? "build/screenshots"}`;
const TEXTS = [
  "A closed door is a challenge. A closed laptop is an insult.", "Box arrived. Contents irrelevant. Box excellent.",
  "Somebody please open the window. No, close it. No, open it.", "🐈‍⬛", "If I fits, I sits.",
  "Sunbeam by the kitchen door, 14:00. Bring friends.",
  "Knocked one (1) glass off the table.\nNo regrets.\nWould recommend.", "Has anyone tried turning the human off and on again?",
  "The laptop is warm because you are using it. It is also warm because I want it.", "قطة صغيرة، أحلام كبيرة", "3 a.m. zoomies are a feature, not a bug 🐾",
  "Purring is the original white noise generator.", "The cat sat on the keyboard and shipped it.",
];

useSite(async () => {
  mkdirSync(FOLDER, { recursive: true });
  for (const text of TEXTS) await deployment.post(text);
});

/** The meows of the tests are all of this second; for a picture they get ages. */
async function spread(route) {
  const response = await route.fetch();
  const meows = await response.json();
  const minutes = [1, 4, 11, 26, 47, 90, 200, 340, 800, 1500];
  meows.forEach((meow, i) => {
    meow.created_at = new Date(Date.now() - (minutes[i] ?? 3000) * 60_000).toISOString();
  });
  await route.fulfill({ response, json: meows });
}

async function shoot(name, options, prepare) {
  const context = await browser.newContext({ deviceScaleFactor: 2, ...options });
  const page = await context.newPage();
  await page.route(/\/(meows|search)\?(take|query)/, (route) => (route.request().method() === "GET" ? spread(route) : route.continue()));
  await page.goto(deployment.url);
  await rows(page).nth(3).waitFor();
  await isLive(page);
  await page.getByText("up to date").waitFor();
  await page.waitForTimeout(2_000);
  await prepare?.(page);
  const picture = await page.screenshot({ path: `${FOLDER}/${name}.png`, animations: "disabled" });
  expect(picture.length).toBeGreaterThan(20_000);
  await context.close();
}

const DESK = { width: 960, height: 760 };

test("light, with something being written", () =>
  shoot("light", { viewport: DESK, colorScheme: "light" }, (page) => field(page).fill("Just landed on all four feet.")));

test("dark, with a search", () =>
  shoot("dark", { viewport: DESK, colorScheme: "dark" }, async (page) => {
    await page.getByRole("searchbox").fill("keybaord opne warm");
    await page.locator("mark").nth(3).waitFor();
    await page.waitForTimeout(500);
  }));

test("on a phone, with news", () =>
  shoot("phone", { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true }, async (page) => {
    await page.evaluate(() => window.scrollTo(0, 300));
    for (const text of ["one", "two", "three"]) await deployment.post(`News number ${text}`);
    await page.getByRole("button", { name: "3 new meows" }).waitFor();
    await page.waitForTimeout(500);
  }));
