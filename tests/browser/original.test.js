// The original's page: what it called, from the origin it called from, with the client it called with.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browser, deployment, useSite } from "./site.js";

const axiosSource = readFileSync(new URL("node_modules/axios/dist/axios.min.js", import.meta.url), "utf8");
let page, origin;

useSite();
beforeAll(async () => {
  origin = createServer((request, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html>"));
  await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${origin.address().port}/`);
  await page.evaluate(axiosSource);
});
afterAll(async () => {
  await page?.close();
  origin?.close();
});

test("posts with the body in the query, gets the list, searches, and hears of it over WebSocket, kind 1", async () => {
  const result = await page.evaluate(async (url) => {
    const { axios } = window;
    const socket = new WebSocket(`${url.replace("http", "ws")}/pusher`);
    const messages = [];
    socket.onmessage = (message) => messages.push(JSON.parse(message.data));
    await new Promise((resolve) => (socket.onopen = resolve));

    const posted = await axios.post(`${url}/meows`, null, { params: { body: "hello & <goodbye>" } });
    const form = await axios.post(`${url}/meows`, new URLSearchParams({ body: "as a form" }));
    while (messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    const list = await axios.get(`${url}/meows`, { params: { skip: 0, take: 10 } });
    let found = { data: [] };
    for (let i = 0; i < 100 && found.data.length === 0; i++) { // an index takes a moment
      found = await axios.get(`${url}/search`, { params: { query: "helo" } });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const refused = await axios.post(`${url}/meows`, null, { params: { body: "" } }).catch((error) => error.response);
    socket.close();
    return {
      posted: posted.data, form: form.data, messages, list: list.data, found: found.data,
      refused: { status: refused.status, error: refused.data.error },
    };
  }, deployment.url);

  expect(Object.keys(result.posted)).toEqual(["id"]);
  expect(result.list.map(({ id }) => id)).toEqual([result.form.id, result.posted.id]);
  expect(Object.keys(result.list[1])).toEqual(["id", "body", "created_at"]);
  expect(result.list[1].body).toBe("hello &amp; &lt;goodbye&gt;");
  expect(result.found.map(({ id }) => id)).toEqual([result.posted.id]);
  expect(result.messages.map(({ kind, id }) => [kind, id])).toEqual([[1, result.posted.id], [1, result.form.id]]);
  expect(result.messages[0]).toMatchObject({ body: "hello &amp; &lt;goodbye&gt;", created_at: result.list[1].created_at });
  expect(result.refused).toEqual({ status: 400, error: "Invalid body" });
});
