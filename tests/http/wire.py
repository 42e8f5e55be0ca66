"""HTTP/1.1 and WebSocket over plain sockets, for bytes that a decent client library refuses to send.

Every wait has a deadline: a server that does not answer fails the test, it never hangs it.
"""

import base64
import hashlib
import json
import os
import socket
import struct
import time
import urllib.parse

DEADLINE_S = 20.0

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Closed(ConnectionError):
    """The server closed the connection before the answer was complete."""


class Headers:
    """Header fields as they came, found without regard to case."""

    def __init__(self, fields):
        self.fields = fields

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name):
        return self.get(name) is not None


class Response:
    """One answer. Offers what the suite uses of requests.Response."""

    def __init__(self, status_code, headers, content):
        self.status_code = status_code
        self.headers = headers
        self.content = content

    @property
    def text(self):
        return self.content.decode("utf-8")

    def json(self):
        return json.loads(self.text)


class Connection:
    """A TCP connection with a read buffer. Closes with the `with` block."""

    def __init__(self, url, receive_buffer=None, deadline_s=DEADLINE_S):
        parts = urllib.parse.urlsplit(url)
        self.host = parts.netloc
        self.path = parts.path or "/"
        self.buffer = b""
        self.at_end = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(deadline_s)
        self.socket.connect((parts.hostname, parts.port or 80))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes as a crashed or vanished client does: RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        """Sends bytes. A server that has already refused the request may have closed: then there is nothing to send
        to, and the answer is read all the same."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def end_sending(self):
        """Tells the server that nothing more comes, and goes on reading."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has closed already

    def fill(self, deadline):
        """Reads once. False at the end of the stream."""
        if self.at_end:
            return False
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer within the deadline")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        except socket.timeout:
            raise TimeoutError(f"no answer within the deadline; so far {self.buffer[:200]!r}") from None
        self.at_end = not data
        self.buffer += data
        return bool(data)

    def read_until(self, mark, deadline):
        while mark not in self.buffer:
            if not self.fill(deadline):
                raise Closed(f"closed after {self.buffer[:200]!r}")
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def read_exactly(self, count, deadline):
        while len(self.buffer) < count:
            if not self.fill(deadline):
                raise Closed(f"closed after {len(self.buffer)} of {count} bytes")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_rest(self, deadline_s=DEADLINE_S):
        """Everything until the server closes."""
        deadline = time.monotonic() + deadline_s
        while self.fill(deadline):
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed_within(self, deadline_s):
        """True when the server closes before the deadline, whatever it sends before that."""
        try:
            self.read_rest(deadline_s)
            return True
        except TimeoutError:
            return False

    def read_response(self, method="GET", deadline_s=DEADLINE_S):
        """One whole answer. Interim 1xx answers are passed over. Raises Closed when there is none."""
        deadline = time.monotonic() + deadline_s
        while True:
            lines = self.read_until(b"\r\n\r\n", deadline).decode("latin-1").split("\r\n")
            version, status, *_ = lines[0].split(" ", 2)
            assert version in ("HTTP/1.1", "HTTP/1.0"), f"not an HTTP answer: {lines[0]!r}"
            fields = []
            for line in lines[1:]:
                name, colon, value = line.partition(":")
                assert colon and name and name.strip() == name, f"malformed header line: {line!r}"
                fields.append((name, value.strip()))
            status, headers = int(status), Headers(fields)
            if status >= 200 or status == 101:
                break
        return Response(status, headers, self._read_content(method, status, headers, deadline))

    def _read_content(self, method, status, headers, deadline):
        if method == "HEAD" or status in (101, 204, 304):
            return b""
        if "chunked" in headers.get("Transfer-Encoding", "").lower():
            content = b""
            while True:
                size = int(self.read_until(b"\r\n", deadline).split(b";")[0], 16)
                if size == 0:
                    while self.read_until(b"\r\n", deadline):
                        pass
                    return content
                content += self.read_exactly(size, deadline)
                assert self.read_exactly(2, deadline) == b"\r\n", "a chunk is not terminated"
        if "Content-Length" in headers:
            return self.read_exactly(int(headers["Content-Length"]), deadline)
        return self.read_rest(deadline - time.monotonic())


def request_bytes(host, method, target, headers=(), body=b""):
    """A well-formed request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def exchange(url, data, method="GET", deadline_s=DEADLINE_S):
    """Sends bytes on a new connection and returns the first answer. Raises Closed when the server gives none."""
    with Connection(url) as connection:
        connection.send(data)
        return connection.read_response(method, deadline_s)


def answers_to(url, data, deadline_s=DEADLINE_S):
    """Sends bytes on a new connection, then ends the sending side as a client does that wants no more. Returns all
    answers."""
    answers = []
    deadline = time.monotonic() + deadline_s
    with Connection(url) as connection:
        connection.send(data)
        connection.end_sending()
        try:
            while True:
                answers.append(connection.read_response(deadline_s=deadline - time.monotonic()))
        except Closed:
            return answers


class WebSocket(Connection):
    """A WebSocket client (RFC 6455) that can also break every rule."""

    def __init__(self, url, receive_buffer=None, headers=()):
        super().__init__(url, receive_buffer)
        target = url[url.index(self.host) + len(self.host):]
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(upgrade_bytes(self.host, target, key, headers))
        try:
            response = self.read_response()
            assert response.status_code == 101, f"not upgraded: {response.status_code} {response.content[:300]!r}"
            accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
            assert response.headers["Sec-WebSocket-Accept"] == accept
            assert "Sec-WebSocket-Extensions" not in response.headers, "an extension that was not offered"
        except BaseException:
            self.close()
            raise
        self.close_code = None

    def send_frame(self, opcode, payload=b"", final=True, masked=True, reserved=0, length=None):
        """Sends one frame. `length` overrides the length that is announced."""
        self.send(frame_bytes(opcode, payload, final, masked, reserved, length))

    def read_frame(self, deadline_s=DEADLINE_S):
        """The next frame as (opcode, payload). The server must not mask nor fragment."""
        deadline = time.monotonic() + deadline_s
        while len(self.buffer) < 2:
            if not self.fill(deadline):
                raise Closed("closed without a close frame")
        first, second = self.read_exactly(2, deadline)
        assert first & 0x80, "the server sends every message in one frame"
        assert first & 0x70 == 0, "no reserved bit without an extension"
        assert second & 0x80 == 0, "a server never masks (RFC 6455, section 5.1)"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self.read_exactly(2, deadline))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read_exactly(8, deadline))
        return first & 0x0F, self.read_exactly(length, deadline)

    def next_event(self, deadline_s=DEADLINE_S):
        """The next text frame as an object. Pings are answered, a close raises Closed and sets close_code."""
        deadline = time.monotonic() + deadline_s
        while True:
            opcode, payload = self.read_frame(max(0.0, deadline - time.monotonic()))
            if opcode == TEXT:
                return json.loads(payload.decode("utf-8"))
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                self.close_code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                raise Closed(f"closed with {self.close_code} {payload[2:]!r}")
            else:
                assert opcode == PONG, f"unexpected frame {opcode:#x} {payload[:100]!r}"

    def events_until(self, is_last, deadline_s=DEADLINE_S):
        """Events up to and with the first one for which is_last(event) holds."""
        deadline = time.monotonic() + deadline_s
        events = []
        while not events or not is_last(events[-1]):
            events.append(self.next_event(max(0.0, deadline - time.monotonic())))
        return events

    def wait_for_close(self, deadline_s=DEADLINE_S):
        """Reads on until the server closes. Returns the close code, or None when it just hung up."""
        deadline = time.monotonic() + deadline_s
        try:
            while True:
                self.next_event(max(0.0, deadline - time.monotonic()))
        except Closed:
            return self.close_code


def upgrade_bytes(host, target, key="dGhlIHNhbXBsZSBub25jZQ==", headers=()):
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def frame_bytes(opcode, payload=b"", final=True, masked=True, reserved=0, length=None):
    """One frame, RFC 6455 section 5.2; `length` announces another length than the payload has."""
    length = len(payload) if length is None else length
    first = (0x80 if final else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, bit | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (len(payload) // 4 + 1))[:len(payload)]
    masked_payload = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
    return head + mask + masked_payload


class EventStream(Connection):
    """A Server-Sent Events client (WHATWG HTML, section 9.2)."""

    def __init__(self, url, headers=()):
        super().__init__(url)
        target = url[url.index(self.host) + len(self.host):]
        self.send(request_bytes(self.host, "GET", target, ["Accept: text/event-stream", *headers]))
        deadline = time.monotonic() + DEADLINE_S
        head = self.read_until(b"\r\n\r\n", deadline).decode("latin-1").split("\r\n")
        self.status_code = int(head[0].split(" ")[1])
        self.headers = Headers([tuple(part.strip() for part in line.split(":", 1)) for line in head[1:]])
        self.is_chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        self.text = b""
        self.retry_ms = None
        self.comments = 0

    def _fill_text(self, deadline):
        if not self.is_chunked:
            if not self.buffer and not self.fill(deadline):
                raise Closed("the stream ended")
            self.text, self.buffer = self.text + self.buffer, b""
            return
        size = int(self.read_until(b"\r\n", deadline).split(b";")[0], 16)
        self.text += self.read_exactly(size, deadline)
        self.read_exactly(2, deadline)
        if size == 0:
            raise Closed("the stream ended")

    def _next_line(self, deadline):
        while b"\n" not in self.text:
            self._fill_text(deadline)
        line, self.text = self.text.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8")

    def next_event(self, deadline_s=DEADLINE_S):
        """The next event as (type, id, data object)."""
        deadline = time.monotonic() + deadline_s
        kind, identifier, data = "message", None, []
        while True:
            line = self._next_line(deadline)
            if not line:
                if data:
                    return kind, identifier, json.loads("\n".join(data))
                kind = "message"
                continue
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if not field:
                self.comments += 1
            elif field == "event":
                kind = value
            elif field == "id":
                identifier = value
            elif field == "data":
                data.append(value)
            elif field == "retry":
                self.retry_ms = int(value)

    def events_until(self, is_last, deadline_s=DEADLINE_S):
        deadline = time.monotonic() + deadline_s
        events = []
        while not events or not is_last(events[-1]):
            events.append(self.next_event(max(0.0, deadline - time.monotonic())))
        return events

    def wait_for_comment(self, deadline_s):
        deadline = time.monotonic() + deadline_s
        while not self.comments:
            line = self._next_line(deadline)
            self.comments += line.startswith(":")
