"""All that is held on somebody: read, taken along, erased everywhere, and gone for good."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as BrowserSession
from django.core import serializers
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, Affiliation, AuditEntry, Erasure, Membership, Role, User
from accounts.privacy import CannotErase
from events.models import Needs, Registration, RegistrationGroup
from mailing.models import Message
from portal import messages, privacy
from portal.mine import calendar_of
from tests import build
from tests.build import NOW, days
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

EMAIL = "Zeger.Zonderling@geheim.example"
KEY = EMAIL.lower()
# What must be found nowhere afterwards, in any case.
WORDS = ["zonderling", "geheim.example", "zandzeefster", "zitzak", "zuivelvrij", "10.99.98.97"]


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def commits(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> DjangoCaptureOnCommitCallbacks:
    """What is done once a transaction holds, done within a test's own."""
    return django_capture_on_commit_callbacks


def make_account(email: str = KEY, **fields: object) -> User:
    user = User.objects.create_user(email, joined_at=NOW, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@pytest.fixture
def seeded(settings: Settings) -> User:
    """Somebody of whom something stands in every place that can hold something."""
    settings.EMAIL_BACKEND = "mailing.mailbox.MailboxBackend"
    session = build.make_session(asks_diet=True)
    registration = build.make_registration(
        session,
        email=EMAIL,
        name="Zeger Zonderling",
        organisation_name="Zonderling en zonen",
        job_title="Zandzeefster",
        consent_texts=[session.programme.consent_texts.create(code="x", text="Ja")],
    )
    Needs.objects.create(
        registration=registration, access="Zitzak", diet="Zuivelvrij", consented_at=NOW
    )
    group = RegistrationGroup.objects.create(
        session=session, requested_by="Zeger Zonderling", received_at=NOW
    )
    Registration.objects.filter(pk=registration.pk).update(
        group=group, organisation_key="zonderling en zonen"
    )
    RegistrationGroup.objects.create(session=session, requested_by=f"<{KEY}>", received_at=NOW)
    user = make_account(name="Zeger Zonderling", last_login=NOW)
    address = EmailAddress.objects.get(user=user)
    EmailConfirmation.objects.create(email_address=address, key="k", created=NOW)
    EmailAddress.objects.create(user=build.make_user(), email=EMAIL, verified=False)
    SocialAccount.objects.create(
        user=user, provider="acm", uid="zonderling-1", extra_data={"name": "Zeger Zonderling"}
    )
    Authenticator.objects.create(
        user=user, type="webauthn", data={"name": "Sleutel van Zonderling"}
    )
    Affiliation.objects.create(
        user=user, provider="acm", code="zonderling", name="Zonderling", seen_at=NOW
    )
    UserSession.objects.create(
        user=user, session_key="k" * 32, ip="10.99.98.97", user_agent="Zonderlings browser"
    )
    calendar_of(user)
    session.programme.invitations.create(
        email=EMAIL, email_key=KEY, role="viewer", language="nl", invited_at=NOW, sent_at=NOW,
        expires_at=NOW,
    )  # fmt: skip
    for content in ({"_auth_user_id": str(user.pk)}, {"account_login_code": {"email": KEY}}):
        browser = SessionStore()
        browser.update(content)
        browser.save()
    about = {"action_flag": CHANGE, "user": build.make_administrator()}
    for model, number, repr_ in (
        (Registration, registration.pk, "Zeger Zonderling – sessie"),
        (User, user.pk, "Zeger Zonderling"),
        (Message, 1, f"mail to {KEY}"),
    ):
        LogEntry.objects.create(
            content_type=ContentType.objects.get_for_model(model),
            object_id=str(number),
            object_repr=repr_,
            **about,
        )
    for number, recipient in enumerate((EMAIL, KEY, KEY.upper())):
        Message.objects.create(
            key=f"sign-in:{number}",
            kind="sign_in.mail",
            object_id=0,
            recipient=recipient,
            due_at=NOW,
            payload={"paragraphs": [f"Code voor {KEY}"], "subject": "s", "language": "nl"},
        )
    Message.objects.filter(key="sign-in:1").update(
        state="failed", closed_at=NOW, reason=f"550 no such user <{KEY}>"
    )
    call_command("worker", "--once")
    CheckedClient().post("/accounts/login/", {"login": KEY})
    return user


def found(words: list[str], folders: Iterator[Path] | tuple[Path, ...] = ()) -> dict[str, set[str]]:
    """Where words stand: in any column of any table that can hold text, or in a file."""
    places: dict[str, set[str]] = {}

    def look(place: str, text: str) -> None:
        hits = {word for word in words if word in text.lower()}
        if hits:
            places.setdefault(place, set()).update(hits)

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    look(f"{table}.{column}", str(value))
    for row in BrowserSession.objects.all():
        look("django_session, opened", json.dumps(row.get_decoded(), default=str))
    for folder in folders:
        for path in filter(Path.is_file, folder.rglob("*")):
            look(f"file {path.suffix}", path.read_text(errors="replace"))
    return places


def test_words_are_found_everywhere_before_and_nowhere_after_erasing(
    seeded: User, settings: Settings, tmp_path: Path, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    before = found(WORDS, (tmp_path,))
    tables = {place.partition(".")[0] for place in before}
    assert tables >= {
        "accounts_user",
        "accounts_affiliation",
        "accounts_invitation",
        "account_emailaddress",
        "django_admin_log",
        "django_session, opened",
        "events_registration",
        "events_registrationgroup",
        "events_needs",
        "file ",
        "mailing_message",
        "mfa_authenticator",
        "socialaccount_socialaccount",
        "usersessions_usersession",
    }
    assert set().union(*before.values()) == set(WORDS)

    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)

    assert found(WORDS, (tmp_path,)) == {}
    assert not User.objects.filter(pk=seeded.pk).exists()


def test_erasing_leaves_every_count_as_it_was(seeded: User) -> None:
    tables = (Registration, RegistrationGroup, Message)
    before = [model._default_manager.count() for model in tables]

    privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)

    after = [model._default_manager.count() for model in tables]
    # A mail about the cancellation was put in, and withdrawn.
    assert after == [before[0], before[1], before[2] + 1]
    assert set(Message.objects.filter(state="waiting").values_list("recipient", flat=True)) == set()


def test_erasing_one_address_leaves_everybody_else(seeded: User) -> None:
    session = build.make_session()
    other = build.make_registration(session, email="zeger@anders.example")
    account = make_account("zeger@anders.example")

    privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)

    other.refresh_from_db()
    assert not other.is_anonymous
    assert User.objects.filter(pk=account.pk).exists()
    assert Message.objects.get(object_id=other.pk, kind="events.registered").recipient


def test_held_tells_of_every_place_where_something_is(seeded: User) -> None:
    text = json.dumps(privacy.held_on_address(KEY)).lower()

    assert [word for word in WORDS if word not in text] == []


def test_held_on_two_addresses_tells_of_both() -> None:
    user = make_account("een@example.org")
    EmailAddress.objects.create(user=user, email="twee@example.org", verified=True)
    EmailAddress.objects.create(user=user, email="niet@example.org", verified=False)
    session = build.make_session()
    for email in ("een@example.org", "twee@example.org", "niet@example.org"):
        build.make_registration(session, email=email)

    held = privacy.held_on_user(user)

    told = {entry["E-mailadres"] for entry in held["Inschrijvingen"]}
    assert told == {"een@example.org", "twee@example.org"}


# Accounts ----------------------------------------------------------------------------------------


def test_account_goes_with_all_addresses_that_were_proved() -> None:
    user = make_account("een@example.org")
    EmailAddress.objects.create(user=user, email="twee@example.org", verified=True)
    EmailAddress.objects.create(user=user, email="niet@example.org", verified=False)
    session = build.make_session()
    rows = {
        email: build.make_registration(session, email=email)
        for email in ("een@example.org", "twee@example.org", "niet@example.org")
    }

    privacy.erase_user(user, now=NOW, by=SYSTEM)

    named = set(Registration.objects.named().values_list("pk", flat=True))
    assert named == {rows["niet@example.org"].pk}
    assert not User.objects.filter(pk=user.pk).exists()


def test_account_that_proved_no_address_goes_alone() -> None:
    user = build.make_user(email=KEY)
    registration = build.make_registration(build.make_session(), email=KEY)

    privacy.erase_user(user, now=NOW, by=SYSTEM)

    registration.refresh_from_db()
    assert not registration.is_anonymous
    assert not User.objects.exists()
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("role", Role.ORGANISER.or_more)
def test_organiser_hands_over_first_and_nothing_is_half_done(role: str) -> None:
    user = make_account(is_staff=True)
    programme = build.make_programme()
    Membership.objects.create(user=user, programme=programme, role=role)
    registration = build.make_registration(build.make_session(), email=KEY)

    for erase in (
        lambda: privacy.erase_address(KEY, now=NOW, by=SYSTEM),
        lambda: privacy.erase_user(user, now=NOW, by=SYSTEM),
    ):
        with pytest.raises(CannotErase):
            erase()

    registration.refresh_from_db()
    assert not registration.is_anonymous
    assert not Erasure.objects.exists()


def test_last_administrator_stays_and_the_last_but_one_may_go() -> None:
    first, second = (
        make_account(email, is_staff=True, is_superuser=True)
        for email in ("een@example.org", "twee@example.org")
    )

    privacy.erase_user(first, now=NOW, by=SYSTEM)
    with pytest.raises(CannotErase):
        privacy.erase_user(second, now=NOW, by=SYSTEM)

    assert list(User.objects.all()) == [second]


def test_entries_of_the_audit_log_stay_and_hold_no_words(seeded: User) -> None:
    AuditEntry.objects.create(at=NOW, actor="user", user=seeded, action=Action.REGISTRATIONS_SEEN)

    privacy.erase_user(seeded, now=NOW, by=SYSTEM)

    entries = AuditEntry.objects.filter(user_id=seeded.pk)
    assert entries.count() == 1
    assert {row.action for row in AuditEntry.objects.exclude(pk=entries.get().pk)} == {
        Action.DATA_ERASED
    }
    of_one, of_others = AuditEntry.objects.filter(action=Action.DATA_ERASED).order_by("pk")
    assert (of_one.object_type, of_one.details) == ("registration", {"registrations": 1})
    assert (of_others.object_type, of_others.details["accounts"]) == ("", 1)
    assert "registrations" not in of_others.details


# Restoring a backup ------------------------------------------------------------------------------


def backup() -> str:
    """Every row of every table of ours and of what signing in keeps, erasures left out."""
    models = [
        model
        for model in apps.get_models()
        if model not in (Erasure, AuditEntry) and model._meta.managed
    ]
    rows = [row for model in models for row in model._base_manager.order_by("pk")]
    text: str = serializers.serialize("json", rows)
    return text


def restore(text: str) -> None:
    Erasure.objects.all().delete()
    with connection.constraint_checks_disabled():
        for row in serializers.deserialize("json", text):
            row.save()
    connection.check_constraints()


def test_restored_backup_is_cleaned(
    seeded: User, tmp_path: Path, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    kept = backup()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW + timedelta(hours=1), by=SYSTEM)
    restore(kept)
    assert "events_registration.name" in found(WORDS)

    with commits(execute=True):
        assert privacy.replay(NOW + days(1)) > 0

    assert found(WORDS) == {}
    assert Erasure.objects.count() == 1
    assert privacy.replay(NOW + days(1)) == 0


def test_registration_that_was_erased_by_itself_goes_again_and_the_others_stay(
    commits: DjangoCaptureOnCommitCallbacks,
) -> None:
    one, other = (build.make_registration(build.make_session(), email=EMAIL) for _each in range(2))
    kept = backup()
    with commits(execute=True):
        CheckedClient().post(f"/registrations/{one.managing_code}/privacy/erase/")
    restore(kept)

    privacy.replay(NOW + days(1))

    rows = Registration.objects.in_bulk()
    assert (rows[one.pk].is_anonymous, rows[other.pk].is_anonymous) == (True, False)


def test_what_came_after_the_erasure_stays(commits: DjangoCaptureOnCommitCallbacks) -> None:
    session = build.make_session()
    build.make_registration(session, email=EMAIL)
    kept = backup()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW + timedelta(hours=1), by=SYSTEM)
    restore(kept)
    later = build.make_registration(build.make_session(), email=EMAIL, now=NOW + days(1))

    privacy.replay(NOW + days(2))

    assert list(Registration.objects.named()) == [later]
    later.refresh_from_db()
    assert later.email == EMAIL


def test_account_made_after_the_erasure_stays(
    commits: DjangoCaptureOnCommitCallbacks, time_machine: TimeMachineFixture
) -> None:
    make_account()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)
    time_machine.move_to(NOW + days(1))
    again = make_account()

    privacy.replay(NOW + days(2))

    assert list(User.objects.all()) == [again]


def test_erasure_is_known_after_the_secret_key_was_renewed(
    settings: Settings, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    build.make_registration(build.make_session(), email=EMAIL)
    kept = backup()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)
    restore(kept)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new key"

    privacy.replay(NOW + days(1))

    assert not Registration.objects.named().exists()


def test_replaying_reaches_an_organiser_whose_role_came_back_and_not_the_last_administrator(
    commits: DjangoCaptureOnCommitCallbacks,
) -> None:
    programme = build.make_programme()
    organiser = make_account(is_staff=True)
    boss = make_account("boss@geheim.example", is_staff=True, is_superuser=True)
    Membership.objects.create(user=organiser, programme=programme)
    kept = backup()
    build.make_administrator()
    Membership.objects.all().delete()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)
        privacy.erase_user(boss, now=NOW, by=SYSTEM)
    User.objects.all().delete()
    restore(kept)

    privacy.replay(NOW + days(1))

    assert list(User.objects.all()) == [boss]


def test_worker_that_starts_cleans_what_came_back(
    commits: DjangoCaptureOnCommitCallbacks, caplog: pytest.LogCaptureFixture
) -> None:
    build.make_registration(build.make_session(), email=EMAIL)
    kept = backup()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)
    restore(kept)

    with caplog.at_level(logging.WARNING):
        call_command("worker", "--once")

    assert not Registration.objects.named().exists()
    assert "erased again" in caplog.text
    assert KEY not in caplog.text


def test_command_cleans_and_says_how_much(
    capsys: pytest.CaptureFixture[str], commits: DjangoCaptureOnCommitCallbacks
) -> None:
    build.make_registration(build.make_session(), email=EMAIL)
    kept = backup()
    with commits(execute=True):
        privacy.erase_address(EMAIL, now=NOW, by=SYSTEM)
    restore(kept)

    call_command("replay_erasures")
    call_command("replay_erasures")

    assert capsys.readouterr().out.splitlines() == [
        "Erased again: 1 rows.",
        "Erased again: 0 rows.",
    ]


# Pages -------------------------------------------------------------------------------------------


def way(email: str = EMAIL) -> str:
    """The code in the mail that somebody asked for."""
    messages.tell_way(email, now=timezone.now())
    return messages.code_of(Message.objects.get(kind=messages.KIND))


def test_asking_answers_alike_for_every_address_and_mails_who_is_known(
    client: CheckedClient,
) -> None:
    build.make_registration(build.make_session(), email="an@example.org")

    pages = [
        client.post("/privacy/data/", {"email": email}).content.decode().replace(email, "…")
        for email in ("an@example.org", "jo@example.org")
    ]

    assert pages[0] == pages[1]
    told = Message.objects.filter(kind=messages.KIND)
    assert [row.recipient for row in told] == ["an@example.org"]
    assert "example" not in told.get().key


@pytest.mark.parametrize("email", ["", "jo", "jo\x00@example.org", "a" * 300 + "@b.be", "a@b@c"])
def test_asking_with_what_is_no_address_says_so(email: str) -> None:
    answer = Client().post("/privacy/data/", {"email": email})

    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_asking_again_within_the_hour_sends_no_second_mail(client: CheckedClient) -> None:
    build.make_registration(build.make_session(), email=EMAIL)

    for email in (EMAIL, KEY, EMAIL.upper()):
        client.post("/privacy/data/", {"email": email})

    assert Message.objects.filter(kind=messages.KIND).count() == 1


@pytest.mark.parametrize("language", ["", "/fr", "/en"])
def test_mail_leads_to_the_page_in_the_language_it_was_asked_in(
    language: str, client: CheckedClient, mailoutbox: list[object]
) -> None:
    build.make_registration(build.make_session(), email=EMAIL)
    client.post(f"{language}/privacy/data/", {"email": EMAIL})
    call_command("worker", "--once")

    [sent] = [row for row in mailoutbox if "/privacy/data/" in row.body]
    [address] = [
        word for word in sent.body.split() if f"{language}/privacy/data/" in word and "." in word
    ]

    answer = client.get(address)
    assert answer.status_code == 200
    assert KEY in answer.content.decode().lower()
    assert "geheim" not in address


def test_code_works_for_a_day(time_machine: TimeMachineFixture, client: CheckedClient) -> None:
    build.make_registration(build.make_session(), email=EMAIL)
    code = way()
    answers = []

    for hours in (0, 23.9, 24.1):
        time_machine.move_to(NOW + timedelta(hours=hours))
        answers.append(client.get(f"/privacy/data/{code}/").status_code)

    assert answers == [200, 200, 404]


def test_code_of_one_purpose_opens_no_other_page(client: CheckedClient) -> None:
    registration = build.make_registration(build.make_session(), email=EMAIL)
    code = way()

    addresses = [
        f"/privacy/data/{registration.managing_code}/",
        f"/privacy/data/{registration.joining_code}/",
        f"/registrations/{code}/",
        f"/registrations/{code}/privacy/",
        f"/privacy/data/{code[:-1]}/",
        f"/privacy/data/{code.partition('.')[0]}/",
    ]

    assert {client.get(address).status_code for address in addresses} == {404}


def test_code_of_another_mail_with_the_same_number_opens_nothing(client: CheckedClient) -> None:
    build.make_registration(build.make_session(), email=EMAIL)
    code = way()
    Message.objects.filter(kind=messages.KIND).update(
        message_id="<0123456789abcdef0123456789abcdef@x>", recipient="an@example.org"
    )

    assert client.get(f"/privacy/data/{code}/").status_code == 404


def test_page_shows_all_with_the_way_to_correct_each(seeded: User, client: CheckedClient) -> None:
    registration = Registration.objects.of_addresses([EMAIL]).get()

    page = client.get(f"/privacy/data/{way()}/").content.decode()

    assert registration.managing_code in page
    assert [word for word in WORDS if word not in page.lower()] == []
    assert "maandag 10 mei 2027 om 10u00" in page


@pytest.mark.parametrize("ending", ["json", "txt"])
def test_copy_holds_all_and_is_recorded(ending: str, seeded: User, client: CheckedClient) -> None:
    address = f"/privacy/data/{way()}/data.{ending}"

    answer = client.get(address)
    client.head(address)

    text = answer.content.decode()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in answer.headers["Cache-Control"]
    assert [word for word in WORDS if word not in text.lower()] == []
    entry = AuditEntry.objects.get(action=Action.DATA_EXPORTED)
    assert (entry.actor, entry.details) == ("owner", {})
    if ending == "json":
        assert "2027-05-10T08:00:00+00:00" in json.loads(text)["held"]["Inschrijvingen"][0].values()


def test_registrations_own_page_shows_that_registration_only(client: CheckedClient) -> None:
    first = build.make_registration(build.make_session(title="Eerste"), email=EMAIL)
    build.make_registration(build.make_session(title="Tweede"), email=EMAIL)
    make_account(name="Rekeninghouder")
    base = f"/registrations/{first.managing_code}/privacy/"

    pages = [
        client.get(base + end).content.decode() for end in ("", "data.json", "data.txt", "erase/")
    ]

    assert all("Eerste" in page for page in pages)
    assert not any("Tweede" in page or "Rekeninghouder" in page for page in pages)
    assert AuditEntry.objects.filter(action=Action.DATA_EXPORTED, object_id=first.pk).count() == 2


def test_asking_and_looking_changes_nothing(seeded: User, client: CheckedClient) -> None:
    registration = Registration.objects.of_addresses([EMAIL]).get()
    code = way()
    before = found(WORDS)

    for method in ("get", "head"):
        for address in (
            f"/registrations/{registration.managing_code}/privacy/",
            f"/registrations/{registration.managing_code}/privacy/erase/",
            f"/privacy/data/{code}/",
            f"/privacy/data/{code}/erase/",
        ):
            assert getattr(client, method)(address).status_code == 200

    assert found(WORDS) == before


def test_erasing_by_the_code_says_that_it_is_done_and_ends_the_code(
    seeded: User, client: CheckedClient, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    code = way()

    with commits(execute=True):
        answer = client.post(f"/privacy/data/{code}/erase/", follow=True)

    assert answer.redirect_chain == [("/privacy/erased/", 302)]
    assert client.get(f"/privacy/data/{code}/").status_code == 404
    assert client.get(f"/privacy/data/{code}/erase/").status_code == 404
    assert found(WORDS) == {}


def test_organiser_reads_why_not_before_and_after_pressing(client: CheckedClient) -> None:
    user = make_account(is_staff=True)
    Membership.objects.create(user=user, programme=build.make_programme())
    code = way()

    answers = [
        client.get(f"/privacy/data/{code}/erase/"),
        client.post(f"/privacy/data/{code}/erase/"),
    ]

    assert [answer.status_code for answer in answers] == [200, 409]
    for answer in answers:
        assert "Draag eerst uw werk over" in answer.content.decode()
        assert '<button class="au-c-button au-c-button--alert' not in answer.content.decode()


def test_person_who_is_signed_in_erases_their_account_and_is_signed_out(
    seeded: User, client: CheckedClient, commits: DjangoCaptureOnCommitCallbacks
) -> None:
    client.force_login(seeded)
    assert client.get("/me/data/").status_code == 200
    assert client.get("/me/erase/").status_code == 200

    with commits(execute=True):
        answer = client.post("/me/erase/", follow=True)

    assert answer.redirect_chain == [("/privacy/erased/", 302)]
    assert client.get("/me/").status_code == 302
    assert found(WORDS) == {}
    entries = AuditEntry.objects.filter(action=Action.DATA_ERASED)
    assert {(row.actor, row.user_id) for row in entries} == {("user", seeded.pk)}


def test_erasing_while_signed_in_needs_the_token_of_our_own_page(seeded: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(seeded)

    assert client.post("/me/erase/").status_code == 403
    assert User.objects.filter(pk=seeded.pk).exists()


def test_strange_moments_that_somebody_typed_are_shown_as_they_are(client: CheckedClient) -> None:
    for name in ("9999-12-31T23:59:59+00:00", "0000-00-00T99:99:99+00:00"):
        registration = build.make_registration(build.make_session(), name=name)

        page = client.get(registration.get_privacy_url()).content.decode()

        assert name.replace("+", "&#x2B;") in page or name in page
