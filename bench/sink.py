"""`python -m bench.sink PORT FOLDER`: a mail server that takes everything, and writes down when.

As a server must (RFC 5321 section 6.1), it has a mail on disk before it says yes: what it costs to
hand over one mail safely is part of the limit, whoever sends.
"""

import asyncio
import os
import re
import struct
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

STAMP = struct.Struct("d")
_HEADERS = re.compile(r"^To: (\S+)\r\n(?:[^\r\n]+\r\n)*?Message-ID: (\S+)\r\n", re.MULTILINE)


class Keeper:
    """Keeps each mail, and the moment at which it was taken."""

    def __init__(self, folder: Path) -> None:
        self._mails = (folder / "mails").open("wb", buffering=0)
        self._stamps = (folder / "stamps").open("wb", buffering=0)
        self._first = folder / "first.eml"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Greet, and say what nearly every mail server does: commands may come together."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101 - decode_data is off
        if not self._first.exists():
            self._first.write_bytes(content)
        self._mails.write(content)
        os.fdatasync(self._mails.fileno())
        self._stamps.write(STAMP.pack(time.monotonic()))
        return "250 OK"


async def serve(port: int, folder: Path) -> None:
    """Until it is ended."""
    loop = asyncio.get_running_loop()
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="sink.example.org", loop=loop), "127.0.0.1", port
    )
    await server.serve_forever()


def taken(folder: Path) -> list[tuple[str, str]]:
    """To whom each mail went, and its Message-ID."""
    return _HEADERS.findall((folder / "mails").read_bytes().decode(errors="replace"))


def stamps(folder: Path) -> list[float]:
    """When each mail was taken, by the clock that all processes share."""
    return [moment for (moment,) in STAMP.iter_unpack((folder / "stamps").read_bytes())]


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
