import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.requirements.fake_encoder import encode
from ty_assets.requirements.enumerations import split_enumeration
from ty_assets.requirements.task import Requirement, RequirementsTask
from ty_assets.summaries.task import PostingText


def _parts(sentence: str) -> list[str]:
    return [sentence[start:end] for start, end in split_enumeration(sentence)]


def _extract(line: str) -> list[Requirement]:
    item = PostingText(title="Koch", description=f"Ihr Profil\n- {line}\nWir bieten\n- Urlaub", language="de")
    return RequirementsTask().extract([item], encode)[0].requirements


# One requirement a part; the parts as they stand, "|" between them.
_SEVERAL = [
    "Sie haben eine Ausbildung als Koch, |mindestens drei Jahre Berufserfahrung und |gute Deutschkenntnisse",
    "Abgeschlossenes Studium oder vergleichbare Ausbildung und |gute Englischkenntnisse",
    "Führerschein Klasse B und |Bereitschaft zu Schichtarbeit",
    "Erfahrung in der Pflege, |Fahrerlaubnis der Klasse B, |Freude an der Arbeit mit Menschen",
    "Teamfähigkeit, |Belastbarkeit und |Flexibilität",
    "Hohe Belastbarkeit und |Flexibilität",
    "Sie verfügen über eine Ausbildung als Maler und über |Berufserfahrung",
    "Abgeschlossene Berufsausbildung und |Erfahrung im Verkauf",
    "Abgeschlossene Ausbildung als Tischler sowie |Kenntnisse in CAD",
    "Kenntnisse in Java, SQL und Python sowie |gute Englischkenntnisse",
    "Gute Deutschkenntnisse, |Erfahrung in Java oder Kotlin",
    "Studium (Informatik, Physik und Mathematik) und |erste Berufserfahrung",
    "Du hast Erfahrung mit Holz, |räumliches Vorstellungsvermögen und |einen Führerschein",
    "Kenntnisse in MS Office sowie |sehr gute und verhandlungssichere Sprachkenntnisse",
    "Fachhochschulstudium, |mehrjährige Projekterfahrung und |ausgeprägtes Organisationstalent",
    "Meisterbrief oder Technikerabschluss und |Staplerschein",
    "Freude am Kochen und |Erfahrung in der Gastronomie",
    "Interesse an Technik, |handwerkliches Geschick und |Zuverlässigkeit",
    "You have a degree in law, |five years of experience in a law firm and |fluent English",
    "Strong communication skills and |the ability to work in a team",
    "Experience with Python, Go or Rust and |knowledge of SQL",
    "A degree in biology, chemistry or a related field and |experience in a laboratory",
    "Driving licence and |willingness to travel",
    "Excellent English and |good knowledge of German",
    "Bachelor's degree in business, |fluent English and |at least 3 years of experience in sales",
    "Ability to work under pressure and |good knowledge of Excel",
    "Professional experience in a warehouse and |a forklift licence",
    "Leadership experience, |a diploma in nursing and |excellent communication skills",
    "Knowledge of German tax law as well as |experience with DATEV",
]

_ONE = [
    "Freude am Umgang mit Menschen und Tieren",
    "Ausbildung oder Studium",
    "Ausbildung als Koch, Studium der Ernährung oder vergleichbare Qualifikation",
    "Kenntnisse in Java, SQL und Python",
    "Kenntnisse und Erfahrung in Java",
    "Gute Kenntnisse und erste Erfahrungen im Einkauf",
    "Deutsch und Englisch fließend",
    "Deutsch- und Englischkenntnisse",
    "Sehr gute Deutsch- und gute Englischkenntnisse in Wort und Schrift",
    "Kommunikations- und Teamfähigkeit",
    "Projektplanungserfahrung und -steuerung",
    "Erfahrung in der Anleitung und Ausbildung von Lernenden",
    "Interesse an Weiterbildung und Ausbildung",
    "Zuverlässigkeit, Pünktlichkeit, Geduld und Humor",
    "Sorgfältige und genaue Arbeitsweise",
    "Hohes Maß an Belastbarkeit und Flexibilität",
    "Erfahrung im Verkauf, die Sie mit guten Deutschkenntnissen verbinden",
    "Keine Erfahrung und keine Ausbildung nötig",
    "Fähigkeit, Teams zu führen und Wissen zu vermitteln",
    "Studium der Informatik oder Ausbildung und mehrjährige Berufserfahrung",
    "Sowohl Berufserfahrung als auch Deutschkenntnisse",
    "Sekretariatsausbildung oder eine vergleichbare, kaufmännische Ausbildung",
    "Erfahrung in Planung, Bau und Betrieb von Anlagen",
    "Führerschein Klasse B",
    "C# und Java",
    "Knowledge and understanding of Java",
    "Written and verbal communication skills",
    "Bachelor's degree, master's degree or PhD",
    "Experience in teaching and knowledge transfer",
    "Experience in planning and running events",
    "Ability to share knowledge and gain experience quickly",
    "Fluent German and English",
    "A high level of creativity and flexibility",
    "No degree and no experience needed",
    "Experience with Java and SQL",
    "Ability to work independently and as part of a team",
]


@pytest.mark.parametrize("marked", _SEVERAL)
def test_parts_that_can_stand_alone_are_requirements_of_their_own(marked: str) -> None:
    parts = _parts(marked.replace("|", ""))
    joiner = re.compile(r"(?:,|\s+(?:und(?: über)?|sowie|and|as well as))\s*$")
    assert parts == [joiner.sub("", part) for part in marked.split("|")[:-1]] + [marked.split("|")[-1]]


@pytest.mark.parametrize("sentence", _ONE)
def test_parts_that_need_each_other_stay_together(sentence: str) -> None:
    assert _parts(sentence) == [sentence]


@pytest.mark.parametrize(
    ("line", "musts"),
    [
        ("Idealerweise Kenntnisse in Word und Erfahrung mit Excel", [False, False]),
        ("Kenntnisse in Word und Erfahrung mit Excel von Vorteil", [False, False]),
        ("Ausbildung als Koch und gute Deutschkenntnisse", [True, True]),
        ("Ausbildung als Koch sowie idealerweise erste Berufserfahrung", [True, False]),
        ("Ausbildung als Koch und gute Deutschkenntnisse, ein Führerschein ist von Vorteil", [True, True, False]),
        ("Ideally a degree in law and experience in a law firm", [False, False]),
        ("A degree in law and preferably experience in a law firm", [True, False]),
    ],
)
def test_what_makes_an_enumeration_welcome_governs_its_parts(line: str, musts: list[bool]) -> None:
    assert [requirement.must for requirement in _extract(line)] == musts


def test_each_part_is_quoted_and_has_its_own_kind() -> None:
    found = _extract("Sie haben eine Ausbildung als Koch, drei Jahre Berufserfahrung und gute Deutschkenntnisse.")
    assert [(requirement.quote, requirement.kind) for requirement in found] == [
        ("Sie haben eine Ausbildung als Koch", "education"),
        ("drei Jahre Berufserfahrung", "experience"),
        ("gute Deutschkenntnisse.", "language"),
    ]


_WORDS = [
    "Kenntnisse", "in Java", "Berufserfahrung", "Ausbildung als Koch", "gute Deutschkenntnisse", "Teamfähigkeit",
    "Deutsch-", "Führerschein", "a degree", "experience in law", "fluent English", "die Sie haben", "(SQL und Go)",
    "idealerweise", "keine", "Geduld", "mit Menschen", "zu führen", "",
]  # fmt: skip
_JOINERS = [", ", " und ", " oder ", " sowie ", " and ", " or ", ", und ", " & ", " bzw. ", " "]
_SENTENCES = st.lists(
    st.tuples(st.one_of(st.sampled_from(_WORDS), st.text(max_size=8)), st.sampled_from(_JOINERS)), max_size=9
).map(lambda pairs: "".join(word + joiner for word, joiner in pairs))


@settings(deadline=None)
@given(_SENTENCES)
def test_nothing_but_joiners_is_lost_and_the_order_stays(sentence: str) -> None:
    position = 0
    for start, end in split_enumeration(sentence):
        between = sentence[position:start]
        assert position <= start <= end
        assert not position or re.fullmatch(r",?\s*(?:(?:und|sowie|and|as well as|&)\s+)?(?:über\s+)?", between, re.I)
        position = end
    assert position == len(sentence)


@settings(deadline=None)
@given(_SENTENCES)
def test_alternatives_are_never_cut_apart(sentence: str) -> None:
    for start, _ in split_enumeration(sentence):
        assert not re.search(r"\b(?:oder|or|bzw\.)\s+$", sentence[:start])


@pytest.mark.parametrize("raw", ["a, " * 50_000, "Erfahrung und " * 20_000, "(" * 100_000, "Ausbildung, " * 40])
def test_a_hostile_sentence_does_not_keep_us_busy(raw: str) -> None:
    started = time.process_time()
    split_enumeration(raw)
    assert time.process_time() - started < 1
