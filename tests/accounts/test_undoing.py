"""Undoing a deletion: what comes back, for whom, and until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from accounts import undoing
from accounts.auditing import SYSTEM
from accounts.models import AuditEntry, OrganisationRelation, User
from accounts.undoing import WITHIN, CannotUndo
from events import circulars, materials
from events.models import Circular, Material, SavedView, Session
from procurement.models import Amount, Call, Change, Cofinancing, Deadline
from tests import build
from tests.build import NOW
from tests.events.racing import at_once
from tests.forms import forms_on, sent_by
from tests.page import CheckedClient
from tests.procurement.build import make_trajectory

pytestmark = pytest.mark.django_db

INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@dataclass
class Deletion:
    """Something that somebody can delete, and the page on which they do."""

    row: Model
    person: User
    page: str
    action: str

    def rows(self) -> list[dict[str, Any]]:
        return list(type(self.row)._base_manager.order_by("pk").values())


def drafted() -> Deletion:
    session = build.make_session()
    circular = Circular(
        session=session,
        subject_nl="Breng uw laptop mee",
        text_nl="Beste {naam},\n“tot dan”. " * 300,
        subject_fr="Apportez votre ordinateur",
        chosen=[3, 5],
        parameters="state=confirmed",
    )
    person = build.make_organiser(session.programme)
    circulars.save(circular, by=SYSTEM, now=NOW + INSTANT)
    base = f"/organise/sessions/{session.slug}/messages/"
    return Deletion(circular, person, f"{base}{circular.pk}/", f"{base}{circular.pk}/delete/")


def linked() -> Deletion:
    session = build.make_session()
    row = materials.add_link(
        session, title="Opname", url="https://example.org/opname", by=SYSTEM, now=NOW
    )
    materials.set_shown(row, is_shown=True, by=SYSTEM, now=NOW)
    base = f"/organise/sessions/{session.slug}/materials/"
    person = build.make_organiser(session.programme)
    return Deletion(row, person, base, f"{base}{row.public_id}/delete/")


def view() -> Deletion:
    session = build.make_session()
    person = build.make_organiser(session.programme)
    row = SavedView.objects.create(
        user=person, programme=session.programme, name="Wachtlijst", parameters="state=waiting"
    )
    base = f"/organise/sessions/{session.slug}/attendees/"
    return Deletion(row, person, base, f"{base}views/{row.pk}/delete/")


def term(sort: str, **facts: Any) -> Callable[[], Deletion]:
    def make() -> Deletion:
        call = build.make_call()
        row = getattr(call, sort).create(**facts)
        page = f"/organise/calls/{call.slug}/terms/{sort}/{row.pk}/"
        return Deletion(row, build.make_organiser(call.programme), page, f"{page}remove/")

    return make


def dated() -> Deletion:
    call = build.make_call(status=Call.Status.DRAFT)
    row = build.make_deadline(call=call, is_confirmed=False)
    page = f"/organise/calls/{call.slug}/deadlines/{row.pk}/"
    return Deletion(row, build.make_organiser(call.programme), page, f"{page}remove/")


def related() -> Deletion:
    organisation, other = build.make_organisation(name="Nieuw"), build.make_organisation()
    row = organisation.relations.create(kind="successor", other=other, started_date="2020-01-01")
    page = organisation.get_absolute_url()
    action = f"/organise/relations/{row.pk}/remove/"
    return Deletion(row, build.make_administrator(), page, action)


EACH = [
    pytest.param(drafted, id="draft"),
    pytest.param(linked, id="link"),
    pytest.param(view, id="view"),
    pytest.param(term("amounts", kind="budget", value="5000000.50", label="in 2027"), id="amount"),
    pytest.param(term("cofinancing", percentage="12.50", group="kmo's"), id="share"),
    pytest.param(term("documents", title="Gids", url="https://example.org"), id="document"),
    pytest.param(dated, id="date"),
    pytest.param(related, id="relation"),
]


def delete(client: CheckedClient, deletion: Deletion) -> tuple[HttpResponse, str, dict[str, Any]]:
    """Delete it; the page that tells of it, where its button goes, and what that sends."""
    client.force_login(deletion.person)
    page = client.get(deletion.page)
    [form] = [one for one in forms_on(page) if one.get("action") == deletion.action]
    told = client.post(deletion.action, sent_by(form), follow=True)
    [button] = undo_buttons(told)
    return told, button.get("action") or "", sent_by(button)


def undo_buttons(page: HttpResponse) -> list[Any]:
    return [one for one in forms_on(page) if (one.get("action") or "").endswith("/put-back/")]


def said(client: CheckedClient, address: str, sent: dict[str, Any]) -> str:
    return client.post(address, sent, follow=True).content.decode()


# What comes back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", EACH)
def test_undoing_puts_back_what_was_deleted_as_it_was(
    make: Callable[[], Deletion], client: CheckedClient
) -> None:
    deletion = make()
    before = deletion.rows()

    _told, address, sent = delete(client, deletion)
    between = deletion.rows()
    again = client.post(address, sent, follow=True)

    assert between == []
    assert deletion.rows() == before
    assert "Het is teruggezet" in again.content.decode()


@pytest.mark.parametrize("make", EACH)
def test_undoing_twice_puts_back_once(make: Callable[[], Deletion], client: CheckedClient) -> None:
    deletion = make()
    before = deletion.rows()
    _told, address, sent = delete(client, deletion)

    answers = [said(client, address, sent) for _each in range(2)]

    assert deletion.rows() == before
    assert all("Het is teruggezet" in answer for answer in answers)


def test_button_takes_a_token_as_every_form_of_somebody_signed_in(client: CheckedClient) -> None:
    _told, address, sent = delete(client, view())
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    bare = strict.post(address, {"packed": sent["packed"]})
    whole = strict.post(address, sent)

    assert (bare.status_code, whole.status_code) == (403, 302)
    assert SavedView.objects.count() == 1


def test_who_wrote_a_draft_may_be_gone_by_then(client: CheckedClient) -> None:
    deletion = drafted()
    Circular.objects.update(written_by=build.make_user(email="weg@example.org"))
    _told, address, sent = delete(client, deletion)
    User.objects.get(email="weg@example.org").delete()

    client.post(address, sent)

    assert Circular.objects.get().written_by is None


def test_what_somebody_points_at_goes_without_a_way_back(client: CheckedClient) -> None:
    deletion = dated()
    make_trajectory(deadline=deletion.row)
    client.force_login(deletion.person)
    [form] = [
        one for one in forms_on(client.get(deletion.page)) if one.get("action") == deletion.action
    ]

    told = client.post(deletion.action, sent_by(form), follow=True)

    assert deletion.rows() == []
    assert undo_buttons(told) == []
    assert "Weggehaald:" in told.content.decode()


def test_link_that_is_deleted_and_put_back_is_written_down(client: CheckedClient) -> None:
    deletion = linked()
    known = AuditEntry.objects.count()

    _told, address, sent = delete(client, deletion)
    client.post(address, sent)
    client.post(address, sent)

    rows = AuditEntry.objects.order_by("pk")[known:]
    assert [(row.action, row.user) for row in rows] == [
        ("material.removed", deletion.person),
        ("material.added", deletion.person),
        ("material.shown", deletion.person),
    ]


def test_history_of_a_known_call_tells_of_both(client: CheckedClient) -> None:
    _told, address, sent = delete(client, term("amounts", kind="budget", value=5)())

    client.post(address, sent)

    gone, back = Change.objects.order_by("pk")
    assert gone.old["amounts"]
    assert gone.new["amounts"] == ""
    assert (back.old, back.new) == (gone.new, gone.old)


# What does not come back -------------------------------------------------------------------------


@pytest.mark.parametrize("make", EACH)
@pytest.mark.parametrize(("late", "number"), [(WITHIN, 1), (WITHIN + INSTANT, 0)])
def test_button_works_for_an_hour_and_not_an_instant_longer(
    make: Callable[[], Deletion],
    late: timedelta,
    number: int,
    client: CheckedClient,
    time_machine: TimeMachineFixture,
) -> None:
    deletion = make()
    _told, address, sent = delete(client, deletion)

    time_machine.move_to(NOW + late, tick=False)
    answer = said(client, address, sent)

    assert len(deletion.rows()) == number
    assert ("te lang geleden" in answer) == (not number)


@pytest.mark.parametrize("make", EACH)
@pytest.mark.parametrize("change", [lambda _packed: "", lambda packed: packed[1:], lambda _: "\0"])
def test_what_we_did_not_sign_puts_nothing_back(
    make: Callable[[], Deletion], change: Callable[[str], str], client: CheckedClient
) -> None:
    deletion = make()
    _told, address, sent = delete(client, deletion)

    answer = said(client, address, sent | {"packed": change(sent["packed"])})

    assert deletion.rows() == []
    assert "Hier is niets om terug te zetten" in answer


def test_what_was_deleted_elsewhere_is_put_back_nowhere_else(client: CheckedClient) -> None:
    deletion = drafted()
    session = build.make_session(programme=deletion.person.memberships.get().programme)
    _told, _address, sent = delete(client, deletion)

    answer = said(client, f"/organise/sessions/{session.slug}/messages/put-back/", sent)

    assert "Hier is niets om terug te zetten" in answer
    assert not Circular.objects.exists()


def test_one_kind_is_not_put_back_as_another(client: CheckedClient) -> None:
    deletion = term("amounts", kind="budget", value=5)()
    _told, address, sent = delete(client, deletion)

    answer = said(client, address.replace("amounts", "cofinancing"), sent)

    assert "Hier is niets om terug te zetten" in answer
    assert not Cofinancing.objects.exists()


@pytest.mark.parametrize("make", EACH)
def test_who_may_not_delete_it_does_not_put_it_back_either(
    make: Callable[[], Deletion], client: CheckedClient
) -> None:
    deletion = make()
    _told, address, sent = delete(client, deletion)

    client.force_login(build.make_organiser(build.make_programme()))
    answer = client.post(address, sent)

    assert answer.status_code == 404
    assert deletion.rows() == []


def test_who_lost_their_role_meanwhile_puts_nothing_back(client: CheckedClient) -> None:
    deletion = drafted()
    _told, address, sent = delete(client, deletion)
    deletion.person.memberships.all().delete()

    answer = client.post(address, sent)

    assert answer.status_code == 404
    assert not Circular.objects.exists()


def test_view_of_a_colleague_is_not_put_back(client: CheckedClient) -> None:
    deletion = view()
    _told, address, sent = delete(client, deletion)

    client.force_login(build.make_organiser(deletion.person.memberships.get().programme))
    answer = said(client, address, sent)

    assert "Hier is niets om terug te zetten" in answer
    assert not SavedView.objects.exists()


def test_what_it_belonged_to_may_be_gone(client: CheckedClient) -> None:
    deletion = drafted()
    _told, address, sent = delete(client, deletion)
    Session.objects.all().delete()

    assert client.post(address, sent).status_code == 404


def test_relation_with_an_organisation_that_is_gone_stays_away(client: CheckedClient) -> None:
    deletion = related()
    assert isinstance(deletion.row, OrganisationRelation)
    _told, address, sent = delete(client, deletion)
    deletion.row.other.delete()

    answer = said(client, address, sent)

    assert "Waar het bij hoorde, is er niet meer" in answer
    assert deletion.rows() == []


def test_something_else_in_its_place_stays(client: CheckedClient) -> None:
    deletion = view()
    assert isinstance(deletion.row, SavedView)
    _told, address, sent = delete(client, deletion)
    SavedView.objects.create(
        user=deletion.person, programme=deletion.row.programme, name="Wachtlijst"
    )

    answer = said(client, address, sent)

    assert "Er kwam intussen iets anders in de plaats" in answer
    assert SavedView.objects.get().parameters == ""


def test_date_is_not_put_back_into_a_call_that_people_know_by_then(client: CheckedClient) -> None:
    deletion = dated()
    _told, address, sent = delete(client, deletion)
    Call.objects.update(status=Call.Status.PUBLISHED)

    answer = said(client, address, sent)

    assert "intussen gepubliceerd" in answer
    assert not Deadline.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_undo_at_the_same_moment_put_back_one() -> None:
    call = build.make_call()
    row = Amount.objects.create(call=call, kind="budget", value=5)
    packed = undoing.take_away(row, now=NOW)

    def undo() -> bool:
        return undoing.put_back(undoing.unpacked(Amount, packed, now=NOW))

    results = at_once(undo, undo)

    assert sorted(results) == [False, True]
    assert Amount.objects.count() == 1


# What asks first ---------------------------------------------------------------------------------


def test_file_is_asked_about_and_does_not_come_back(client: CheckedClient) -> None:
    session = build.make_session()
    row = Material.objects.create(
        session=session, title="Dia's", file="materials/1/dias.pdf", name="dias.pdf", added_at=NOW
    )
    base = f"/organise/sessions/{session.slug}/materials/"
    client.force_login(build.make_organiser(session.programme))

    asked = client.get(base).content.decode()
    told = client.post(f"{base}{row.public_id}/delete/", follow=True)

    assert "Het bestand wordt gewist" in asked
    assert undo_buttons(told) == []
    assert not Material.objects.exists()


def test_file_is_put_back_by_no_request_that_says_so() -> None:
    session = build.make_session()
    row = Material.objects.create(
        session=session, title="Dia's", file="materials/1/dias.pdf", name="dias.pdf", added_at=NOW
    )
    packed = undoing.take_away(row, now=NOW)

    with pytest.raises(CannotUndo):
        materials.put_back(session, packed, by=SYSTEM, now=NOW)
