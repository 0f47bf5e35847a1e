"""Every page in every state, and how a browser gets there: what other tests look at."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import FilePayload, Page, ViewportSize

from accounts import directory, invitations, merging
from accounts.auditing import SYSTEM, Actor
from accounts.models import AuditEntry, NameMatch, Programme, Role, Theme, User
from events import attendance, circulars, history, materials, registering, seating
from events.attendance import Mark
from events.models import Circular, Needs, Question, Registration, Session, SessionState
from events.rescheduling import When, move
from mailing.models import Message, SuppressedAddress
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from portal.messages import KIND, code_of, tell_way
from portal.models import Preparation
from procurement import trajectories
from procurement.changing import Edit, save_deadline
from procurement.models import Call, Deadline, Follow
from tests import build
from tests.procurement.build import make_follow, make_submitted, make_trajectory

PHONE: ViewportSize = {"width": 390, "height": 844}
LONG_WORD = "Gegevensbeschermingseffectbeoordelingsmethodologie"


@dataclass
class World:
    """The address of the site, and of the pages that need a code.

    The pages are asked for in a language: that of the prefix before their addresses.
    """

    site: str
    seated: Registration
    waiting: Registration
    cancelled: Registration
    moved: Registration
    asked: Follow
    follow: Follow
    prefix: str = ""

    @property
    def home(self) -> str:
        """The address that all others begin with."""
        return self.site + self.prefix


def make_world(site: str) -> World:
    """A session in each state, with registrations, deadlines and themes around them."""
    programme = build.make_programme(full_name=f"Programma {LONG_WORD}")
    Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="Ethiek")
    for state in SessionState:
        session = build.make_session_in(
            state,
            slug=str(state).replace("_", "-"),
            programme=programme,
            title=f"{LONG_WORD} ({state})",
            summary="Wat kan, wat mag, wat werkt.",
            asks_access_needs=True,
            asks_diet=True,
            description="Eerst **dit**.\n\n- een\n- twee\n\n[Meer](https://example.org)",
        )
        session.themes.set(Theme.objects.all())
    session = Session.objects.get(slug="open")
    agenda(session)
    agenda(Session.objects.get(slug="running"))
    seating.set_capacity(session, 2, now=build.NOW)
    first, second = ask(session)
    answers = {first: ["option0"], second: [LONG_WORD]}
    seated = build.make_registration(
        session, name=LONG_WORD, email=f"{'lang' * 15}@example.org", answers=answers
    )
    Needs.objects.create(registration=seated, access=LONG_WORD, diet="Vis", consented_at=build.NOW)
    waiting = build.make_registration(Session.objects.get(slug="waiting-list"))
    cancelled = build.make_registration(session)
    registering.cancel(cancelled, now=build.NOW, by=Registration.CancelledBy.OWNER)
    on_site = build.make_session(
        slug="op-locatie", attendance="on_site", venue=f"{LONG_WORD} 1, 1000 Brussel", link=""
    )
    moved = build.make_registration(on_site)
    move(
        on_site,
        When(on_site.starts_at + build.days(7), on_site.ends_at + build.days(7)),
        now=build.NOW,
    )
    call = make_call(site, programme)
    Preparation.objects.create(session=session, call=call)
    call_command("worker", "--once")
    follow = make_follow(call=call)
    asked = make_follow(email=f"{'lang' * 15}@example.com", call=call, confirmed_at=None)
    return World(site, seated, waiting, cancelled, moved, asked, follow)


def ask(session: Session) -> tuple[Question, Question]:
    """Questions of the session's own: one depends on the other."""
    first = build.make_question(session, f"Komt u naar {LONG_WORD}?", LONG_WORD, "Nee")
    second = build.make_question(
        session,
        "Wat verwacht u?",
        help_text=f"Denk aan {LONG_WORD}.",
        is_required=True,
        shown_if=first,
        shown_if_option="option0",
    )
    build.make_question(session, "Welke dagen?", LONG_WORD, "Dinsdag", kind="choices")
    return first, second


def make_call(site: str, programme: Programme) -> Call:
    """A call with everything that its page can show, its deadline moved."""
    call = build.make_call(
        slug="oproep",
        programme=programme,
        title=f"Oproep {LONG_WORD}",
        summary=f"Steun voor {LONG_WORD}.",
        body="Eerst **dit**.\n\n- een\n- twee",
        target_group=f"Wie {LONG_WORD} doet",
        excluded_group="Wie al steun kreeg",
        how_to_submit="Per e-mail.",
        official_url=f"{site}/{LONG_WORD}",
        source="vlaio.be",
        application_language="en",
    )
    call.themes.set(Theme.objects.all())
    call.organisers.add(build.make_organisation(name=LONG_WORD))
    call.eligibilities.create(group="care")
    call.eligibilities.create(group="smes", may_submit=False)
    call.amounts.create(kind="ceiling", value=1_000_000, is_indicative=True, label=LONG_WORD)
    call.cofinancing.create(kind="support", percentage=50)
    call.documents.create(title=LONG_WORD, url=f"{site}/sjabloon", version="2.1")
    earlier = Closing(Edge.AT_TIME, build.NOW - build.days(3), BRUSSELS)
    first = build.make_deadline(call=call, kind="pre_notification", closing=earlier)
    deadline = build.make_deadline(call=call, requires=first, intake_working_days=5)
    deadline.closes_at += build.days(7)
    save_deadline(deadline, Edit(None, build.NOW, f"Veel {LONG_WORD}."))
    old = Closing(Edge.AT_TIME, build.NOW - build.days(800), BRUSSELS)
    build.make_deadline(call=call, closing=old, outcome="29 voorstellen")
    build.make_call(slug="zonder-datum", programme=programme, title=f"Zonder datum {LONG_WORD}")
    return call


def agenda(session: Session) -> None:
    """A block with two talks, in the session's own time."""
    half = (session.ends_at - session.starts_at) / 2
    block = session.agenda_items.create(
        title="Twee cases", kind="block", starts_at=session.starts_at, ends_at=session.ends_at
    )
    for start in (session.starts_at, session.starts_at + half):
        talk = session.agenda_items.create(
            title=f"Slim aankopen met {LONG_WORD}",
            parent=block,
            starts_at=start,
            ends_at=start + half,
        )
        build.make_speaker(talk, name="An Janssens", role=LONG_WORD)


def address(path: str) -> Callable[[Page, World], None]:
    """Open an address; codes of registrations are filled in."""

    def open_it(page: Page, world: World) -> None:
        codes = {
            f"{name}_{kind}": getattr(getattr(world, name), f"{kind}_code")
            for name in ("seated", "waiting", "cancelled", "moved")
            for kind in ("managing", "joining", "ticket")
        }
        codes |= {
            "confirm": world.asked.confirming_code,
            "follower": world.follow.follower.get_absolute_url().split("/")[2],
            "stop": world.follow.follower.get_stop_url().split("/")[2],
        }
        page.goto(world.home + path.format(**codes))

    return open_it


def send_form(slug: str, **typed: str) -> Callable[[Page, World], None]:
    """Fill in the form of a session and send it."""

    def send(page: Page, world: World) -> None:
        page.goto(f"{world.home}/sessions/{slug}/")
        for name, text in typed.items():
            page.locator(f"form[method=post] [name={name}]").fill(text)
        page.locator("form[method=post] button[type=submit]").click()
        page.wait_for_url(re.compile("/regist(er|ered)/"))

    return send


def follow_badly(page: Page, world: World) -> None:
    """Send the form to follow with an address that is none."""
    page.goto(f"{world.home}/follow/")
    page.locator("form[method=post] [name=email]").fill("geen adres")
    page.locator("form[method=post] button[type=submit]").click()
    page.get_by_role("alert").wait_for()


def send_group(**typed: str) -> Callable[[Page, World], None]:
    """Fill in the form for colleagues and send it."""

    def send(page: Page, world: World) -> None:
        page.goto(f"{world.home}/sessions/open/register/colleagues/")
        page.locator("details summary").click()
        for name, text in typed.items():
            page.locator(f"form[method=post] [name={name}]").fill(text)
        page.locator("form[method=post] button[type=submit]").first.click()
        page.wait_for_url(re.compile("/(colleagues|registered)/"))

    return send


def send_too_late(page: Page, world: World) -> None:
    """Send the form of a session that is cancelled in the meantime."""
    page.goto(f"{world.home}/sessions/open/")
    for name in ("name", "organisation_name"):
        page.locator(f"form[method=post] [name={name}]").fill(LONG_WORD)
    page.locator("form[method=post] [name=email]").fill("laat@example.org")
    Session.objects.filter(slug="open").update(status=Session.Status.CANCELLED)
    page.locator("form[method=post] button[type=submit]").click()
    page.wait_for_url("**/register/")


def newest_mail(page: Page, world: World) -> None:
    """Open the newest mail: of somebody who has just registered."""
    build.make_registration(Session.objects.get(slug="waiting-list"))
    call_command("worker", "--once")
    page.goto(f"{world.home}/mailbox/")
    page.locator("main table a").first.click()
    page.wait_for_url(re.compile("/mailbox/.+/"))


def sign_in(page: Page, user: User, site: str) -> None:
    """Give the browser what signing in would."""
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": site}])


def signed_in(path: str) -> Callable[[Page, World], None]:
    """Open an address as the owner of the first registration, with an account."""

    def open_it(page: Page, world: World) -> None:
        user = build.make_user(email=world.seated.email, name=LONG_WORD)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        sign_in(page, user, world.site)
        page.goto(world.home + path)

    return open_it


def organising(path: str, *, opened: bool = False) -> Callable[[Page, World], None]:
    """Open a page about the first session as its organiser; `opened` unfolds what is folded."""

    def open_it(page: Page, world: World) -> None:
        session = world.seated.session
        sign_in(page, build.make_organiser(session.programme, name=LONG_WORD), world.site)
        where = f"{world.home}/organise/sessions/{session.slug}/attendees/"
        page.goto(where + path.format(id=world.seated.pk))
        if opened:
            for summary in page.locator("summary").all():
                summary.click()
            page.locator("[name=chosen]").first.check()

    return open_it


def at_the_door(path: str) -> Callable[[Page, World], None]:
    """Open an address of who takes attendance while a session runs; `person` is there already."""

    def open_it(page: Page, world: World) -> None:
        session = Session.objects.get(slug="running")
        Session.objects.filter(pk=session.pk).update(attendance="hybrid", venue=LONG_WORD)
        session.refresh_from_db()
        rows = [
            registering.register(
                session, build.applicant(name=name), received_at=build.NOW, by_organiser=True
            ).registration
            for name in (LONG_WORD, f"An {LONG_WORD}", "Bo Elst")
        ]
        for row, mark in zip(rows, (Mark("present", "online"), Mark("excused")), strict=False):
            attendance.mark(row, mark, seen="", by=SYSTEM, now=build.NOW)
        sign_in(page, build.make_organiser(session.programme, name=LONG_WORD), world.site)
        facts = {"person": rows[0].pk, "ticket": rows[2].get_ticket_url()}
        page.goto(world.home + path.format(**facts))

    return open_it


def working_on_agenda(path: str) -> Callable[[Page, World], None]:
    """Open an address as an organiser of the session that is open; `item` is its first item."""

    def open_it(page: Page, world: World) -> None:
        session = Session.objects.get(slug="open")
        sign_in(page, build.make_organiser(session.programme), world.site)
        page.goto(world.home + path.format(item=session.agenda_items.in_order()[0].pk))

    return open_it


def working_on_questions(path: str) -> Callable[[Page, World], None]:
    """Open an address as an organiser of the session that is open; `question` was answered."""

    def open_it(page: Page, world: World) -> None:
        session = Session.objects.get(slug="open")
        sign_in(page, build.make_organiser(session.programme), world.site)
        page.goto(world.home + path.format(question=session.questions.all()[1].pk))

    return open_it


def with_palette(page: Page, world: World) -> None:
    """Open the palette over a page of the workspace, with something found."""
    working_on_agenda("/organise/sessions/open/agenda/")(page, world)
    page.locator("[data-palette-button]").click()
    page.locator("#palette-field").fill(LONG_WORD[:12])
    page.get_by_role("option", name=LONG_WORD).first.wait_for()


def starting(page: Page, world: World) -> None:
    """Open the overview as an organiser whose programme has one draft."""
    draft = build.make_session(status=Session.Status.DRAFT, title=LONG_WORD)
    sign_in(page, build.make_organiser(draft.programme), world.site)
    page.goto(f"{world.home}/organise/")


def leading(path: str) -> Callable[[Page, World], None]:
    """Open an address as the lead of the programme, of whom the log tells something."""

    def open_it(page: Page, world: World) -> None:
        session = Session.objects.get(slug="open")
        lead = build.make_lead(session.programme, name=LONG_WORD)
        sign_in(page, lead, world.site)
        page.goto(f"{world.home}/organise/sessions/open/attendees/")
        page.goto(world.home + path)

    return open_it


def speaking(path: str) -> Callable[[Page, World], None]:
    """Open an address as an organiser with a speaker who handed in slides; `page` is theirs."""

    def open_it(page: Page, world: World) -> None:
        session, past = (Session.objects.get(slug=slug) for slug in ("open", "past"))
        item = session.agenda_items.in_order()[1]
        own = materials.open_page(
            session, item.contributions.get().speaker, by=SYSTEM, now=build.NOW
        )
        materials.describe(own, text=f"{LONG_WORD}. Jurist.", photo=None, by=SYSTEM, now=build.NOW)
        for each in (session, past):
            for title in (LONG_WORD, "Opname"):
                link = materials.add_link(
                    each, title=title, url="https://example.org/x", by=SYSTEM, now=build.NOW
                )
                materials.set_shown(link, is_shown=True, by=SYSTEM, now=build.NOW)
        slides = SimpleUploadedFile("dia.pdf", b"%PDF-1.7")
        materials.add_file(session, slides, title=LONG_WORD, page=own, by=SYSTEM, now=build.NOW)
        sign_in(page, build.make_organiser(session.programme), world.site)
        page.goto(world.home + path.format(page=own.get_absolute_url()))

    return open_it


def working_on_messages(path: str) -> Callable[[Page, World], None]:
    """Open an address as an organiser with a message to send and one that was sent."""

    def open_it(page: Page, world: World) -> None:
        session = Session.objects.get(slug="open")
        made = []
        for _each in range(2):
            circular = Circular(session=session, subject_nl=LONG_WORD, text_nl=f"{LONG_WORD} {{x}}")
            circulars.save(circular, by=SYSTEM, now=build.NOW)
            made.append(circular)
        circulars.send(made[0], by=SYSTEM, now=build.NOW)
        sign_in(page, build.make_organiser(session.programme), world.site)
        page.goto(world.home + path.format(sent=made[0].pk, draft=made[1].pk))

    return open_it


def read_calendar_file(page: Page, world: World) -> None:
    """Have a calendar file read that holds two appointments."""
    sign_in(page, build.make_organiser(world.seated.session.programme), world.site)
    page.goto(f"{world.home}/organise/sessions/import/")
    link = "https://teams.microsoft.com/l/meetup-join/" + "x" * 200
    events = "".join(
        f"BEGIN:VEVENT\nSUMMARY:{title}\nDTSTART:20270610T120000\nRRULE:FREQ=DAILY\n"
        f"LOCATION:{LONG_WORD}\nDESCRIPTION:Welkom.\\n\\nHier: {link}\nEND:VEVENT\n"
        for title in (LONG_WORD, "Tweede")
    )
    content = f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n".encode()
    sent = FilePayload(name="afspraak.ics", mimeType="text/calendar", buffer=content)
    page.locator("[name=file]").set_input_files(sent)
    page.locator("main form button[type=submit]").click()
    page.locator("#appointment-2").wait_for()


def take_appointment_over(page: Page, world: World) -> None:
    """Have the form filled in with the first of them."""
    read_calendar_file(page, world)
    page.locator("main form button[type=submit]").first.click()
    page.locator("[name=title_nl]").wait_for()


def paste_programme(page: Page, world: World) -> None:
    """Have a programme read, of which one line is not understood."""
    working_on_agenda("/organise/sessions/open/agenda/paste/")(page, world)
    page.locator("[name=text]").fill(
        f"{LONG_WORD}\n14u00 – 14u30 {LONG_WORD} (An Janssens, jurist)"
    )
    page.locator("form#paste button[type=submit]").click()
    page.locator("#reading").wait_for()


def working(path: str) -> Callable[[Page, World], None]:
    """Open an address as an organiser of the sessions and calls; names in it are filled in."""

    def open_it(page: Page, world: World) -> None:
        session, call = Session.objects.get(slug="open"), Call.objects.get(slug="oproep")
        history.keep_first(session, now=build.NOW)
        circular = Circular(session=session, subject_nl=LONG_WORD, text_nl=f"Dag {LONG_WORD}")
        circulars.save(circular, by=SYSTEM, now=build.NOW)
        latest = call.deadlines.latest("closes_at")
        submitted = make_submitted(
            latest, title=f"Traject {LONG_WORD}", problem=LONG_WORD, organisation_name=LONG_WORD
        )
        sign_in(page, build.make_organiser(session.programme, name=LONG_WORD), world.site)
        facts = {
            "circular": circular.pk,
            "deadline": latest.pk,
            "amount": call.amounts.get().pk,
            "submitted": submitted.public_id,
        }
        page.goto(world.home + path.format(**facts))

    return open_it


def with_a_team(path: str) -> Callable[[Page, World], None]:
    """Open an address as the lead of a programme with a team and somebody invited."""

    def open_it(page: Page, world: World) -> None:
        programme = world.seated.session.programme
        helper = build.make_member(programme, Role.HELPER, name=f"Bo {LONG_WORD}")
        lead = build.make_lead(programme, name=LONG_WORD)
        by = Actor(AuditEntry.Actor.USER, lead)
        address = f"{'lang' * 15}@example.org"
        invitation = invitations.invite(
            programme, address, Role.VIEWER, language="nl", by=by, now=build.NOW
        )
        sign_in(page, lead, world.site)
        facts = {"programme": programme.slug, "member": helper.memberships.get().pk}
        page.goto(world.home + path.format(**facts, invitation=invitation.code))

    return open_it


def administering(path: str) -> Callable[[Page, World], None]:
    """Open an address as who runs the installation, with organisations to put in order."""

    def open_it(page: Page, world: World) -> None:
        body = build.make_organisation(name=f"Agentschap {LONG_WORD}", slug="agentschap")
        other = build.make_organisation(name="Dienst Voorbeeld")
        gone = build.make_organisation(name=f"Dienst {LONG_WORD}")
        body.relations.create(kind="member", other=other)
        merging.merge(gone, other, by=SYSTEM, now=build.NOW)
        for each in (body, other):
            directory.index_names(each)
        match = NameMatch.objects.create(key="iets", name=LONG_WORD, matched_at=build.NOW)
        SuppressedAddress.objects.create(
            address=f"{'lang' * 15}@example.com", outcome="bounced", suppressed_at=build.NOW
        )
        sign_in(page, build.make_administrator(), world.site)
        page.goto(world.home + path.format(registration=world.seated.pk, match=match.pk))

    return open_it


def on_trajectory(path: str, *, is_submitted: bool = False) -> Callable[[Page, World], None]:
    """Open an address as the owner of a trajectory, on the way or submitted."""

    def open_it(page: Page, world: World) -> None:
        owner = build.make_user(email="els@stad.example.org", name=f"Els {LONG_WORD}")
        EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
        latest = Deadline.objects.filter(call__slug="oproep").latest("closes_at")
        trajectory = make_trajectory(
            title=f"Traject {LONG_WORD}",
            problem=f"Eerst {LONG_WORD}.\n\nDan de rest.",
            call=latest.call,
            deadline=latest,
            buys_ai=True,
        )
        colleague = trajectories.invite(
            trajectory, email="bo@stad.example.org", name=LONG_WORD, now=build.NOW
        )
        trajectory.notes.create(author=colleague, text=LONG_WORD, written_at=build.NOW)
        trajectory.attachments.create(
            name=f"{LONG_WORD}.pdf",
            content_type="application/pdf",
            size_bytes=9,
            added_at=build.NOW,
        )
        if is_submitted:
            trajectories.submit(trajectory, now=build.NOW)
        sign_in(page, owner, world.site)
        page.goto(world.home + path.format(own=trajectory.public_id))

    return open_it


def with_a_way(path: str) -> Callable[[Page, World], None]:
    """Open an address by the code with which one asks what is held on one."""

    def open_it(page: Page, world: World) -> None:
        tell_way(world.seated.email, now=build.NOW)
        page.goto(world.home + path.format(way=code_of(Message.objects.get(kind=KIND))))

    return open_it


def sent(
    opened: Callable[[Page, World], None], form: str = "main form[method=post]", **typed: str
) -> Callable[[Page, World], None]:
    """Open a page and send its form, past what the browser itself would refuse."""

    def send(page: Page, world: World) -> None:
        opened(page, world)
        for name, text in typed.items():
            page.locator(f"{form} [name={name}]").fill(text)
        with page.expect_navigation():
            page.locator(form).first.evaluate(
                "form => { form.noValidate = true; form.requestSubmit(); }"
            )

    return send


GOOD = {"name": "Jan Peeters", "email": "jan@example.org", "organisation_name": "Stad Voorbeeld"}
PAGES = {
    "home": address("/"),
    "sessions": address("/sessions/"),
    "sessions of a theme": address("/sessions/?theme=ethiek"),
    "sessions past": address("/sessions/?period=past"),
    "sessions of a month": address("/sessions/?month=2027-06"),
    "sessions none found": address("/sessions/?q=niets"),
    "search": address("/search/"),
    "search found": address(f"/search/?q={LONG_WORD}"),
    "search none found": address("/search/?q=niets"),
    **{
        f"session {state}": address(f"/sessions/{str(state).replace('_', '-')}/")
        for state in SessionState
        if state is not SessionState.DRAFT
    },
    "session on site and moved": address("/sessions/op-locatie/"),
    "form with errors": send_form("open", name="Jan"),
    "form refused": send_too_late,
    "registered": send_form("open", **GOOD),
    "registered in line": send_form("waiting-list", **GOOD),
    "registered unknown": address("/sessions/open/registered/"),
    "manage": address("/registrations/{seated_managing}/"),
    "manage waiting": address("/registrations/{waiting_managing}/"),
    "manage cancelled": address("/registrations/{cancelled_managing}/"),
    "manage on site": address("/registrations/{moved_managing}/"),
    "form for colleagues": address("/sessions/open/register/colleagues/"),
    "form for colleagues with errors": send_group(name=LONG_WORD, email_0="geen adres"),
    "form for colleagues with pasted lines": send_group(pasted=f"{LONG_WORD}; jan@example.org\nx"),
    "registered colleagues": send_group(
        **GOOD, name_0=LONG_WORD, email_0=f"{'lang' * 15}@example.com"
    ),
    "substitute": address("/registrations/{seated_managing}/substitute/"),
    "details": address("/registrations/{seated_managing}/details/"),
    "cancel": address("/registrations/{seated_managing}/cancel/"),
    "join before the release": address("/registrations/{seated_joining}/join/"),
    "join waiting": address("/registrations/{waiting_joining}/join/"),
    "join cancelled": address("/registrations/{cancelled_joining}/join/"),
    "join on site": address("/registrations/{moved_joining}/join/"),
    "ticket": address("/registrations/{moved_ticket}/ticket/"),
    "ticket scanned": at_the_door("{ticket}"),
    "at the door": at_the_door("/organise/sessions/running/attendance/?show=all"),
    "at the door nobody found": at_the_door("/organise/sessions/running/attendance/?q=niemand"),
    "presence": at_the_door("/organise/sessions/running/attendance/{person}/"),
    "presence of many": at_the_door("/organise/sessions/running/attendees/presence/?everyone=1"),
    "deadlines": address("/deadlines/"),
    "deadlines chosen": address("/deadlines/?theme=ethiek&status=open"),
    "deadlines none found": address("/deadlines/?q=niets"),
    "call": address("/deadlines/oproep/"),
    "follow": address("/follow/?subject=call:oproep"),
    "follow with errors": follow_badly,
    "confirm": address("/follow/{confirm}/confirm/"),
    "following": address("/follow/{follower}/"),
    "stop": address("/follow/{stop}/stop/"),
    "not found": address("/bestaat-niet/"),
    "find registration": address("/registrations/"),
    "sign in": address("/accounts/login/"),
    "make an account": address("/accounts/signup/"),
    "my page": signed_in("/me/"),
    "attendees": organising(""),
    "attendees narrowed": organising("?state=confirmed&column=name&column=kind", opened=True),
    "attendees none found": organising("?q=niemand"),
    "attendee": organising("{id}/"),
    "attendee to correct": organising("{id}/details/"),
    "attendee to move": organising("{id}/move/"),
    "attendee to add": organising("add/"),
    "attendees to cancel": organising("cancel/?everyone=1"),
    "attendees to export": organising("export/"),
    "figures": at_the_door("/organise/sessions/running/figures/"),
    "figures over sessions": at_the_door("/organise/figures/"),
    "attendees to print": organising("papers/"),
    "attendees to import": organising("import/"),
    "my addresses": signed_in("/accounts/email/"),
    "my second factors": signed_in("/accounts/2fa/"),
    "my app": signed_in("/accounts/2fa/totp/activate/"),
    "my passkeys": signed_in("/accounts/2fa/webauthn/"),
    "my new passkey": signed_in("/accounts/2fa/webauthn/add/"),
    "my recovery codes": signed_in("/accounts/2fa/recovery-codes/generate/"),
    "my organisation": signed_in("/accounts/3rdparty/"),
    "code by mail": address("/accounts/login/code/"),
    "not allowed to sign in": address("/accounts/inactive/"),
    "sign-in interrupted": address("/accounts/3rdparty/login/cancelled/"),
    "sign-in failed": address("/accounts/3rdparty/login/error/"),
    "privacy": address("/privacy/"),
    "register of processing": address("/privacy/register/"),
    "accessibility": address("/accessibility/"),
    "cookies": address("/cookies/"),
    "report a vulnerability": address("/security/"),
    "where I am signed in": signed_in("/accounts/sessions/"),
    "sign out": signed_in("/accounts/logout/"),
    "calendar file": read_calendar_file,
    "calendar file taken over": take_appointment_over,
    "first steps": starting,
    "manual": leading("/organise/manual/team/"),
    "session's audit log": leading("/organise/sessions/open/audit/"),
    "speakers and slides": speaking("/organise/sessions/open/materials/"),
    "speaker's page": speaking("{page}"),
    "session past with slides": speaking("/sessions/past/"),
    "mail after a session": speaking("/organise/sessions/past/materials/tell/"),
    "agenda to work on": working_on_agenda("/organise/sessions/open/agenda/"),
    "agenda item": working_on_agenda("/organise/sessions/open/agenda/{item}/"),
    "agenda item to delete": working_on_agenda("/organise/sessions/open/agenda/{item}/delete/"),
    "programme to paste": working_on_agenda("/organise/sessions/open/agenda/paste/"),
    "programme pasted": paste_programme,
    "workspace search": working_on_agenda("/organise/search/"),
    "workspace search none found": working_on_agenda("/organise/search/?q=niets"),
    "palette": with_palette,
    "questions": working_on_questions("/organise/sessions/open/questions/"),
    "new question": working_on_questions("/organise/sessions/open/questions/add/choice/"),
    "question": working_on_questions("/organise/sessions/open/questions/{question}/"),
    "question to delete": working_on_questions(
        "/organise/sessions/open/questions/{question}/delete/"
    ),
    "messages": working_on_messages("/organise/sessions/open/messages/"),
    "new message": working_on_messages("/organise/sessions/open/messages/new/?state=confirmed"),
    "message to send": working_on_messages("/organise/sessions/open/messages/{draft}/"),
    "what mails say": working_on_messages("/organise/sessions/open/mail/texts/"),
    "what a mail says": working_on_messages("/organise/sessions/open/mail/texts/registered/"),
    "message sent": working_on_messages("/organise/sessions/open/messages/{sent}/"),
    "calendar": address("/calendar/"),
    "what is held": address("/registrations/{seated_managing}/privacy/"),
    "erase": address("/registrations/{seated_managing}/privacy/erase/"),
    "find registration sent": sent(address("/registrations/"), email="jan@example.org"),
    "find registration with errors": sent(address("/registrations/"), email="geen adres"),
    "substitute with errors": sent(address("/registrations/{seated_managing}/substitute/")),
    "cancelled by its owner": sent(address("/registrations/{seated_managing}/cancel/")),
    "ask for data": address("/privacy/data/"),
    "data": with_a_way("/privacy/data/{way}/"),
    "erase data": with_a_way("/privacy/data/{way}/erase/"),
    "erased": address("/privacy/erased/"),
    "deadlines of a month": address("/deadlines/?month=2027-09"),
    "call without a date": address("/deadlines/zonder-datum/"),
    "my page with a trajectory": on_trajectory("/me/"),
    "my data": signed_in("/me/data/"),
    "erase me": signed_in("/me/erase/"),
    "new trajectory": on_trajectory("/me/new-trajectory/"),
    "new trajectory with errors": sent(on_trajectory("/me/new-trajectory/")),
    "trajectory": on_trajectory("/me/trajectories/{own}/"),
    "trajectory submitted": on_trajectory("/me/trajectories/{own}/", is_submitted=True),
    "trajectory to edit": on_trajectory("/me/trajectories/{own}/edit/"),
    "trajectory to submit": on_trajectory("/me/trajectories/{own}/submit/"),
    "trajectory to delete": on_trajectory("/me/trajectories/{own}/delete/"),
    "charter": on_trajectory("/me/trajectories/{own}/charter/"),
    "overview": working("/organise/"),
    "new session": working("/organise/sessions/new/"),
    "new session with errors": sent(working("/organise/sessions/new/")),
    "calendar file to read": working("/organise/sessions/import/"),
    "session to edit": working("/organise/sessions/open/page/"),
    "session to edit with errors": sent(
        working("/organise/sessions/open/page/"), title_nl="", contact_email="geen adres"
    ),
    "session to publish": working("/organise/sessions/draft/publish/"),
    "session to take back": working("/organise/sessions/open/unpublish/"),
    "session to cancel": working("/organise/sessions/open/cancel/"),
    "session to cancel with errors": sent(working("/organise/sessions/open/cancel/")),
    "session to copy": working("/organise/sessions/open/clone/"),
    "session to see before": working("/organise/sessions/draft/preview/"),
    "versions": working("/organise/sessions/open/history/"),
    "version": working("/organise/sessions/open/history/1/"),
    "mail of a session": working("/organise/sessions/open/mail/"),
    "agenda without items": working("/organise/sessions/draft/agenda/"),
    "new agenda item": working("/organise/sessions/open/agenda/add/"),
    "new agenda item with errors": sent(working("/organise/sessions/open/agenda/add/")),
    "questions none": working("/organise/sessions/draft/questions/"),
    "new question with errors": sent(working("/organise/sessions/open/questions/add/choice/")),
    "attendees none": working("/organise/sessions/draft/attendees/"),
    "attendee to add with errors": sent(organising("add/")),
    "messages none": working("/organise/sessions/draft/messages/"),
    "message to edit": working("/organise/sessions/open/messages/{circular}/edit/"),
    "new message with errors": sent(working("/organise/sessions/open/messages/new/")),
    "materials none": working("/organise/sessions/draft/materials/"),
    "figures none": working("/organise/sessions/draft/figures/"),
    "calls to work on": working("/organise/calls/"),
    "new call": working("/organise/new-call/"),
    "new call with errors": sent(working("/organise/new-call/")),
    "call to work on": working("/organise/calls/oproep/"),
    "call to edit": working("/organise/calls/oproep/texts/"),
    "call to edit with errors": sent(
        working("/organise/calls/oproep/texts/"), title_nl="", official_url="https://geen-adres"
    ),
    "terms": working("/organise/calls/oproep/terms/"),
    "terms none": working("/organise/calls/zonder-datum/terms/"),
    "new term": working("/organise/calls/oproep/terms/amounts/new/"),
    "term": working("/organise/calls/oproep/terms/amounts/{amount}/"),
    "deadlines to work on": working("/organise/calls/oproep/deadlines/"),
    "deadlines to work on none": working("/organise/calls/zonder-datum/deadlines/"),
    "deadlines pasted": sent(
        working("/organise/calls/oproep/deadlines/"),
        "form:has([name=text])",
        text=f"Indienen vóór 20 september 2027 om 12:00 uur\n{LONG_WORD} ooit",
    ),
    "new deadline": working("/organise/calls/oproep/new-deadline/"),
    "new deadline with errors": sent(working("/organise/calls/oproep/new-deadline/")),
    "deadline": working("/organise/calls/oproep/deadlines/{deadline}/"),
    "call to publish": working("/organise/calls/oproep/publish/"),
    "call to suspend": working("/organise/calls/oproep/suspend/"),
    "call to cancel": working("/organise/calls/oproep/cancel/"),
    "call to copy": working("/organise/calls/oproep/clone/"),
    "call to see before": working("/organise/calls/oproep/preview/"),
    "trajectories submitted": working("/organise/trajectories/"),
    "trajectory submitted to us": working("/organise/trajectories/{submitted}/"),
    "retention": working("/organise/retention/"),
    "retention to change": with_a_team("/organise/retention/{programme}/"),
    "retention of trajectories": with_a_team("/organise/retention/{programme}/trajectories/"),
    "audit log": leading("/organise/audit/"),
    "programme": with_a_team("/organise/programmes/{programme}/"),
    "programme with errors": sent(with_a_team("/organise/programmes/{programme}/"), name_nl=""),
    "team": with_a_team("/organise/team/"),
    "invite": with_a_team("/organise/team/{programme}/invite/"),
    "invite with errors": sent(with_a_team("/organise/team/{programme}/invite/")),
    "role to change": with_a_team("/organise/team/members/{member}/"),
    "member to remove": with_a_team("/organise/team/members/{member}/remove/"),
    "invitation": with_a_team("/invitations/{invitation}/"),
    "organisations": administering("/organise/organisations/"),
    "organisations found": administering("/organise/organisations/?q=agentschap"),
    "new organisation": administering("/organise/new-organisation/"),
    "new organisation with errors": sent(administering("/organise/new-organisation/")),
    "organisation": administering("/organise/organisations/agentschap/"),
    "organisation to merge": administering("/organise/organisations/agentschap/merge/"),
    "names": administering("/organise/names/"),
    "name to link": administering("/organise/names/{registration}/link/?q=dienst"),
    "name to a new organisation": administering("/organise/names/{registration}/new/"),
    "suppressed addresses": administering("/organise/addresses/"),
    "mails": address("/mails/"),
    "example of a mail": address("/mails/events.link/fr/"),
    "style guide": address("/style/"),
    "mailbox": address("/mailbox/"),
    "mail": newest_mail,
}
