"""What stops a match whatever its score, and why, in words.

Belongs here: the gates. Not here: scores and penalties. A gate never judges what it does not know: an unknown
level, occupation or place passes, and the reason says so. Only what was found out stops a match.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ty_assets.facets.vocabulary import display, domains
from ty_assets.matching.person import Person
from ty_assets.matching.places import distance, place_factors
from ty_assets.matching.postings import Postings
from ty_assets.matching.screening import Screened
from ty_assets.matching.structured import language_levels
from ty_assets.matching.texts import HASH, Texts
from ty_assets.matching.views import CEFR
from ty_assets.postings.normalise import text_hash

Gate = Literal["domain", "level", "language", "licence", "place", "pay", "conditions"]
GATES: tuple[Gate, ...] = ("domain", "level", "language", "licence", "place", "pay", "conditions")

# KldB requirement levels apart. The system before this one skipped every posting below the profile's level,
# which hid half of the reachable market from people one step above it (a specialist reads postings for
# skilled workers too), and let a helper pass to expert postings. Two steps, in either direction, are
# another career.
MAX_LEVELS_APART = 1

# CEFR steps a must language may be above the person's level; two steps are a year of courses.
MAX_CEFR_SHORT = 1

LEVEL_NAMES = {
    1: ("helper", "Helfer"),
    2: ("skilled worker", "Fachkraft"),
    3: ("specialist", "Spezialist"),
    4: ("expert", "Experte"),
}
Sentences = tuple[str, str]  # English, German
_CEFR_NAMES = {level: name for name, level in CEFR.items()}


@dataclass(frozen=True, slots=True)
class GateResult:
    gate: Gate
    passed: bool
    reason: str

    def as_row(self) -> dict[str, str | bool]:
        """As stored in profile_posting_matches.gate_reasons."""
        return {"gate": self.gate, "passed": self.passed, "reason": self.reason}


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """Which of P postings pass which gate."""

    by_gate: NDArray[np.bool_]  # (P, len(GATES)), each gate's column in one piece
    unmet_languages: NDArray[np.bool_]  # (N,) units
    unmet_licences: NDArray[np.bool_]  # (N,) units

    @property
    def passed(self) -> NDArray[np.bool_]:
        """(P,) all gates."""
        columns = iter(self.by_gate.T)
        passed = next(columns).copy()
        for column in columns:
            passed &= column
        return passed


def gate(postings: Postings, texts: Texts, screened: Screened, person: Person) -> Gated:
    """All gates for all postings; the reasons are worded on demand, by `reasons`."""
    languages = _unmet_languages(postings, texts, person)
    licences = _unmet_licences(postings, screened)
    columns = {
        "domain": _domain(postings, person),
        "level": _level(postings, person),
        "language": _without(postings, languages),
        "licence": _without(postings, licences),
        "place": _place(postings, person),
        "pay": _pay(postings, person),
        "conditions": _conditions(postings, texts, person),
    }
    units = len(postings.unit_weight)
    return Gated(np.stack([columns[name] for name in GATES]).T, _marked(languages, units), _marked(licences, units))


def _domain(postings: Postings, person: Person) -> NDArray[np.bool_]:
    """Some domains let no outsiders in; of several named, one is enough (a nursing school: either)."""
    own = person.profile.domains
    passes = np.array([not guard or not own.isdisjoint(guard) for guard in postings.guards], dtype=bool)
    return passes[postings.guard]


def _level(postings: Postings, person: Person) -> NDArray[np.bool_]:
    if person.profile.level is None:
        return np.ones(len(postings), dtype=bool)
    # By level 0, unknown, to 4.
    passes = np.abs(np.arange(len(LEVEL_NAMES) + 1) - person.profile.level) <= MAX_LEVELS_APART
    passes[0] = True
    return passes[postings.kldb_level]


def _unmet_languages(postings: Postings, texts: Texts, person: Person) -> NDArray[np.int32]:
    """Must units that ask for nothing but languages, each too far above the person's.

    A facet of another kind is an alternative to the language: it leaves the gate open.
    """
    asking = postings.layout.languages
    if not person.profile.spoken():  # nothing is known of the person's languages
        return asking.unit[:0]
    rows, short = language_levels(postings.demands, texts, person)
    shortage = np.zeros(len(postings.demands), dtype=np.int8)
    shortage[rows] = short
    unmet: NDArray[np.int32] = asking.unit[asking.reduce(np.minimum, shortage[asking.demand]) > MAX_CEFR_SHORT]
    return unmet


def _unmet_licences(postings: Postings, screened: Screened) -> NDArray[np.int32]:
    """Must units that ask for nothing but licences, none of which is held.

    A car licence is not asked about here: its absence from a CV costs score, and closes no gate. Nor is what only its
    wording makes a licence: a name that the vocabulary does not know may be had under another one.
    """
    asking = postings.layout.licences
    return asking[screened.earned.of_units(asking) == 0]


def _marked(units: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    marked = np.zeros(count, dtype=bool)
    marked[units] = True
    return marked


def _without(postings: Postings, units: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(P,) postings that have none of the units."""
    result = np.ones(len(postings), dtype=bool)
    result[postings.posting_of(units)] = False
    return result


def _place(postings: Postings, person: Person) -> NDArray[np.bool_]:
    """Wishes only: where a person lives stops nothing. Remote work is anywhere."""
    if person.profile.remote_only:
        return postings.remote
    wished = {place.casefold() for place in person.profile.wished_places}
    if not wished:
        return np.ones(len(postings), dtype=bool)
    near = np.zeros(len(postings.places), dtype=bool)
    for name in (*wished, ""):  # no name: the posting does not say where it is
        near[list(postings.place_of_name.get(name, ()))] = True
    return postings.remote | near[postings.place]


def _pay(postings: Postings, person: Person) -> NDArray[np.bool_]:
    """The most a posting offers against the least the person works for; what is not said passes."""
    least = person.profile.minimum_pay
    if least is None:
        return np.ones(len(postings), dtype=bool)
    # Both in single precision, as they are stored: 42,000.1 is not more than itself.
    return ~(postings.pay < np.float32(least))


def _conditions(postings: Postings, texts: Texts, person: Person) -> NDArray[np.bool_]:
    result = np.ones(len(postings), dtype=bool)
    unwanted = person.profile.unwanted_conditions
    if unwanted and len(postings.condition_text):
        rows = texts.find(np.array([text_hash(term) for term in sorted(unwanted)], dtype=HASH))
        result[postings.condition_posting[np.isin(postings.condition_text, rows[rows >= 0])]] = False
    return result


def reasons(
    postings: Postings, texts: Texts, gated: Gated, person: Person, index: int, language: str = "en"
) -> list[GateResult]:
    """One sentence for each gate of one posting, in the order of GATES; language "de" or "en"."""
    worded = {
        "domain": _domain_reason(postings, person, index),
        "level": _level_reason(postings, person, index),
        "language": _unit_reason(postings, texts, gated.unmet_languages, index, ("language", "Sprache")),
        "licence": _unit_reason(postings, texts, gated.unmet_licences, index, ("licence", "Lizenz")),
        "place": _place_reason(postings, person, index),
        "pay": _pay_reason(postings, person, index),
        "conditions": _condition_reason(postings, texts, person, index),
    }
    passed = gated.by_gate[index]
    spoken = 1 if language == "de" else 0
    return [GateResult(name, bool(passed[i]), worded[name][spoken]) for i, name in enumerate(GATES)]


def _domain_reason(postings: Postings, person: Person, index: int) -> Sentences:
    gates = postings.guards[postings.guard[index]]
    if not gates:
        return (
            "The posting is open to people from other fields.",
            "Die Stelle steht Menschen aus anderen Fachgebieten offen.",
        )
    known = domains()
    english = " or ".join(known[name].name_en if name in known else name for name in gates)
    german = " oder ".join(known[name].name_de if name in known else name for name in gates)
    if set(gates) & person.profile.domains:
        return (
            f"The posting asks for people from this field, and the profile has it: {english}.",
            f"Die Stelle verlangt dieses Fachgebiet, und das Profil hat es: {german}.",
        )
    return (
        f"The posting is only for people from this field: {english}. The profile shows neither work nor "
        "training in it.",
        f"Die Stelle setzt dieses Fachgebiet voraus: {german}. Das Profil zeigt darin weder Arbeit noch Ausbildung.",
    )


def _level_reason(postings: Postings, person: Person, index: int) -> Sentences:
    asked, own = int(postings.kldb_level[index]), person.profile.level
    if asked == 0 or own is None:
        return (
            "The level of the occupation or of the profile is not known.",
            "Das Niveau des Berufs oder des Profils ist nicht bekannt.",
        )
    (posting_en, posting_de), (profile_en, profile_de) = LEVEL_NAMES[asked], LEVEL_NAMES[own]
    apart = abs(asked - own)
    if apart == 0:
        return (
            f"Posting and profile are at the same level: {posting_en}.",
            f"Stelle und Profil liegen auf demselben Niveau: {posting_de}.",
        )
    steps_en, steps_de = ("one step", "eine Stufe") if apart == 1 else (f"{apart} steps", f"{apart} Stufen")
    above_en, above_de = ("above", "über") if asked > own else ("below", "unter")
    return (
        f"The posting's level ({posting_en}) is {steps_en} {above_en} the profile's ({profile_en}).",
        f"Das Niveau der Stelle ({posting_de}) liegt {steps_de} {above_de} dem des Profils ({profile_de}).",
    )


def _unit_reason(postings: Postings, texts: Texts, unmet: NDArray[np.bool_], index: int, what: Sentences) -> Sentences:
    units = range(postings.posting_start[index], postings.posting_start[index + 1])
    lacking = [unit for unit in units if unmet[unit]]
    if not lacking:
        return (f"No required {what[0]} is out of reach.", f"Keine verlangte {what[1]} ist außer Reichweite.")
    english, german = (
        "; ".join(_alternatives(postings, texts, unit, language) for unit in lacking) for language in ("en", "de")
    )
    return (
        f"Required and out of the profile's reach: {english}.",
        f"Verlangt und im Profil nicht erreicht: {german}.",
    )


def _alternatives(postings: Postings, texts: Texts, unit: int, language: str) -> str:
    facets = range(postings.unit_start[unit], postings.unit_start[unit + 1])
    names = [
        f"{display(texts.terms[postings.text[facet]], language)} "
        f"{_CEFR_NAMES.get(int(postings.cefr[facet]), '')}".strip()
        for facet in facets
    ]
    return (" oder " if language == "de" else " or ").join(names)


def _place_reason(postings: Postings, person: Person, index: int) -> Sentences:
    remote = bool(postings.remote[index])
    if person.profile.remote_only:
        offered_en = "offers it" if remote else "does not offer it"
        offered_de = "bietet sie an" if remote else "bietet sie nicht an"
        return (
            f"The profile asks for remote work; the posting {offered_en}.",
            f"Das Profil wünscht Arbeit von zu Hause; die Anzeige {offered_de}.",
        )
    if not person.profile.wished_places:
        return _far_reason(postings, person, index, remote)
    if remote:
        return "The posting offers remote work.", "Die Stelle lässt sich von überall aus machen."
    place = ", ".join(_distinct(postings.places[postings.place[index]]))
    wished = ", ".join(person.profile.wished_places)
    if not place:
        return "The posting names no place.", "Die Anzeige nennt keinen Ort."
    return (
        f"Place of work: {place}; wished for: {wished}.",
        f"Arbeitsort: {place}; gewünscht: {wished}.",
    )


def _far_reason(postings: Postings, person: Person, index: int, remote: bool) -> Sentences:
    """No wish closes the gate, and the distance may have cost score all the same; see scoring.place_factor."""
    city, _ = postings.places[postings.place[index]]
    homes = [person.profile.city, *person.profile.named_places]
    ways = {home: away for home in homes if (away := distance(home, city)) is not None}
    home = min(ways, key=lambda town: ways[town], default=None)
    factor = 1.0 if home is None else float(place_factors(home, [city])[0])
    if home is None or remote or person.profile.moves or factor >= 1.0:
        return "The profile names no wish for a place.", "Das Profil nennt keinen Ortswunsch."
    away = ways[home]
    return (
        f"The profile names no wish for a place; {city} is about {away:.0f} km from {home}, so the score counts "
        f"{factor:.0%}.",
        f"Das Profil nennt keinen Ortswunsch; {city} liegt etwa {away:.0f} km von {home}, deshalb zählt die Bewertung "
        f"zu {100 * factor:.0f} %.",
    )


def _pay_reason(postings: Postings, person: Person, index: int) -> Sentences:
    least, offered = person.profile.minimum_pay, float(postings.pay[index])
    if least is None:
        return "The profile names no least pay.", "Das Profil nennt kein Mindestgehalt."
    if np.isnan(offered):
        return "The posting does not say what it pays.", "Die Anzeige nennt kein Gehalt."
    wished_en, offered_en = f"{least:,.0f}", f"{offered:,.0f}"
    wished_de, offered_de = wished_en.replace(",", "."), offered_en.replace(",", ".")
    return (
        f"Pay offered: up to {offered_en} euros gross a year; wished for: at least {wished_en}.",
        f"Gehalt laut Anzeige: bis {offered_de} Euro brutto im Jahr; gewünscht: mindestens {wished_de}.",
    )


def _condition_reason(postings: Postings, texts: Texts, person: Person, index: int) -> Sentences:
    named = [texts.terms[t] for t in postings.condition_text[postings.condition_posting == index]]
    unwanted = _distinct([term for term in named if term in person.profile.unwanted_conditions])
    if not unwanted:
        return (
            "No condition of the posting is ruled out by the profile.",
            "Das Profil schließt keine Bedingung der Stelle aus.",
        )
    english, german = (", ".join(display(term, language) for term in unwanted) for language in ("en", "de"))
    return (
        f"The posting comes with what the profile rules out: {english}.",
        f"Zur Stelle gehört, was das Profil ausschließt: {german}.",
    )


def _distinct(values: Sequence[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
