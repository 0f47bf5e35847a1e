import sys
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts import directory
from accounts import seeding as accounts_seeding
from events import pasting, seeding
from events.models import AgendaItem, Contribution, Session, Speaker
from events.pasting import PastedItem, Reading, Taken
from events.speaking import Named
from moments.local import BRUSSELS
from tests.build import NOW, at, make_agenda_item, make_organisation, make_session, make_speaker

DAY = date(2027, 6, 10)
# The programme of 10 June 2021, character for character as it was announced.
REAL = """\
 • 14u00 – 14u05 Welkom en inleiding (Veerle Lories, Projectleider PIO)
 • 14u05 – 15u15 Mogelijkheden van AI: AI4GOV
  • 14u05 – 14u50 Mogelijkheden vanuit het Vlaams AI-Onderzoeksprogramma \
(Sabine Demey, Programmadirecteur Vlaams AI-Onderzoeksprogramma)
  • 14u50 – 15u15 AI en lokale besturen \
(Nathalie Dumarey, Programmamanager Innovatie en Digitale Transformatie VVSG)
 • 15u15 – 15u25 Vragen
 • 15u25 – 15u30 Korte pauze
 • 15u30 – 16u15 Valkuilen van AI: ethiek en regelgeving \
(Rob Heyman, Coördinator Kenniscentrum Data & Maatschappij)
 • 16u15 – 16u25 Vragen
 • 16u25 – 16u30 Conclusies
"""


def read(text: str, **fields: Any) -> Reading:
    return pasting.read(text, **({"day": DAY, "zone": BRUSSELS} | fields))


def clock(item: PastedItem) -> str:
    """The times of an item as "14:00-14:45"; what is on the next day counts on."""
    return "-".join(
        f"{local.hour + 24 * (local.date() - DAY).days:02}:{local.minute:02}"
        for local in (item.starts_at.astimezone(BRUSSELS), item.ends_at.astimezone(BRUSSELS))
    )


def outline(items: list[PastedItem], depth: int = 0) -> list[str]:
    """An agenda as lines that are easy to compare: time, kind, title, speakers."""
    found = []
    for item in items:
        people = "".join(f" / {person}" for person in item.speakers)
        room = f" [{item.track or '-'}]" if item.is_parallel else ""
        found.append(f"{'  ' * depth}{clock(item)} {item.kind}: {item.title}{people}{room}")
        found += outline(item.children, depth + 1)
    return found


def only(text: str) -> PastedItem:
    """The single item of a text of which every line was understood."""
    reading = read(text, ends_at=at("18:00"))
    assert [line.remark for line in reading.unread] == []
    (item,) = reading.items
    return item


def taken(reading: Reading) -> list[str]:
    return [str(line.taken.value) for line in reading.lines]


# One line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # Dutch
        ("14u00 – 14u05 Welkom", "14:00-14:05 Welkom"),
        ("14u-14u15 Onthaal met koffie", "14:00-14:15 Onthaal met koffie"),
        ("• 9u – 9u30: Onthaal", "09:00-09:30 Onthaal"),
        ("9.30 - 10.15 uur: AI in de praktijk", "09:30-10:15 AI in de praktijk"),
        ("09:30-10:15 uur AI in de praktijk", "09:30-10:15 AI in de praktijk"),
        ("van 14 tot 15 uur Werksessie", "14:00-15:00 Werksessie"),
        ("Van 14u tot 15u30: werksessie", "14:00-15:30 werksessie"),
        ("14-15u Demo’s", "14:00-15:00 Demo’s"),
        ("14u05 tot 14u50 | Data delen", "14:05-14:50 Data delen"),
        ("14u05 t/m 14u50 Data delen", "14:05-14:50 Data delen"),
        ("-\t14u05–14u50\tData delen", "14:05-14:50 Data delen"),
        ("o   14u05—14u50   Data delen", "14:05-14:50 Data delen"),
        ("1. 14u05 - 14u50 Data delen", "14:05-14:50 Data delen"),
        ("a) 14u05 - 14u50 Data delen", "14:05-14:50 Data delen"),
        ("* 14U05 - 14U50 * Data delen", "14:05-14:50 Data delen"),
        ("(14u05 – 14u50) Data delen", "14:05-14:50 Data delen"),
        ("[14:05 - 14:50] Data delen", "14:05-14:50 Data delen"),
        ("> 14u05 – 14u50 Data delen", "14:05-14:50 Data delen"),
        ("\u00a014u05\u00a0–\u00a014u50\u00a0Data delen", "14:05-14:50 Data delen"),
        ("14u05 – 14u50Data delen", "14:05-14:50 Data delen"),
        ("Data delen (14u05 – 14u50)", "14:05-14:50 Data delen"),
        ("Data delen: 14u05 – 14u50", "14:05-14:50 Data delen"),
        ("Data delen\t14:05-14:50", "14:05-14:50 Data delen"),
        ("14u05 (45 min) Data delen", "14:05-14:50 Data delen"),
        ("14u05 Data delen (45’)", "14:05-14:50 Data delen"),
        ("14u05 Data delen – 45 minuten", "14:05-14:50 Data delen"),
        ("14u00 Workshop (1u30)", "14:00-15:30 Workshop"),
        ("vanaf 17u Receptie", "17:00-18:00 Receptie"),
        ("om 17u00: receptie", "17:00-18:00 receptie"),
        ("14u – 3 tips voor data", "14:00-18:00 3 tips voor data"),
        ("14u05 – 14u50 AI in 2030: 5 scenario’s", "14:05-14:50 AI in 2030: 5 scenario’s"),
        ("14u05 – 14u50 Terugblik op 10 juni 2021", "14:05-14:50 Terugblik op 10 juni 2021"),
        ("14:05 – 14:50 Uur van de waarheid", "14:05-14:50 Uur van de waarheid"),
        ("14u05 – 14u50 “Slimme” data", "14:05-14:50 “Slimme” data"),
        ("14u05 – 14u50 Over\u00adheids\u200bdata", "14:05-14:50 Overheidsdata"),
        ("23u30 – 24u00 Nachtsessie", "23:30-24:00 Nachtsessie"),
        ("23u30 – 0u30 Nachtsessie", "23:30-24:30 Nachtsessie"),
        ("23u30 – 00:00 Nachtsessie", "23:30-24:00 Nachtsessie"),
        ("14:00:00\t14:05:00\tUit Excel", "14:00-14:05 Uit Excel"),
        ("| 14:00 – 14:05 | Uit een tabel |", "14:00-14:05 Uit een tabel"),
        # French
        ("14h00 – 14h05 Accueil", "14:00-14:05 Accueil"),
        ("14h à 15h : Atelier", "14:00-15:00 Atelier"),
        ("de 14h à 15h30 : Atelier", "14:00-15:30 Atelier"),
        ("De 14 à 15 heures : atelier", "14:00-15:00 atelier"),
        ("14 h 05 – 14 h 50 L’IA au service du public", "14:05-14:50 L’IA au service du public"),
        ("14 h 05 à 14 h 50 : l’IA", "14:05-14:50 l’IA"),
        ("14h05-14h50\u202f: l’IA", "14:05-14:50 l’IA"),
        ("12h30 – 13h30 Déjeuner", "12:30-13:30 Déjeuner"),
        ("Dès 17h : verre de l’amitié", "17:00-18:00 verre de l’amitié"),
        ("9h30 Ouverture (30 min.)", "09:30-10:00 Ouverture"),
        ("14h – 15h L’IA\u00a0: un outil", "14:00-15:00 L’IA\u00a0: un outil"),
        ("Entre 14h et 15h : visite", "14:00-15:00 visite"),
        # English
        ("2 pm – 3 pm Panel", "14:00-15:00 Panel"),
        ("2–3 pm Panel", "14:00-15:00 Panel"),
        ("11–1 pm Visit", "11:00-13:00 Visit"),
        ("2.05 p.m. to 2.50 p.m. Panel", "14:05-14:50 Panel"),
        ("11:30 AM - 12:15 PM Panel", "11:30-12:15 Panel"),
        ("12 noon – 1 pm Lunch", "12:00-13:00 Lunch"),
        ("12 am – 1 am Night owls", "00:00-01:00 Night owls"),
        ("9am-9.30am Registration", "09:00-09:30 Registration"),
        ("from 2 to 3 pm: Panel", "14:00-15:00 Panel"),
        ("14:05 until 14:50 – Panel", "14:05-14:50 Panel"),
        ("14:05 → 14:50 Panel", "14:05-14:50 Panel"),
        ("4:30 pm Drinks", "16:30-18:00 Drinks"),
    ],
)
def test_read_finds_the_times_of_a_line_and_its_title(line: str, expected: str) -> None:
    item = only(line)

    assert f"{clock(item)} {item.title}" == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("AI (Sabine Demey)", "AI / Sabine Demey"),
        ("AI (Sabine Demey, VUB)", "AI / Sabine Demey, VUB"),
        ("AI (Sabine Demey, Directeur, VUB)", "AI / Sabine Demey, Directeur, VUB"),
        ("AI (Sabine Demey – Directeur VUB)", "AI / Sabine Demey, Directeur VUB"),
        ("AI (door Sabine Demey)", "AI / Sabine Demey"),
        ("AI (spreker: Sabine Demey, VUB)", "AI / Sabine Demey, VUB"),
        ("AI (Sabine Demey; Rob Heyman)", "AI / Sabine Demey / Rob Heyman"),
        ("AI (Sabine Demey, VUB; Rob Heyman, KDM)", "AI / Sabine Demey, VUB / Rob Heyman, KDM"),
        ("AI (Sabine Demey en Rob Heyman)", "AI / Sabine Demey / Rob Heyman"),
        ("AI (Sabine Demey & Rob Heyman)", "AI / Sabine Demey / Rob Heyman"),
        ("IA (Sabine Demey et Rob Heyman)", "IA / Sabine Demey / Rob Heyman"),
        ("AI (An Maes, Bo Smit and Cem Yilmaz)", "AI / An Maes / Bo Smit / Cem Yilmaz"),
        ("AI (An Maes (VUB) en Bo Smit (imec))", "AI / An Maes, VUB / Bo Smit, imec"),
        ("AI (An Maes, jurist, Bo Smit, econoom)", "AI / An Maes, jurist / Bo Smit, econoom"),
        ("AI (An Maes, jurist en Bo Smit, econoom)", "AI / An Maes, jurist / Bo Smit, econoom"),
        ("AI (An Maes) (Bo Smit)", "AI / An Maes / Bo Smit"),
        ("AI (An Maes; An Maes, jurist)", "AI / An Maes"),
        ("AI (Jean DUPONT, juriste)", "AI / Jean DUPONT, juriste"),
        ("AI (Prof. dr. Jan van den Bossche)", "AI / Prof. dr. Jan van den Bossche"),
        ("AI (M. Jean Dupont, juriste)", "AI / Jean Dupont, juriste"),
        ("AI (Mevr. An Maes)", "AI / An Maes"),
        ("AI (M. Jansen, jurist)", "AI / M. Jansen, jurist"),
        ("AI (J. Peeters, VVSG)", "AI / J. Peeters, VVSG"),
        ("AI (Jean d’Hondt)", "AI / Jean d’Hondt"),
        ("AI (Anne-Marie Ö. Şahin-Đặng)", "AI / Anne-Marie Ö. Şahin-Đặng"),
        ("AI (Дмитрий Иванов, директор)", "AI / Дмитрий Иванов, директор"),
        ("AI voor gemeenten – Sabine Demey, VUB", "AI voor gemeenten / Sabine Demey, VUB"),
        ("AI voor gemeenten – Sabine Demey", "AI voor gemeenten / Sabine Demey"),
        ("AI | Sabine Demey, VUB", "AI / Sabine Demey, VUB"),
        ("AI\tSabine Demey, VUB", "AI / Sabine Demey, VUB"),
        ("Toelichting door Sabine Demey (VUB)", "Toelichting / Sabine Demey, VUB"),
        ("L’IA en pratique, par Jean Dupont", "L’IA en pratique / Jean Dupont"),
        ("Keynote by Ann Smith, OECD", "Keynote / Ann Smith, OECD"),
        ("Gesprek met An Maes en Bo Smit", "Gesprek / An Maes / Bo Smit"),
        ("Debat (moderator: An Maes)", "Debat / An Maes, moderator"),
        ("Cas (Marie Dubois, SPF BOSA)", "Cas / Marie Dubois, SPF BOSA"),
        # What may as well be something else stays.
        ("Vragenronde (Q&A)", "Vragenronde (Q&A)"),
        ("AI (online)", "AI (online)"),
        ("AI (NL/FR)", "AI (NL/FR)"),
        ("AI (Microsoft Teams)", "AI (Microsoft Teams)"),
        ("AI (Stad Gent)", "AI (Stad Gent)"),
        ("AI (Digitaal Vlaanderen)", "AI (Digitaal Vlaanderen)"),
        ("AI (Horizon Europe)", "AI (Horizon Europe)"),
        ("AI (deel 1)", "AI (deel 1)"),
        ("AI (GDPR)", "AI (GDPR)"),
        ("AI (VLAIO, VVSG en PIO)", "AI (VLAIO, VVSG en PIO)"),
        ("Innovatie door samenwerking", "Innovatie door samenwerking"),
        ("Werken met data", "Werken met data"),
        ("Werken met Jan Peeters", "Werken met Jan Peeters"),
        ("AI par excellence", "AI par excellence"),
        ("Keynote – Artificial Intelligence", "Keynote – Artificial Intelligence"),
        ("Panel – Looking Ahead", "Panel – Looking Ahead"),
        ("Van idee naar project – en terug", "Van idee naar project – en terug"),
        ("Sabine Demey, Directeur VUB", "Sabine Demey, Directeur VUB"),
        ("Sabine Demey: AI vandaag", "Sabine Demey: AI vandaag"),
        ("(Sabine Demey)", "(Sabine Demey)"),
    ],
)  # fmt: skip
def test_read_takes_people_off_a_title_and_leaves_what_is_doubtful(
    title: str, expected: str
) -> None:
    item = only(f"14u05 – 14u50 {title}")

    assert " / ".join([item.title, *map(str, item.speakers)]) == expected


@pytest.mark.parametrize(
    ("kind", "titles"),
    [
        (
            "welcome",
            [
                "Welkom en inleiding",
                "Onthaal met koffie",
                "Inleiding",
                "Accueil",
                "Mot de bienvenue",
                "Welcome",
                "Registration",
                "Opening",
            ],
        ),
        (
            "questions",
            [
                "Vragen",
                "Vragenronde",
                "Q&A",
                "Questions et réponses",
                "Questions",
                "Tijd voor vragen",
                "Ruimte voor vragen",
            ],
        ),
        (
            "break",
            [
                "Korte pauze",
                "Koffiepauze",
                "Lunch",
                "Pause",
                "Pause-café",
                "Coffee break",
                "Short break",
                "Broodjeslunch",
                "Netwerkmoment",
                "Déjeuner",
                "Receptie",
            ],
        ),
        (
            "closing",
            [
                "Conclusies",
                "Slotwoord",
                "Afsluiting",
                "Clôture",
                "Mot de la fin",
                "Wrap-up",
                "Closing remarks",
                "Conclusions",
            ],
        ),
        (
            "talk",
            [
                "AI en lokale besturen",
                "Inleiding tot machine learning",
                "Breakthroughs",
                "De vragende partij",
                "Lunch & learn (An Maes)",
                "Slotakkoord",
                "Friendly AI",
                "Endpoints",
            ],
        ),
    ],
)
def test_read_tells_the_kind_from_the_title(kind: str, titles: list[str]) -> None:
    found = {title: only(f"14u00 – 15u00 {title}").kind for title in titles}

    assert found == dict.fromkeys(titles, kind)


@pytest.mark.parametrize("line", ["25u00 Welkom", "14u75 – 15u00 Welkom", "24u30 Welkom"])
def test_read_says_of_an_impossible_time_that_it_is_none(line: str) -> None:
    reading = read(line)

    assert reading.items == []
    assert "bestaat niet als uur" in reading.unread[0].remark


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("15u00 – 14u00 Welkom", "vóór het begint"),
        ("14u00 – 14u00 Welkom", "vóór het begint"),
        ("20u00 – 22u00 A\n0u00 – 12u30 Nacht", "volgende dag"),
        ("14u00 Welkom", "ontbreekt het einde"),
        ("14u00 – 15u00", "geen titel"),
        ("14u00\n15u00 – 14u00 B", "geen titel"),
        ("14u00 – 15u00 " + "x" * 201 + "\nZaal A: y", "te lang"),
        ("15 min pauze", "niet waarna"),
        ("14u00 – 15u00 " + "x" * 201, "te lang"),
        ("14u00 – 15u00 " + "x" * 2001, "te lang"),
    ],
)
def test_read_says_why_a_line_is_no_item(line: str, reason: str) -> None:
    reading = read(line)

    assert [item.title for item in reading.all_items] in ([], ["A"])
    assert reason in reading.unread[0].remark


@pytest.mark.parametrize(
    "line",
    [
        "10 juni 2021",
        "10/06/2021",
        "donderdag 10.06.2021",
        "jeudi 10 juin 2021 :",
        "Thursday, June 10, 2021",
        "2021-06-10",
        "Datum: 10 juni 2021, 14u00 – 16u30",
        "14u00 – 16u30, donderdag 10 juni 2021, online",
        "50 % van de data",
        "3.1 Inleiding",
        "2021 in cijfers",
        "Programma",
        "Uur\tOnderwerp\tSpreker",
        "AI in 15 minuten",
        "Wanneer: 14u00 – 16u30",
        "10 – 15 deelnemers",
        "Beste collega,",
        "| Tijd | Wat | Wie |",
    ],
)
def test_read_takes_what_is_no_time_for_a_heading(line: str) -> None:
    reading = read(f"{line}\n14u00 – 15u00 Talk")

    assert taken(reading) == ["heading", "item"]
    assert outline(reading.items) == ["14:00-15:00 talk: Talk"]


@pytest.mark.parametrize("title", ["Sabine Demey: AI", "AI – Looking Ahead", "AI (Anna, Bert)"])
def test_read_remarks_what_may_be_a_speaker_but_stays_in_the_title(title: str) -> None:
    (line,) = read(f"14u05 – 14u50 {title}").lines

    assert line.taken == Taken.ITEM
    assert "blijft in de titel" in line.remark


def test_read_remarks_a_time_that_it_did_not_read() -> None:
    reading = read("14u00 – 15u00 Deel 1\n  Demo – 14u20-15u00 (An Maes, KU Leuven)")

    assert reading.lines[1].taken == Taken.DESCRIPTION
    assert "niet vooraan" in reading.lines[1].remark


def test_read_is_silent_about_an_ordinary_line() -> None:
    assert {line.remark for line in read(REAL).lines} == {""}


# From line to line -------------------------------------------------------------------------------


def test_read_makes_the_real_programme_exactly() -> None:
    assert outline(read(REAL).items) == [
        "14:00-14:05 welcome: Welkom en inleiding / Veerle Lories, Projectleider PIO",
        "14:05-15:15 block: Mogelijkheden van AI: AI4GOV",
        (
            "  14:05-14:50 talk: Mogelijkheden vanuit het Vlaams AI-Onderzoeksprogramma"
            " / Sabine Demey, Programmadirecteur Vlaams AI-Onderzoeksprogramma"
        ),
        (
            "  14:50-15:15 talk: AI en lokale besturen"
            " / Nathalie Dumarey, Programmamanager Innovatie en Digitale Transformatie VVSG"
        ),
        "15:15-15:25 questions: Vragen",
        "15:25-15:30 break: Korte pauze",
        (
            "15:30-16:15 talk: Valkuilen van AI: ethiek en regelgeving"
            " / Rob Heyman, Coördinator Kenniscentrum Data & Maatschappij"
        ),
        "16:15-16:25 questions: Vragen",
        "16:25-16:30 closing: Conclusies",
    ]


@pytest.mark.parametrize("change", ["dedent", "no bullets", "numbers", "crlf", "colons", "hyphens"])
def test_read_makes_the_same_of_the_real_programme_in_other_clothes(change: str) -> None:
    lines = REAL.splitlines()
    dressed = {
        "dedent": [line.strip() for line in lines],
        "no bullets": [line.replace("•", " ") for line in lines],
        "numbers": [f"{number}. {line.strip(' •')}" for number, line in enumerate(lines, 1)],
        "crlf": [f"{line}\r" for line in lines],
        "colons": [line.replace("u", ":", 2) for line in lines],
        "hyphens": [line.replace(" – ", "-", 1) for line in lines],
    }[change]

    assert outline(read("\n".join(dressed)).items) == outline(read(REAL).items)


WORD = """\
Programma\r
\r
Uur\tOnderwerp\tSpreker\r
13u30 – 14u00\tOnthaal met koffie\t\r
14u00 – 14u10\tWelkomstwoord\tVeerle Lories, projectleider PIO\r
14u10 – 14u55\t“Slim” aankopen: hoe begin je eraan?\tSabine Demey (imec)\r
14u55 – 15u10\tPauze\t\r
15u10 – 16u00\tPanelgesprek\tAn Maes, Bo Smit en Cem Yilmaz\r
16u00\tEinde\t\r
"""
WORD_LIST = """\
\t14u00\u00a0– 14u05: Welkom (Veerle Lories)\v
\t14u05\u00a0– 15u15: Mogelijkheden van AI
o\t14u05\u00a0– 14u50: Het onderzoeks\u00adprogramma (Sabine Demey)
o\t14u50\u00a0– 15u15: Lokale besturen (Nathalie Dumarey)
\t15u15\u00a0– 15u25: Vragen
"""
OUTLOOK = """\
> Beste Veerle,
>
> Hierbij het programma van 10 juni:
>
> 14:00 – 14:05  Welkom
> 14:05 – 14:50  AI vandaag
>                 Spreker: Sabine Demey, Programmadirecteur
>                 Wat kan vandaag al, en wat nog niet?
> 15 min pauze
> 15:05 – 15:50  AI morgen
>                 Rob Heyman, VUB
>
> Met vriendelijke groeten,
> Nathalie Dumarey
"""
WEB = """\
Voormiddag

09:30 - 10:00

Onthaal

10:00 - 10:45

AI in de zorg

Sabine Demey, imec

10:45 - 11:30

AI in de stad

Rob Heyman

Namiddag

12:00 - 13:00

Lunch
"""
STAFF = """\
09:00\tDoors open
09:30\tWelcome & introduction (10’)\tJane Doe, Chair
09:40\tBuying innovation (50’)\tJohn Smith, GovTech Lab
\t- What works
10:30\tBreak (15’)
10:45\tPanel: Who owns the data?\tModerator: Ann Lee
11:45\tClosing remarks
12:00\tEnd
"""
BRUSSELS_HALL = """\
Inspiratiesessie ‘AI in de overheid’
Datum: donderdag 10 juni 2027
Locatie: Herman Teirlinckgebouw, Brussel

08u45: Onthaal
09u15: Verwelkoming door de secretaris-generaal
09u30: Keynote: Wat is AI niet? – prof. dr. Mieke De Ketelaere (Vlerick)
10u15: Case 1 - Stad Gent: chatbot Gentinfo – Karl Verhaeghe, Stad Gent
10u45: Koffie
11u00: Case 2 - VDAB: vacatures (Vincent Buekenhout, AI-ethicus VDAB)
11u30: Panelgesprek met Mieke De Ketelaere, Karl Verhaeghe en Vincent Buekenhout
12u15: Broodjeslunch en netwerken
13u30: einde

Inschrijven kan tot 8 juni. Vragen? Bel 02 553 00 00.
"""
FRENCH = """\
Ordre du jour
9h00\u00a0: Accueil et café
9h30\u00a0: Mot de bienvenue, par Marie Dubois (SPF BOSA)
9h45\u00a0: L’IA au service du citoyen
    Intervenants\u00a0: Jean Dupont, directeur, Agoria\u00a0; Anne Lefèvre, juriste
10h30\u00a0: Pause-café (20 min)
10h50\u00a0: Questions-réponses
11h15\u00a0: Fin
"""
ENGLISH = """\
AGENDA
Thursday 10 June 2027

9.30am    Registration and coffee
10am      Opening (Ann Smith, OECD)
10.15am – 12 noon    Parallel sessions
   Room A: Buying AI – Bob Jones, Crown Commercial Service
   Room B: Auditing AI – Carol King, National Audit Office
12 noon – 1 pm  Lunch
1 pm – 1.45 pm  Q&A
"""


@pytest.mark.parametrize(
    ("text", "expected", "unread"),
    [
        (
            STAFF,
            [
                "09:00-09:30 welcome: Doors open",
                "09:30-09:40 welcome: Welcome & introduction / Jane Doe, Chair",
                "09:40-10:30 talk: Buying innovation / John Smith, GovTech Lab",
                "10:30-10:45 break: Break",
                "10:45-11:45 talk: Panel: Who owns the data? / Ann Lee, moderator",
                "11:45-12:00 closing: Closing remarks",
            ],
            [],
        ),
        (
            BRUSSELS_HALL,
            [
                "08:45-09:15 welcome: Onthaal",
                "09:15-09:30 welcome: Verwelkoming door de secretaris-generaal",
                (
                    "09:30-10:15 talk: Keynote: Wat is AI niet?"
                    " / prof. dr. Mieke De Ketelaere, Vlerick"
                ),
                (
                    "10:15-10:45 talk: Case 1 - Stad Gent: chatbot Gentinfo"
                    " / Karl Verhaeghe, Stad Gent"
                ),
                "10:45-11:00 break: Koffie",
                "11:00-11:30 talk: Case 2 - VDAB: vacatures / Vincent Buekenhout, AI-ethicus VDAB",
                (
                    "11:30-12:15 talk: Panelgesprek"
                    " / Mieke De Ketelaere / Karl Verhaeghe / Vincent Buekenhout"
                ),
                "12:15-13:30 break: Broodjeslunch en netwerken",
            ],
            ["Inschrijven kan tot 8 juni. Vragen? Bel 02 553 00 00."],
        ),
        (
            WORD,
            [
                "13:30-14:00 welcome: Onthaal met koffie",
                "14:00-14:10 welcome: Welkomstwoord / Veerle Lories, projectleider PIO",
                "14:10-14:55 talk: “Slim” aankopen: hoe begin je eraan? / Sabine Demey, imec",
                "14:55-15:10 break: Pauze",
                "15:10-16:00 talk: Panelgesprek / An Maes / Bo Smit / Cem Yilmaz",
            ],
            [],
        ),
        (
            WORD_LIST,
            [
                "14:00-14:05 welcome: Welkom / Veerle Lories",
                "14:05-15:15 block: Mogelijkheden van AI",
                "  14:05-14:50 talk: Het onderzoeksprogramma / Sabine Demey",
                "  14:50-15:15 talk: Lokale besturen / Nathalie Dumarey",
                "15:15-15:25 questions: Vragen",
            ],
            [],
        ),
        (
            OUTLOOK,
            [
                "14:00-14:05 welcome: Welkom",
                "14:05-14:50 talk: AI vandaag / Sabine Demey, Programmadirecteur",
                "14:50-15:05 break: pauze",
                "15:05-15:50 talk: AI morgen / Rob Heyman, VUB",
            ],
            ["> Met vriendelijke groeten,", "> Nathalie Dumarey"],
        ),
        (
            WEB,
            [
                "09:30-10:00 welcome: Onthaal",
                "10:00-10:45 talk: AI in de zorg / Sabine Demey, imec",
                "10:45-11:30 talk: AI in de stad / Rob Heyman",
                "12:00-13:00 break: Lunch",
            ],
            [],
        ),
        (
            FRENCH,
            [
                "09:00-09:30 welcome: Accueil et café",
                "09:30-09:45 welcome: Mot de bienvenue / Marie Dubois, SPF BOSA",
                (
                    "09:45-10:30 talk: L’IA au service du citoyen / Jean Dupont, directeur, Agoria"
                    " / Anne Lefèvre, juriste"
                ),
                "10:30-10:50 break: Pause-café",
                "10:50-11:15 questions: Questions-réponses",
            ],
            [],
        ),
        (
            ENGLISH,
            [
                "09:30-10:00 welcome: Registration and coffee",
                "10:00-10:15 welcome: Opening / Ann Smith, OECD",
                "10:15-12:00 block: Parallel sessions",
                "  10:15-12:00 talk: Buying AI / Bob Jones, Crown Commercial Service [Room A]",
                "  10:15-12:00 talk: Auditing AI / Carol King, National Audit Office [Room B]",
                "12:00-13:00 break: Lunch",
                "13:00-13:45 questions: Q&A",
            ],
            [],
        ),
    ],
    ids=["staff", "hall", "word table", "word list", "outlook", "web", "french", "english"],
)
def test_read_understands_what_people_paste(
    text: str, expected: list[str], unread: list[str]
) -> None:
    reading = read(text)

    assert outline(reading.items) == expected
    assert [line.text for line in reading.unread] == unread


def test_read_keeps_each_line_as_typed_with_what_it_was_taken_for() -> None:
    reading = read(OUTLOOK)

    assert [line.text for line in reading.lines] == OUTLOOK.split("\n")
    assert taken(reading) == [
        "heading", "empty", "heading", "empty", "item", "item", "speakers", "description", "item",
        "item", "speakers", "empty", "unread", "unread", "empty",
    ]  # fmt: skip


def test_read_leaves_out_what_belongs_to_a_line_that_it_leaves_out() -> None:
    reading = read("15u00 – 14u00 A\n  Spreker: An Maes\n  Wat leert u?")

    assert taken(reading) == ["unread"] * 3
    assert all(line.remark for line in reading.lines)


def test_read_puts_lines_under_an_item_in_its_explanation() -> None:
    text = "14u00 – 15u00 Talk\n  Wat leert u?\n  • Eerst dit\n  • dan dat"

    assert only(text).description == "Wat leert u?\n- Eerst dit\n- dan dat"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Open ends.
        (
            ["14u00 A", "14u10 B", "15u00 – 15u30 C"],
            ["14:00-14:10 A", "14:10-15:00 B", "15:00-15:30 C"],
        ),
        (
            ["14u00 – 15u00 A", "  14u00 B", "  14u30 C", "15u10 – 15u30 D"],
            ["14:00-15:00 A", "  14:00-14:30 B", "  14:30-15:00 C", "15:10-15:30 D"],
        ),
        (
            ["14u00 A", "  14u00 B", "  14u30 C", "15u00 – 15u30 D"],
            ["14:00-15:00 A", "  14:00-14:30 B", "  14:30-15:00 C", "15:00-15:30 D"],
        ),
        (["14u00 A", "14u30 B", "16u30 Einde"], ["14:00-14:30 A", "14:30-16:30 B"]),
        # Lengths only.
        (
            ["14u00 – 14u30 A", "15 min pauze", "B (30 min)"],
            ["14:00-14:30 A", "14:30-14:45 pauze", "14:45-15:15 B"],
        ),
        (
            ["14u00 A", "15 min pauze", "5 min B", "15u00 – 15u30 C"],
            ["14:00-14:40 A", "14:40-14:55 pauze", "14:55-15:00 B", "15:00-15:30 C"],
        ),
        (
            ["14u00 – 15u00 A", "  20 min B", "  40 min C", "15 min D"],
            ["14:00-15:00 A", "  14:00-14:20 B", "  14:20-15:00 C", "15:00-15:15 D"],
        ),
        (
            ["14u00 A (10 min)", "B (1 uur)", "C (1u30)"],
            ["14:00-14:10 A", "14:10-15:10 B", "15:10-16:40 C"],
        ),
        # After midnight.
        (
            ["22u00 – 23u30 A", "23u30 – 0u30 B", "0u30 – 1u15 C"],
            ["22:00-23:30 A", "23:30-24:30 B", "24:30-25:15 C"],
        ),
        (["22u00 – 24u00 A", "24u00 – 1u00 B"], ["22:00-24:00 A", "24:00-25:00 B"]),
        (["22u00 A", "0u15 B", "1u00 Einde"], ["22:00-24:15 A", "24:15-25:00 B"]),
        # The clock of twelve hours, without a word about it.
        (
            ["11.30 A", "12.30 – 1.30 B", "1.30 – 2.15 C", "2.15 D", "3.00 – 4.00 E"],
            ["11:30-12:30 A", "12:30-13:30 B", "13:30-14:15 C", "14:15-15:00 D", "15:00-16:00 E"],
        ),
        (["9.00 – 1.00 A"], ["09:00-13:00 A"]),
        (["17u00 – 1u00 A"], ["17:00-25:00 A"]),
        # Not in order, and twice the same.
        (["15u00 – 15u30 B", "14u00 – 15u00 A"], ["14:00-15:00 A", "15:00-15:30 B"]),
        (["14u00 – 15u00 A", "14u00 – 15u00 B"], ["14:00-15:00 A", "14:00-15:00 B"]),
        (["14u00 – 15u00 A", "  14u00 – 15u00 B"], ["14:00-15:00 A", "  14:00-15:00 B"]),
        # Three deep.
        (
            ["9u – 12u A", "9u – 10u B", "9u – 9u30 C", "9u30 – 10u D", "10u – 12u E"],
            [
                "09:00-12:00 A",
                "  09:00-10:00 B",
                "    09:00-09:30 C",
                "    09:30-10:00 D",
                "  10:00-12:00 E",
            ],
        ),
    ],
)
def test_read_works_out_when_items_are(lines: list[str], expected: list[str]) -> None:
    def times(items: list[PastedItem], margin: str = "") -> Iterator[str]:
        for item in items:
            yield f"{margin}{clock(item)} {item.title}"
            yield from times(item.children, f"{margin}  ")

    assert list(times(read("\n".join(lines)).items)) == expected


def test_read_gives_a_last_open_item_the_end_of_the_session() -> None:
    reading = read("14u00 – 15u00 A\n15u00 Receptie", ends_at=at("16:30"))

    assert outline(reading.items)[1] == "15:00-16:30 break: Receptie"


def test_read_gives_a_room_a_track_only_beside_another_room() -> None:
    apart = "14u00 – 15u00 Zaal A: Zorg\n15u00 – 16u00 Zaal B: Stad"
    beside = "14u00 – 15u00 Zaal A: Zorg (An Maes)\n14u00 – 14u30 Stad (zaal B)"

    assert outline(read(apart).items) == [
        "14:00-15:00 talk: Zaal A: Zorg", "15:00-16:00 talk: Zaal B: Stad",
    ]  # fmt: skip
    assert outline(read(beside).items) == [
        "14:00-15:00 talk: Zorg / An Maes [Zaal A]", "14:00-14:30 talk: Stad [Zaal B]",
    ]  # fmt: skip


def test_read_keeps_what_a_room_holds_in_its_track() -> None:
    text = (
        "14u00 – 15u00 Zaal A: Zorg\n  14u00 – 14u30 Een\n  14u30 – 15u00 Twee\n"
        "14u00 – 15u00 Zaal B: Stad\n  14u00 – 15u00 Drie"
    )

    reading = read(text)

    assert outline(reading.items) == [
        "14:00-15:00 block: Zorg [Zaal A]",
        "  14:00-14:30 talk: Een",
        "  14:30-15:00 talk: Twee",
        "14:00-15:00 block: Stad [Zaal B]",
        "  14:00-15:00 talk: Drie",
    ]
    assert {item.track for item in reading.items[1].children} == {"Zaal B"}


@pytest.mark.parametrize(
    ("day", "line", "reason"),
    [
        (date(2027, 3, 28), "2u30 – 3u30 Nacht", "vooruit"),
        (date(2027, 10, 31), "2u30 – 3u30 Nacht", "gaat de klok terug"),
        (date(2027, 3, 27), "23u00 – 2u30 Nacht", "vooruit"),
    ],
)
def test_read_refuses_an_hour_that_the_clock_skips_or_repeats(
    day: date, line: str, reason: str
) -> None:
    reading = read(f"{line}\n4u00 – 5u00 Ontbijt", day=day)

    assert reason in reading.unread[0].remark
    assert [item.title for item in reading.items] == ["Ontbijt"]


def test_read_follows_the_zone_of_the_session() -> None:
    (item,) = read("14u00 – 15u00 A", zone=ZoneInfo("America/New_York")).items

    assert item.starts_at.hour == 18


# Hostile input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["x" * 1_000_000, "14u00 – 15u00 A\n" * 10_000, "\n" * 501])
def test_read_refuses_what_is_too_long_in_words(text: str) -> None:
    with pytest.raises(pasting.TooMuchText, match="te lang voor een programma"):
        read(text)


@pytest.mark.parametrize(
    "line",
    [
        " - " * 600,
        "(" * 1_900,
        ")" * 1_900,
        "()" * 900,
        "14u00 " * 300,
        "[a] " * 450,
        "a, " * 600,
        "An Maes, " * 200,
        "An Maes en " * 170,
        "\t" * 1_900,
        "zaal " * 380,
        "((((" * 200 + "))))" * 200,
        "1" * 1_900,
        "14u00 – " * 230,
        "A" * 1_900,
        "; " * 900,
        "(An Maes) " * 190,
        " " * 1_900 + "x",
        "[parallel] " * 170,
        "' " * 900,
        "van 14 tot " * 170,
        "a." * 900,
        "> " * 900,
        "1. " * 600,
    ],
)
def test_read_takes_a_bounded_number_of_steps_for_any_line(line: str) -> None:
    steps = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        read(f"14u00 – 15u00 {line}\n{line}")
    finally:
        sys.setprofile(None)

    assert steps < 150_000


@pytest.mark.parametrize(
    "text",
    [
        "14u00 – 15u00 A\x00B", "\x00", "14u00 – 15u00 A\x1b[31mB", "14u00 – 15u00 \u202eA\u202cB",
        "14u00 – 15u00 A\ud800B", "\u200f14u00 – 15u00 A\u200eB", "\ufeff14u00 – 15u00 A\x07B",
    ],
)  # fmt: skip
def test_read_leaves_out_what_nobody_sees(text: str) -> None:
    reading = read(text)

    assert [item.title.replace("[31m", "") for item in reading.items] in ([], ["AB"])
    assert all(line.text.isprintable() for line in reading.lines)


def test_read_keeps_emoji_and_other_scripts_whole() -> None:
    titles = ["👩\u200d💻 aan het werk", "人工智能与公共服务", "الذكاء الاصطناعي", "می\u200cخواهم"]

    assert [only(f"14u00 – 15u00 {title}").title for title in titles] == titles


@given(st.text(max_size=300))
def test_read_never_fails(text: str) -> None:
    reading = read(text)

    assert len(reading.unread) <= len(reading.lines)


# There and back ----------------------------------------------------------------------------------


def test_text_of_the_real_programme_is_the_real_programme() -> None:
    text = pasting.as_text(read(REAL).items, zone=BRUSSELS)

    assert [line.strip() for line in text.splitlines()] == [
        line.strip() for line in REAL.splitlines()
    ]


_WORDS = (
    "AI ethiek van data voor Zaal Gent (online) – : - door met en par & by , ; ( ) [ ] | Pauze"
    " Vragen"
    " Sabine Demey Rob Heyman VVSG jurist, (Q&A) (15 min) 45’ 14u00 tot 3 2030 [parallel]"
    " [blok] [pauze] [track: x] (zaal A) Zaal A: Zaal B: Lunch Einde () (Jan Peeters, VUB)"
    " Jean d’Hondt"
    " Spreker: Toelichting: moderator: “slim” l’IA : 人工 👩 § o 1. Welkom • >"
)
_words = st.sampled_from(_WORDS.split())
_phrases = st.lists(_words, max_size=8).map(" ".join)
_hours = st.integers(13 * 4, 25 * 4).map(lambda n: f"{n // 4 % 24}u{n % 4 * 15:02}")
_lines = st.one_of(
    st.builds(
        "{}{} – {} {}".format, st.sampled_from(["", "  ", "• ", "    "]), _hours, _hours, _phrases
    ),
    st.builds("{}{} {}".format, st.sampled_from(["", "  "]), _hours, _phrases),
    st.builds("{}{} min {}".format, st.sampled_from(["", "  "]), st.integers(1, 90), _phrases),
    st.builds("{}{}".format, st.sampled_from(["", "    "]), _phrases),
)
_texts = st.lists(_lines, max_size=8).map("\n".join)
_languages = st.sampled_from(["nl", "fr", "en"])


@settings(max_examples=100, deadline=None)
@example("13u00 AI – moderator: (Jan\n13u15 ", "nl")
@given(_texts, _languages)
def test_text_of_what_was_read_reads_as_the_same_agenda(text: str, language: str) -> None:
    with translation.override(language):
        items = read(text).items
        # A text does not say which day it begins; where times overlap and go back, neither.
        starts = [clock(item) for item in Reading(items, []).all_items]
        assume(starts == sorted(starts) and min(starts, default="") < "24")
        written = pasting.as_text(items, zone=BRUSSELS)
        again = read(written)

        assert again.items == items, written
        assert pasting.as_text(again.items, zone=BRUSSELS) == written
        assert again.unread == []


_TITLE_WORDS = (
    "AI ethiek van data (online) – door Pauze Vragen Sabine Demey (Rob Heyman) VVSG Zaal A:"
    " Conclusies Lunch Welkom 2030 (15 min) 人工"
)
_titles = (
    st.lists(st.sampled_from(_TITLE_WORDS.split()), min_size=1, max_size=5)
    .map(" ".join)
    .map(lambda title: title.strip(" –"))
    .filter(bool)
)

_people = st.lists(
    st.builds(
        Named,
        st.sampled_from(
            ["Sabine Demey", "Plato", "李小龙", "Jan van den Bossche", "VVSG", "Jean d’Hondt"]
        ),
        st.sampled_from(
            ["", "Directeur", "Jurist, VUB", "Innovatie en Digitale Groei", "Directeur; Chef"]
        ),
    ),
    max_size=3,
    unique_by=lambda person: person.name,
)
_descriptions = (
    st.lists(
        st.sampled_from(
            [
                "Wat leert u?",
                "- punt",
                "14u00 – 15u00 nog iets",
                "Sabine Demey, VUB",
                "",
                "Zaal A: x",
                "Spreker: niemand",
                "Programma",
                "* punt",
                "Toelichting: x",
                "10 juni 2021",
                "---",
            ]
        ),
        max_size=3,
    )
    .map("\n".join)
    .map(str.strip)
)


@st.composite
def _agendas(draw: st.DrawFn, start: int = 0, end: int = 144, depth: int = 0) -> list[PastedItem]:
    """A sound agenda from 14u00 on, in steps of five minutes: siblings one after the other."""
    items: list[PastedItem] = []
    edges = sorted({start} | draw(st.sets(st.integers(start + 1, end), min_size=1, max_size=4)))
    for begin, finish in pairwise(edges):
        # Of two blocks that take the same time, one holds everything: `agenda.parents`.
        is_block = depth < 2 and 2 < finish - begin < end - start and draw(st.booleans())
        kinds = ["welcome", "talk", "questions", "break", "closing", "block"]
        hours = [f"{14 + n // 12:02}:{n % 12 * 5:02}" for n in (begin, finish)]
        days = [DAY if hour < "24:00" else date(2027, 6, 11) for hour in hours]
        items.append(
            PastedItem(
                title=draw(_titles),
                kind="block" if is_block else draw(st.sampled_from(kinds)),
                starts_at=at(f"{int(hours[0][:2]) % 24:02}{hours[0][2:]}", days[0]),
                ends_at=at(f"{int(hours[1][:2]) % 24:02}{hours[1][2:]}", days[1]),
                speakers=draw(_people),
                description=draw(_descriptions),
                children=draw(_agendas(begin, finish, depth + 1)) if is_block else [],
            )
        )
    return items


@settings(max_examples=50, deadline=None)
@given(_agendas())
def test_text_of_any_sound_agenda_reads_as_that_agenda(items: list[PastedItem]) -> None:
    written = pasting.as_text(items, zone=BRUSSELS)

    for item in read(written).all_items:
        for person in item.speakers:
            assert ";" not in person.role
    assert outline(read(written).items) == [line.replace(";", ",") for line in outline(items)]
    assert [item.description for item in read(written).all_items] == [
        item.description for item in Reading(items, []).all_items
    ]


def test_text_marks_what_the_words_do_not_say() -> None:
    quiet = PastedItem("Stilte", "break", at("14:00"), at("14:30"))
    room = PastedItem("Zorg", "talk", at("14:30"), at("15:00"), is_parallel=True, track="Blauw")

    text = pasting.as_text([quiet, room], zone=BRUSSELS)

    assert text == "• 14u00 – 14u30 Stilte [pauze]\n• 14u30 – 15u00 Zorg [parallel: Blauw]\n"
    assert read(text).items == [quiet, room]


# Who they are ------------------------------------------------------------------------------------


@pytest.fixture
def session(db: None) -> Session:
    return make_session()


def match(text: str) -> dict[str, pasting.Match]:
    found = pasting.match_speakers(read(text))
    return {person.name: known for person, known in found.items()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["Sabine Demey", "sabine  DEMEY", "Sabine Demëy", "dr. Sabine Demey"]
)
def test_match_finds_a_known_speaker_whatever_case_accents_and_titles(name: str) -> None:
    known = Speaker.objects.create(name="Sabine Demey", slug="anything")

    found = match(f"14u00 – 15u00 A\nSpreker: {name}")

    assert [one.speaker for one in found.values()] == [known]


@pytest.mark.django_db
def test_match_leaves_who_is_not_known_open() -> None:
    Speaker.objects.create(name="Sabine Demeyer", slug="sabine-demeyer")

    assert match("14u00 – 15u00 A (Sabine Demey, Jurist)") == {
        "Sabine Demey": pasting.Match(None, None, "Jurist")
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "is_known", "left"),
    [
        ("Projectleider PIO", True, "Projectleider PIO"),
        ("Jurist, PIO", True, "Jurist"),
        ("Jurist, Dienst X, Programma Innovatieve Overheidsopdrachten", True, "Jurist, Dienst X"),
        ("pio", True, ""),
        ("PIO-coach", False, "PIO-coach"),
        ("Jurist, VVSG", False, "Jurist, VVSG"),
        ("PIO, Jurist", False, "PIO, Jurist"),
    ],
)
def test_match_finds_the_organisation_at_the_end_of_a_role(
    role: str, is_known: bool, left: str
) -> None:
    pio = make_organisation(name="Programma Innovatieve Overheidsopdrachten", abbreviation="PIO")
    directory.index_names(pio)

    (found,) = match(f"14u00 – 15u00 A\nSpreker: An Maes, {role}").values()

    assert found == pasting.Match(None, pio if is_known else None, left)


@pytest.mark.django_db
def test_match_leaves_an_organisation_open_that_may_be_two() -> None:
    for name in ("Instituut A", "Instituut B"):
        directory.index_names(make_organisation(name=name, abbreviation="IN"))

    (found,) = match("14u00 – 15u00 A (An Maes, Jurist, IN)").values()

    assert found == pasting.Match(None, None, "Jurist, IN")


@pytest.mark.django_db
@pytest.mark.parametrize("number", [3, 300])
def test_match_asks_as_much_for_few_as_for_many(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lines = [
        f"14u00 – 15u00 A\nSpreker: Persoon{n} Naam, Jurist, Dienst {n}" for n in range(number)
    ]
    reading = Reading([item for line in lines for item in read(line).items], [])

    with django_assert_num_queries(2):
        pasting.match_speakers(reading)


# Saving ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_apply_makes_the_real_programme_of_its_text_exactly() -> None:
    """As the rows of the real facts, with their organisations."""
    accounts_seeding.load()
    seeding.load(NOW)
    real = Session.objects.get(slug="ai4gov-2021-06-10")
    expected, wanted = agenda_facts(real), pasting.items_of(real)
    assert len(expected) == 9
    real.agenda_items.all().delete()
    Speaker.objects.all().delete()
    reading = read(REAL, day=date(2021, 6, 10))

    pasting.apply(real, reading, now=NOW)

    assert agenda_facts(real) == expected
    assert reading.items == wanted == pasting.items_of(real)


def agenda_facts(session: Session) -> list[tuple[object, ...]]:
    """Everything that the agenda of a session says in Dutch."""
    return [
        (
            item.parent and item.parent.title, item.title, item.kind, item.starts_at, item.ends_at,
            [
                (one.speaker.slug, one.speaker.name, one.role, one.organisation)
                for one in item.contributions.select_related("speaker", "organisation")
            ],
        )
        for item in session.agenda_items.in_order().select_related("parent")
    ]  # fmt: skip


PASTED = """\
14u00 – 15u00 Blok
  14u00 – 14u30 Eerste (An Maes, Jurist)
  14u30 – 15u00 Tweede (Bo Smit)
15u00 – 15u30 Vragen
"""


def test_apply_saves_nested_items_with_their_speakers(session: Session) -> None:
    pasting.apply(session, read(PASTED), now=NOW)

    assert [facts[:3] for facts in agenda_facts(session)] == [
        (None, "Blok", "block"),
        ("Blok", "Eerste", "talk"),
        ("Blok", "Tweede", "talk"),
        (None, "Vragen", "questions"),
    ]
    assert {(one.speaker.name, one.role) for one in Contribution.objects.all()} == {
        ("An Maes", "Jurist"), ("Bo Smit", ""),
    }  # fmt: skip
    session.refresh_from_db()
    assert session.changed_at == NOW


def test_apply_twice_changes_nothing(session: Session) -> None:
    pasting.apply(session, read(PASTED), now=NOW)
    rows = list(session.agenda_items.in_order().values())
    contributions = list(Contribution.objects.order_by("pk").values())

    pasting.apply(session, read(PASTED), now=NOW)

    assert list(session.agenda_items.in_order().values()) == rows
    assert list(Contribution.objects.order_by("pk").values()) == contributions
    assert Speaker.objects.count() == 2


def test_apply_keeps_what_an_item_says_in_other_languages(session: Session) -> None:
    item = make_agenda_item(session, "14:00", "14:30", title="Eerste", title_fr="Premier")
    person = make_speaker(item, name="An Maes", role="Jurist")
    Contribution.objects.update(role_fr="Juriste", organisation=make_organisation())
    before = Contribution.objects.get()

    pasting.apply(session, read("14u10 – 14u40 Eerste (An Maes, Jurist)"), now=NOW)

    item.refresh_from_db()
    assert (item.title_fr, item.starts_at) == ("Premier", at("14:10"))
    after = Contribution.objects.get()
    assert (after.pk, after.speaker, after.role_fr) == (before.pk, person, "Juriste")
    assert after.organisation == before.organisation


def test_apply_takes_away_what_the_text_does_not_have(session: Session) -> None:
    block = make_agenda_item(session, "14:00", "15:00", kind="block", title="Oud blok")
    make_agenda_item(session, "14:00", "14:30", parent=block, title="Eerste")
    make_speaker(make_agenda_item(session, "15:30", "16:00", title="Oud"), name="Bo Smit")

    pasting.apply(session, read("14u00 – 14u30 Eerste"), now=NOW)

    assert [facts[:2] for facts in agenda_facts(session)] == [(None, "Eerste")]
    assert Speaker.objects.filter(name="Bo Smit").exists()


def test_apply_as_an_addition_keeps_what_is_there(session: Session) -> None:
    make_agenda_item(session, "14:00", "15:30", kind="block", title="Blok")

    pasting.apply(session, read("15u00 – 15u30 Vragen"), now=NOW, is_addition=True)

    assert [facts[:2] for facts in agenda_facts(session)] == [(None, "Blok"), ("Blok", "Vragen")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("14u00 – 15u00 Een\n14u30 – 15u30 Twee", "Twee” begint"),
        ("13u00 – 15u00 Een", "valt buiten de sessie"),
        ("Programma", "staat geen agendapunt"),
    ],
)
def test_apply_refuses_an_unsound_agenda_and_changes_nothing(
    session: Session, text: str, reason: str
) -> None:
    make_agenda_item(session, title="Er al")
    before = agenda_facts(session)

    with pytest.raises(pasting.AgendaRefused, match=reason) as refusal:
        pasting.apply(session, read(text), now=NOW)

    assert len(refusal.value.problems) == 1
    assert agenda_facts(session) == before


def test_apply_as_an_addition_refuses_overlap_with_what_is_there(session: Session) -> None:
    make_agenda_item(session, "14:00", "14:45", title="Er al")

    with pytest.raises(pasting.AgendaRefused, match="Er al"):
        pasting.apply(session, read("14u30 – 15u00 Nieuw"), now=NOW, is_addition=True)

    assert session.agenda_items.count() == 1


def test_apply_allows_rooms_side_by_side(session: Session) -> None:
    text = "14u00 – 15u00 Zaal A: Zorg\n14u00 – 15u00 Zaal B: Stad"

    pasting.apply(session, read(text), now=NOW)

    assert list(session.agenda_items.values_list("title", "is_parallel", "track")) == [
        ("Zorg", True, "Zaal A"), ("Stad", True, "Zaal B"),
    ]  # fmt: skip


def test_apply_writes_in_the_language_of_the_session(db: None) -> None:
    session = make_session(language="fr")

    pasting.apply(session, read("14h00 – 15h00 Accueil (Jean Dupont, juriste)"), now=NOW)

    item = AgendaItem.objects.get()
    assert (item.title_fr, item.title_nl) == ("Accueil", None)
    assert Contribution.objects.get().role_fr == "juriste"
    assert translation.get_language() == "nl"


def test_agenda_comes_back_from_its_text(session: Session) -> None:
    pasting.apply(session, read(PASTED), now=NOW)
    item = session.agenda_items.get(title="Tweede")
    item.description = "Wat leert u?\n\n- veel"
    item.kind = "break"
    item.save()
    Contribution.objects.filter(role="Jurist").update(organisation=make_organisation(name="KMI"))
    before = pasting.items_of(session)

    again = read(pasting.as_text(before, zone=session.zone))

    assert again.items == before
