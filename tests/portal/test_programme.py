"""What a lead changes about a programme."""

import pytest
from django.test import Client

from accounts.models import Action, AuditEntry, Programme
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
