"""How the web server runs: gunicorn -c python:config.gunicorn config.wsgi.

What differs per machine is given on the command line or in GUNICORN_CMD_ARGS: --bind, --workers.
The master reads the application once, and its workers are copies that share what they do not
change. So HUP gives new workers, while new code or settings need a new master.
"""

import gc
import logging
import os
import shutil
import tempfile

workers = 2
threads = 4
preload_app = True
# Every answer is quick; what lasts longer hangs, and holds a thread that others wait for.
timeout = 30
# As long as that, so that no answer in the making is cut off by a restart.
graceful_timeout = 30
# Longer than proxies keep a connection open (nginx 60 s): else one is cut as it is used again.
keepalive = 75
# What stands in the lines of a request; a proxy in front may allow more than we do.
limit_request_line = 4094
limit_request_fields = 100
# Nothing of ours asks the master anything; signals are enough.
control_socket_disable = True

# A folder per master, in which each worker counts its requests for /metrics.
_counts = tempfile.mkdtemp(prefix="sessions-counts-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts


def pre_fork(_server: object, _worker: object) -> None:
    """Keep what is there out of the search for garbage, which would write to all of it."""
    gc.freeze()


def on_reload(_server: object) -> None:
    """Take away the handler that gunicorn adds anew; with that of our settings all came twice."""
    log = logging.getLogger("gunicorn.error")
    log.handlers = [handler for handler in log.handlers if not hasattr(handler, "_gunicorn")]


def on_exit(_server: object) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_counts, ignore_errors=True)
