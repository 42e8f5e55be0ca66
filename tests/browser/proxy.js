// proxy.js - the network between browser and server, which a test may take away.
import net from "node:net";

export class Proxy {
  connections = new Set();
  isCut = false;
  blocks = null; // requests for paths that begin so are refused

  static async before(url) {
    const proxy = new Proxy();
    proxy.target = new URL(url);
    proxy.server = net.createServer((client) => proxy.connect(client));
    await new Promise((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  connect(client) {
    if (this.isCut) {
      client.destroy();
      return;
    }
    const server = net.connect(this.target.port, this.target.hostname);
    const pair = { client, server };
    const close = () => {
      client.destroy();
      server.destroy();
      this.connections.delete(pair);
    };
    this.connections.add(pair);
    client.on("data", (bytes) => {
      const line = bytes.toString("latin1").split("\r\n", 1)[0];
      if (/^[A-Z]+ .* HTTP/.test(line)) pair.path = line.split(" ")[1];
      if (this.blocks && pair.path?.startsWith(this.blocks)) close();
      else if (!pair.isStalled) server.write(bytes);
    });
    server.on("data", (bytes) => pair.isStalled || client.write(bytes));
    for (const socket of [client, server]) socket.on("error", close).on("close", close);
  }

  /** Connections that are open now for paths that begin so. */
  count(path) {
    return [...this.connections].filter((pair) => pair.path?.startsWith(path)).length;
  }

  /** Everything breaks, and nothing new comes through. */
  cut() {
    this.isCut = true;
    this.drop();
  }

  drop() {
    for (const { client, server } of this.connections) {
      client.destroy();
      server.destroy();
    }
  }

  /** What is open stays open, but nothing comes through any more; new connections are not concerned. */
  stall() {
    for (const pair of this.connections) pair.isStalled = true;
  }

  restore() {
    this.isCut = false;
  }

  async close() {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
