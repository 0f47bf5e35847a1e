"""The mail with which a speaker gets the link to a page of their own."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.auditing import Actor
from accounts.names import address_key
from events import materials
from events.messages import absolute
from events.models import Session, Speaker, SpeakerPage
from events.models.material import OPEN_AFTER
from mailing import outbox
from mailing.letters import Letter, NotWanted
from mailing.models import Message
from moments import words

KIND = "speakers.page"


@transaction.atomic
def invite(session: Session, speaker: Speaker, email: str, *, by: Actor, now: datetime) -> None:
    """Mail a speaker the link; one mail an hour to an address at most, by its key."""
    page = materials.open_page(session, speaker, by=by, now=now)
    address = hashlib.sha256(address_key(email).encode()).hexdigest()[:12]
    outbox.put(
        [
            outbox.Draft(
                key=f"speaker-page:{page.public_id}:{address}:{now:%Y%m%d%H}",
                kind=KIND,
                # About no row that stays: to whom it went is forgotten after 30 days.
                object_id=0,
                recipient=email,
                due_at=now,
                useful_until=session.ends_at + OPEN_AFTER,
                payload={"page": page.pk},
            )
        ]
    )


def compose(message: Message, now: datetime) -> Letter:
    """The letter; raises `NotWanted` once the link is taken back or too late."""
    page = (
        SpeakerPage.objects.without_photo()
        .select_related("session__programme", "speaker")
        .filter(pk=message.payload["page"])
        .first()
    )
    if page is None or not page.holds(now):
        raise NotWanted(gettext_noop("The link was taken back."))
    session = page.session
    contact_name, contact_email = session.contact
    with translation.override(session.language):
        return Letter(
            recipient=message.recipient,
            language=session.language,
            subject=_("Your page as a speaker: %(title)s") % {"title": session.title},
            heading=_("A page of your own for this session"),
            organiser=session.programme.name_in_full,
            colour=session.programme.colour,
            greeting=_("Hello %(name)s,") % {"name": page.speaker.name},
            opening=[
                _(
                    "You speak at the session below. On a page of your own you can say in a few"
                    " sentences who you are, add a photo, and hand in your slides. You need no"
                    " account."
                ),
                _("Attendees see your slides after the session, once the organiser shows them."),
            ],
            facts=[
                (_("What"), session.title),
                (_("When"), words.period(session.starts_at, session.ends_at, session.zone)),
                (
                    _("Possible until"),
                    words.moment(session.ends_at + OPEN_AFTER, session.zone),
                ),
            ],
            button=(_("To my page"), absolute(page.get_absolute_url())),
            closing=[
                _("The link is yours alone: whoever has it can change your page."),
            ],
            contact_name=contact_name,
            reply_to=contact_email,
        )
