"""Making a backup and putting one back: the database and the documents, in one file.

What is not in it: the erasure log, which has to know what the backup does not; and documents in an
object store, which keeps versions of its own.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.backends.postgresql.client import DatabaseClient

from mailing import outbox, standing
from portal import privacy

PREFIX = "sessions-"
# Heard of as lately as this, a worker has not been stopped.
STILL_RUNNING = timedelta(seconds=30)
# Of the database, as PostgreSQL's custom format or as SQLite's file.
_DATABASE, _MEDIA, _MANIFEST = "database", "media", "manifest.json"
# Waiting longer than this for a table means that somebody still uses it.
_LOCKS = "-c lock_timeout=10s"


class Failed(Exception):
    """It could not be done; the text is a sentence for who runs the installation."""


@dataclass(frozen=True)
class PutBack:
    """What putting a backup back came to."""

    made_at: datetime
    erased_again: int
    uncertain: int
    documents: int


# Making ------------------------------------------------------------------------------------------


def make(folder: Path, *, now: datetime) -> Path:
    """Write a backup into a folder; the file, readable by its owner only. Raises Failed."""
    target = folder / f"{PREFIX}{now:%Y%m%dT%H%M%S}.tar"
    with _problems(), tempfile.TemporaryDirectory(dir=folder) as scratch:
        database = Path(scratch) / _DATABASE
        # First the rows: a document may then be there too much, never too little.
        _dump(database)
        manifest = {
            "made_at": now.isoformat(),
            "engine": connection.vendor,
            "sha256": _digest(database),
            "has_documents": _media_folder() is not None,
        }
        Path(scratch, _MANIFEST).write_text(json.dumps(manifest, indent=1))
        unfinished = Path(scratch) / target.name
        unfinished.touch(mode=0o600)
        with tarfile.open(unfinished, "w") as tar:
            tar.add(Path(scratch, _MANIFEST), _MANIFEST)
            tar.add(database, _DATABASE)
            media = _media_folder()
            if media is not None and media.is_dir():
                tar.add(media, _MEDIA)
        # Whole or not there.
        unfinished.replace(target)
    return target


def forget_old(folder: Path, *, before: datetime) -> list[Path]:
    """Delete backups that were made before a moment; which."""
    name = f"{PREFIX}{before:%Y%m%dT%H%M%S}.tar"
    old = [path for path in sorted(folder.glob(f"{PREFIX}*.tar")) if path.name < name]
    for path in old:
        path.unlink()
    return old


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # One moment of it, also while others write.
            cursor.execute("VACUUM INTO %s", [str(target)])
    else:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


# Putting back ------------------------------------------------------------------------------------


def put_back(file: Path, *, lost_at: datetime, now: datetime) -> PutBack:
    """Put database and documents back as they were; harmless when repeated. Raises Failed.

    `lost_at` is until when mail may have left since the backup was made. What was due by then is
    not sent: nobody knows whether it was, and a person can send it again by hand.
    """
    _refuse_while_running(now)
    with _problems(), tempfile.TemporaryDirectory() as scratch, tarfile.open(file) as tar:
        manifest = _manifest(tar)
        tar.extract(_DATABASE, scratch, filter="data")
        database = Path(scratch) / _DATABASE
        if _digest(database) != manifest["sha256"]:
            raise Failed("The backup is damaged: its database is not what it was when made.")
        _load(database)
        documents = _put_back_documents(tar) if manifest["has_documents"] else 0
    # A backup may be older than the program.
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    erased_again = privacy.replay(now)
    return PutBack(
        made_at=datetime.fromisoformat(manifest["made_at"]),
        erased_again=erased_again,
        uncertain=outbox.doubt(until=lost_at),
        documents=documents,
    )


def _refuse_while_running(now: datetime) -> None:
    try:
        heard_at = standing.look(now).worker_at
    except DatabaseError:
        return  # nothing is there yet
    finally:
        connection.close()
    if heard_at is not None and heard_at > now - STILL_RUNNING:
        raise Failed("A worker still runs. Stop all workers and web processes first.")


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    member = tar.extractfile(_MANIFEST)
    if member is None:
        raise Failed("This is no backup.")
    manifest: dict[str, Any] = json.load(member)
    if manifest["engine"] != connection.vendor:
        raise Failed(f"The backup is of {manifest['engine']}, the database is not.")
    return manifest


def _load(dump: Path) -> None:
    if connection.vendor == "sqlite":
        target = Path(connection.settings_dict["NAME"])
        # What was written after the backup must not be written into it.
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        beside = target.with_name(f"{target.name}.restored")
        shutil.copy(dump, beside)
        beside.replace(target)
        return
    script = dump.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump), on=False)
    # All of it or nothing: what fails leaves the database as it was.
    _run(
        "psql",
        "--quiet",
        "--no-psqlrc",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--command=DROP SCHEMA public CASCADE",
        "--command=CREATE SCHEMA public",
        f"--file={script}",
    )


def _put_back_documents(tar: tarfile.TarFile) -> int:
    """Put documents back, and take away those of which the database knows nothing any more."""
    media = _media_folder()
    if media is None:
        raise Failed("The backup holds documents, and they are kept in an object store now.")
    media.mkdir(parents=True, exist_ok=True)
    kept: set[Path] = set()
    for member in tar.getmembers():
        path = Path(member.name)
        if path.parts[0] == _MEDIA and member.isfile():
            member.name = str(path.relative_to(_MEDIA))
            tar.extract(member, media, filter="data")
            kept.add(media / member.name)
    for path in media.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
    return len(kept)


# Both --------------------------------------------------------------------------------------------


def _media_folder() -> Path | None:
    """Where documents lie; None where they lie in an object store."""
    is_here = isinstance(default_storage._wrapped, FileSystemStorage)  # type: ignore[attr-defined]
    return Path(settings.MEDIA_ROOT) if is_here else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(program: str, *arguments: str, on: bool = True) -> None:
    """Run one of PostgreSQL's programs, on the database unless told otherwise."""
    command, given = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    environment: Mapping[str, str] = os.environ | (given or {}) | {"PGOPTIONS": _LOCKS}
    where = command[1:] if on else []
    try:
        ran = subprocess.run(
            [program, *arguments, *where],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Failed(f"{program} is needed: on Debian the package postgresql-client.") from error
    if ran.returncode:
        raise Failed(f"{program} failed: {ran.stderr.strip()}")


@contextmanager
def _problems() -> Iterator[None]:
    """Say what went wrong as a sentence."""
    try:
        yield
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise Failed(f"It could not be read or written: {error}") from error
