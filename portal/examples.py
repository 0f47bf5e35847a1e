"""Every mail about accounts and one's data with example data."""

from datetime import datetime

from accounts.auditing import Actor
from accounts.models import AuditEntry, Programme, Role, User
from mailing.examples import Cause, Examples
from mailing.models import Message
from portal import messages, sign_in, team

_EMAIL = "voorbeeld-van-een-mail@example.org"


def _about_an_account(template: str) -> Cause:
    def cause(language: str, now: datetime) -> Message:
        adapter = sign_in.AccountAdapter()
        adapter.send_mail(f"account/email/{template}", _EMAIL, {"code": "AB2C-3DE4"})
        return Message.objects.filter(kind=sign_in.KIND, recipient=_EMAIL).latest("pk")

    return cause


def _way(language: str, now: datetime) -> Message:
    User.objects.create_user(_EMAIL)
    messages.tell_way(_EMAIL, now=now)
    return Message.objects.filter(kind=messages.KIND, recipient=_EMAIL).latest("pk")


def _invitation(language: str, now: datetime) -> Message:
    programme = Programme.objects.create(slug="voorbeeld-van-een-mail", name="PIO")
    boss = User.objects.create_superuser("beheerder-van-een-mail@example.org", name="Ann Peeters")
    by = Actor(AuditEntry.Actor.USER, boss)
    team.invite(programme, _EMAIL, Role.ORGANISER, language=language, by=by, now=now)
    return Message.objects.filter(kind=team.KIND, recipient=_EMAIL).latest("pk")


EXAMPLES: Examples = {
    f"{sign_in.KIND}-code": _about_an_account("login_code"),
    f"{sign_in.KIND}-confirm": _about_an_account("email_confirmation_signup"),
    f"{sign_in.KIND}-confirm-another": _about_an_account("email_confirmation"),
    f"{sign_in.KIND}-exists": _about_an_account("account_already_exists"),
    f"{sign_in.KIND}-unknown": _about_an_account("unknown_account"),
    messages.KIND: _way,
    team.KIND: _invitation,
}
