// transport.ts - one attempt to be connected, by WebSocket or by Server-Sent Events.
import { parseEvent, type LiveEvent } from "./event";

export type TransportName = "WebSocket" | "Server-Sent Events";

export interface Sink {
  event(event: LiveEvent): void;
  closed(): void; // at most once, never after close()
}

export interface Transport {
  close(): void;
}

export type OpenTransport = (name: TransportName, cursor: string, sink: Sink) => Transport;

function openWebSocket(cursor: string, sink: Sink): Transport {
  const address = new URL("/pusher", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("cursor", cursor);
  const socket = new WebSocket(address);
  socket.onmessage = (message) => {
    const event = parseEvent(message.data);
    if (event) sink.event(event);
  };
  socket.onclose = () => sink.closed();
  return {
    close() {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

function openEventSource(cursor: string, sink: Sink): Transport {
  const source = new EventSource(`/events?${new URLSearchParams({ cursor })}`);
  const take = (message: MessageEvent) => {
    const event = parseEvent(message.data);
    if (event) sink.event(event);
  };
  for (const name of ["sync", "meow", "deleted"]) source.addEventListener(name, take);
  // It would come back by itself, but with delays of its own, and without ever trying WebSocket.
  source.onerror = () => {
    source.close();
    sink.closed();
  };
  return {
    close() {
      source.onerror = null;
      source.close();
    },
  };
}

export const openTransport: OpenTransport = (name, cursor, sink) =>
  name === "WebSocket" ? openWebSocket(cursor, sink) : openEventSource(cursor, sink);
