"""What a study or training leads to: its degree level and the occupational level it supports.

Belongs here: reading a degree from words, German and English. Not here: reading job titles (enrich.py).
"""

import re
from datetime import date
from typing import NamedTuple

# A study without an end date that began longer ago than this is taken as finished: people leave out
# endDate for old degrees, and a degree wrongly missing would close a gate. Few studies last longer.
OPEN_ENDED_YEARS = 10


class Degree(NamedTuple):
    level: int  # as in facets/vocabulary.csv: 1 school or vocational, 2 bachelor, Meister, 3 master, 4 doctorate
    kldb_level: int  # the requirement level of KldB 2010 that it is the usual entry to, 1 .. 4


# The first that is found wins, so the higher and the more specific stand first.
# KldB 2010 (Bundesagentur für Arbeit, volume 1): level 1 no formal training, 2 vocational training of at
# least two years, 3 master craftsman, technician or bachelor, 4 studies of at least four years.
_DEGREES: tuple[tuple[re.Pattern[str], Degree], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), degree)
    for pattern, degree in (
        (r"promotion\b|promovier|\bdoktor|\bdoctor|\bph\.?\s?d\b|\bdr\.|\bhabilit", Degree(4, 4)),
        # the health professions' training ends with an examination by the state, too
        (r"ausbildung\b.{0,30}examen", Degree(1, 2)),
        (
            r"(?:staats|state )\w*\b.{0,40}\b\w*(?:pflege|pfleger(?:in)?|nurs\w+|therap\w+|logopäd\w+|hebamme\w*"
            r"|entbindungs\w+|sanitäter(?:in)?|assisten[tz]\w*|diätassist\w+|podolog\w+|erzieher(?:in)?)\b"
            r"(?!.{0,40}(?:bachelor|master|diplom))",
            Degree(1, 2),
        ),
        (
            r"\b\w*meister(?:in|brief|prüfung|schule|titel)?\b|master\s+craft|fachwirt|bilanzbuchhalt",
            Degree(2, 3),
        ),
        (r"betriebswirt(?:in)?\s*\(?(?:ihk|va|hwk)", Degree(2, 3)),
        (r"staatlich geprüfte\w* (?:\w*techniker|betriebswirt)|state-certified", Degree(2, 3)),
        (r"\bmaster\b|\bm\.?\s?sc\b|\bm\.?\s?a\b|\bm\.?\s?eng\b|\bmba\b|\bll\.?\s?m\b", Degree(3, 4)),
        (r"\bm\.?\s?ed\b|\bmagister|\bdiplom(?!a)|\bdipl\b|staatsexamen|staatsprüfung", Degree(3, 4)),
        (r"state exam|\bapprobation|\blehramt|juris doctor|\bj\.?d\.?\b", Degree(3, 4)),
        (r"bachelor|\bb\.?\s?sc\b|\bb\.?\s?a\b|\bb\.?\s?eng\b|\bll\.?\s?b\b|\bb\.?\s?ed\b", Degree(2, 3)),
        (r"undergraduate|studium|\bstudies\b|hochschulabschluss|\bfh\b|\bdegree\b", Degree(2, 3)),
        (r"high school|secondary school", Degree(1, 1)),
        (r"ausbildung|\blehre\b|apprentice|vocational|gesell(?:e|in)|facharbeiter|umschulung", Degree(1, 2)),
        (r"\bihk\b|\bhwk\b|berufsfachschule|berufsabschluss|\bexam(?:en|iniert)", Degree(1, 2)),
        (r"journeyman|associate|\bdiploma", Degree(1, 2)),
        (r"abitur|hochschulreife|realschul|hauptschul|mittlere reife|schulabschluss|matura", Degree(1, 1)),
        (r"\ba[- ]levels?\b|\bgcse", Degree(1, 1)),
    )
)


def read_degree(text: str) -> Degree | None:
    """The degree that words such as "M. Sc. Informatik" name; None where they name none."""
    for pattern, degree in _DEGREES:
        if pattern.search(text):
            return degree
    return None


def is_finished(started_on: date | None, ended_on: date | None, today: date) -> bool:
    """Whether a study or training has ended; one without any date is taken as finished."""
    if ended_on is not None:
        return ended_on <= today
    return started_on is None or (today - started_on).days > OPEN_ENDED_YEARS * 366
