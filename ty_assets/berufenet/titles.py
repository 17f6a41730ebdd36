"""What a posting's title says about the occupation, as texts to look up.

Belongs here: taking off pay, hours, dates, seniority and remarks, and splitting joined titles. Not here: gender forms
and hiring noise (postings/normalise.py), the forms of catalogue labels (labels.py), what only a catalogue can tell from
the work (surroundings.py), any decision.
"""

import re
from typing import Final

from ty_assets.berufenet.labels import label_forms, plain_label
from ty_assets.berufenet.surroundings import Known, without_surroundings
from ty_assets.postings.normalise import lookup_key, normalise_title

_LETTER = re.compile(r"[^\W\d_]")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
_EDGES: Final = " \t|,;:/–—-*•·&+.!?\"'„“”()[]{}#@~_=<>"

_AMOUNT: Final = r"(?<![\d.,])\d[\d.,]{0,11}\s?(?:k\b)?"
_CURRENCY: Final = r"(?:€|EUR\b|Euro\b|\$|£|CHF\b)"
_PAY = re.compile(
    r"\b(?:(?:ab|bis(?: zu)?|von|mind\.?|mindestens|up to|from)\s*)?"
    rf"(?:{_CURRENCY}\s*{_AMOUNT}|{_AMOUNT}\s*(?:(?:-|–|bis|to)\s*{_AMOUNT})?\s*{_CURRENCY})"
    r"(?:\s*(?:/|pro\b|per\b|je\b|die\b|im\b(?= (?:monat|jahr))|brutto\b|netto\b)\s*\w*)*",
    re.IGNORECASE,
)
_HOURS = re.compile(
    r"\b(?:minijob|midijob|(?:auf )?(?<![\d.,])\d{3}[- ]?(?:€|euro)(?:[- ]?(?:basis|job))?"
    r"|geringfügige beschäftigung|nebenjob"
    r"|vollzeit|teilzeit|permanent position|temporary|contract role"
    r"|\d{1,2}(?:[,.]\d)?\s*(?:(?:-|–|bis)\s*\d{1,2})?\s*(?:std\.?|stunden|h\b)"
    r"(?:\s*(?:/|pro\b|die\b|in der\b)\s*\w+)?"
    r"|(?:im )?[1-5]-?schicht(?:-?(?:betrieb|system|dienst|modell))?|tagschicht|nachtschicht|wechselschicht"
    r"|montag bis freitag"
    r"|unbefristet|befristet(?:e[rs]?)?|festanstellung|direktvermittlung|arbeitnehmerüberlassung|zeitarbeit"
    r"|home ?-?office|remote|hybrid|freelance|mobiles arbeiten|deutschlandweit|bundesweit)(?!\w)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:(?:ab|zum|per|for|from|bis|für)\s+)?(?:(?:dem\s+)?\d{1,2}\.\s*(?:\d{1,2}\.|[^\W\d_]{3,9})\s*)?"
    r"20\d\d(?:/(?:20)?\d\d)?\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(?:ref(?:erenz)?|kennziffer|kenn-?nr|job-?id|stellen-?id|stellennummer|req|id|nr)\b[.:# -]*"
    r"[\w/-]*\d[\w/-]*"
    r"|#\s*\w*\d\w*|\b[A-Z]{1,4}[-_]?\d{4,}\b|(?<![\w.,-])\d{6,}(?![\w.,-])",
    re.IGNORECASE,
)
# Words about the offer, not about the work. "Lead" and "Head" change the code and stay for the first look.
_SENIORITY = re.compile(
    r"(?<![\w-])(?:senior|junior|sr\.|jr\.|(?:un|berufs)?erfahrene[rnms]?|experienced|young professional"
    r"|mid-?level|entry[- ]level|principal|berufseinsteiger|quereinsteiger(?: als)?|quereinstieg(?: als)?"
    r"|absolvent(?:en)?|motivierte[rn]?|engagierte[rn]?|zuverlässige[rn]?|freundliche[rn]?|qualifizierte[rn]?"
    r"|dringend|neu|top|verstärkung(?: als)?|mitarbeit als|tätigkeit als|arbeiten als|als)(?![\w-])",
    re.IGNORECASE,
)
_TRAINING = re.compile(
    r"^(?:auszubildende[rn]?|azubi|ausbildung(?:splatz)?|duales studium|dualer student|werkstudent"
    r"|working student|praktikant|praktikum|internship|intern|trainee|volontariat|volontär|umschulung)\b"
    r"[\s:–-]*"
    r"(?:(?:als|zum|zur|im|in|for|as|der|bereich|fachrichtung)\b[\s:]*)*",
    re.IGNORECASE,
)
_DEPUTY = re.compile(
    r"^(?:stellvertretende[rn]?|stv\.?|stellv\.?|assistant to|deputy|lead|leitende[rn]?)\s+", re.IGNORECASE
)
_EMPLOYER = re.compile(r"\s+(?:bei|beim|at)\s+(?=[^\W\d_]).*$", re.IGNORECASE)
_PLACE = re.compile(
    r"[\s,|–-]+(?:am |für (?:den |unseren )?|in |im )?"
    r"(?:standort|großraum|raum|region|umkreis|nähe|niederlassung)\b.*$"
    r"|\s+(?:in|für|nahe|near)\s+(?:\d{4,5}\s+|ihrer\b|deiner\b|unser(?:e[nmrs]?)?\b).*$"
    r"|[\s,(|–-]+(?:D-)?\d{5}\s+[^\W\d_].*$",
    re.IGNORECASE,
)
# "in Berlin", "in Frankfurt am Main": a capital after "in" without an article. It may also be the subject
# ("Consultant in Tax"), so the text with it is looked up first.
_IN_PLACE = re.compile(r"\s+in\s+[A-ZÄÖÜ][\w.-]*(?:\s+(?:am|an der|a\.|im|bei|ob|[A-ZÄÖÜ])[\w.]*)*\s*$")
_AREA = re.compile(
    r"\s+(?:im|in der|in den|für(?: die| den| das)?|mit|der|des|with|for|of|within|zur|zum)\s+.*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s+[-–—/|•·:+]\s+|\s*[|;]\s*|\s+(?:oder|bzw\.|or)\s+|(?<=\w)\s*/\s*(?=[A-ZÄÖÜ])|,\s+")
_BEFORE_COMMA = re.compile(r"\s+(?=,)")
# What is left of "Helfer in der Küche" before "in" names no occupation.
_GENERIC: Final = frozenset((
    "analyst", "angestellte", "angestellter", "arzt", "assistant", "assistent", "assistenz", "aushilfe",
    "ausbilder", "berater", "consultant", "developer", "director", "dozent", "engineer", "entwickler",
    "experte", "fachangestellte", "fachangestellter", "facharzt", "fachberater", "fachkraft",
    "fachmann", "fachwirt", "führungskraft", "gruppenleiter", "head", "helfer", "hilfskraft",
    "ingenieur", "kauffrau", "kaufmann", "koordinator", "kraft", "lehrer", "lehrkraft", "leiter",
    "leitung", "manager", "meister", "mitarbeiter", "monteur", "officer", "professor", "projektleiter",
    "projektmanager", "referent", "sachbearbeiter", "specialist", "spezialist", "teamleiter",
    "techniker", "trainer", "verkäufer", "vorarbeiter", "wissenschaftler",
))  # fmt: skip
_SPACES = re.compile(r"\s+")

# What comes with the job, and how a title calls out to its reader.
_EXTRAS = re.compile(
    r"\b(?:(?:inkl(?:\.|usive)?|mit|plus|und)\s+(?:\w+\s+)?(?:firmenwagen|dienstwagen|firmen-?pkw|übernahme\w*|prämien?"
    r"|bonus|unterkunft|wohnung|jobticket|provision|gleitzeit|option\b.*|perspektive|benefits|homeoffice)"
    r"|home ?-?office möglich|(?:100|\d\d) ?% ?(?:remote|homeoffice)?)(?!\w)",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"^\W*(?:(?:top[- ]?)?job(?:angebot)?(?=\s+als\b|\s*[:!])|stellen(?:angebot|anzeige)\b|werden sie\b|werde\b"
    r"(?:\s+(?:unser|teil)\w*)?|jetzt\b|ab sofort\b|neu\b|wir suchen(?: sie)?\b)[\s:!–-]*(?:als\s+|eine?n?\s+)?",
    re.IGNORECASE,
)

_SAFE: Final = (_CALL, _EXTRAS, _HOURS, _PAY, _DATE, _REFERENCE, _SENIORITY)
_TO_THE_END: Final = (_EMPLOYER, _PLACE)
_MAX_ROUNDS: Final = 8
_MAX_LENGTH: Final = 300  # a longer title is a text in the wrong field; its beginning names the work


def clean_title(title: str) -> str:
    """The title without what does not describe the work. Idempotent; keeps letters where there were any."""
    text = _tidy(_normalised(title))
    for _ in range(_MAX_ROUNDS):
        shorter = _cleaner(text)
        if shorter == text:
            break
        text = shorter
    return text


def part_variants(title: str) -> tuple[str, ...]:
    """Texts that say part of it, so that they may name another occupation.

    Without a deputy or lead, the parts of a joined title, what stands before the area of work. Words that
    name no occupation alone are left out.
    """
    base = query_text(title)
    parts = [_tidy(part) for part in _SEPARATOR.split(base) if _LETTER.search(part)]
    heads = [_shorter(_AREA, part) for part in parts[:1]]
    texts = _unique([base, *parts, *(_shorter(_IN_PLACE, part) for part in parts), *heads])
    return tuple(text for text in texts if lookup_key(text) not in _GENERIC)


def query_text(title: str) -> str:
    """The one text of a title to compare with the catalogue: cleaned, without training words and place."""
    return _tidy(_shorter(_IN_PLACE, _without_rank(clean_title(title))))


def lookup_texts(title: str, ranked: str) -> tuple[str, ...]:
    """Texts that say the same as the title, the most literal first, without duplicates.

    As given, normalised, both genders of a written-out pair, and ranked: the title's `ranked_text`, again with both.
    Empty only without a letter or digit.
    """
    normalised = _normalised(title)
    forms = [*label_forms(normalised, bare=False), ranked, *label_forms(ranked, bare=False)]
    return _unique([title, normalised, *forms])


def ranked_text(title: str, known: Known) -> str:
    """The one text of a title to compare with the catalogue, in the form of `labels.plain_label`.

    Cleaned, without training words and without what the catalogue does not know around the work. known: whether any
    text of the catalogue has a word. What stands in brackets stays where it is about the work.
    """
    text = _normalised(title)
    for _ in range(_MAX_ROUNDS):
        shorter = text
        for pattern in (*_SAFE, _PLACE):
            shorter = _shorter(pattern, shorter)
        # Brackets are still whole here: what stands in them is judged as a part of its own.
        shorter = _or_before(_normalised(without_surroundings(shorter, known)), shorter)
        shorter = _tidy(_shorter(_TRAINING, _tidy(shorter)))
        if shorter == text:
            break
        text = shorter
    return plain_label(text)


def _normalised(text: str) -> str:
    text = _or_before(text[:_MAX_LENGTH], text)
    return _or_before(normalise_title(text), text)


def _unique(texts: list[str]) -> tuple[str, ...]:
    tidied = [_tidy(text) for text in texts]
    return tuple({lookup_key(text): text for text in reversed(tidied) if any(map(str.isalnum, text))}.values())[::-1]


def _cleaner(text: str) -> str:
    text = _shorter(_BRACKETS, _normalised(text))
    for pattern in _SAFE:
        text = _shorter(pattern, text)
    text = _tidy(text)
    for pattern in _TO_THE_END:
        text = _shorter(pattern, text)
    return _tidy(text)


def _without_rank(text: str) -> str:
    return _tidy(_shorter(_DEPUTY, _tidy(_shorter(_TRAINING, text))))


def _tidy(text: str) -> str:
    return _or_before(_BEFORE_COMMA.sub("", _SPACES.sub(" ", text)).strip(_EDGES), text)


def _shorter(pattern: re.Pattern[str], text: str) -> str:
    return _or_before(pattern.sub(" ", text), text)


def _or_before(text: str, before: str) -> str:
    """A step that leaves no letter is not taken."""
    return text if _LETTER.search(text) or not _LETTER.search(before) else before
