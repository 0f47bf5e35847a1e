"""A mail service's programming interface that answers as a test tells it, on a real socket."""

import json
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self


class ApiDouble:
    """Takes every mail, unless `answers` holds other statuses and bodies, used in turn."""

    def __init__(self, body: Any) -> None:
        self.mails: list[dict[str, Any]] = []
        self.answers: deque[tuple[int, Any]] = deque()
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                mail = json.loads(self.rfile.read(length))
                status, answer = double.answers.popleft() if double.answers else (200, body)
                if status == 200:
                    double.mails.append(mail)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
