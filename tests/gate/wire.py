"""A raw socket.io client: it sends any header and any frame, as an attacker would.

Engine.io 4 over WebSocket: https://socket.io/docs/v4/engine-io-protocol/ ; the namespace is Reflex's `/_event`.
"""

import json
import socket
import time
from contextlib import suppress
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, RejectConnection, Request, TextMessage

NAMESPACE = "/_event"


class Refused(Exception):
    """The server did not accept the WebSocket; the status is the argument."""


class Wire:
    """One WebSocket to the server."""

    def __init__(
        self, port: int, host: str, *, cookie: str = "", origin: str | None = "", token: str = "a-token", via: int = 0
    ) -> None:
        """Shape: `origin` "" is the right one, None sends none; `via` is the port of a proxy to go through."""
        self.events: list[dict[str, Any]] = []
        self.tcp = socket.create_connection(("127.0.0.1", via or port), timeout=5)
        self.ws = WSConnection(ConnectionType.CLIENT)
        extra = [(b"cookie", cookie.encode())] if cookie else []
        if origin is not None:
            extra.append((b"origin", (origin or f"http://{host}").encode()))
        target = f"{NAMESPACE}/?EIO=4&transport=websocket&token={token}"
        self.tcp.sendall(self.ws.send(Request(host=host, target=target, extra_headers=extra)))
        try:
            self._until(AcceptConnection)
        except Refused:
            self.tcp.close()
            raise

    def __enter__(self) -> Self:
        """Join the namespace."""
        self.send_raw("40" + NAMESPACE + ",")
        self.wait(lambda: self.joined)
        return self

    def __exit__(self, *error: object) -> None:
        """Close without saying so."""
        self.tcp.close()

    joined = False
    closed = False

    def send(self, name: str, path: str = "/leaving", **payload: Any) -> None:
        """Send an event."""
        data = {"name": name, "payload": payload, "router_data": {"pathname": path, "query": {}}}
        self.send_raw(f"42{NAMESPACE}," + json.dumps(["event", data]))

    def send_raw(self, text: str) -> None:
        """Send one text frame."""
        self.tcp.sendall(self.ws.send(TextMessage(data=text)))

    def changes(self, seconds: float = 1.0) -> dict[str, Any]:
        """Return every variable that changed in this time, by `state.variable`."""
        self.events.clear()
        self.wait(lambda: False, seconds)
        found: dict[str, Any] = {}
        for update in self.events:
            for state, values in (update.get("delta") or {}).items():
                found |= {f"{state}.{name.removesuffix('_rx_state_')}": value for name, value in values.items()}
        return found

    def answered(self, name: str, **payload: Any) -> list[str]:
        """Send an event and return the names of the events the server wants the browser to run."""
        self.events.clear()
        self.send(name, **payload)
        self.wait(lambda: False, 0.5)
        return [event["name"] for update in self.events for event in update.get("events") or []]

    def wait(self, done: Any, seconds: float = 5.0) -> None:
        """Read frames until `done()`, the end of the connection or the time."""
        until = time.monotonic() + seconds
        while not done() and not self.closed and (left := until - time.monotonic()) > 0:
            self.tcp.settimeout(left)
            try:
                data = self.tcp.recv(65536)
            except TimeoutError:
                return
            except OSError:
                data = b""
            if not data:
                self.closed = True
                return
            self.ws.receive_data(data)
            self._take()

    def _take(self) -> None:
        for event in self.ws.events():
            if isinstance(event, CloseConnection):
                self.closed = True
            elif isinstance(event, Message):
                self._frame(str(event.data))

    def _frame(self, text: str) -> None:
        if text == "1" or text.startswith("41"):
            self.closed = True
        elif text == "2":
            self.send_raw("3")
        elif text.startswith("40" + NAMESPACE):
            self.joined = True
        elif text.startswith("42" + NAMESPACE):
            name, *arguments = json.loads(text.split(",", 1)[1])
            if name == "event" and arguments:
                self.events.append(json.loads(arguments[0]) if isinstance(arguments[0], str) else arguments[0])

    def _until(self, kind: type) -> None:
        while True:
            data = b""
            with suppress(ConnectionError):
                data = self.tcp.recv(65536)
            self.ws.receive_data(data or None)
            for event in self.ws.events():
                if isinstance(event, kind):
                    return
                if isinstance(event, RejectConnection):
                    raise Refused(event.status_code)
                if isinstance(event, CloseConnection):
                    raise Refused(0)
            if not data:
                raise Refused(0)
