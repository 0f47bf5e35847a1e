"""`python -m bench [NAME …]`: measures, prints the table, ends with 1 where a target is missed."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import clusters, databases
from bench.databases import Database
from bench.figures import Figure, table

BENCHES = {
    "pages": "public pages against a bare view",
    "mail": "link mails against a bare loop over one connection",
    "planning": "planning what is due among half a million registrations",
    "calendars": "feeds against a library that writes them, and a 304 against a bare view",
    "registration": "complete registrations against a bare form",
    "rush": "more people than seats, and everybody before the deadline",
    "deadlines": "making the list of deadlines, with 2,000 calls and with 20",
    "attendees": "the list of 10,000 attendees, and its exports",
    "growth": "the same pages with 10 and 100 times the data",
    "memory": "what the processes hold, after the load and while it lasts",
}
# Asked for by name only, and on a database server of its own.
FAULTS = {"faults": "what is lost when workers and the database are killed"}
# Asked for by name only: it needs Chromium, and Lighthouse from npm.
LIGHTHOUSE = {"lighthouse": "pages as Lighthouse finds them on a slow phone"}


def main(names: list[str]) -> int:
    """Measure what is named, or all."""
    known = BENCHES | FAULTS | LIGHTHOUSE
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = "\n".join(f"  {name:14} {what}" for name, what in known.items())
        sys.stderr.write(f"There is no bench {unknown[0]}. There are:\n{listed}\n")
        return 2
    rows: list[tuple[str, Figure]] = []
    broken: list[str] = []
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        _say("Collecting the static files.")
        _manage(_environment(Path(folder), ""), "collectstatic", "--noinput")
        if set(names) & FAULTS.keys():
            own = stack.enter_context(clusters.cluster())
            os.environ["BENCH_CLUSTER"] = f"{own.folder}:{own.port}"
            found: list[Database] = [databases.Postgresql(own.address)]
        else:
            found = databases.found(Path(folder))
        for database in found:
            _prepare(database, Path(folder), stack)
        for name in names or BENCHES:
            for database in found:
                _say(f"{name} on {database.name}: {known[name]}.")
                try:
                    for figure in _measure(name, database, Path(folder)):
                        _say(f"    {figure}")
                        rows.append((database.name, figure))
                except subprocess.CalledProcessError:
                    broken.append(f"{name} on {database.name}")
    sys.stdout.write(f"{_machine()}\n\n{table(rows)}\n")
    for each in broken:
        sys.stdout.write(f"{each} could not be measured; the reason stands above.\n")
    return int(bool(broken) or not all(figure.is_met for _name, figure in rows))


def _prepare(database: Database, folder: Path, stack: ExitStack) -> None:
    """The database that each bench gets a copy of: tables and facts."""
    _say(f"Preparing {database.name}.")
    environment = _environment(folder, stack.enter_context(database.template()))
    _manage(environment, "migrate")
    _manage(environment, "createcachetable")
    _manage(environment, "load_seed_data")


def _measure(name: str, database: Database, folder: Path) -> Iterator[Figure]:
    with database.copy(name) as address, TemporaryDirectory(prefix=f"{name}-", dir=folder) as own:
        command = [sys.executable, "-m", "bench.one", name, own]
        environment = _environment(Path(own), address)
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            for line in process.stdout:
                yield Figure(**json.loads(line))
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)


def _environment(folder: Path, database_url: str) -> dict[str, str]:
    """The settings of production, behind a proxy, with everything in the folder of the run."""
    names = ("PATH", "HOME", "LANG", "BENCH_CLUSTER")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
        "SECRET_KEY": "bench" * 12,
        "SITE_URL": "https://sessies.example.be",
        "BEHIND_PROXY": "1",
        "DATABASE_URL": database_url or f"sqlite:///{folder}/none.sqlite3",
        "EMAIL_URL": "smtp://127.0.0.1:25",
        "DEFAULT_FROM_EMAIL": "sessies@example.be",
        "CONTROLLER_NAME": "Departement Voorbeeld",
        "DATA_PROTECTION_CONTACT": "dpo@example.be",
        "SECURITY_CONTACT": "security@example.be",
        "VAR_DIR": str(folder),
        "BENCH_FOLDER": str(folder),
    }


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments, "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _machine() -> str:
    cores = os.cpu_count()
    return f"{cores} cores, {platform.machine()}, Python {platform.python_version()}"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
