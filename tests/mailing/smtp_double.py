"""A mail server that answers as a test tells it, on a real socket."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event, Thread
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

# What a test can have it do instead of answering: cut the line, or say nothing until it stops.
CUT, HANG = "cut", "hang"
OK = "250 OK"


@dataclass(frozen=True)
class Accepted:
    """A mail the server took responsibility for."""

    recipient: str
    content: bytes
    line: int
    options: Sequence[str] = ()

    @property
    def mail(self) -> EmailMessage:
        """The mail as its receiver's program would read it."""
        return message_from_bytes(self.content, policy=policy.default)


class SmtpDouble:
    """Answers 250 unless told otherwise, and remembers what came.

    `at` gives the answers for one step ("EHLO", "MAIL", "RCPT" or "DATA") and one recipient, used
    in turn; `always_at` the answer for all at that step. `when` calls a function as soon as a step
    is reached, before it is answered. `takes_together` is whether it takes commands together, as
    nearly every server does (RFC 2920).
    """

    def __init__(
        self, *, credentials: tuple[bytes, bytes] | None = None, takes_together: bool = True
    ) -> None:
        self.accepted: list[Accepted] = []
        self.reached: list[tuple[str, str]] = []
        self.lines = 0
        self.arrived = Event()
        self.takes_together = takes_together
        self._credentials = credentials
        self._answers: dict[tuple[str, str], deque[str]] = defaultdict(deque)
        self._standing: dict[str, str] = {}
        self._calls: dict[str, Callable[[int], None]] = {}
        self._released = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        served = self._loop.create_server(self._new_line, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(served, self._loop).result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _shut(self) -> None:
        self._released.set()
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def at(self, step: str, recipient: str, *answers: str) -> None:
        self._answers[step, recipient].extend(answers)

    def always_at(self, step: str, answer: str) -> None:
        self._standing[step] = answer

    def recover(self) -> None:
        """Answer 250 to everything from now on."""
        self._standing.clear()
        self._answers.clear()

    def when(self, step: str, call: Callable[[int], None]) -> None:
        """Call with how often the step was reached, in the server's thread."""
        self._calls[step] = call

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in the order of arrival."""
        return [each.recipient for each in self.accepted]

    def message_ids(self, recipient: str) -> list[str]:
        """The Message-ID of each mail somebody got."""
        mine = [each for each in self.accepted if each.recipient == recipient]
        return [str(each.mail["Message-ID"]) for each in mine]

    def _new_line(self) -> SMTP:
        self.lines += 1
        return SMTP(
            _Handler(self, self.lines),
            hostname="double.example.org",
            loop=self._loop,
            authenticator=self._authenticate if self._credentials else None,
            auth_required=self._credentials is not None,
            auth_require_tls=False,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        pair = (getattr(given, "login", b""), getattr(given, "password", b""))
        return AuthResult(success=pair == self._credentials, handled=False)

    async def answer(self, step: str, recipient: str, server: SMTP) -> str:
        """What to say at a step; cuts the line or hangs where told so."""
        self.reached.append((step, recipient))
        if step in self._calls:
            self._calls[step](sum(reached == step for reached, _recipient in self.reached))
        turns = self._answers[step, recipient]
        said = turns.popleft() if turns else self._standing.get(step, OK)
        if said == HANG:
            await self._released.wait()
        if said in {CUT, HANG}:
            server.transport.abort()
            return "421 gone"
        return said


class _Handler:
    """What one line to the server does at each step."""

    def __init__(self, double: SmtpDouble, line: int) -> None:
        self._double = double
        self._line = line

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self,
        server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        said = await self._double.answer("EHLO", "", server)
        session.host_name = hostname
        if said != OK:
            return [said]
        extra = ["250-PIPELINING"] if self._double.takes_together else []
        return [*responses[:-1], *extra, responses[-1]]

    async def handle_HELO(  # noqa: N802
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        said = await self._double.answer("EHLO", "", server)
        session.host_name = hostname
        return said

    async def handle_MAIL(  # noqa: N802
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        said = await self._double.answer("MAIL", address, server)
        if said == OK:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return said

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        said = await self._double.answer("RCPT", address, server)
        if said == OK:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return said

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        recipient = envelope.rcpt_tos[0]
        said = await self._double.answer("DATA", recipient, server)
        if said == OK:
            content = envelope.original_content or b""
            self._double.accepted.append(
                Accepted(recipient, content, self._line, envelope.mail_options)
            )
            self._double.arrived.set()
        return said
