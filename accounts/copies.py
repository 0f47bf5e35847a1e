"""A copy of what is held on somebody, as a file to take along."""

import json
from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.privacy import Held, instant

Ending = Literal["json", "txt"]


def copy_response(held: Held, ending: Ending, *, now: datetime) -> HttpResponse:
    """The copy to download: for a program (RFC 8259, moments in ISO 8601) or for a reader."""
    made_at = instant(now)
    if ending == "json":
        content = json.dumps({"made_at": made_at, "held": held}, ensure_ascii=False, indent=2)
        response = HttpResponse(content + "\n", content_type="application/json")
    else:
        content = render_to_string("components/held.txt", {"made_at": made_at, "held": held})
        response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    name = _("my-data")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
