"""A server on this machine that misbehaves on request."""

import http.server
import socket
import struct
import threading
import time

import pytest
from recorded import Archives

CONTENT = bytes(range(256)) * 4000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT, or the `pages` by path; `faults` are used up one per request.

    A fault is a status (503, 404; or with headers: (429, {"Retry-After": "7"})), "cut" (half the
    body, then the connection ends), "reset" (the same, with a reset), "slow" (in small pieces),
    "drip" (a byte now and then, without end), "dripping head" (the same before the body), "dripping
    chunk" (the same where a length stands), "noise" (no answer of HTTP), "overlong" (a part that is
    longer than it says that the whole is),
    "stalled" (a piece, then silence), "shifted" (a part that begins elsewhere than was asked),
    "few" (less announced than there is), "unranged" (a Range that is ignored), "letters" (a length
    that is no number), "unannounced" (no length, half the body), "page" (a message in place of the
    file), or a function that is called with the server. With an `etag` the server says it, and
    minds If-Range where it `minds`.
    """

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        self.server.times.append(time.time())
        fault = self.server.faults.pop(0) if self.server.faults else None
        if callable(fault):
            fault = fault(self.server)
        if fault == "noise":
            self.wfile.write(b"HTTP/1.1 \x1b[2J\r\n\r\n")
            return
        if fault == "dripping head":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 60_000)
            return
        if fault == "dripping chunk":
            self._drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 60_000)
            return
        if isinstance(fault, int | tuple):
            self._refuse(*(fault if isinstance(fault, tuple) else (fault, {})))
            return
        body = self.server.pages.get(self.path, self.server.pages.get(self.path.split("?")[0]))
        body = CONTENT if body is None else body
        start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
        body = body[: len(body) // 2] if fault in ("few", "unannounced") else body
        body = b"<html>try again later</html>" if fault == "page" else body
        tag, asked = self.server.etag, self.headers.get("If-Range")
        if fault == "unranged" or (asked and self.server.minds and asked != tag):
            start = 0
        self.send_response(206 if start else 200)
        if start:
            place = start - (fault == "shifted")
            whole = start + 1 if fault == "overlong" else len(body)
            self.send_header("Content-Range", f"bytes {place}-{len(body) - 1}/{whole}")
        if tag:
            self.send_header("ETag", tag)
        if fault != "unannounced":
            length = "abc" if fault == "letters" else str(len(body) - start)
            self.send_header("Content-Length", length)
        self.end_headers()
        self._send(body[start:], fault)

    def _refuse(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self):
        body = self.server.pages.get(self.path)
        if body is None:
            self._refuse(404, {})
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def _send(self, body, fault):
        if fault in ("cut", "reset"):
            self.wfile.write(body[: len(body) // 2])
            if fault == "reset":  # what is still on its way is lost, and the other end is told
                self.wfile.flush()
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
        elif fault == "slow":
            step = len(body) // 10
            for i in range(0, len(body), step):
                self.wfile.write(body[i : i + step])
                self.wfile.flush()
                time.sleep(0.05)
        elif fault == "drip":
            self._drip(body[:10], body[10:])
        elif fault == "stalled":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.release.wait(10)
        else:
            self.wfile.write(body)

    def _drip(self, first, rest):
        """A byte every hundredth second, until the other end is gone."""
        self.wfile.write(first)
        for value in rest:
            self.wfile.write(bytes([value]))
            self.wfile.flush()
            if self.server.release.wait(0.01):
                return

    def log_message(self, *args):
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    """A client that went away is no error here."""

    daemon_threads = False  # so that every connection is closed in the end

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def server():
    with QuietServer(("127.0.0.1", 0), Handler) as instance:
        instance.requests, instance.faults, instance.pages, instance.times = [], [], {}, []
        instance.etag, instance.minds = None, True
        instance.release = threading.Event()
        thread = threading.Thread(target=instance.serve_forever, args=(0.02,))
        thread.start()
        instance.address = f"http://127.0.0.1:{instance.server_port}"
        yield instance
        instance.release.set()
        instance.shutdown()
        thread.join()


@pytest.fixture
def archives():
    """The archives' recorded answers on the paper's accessions."""
    with Archives() as instance:
        yield instance
