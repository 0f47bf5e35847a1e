"""What leaves the house when something fails: looked at on the wire."""

import gzip
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import brotli
from django.conf import settings

from tests.config.test_environment import PRODUCTION, SHOW, start
from tests.processes import bare_environment

SECRETS = {
    "address": "an.peeters@example.org",
    "code": "9fK2-x_Z:1a2B3c",
    "name": "Annelies Peeters",
    "password": "hunter2",
    "cookie": "c00kie-of-somebody",
    "network": "192.0.2.77",
}
# A page that fails while it holds all that in variables, in the request and in what it says.
PROGRAM = """
import json, sys, django
secrets = json.loads(sys.argv[1])
django.setup()
from django.conf import settings
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
from django.http import HttpResponse
from django.test import Client
from django.urls import path
import config.urls
from accounts.access import anyone

@anyone
def fail(request, code):
    name = secrets["name"]
    raise ValueError(
        f"{secrets['address']} at /registrations/{code}/ over "
        f"postgres://user:{secrets['password']}@host/name"
    )

config.urls.urlpatterns.append(path("registrations/<str:code>/failing/", fail))
client = Client(raise_request_exception=False, REMOTE_ADDR=secrets["network"])
client.cookies["sessionid"] = secrets["cookie"]
answer = client.post(
    f"/registrations/{secrets['code']}/failing/?q={secrets['name']}",
    {"name": secrets["name"], "email": secrets["address"]},
    secure=True,
    headers={"X-Request-ID": "0123456789abcdef", "Host": "sessies.example.be"},
)
import sentry_sdk
sentry_sdk.flush(10)
print(answer.status_code)
"""


class Service(BaseHTTPRequestHandler):
    """A Sentry-compatible service that keeps what it is told."""

    heard: list[str] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
        body = unpack[self.headers.get("Content-Encoding")](body)
        self.heard.append(str(self.headers) + body.decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_report_of_an_error_names_nobody_and_no_secret(tmp_path: Path) -> None:
    Service.heard = []
    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = bare_environment(
        **PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"},
        # Where styles are found without having been collected.
        LOCAL_MODE="1",
        VAR_DIR=str(tmp_path),
        DJANGO_SETTINGS_MODULE="config.settings",
        SENTRY_DSN=f"http://key@127.0.0.1:{server.server_port}/1",
    )

    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(SECRETS)],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    server.shutdown()
    server.server_close()

    assert ran.stdout == "500\n", ran.stderr
    [told] = [each for each in Service.heard if '"exception"' in each]
    assert "ValueError" in told
    assert "[address] at /registrations/[code]/ over postgres://[password]@host/name" in told
    assert '"request_id":"0123456789abcdef"' in told
    assert "WARNING" not in ran.stderr
    assert "ERROR django.request 0123456789abcdef Internal Server Error" in ran.stderr
    everything = "".join(Service.heard) + ran.stderr
    assert {name for name, secret in SECRETS.items() if secret in everything} == set()


def test_address_of_no_error_service_stops_the_start() -> None:
    for wrong in (
        "errors.example.be",
        "https://errors.example.be/1",
        "https://key@",
        "ftp://k@h/1",
    ):
        ran = start(SHOW, "DEBUG", SENTRY_DSN=wrong)

        assert ran.returncode == 1
        assert ran.stderr.startswith("The setting SENTRY_DSN cannot be understood: it is ")
