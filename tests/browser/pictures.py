"""Takes the pictures of the documents: `make pictures`. Not a test, but on the same ground.

An organiser goes through the workspace at a fixed moment, with the facts that go with the product
and made-up people, and keeps what is worth showing in `docs/images/`. A picture that looks the same
as before is left as it is, so that a run changes only what changed on the pages.
"""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import call_command
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, FloatRect, Locator, Page
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Programme, Role, User
from events import attendance, seating
from events.attendance import Mark
from events.models import Registration, Session
from events.seeding import load_example
from tests import build
from tests.browser.pages import sign_in
from tests.events.test_pasting import REAL

FOLDER = Path(project.BASE_DIR) / "docs" / "images"
WIDTH, TALLEST, MARGIN = 1280, 1100, 24
# Two machines smooth the edges of letters otherwise; a word that changed is far more than this.
SAME = 0.15


def keep(
    page: Page, name: str, *, top: Locator | None = None, bottom: Locator | None = None
) -> None:
    """Keep the page at its full width, from one element to another, as `docs/images/name.webp`."""
    page.evaluate("document.activeElement.blur()")
    first = max(0, _edges(top)[0] - MARGIN) if top else 0
    last = _edges(bottom)[1] + MARGIN if bottom else first + TALLEST
    whole = _edges(page.locator("main"))[1]
    height = min(last, first + TALLEST, whole) - first
    # Scrolled there, and not as one long page: what sticks to the edges of the window stays there.
    page.evaluate("y => scrollTo(0, y)", first)
    above = first - page.evaluate("scrollY")
    box: FloatRect = {"x": 0, "y": above, "width": WIDTH, "height": height}
    png = page.screenshot(animations="disabled", clip=box)
    taken, path = _trimmed(Image.open(io.BytesIO(png)).convert("RGB")), FOLDER / f"{name}.webp"
    if not _looks_like(taken, path):
        taken.save(path, quality=70, method=6)


def _edges(element: Locator) -> tuple[float, float]:
    top, bottom = element.evaluate(
        "e => [e.getBoundingClientRect().top, e.getBoundingClientRect().bottom]"
        ".map(edge => edge + scrollY)"
    )
    return top, bottom


def _trimmed(taken: Image.Image) -> Image.Image:
    """Without what is empty below: lines like the last one."""
    empty = taken.crop((0, taken.height - 1, WIDTH, taken.height)).resize(taken.size)
    found = ImageChops.difference(taken, empty).getbbox()
    bottom = min(found[3] + MARGIN, taken.height) if found else taken.height
    return taken.crop((0, 0, WIDTH, bottom))


def _looks_like(taken: Image.Image, path: Path) -> bool:
    if not path.exists():
        return False
    before = Image.open(path).convert("RGB")
    if before.size != taken.size:
        return False
    # As far as it survives being kept: both are looked at after compression.
    kept = io.BytesIO()
    taken.save(kept, "WEBP", quality=70, method=6)
    difference = ImageChops.difference(before, Image.open(kept).convert("RGB"))
    return max(ImageStat.Stat(difference).mean) < SAME


@pytest.fixture
def page(browser: Browser, site: str, settings: Settings) -> Iterator[Page]:
    """A window wide enough for the pictures and taller than any of them."""
    # What mails name: the port of the server is another one each time.
    settings.SITE_URL = "https://sessies.example.be"
    context = browser.new_context(
        locale="nl-BE",
        timezone_id="Europe/Brussels",
        viewport={"width": WIDTH, "height": TALLEST + 500},
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(5_000)
    yield context.new_page()
    context.close()


PEOPLE = [
    ("An Peeters", "Stad Gent"),
    ("Bart Claes", "Vlaams Agentschap Wegen en Verkeer"),
    ("Caroline Maes", "Provincie Limburg"),
    ("Dries Wouters", "Stad Kortrijk"),
    ("Els Jacobs", "Departement Omgeving"),
    ("Fatima El Idrissi", "Stad Antwerpen"),
    ("Geert Willems", "VVSG"),
    ("Hilde Mertens", "OVAM"),
    ("Ilse De Smet", "Stad Mechelen"),
    ("Jonas Goossens", "Agentschap Digitaal Vlaanderen"),
    ("Karel Aerts", "Stad Leuven"),
    ("Lien Hermans", "Provincie Oost-Vlaanderen"),
    ("Mohamed Bakkali", "Stad Genk"),
    ("Nele Verhoeven", "Departement Zorg"),
]


@pytest.fixture
def lead(site: str) -> User:
    """Who leads PIO, whose facts go with the product."""
    call_command("load_seed_data", verbosity=0)
    programme = Programme.objects.get(slug="pio")
    return build.make_lead(programme, email="veerle@example.org", name="Veerle Voorbeeld")


@pytest.fixture
def desk(page: Page, lead: User, site: str) -> Page:
    """The browser of the lead, signed in."""
    sign_in(page, lead, site)
    call_command("worker", "--once")
    return page


@pytest.fixture
def session(lead: User) -> Session:
    """A real programme on 27 May 2027, with 12 seats, all taken, and two people in line."""
    session = load_example(build.NOW)
    titles = {f"title_{code}": getattr(session, f"title_{code}") for code in ("nl", "fr", "en")}
    plain = {name: title.partition(": ")[2] for name, title in titles.items()}
    Session.objects.filter(pk=session.pk).update(
        slug="artificiele-intelligentie", is_example=False, **plain
    )
    session = Session.objects.get(pk=session.pk)
    seating.set_capacity(session, 12, now=build.NOW)
    build.make_question(
        session, "Hebt u al ervaring met AI?", "Nee, nog niet", "Een eerste proef", "In gebruik"
    )
    for number, (name, organisation) in enumerate(PEOPLE):
        build.make_registration(
            session,
            now=build.NOW - timedelta(hours=90 - 5 * number),
            name=name,
            email=f"{name.split()[0].lower()}@example.org",
            organisation_name=organisation,
        )
    return session


# The pictures, chapter by chapter ----------------------------------------------------------------


def picture_first_session(desk: Page, site: str) -> None:
    Session.objects.all().delete()
    desk.goto(f"{site}/organise/")
    keep(desk, "overzicht-begin", bottom=desk.locator("#sessions"))

    desk.get_by_role("link", name="Nieuwe sessie").click()
    for name, typed in {
        "title_nl": "Artificiële intelligentie voor publieke diensten",
        "summary_nl": "Wat AI vandaag en morgen kan betekenen, en waar de valkuilen zitten.",
        "day": "2027-06-10",
        "starts": "14:00",
        "ends": "16:30",
        "virtual_link": "https://meet.example.org/ai4gov",
        "capacity": "25",
        "agenda_text": REAL,
    }.items():
        desk.locator(f"[name={name}]").fill(typed)
    keep(desk, "nieuwe-sessie", top=desk.locator(".workspace"))

    desk.get_by_role("button", name="Bewaar als concept").click()
    desk.wait_for_url("**/paste/")
    keep(desk, "programma-gelezen", top=desk.locator("#reading"))

    desk.get_by_role("button", name="Bewaar als programma").click()
    desk.get_by_role("status").wait_for()
    where = f"{site}/organise/sessions/{Session.objects.get().slug}"
    desk.goto(f"{where}/agenda/")
    keep(desk, "programma-bewerken", top=desk.locator(".workspace"))

    desk.goto(f"{where}/publish/")
    keep(desk, "publiceren")


def picture_public_page(desk: Page, site: str, session: Session) -> None:
    desk.context.clear_cookies()
    desk.goto(f"{site}{session.get_absolute_url()}")
    keep(desk, "sessie")
    keep(
        desk,
        "formulier",
        top=desk.locator("#register-title"),
        bottom=desk.locator("form[method=post] button"),
    )


def picture_change(desk: Page, site: str, session: Session) -> None:
    desk.goto(f"{site}/organise/sessions/{session.slug}/page/")
    desk.locator("[name=starts]").fill("13:30")
    desk.locator("[name=ends]").fill("16:00")
    desk.get_by_role("button", name="Bewaar de wijzigingen").click()
    desk.locator("[name=tell]").first.wait_for()
    keep(desk, "wijziging-melden", top=desk.locator(".workspace"))


def picture_attendees(desk: Page, site: str, session: Session) -> None:
    where = f"{site}/organise/sessions/{session.slug}"
    desk.goto(f"{site}/organise/")
    keep(desk, "overzicht")

    desk.goto(f"{where}/attendees/")
    keep(desk, "deelnemers", top=desk.locator(".workspace"))

    desk.goto(f"{where}/questions/")
    keep(desk, "vragen", top=desk.locator(".workspace"))
    desk.goto(f"{where}/questions/{session.questions.get().pk}/")
    keep(desk, "vraag-bewerken", top=desk.locator(".workspace"))


def picture_mail(desk: Page, site: str, session: Session) -> None:
    where = f"{site}/organise/sessions/{session.slug}"
    call_command("worker", "--once")
    desk.goto(f"{where}/mail/")
    keep(desk, "mails", top=desk.locator(".workspace"))
    desk.goto(f"{where}/mail/texts/")
    desk.locator("main .events a").first.click()
    desk.frame_locator("iframe").get_by_role("paragraph").filter(has_text="Beste").wait_for()
    keep(desk, "mailtekst", top=desk.locator(".workspace"))

    desk.goto(f"{where}/messages/new/?group=confirmed")
    desk.get_by_label("iedereen met een plaats", exact=True).check()
    desk.get_by_label("Onderwerp, in het Nederlands").fill("Breng een voorbeeld mee")
    desk.get_by_label("Tekst, in het Nederlands").fill(
        "Beste {naam},\n\nDenk aan één taak in uw dienst die veel tijd kost. We bespreken ze "
        "in de sessie.\n\nNeem deel: {deelnamelink}"
    )
    keep(desk, "bericht", top=desk.locator(".workspace"))
    desk.get_by_role("button", name="Bewaar en bekijk het resultaat").click()
    desk.frame_locator("iframe").get_by_role("paragraph").filter(has_text="Beste").wait_for()
    keep(desk, "bericht-versturen", top=desk.locator(".workspace"))


def picture_day_itself(
    desk: Page, site: str, lead: User, session: Session, time_machine: TimeMachineFixture
) -> None:
    where = f"{site}/organise/sessions/{session.slug}"
    time_machine.move_to(session.starts_at - timedelta(minutes=10))
    call_command("worker", "--once")
    sign_in(desk, lead, site)
    for name in ("An Peeters", "Dries Wouters"):
        person = Registration.objects.get(name=name)
        mark = Mark("present", "online")
        attendance.mark(person, mark, seen="", by=SYSTEM, now=session.starts_at)
    desk.goto(f"{where}/attendance/")
    keep(desk, "aanwezigheid", top=desk.locator(".workspace"))

    time_machine.move_to(session.ends_at + timedelta(hours=1))
    call_command("worker", "--once")
    desk.goto(f"{where}/materials/")
    keep(desk, "na-de-sessie", top=desk.locator(".workspace"))
    desk.goto(f"{where}/figures/")
    keep(desk, "cijfers", top=desk.locator(".workspace"))


def picture_calls(desk: Page, site: str) -> None:
    desk.goto(f"{site}/organise/calls/pio-innovatieve-aankooptrajecten/deadlines/")
    keep(desk, "indiendata")
    desk.locator("[name=text]").fill(
        "Intakegesprek aanvragen vóór 1 september 2027\n"
        "Indienen vóór 20 september 2027 om 12:00 uur\n"
        "Beslissing tot 1 december 2027"
    )
    desk.get_by_role("button", name="Bekijk hoe het gelezen wordt").click()
    desk.locator(".pasted").wait_for()
    keep(desk, "indiendata-gelezen", top=desk.locator(".workspace"))


def picture_team(desk: Page, site: str, lead: User) -> None:
    programme = Programme.objects.get(slug="pio")
    build.make_member(programme, Role.ORGANISER, email="tom@example.org", name="Tom Vermeulen")
    build.make_member(programme, Role.HELPER, email="sara@example.org", name="Sara Lemmens")
    desk.goto(f"{site}/organise/team/")
    keep(desk, "team")
    desk.goto(f"{site}/organise/team/pio/invite/")
    keep(desk, "uitnodigen")


def picture_privacy(desk: Page, site: str, session: Session) -> None:
    desk.goto(f"{site}/organise/retention/")
    keep(desk, "bewaren")
