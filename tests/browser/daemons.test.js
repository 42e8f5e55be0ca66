// Daemons: what only several of them can do, which is to be away one at a time, and their search engine too.
import { afterAll, expect, test } from "vitest";
import { expectWholeFeed, isLive, row, write } from "./browser.js";
import { Deployment } from "./deployment.js";
import { Proxy } from "./proxy.js";
import { deployment, page, usePage, useSite } from "./site.js";

let engine; // the way to the search engine

afterAll(() => engine?.close()); // before the site's: what comes last is undone first
useSite(
  () => deployment.post("an umbrella of one's own"),
  async () => {
    const url = process.env.MEOWER_TEST_ELASTICSEARCH;
    if (!url) throw new Error("MEOWER_TEST_ELASTICSEARCH is not set: where is the search engine? scripts/servers.sh starts one");
    engine = await Proxy.before(url.slice(url.indexOf(":") + 1));
    const environment = { MEOWER_TEST_ELASTICSEARCH: `elasticsearch:${engine.url}` };
    return Deployment.start({ engines: ["postgresql", "elasticsearch"], environment });
  },
);
usePage();

const box = () => page.getByRole("searchbox", { name: "Search meows" });
const found = (text) => page.getByRole("feed", { name: "Found meows" }).getByRole("article").filter({ hasText: text });
const hint = () => page.getByText("searching the newest meows only");

test("while the search engine is away the page says that only the newest meows are searched, and finds those", async () => {
  await box().fill("umbrella");
  await found("an umbrella of one's own").waitFor();
  expect(await hint().count()).toBe(0);

  engine.cut();
  await box().fill("umbrela");
  await hint().waitFor();
  await found("an umbrella of one's own").waitFor();
  await deployment.post("an umbrella that the engine knows nothing of");
  await found("knows nothing").waitFor();
  expect(await hint().count()).toBe(1);

  engine.restore(); // nobody touches the page from here on
  await hint().waitFor({ state: "detached", timeout: 60_000 });
  await found("an umbrella of one's own").waitFor();
  await found("knows nothing").waitFor();
  expect((await page.locator(".results mark").allInnerTexts()).every((text) => text === "umbrella")).toBe(true);
});

test("meower-pusherd restarts: what was said meanwhile comes in, and what one posts stands there once", async () => {
  await deployment.tell("pusherd.stop");
  await page.getByText("No connection.").waitFor();
  await write(page, "said while nothing comes in");
  await row(page, "said while nothing comes in").waitFor();
  await deployment.postMany(3, (i) => `by others ${i}`);
  await deployment.tell("pusherd.start");
  await isLive(page);
  await row(page, "by others 2").waitFor();
  await expectWholeFeed(page, deployment);
});

test("meower-commandd is away: others' meows can be read, one's own waits and goes out once", async () => {
  await deployment.tell("commandd.stop");
  await write(page, "waits for its daemon");
  await page.getByText("Not posted. The server does not answer.").waitFor();
  await page.reload();
  await isLive(page);
  await row(page, "by others 2").waitFor();
  await deployment.tell("commandd.start");
  await page.getByRole("button", { name: "Try again" }).click();
  await row(page, "waits for its daemon").waitFor();
  await expectWholeFeed(page, deployment);
});

test("meower-queryd restarts: the page stays live, and reads on when it is back", async () => {
  await deployment.tell("queryd.stop");
  await deployment.post("live without any list");
  await row(page, "live without any list").waitFor();
  await box().fill("umbrella");
  await page.getByText("The search failed. The server does not answer.").waitFor();
  await deployment.tell("queryd.start");
  await page.getByRole("button", { name: "Try again" }).click();
  await found("an umbrella of one's own").waitFor();
  await page.keyboard.press("Escape");
  await expectWholeFeed(page, deployment);
});
