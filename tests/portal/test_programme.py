"""What a lead changes about a programme."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import pictures
from accounts.models import Action, AuditEntry, Programme, ProgrammeLogo
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

TYPED = {
    "name_nl": "PIO",
    "full_name_nl": "Programma Innovatieve Overheidsopdrachten",
    "contact_name": "Ann Contact",
    "contact_email": "contact@example.org",
    "languages": ["nl", "fr"],
}


def test_lead_decides_on_the_languages_and_it_is_recorded() -> None:
    programme = build.make_programme(name="PIO")
    lead = build.make_lead(programme)
    client = CheckedClient()
    client.force_login(lead)

    answer = client.post(f"/organise/programmes/{programme.slug}/", TYPED)

    assert answer.status_code == 302
    assert Programme.objects.get().languages == ["nl", "fr"]
    entry = AuditEntry.objects.get(action=Action.PROGRAMME_CHANGED)
    assert entry.user == lead
    assert entry.details == {"fields": ["full_name_nl", "languages"]}


def test_language_that_is_none_is_refused_beside_the_field() -> None:
    programme = build.make_programme(name="PIO")
    client = CheckedClient()
    client.force_login(build.make_lead(programme))

    answer = client.post(f"/organise/programmes/{programme.slug}/", TYPED | {"languages": ["xx"]})

    assert answer.status_code == 422
    assert Programme.objects.get().languages == []


@pytest.mark.time_machine(build.NOW, tick=False)
def test_page_says_in_which_language_the_rest_of_it_is() -> None:
    session = build.make_session(slug="een", title_nl="Titel", summary_nl="Kort", title_fr="Titre")
    item = build.make_agenda_item(session, "14:05", "14:50")
    item.title_nl, item.title_fr = "Punt", ""
    item.save()
    said = "Cette page n’est pas entièrement traduite\u00a0; le reste est en néerlandais."

    def page() -> str:
        return Client().get("/fr/sessions/een/").content.decode()

    assert said in page()
    session.summary_fr = "Bref"
    session.save()
    assert said in page()
    item.title_fr = "Point"
    item.save()
    assert said not in page()
    assert (
        "niet alles op deze pagina" not in Client().get("/sessions/een/").content.decode().lower()
    )


def drawn(kind: str = "PNG", size: tuple[int, int] = (960, 200), **facts: Any) -> bytes:
    """A picture that is half clear."""
    picture = Image.new("RGBA", size, (0, 90, 120, 128))
    if kind == "JPEG":
        picture = picture.convert("RGB")
    file = io.BytesIO()
    picture.save(file, kind, **facts)
    return file.getvalue()


def send_logo(content: bytes, name: str = "logo.png", **typed: str) -> Any:
    programme = Programme.objects.first() or build.make_programme(name="PIO")
    client = CheckedClient()
    client.force_login(build.make_lead(programme))
    logo = {"logo": SimpleUploadedFile(name, content)} if content else {}
    return client.post(f"/organise/programmes/{programme.slug}/", TYPED | logo | typed)


@pytest.mark.time_machine(build.NOW, tick=False)
def test_logo_is_made_anew_and_stands_on_the_pages_of_its_sessions() -> None:
    session = build.make_session(slug="een")
    told = Image.Exif()
    told[0x010E] = "een geheim"
    content = drawn("WEBP", exif=told)

    answer = send_logo(content)

    assert answer.status_code == 302
    programme = Programme.objects.get()
    kept = Image.open(io.BytesIO(bytes(ProgrammeLogo.objects.get().content)))
    assert (kept.format, kept.size, kept.info) == ("PNG", (360, 75), {})
    assert kept.getpixel((0, 0))[3] == 128
    assert programme.logo_size == (180, 38)
    address = f"/programmes/{programme.slug}/{programme.logo_digest}.png"
    page = CheckedClient().get(session.get_absolute_url()).content.decode()
    assert f'src="{address}" width="180" height="38" alt="{programme.name}"' in page
    served = Client().get(address)
    assert (served.headers["Content-Type"], served.content[:4]) == ("image/png", b"\x89PNG")
    assert Client().get(address.replace(programme.logo_digest, "0" * 16)).status_code == 404
    entry = AuditEntry.objects.get(action=Action.PROGRAMME_CHANGED)
    assert "logo_digest" in entry.details["fields"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "Een SVG kan"),
        (drawn("GIF"), "geen afbeelding"),
        (drawn()[:60], "geen afbeelding"),
        (b"geen beeld", "geen afbeelding"),
        (drawn(size=(400, 20)), "te klein"),
        (drawn() + bytes(pictures.LOGO_LARGEST_BYTES), "groter dan 2 MB"),
    ],
    ids=["svg", "gif", "cut-off", "text", "too-small", "too-heavy"],
)
def test_what_is_no_logo_is_refused_beside_the_field(content: bytes, said: str) -> None:
    answer = send_logo(content, name="logo.png")

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ProgrammeLogo.objects.exists()


def test_logo_is_replaced_and_taken_away_and_stays_where_nothing_is_said() -> None:
    send_logo(drawn())
    first = Programme.objects.get().logo_digest
    send_logo(b"", contact_name="Bo")
    assert Programme.objects.get().logo_digest == first

    send_logo(drawn("JPEG", size=(100, 100)))
    second = Programme.objects.get().logo_digest
    assert second not in {"", first}

    send_logo(b"", remove_logo="on")

    assert Programme.objects.get().logo_digest == ""
    assert not ProgrammeLogo.objects.exists()
