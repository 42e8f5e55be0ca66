// transport.ts - one attempt to be connected, by WebSocket or by Server-Sent Events.
import { addLabels, type Filter } from "../base/labels";
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

function openWebSocket(parameters: URLSearchParams, sink: Sink): Transport {
  const address = new URL("/pusher", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = parameters.toString();
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

function openEventSource(parameters: URLSearchParams, sink: Sink): Transport {
  const source = new EventSource(`/events?${parameters}`);
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

/** Connections that bring what passes a filter, and deletions. */
export function transportFor(filter: Filter): OpenTransport {
  return (name, cursor, sink) => {
    const parameters = addLabels(new URLSearchParams({ cursor }), filter);
    return name === "WebSocket" ? openWebSocket(parameters, sink) : openEventSource(parameters, sink);
  };
}
