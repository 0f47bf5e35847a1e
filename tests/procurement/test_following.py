import re
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.models import Theme
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement import following, privacy, reminding
from procurement.changing import Edit, note_status, save_deadline, tell_followers
from procurement.messages import remind
from procurement.models import OFFSETS, Call, Deadline, Follow, Follower
from tests.build import NOW, days, make_call, make_deadline
from tests.page import CheckedClient
from tests.procurement.build import deliver, make_follow

pytestmark = pytest.mark.django_db

ADDRESS = "volger@example.org"


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    time_machine.move_to(NOW, tick=False)


def answers(**changed: object) -> dict[str, object]:
    filled = {"email": ADDRESS, "subject": "all", "offsets": ["30", "1"], "language": "nl"}
    return filled | changed


def last_mail() -> EmailMessage:
    parsed = message_from_bytes(mail.outbox[-1].message().as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def link(path: str) -> str:
    """The address in the last mail that ends so, as a path."""
    text = mail.outbox[-1].body
    found = re.search(rf"http://localhost:8000(\S*/{path}/)", str(text))
    assert found is not None, text
    return found[1]


# Asking and confirming ---------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_following_starts_with_the_confirmation(client: CheckedClient, language: str) -> None:
    call = make_call()
    asked = client.post("/follow/", answers(subject=f"call:{call.slug}", language=language))
    deliver(NOW)
    before = Follow.objects.get().confirmed_at
    address = link("confirm")

    looked_at = client.get(address)
    after_looking = Follow.objects.get().confirmed_at
    confirmed = client.post(address, follow=True)

    assert (asked.status_code, looked_at.status_code, confirmed.status_code) == (200, 200, 200)
    assert (before, after_looking) == (None, None)
    follow = Follow.objects.get()
    assert (follow.confirmed_at, follow.call, follow.offsets) == (NOW, call, [30, 1])
    assert follow.follower.language == language
    assert call.title in confirmed.content.decode()


def test_theme_and_everything_can_be_followed(client: CheckedClient) -> None:
    Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="Ethiek")

    client.post("/follow/", answers(subject="theme:ethiek"))
    client.post("/follow/", answers(subject="all"))

    assert sorted(follow.subject for follow in Follow.objects.all()) == [
        "Alle oproepen",
        "Thema “Ethiek”",
    ]


def test_answer_is_alike_for_known_and_unknown_addresses(client: CheckedClient) -> None:
    make_follow(email="bekend@example.org")
    make_follow(email="wacht@example.org", confirmed_at=None)
    pages, headers, queries = [], [], []
    for address in ("bekend@example.org", "wacht@example.org", "nieuw@example.org"):
        with CaptureQueriesContext(connection) as asked:
            response = client.post("/follow/", answers(email=address))
        pages.append(response.content.decode().replace(address, "…"))
        headers.append({name for name, _value in response.items()})
        queries.append(len(asked))

    assert pages[0] == pages[1] == pages[2]
    assert headers[0] == headers[1] == headers[2]
    # Writing new rows costs a few statements more; nothing waits for a mail server.
    assert max(queries) - min(queries) <= 8


def test_stranger_changes_nothing_of_what_somebody_follows(client: CheckedClient) -> None:
    make_follow(offsets=(7,))

    client.post("/follow/", answers(language="fr", offsets=["1"]))
    deliver(NOW)

    follow = Follow.objects.get()
    assert (follow.offsets, follow.follower.language, follow.language) == ([7], "nl", "nl")
    assert last_mail()["Subject"] == "U volgt dit al: Alle oproepen"


def test_asking_again_and_again_mails_a_limited_number_of_times(client: CheckedClient) -> None:
    calls = [make_call() for _number in range(8)]
    for call in calls:
        for _again in range(2):
            client.post("/follow/", answers(subject=f"call:{call.slug}"))

    assert Message.objects.count() == following.MAILS_PER_ADDRESS_PER_HOUR


def test_address_in_other_capitals_is_the_same_follower(client: CheckedClient) -> None:
    client.post("/follow/", answers(email="Volger@Example.org"))
    client.post("/follow/", answers(email="volger@example.ORG"))

    assert Follow.objects.count() == 1


def test_who_never_confirms_is_forgotten(client: CheckedClient) -> None:
    client.post("/follow/", answers())
    make_follow(email="wel@example.org")
    limit = NOW + days(7)

    kept = following.forget_unconfirmed(limit - timedelta(seconds=1))
    gone = following.forget_unconfirmed(limit)

    assert (kept, gone) == (0, 1)
    assert [follower.email for follower in Follower.objects.all()] == ["wel@example.org"]


def test_confirming_after_that_leads_nowhere(client: CheckedClient) -> None:
    client.post("/follow/", answers())
    deliver(NOW)
    following.forget_unconfirmed(NOW + days(7))

    assert client.post(link("confirm")).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"email": ""},
        {"email": "geen adres"},
        {"email": "a@b.be\r\nBcc: c@d.be"},
        {"email": "x\x00@example.org"},
        {"subject": ""},
        {"subject": "call:guessed"},
        {"subject": "call:\x00"},
        {"subject": "theme:guessed"},
        {"offsets": ["3"]},
        {"language": "xx"},
        {"email": "a" * 300 + "@example.org"},
    ],
    ids=str,
)
def test_what_makes_no_sense_comes_back_as_it_was_typed(
    client: CheckedClient, changed: dict[str, object]
) -> None:
    # What no page can hold comes back as it was typed, and no page with it is sound.
    sender = Client() if "\\x00" in repr(changed) else client

    response = sender.post("/follow/", answers(**changed))

    assert response.status_code == 422
    assert not Follower.objects.exists()
    if changed == {"email": "geen adres"}:
        assert 'value="geen adres"' in response.content.decode()


def test_draft_cannot_be_followed(client: CheckedClient) -> None:
    draft = make_call(status=Call.Status.DRAFT, title="Nog geheim")

    shown = client.get(f"/follow/?subject=call:{draft.slug}")
    sent = client.post("/follow/", answers(subject=f"call:{draft.slug}"))

    assert sent.status_code == 422
    assert "Nog geheim" not in shown.content.decode() + sent.content.decode()


# The owner's page --------------------------------------------------------------------------------


def test_owner_chooses_other_reminders(client: CheckedClient) -> None:
    follow = make_follow()
    page = follow.follower.get_absolute_url()

    response = client.post(
        f"{page}reminders/", {"follow": follow.public_id, "offsets": ["14"]}, follow=True
    )

    follow.refresh_from_db()
    assert follow.offsets == [14]
    assert "14 dagen vooraf" in response.content.decode()


def test_owner_stops_following_one_thing_and_keeps_another(client: CheckedClient) -> None:
    one, other = make_follow(), make_follow(call=make_call())
    page = one.follower.get_absolute_url()

    client.post(f"{page}unfollow/", {"follow": one.public_id}, follow=True)

    assert list(Follow.objects.all()) == [other]


def test_owner_who_follows_nothing_any_more_is_forgotten(client: CheckedClient) -> None:
    follow = make_follow()

    response = client.post(
        f"{follow.follower.get_absolute_url()}unfollow/", {"follow": follow.public_id}, follow=True
    )

    assert response.status_code == 200
    assert not Follower.objects.exists()


def test_owner_reaches_nobody_elses(client: CheckedClient) -> None:
    mine, other = make_follow(), make_follow(email="ander@example.org")
    page = mine.follower.get_absolute_url()

    answered = [
        client.post(f"{page}{action}/", {"follow": number}).status_code
        for action in ("unfollow", "reminders")
        for number in (other.public_id, str(other.pk), "", "\x00")
    ]

    assert set(answered) == {404}
    assert Follow.objects.count() == 2


def test_each_code_serves_one_purpose(client: CheckedClient) -> None:
    follow = make_follow(confirmed_at=None)
    codes = {
        "": follow.follower.get_absolute_url().split("/")[2],
        "confirm/": follow.confirming_code,
        "stop/": follow.follower.get_stop_url().split("/")[2],
    }

    works = {
        (name, action)
        for name, code in codes.items()
        for action in codes
        if client.get(f"/follow/{code}/{action}").status_code == 200
    }

    assert works == {(name, name) for name in codes}


# Stopping ----------------------------------------------------------------------------------------


def reminded(client: Client) -> EmailMessage:
    """The mail of a reminder."""
    deadline = make_deadline()
    make_follow(call=deadline.call, language="fr")
    deliver(deadline.closes_at - days(1.5))
    return last_mail()


def test_reminder_is_stopped_at_one_click_without_cookie_or_redirect() -> None:
    client = CheckedClient(enforce_csrf_checks=True)
    letter = reminded(client)
    address = letter["List-Unsubscribe"].strip(" <>").removeprefix("http://localhost:8000")

    looked_at = client.get(address)
    still_there = Follower.objects.count()
    clicked = client.post(address, {"List-Unsubscribe": "One-Click"})
    again = client.post(address, {"List-Unsubscribe": "One-Click"})

    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (looked_at.status_code, still_there) == (200, 1)
    assert (clicked.status_code, again.status_code) == (200, 200)
    assert not Follower.objects.exists()


def test_reminder_is_in_the_language_of_its_reader(client: CheckedClient) -> None:
    letter = reminded(client)

    assert letter["Content-Language"] == "fr"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert str(letter["Subject"]).startswith("Demain\N{NO-BREAK SPACE}: ")
    body = letter.get_body(("plain",))
    assert body is not None
    assert "/fr/follow/" in body.get_content()


def test_mail_to_confirm_holds_no_way_to_stop_since_nothing_runs(client: CheckedClient) -> None:
    client.post("/follow/", answers())
    deliver(NOW)

    assert last_mail()["List-Unsubscribe"] is None


# Changes -----------------------------------------------------------------------------------------


def test_mail_of_a_change_says_both_dates_why_and_what_holds_now(client: CheckedClient) -> None:
    deadline = make_deadline()
    make_follow(call=deadline.call)
    deadline.closes_at += days(7)
    change = save_deadline(deadline, Edit(None, NOW, "Veel vragen kwamen laat."))
    tell_followers(deadline.call, [change], now=NOW)

    deliver(NOW)

    text = str(mail.outbox[-1].body)
    assert (
        "Indiendatum verlengd van vrijdag 24 september 2027 om 24u00"
        " naar vrijdag 1 oktober 2027 om 24u00" in text
    )
    assert "Reden: Veel vragen kwamen laat." in text
    assert "Indiendatum: uiterlijk vrijdag 1 oktober 2027 om 24u00" in text
    assert last_mail()["List-Unsubscribe-Post"]


def test_mail_of_a_cancelled_call_says_so(client: CheckedClient) -> None:
    deadline = make_deadline()
    make_follow(call=deadline.call)
    deadline.call.status = Call.Status.CANCELLED
    deadline.call.save()
    change = note_status(deadline.call, Call.Status.PUBLISHED, Edit(None, NOW, "Geen budget."))
    tell_followers(deadline.call, [change], now=NOW)

    deliver(NOW)

    assert "De oproep is geannuleerd." in str(mail.outbox[-1].body)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_reminder_names_the_day_to_ask_for_the_intake_talk(language: str) -> None:
    deadline = make_deadline(intake_working_days=5)
    make_follow(call=deadline.call, language=language)

    deliver(deadline.closes_at - days(20))

    assert "17 septe" in str(mail.outbox[-1].body).lower()


def rows(text: str) -> list[str]:
    """The lines of a mail that say something, without addresses."""
    return [line for line in text.splitlines() if line and "://" not in line]


def test_reminder_of_one_date_says_all_that_one_could_be_mistaken_about() -> None:
    before = Closing.from_local(Edge.BEFORE_DATE, date(2027, 6, 8), None, BRUSSELS)
    deadline = make_deadline(
        call=make_call(title="AI bij besturen"),
        kind=Deadline.Kind.PRE_NOTIFICATION,
        closing=before,
        is_confirmed=False,
        intake_working_days=2,
    )
    make_follow(call=deadline.call)

    deliver(reminding.due_at(deadline, 7))

    assert mail.outbox[-1].subject == "Nog 7 dagen: AI bij besturen (vooraanmelding)"
    assert rows(str(mail.outbox[-1].body))[:6] == [
        "VOORAANMELDING: NOG 7 DAGEN",
        "Beste,",
        "U vroeg om u hieraan te herinneren:",
        "Oproep: AI bij besturen",
        (
            "Vooraanmelding: vóór dinsdag 8 juni 2027, open tot en met maandag 7 juni 2027, 23u59"
            " (Brusselse tijd). Deze datum moet nog bevestigd worden."
        ),
        "Vraag het intakegesprek: uiterlijk donderdag 3 juni 2027",
    ]


def test_reminder_of_several_names_the_first_and_leads_to_each() -> None:
    first = make_deadline(call=make_call(title="AI bij besturen", slug="ai"))
    make_deadline(
        call=make_call(title="Circulaire economie", slug="ce"),
        closing=Closing(Edge.AT_TIME, first.closes_at + days(7), BRUSSELS),
    )
    make_follow()

    deliver(reminding.due_at(first, 7))

    text = str(mail.outbox[-1].body)
    assert mail.outbox[-1].subject == "Nog 7 dagen: AI bij besturen, en nog 1 andere indiendatum"
    assert "Nog 14 dagen: Circulaire economie\n" in text
    assert "Indiendatum: uiterlijk vrijdag 1 okt" in text
    assert [line for line in text.splitlines() if line.endswith(("/ai/", "/ce/"))] == [
        "http://localhost:8000/deadlines/ai/",
        "http://localhost:8000/deadlines/ce/",
    ]


@pytest.mark.parametrize(
    ("old", "new", "subject", "consequence"),
    [
        ("draft", "published", "Nieuwe oproep", "in uw agenda wat nu geldt."),
        ("published", "suspended", "Oproep opgeschort", "sturen wij er geen herinneringen over."),
        ("suspended", "published", "Oproep hervat", "in uw agenda wat nu geldt."),
        ("suspended", "cancelled", "Oproep geannuleerd", "Wij herinneren u er niet meer aan."),
    ],
)
def test_mail_of_a_new_status_says_it_first_and_what_follows(
    old: str, new: str, subject: str, consequence: str
) -> None:
    deadline = make_deadline(call=make_call(title="AI bij besturen", status=new))
    make_follow(call=deadline.call)
    change = note_status(deadline.call, old, Edit(None, NOW, "Zo is het beslist."))
    tell_followers(deadline.call, [change], now=NOW)

    deliver(NOW)

    assert mail.outbox[-1].subject == f"{subject}: AI bij besturen"
    assert consequence in str(mail.outbox[-1].body)


# Privacy -----------------------------------------------------------------------------------------


def test_everything_held_is_told_and_erased() -> None:
    deadline = make_deadline()
    make_follow(call=deadline.call)
    make_follow(email="ander@example.org")
    deliver(deadline.closes_at - days(1.5))

    told = privacy.held("VOLGER@example.org")
    gone = privacy.erase("VOLGER@example.org")

    assert [row["Onderwerp"] for row in told["Wat u volgt"]] == [deadline.call.title]
    assert [row["Dagen vooraf"] for row in told["Herinneringen aan u"]] == ["1"]
    assert gone == 1
    assert [follower.email for follower in Follower.objects.all()] == ["ander@example.org"]
    assert privacy.held("volger@example.org") == {}
    assert Deadline.objects.exists()


def test_what_was_asked_after_an_erasure_stays() -> None:
    before = make_follow(call=make_deadline().call)
    after = make_follow(call=make_deadline().call)
    after.asked_at = before.asked_at + days(1)
    after.save()

    gone = privacy.erase("volger@example.org", before=before.asked_at)

    assert gone == 1
    assert list(Follow.objects.all()) == [after]
    assert Follower.objects.count() == 1


def test_mails_of_who_follows_nothing_any_more_are_forgotten_those_of_others_are_not(
    client: CheckedClient,
) -> None:
    stopped, stays = make_follow(), make_follow(email="ander@example.org")
    remind([stopped.follower, stays.follower], NOW.date(), due_at=NOW)
    client.post("/follow/", answers(email="nooit@example.org"))
    following.stop(stopped.follower)
    following.forget_unconfirmed(NOW + days(7))

    gone = privacy.forget_orphans(NOW)

    assert gone == 2
    assert sorted(Message.objects.values_list("recipient", flat=True)) == [
        "",
        "",
        "ander@example.org",
    ]
    assert privacy.forget_orphans(NOW) == 0


def test_offsets_are_those_of_the_model() -> None:
    assert {f"days_{days}" for days in OFFSETS} <= {field.name for field in Follow._meta.fields}
