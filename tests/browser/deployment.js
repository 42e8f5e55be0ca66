// deployment.js - a real server for a test file: meowerd alone, or the three daemons behind NGINX (DEPLOYMENT=distributed;
// ENGINES="nats elasticsearch" names their bus and their search engine).
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const NAME = process.env.DEPLOYMENT ?? "embedded";
const ENGINES = process.env.ENGINES?.split(" ") ?? [];
const PROGRAM = process.env.MEOWERD ?? `${PROJECT}build/dev/bin/meowerd`;

export class Deployment {
  static async start({ engines = ENGINES, environment = {} } = {}) {
    const deployment = new Deployment();
    deployment.process = spawn("/usr/bin/python3", [`${PROJECT}tests/browser/serve.py`, PROGRAM, NAME, ...engines], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    deployment.exited = new Promise((resolve) => deployment.process.on("exit", resolve));
    deployment.lines = createInterface({ input: deployment.process.stdout })[Symbol.asyncIterator]();
    Object.assign(deployment, await deployment.next());
    await deployment.tell("start");
    return deployment;
  }

  async next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the server's script ended; its report is above");
    return JSON.parse(value);
  }

  /** start, stop, or what else serve.py takes. */
  async tell(command) {
    this.process.stdin.write(`${command}\n`);
    await this.next();
  }

  /** Ends it; a server that died or had something to report fails the test. */
  async end() {
    this.process.stdin.write("end\n");
    const status = await this.exited;
    if (status !== 0) throw new Error(`the server did not end well (${status})`);
  }

  async post(body, labels) {
    const response = await fetch(`${this.url}/meows`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ body, labels }),
    });
    if (!response.ok) throw new Error(`POST /meows: ${response.status} ${await response.text()}`);
    return (await response.json()).id;
  }

  /** Many at once. */
  async postMany(count, text = (i) => `meow number ${i}`) {
    const post = async (worker) => {
      for (let i = worker; i < count; i += 32) await this.post(text(i));
    };
    await Promise.all(Array.from({ length: 32 }, (_, worker) => post(worker)));
  }

  /** At a steady rate, in posts a second. */
  async postAtRate(rate, seconds, text) {
    const begun = Date.now();
    const posts = [];
    for (let i = 0; i < rate * seconds; i++) {
      const wait = begun + (i * 1000) / rate - Date.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      posts.push(this.post(text(i)));
    }
    await Promise.all(posts);
  }

  async list(take = 1000) {
    return (await fetch(`${this.url}/meows?take=${take}`)).json();
  }

  async delete(id) {
    const headers = { Authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.url}/meows/${id}`, { method: "DELETE", headers });
    if (response.status !== 204) throw new Error(`DELETE: ${response.status}`);
  }
}
