"""Telling a Sentry-compatible service of errors, without telling it about anybody."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.django import DjangoIntegration

from accounts import tracing
from config.logs import scrub


def report_to(dsn: str, *, environment: str) -> None:
    """Have errors reported from now on: where they happened and what they said, no more.

    Neither the values of variables nor the request leave; names of functions and lines of our own
    code do.
    """
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        integrations=[DjangoIntegration(transaction_style="function_name")],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_without_anybody,
    )


def _without_anybody(event: Any, _hint: dict[str, Any]) -> Any:
    """The report without the request, its sender, and whatever a log line would not hold."""
    for part in ("request", "user", "breadcrumbs", "extra"):
        event.pop(part, None)
    event.setdefault("tags", {})["request_id"] = tracing.current() or "-"
    return _scrubbed(event)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _scrubbed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(each) for each in value]
    return value
