"""Speakers' own pages and what a session leaves behind: who may, what is taken, when it shows."""

import io
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import AuditEntry
from events import inviting, materials
from events.models import Material, Session, Speaker, SpeakerPage
from mailing.letters import NotWanted
from mailing.models import Message
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n"


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


@pytest.fixture
def session() -> Session:
    return build.make_session(title="AI voor beginners")


@pytest.fixture
def speaker(session: Session) -> Speaker:
    return build.make_speaker(build.make_agenda_item(session), name="An Janssens")


@pytest.fixture
def page(session: Session, speaker: Speaker) -> SpeakerPage:
    return materials.open_page(session, speaker, by=SYSTEM, now=build.NOW)


def photo(kind: str = "JPEG", *, size: tuple[int, int] = (900, 600), **facts: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, **facts)
    return file.getvalue()


def sent(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def describe(client: CheckedClient, page: SpeakerPage, **typed: Any) -> Any:
    values = {f"profile-{name}": value for name, value in typed.items()}
    return client.post(f"{page.get_absolute_url()}profile/", values)


def hand_in(client: CheckedClient, page: SpeakerPage, file: Any, title: str = "") -> Any:
    values = {"slides-file": file, "slides-title": title}
    return client.post(f"{page.get_absolute_url()}slides/", values)


def seen(client: CheckedClient, address: str) -> str:
    return client.get(address).content.decode()


# The speaker's page ------------------------------------------------------------------------------


def test_speaker_describes_themselves_on_the_page_of_the_session(
    page: SpeakerPage, session: Session, client: CheckedClient
) -> None:
    place = Image.Exif()
    place[0x8825] = {1: "N", 2: (51.0, 3.0, 0.0)}
    camera = photo(exif=place)

    answer = describe(client, page, text="Jurist.\n<b>Echt</b>", photo=sent("ik.jpg", camera))

    assert answer.status_code == 302
    page.refresh_from_db()
    kept = Image.open(io.BytesIO(bytes(page.photo)))
    assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (320, 320), {})
    html = seen(client, session.get_absolute_url())
    assert page.photo_url in html
    assert "&lt;b&gt;Echt&lt;/b&gt;" in html
    picture = client.get(page.photo_url)
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    entry = AuditEntry.objects.get(action="speaker.changed")
    assert (entry.actor, entry.user, entry.session_id) == ("speaker", None, session.pk)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_photo_of_another_sort_becomes_a_jpeg(
    page: SpeakerPage, client: CheckedClient, kind: str
) -> None:
    describe(client, page, photo=sent("ik", photo(kind)))

    page.refresh_from_db()
    assert Image.open(io.BytesIO(bytes(page.photo))).format == "JPEG"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_nothing_of_a_photo_that_is_a_page_as_well_is_kept(
    page: SpeakerPage, client: CheckedClient, kind: str
) -> None:
    script = b"<html><script>alert(1)</script></html>"
    facts = {"comment": script} if kind == "JPEG" else {"pnginfo": _with_text(script)}

    describe(client, page, photo=sent("ik.jpg.html", photo(kind, **facts) + script))

    page.refresh_from_db()
    kept = bytes(page.photo)
    assert kept.startswith(b"\xff\xd8\xff") and b"script" not in kept
    served = client.get(page.photo_url)
    assert (served.content, served.headers["Content-Type"]) == (kept, "image/jpeg")


def _with_text(text: bytes) -> PngInfo:
    told = PngInfo()
    told.add_text("Comment", text.decode())
    return told


def bomb() -> bytes:
    """A picture whose first lines say that it is 20.000 by 20.000."""
    drawn = bytearray(photo("PNG", size=(1, 1)))
    drawn[16:24] = (20_000).to_bytes(4, "big") * 2
    return bytes(drawn)


@pytest.mark.parametrize(
    "content",
    [b"geen foto", b"<svg xmlns='http://www.w3.org/2000/svg'/>", photo("GIF"), photo()[:400],
     photo("PNG")[:60], bomb(), b"\xff\xd8\xff\xe0"],
    ids=["text", "svg", "gif", "half a jpeg", "half a png", "bomb", "start of a jpeg"],
)  # fmt: skip
def test_what_is_no_photo_is_refused(
    page: SpeakerPage, client: CheckedClient, content: bytes
) -> None:
    answer = describe(client, page, text="Jurist", photo=sent("ik.jpg", content))

    page.refresh_from_db()
    assert answer.status_code == 422
    assert (page.text, page.photo) == ("", None)
    assert "Jurist" in answer.content.decode()


def test_photo_is_taken_away_and_stays_where_nothing_is_said(
    page: SpeakerPage, client: CheckedClient
) -> None:
    describe(client, page, photo=sent("ik.jpg", photo()))
    describe(client, page, text="Jurist")
    page.refresh_from_db()
    kept, address = page.photo_digest, page.photo_url

    describe(client, page, text="Jurist", remove_photo="on")

    page.refresh_from_db()
    assert kept
    assert (page.photo, page.photo_digest) == (None, "")
    assert "/portraits/" not in seen(client, page.session.get_absolute_url())
    assert client.get(address).status_code == 404


def test_link_that_was_taken_back_opens_nothing_and_a_new_one_is_another(
    page: SpeakerPage, session: Session, speaker: Speaker, client: CheckedClient
) -> None:
    old = page.get_absolute_url()
    materials.close_page(page, by=SYSTEM, now=build.NOW)

    closed = client.get(old).status_code
    again = materials.open_page(session, speaker, by=SYSTEM, now=build.NOW)

    assert again.pk == page.pk
    assert [closed, client.get(old).status_code] == [404, 404]
    assert client.post(f"{old}profile/", {"profile-text": "x"}).status_code == 404
    assert client.get(again.get_absolute_url()).status_code == 200


def test_link_ends_thirty_days_after_the_session(
    page: SpeakerPage, session: Session, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(session.ends_at + build.days(29.9))
    before = client.get(page.get_absolute_url()).status_code
    time_machine.move_to(session.ends_at + build.days(30))

    assert [before, client.get(page.get_absolute_url()).status_code] == [200, 404]


def test_page_is_filled_in_from_the_same_programme_only(
    page: SpeakerPage, session: Session, speaker: Speaker
) -> None:
    materials.describe(page, text="Jurist", photo=b"x", by=SYSTEM, now=build.NOW)
    own = build.make_session(programme=session.programme)

    texts = [
        materials.open_page(other, speaker, by=SYSTEM, now=build.NOW).text
        for other in (own, build.make_session())
    ]

    assert texts == ["Jurist", ""]


def test_mail_to_a_speaker_carries_the_link_once_an_hour(
    session: Session, speaker: Speaker
) -> None:
    for _try in range(2):
        inviting.invite(session, speaker, "an@example.org", by=SYSTEM, now=build.NOW)

    message = Message.objects.get(kind=inviting.KIND)
    page = SpeakerPage.objects.get()
    letter = inviting.compose(message, build.NOW)
    assert letter.recipient == "an@example.org"
    assert letter.button is not None
    assert letter.button[1].endswith(page.get_absolute_url())
    materials.close_page(page, by=SYSTEM, now=build.NOW)
    with pytest.raises(NotWanted):
        inviting.compose(message, build.NOW)


# Slides ------------------------------------------------------------------------------------------


def test_speaker_hands_in_slides_and_takes_them_back(
    page: SpeakerPage, client: CheckedClient
) -> None:
    hand_in(client, page, sent("dia's.pdf", PDF), title="Mijn dia's")
    row = Material.objects.get()
    own = f"{page.get_absolute_url()}slides/{row.public_id}/"
    read = b"".join(client.get(own).streaming_content)

    answer = client.post(f"{own}delete/")

    assert (row.title, row.is_shown, read, answer.status_code) == ("Mijn dia's", False, PDF, 302)
    assert not Material.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("dia.pdf", b"<html>"), ("dia.html", b"<html>"), ("dia.png", b"\x89PNG\r\n\x1a\n"),
     ("dia.pptx", b"PK\x03\x04x"), ("dia.pdf", b""), ("dia.pdf", PDF + b"x" * 10_000_000)],
)  # fmt: skip
def test_what_are_no_slides_is_refused(
    page: SpeakerPage, client: CheckedClient, name: str, content: bytes
) -> None:
    assert hand_in(client, page, sent(name, content)).status_code == 422
    assert not Material.objects.exists()


def test_speaker_reaches_no_slides_of_another(
    page: SpeakerPage, session: Session, client: CheckedClient
) -> None:
    other = build.make_speaker(session.agenda_items.get())
    theirs = materials.open_page(session, other, by=SYSTEM, now=build.NOW)
    row = materials.add_file(
        session, sent("a.pdf", PDF), title="", page=theirs, by=SYSTEM, now=build.NOW
    )
    address = f"{page.get_absolute_url()}slides/{row.public_id}/"

    assert client.get(address).status_code == 404
    assert client.post(f"{address}delete/").status_code == 404
    assert Material.objects.exists()


def test_room_of_a_session_is_limited(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materials, "QUOTA_BYTES", 2 * len(PDF))
    add: Any = lambda: materials.add_file(  # noqa: E731
        session, sent("a.pdf", PDF), title="", by=SYSTEM, now=build.NOW
    )
    add(), add()

    with pytest.raises(materials.Refused):
        add()


# Showing -----------------------------------------------------------------------------------------


def test_materials_show_once_the_organiser_says_so_and_the_session_is_over(
    session: Session, client: CheckedClient, time_machine: TimeMachineFixture
) -> None:
    row = build.make_registration(session, email="an@example.org")
    user = build.make_user(email="an@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(build.make_organiser(session.programme))
    slides = materials.add_file(
        session, sent("a.pdf", PDF), title="De dia's", by=SYSTEM, now=build.NOW
    )
    base = reverse("events:materials", args=[session.slug])
    visitor, mine = CheckedClient(), CheckedClient()

    def shown() -> list[bool]:
        mine.force_login(user)  # a month later they sign in again
        return [
            "De dia" in seen(visitor, session.get_absolute_url()),
            "De dia" in seen(visitor, row.get_absolute_url()),
            "Met dia’s of een opname" in seen(mine, "/me/"),
            visitor.get(slides.address).status_code == 200,
        ]

    found = []
    for moment in (build.NOW, session.ends_at + build.days(1)):
        time_machine.move_to(moment)
        for act in ("hide", "show"):
            client.force_login(build.make_organiser(session.programme))
            client.post(f"{base}{slides.public_id}/{act}/")
            found.append(shown())

    assert found == [[False] * 4, [False] * 4, [False] * 4, [True] * 4]
    answer = visitor.get(slides.address)
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_organiser_adds_a_link_and_no_script(session: Session, client: CheckedClient) -> None:
    client.force_login(build.make_organiser(session.programme))
    address = reverse("events:add-link", args=[session.slug])

    answers = [
        client.post(address, {"link-title": "Opname", "link-url": url}).status_code
        for url in ("javascript:alert(1)", "ftp://example.org", "https://example.org/opname")
    ]

    assert answers == [422, 422, 302]
    assert Material.objects.get().url == "https://example.org/opname"
    assert "Opname" in seen(client, reverse("events:materials", args=[session.slug]))


def test_organiser_sees_the_link_and_clears_what_a_speaker_wrote(
    page: SpeakerPage, session: Session, client: CheckedClient
) -> None:
    materials.describe(page, text="Iets fouts", photo=b"x", by=SYSTEM, now=build.NOW)
    client.force_login(build.make_organiser(session.programme))
    base = reverse("events:materials", args=[session.slug])

    before = seen(client, base)
    client.post(f"{base}speakers/{page.speaker_id}/clear/")

    assert page.code in before
    assert "Iets fouts" in before
    assert "Iets fouts" not in seen(client, session.get_absolute_url())


def test_files_without_a_row_are_forgotten(session: Session) -> None:
    materials.add_file(session, sent("a.pdf", PDF), title="", by=SYSTEM, now=build.NOW)
    Material.objects.all().delete()

    now = build.NOW + build.days(40_000)
    assert [materials.forget_orphans(now), materials.forget_orphans(now)] == [1, 0]
