"""Working on the agenda of a session: pasting, moving by mouse, by keys, and without scripts."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from events import agenda
from events.models import Session
from tests import build
from tests.browser.conftest import COLLECT, watch
from tests.events.test_arranging import outline
from tests.events.test_pasting import REAL

pytestmark = pytest.mark.browser


@pytest.fixture
def session(site: str) -> Session:
    return build.make_session(slug="ai", title="AI in de praktijk")


@pytest.fixture
def organiser(session: Session) -> User:
    return build.make_organiser(session.programme)


def signed_in(context: BrowserContext, site: str, user: User) -> BrowserContext:
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    return context


@pytest.fixture
def editor(page: Page, site: str, session: Session, organiser: User) -> Page:
    """The agenda of the session with three items, open in a browser."""
    for start, end, title, kind in (
        ("14:00", "14:10", "Welkom", "welcome"),
        ("14:10", "15:10", "Blok", "block"),
        ("14:10", "15:10", "Gesprek", "talk"),
        ("15:10", "15:30", "Vragen", "questions"),
    ):
        build.make_agenda_item(session, start, end, title=title, kind=kind)
    agenda.nest(session)
    signed_in(page.context, site, organiser)
    page.goto(f"{site}/organise/sessions/ai/agenda/")
    return page


@pytest.fixture
def second(editor: Page, browser: Browser, site: str, session: Session) -> Iterator[Page]:
    """The same agenda before another organiser, where a refusal is no fault."""
    context = browser.new_context(locale="nl-BE")
    context.add_init_script(COLLECT)
    page = signed_in(context, site, build.make_organiser(session.programme)).new_page()
    page.set_default_timeout(10_000)
    errors = watch(page)
    page.goto(f"{site}/organise/sessions/ai/agenda/")
    yield page
    refusals = ("Failed to load resource", "Response Status Error", "htmx:")
    assert [error for error in errors if not error.startswith(refusals)] == []
    assert violations(page) == []
    context.close()


@pytest.fixture
def without_scripts(browser: Browser, site: str, organiser: User) -> Iterator[Page]:
    """A browser that runs no script."""
    context = browser.new_context(java_script_enabled=False, locale="nl-BE")
    yield signed_in(context, site, organiser).new_page()
    context.close()


def violations(page: Page) -> object:
    return page.evaluate("window.violations")


def test_real_programme_is_pasted_shown_saved_and_read_exactly(
    without_scripts: Page, site: str, session: Session
) -> None:
    page = without_scripts
    page.goto(f"{site}/organise/sessions/ai/agenda/")
    page.get_by_role("link", name="Programma plakken").click()
    page.get_by_label("Programma", exact=True).fill(REAL)
    page.get_by_role("button", name="Toon hoe het gelezen wordt").click()
    expect(page.locator("main")).to_contain_text("Elke regel is begrepen: 9 agendapunten.")
    assert outline(session) == []

    page.get_by_role("button", name="Bewaar als programma").click()
    expect(page.get_by_role("status")).to_contain_text("9 agendapunten zijn bewaard.")

    page.goto(f"{site}/sessions/ai/")
    rows = [" ".join(text.split()) for text in page.locator(".timetable__row").all_inner_texts()]
    assert [row for row in rows if "Sabine Demey" in row][-1] == (
        "14u05 – tot 14u50 Mogelijkheden vanuit het Vlaams AI-Onderzoeksprogramma"
        " Sabine Demey, Programmadirecteur Vlaams AI-Onderzoeksprogramma 45 min"
    )
    assert rows[-1] == "16u25 – tot 16u30 Conclusies 5 min"
    assert len(rows) == 9


def test_item_is_added_moved_and_deleted_without_scripts(
    without_scripts: Page, site: str, session: Session
) -> None:
    page = without_scripts
    build.make_agenda_item(session, "14:00", "14:10", title="Welkom")
    page.goto(f"{site}/organise/sessions/ai/agenda/")
    page.get_by_role("link", name="Agendapunt toevoegen").click()
    page.get_by_label("Titel", exact=True).fill("Gesprek")
    page.get_by_role("button", name="Bewaar").click()
    page.get_by_role("button", name="Vroeger: Gesprek").click()
    expect(page.get_by_role("status")).to_contain_text("“Gesprek” staat nu op 14u00 – 14u15.")
    page.get_by_role("link", name="Verwijder Welkom").click()
    page.get_by_role("button", name="Verwijder").click()

    expect(page.get_by_role("status")).to_contain_text("“Welkom” is verwijderd.")
    assert outline(session) == ["14:00-14:15 Gesprek"]


def test_keys_move_an_item_and_keep_the_focus_on_it(editor: Page, session: Session) -> None:
    editor.locator("[id^=down-]").last.focus()
    editor.keyboard.press("Alt+ArrowUp")
    expect(editor.get_by_role("status")).to_contain_text("“Vragen” staat nu op 14u10 – 14u30.")
    moved = editor.evaluate("document.activeElement.closest('.agenda-row').innerText")
    editor.keyboard.press("Alt+ArrowRight")
    expect(editor.get_by_role("status")).to_contain_text("“Vragen” staat nu op 14u10 – 14u30.")
    expect(editor.locator(".timetable__inner .agenda-row:focus")).to_contain_text("Vragen")
    editor.keyboard.press("Alt++")
    expect(editor.get_by_role("status")).to_contain_text("“Vragen” staat nu op 14u10 – 14u35.")
    editor.keyboard.press("Alt+ArrowLeft")
    expect(editor.locator(".timetable__inner")).not_to_contain_text("Vragen")

    assert "Vragen" in moved
    assert outline(session) == [
        "14:00-14:10 Welkom",
        "14:10-14:35 Vragen",
        "14:35-15:35 Blok",
        "14:35-15:35 Gesprek in Blok",
    ]
    assert violations(editor) == []


def test_keyboard_alone_reaches_every_tool_in_the_order_of_the_page(editor: Page) -> None:
    editor.get_by_role("link", name="Agendapunt toevoegen").focus()
    reached = []
    for _ in range(12):
        editor.keyboard.press("Tab")
        reached.append(editor.evaluate("document.activeElement.innerText.replace(/\\s+/g, ' ')"))

    assert reached[2:9] == [
        "↑ Vroeger: Welkom",
        "↓ Later: Welkom",
        "−5 5 minuten korter: Welkom",
        "+5 5 minuten langer: Welkom",
        "→ In het blok erna Welkom",
        "Bewerken Welkom",
        "Erna toevoegen Welkom",
    ]


def test_item_is_edited_in_its_place(editor: Page, session: Session) -> None:
    editor.get_by_role("link", name="Bewerken Welkom").click()
    title = editor.locator("#item-form").get_by_label("Titel", exact=True)
    expect(title).to_be_focused()
    title.fill("Onthaal")
    editor.get_by_role("button", name="Bewaar").click()

    expect(editor.get_by_role("status")).to_contain_text("“Onthaal” staat nu op 14u00 – 14u10.")
    expect(editor.locator("#item-form")).to_have_count(0)
    assert outline(session)[0] == "14:00-14:10 Onthaal"
    assert violations(editor) == []


def test_error_of_an_item_edited_in_its_place_is_shown_there(
    editor: Page, second: Page, session: Session
) -> None:
    second.get_by_role("link", name="Bewerken Welkom").click()
    title = second.locator("#item-form").get_by_label("Titel", exact=True)
    title.fill("")
    second.get_by_role("button", name="Bewaar").click()

    expect(second.locator("#item-form")).to_contain_text("Vul een titel in.")
    expect(second.locator("#agenda .agenda-row")).to_have_count(4)
    assert outline(session)[0] == "14:00-14:10 Welkom"


def test_item_is_dragged_to_another_place(editor: Page, session: Session) -> None:
    row = editor.locator(".timetable > .agenda-row").last.locator(".timetable__title").first
    first = editor.locator(".timetable > .agenda-row").first
    row.hover()
    editor.mouse.down()
    box = first.bounding_box()
    assert box is not None
    editor.mouse.move(box["x"] + 150, box["y"] + 40, steps=8)
    editor.mouse.move(box["x"] + 150, box["y"] + 4, steps=4)
    editor.mouse.up()

    # Dropped on the first item, it lands before or after that one.
    expect(editor.get_by_role("status")).to_contain_text(
        re.compile("“Vragen” staat nu op 14u[01]0")
    )
    titles = [line.split(" ", 1)[1] for line in outline(session)]
    assert titles.index("Vragen") < titles.index("Blok")
    assert violations(editor) == []


def test_second_organiser_sees_what_the_first_did_before_theirs_counts(
    editor: Page, second: Page, session: Session
) -> None:
    editor.get_by_role("button", name="5 minuten langer: Welkom").click()
    expect(editor.get_by_role("status")).to_contain_text("“Welkom” staat nu op 14u00 – 14u15.")

    second.get_by_role("button", name="5 minuten langer: Vragen").click()
    expect(second.get_by_role("alert")).to_contain_text(
        "“Welkom” stond op 14u00 – 14u10 en staat nu op 14u00 – 14u15."
    )
    second.get_by_role("button", name="Doe het op dit programma").click()
    expect(second.get_by_role("status")).to_contain_text("“Vragen” staat nu op 15u15 – 15u40.")

    assert outline(session)[-1] == "15:15-15:40 Vragen"


def test_who_is_no_longer_signed_in_is_asked_to_sign_in(second: Page, session: Session) -> None:
    second.context.clear_cookies()

    second.get_by_role("button", name="5 minuten langer: Welkom").click()

    second.wait_for_url("**/accounts/login/**")
    assert outline(session)[0] == "14:00-14:10 Welkom"


def test_move_that_does_not_reach_the_platform_says_so(second: Page, session: Session) -> None:
    second.route("**/longer/", lambda route: route.abort())

    second.get_by_role("button", name="5 minuten langer: Welkom").click()
    expect(second.get_by_role("status")).to_contain_text("Het platform is niet bereikbaar.")
    second.unroute("**/longer/")
    second.get_by_role("button", name="5 minuten langer: Welkom").click()

    expect(second.get_by_role("status")).to_contain_text("“Welkom” staat nu op 14u00 – 14u15.")
    assert outline(session)[0] == "14:00-14:15 Welkom"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_sixty_items_with_long_words_fit_the_window(
    width: int, page: Page, site: str, session: Session, organiser: User
) -> None:
    long_word = "Gegevensbeschermingseffectbeoordelingsmethodologie"
    for number in range(60):
        build.make_agenda_item(
            session,
            f"{14 + number // 30}:{number % 30 * 2:02}",
            f"{14 + number // 30}:{number % 30 * 2 + 1:02}",
            title=f"{long_word} {number}",
        )
    signed_in(page.context, site, organiser)
    page.set_viewport_size({"width": width, "height": 800})

    item = session.agenda_items.first()
    assert item is not None
    for path in ("", "add/", "paste/", f"{item.pk}/", f"{item.pk}/delete/"):
        page.goto(f"{site}/organise/sessions/ai/agenda/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
