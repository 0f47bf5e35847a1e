"""Mails sent on one's own machine, read in the browser."""

from base64 import b64encode
from email.message import EmailMessage as ParsedMail

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import local_only
from mailing import mailbox
from mailing.views.framing import frames_mail, is_mail

SHOWN = 100


def _mail(name: str) -> ParsedMail:
    mail = mailbox.read(name)
    if mail is None:
        raise Http404
    return mail


def _body(mail: ParsedMail, subtype: str) -> str:
    part = mail.get_body(preferencelist=(subtype,))
    return str(part.get_content()) if part else ""


@local_only
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """The mails sent here, newest first."""
    mails = [(name, mailbox.read(name)) for name in mailbox.names(SHOWN)]
    return render(request, "mailing/mailbox.html", {"mails": [m for m in mails if m[1]]})


@local_only
@require_safe
@frames_mail
def mail_page(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: headers, HTML, text, and what is attached."""
    mail = _mail(name)
    return render(
        request,
        "mailing/mail.html",
        {
            "name": name,
            "mail": mail,
            "headers": [(key, str(value)) for key, value in mail.items()],
            "text": _body(mail, "plain"),
            "calendars": [
                (part.get_content_type(), part.get_filename(), str(part.get_param("method") or ""))
                for part in mail.walk()
                if part.get_content_type() in {"text/calendar", "application/ics"}
            ],
            "calendar_text": _calendar(mail).decode(errors="replace"),
        },
    )


@local_only
@require_safe
@is_mail
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail by itself; its styles are in its elements, as mail programs want them."""
    mail = _mail(name)
    html = _body(mail, "html")
    for part in mail.walk():
        if part.get_content_maintype() == "image" and part["Content-ID"]:
            encoded = b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            address = f"data:{part.get_content_type()};base64,{encoded}"
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", address)
    return HttpResponse(html)


@local_only
@require_safe
def mail_calendar(request: HttpRequest, name: str) -> HttpResponse:
    """The calendar attached to a mail, to open in a calendar program."""
    content = _calendar(_mail(name))
    if not content:
        raise Http404
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="sessie.ics"'
    return response


@local_only
@require_safe
def mail_source(request: HttpRequest, name: str) -> HttpResponse:
    """A mail as it was sent."""
    content = mailbox.source(name)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="text/plain; charset=utf-8")


def _calendar(mail: ParsedMail) -> bytes:
    """The attached calendar, else the one among the alternatives."""
    for wanted in ("application/ics", "text/calendar"):
        for part in mail.walk():
            if part.get_content_type() == wanted:
                payload = part.get_payload(decode=True)
                return payload if isinstance(payload, bytes) else b""
    return b""
