"""Finding words: case, accents and signs do not count, nor, on PostgreSQL, forms and slips."""

import re
from functools import reduce
from operator import and_
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection, transaction
from django.db.migrations.state import ProjectState
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.directory import SEARCHED_ALIAS, SEARCHED_ORGANISATION
from accounts.migrating import AddTrigrams
from accounts.models import Organisation, OrganisationAlias, Programme
from accounts.searching import (
    Plain,
    Texts,
    containing,
    found_in,
    marked,
    mended,
    plain,
    words_of,
)
from events import choosing as choosing_sessions
from events.models import AgendaItem, Session, Speaker
from procurement import choosing as choosing_calls
from procurement.models import Call
from tests.build import (
    make_agenda_item,
    make_call,
    make_organisation,
    make_programme,
    make_session,
    make_speaker,
)

pytestmark = pytest.mark.django_db

KNOWN = "".join(map(chr, (*range(0x09, 0x0E), *range(0x20, 0x180)))).replace("\x7f", "")
KNOWN += "–—‘’‚“”„…•‹›€\u202f\u2011\u00ad\u200b"


NAME = Texts(["name_nl"])


def finds(typed: str, text: str) -> bool:
    """Whether somebody who types this finds a row with that text."""
    with transaction.atomic():
        make_programme(name=text)
        return Programme.objects.filter(reduce(and_, containing(typed, NAME))).exists()


# Plain text --------------------------------------------------------------------------------------


def test_database_makes_every_letter_and_sign_of_europe_plain_as_we_do() -> None:
    make_programme()
    text = Value(KNOWN, output_field=TextField())

    [made] = Programme.objects.values_list(Plain(text), flat=True)

    assert made == f" {plain(KNOWN)}"
    assert not set("éÉçÇïÏÿŸÅœß'’-–&") & set(made)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ÉNERGIE", "energie"),
        ("re\N{COMBINING ACUTE ACCENT}gion", "region"),
        ("l’État", "l etat"),
        ("l'État", "l etat"),
        ("Œuvre, ĳs & Straße", "oeuvre  ijs   strasse"),
        ("samen\N{SOFT HYPHEN}werken", "samenwerken"),
        ("AI-projecten\nvoor\u00a0u", "ai projecten voor u"),
    ],
)
def test_case_accents_and_signs_do_not_count(typed: str, said: str) -> None:
    assert plain(typed) == said


@settings(max_examples=50)
@given(st.text(KNOWN))
def test_plain_text_is_plain_already(text: str) -> None:
    assert plain(plain(text)) == plain(text) == plain(text).lower()


# Finding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("de aankoop van AI", ["aankoop", "ai"]),
        ("l’intelligence d'achat", ["intelligence", "achat"]),
        ("de van het", ["de", "van", "het"]),
        ("AI ai Ái", ["ai"]),
        ("24u00 4", ["24u00", "4"]),
        ("?! …", []),
        (" ".join(f"woord{number}" for number in range(20)), [f"woord{n}" for n in range(8)]),
    ],
)
def test_words_that_say_nothing_are_left_out_unless_all_do(typed: str, words: list[str]) -> None:
    assert words_of(typed) == words


@pytest.mark.parametrize(
    ("typed", "text", "is_found"),
    [
        ("energie", "Énergie verte", True),
        ("etat membre", "L’État-membre", True),
        ("L'IA", "Acheter de l’IA", True),
        ("oeuvre", "Œuvre collective", True),
        ("ai", "Slim met AI-projecten", True),
        ("ai", "Een training", False),
        ("dossier", "Aanbestedingsdossier", True),
        ("dossier energie", "Aanbestedingsdossier", False),
        ("de energie van gent", "Gentse energie", True),
        ("100%", "100 % elektrisch", True),
        ("c_o", "cacao", False),
        ("?", "Wat?", False),
        ("'; DROP TABLE x; --", "Wat?", False),
    ],
)
def test_word_is_found_whatever_its_signs_and_short_ones_only_at_a_beginning(
    typed: str, text: str, is_found: bool
) -> None:
    assert finds(typed, text) is is_found


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("typed", "text", "is_found"),
    [
        ("aankopen", "Een aankoop", True),
        ("aankoop", "Slim aankopen", True),
        ("overheidsopdrachten", "De overheidsopdracht", True),
        ("gemeenten", "Elke gemeente", True),
        ("innovatieve", "Innovatiever", True),
        ("marchés", "Le marché", True),
        ("achats", "Un achat", True),
        ("procured", "Procuring well", True),
        ("projects", "One project", True),
        # Each language by itself: the Dutch stem of "overheid" is the English word "over".
        ("overheid", "Meetings all over", False),
        ("overheid", "Réunion over zorg", False),
        ("energie", "Synergie", False),
    ],
)
def test_word_is_found_in_its_other_forms(typed: str, text: str, is_found: bool) -> None:
    assert finds(typed, text) is is_found


@settings(max_examples=20, deadline=None)
@given(st.text(st.sampled_from("abéñÇ’'-–. œIÏ%_\\"), min_size=1, max_size=12))
def test_text_finds_itself_however_it_is_written(text: str) -> None:
    assert finds(plain(text).upper(), f"x {text} y") is bool(plain(text).strip())


SOURCES = {
    "accounts_organisation_searched": (Organisation, SEARCHED_ORGANISATION),
    "accounts_organisationalias_searched": (OrganisationAlias, SEARCHED_ALIAS),
    "events_session_searched": (Session, choosing_sessions.SEARCHED),
    "events_session_named": (Session, choosing_sessions.NAMED),
    "events_agendaitem_searched": (AgendaItem, choosing_sessions.SEARCHED_ITEM),
    "events_speaker_searched": (Speaker, choosing_sessions.SEARCHED_SPEAKER),
    "procurement_call_searched": (Call, choosing_calls.SEARCHED),
    "procurement_call_named": (Call, choosing_calls.NAMED),
}


@pytest.mark.postgres
@pytest.mark.parametrize("name", SOURCES)
def test_index_serves_what_is_sought_and_no_row_is_made_plain(name: str) -> None:
    model, texts = SOURCES[name]
    rows = model._base_manager.order_by().filter(*containing("aankoop", texts))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = rows.explain()

    assert set(re.findall(r"Index Scan on (\w+)", plan)) == {name}
    assert "plain_text" not in plan and "word_forms" not in plan


@pytest.mark.postgres
def test_what_is_kept_for_search_follows_every_change_of_a_text() -> None:
    session = make_session()
    make_speaker(make_agenda_item(session))
    OrganisationAlias.objects.create(organisation=make_organisation(), name="Bureau")
    make_call()

    for model, texts in SOURCES.values():
        for number, field in enumerate(texts.fields):
            longer: Any = Concat(
                Cast(Coalesce(F(field), Value("")), TextField()), Value(f"-Été{number}")
            )
            model._base_manager.update(**{field: longer})
        anew = Texts(texts.fields)
        kept = model._base_manager.values_list(texts.plain, texts.forms, *texts.fields)
        assert list(kept) == list(
            model._base_manager.values_list(anew.plain, anew.forms, *texts.fields)
        )
        for text, _forms, *written in kept:
            assert text == plain(" " + " ".join(each or "" for each in written))
            assert f" ete{len(written) - 1}" in text


# Words that look like others ---------------------------------------------------------------------


def mended_among(typed: str, *texts: str) -> str:
    for text in texts:
        make_programme(name=text)
    return mended(typed, [(Programme.objects.all(), NAME)])


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("enregie", "energie"),
        ("enrgie", "energie"),
        ("energgie", "energie"),
        ("Energlie", "energie"),
        ("artificiele inteligentie", "artificiële intelligentie"),
        ("jansens", "janssens"),
        ("slimme enregie", "slimme energie"),
        # What is there already, what is like nothing, and what is too short to be like anything.
        ("energie", ""),
        ("zwembad", ""),
        ("enregie zwembad", ""),
        ("slmi", ""),
        ("iz", ""),
        ("", ""),
    ],
)
def test_slip_is_mended_to_a_word_that_is_there(typed: str, meant: str) -> None:
    texts = ("Slimme energie", "Artificiële intelligentie", "An Janssens", "Synergie in de zorg")

    assert mended_among(typed, *texts) == meant


@pytest.mark.postgres
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_letter_that_is_lost_doubled_or_out_of_place_is_mended(data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(["aanbesteding", "gemeente", "overheid", "duurzaam"]))
    at = data.draw(st.integers(1, len(word) - 2))
    lost, doubled = word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    typed = data.draw(st.sampled_from([lost, doubled, swapped]))

    with transaction.atomic():
        found = mended_among(typed, "Aanbesteding, gemeente, overheid en duurzaam")
        assert found in {word, ""} if typed in word else found == word
        transaction.set_rollback(True)


@pytest.mark.postgres
def test_slip_is_mended_among_hundreds_of_texts_that_are_vaguely_like_it() -> None:
    Programme.objects.bulk_create(
        Programme(slug=f"programma-{number}", name=f"Zorgvaart {number}") for number in range(250)
    )

    assert mended_among("zorgverlneer", "Zorgverlener") == "zorgverlener"


def test_sqlite_guesses_nothing() -> None:
    if connection.vendor == "sqlite":
        assert mended_among("enregie", "Slimme energie") == ""


# Showing what was found --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "shown"),
    [
        ("energie", "Dé <b>Énergie</b>", "Dé &lt;b&gt;<mark>Énergie</mark>&lt;/b&gt;"),
        ("ai", "AI in de training", "<mark>AI</mark> in de training"),
        ("dossier", "Ons kerndossier", "Ons <mark>kerndossier</mark>"),
        ("region", "La re\N{COMBINING ACUTE ACCENT}gion", "La <mark>région</mark>"),
        ("zorg", "Niets daarvan", "Niets daarvan"),
        ("mark", "mark", "<mark>mark</mark>"),
    ],
)
def test_words_that_were_found_are_marked(typed: str, text: str, shown: str) -> None:
    assert marked(text, found_in([text, None, ""], typed)) == shown


@pytest.mark.postgres
def test_other_form_of_a_word_is_marked_too() -> None:
    text = "Slim aankopen over de grens"

    assert found_in([text], "aankoop overheid") == {"aankopen"}


# Where PostgreSQL does not let us ----------------------------------------------------------------


@pytest.mark.postgres
def test_migrating_without_the_extension_says_in_a_sentence_what_to_do() -> None:
    state = ProjectState()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            pytest.skip("needs a user of PostgreSQL who may make another one")
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE search_without_rights")
        cursor.execute("SET LOCAL ROLE search_without_rights")
        with pytest.raises(CommandError, match=r"CREATE EXTENSION pg_trgm") as refused:
            AddTrigrams().database_forwards("accounts", connection.schema_editor(), state, state)
        assert "\n" not in str(refused.value)
        transaction.set_rollback(True)
