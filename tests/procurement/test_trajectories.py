"""Trajectories: who sees them, what is counted back, what may be attached, what is submitted."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry, OrganisationDomain
from procurement import attaching, privacy, trajectories
from procurement.charter import PRINCIPLES
from procurement.counting_back import to_do
from procurement.models import Attachment, Call, CharterAnswer, Stage, Trajectory
from procurement.working_days import is_working_day
from tests.build import (
    NOW,
    days,
    make_administrator,
    make_call,
    make_deadline,
    make_organisation,
    make_organiser,
    make_user,
)
from tests.forms import Form, forms_on, sent_by
from tests.page import CheckedClient
from tests.procurement.build import make_signed_up, make_submitted, make_trajectory

pytestmark = pytest.mark.django_db

OWNER = "els@stad.example.org"
COLLEAGUE = "jan@stad.example.org"


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def trajectory() -> Trajectory:
    return make_trajectory()


@pytest.fixture
def owner(client: CheckedClient) -> CheckedClient:
    client.force_login(make_signed_up(OWNER, name="Els Verstraete"))
    return client


def browser(email: str) -> CheckedClient:
    made = CheckedClient()
    made.force_login(make_signed_up(email))
    return made


# Who sees it -------------------------------------------------------------------------------------


def test_page_tells_the_facts_before_what_is_to_be_done(
    owner: CheckedClient, trajectory: Trajectory
) -> None:
    html = owner.get(trajectory.get_absolute_url()).content.decode()

    assert html.index('id="facts"') < html.index('id="to-do"') < html.index('id="people"')


def test_trajectory_is_made_and_stands_on_ones_own_page(owner: CheckedClient) -> None:
    deadline = make_deadline(call=make_call(title="AI bij besturen"))

    made = owner.post(
        "/me/new-trajectory/",
        {
            "title": "Slimme vergunningen",
            "problem": "Te traag",
            "organisation_name": "Stad Voorbeeld",
            "buys_ai": "on",
            "target": f"deadline:{deadline.uid}",
        },
    )

    row = Trajectory.objects.get()
    assert made.headers["Location"] == row.get_absolute_url()
    assert (row.deadline, row.call, row.stage) == (deadline, deadline.call, Stage.IDEA)
    assert "Slimme vergunningen" in owner.get("/me/").content.decode()
    assert owner.get(row.get_absolute_url()).status_code == 200


def test_page_of_a_call_leads_to_a_trajectory_to_its_next_deadline(owner: CheckedClient) -> None:
    deadline, past = make_deadline(), make_call(kind=Call.Kind.ONE_OFF)
    shown = owner.get(deadline.call.get_absolute_url()).content.decode()
    address = f"/me/new-trajectory/?call={deadline.call.slug}"

    form = owner.get(address).context["form"]
    wrong = owner.get("/me/new-trajectory/?call=%00").context["form"]

    assert f'href="{address}"' in shown
    assert form["target"].value() == f"deadline:{deadline.uid}"
    assert wrong["target"].value() == ""
    assert "/me/new-trajectory/" not in owner.get(past.get_absolute_url()).content.decode()


def test_colleague_sees_it_once_they_proved_the_address(
    owner: CheckedClient, trajectory: Trajectory
) -> None:
    page = trajectory.get_absolute_url()
    owner.post(f"{page}members/", {"member-email": "Jan@stad.example.org", "member-name": "Jan"})
    unproved = Client()
    unproved.force_login(make_user(email="jan.unproved@stad.example.org"))
    namesake = browser("an@stad.example.org")

    answers = [
        unproved.get(page).status_code,
        namesake.get(page).status_code,
        browser(COLLEAGUE).get(page).status_code,
    ]

    assert answers == [404, 404, 200]


def test_address_that_is_not_proved_opens_nothing(trajectory: Trajectory) -> None:
    impostor = Client()
    impostor.force_login(make_user(email=OWNER))

    assert impostor.get(trajectory.get_absolute_url()).status_code == 404


def test_organisers_see_nothing_of_what_is_not_submitted(trajectory: Trajectory) -> None:
    call = make_call()
    Trajectory.objects.update(call=call)
    for user in (make_organiser(call.programme), make_administrator()):
        client = CheckedClient()
        client.force_login(user)

        page = client.get("/organise/trajectories/").content.decode()
        answer = client.get(f"/organise/trajectories/{trajectory.public_id}/")

        assert trajectory.title not in page
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("email", "is_taken"),
    [
        ("jan@stad.example.org", True),
        ("jan@dienst.stad.example.org", True),
        ("jan@oud.example", True),
        ("jan@elders.example.org", False),
        ("jan@gmail.com", False),
        ("JAN@STAD.EXAMPLE.ORG", True),
        ("jan@stad.example.org.evil.example", False),
    ],
)
def test_colleagues_are_of_the_same_organisation(
    owner: CheckedClient, trajectory: Trajectory, email: str, is_taken: bool
) -> None:
    body = make_organisation()
    OrganisationDomain.objects.create(organisation=body, domain="stad.example.org")
    OrganisationDomain.objects.create(organisation=body, domain="oud.example")

    answer = owner.post(
        f"{trajectory.get_absolute_url()}members/", {"member-email": email, "member-name": ""}
    )

    assert answer.status_code == (302 if is_taken else 422)
    assert trajectory.members.count() == (2 if is_taken else 1)


def test_public_provider_is_no_organisation(owner: CheckedClient) -> None:
    assert not trajectories.is_of_same_organisation("a@gmail.com", "b@gmail.com")
    assert trajectories.is_of_same_organisation("a@klein.example", "b@klein.example")


def test_colleague_takes_off_themselves_only(trajectory: Trajectory) -> None:
    for email in (COLLEAGUE, "an@stad.example.org"):
        trajectories.invite(trajectory, email=email, name="", now=NOW)
    own, other, jan = trajectory.members.order_by("pk")[0], *trajectory.members.order_by("pk")[1:]
    client, page = browser(COLLEAGUE), trajectory.get_absolute_url()

    answers = [
        client.post(f"{page}members/{own.pk}/remove/").status_code,
        client.post(f"{page}members/{jan.pk}/remove/").status_code,
        client.post(f"{page}members/{jan.pk}/owner/").status_code,
        client.post(f"{page}delete/").status_code,
        client.post(f"{page}members/{other.pk}/remove/").status_code,
        client.get(page).status_code,
    ]

    assert answers == [404, 404, 404, 404, 302, 404]
    assert trajectory.members.count() == 2


def test_owner_hands_over_and_then_leaves(owner: CheckedClient, trajectory: Trajectory) -> None:
    page = trajectory.get_absolute_url()
    jan = trajectories.invite(trajectory, email=COLLEAGUE, name="Jan", now=NOW)
    first = trajectory.members.get(is_owner=True)

    owner.post(f"{page}members/{first.pk}/remove/")
    kept = trajectory.members.count()
    owner.post(f"{page}members/{jan.pk}/owner/")
    owner.post(f"{page}members/{first.pk}/remove/")

    assert kept == 2
    assert [(one.email, one.is_owner) for one in trajectory.members.all()] == [(COLLEAGUE, True)]


@pytest.mark.parametrize("number", [2, 30])
def test_own_page_costs_the_same_for_many_trajectories(
    owner: CheckedClient, number: int, django_assert_max_num_queries: object
) -> None:
    deadline = make_deadline()
    for _each in range(number):
        make_trajectory(deadline=deadline, call=deadline.call)

    owner.get("/me/")
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        owner.get("/me/")


# Counting back -----------------------------------------------------------------------------------


def test_steps_are_counted_back_in_working_days(trajectory: Trajectory) -> None:
    call = make_call()
    make_deadline(call=call, closes_at=NOW + days(20), kind="pre_notification")
    target = make_deadline(call=call, intake_working_days=10)
    earlier = make_deadline(call=call, closes_at=NOW + days(3))
    trajectory.call, trajectory.deadline = call, target

    found = to_do(trajectory, NOW)

    assert [one.due_date for one in found] == sorted(one.due_date for one in found)
    assert all(is_working_day(one.due_date) for one in found if one.is_advice)
    assert {one.due_date for one in found if one.code == "submit"} == {date(2027, 9, 22)}
    assert {one.due_date for one in found if one.code == f"ask-{target.pk}"} == {date(2027, 9, 10)}
    assert f"step-{earlier.pk}" not in {one.code for one in found}
    assert sum(one.code.startswith("step-") for one in found) == 2


def test_moved_deadline_moves_the_list(trajectory: Trajectory) -> None:
    target = make_deadline()
    trajectory.call, trajectory.deadline = target.call, target
    before = {one.code: one.due_date for one in to_do(trajectory, NOW)}

    target.closes_at += days(7)
    target.save()
    after = {one.code: one.due_date for one in to_do(trajectory, NOW)}

    assert before.keys() == after.keys()
    assert all(after[code] > before[code] for code in before)
    assert after["submit"] - before["submit"] == days(7)


def test_without_charter_there_is_no_such_step(trajectory: Trajectory) -> None:
    target = make_deadline()
    trajectory.call, trajectory.deadline, trajectory.buys_ai = target.call, target, False

    assert "charter" not in {one.code for one in to_do(trajectory, NOW)}


def test_step_is_ticked_off_and_back(owner: CheckedClient, trajectory: Trajectory) -> None:
    target = make_deadline()
    Trajectory.objects.update(call=target.call, deadline=target)
    address = f"{trajectory.get_absolute_url()}steps/"

    owner.post(address, {"step": "write", "done": "1"})
    owner.post(address, {"step": "write", "done": "1"})
    ticked = trajectory.done_steps.count()
    owner.post(address, {"step": "write"})

    assert (ticked, trajectory.done_steps.count()) == (1, 0)
    for wrong in ("guessed", "", "step-999999", "\x00"):
        assert owner.post(address, {"step": wrong, "done": "1"}).status_code == 404


# Stages ------------------------------------------------------------------------------------------


def test_stages_before_and_after_submitting_do_not_mix(
    owner: CheckedClient, trajectory: Trajectory
) -> None:
    page, target = trajectory.get_absolute_url(), make_deadline()

    assert owner.post(f"{page}stage/", {"stage-stage": "tender"}).status_code == 422
    assert owner.post(f"{page}stage/", {"stage-stage": "proposal"}).status_code == 302
    owner.post(f"{page}submit/")
    assert not Trajectory.objects.get().is_submitted  # no call is aimed at
    Trajectory.objects.update(call=target.call, deadline=target)
    owner.post(f"{page}submit/")
    assert Trajectory.objects.get().stage == Stage.SUBMITTED
    assert owner.post(f"{page}stage/", {"stage-stage": "idea"}).status_code == 422
    assert owner.post(f"{page}stage/", {"stage-stage": "admissible"}).status_code == 302
    owner.post(f"{page}take-back/")

    row = Trajectory.objects.get()
    assert (row.stage, row.submitted_at) == (Stage.PROPOSAL, None)


@pytest.mark.parametrize("facts", [{"stage": "submitted"}, {"submitted_at": NOW}])
def test_database_refuses_a_stage_that_is_not_so(
    trajectory: Trajectory, facts: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Trajectory.objects.update(**facts)


def test_submitted_one_keeps_a_call(owner: CheckedClient) -> None:
    row = make_submitted(make_deadline())

    answer = owner.post(
        f"{row.get_absolute_url()}edit/", {"title": "x", "organisation_name": "y", "target": ""}
    )

    assert answer.status_code == 422
    assert Trajectory.objects.get().call is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""},
        {"title": "a\nb"},
        {"title": "x" * 201},
        {"target": "deadline:guessed"},
        {"target": "call:\x00"},
        {"problem": "x" * 5001},
        {"organisation_name": ""},
    ],
    ids=str,
)
def test_trajectory_that_makes_no_sense_comes_back(changed: dict[str, str]) -> None:
    client = Client()
    client.force_login(make_signed_up(OWNER))

    answer = client.post(
        "/me/new-trajectory/", {"title": "Titel", "organisation_name": "Stad"} | changed
    )

    assert (answer.status_code, Trajectory.objects.count()) == (422, 0)


def test_draft_cannot_be_aimed_at(owner: CheckedClient) -> None:
    draft = make_call(status=Call.Status.DRAFT, title="Nog geheim")

    page = owner.get("/me/new-trajectory/").content.decode()
    sent = owner.post(
        "/me/new-trajectory/",
        {"title": "Titel", "organisation_name": "Stad", "target": f"call:{draft.slug}"},
    )

    assert "Nog geheim" not in page
    assert sent.status_code == 422


# The charter -------------------------------------------------------------------------------------


def test_charter_is_answered_in_parts(owner: CheckedClient, trajectory: Trajectory) -> None:
    address = f"{trajectory.get_absolute_url()}charter/"
    sent = {f"{one.code}-verdict": "open" for one in PRINCIPLES}

    owner.post(
        address,
        sent
        | {
            "transparency-verdict": "yes",
            "transparency-answer": "Het staat bovenaan elke brief.",
            "transparency-responsible": "Jan",
            "transparency-due_date": "2027-08-01",
        },
    )
    refused = owner.post(address, sent | {"appeal-due_date": "0001-01-01", "appeal-answer": "Ja"})

    row = CharterAnswer.objects.get()
    assert len(PRINCIPLES) == 8
    assert (row.principle, row.verdict, row.due_date) == ("transparency", "yes", date(2027, 8, 1))
    assert refused.status_code == 422
    assert "Het staat bovenaan" in owner.get(address).content.decode()


def form_at(client: CheckedClient, address: str) -> Form:
    """What the form of a page would send if nobody touched it."""
    page = client.get(address)
    return sent_by(next(form for form in forms_on(page) if form.get("method") == "post"))


def test_colleagues_who_answer_other_questions_at_once_both_keep_theirs(
    owner: CheckedClient, trajectory: Trajectory
) -> None:
    trajectories.invite(trajectory, email=COLLEAGUE, name="Jan", now=NOW)
    colleague, address = browser(COLLEAGUE), f"{trajectory.get_absolute_url()}charter/"
    first, second = form_at(owner, address), form_at(colleague, address)

    answers = [
        owner.post(address, first | {"appeal-answer": "Bij de ombudsman"}),
        colleague.post(address, second | {"transparency-answer": "In elke brief"}),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    kept = dict(CharterAnswer.objects.values_list("principle", "answer"))
    assert kept == {"appeal": "Bij de ombudsman", "transparency": "In elke brief"}


def test_colleagues_who_change_the_same_are_asked_which_stays(
    owner: CheckedClient, trajectory: Trajectory
) -> None:
    trajectories.invite(trajectory, email=COLLEAGUE, name="Jan", now=NOW)
    colleague, page = browser(COLLEAGUE), trajectory.get_absolute_url()
    for path, field in (("charter/", "appeal-answer"), ("edit/", "problem")):
        first, second = form_at(owner, page + path), form_at(colleague, page + path)
        owner.post(page + path, first | {field: "Van Els"})

        asked = colleague.post(page + path, second | {field: "Van Jan"})

        words = asked.content.decode()
        assert (asked.status_code, "Van Els" in words, "Van Jan" in words) == (409, True, True)
        [choices] = [sent_by(form) for form in forms_on(asked) if form.get("method") == "post"]
        colleague.post(page + path, choices | {f"choose-{field}": "theirs"})

    trajectory.refresh_from_db()
    assert (CharterAnswer.objects.get().answer, trajectory.problem) == ("Van Els", "Van Els")


@pytest.mark.parametrize("language", ["", "/fr", "/en"])
def test_charter_check_is_a_pdf_for_everybody(
    owner: CheckedClient, trajectory: Trajectory, language: str
) -> None:
    trajectory.charter_answers.create(
        principle="appeal", verdict="yes", answer="Één loket: “Café ’t Hoekje”\x01 – # $ @ < > *"
    )

    answer = owner.get(f"{language}{trajectory.get_absolute_url()}charter.pdf")

    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert b"pdfuaid" in answer.content
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_nothing_typed_is_read_as_markup(owner: CheckedClient, trajectory: Trajectory) -> None:
    hostile = '#panic() #read("/etc/passwd") $x$ <a> \\ "quote" 😀 漢字 ' + "x" * 2000
    Trajectory.objects.update(title=hostile[:200])
    trajectory.charter_answers.create(principle="appeal", verdict="yes", answer=hostile)

    answer = owner.get(f"{trajectory.get_absolute_url()}charter.pdf")

    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")


# Documents ---------------------------------------------------------------------------------------


def office(ending: str, *, macros: bool = False, main: str = "") -> bytes:
    """A document of Office, as far as its parts tell."""
    kinds = {"docx": "wordprocessingml.document", "xlsx": "spreadsheetml.sheet"}
    kinds["pptx"] = "presentationml.presentation"
    content = main or f"application/vnd.openxmlformats-officedocument.{kinds[ending]}.main+xml"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("[Content_Types].xml", f'<Types><Override ContentType="{content}"/></Types>')
        if macros:
            parts.writestr("word/vbaProject.bin", b"macro")
    return file.getvalue()


def open_document(kind: str = "text", *, macros: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        if macros:
            parts.writestr("Basic/Standard/Module1.xml", b"macro")
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", b" " * 20_000_000)
    return file.getvalue()


MACRO_ENABLED = "application/vnd.ms-word.document.macroEnabled.main+xml"
PDF, PNG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"
TAKEN = {
    "plan.pdf": PDF,
    "foto.PNG": PNG,
    "foto.jpg": b"\xff\xd8\xff\xe0",
    "nota.odt": open_document(),
    "nota.docx": office("docx"),
    "cijfers.xlsx": office("xlsx"),
    "dia.pptx": office("pptx"),
}
NOT_TAKEN = [
    ("leeg.pdf", b""),
    ("plan.pdf", b"<html>"),
    ("plan.html", b"<html>"),
    ("plan.svg", b"<svg>"),
    ("plan.exe", b"MZ"),
    ("plan.png", b"<html><script>alert(1)</script>"),
    ("plan.jpg", b"<svg onload='alert(1)'/>"),
    ("plan.pdf", b"<script>alert(1)</script>%PDF-1.4"),
    ("plan", PDF),
    ("nota.docm", office("docx", macros=True)),
    ("nota.docx", office("docx", macros=True)),
    ("nota.docx", office("docx", main=MACRO_ENABLED)),
    ("nota.docx", office("xlsx")),
    ("nota.docx", b"PK\x03\x04" + b"x" * 50),
    ("nota.docx", office("docx")[:60]),
    ("nota.docx", PDF + office("docx")),
    ("nota.docx", bomb()),
    ("nota.odt", open_document("spreadsheet")),
    ("nota.odt", open_document(macros=True)),
    ("nota.odt", office("docx")),
    ("groot.pdf", PDF + b"x" * attaching.LARGEST_BYTES),
]


def send(client: Client, trajectory: Trajectory, name: str, content: bytes) -> int:
    sent = SimpleUploadedFile(name, content, content_type="application/pdf")
    address = f"{trajectory.get_absolute_url()}documents/"
    return int(client.post(address, {"document-file": sent}).status_code)


@pytest.mark.parametrize("name", TAKEN)
def test_document_is_kept_and_handed_out_to_keep(
    owner: CheckedClient, trajectory: Trajectory, name: str
) -> None:
    status = send(owner, trajectory, name, TAKEN[name])

    row = Attachment.objects.get()
    address = f"{trajectory.get_absolute_url()}documents/{row.public_id}/"
    answer = owner.get(address)
    assert status == 302
    assert b"".join(answer.streaming_content) == TAKEN[name]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert browser("ander@stad.example.org").get(address).status_code == 404
    assert not Path(row.file.path).is_relative_to(Path(settings.STATIC_ROOT))
    assert Path(name).stem not in row.file.name


@pytest.mark.parametrize(("name", "content"), NOT_TAKEN, ids=[name for name, _ in NOT_TAKEN])
def test_what_is_no_document_is_refused_and_not_kept(
    owner: CheckedClient, trajectory: Trajectory, name: str, content: bytes, settings: Settings
) -> None:
    status = send(owner, trajectory, name, content)

    assert status == 422
    assert not Attachment.objects.exists()
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_hostile_names_stay_harmless(owner: CheckedClient, trajectory: Trajectory) -> None:
    for name in ('a"b\r\nX-Evil: 1.pdf', "é😀" * 200 + ".pdf", "..\\..\\etc\\passwd.pdf"):
        assert send(owner, trajectory, name, PDF) in {302, 422}

    assert Attachment.objects.exists()
    for row in Attachment.objects.all():
        answer = owner.get(f"{trajectory.get_absolute_url()}documents/{row.public_id}/")
        assert "X-Evil" not in answer.headers
        assert len(row.name) <= 150


def test_room_is_limited(
    owner: CheckedClient, trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attaching, "QUOTA_BYTES", 2 * len(PDF))

    answers = [send(owner, trajectory, "plan.pdf", PDF) for _each in range(3)]

    assert answers == [302, 302, 422]


def test_files_go_with_their_document_and_their_trajectory(
    owner: CheckedClient,
    trajectory: Trajectory,
    settings: Settings,
    django_capture_on_commit_callbacks: object,
) -> None:
    for _each in range(2):
        send(owner, trajectory, "plan.pdf", PDF)
    first = Attachment.objects.first()
    assert first is not None

    def files() -> int:
        return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        owner.post(f"{trajectory.get_absolute_url()}documents/{first.public_id}/delete/")
    one_left = files()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        owner.post(f"{trajectory.get_absolute_url()}delete/")

    assert (one_left, files(), Trajectory.objects.count()) == (1, 0, 0)


# The board ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [3, 60])
def test_board_costs_the_same_for_many(
    client: CheckedClient, number: int, django_assert_max_num_queries: object
) -> None:
    deadline = make_deadline()
    for _each in range(number):
        make_submitted(deadline)
    client.force_login(make_organiser(deadline.call.programme))

    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get("/organise/trajectories/")


def test_organisers_see_what_was_submitted_to_their_calls_only(client: CheckedClient) -> None:
    own = make_submitted(make_deadline(), title="Onze burger")
    make_submitted(make_deadline(), title="Van een ander")
    note = "Alleen voor ons"
    own.notes.create(text=note, written_at=NOW)
    trajectories.invite(own, email=COLLEAGUE, name="Jan Janssens", now=NOW)
    assert own.call is not None
    client.force_login(make_organiser(own.call.programme))

    page = client.get("/organise/trajectories/").content.decode()
    detail = client.get(f"/organise/trajectories/{own.public_id}/").content.decode()

    assert "Onze burger" in page
    assert "Van een ander" not in page
    assert OWNER in detail
    assert note not in detail
    assert "Jan Janssens" not in detail
    assert client.get(own.get_absolute_url()).status_code == 404
    seen = AuditEntry.objects.filter(action=Action.TRAJECTORIES_SEEN)
    assert [entry.details for entry in seen] == [{"rows": 1}, {"rows": 1}]


def test_export_holds_no_formula_and_is_written_down(client: CheckedClient) -> None:
    row = make_submitted(make_deadline(), title='=HYPERLINK("http://x")', problem="+1")
    assert row.call is not None
    client.force_login(make_organiser(row.call.programme))

    answer = client.post(f"/organise/trajectories/export/?call={row.call.slug}")

    heads, cells = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert len(heads) == len(cells)
    assert cells[:2] == ['\'=HYPERLINK("http://x")', "'+1"]
    assert cells[4] == OWNER
    entry = AuditEntry.objects.get(action=Action.TRAJECTORIES_EXPORTED)
    assert (entry.programme, entry.details) == (row.call.programme, {"rows": 1})


def test_call_that_one_does_not_organise_narrows_nothing(client: CheckedClient) -> None:
    row = make_submitted(make_deadline())
    other = make_call()
    assert row.call is not None
    client.force_login(make_organiser(row.call.programme))

    for query in (other.slug, "guessed", "%00", "1"):
        page = client.get(f"/organise/trajectories/?call={query}")

        assert row.title in page.content.decode()


# Privacy -----------------------------------------------------------------------------------------


def test_what_is_held_names_trajectories_and_notes(trajectory: Trajectory) -> None:
    member = trajectory.members.get()
    trajectory.notes.create(author=member, text="Mijn notitie", written_at=NOW)

    held = str(privacy.held("ELS@stad.example.org"))

    assert "Slimme vergunningen" in held
    assert "Mijn notitie" in held
    assert OWNER in list(privacy.addresses())


def test_erasing_hands_over_and_the_last_one_takes_all(trajectory: Trajectory) -> None:
    trajectory.notes.create(author=trajectory.members.get(), text="Blijft", written_at=NOW)
    trajectories.invite(trajectory, email=COLLEAGUE, name="", now=NOW)

    privacy.erase(OWNER)
    heir = trajectory.members.get()
    note = trajectory.notes.get()
    later = privacy.erase(COLLEAGUE, before=NOW - days(1))
    still_there = Trajectory.objects.exists()
    privacy.erase(COLLEAGUE)

    assert (heir.email, heir.is_owner, note.author) == (COLLEAGUE, True, None)
    assert (later, still_there, Trajectory.objects.exists()) == (0, True, False)
