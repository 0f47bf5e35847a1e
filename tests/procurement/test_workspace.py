"""Calls and their dates in the organisers' workspace."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Theme
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement import cloning, publishing
from procurement.announcing import money_facts
from procurement.changing import Edit
from procurement.checking import checks_of, missing
from procurement.models import Amount, Call, Change, Deadline, Document, Eligibility
from tests.build import NOW, days, make_call, make_deadline, make_organiser, make_programme
from tests.events.racing import at_once
from tests.forms import Form, forms_on, sent_by
from tests.page import CheckedClient
from tests.procurement.build import make_follow

pytestmark = pytest.mark.django_db

WEEK = days(7)


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def call() -> Call:
    return make_call(slug="oproep", title="AI bij besturen", kind=Call.Kind.RECURRING)


@pytest.fixture
def organiser(client: CheckedClient, call: Call) -> CheckedClient:
    client.force_login(make_organiser(call.programme, name="Ann Organisator"))
    return client


def texts(**changed: object) -> dict[str, object]:
    filled = {
        "title_nl": "AI bij besturen",
        "summary_nl": "Voor besturen die AI kopen.",
        "kind": "recurring",
        "official_url": "https://example.org/oproep",
    }
    return filled | changed


def dated(**changed: object) -> dict[str, object]:
    filled = {
        "kind": "submission",
        "time_zone": "Europe/Brussels",
        "closing_0": "at_datetime",
        "closing_1": "2027-09-24",
        "closing_2": "24:00",
        "closing_3": "",
        "is_mandatory": "on",
        "is_confirmed": "on",
    }
    return filled | changed


# Calls -------------------------------------------------------------------------------------------


def test_call_goes_from_a_draft_to_the_public(client: CheckedClient) -> None:
    programme = make_programme()
    client.force_login(make_organiser(programme))

    made = client.post("/organise/new-call/", texts(programme=programme.slug))
    call = Call.objects.get()
    too_early = client.post(f"/organise/calls/{call.slug}/publish/", {"tell": "on"})
    client.post(f"/organise/calls/{call.slug}/new-deadline/", dated())
    hidden = client.get(f"/deadlines/{call.slug}/").status_code
    previewed = client.get(f"/organise/calls/{call.slug}/preview/")
    published = client.post(f"/organise/calls/{call.slug}/publish/", {"tell": "on"})

    assert made.headers["Location"] == "/organise/calls/ai-bij-besturen/"
    assert too_early.status_code == 409
    assert "ontbreekt" in too_early.content.decode()
    assert (hidden, previewed.status_code, published.status_code) == (404, 200, 302)
    assert "Voor besturen die AI kopen." in previewed.content.decode()
    assert client.get(f"/deadlines/{call.slug}/").status_code == 200
    assert [change.what for change in Change.objects.all()] == [Change.What.STATUS]


def test_list_shows_own_calls_only(organiser: CheckedClient, call: Call) -> None:
    make_deadline(call=call)
    make_call(title="Van een ander")

    page = organiser.get("/organise/calls/").content.decode()

    assert "AI bij besturen" in page
    assert "Van een ander" not in page


@pytest.mark.parametrize("number", [3, 60])
def test_list_costs_the_same_for_many_calls(
    organiser: CheckedClient,
    call: Call,
    number: int,
    django_assert_max_num_queries: object,
) -> None:
    for _each in range(number):
        make_deadline(call=make_call(programme=call.programme))

    with django_assert_max_num_queries(14):  # type: ignore[operator]
        organiser.get("/organise/calls/")


def test_texts_are_changed_with_a_reason_that_stays_in_the_history(
    organiser: CheckedClient, call: Call
) -> None:
    answer = organiser.post(
        "/organise/calls/oproep/texts/",
        texts(
            title_fr="IA",
            reason="Betere titel",
            may_submit=["local_authorities"],
            may_not_submit=["smes"],
        ),
    )

    call.refresh_from_db()
    change = Change.objects.get()
    assert answer.status_code == 302
    assert (call.title_fr, call.summary_nl) == ("IA", "Voor besturen die AI kopen.")
    assert {(row.group, row.may_submit) for row in Eligibility.objects.all()} == {
        ("local_authorities", True),
        ("smes", False),
    }
    assert (change.what, change.reason) == (Change.What.DETAILS, "Betere titel")
    assert {"title_fr", "eligibilities"} <= set(change.new)


def test_saving_unchanged_texts_changes_nothing(organiser: CheckedClient, call: Call) -> None:
    organiser.post("/organise/calls/oproep/texts/", texts(may_submit=["care"]))
    Change.objects.all().delete()

    organiser.post("/organise/calls/oproep/texts/", texts(may_submit=["care"]))

    assert not Change.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"title_nl": ""},
        {"title_nl": "twee\nregels"},
        {"kind": "guessed"},
        {"official_url": "javascript:alert(1)"},
        {"contact_email": "geen adres"},
        {"checked_date": "0001-01-01"},
        {"organiser_names": "Bestaat Niet"},
        {"may_submit": ["care"], "may_not_submit": ["care"]},
        {"title_nl": "x" * 300},
        {"summary_nl": "a\x00b"},
        {"themes": ["999999999999999999999"]},
    ],
    ids=str,
)
def test_texts_that_make_no_sense_come_back(
    organiser: CheckedClient, call: Call, changed: dict[str, object]
) -> None:
    Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="Ethiek")
    sender = organiser
    if "\\x00" in repr(changed):  # no page with it is sound
        sender = Client()  # type: ignore[assignment]
        sender.force_login(make_organiser(call.programme))

    answer = sender.post("/organise/calls/oproep/texts/", texts(**changed))

    call.refresh_from_db()
    assert answer.status_code == 422
    assert call.summary_nl in {"", None}


AMOUNT = {"kind": "budget", "value": "5.000.000", "currency": "EUR"}


def test_money_and_documents_are_saved_and_noted(organiser: CheckedClient, call: Call) -> None:
    answers = [
        organiser.post("/organise/calls/oproep/terms/amounts/new/", AMOUNT),
        organiser.post(
            "/organise/calls/oproep/terms/cofinancing/new/",
            {"kind": "support", "percentage": "50", "group_nl": "kleine ondernemingen"},
        ),
        organiser.post(
            "/organise/calls/oproep/terms/documents/new/",
            {"title": "Sjabloon", "url": "https://example.org/sjabloon", "language": "nl"},
        ),
    ]

    assert [answer.status_code for answer in answers] == [302, 302, 302]
    page = organiser.get("/organise/calls/oproep/terms/").content.decode().replace("\xa0", " ")
    assert all(words in page for words in ("5.000.000 euro", "50 %", "kleine onder", "Sjabloon"))
    noted = [list(change.new) for change in Change.objects.order_by("pk")]
    assert noted == [["amounts"], ["cofinancing"], ["documents"]]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("80.000", "80000"),
        ("80 000", "80000"),
        ("80\u202f000", "80000"),
        ("80,000", "80000"),
        ("80'000", "80000"),
        ("80000", "80000"),
        ("€ 1.000.000", "1000000"),
        ("1.000.000,50", "1000000.50"),
        ("8,5", "8.5"),
        ("8.5", "8.5"),
        ("30.000,-", "30000"),
        ("999.999.999.999,99", "999999999999.99"),
    ],
)
def test_amount_is_read_as_people_write_it(
    organiser: CheckedClient, call: Call, typed: str, value: str
) -> None:
    organiser.post("/organise/calls/oproep/terms/amounts/new/", AMOUNT | {"value": typed})

    assert Amount.objects.get().value == Decimal(value)


@pytest.mark.parametrize(
    ("sort", "sent"),
    [
        ("amounts", AMOUNT | {"value": wrong})
        for wrong in (
            "", "0", "0,00", "-1", "1e400", "1.00.000", "1.000.00", "80.0000", "1.234.56",
            "1000.000", "ongeveer 5", "9" * 13, "9" * 4000, "٣", "5 miljoen",
        )
    ] + [
        ("amounts", AMOUNT | {"currency": "euro"}),
        ("amounts", AMOUNT | {"kind": "guessed"}),
        # A part of what is not there.
        ("amounts", AMOUNT | {"is_part": "on"}),
        ("cofinancing", {"kind": "support", "percentage": "101"}),
        ("cofinancing", {"kind": "support", "percentage": "NaN"}),
        ("documents", {"title": "Gids", "url": "ftp", "language": "nl"}),
        ("documents", {"title": "Gids", "url": "javascript:alert(1)", "language": "nl"}),
    ],
)  # fmt: skip
def test_term_that_makes_no_sense_comes_back_and_saves_nothing(
    organiser: CheckedClient, call: Call, sort: str, sent: dict[str, object]
) -> None:
    answer = organiser.post(f"/organise/calls/oproep/terms/{sort}/new/", sent)

    assert answer.status_code == 422
    assert not (Amount.objects.exists() or Document.objects.exists() or Change.objects.exists())


def test_part_of_an_amount_stands_below_it_whenever_it_was_added(
    organiser: CheckedClient, call: Call
) -> None:
    for changed in (
        {},
        {"kind": "ceiling", "value": "100.000"},
        {"is_part": "on", "value": "1.320.000", "label_nl": "ESF"},
    ):
        organiser.post("/organise/calls/oproep/terms/amounts/new/", AMOUNT | changed)

    words = [fact.value for fact in money_facts(call)]
    assert [word.replace("\xa0", " ") for word in words] == [
        "5.000.000 euro", "1.320.000 euro", "100.000 euro"
    ]  # fmt: skip


def test_term_of_another_call_or_sort_does_not_exist_here(
    organiser: CheckedClient, call: Call
) -> None:
    foreign = Amount.objects.create(call=make_call(), kind="budget", value=1)

    for path in (f"amounts/{foreign.pk}/", f"amounts/{2**80}/", "guessed/new/", "deadlines/new/"):
        address = f"/organise/calls/oproep/terms/{path}"
        assert organiser.get(address).status_code == 404, path
    organiser.post(f"/organise/calls/oproep/terms/amounts/{foreign.pk}/remove/")
    assert Amount.objects.exists()


# Two organisers at once --------------------------------------------------------------------------

TEXTS = "/organise/calls/oproep/texts/"


def second_desk(call: Call, name: str = "Bo Maes") -> CheckedClient:
    client = CheckedClient()
    client.force_login(make_organiser(call.programme, name=name))
    return client


def form_of(page: HttpResponse) -> Form:
    """What the first form of the work at hand would send if nobody touched it."""
    return sent_by(next(form for form in forms_on(page) if form.get("method") == "post"))


def test_later_of_two_organisers_chooses_field_by_field_and_loses_nothing(
    organiser: CheckedClient, call: Call
) -> None:
    second = second_desk(call)
    theirs, mine = form_of(organiser.get(TEXTS)), form_of(second.get(TEXTS))
    organiser.post(TEXTS, theirs | {"title_nl": "Van Ann", "summary_nl": "Kort"})

    asked = second.post(TEXTS, mine | {"title_nl": "Van Bo", "target_group_nl": "Besturen"})

    call.refresh_from_db()
    page = asked.content.decode()
    assert (asked.status_code, call.title) == (409, "Van Ann")
    assert all(words in page for words in ("Van Ann", "Van Bo", "Kort", "Ann Organisator"))
    choices = form_of(asked)
    assert (choices["choose-title_nl"], choices["choose-summary_nl"]) == ("mine", "theirs")

    answer = second.post(TEXTS, choices)

    call.refresh_from_db()
    assert answer.status_code == 302
    assert (call.title, call.summary, call.target_group) == ("Van Bo", "Kort", "Besturen")


def test_two_organisers_who_change_other_fields_both_keep_theirs(
    organiser: CheckedClient, call: Call
) -> None:
    second = second_desk(call)
    theirs, mine = form_of(organiser.get(TEXTS)), form_of(second.get(TEXTS))
    organiser.post(TEXTS, theirs | {"may_submit": ["care"]})

    asked = second.post(TEXTS, mine | {"title_nl": "Van Bo"})
    second.post(TEXTS, form_of(asked))

    call.refresh_from_db()
    assert asked.status_code == 409
    assert (call.title, call.eligibilities.get().group) == ("Van Bo", "care")


def test_untouched_texts_with_the_line_ends_of_a_browser_change_nothing(
    organiser: CheckedClient, call: Call
) -> None:
    Call.objects.update(summary_nl="Kort", body_nl="Eerste regel\n\nTweede regel")
    sent = form_of(organiser.get(TEXTS))

    answer = organiser.post(TEXTS, sent | {"body_nl": "Eerste regel\r\n\r\nTweede regel"})

    assert (answer.status_code, Change.objects.count()) == (302, 0)


def test_date_that_two_organisers_move_is_moved_once_and_asked_about(
    organiser: CheckedClient, call: Call
) -> None:
    address = f"/organise/calls/oproep/deadlines/{make_deadline(call=call).pk}/"
    second = second_desk(call)
    theirs, mine = form_of(organiser.get(address)), form_of(second.get(address))
    organiser.post(address, theirs | {"closing_1": "2027-10-01", "reason": "Vragen"})

    asked = second.post(address, mine | {"closing_1": "2027-10-08", "reason": "Feestdag"})

    page = asked.content.decode()
    assert asked.status_code == 409
    assert "uiterlijk vrijdag 1 oktober 2027 om 24u00" in page
    assert "uiterlijk vrijdag 8 oktober 2027 om 24u00" in page
    assert Change.objects.count() == 1

    second.post(address, form_of(asked) | {"choose-closing": "theirs", "reason": ""})

    assert Change.objects.count() == 1
    assert Deadline.objects.get().closing.wording() == "uiterlijk vrijdag 1 oktober 2027 om 24u00"


def test_amount_that_two_organisers_change_is_asked_about(
    organiser: CheckedClient, call: Call
) -> None:
    amount = Amount.objects.create(call=call, kind="budget", value=5_000_000)
    address = f"/organise/calls/oproep/terms/amounts/{amount.pk}/"
    second = second_desk(call)
    theirs, mine = form_of(organiser.get(address)), form_of(second.get(address))
    organiser.post(address, theirs | {"value": "6.000.000"})

    asked = second.post(address, mine | {"value": "7.000.000"})
    removed = second.post(f"{address}remove/", {"seen": mine["seen"]})

    assert (asked.status_code, Amount.objects.get().value) == (409, 6_000_000)
    assert removed.headers["Location"] == address


def test_amount_that_another_took_away_can_be_added_anew(
    organiser: CheckedClient, call: Call
) -> None:
    amount = Amount.objects.create(call=call, kind="budget", value=5_000_000)
    address = f"/organise/calls/oproep/terms/amounts/{amount.pk}/"
    second = second_desk(call)
    mine, seen = form_of(second.get(address)), form_of(organiser.get(address))["seen"]
    organiser.post(f"{address}remove/", {"seen": seen})
    again = organiser.post(f"{address}remove/", {"seen": seen})

    asked = second.post(address, mine | {"value": "7.000.000"})

    assert (again.status_code, asked.status_code, Amount.objects.count()) == (302, 409, 0)
    [form] = [one for one in forms_on(asked) if one.get("action", "").endswith("/new/")]
    second.post(form.get("action"), sent_by(form))
    assert Amount.objects.get().value == 7_000_000


def test_date_of_a_draft_can_be_taken_away_and_one_that_people_know_cannot(
    organiser: CheckedClient, call: Call
) -> None:
    deadline = make_deadline(call=call)
    address = f"/organise/calls/oproep/deadlines/{deadline.pk}/"
    seen = form_of(organiser.get(address))["seen"]

    organiser.post(f"{address}remove/", {"seen": seen})
    kept = Deadline.objects.count()
    Call.objects.update(status="draft")
    organiser.post(f"{address}remove/", {"seen": "{}"})
    unseen = Deadline.objects.count()
    organiser.post(f"{address}remove/", {"seen": seen})

    assert (kept, unseen, Deadline.objects.count()) == (1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_the_same_moment_keep_one_and_ask_about_the_other() -> None:
    call = make_call(slug="oproep")
    deadline = make_deadline(call=call)
    address = f"/organise/calls/oproep/deadlines/{deadline.pk}/"
    desks = [second_desk(call, name) for name in ("Ann", "Bo")]
    forms = [
        form_of(desk.get(address)) | {"closing_1": f"2027-10-0{day}", "reason": "Vragen"}
        for day, desk in enumerate(desks, start=1)
    ]

    results = at_once(
        *(lambda place=place: desks[place].post(address, forms[place]).status_code
          for place in (0, 1))
    )  # fmt: skip

    assert sorted(results) == [302, 409]
    assert Change.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_same_date_added_twice_at_the_same_moment_is_added_once() -> None:
    call = make_call(slug="oproep")
    desks = [second_desk(call, name) for name in ("Ann", "Bo")]

    results = at_once(
        *(lambda desk=desk: desk.post("/organise/calls/oproep/new-deadline/", dated()).status_code
          for desk in desks)
    )  # fmt: skip

    assert sorted(results) == [302, 422]
    assert Deadline.objects.count() == 1


# Status ------------------------------------------------------------------------------------------


def test_suspending_asks_why_and_tells_followers(organiser: CheckedClient, call: Call) -> None:
    make_follow(call=call)

    looked = organiser.get("/organise/calls/oproep/suspend/")
    refused = organiser.post("/organise/calls/oproep/suspend/", {"tell": "on"})
    done = organiser.post(
        "/organise/calls/oproep/suspend/", {"tell": "on", "reason": "Budget herbekeken"}
    )
    repeated = organiser.post(
        "/organise/calls/oproep/suspend/", {"tell": "on", "reason": "Budget herbekeken"}
    )

    call.refresh_from_db()
    assert "1 persoon volgt" in looked.content.decode()
    assert (refused.status_code, done.status_code, repeated.status_code) == (422, 302, 302)
    assert call.status == Call.Status.SUSPENDED
    assert Change.objects.get().reason == "Budget herbekeken"
    assert Message.objects.filter(kind="procurement.changed").count() == 1


@pytest.mark.parametrize(
    ("status", "to", "answer"),
    [
        ("draft", "suspend", 409),
        ("draft", "cancel", 409),
        ("published", "cancel", 302),
        ("suspended", "publish", 302),
        ("suspended", "cancel", 302),
        ("cancelled", "suspend", 409),
        ("cancelled", "publish", 302),
    ],
)
def test_call_becomes_only_what_it_can(
    organiser: CheckedClient, call: Call, status: str, to: str, answer: int
) -> None:
    Call.objects.update(status=status)

    sent = organiser.post(f"/organise/calls/oproep/{to}/", {"reason": "Daarom"})

    assert sent.status_code == answer


def test_only_a_complete_draft_is_published(call: Call) -> None:
    Call.objects.update(status="draft")
    call.refresh_from_db()

    lacking = {check.label for check in missing(call, NOW)}
    call.summary_nl, call.official_url = "Kort", "https://example.org/"
    call.save()
    make_deadline(call=call)

    assert len(lacking) == 3
    assert missing(call, NOW) == []
    assert missing(call, NOW + days(300)) != []
    assert any(not check.is_done for check in checks_of(call, NOW))


def test_public_call_that_lacks_something_can_be_taken_up_again(call: Call) -> None:
    Call.objects.update(status="suspended")

    told = publishing.set_status(call, "published", Edit(None, NOW), is_told=True)

    call.refresh_from_db()
    assert (told, call.status) == (0, Call.Status.PUBLISHED)


# Dates -------------------------------------------------------------------------------------------


def test_known_date_moves_with_a_reason_only(organiser: CheckedClient, call: Call) -> None:
    deadline = make_deadline(call=call)
    make_follow(call=call)
    address = f"/organise/calls/oproep/deadlines/{deadline.pk}/"

    refused = organiser.post(address, dated(closing_1="2027-10-01", tell="on"))
    moved = organiser.post(address, dated(closing_1="2027-10-01", tell="on", reason="Veel vragen"))

    deadline.refresh_from_db()
    assert (refused.status_code, moved.status_code) == (422, 302)
    assert deadline.closing.wording() == "uiterlijk vrijdag 1 oktober 2027 om 24u00"
    assert (Change.objects.get().reason, Message.objects.count()) == ("Veel vragen", 1)
    page = organiser.get("/organise/calls/oproep/deadlines/").content.decode()
    assert "Veel vragen" in page
    assert "erlengd van vrijdag 24 september 2027" in page


def test_date_can_be_cancelled_and_reinstated(organiser: CheckedClient, call: Call) -> None:
    deadline = make_deadline(call=call)
    address = f"/organise/calls/oproep/deadlines/{deadline.pk}/"

    organiser.post(address, dated(is_cancelled="on", reason="Geen budget"))
    deadline.refresh_from_db()
    cancelled_at = deadline.cancelled_at
    organiser.post(address, dated(reason="Toch wel"))

    deadline.refresh_from_db()
    assert (cancelled_at, deadline.cancelled_at, deadline.sequence) == (NOW, None, 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"closing_1": ""},
        {"closing_2": "25:00"},
        {"closing_0": "guessed"},
        {"opens_at": "0001-01-01T00:00"},
        {"opens_at": "2027-12-01T00:00"},
        {"opens_at": "1 mei"},
        # The clocks skip this hour.
        {"opens_at": "2027-03-28T02:30"},
        {"intake_working_days": "0"},
        {"time_zone": "Mars/Base"},
        {"kind": "guessed"},
        {"closing_1": "9999-12-31"},
    ],
    ids=str,
)
def test_date_that_makes_no_sense_comes_back(
    organiser: CheckedClient, call: Call, changed: dict[str, object]
) -> None:
    answer = organiser.post("/organise/calls/oproep/new-deadline/", dated(**changed))

    assert answer.status_code == 422
    assert not Deadline.objects.exists()


def test_opening_is_meant_and_shown_on_the_clocks_of_its_zone(
    organiser: CheckedClient, call: Call
) -> None:
    organiser.post(
        "/organise/calls/oproep/new-deadline/",
        dated(time_zone="America/New_York", opens_at="2027-05-20T09:00"),
    )

    deadline = Deadline.objects.get()
    shown = organiser.get(f"/organise/calls/oproep/deadlines/{deadline.pk}/").content.decode()
    assert deadline.opens_at == datetime(2027, 5, 20, 13, tzinfo=UTC)
    assert 'value="2027-05-20T09:00"' in shown


def test_same_step_at_the_same_moment_is_refused(organiser: CheckedClient, call: Call) -> None:
    make_deadline(call=call)

    answer = organiser.post("/organise/calls/oproep/new-deadline/", dated())

    assert (answer.status_code, Deadline.objects.count()) == (422, 1)


@pytest.mark.parametrize(
    ("parts", "zone", "said"),
    [
        (
            ("before_date", "2027-06-08", "", ""),
            "Europe/Brussels",
            "vóór dinsdag 8 juni 2027, open tot en met maandag 7 juni 2027, 23u59",
        ),
        (
            ("at_datetime", "2027-06-08", "24u00", ""),
            "America/New_York",
            "om 24u00, open tot en met dinsdag 8 juni 2027, 23u59 (tijd in New York)",
        ),
        (("on_date", "2027-06-08", "", "unconfirmed"), "Europe/Brussels", "uur nog te bevestigen"),
        (("at_datetime", "2027-06-08", "", ""), "Europe/Brussels", "Vul het uur in"),
        (("at_datetime", "2027-06-08", "25u00", ""), "Europe/Brussels", "24u00"),
        (("at_datetime", "2027-03-28", "2u30", ""), "Europe/Brussels", "bestaat dan niet"),
        (("before_date", "", "", ""), "Europe/Brussels", ""),
        (("before_date", "2027-06-08", "", ""), "Mars/Olympus", "Mars/Olympus"),
        (("guessed", "\x00", "", ""), "Europe/Brussels", ""),
        ((), "Europe/Brussels", ""),
    ],
)
def test_closing_moment_reads_while_it_is_filled_in(
    organiser: CheckedClient, parts: tuple[str, ...], zone: str, said: str
) -> None:
    answer = organiser.get("/organise/closing/", {"part": parts, "zone": zone})

    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert said in text
    assert bool(said) == bool(text)


def test_date_of_another_call_does_not_exist_here(organiser: CheckedClient, call: Call) -> None:
    foreign = make_deadline()
    own_programme = make_deadline(call=make_call(programme=call.programme))

    for number in (foreign.pk, own_programme.pk, 2**80):
        assert organiser.get(f"/organise/calls/oproep/deadlines/{number}/").status_code == 404


# Pasting -----------------------------------------------------------------------------------------

PASTED = """
Intakegesprek aanvragen ten laatste 5 mei 2028 om 12:00 uur
Vooraanmelding vóór 8 juni 2028 om 12:00 uur

Indienen vóór 20 juni 2028 om 12:00 uur
Beslissing op 16 december 2028
Indienen tot 1 december 2029
Geen enkele datum
"""


def test_pasted_dates_are_shown_before_they_are_saved(organiser: CheckedClient, call: Call) -> None:
    page = organiser.post("/organise/calls/oproep/deadlines/read/", {"text": PASTED})

    words = page.content.decode()
    assert not Deadline.objects.exists()
    assert "Vóór dinsdag 20 juni 2028 om 12u00" in words
    assert "Vóór zaterdag 1 december 2029" in words
    assert "Tot en met zaterdag 1 december 2029" in words
    assert "Niet gelezen" in words


def test_chosen_lines_are_saved_with_their_step_and_edge(
    organiser: CheckedClient, call: Call
) -> None:
    make_follow(call=call)
    chosen = {f"keep-{number}": "1" for number in (1, 2, 3, 4, 5)}

    saved = organiser.post(
        "/organise/calls/oproep/deadlines/save/",
        {"text": PASTED, "tell": "1", "reading-5": "1", **chosen},
    )
    again = organiser.post(
        "/organise/calls/oproep/deadlines/save/",
        {"text": PASTED, "tell": "1", "reading-5": "1", **chosen},
    )

    assert (saved.status_code, again.status_code) == (302, 302)
    assert [(row.kind, row.edge) for row in Deadline.objects.order_by("closes_at")] == [
        ("intake", "at_datetime"),
        ("pre_notification", "before_datetime"),
        ("submission", "before_datetime"),
        ("decision", "on_date"),
        ("submission", "through_date"),
    ]
    assert Change.objects.filter(what=Change.What.ADDED).count() == 5
    assert Message.objects.filter(kind="procurement.changed").count() == 1


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"keep-5": "1"},
        {"keep-5": "1", "reading-5": "2"},
        {"keep-5": "1", "reading-5": "-1"},
        {"keep-6": "1"},
        {"keep-6": "1", "reading-6": "0"},
        {"keep-99": "1"},
    ],
    ids=str,
)
def test_doubtful_line_is_not_saved_without_a_choice(
    organiser: CheckedClient, call: Call, chosen: dict[str, str]
) -> None:
    answer = (
        organiser.post(
            "/organise/calls/oproep/deadlines/save/", {"text": PASTED, "keep-3": "1"} | chosen
        )
        if chosen
        else organiser.post("/organise/calls/oproep/deadlines/save/", {"text": PASTED})
    )

    if chosen == {"keep-99": "1"}:
        assert answer.status_code == 302
    else:
        assert answer.status_code == 422
        assert not Deadline.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001, "a\x00b"])
def test_text_that_cannot_be_read_at_all_is_refused(call: Call, text: str) -> None:
    client = Client()
    client.force_login(make_organiser(call.programme))

    for step in ("read", "save"):
        answer = client.post(f"/organise/calls/oproep/deadlines/{step}/", {"text": text})

        assert answer.status_code == 422


def test_lines_without_a_year_get_the_one_given(organiser: CheckedClient, call: Call) -> None:
    organiser.post(
        "/organise/calls/oproep/deadlines/save/",
        {"text": "indienen vóór 20 juni om 12:00 uur", "year": "2029", "keep-1": "1"},
    )

    assert Deadline.objects.get().closing.last_day == date(2029, 6, 20)


# The next round ----------------------------------------------------------------------------------


def at(day: date, edge: Edge = Edge.AT_TIME) -> Closing:
    return Closing.from_local(edge, day, None, BRUSSELS)


def test_next_round_keeps_all_but_the_dates(organiser: CheckedClient, call: Call) -> None:
    Amount.objects.create(call=call, kind="budget", value=5)
    Document.objects.create(call=call, title="Gids", url="https://example.org/gids")
    make_deadline(call=call)

    answer = organiser.post("/organise/calls/oproep/clone/", {"title": "Ronde 2"})

    copy = Call.objects.get(slug="ronde-2")
    assert answer.headers["Location"] == "/organise/calls/ronde-2/"
    assert (copy.status, copy.title_nl, copy.programme) == ("draft", "Ronde 2", call.programme)
    assert (copy.amounts.count(), copy.documents.count(), copy.deadlines.count()) == (1, 1, 0)
    assert (call.amounts.count(), call.deadlines.count()) == (1, 1)


def test_steps_of_the_latest_round_move_along(call: Call) -> None:
    make_deadline(call=call, closing=at(date(2025, 3, 1)))  # a round of before
    talk = make_deadline(call=call, kind="intake", closing=at(date(2027, 8, 20), Edge.THROUGH_DATE))
    make_deadline(call=call, closing=at(date(2027, 9, 24)), requires=talk, intake_working_days=5)

    copy = cloning.clone(call, slug="nieuw", title="Nieuw", submission_date=date(2028, 3, 31))

    first, last = copy.deadlines.order_by("closes_at")
    assert first.closing.wording() == "tot en met vrijdag 25 februari 2028"
    # The clocks change in between; the hour stays.
    assert last.closing.wording() == "uiterlijk vrijdag 31 maart 2028 om 24u00"
    assert (last.requires, last.intake_working_days) == (first, 5)
    assert {first.is_confirmed, last.is_confirmed} == {False}
    assert {first.uid, last.uid}.isdisjoint(call.deadlines.values_list("uid", flat=True))


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""},
        {"title": "a\nb"},
        {"submission_date": "1-1"},
        {"submission_date": "0001-01-01"},
    ],
    ids=str,
)
def test_copy_that_makes_no_sense_is_refused(
    organiser: CheckedClient, call: Call, changed: dict[str, str]
) -> None:
    answer = organiser.post("/organise/calls/oproep/clone/", {"title": "Nieuw"} | changed)

    assert (answer.status_code, Call.objects.count()) == (422, 1)


def test_hour_that_does_not_exist_on_the_new_day_is_said(
    organiser: CheckedClient, call: Call
) -> None:
    half_past_two = Closing.from_local(
        Edge.AT_TIME, date(2027, 9, 24), NOW.time().replace(hour=2, minute=30), BRUSSELS
    )
    make_deadline(call=call, closing=half_past_two)

    answer = organiser.post(
        "/organise/calls/oproep/clone/", {"title": "Nieuw", "submission_date": "2028-03-26"}
    )

    assert (answer.status_code, Call.objects.count()) == (422, 1)
    assert "de klok" in answer.content.decode()


@pytest.mark.parametrize("slug", ["guessed", "van-een-ander"])
def test_call_of_another_programme_does_not_exist(
    organiser: CheckedClient, call: Call, slug: str
) -> None:
    make_call(slug="van-een-ander")

    for page in (
        "",
        "texts/",
        "terms/",
        "deadlines/",
        "new-deadline/",
        "publish/",
        "clone/",
        "preview/",
    ):
        assert organiser.get(f"/organise/calls/{slug}/{page}").status_code == 404
