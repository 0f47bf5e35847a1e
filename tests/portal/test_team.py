"""The team of a programme: its page, an invitation from mail to workspace, a role taken away."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.invitations import VALID
from accounts.models import Invitation, Membership, Programme, Role, User
from mailing.models import Message
from tests.build import NOW, days, make_lead, make_member, make_organiser, make_programme
from tests.page import CheckedClient
from tests.portal.signing_in import deliver, make_account, sign_in

TEAM = "/organise/team/"
EMAIL = "els@stad.example.org"


@pytest.fixture
def programme(db: None, time_machine: TimeMachineFixture) -> Programme:
    time_machine.move_to(NOW)
    return make_programme(name="PIO")


@pytest.fixture
def lead(programme: Programme) -> User:
    return make_lead(programme, name="Ann Trekker")


def invite(lead: User, **fields: str) -> None:
    """Invite Els from a browser of the lead's own."""
    programme = Programme.objects.get(memberships__user=lead)
    client = CheckedClient()
    client.force_login(lead)
    sent = {"email": EMAIL, "role": "helper", "language": "nl"} | fields
    response = client.post(f"{TEAM}{programme.slug}/invite/", sent)
    assert response.status_code == 302


def link_in_mail() -> str:
    """The address in the invitation that was sent last, without its host."""
    deliver()
    found = re.search(r"https?://[^/]+(/\S*invitations/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def roles(programme: Programme) -> dict[str, str]:
    return dict(programme.memberships.values_list("user__email", "role"))


# The page ----------------------------------------------------------------------------------------


def test_lead_sees_the_team_by_role_and_what_to_do_about_it(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    make_member(programme, Role.VIEWER, name="Zoë Kijker")
    make_organiser(programme, name="Bob Organisator")
    invite(lead, email="uit@example.org")
    client.force_login(lead)

    page = client.get(TEAM).content.decode()

    names = ["Ann Trekker", "Bob Organisator", "Zoë Kijker", "uit@example.org"]
    assert sorted(names, key=page.index) == names
    assert page.count("/remove/") == 0
    assert f"{TEAM}members/" in page


def test_organiser_sees_who_is_there_and_nothing_to_do(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    foreign = make_lead(make_programme(), name="Vreemde Trekker")
    invite(lead)
    client.force_login(make_organiser(programme))

    page = client.get(TEAM).content.decode()

    assert "Ann Trekker" in page
    assert EMAIL not in page
    assert foreign.name not in page
    assert f"{TEAM}members/" not in page
    assert "/invite/" not in page


def test_team_costs_the_same_queries_for_one_and_for_many(
    client: CheckedClient,
    programme: Programme,
    lead: User,
) -> None:
    client.force_login(lead)
    client.get(TEAM)

    with CaptureQueriesContext(connection) as few:
        client.get(TEAM)
    for number in range(5):
        make_member(programme, Role.HELPER)
        invite(lead, email=f"{number}@example.org")
    with CaptureQueriesContext(connection) as many:
        client.get(TEAM)

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "geen adres"}, "Vul een e-mailadres in zoals naam@organisatie.be."),
        ({"email": ""}, "Vul het e-mailadres in van wie u uitnodigt."),
        ({"role": "administrator"}, "administrator"),
        ({"role": ""}, "Kies een rol."),
    ],
)
def test_invitation_that_cannot_be_is_refused_beside_its_field(
    fields: dict[str, str], said: str, client: CheckedClient, programme: Programme, lead: User
) -> None:
    client.force_login(lead)
    sent = {"email": EMAIL, "role": "helper", "language": "nl"} | fields

    response = client.post(f"{TEAM}{programme.slug}/invite/", sent)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Invitation.objects.exists()


# From mail to workspace --------------------------------------------------------------------------


def test_invited_person_signs_in_accepts_and_enters(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    make_account(EMAIL)
    invite(lead)
    link = link_in_mail()

    assert "/accounts/login/?next=" + link in client.get(link).content.decode()
    sign_in(client, EMAIL)
    page = client.get(link).content.decode()
    entered = client.post(f"{link}accept/", follow=True)

    assert f'action="{link}accept/"' in page
    assert entered.redirect_chain == [("/organise/", 302)]
    assert entered.status_code == 200
    assert roles(programme)[EMAIL] == "helper"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_opening_the_link_changes_nothing(
    method: str, client: CheckedClient, programme: Programme, lead: User
) -> None:
    els = make_account(EMAIL)
    invite(lead)
    link = link_in_mail()
    client.force_login(els)

    for address in (link, f"{link}accept/"):
        client.generic(method.upper(), address)

    assert roles(programme) == {lead.email: "lead"}
    assert Invitation.objects.count() == 1


def test_somebody_else_cannot_accept_and_is_told_what_to_do(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    invite(lead)
    link = link_in_mail()
    client.force_login(make_account("ander@stad.example.org"))

    page = client.get(link).content.decode()
    answer = client.post(f"{link}accept/")

    assert "ander@stad.example.org" in page
    assert "accept/" not in page
    assert answer.status_code == 409
    assert roles(programme) == {lead.email: "lead"}


def test_stranger_who_accepts_is_asked_to_sign_in(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    invite(lead)
    link = link_in_mail()

    answer = client.post(f"{link}accept/")

    assert answer.headers["Location"] == f"/accounts/login/?next={link}"
    assert "/accounts/signup/?next=" + link in client.get(link).content.decode()


def test_link_that_was_used_says_so_and_a_forged_one_is_no_page(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    els = make_account(EMAIL)
    invite(lead)
    link = link_in_mail()
    client.force_login(els)
    client.post(f"{link}accept/")

    again, forged = client.get(link), client.get(link[:-2] + "x/")

    assert (again.status_code, forged.status_code) == (404, 404)
    assert "Deze uitnodiging geldt niet meer" in again.content.decode()
    assert "Deze uitnodiging geldt niet meer" not in forged.content.decode()
    assert client.post(f"{link}accept/").status_code == 404


def test_expired_invitation_says_so(
    client: CheckedClient, programme: Programme, lead: User, time_machine: TimeMachineFixture
) -> None:
    els = make_account(EMAIL)
    invite(lead)
    link = link_in_mail()
    time_machine.move_to(NOW + VALID + days(1))
    client.force_login(els)

    page = client.get(link).content.decode()

    assert "verlopen" in page
    assert "accept/" not in page
    assert client.post(f"{link}accept/").status_code == 409


def test_mail_of_a_withdrawn_invitation_does_not_leave(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    invite(lead)
    client.force_login(lead)
    client.post(f"{TEAM}invitations/{Invitation.objects.get().pk}/withdraw/")

    deliver()

    assert mail.outbox == []
    assert Message.objects.get().state == Message.State.DROPPED


def test_invitation_is_sent_again_with_the_same_link(
    client: CheckedClient, programme: Programme, lead: User, time_machine: TimeMachineFixture
) -> None:
    invite(lead)
    first = link_in_mail()
    address = f"{TEAM}invitations/{Invitation.objects.get().pk}/send/"

    client.force_login(lead)
    client.post(address)  # too soon
    deliver()
    number = len(mail.outbox)
    time_machine.move_to(NOW + days(1))
    client.force_login(lead)
    client.post(address)

    assert link_in_mail() == first
    assert (number, len(mail.outbox)) == (1, 2)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_mail_says_what_the_role_means_in_the_language_asked(
    language: str, client: CheckedClient, programme: Programme, lead: User
) -> None:
    invite(lead, language=language)

    link_in_mail()

    said = str(mail.outbox[-1].body)
    meaning = {
        "nl": "Ziet wie naar een sessie komt",
        "fr": "Voit qui vient à une session",
        "en": "Sees who comes to a session",
    }
    assert meaning[language] in said
    assert "Ann Trekker" in said
    assert "PIO" in mail.outbox[-1].subject


# Taking a role away ------------------------------------------------------------------------------


def test_next_request_of_who_lost_their_role_is_refused(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    organiser = make_organiser(programme)
    theirs = CheckedClient()
    theirs.force_login(organiser)
    assert theirs.get("/organise/").status_code == 200
    client.force_login(lead)

    client.post(f"{TEAM}members/{organiser.memberships.get().pk}/remove/")

    assert theirs.get("/organise/").status_code == 404
    assert theirs.get("/admin/", follow=True).status_code == 404


def test_another_role_holds_from_the_next_request(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    organiser = make_organiser(programme)
    theirs = CheckedClient()
    theirs.force_login(organiser)
    assert theirs.get(TEAM).status_code == 200
    client.force_login(lead)

    client.post(f"{TEAM}members/{organiser.memberships.get().pk}/", {"role": "viewer"})

    assert theirs.get(TEAM).status_code == 404
    assert theirs.get("/organise/").status_code == 200


def test_last_lead_is_told_why_they_stay(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    client.force_login(lead)
    address = f"{TEAM}members/{lead.memberships.get().pk}/"

    page = client.get(f"{address}remove/").content.decode()
    removed = client.post(f"{address}remove/", follow=True).content.decode()
    changed = client.post(address, {"role": "viewer"})

    sentence = "Ann Trekker is de enige trekker."
    assert sentence in page
    assert sentence in removed
    assert changed.status_code == 422
    assert sentence in changed.content.decode()
    assert roles(programme) == {lead.email: "lead"}


def test_lead_who_leaves_lands_where_they_still_are(
    client: CheckedClient, programme: Programme, lead: User
) -> None:
    make_lead(programme)
    client.force_login(lead)

    answer = client.post(f"{TEAM}members/{lead.memberships.get().pk}/remove/", follow=True)

    assert answer.redirect_chain == [("/me/", 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize("who", ["organiser", "foreign lead"])
def test_rows_of_a_team_one_does_not_lead_do_not_exist(
    who: str, client: CheckedClient, programme: Programme, lead: User
) -> None:
    invite(lead)
    numbers = Invitation.objects.get().pk, lead.memberships.get().pk
    people: dict[str, Callable[[], User]] = {
        "organiser": lambda: make_organiser(programme),
        "foreign lead": lambda: make_lead(make_programme()),
    }
    client.force_login(people[who]())

    answers = [
        client.post(address).status_code
        for address in (
            f"{TEAM}{programme.slug}/invite/",
            f"{TEAM}invitations/{numbers[0]}/send/",
            f"{TEAM}invitations/{numbers[0]}/withdraw/",
            f"{TEAM}members/{numbers[1]}/",
            f"{TEAM}members/{numbers[1]}/remove/",
        )
    ]

    assert answers == [404] * 5
    assert Membership.objects.filter(user=lead).exists()


# The second factor -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_every_role_needs_a_second_factor(
    role: Role, client: CheckedClient, programme: Programme, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    client.force_login(make_member(programme, role))

    answer = client.get("/organise/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/")
