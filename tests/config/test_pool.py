"""Threads of one process that share connections to PostgreSQL."""

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.config.test_environment import read
from tests.processes import bare_environment, database_url

PROGRAM = """
import json, threading
import django; django.setup()
from django.db import OperationalError, connection, connections

def ask(said, text="SELECT pg_backend_pid(), pg_sleep(0.1)"):
    # As a request does: what is asked for at its end goes back.
    connections["default"].close_if_unusable_or_obsolete()
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
            said.append(cursor.fetchone()[0])
    finally:
        connection.close()

def at_once(number):
    said = []
    threads = [threading.Thread(target=ask, args=(said,)) for _ in range(number)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return said

first = at_once(8)
# The server ends them all, as at its restart.
ask([], "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()")
then = at_once(8)
print(json.dumps([len(first), len(set(first)), len(then), len(set(then))]))
"""


def test_pool_takes_the_place_of_connections_that_threads_keep() -> None:
    [apart] = read("DATABASES")
    [pooled] = read("DATABASES", DATABASE_POOL="2")

    assert apart["default"]["CONN_MAX_AGE"] == 600
    assert pooled["default"]["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 2, "timeout": 10}
    assert pooled["default"].get("CONN_MAX_AGE", 0) == 0
    assert pooled["default"]["CONN_HEALTH_CHECKS"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_threads_share_two_connections_also_after_the_server_ended_them() -> None:
    address = database_url()
    connection.close()

    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=bare_environment(
            DJANGO_SETTINGS_MODULE="config.settings",
            LOCAL_MODE="1",
            DATABASE_URL=address,
            DATABASE_POOL="2",
        ),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    answered, used, answered_after, used_after = json.loads(ran.stdout)
    assert (answered, answered_after) == (8, 8), ran.stderr
    assert 1 <= used <= 2
    assert 1 <= used_after <= 2
