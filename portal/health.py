"""Whether the parts of the product work together: database, worker, mail."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from mailing import standing

GOOD = {"ok", "paused"}
# What waits longer than this, though nothing stops it, shows that mail does not leave.
OLDEST_DUE = timedelta(minutes=15)


def look(now: datetime) -> dict[str, str]:
    """A word per part; `GOOD` holds those that are well. Names no person, address or setting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    found = {"database": "ok", "migrations": _migrations()}
    if found["migrations"] != "ok":
        return found  # the tables below may not be there yet
    mail = standing.look(now)
    found["worker"] = "ok" if mail.is_worker_alive else "not heard of"
    found["providers"] = "resting" if mail.are_all_resting else "ok"
    found["mail"] = "ok"
    if mail.pause is not None:
        found["mail"] = "paused"
    elif mail.oldest_due_at is not None and mail.oldest_due_at < now - OLDEST_DUE:
        found["mail"] = "waits too long"
    return found


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "missing" if missing else "ok"
