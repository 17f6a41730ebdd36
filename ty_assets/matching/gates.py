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
from ty_assets.matching.postings import Postings
from ty_assets.matching.screening import Screened, language_levels
from ty_assets.matching.texts import EVERYDAY_TERMS, Texts
from ty_assets.matching.views import CEFR, KIND_CODE

Gate = Literal["domain", "level", "language", "licence", "place", "conditions"]
GATES: tuple[Gate, ...] = ("domain", "level", "language", "licence", "place", "conditions")

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

    by_gate: NDArray[np.bool_]  # (P, len(GATES))
    unmet_languages: NDArray[np.bool_]  # (N,) units
    unmet_licences: NDArray[np.bool_]  # (N,) units

    @property
    def passed(self) -> NDArray[np.bool_]:
        """(P,) all gates."""
        return np.logical_and.reduce(self.by_gate, axis=1, dtype=bool)


def gate(postings: Postings, texts: Texts, screened: Screened, person: Person) -> Gated:
    """All gates for all postings; the reasons are worded on demand, by `reasons`."""
    languages = _unmet_languages(postings, texts, person)
    licences = _unmet_licences(postings, texts, screened)
    columns = {
        "domain": _domain(postings, person),
        "level": _level(postings, person),
        "language": ~_any_of_posting(postings, languages),
        "licence": ~_any_of_posting(postings, licences),
        "place": _place(postings, person),
        "conditions": _conditions(postings, texts, person),
    }
    return Gated(np.column_stack([columns[name] for name in GATES]), languages, licences)


def _domain(postings: Postings, person: Person) -> NDArray[np.bool_]:
    """Some domains let no outsiders in; of several named, one is enough (a nursing school: either)."""
    own = np.array([name in person.profile.domains for name in postings.gate_domains], dtype=bool)
    result: NDArray[np.bool_] = ~postings.domain_gates.any(axis=1) | (postings.domain_gates & own).any(axis=1)
    return result


def _level(postings: Postings, person: Person) -> NDArray[np.bool_]:
    if person.profile.level is None:
        return np.ones(len(postings), dtype=bool)
    apart = np.abs(postings.kldb_level.astype(np.int16) - person.profile.level)
    return (postings.kldb_level == 0) | (apart <= MAX_LEVELS_APART)


def _unmet_languages(postings: Postings, texts: Texts, person: Person) -> NDArray[np.bool_]:
    """(N,) must units that ask for nothing but languages, each too far above the person's."""
    rows, short = language_levels(postings, texts, person)
    # A facet of another kind is an alternative to the language: it leaves the gate open.
    shortage = np.zeros(len(postings.kind), dtype=np.int64)
    shortage[rows] = short
    starts = postings.unit_start[:-1]
    if len(starts) == 0 or not person.profile.spoken():  # nothing is known of the person's languages
        return np.zeros(len(starts), dtype=bool)
    result: NDArray[np.bool_] = postings.unit_must & (np.minimum.reduceat(shortage, starts) > MAX_CEFR_SHORT)
    return result


def _unmet_licences(postings: Postings, texts: Texts, screened: Screened) -> NDArray[np.bool_]:
    """(N,) must units that ask for nothing but licences, none of which is held.

    A car licence is not asked about here: its absence from a CV costs score, and closes no gate.
    """
    starts = postings.unit_start[:-1]
    if len(starts) == 0:
        return np.zeros(0, dtype=bool)
    stated = np.array([term.casefold() not in EVERYDAY_TERMS for term in texts.terms], dtype=bool)
    licence = (postings.kind == KIND_CODE["licence"]) & stated[postings.text]
    result: NDArray[np.bool_] = (
        postings.unit_must & np.logical_and.reduceat(licence, starts) & (screened.unit_credit == 0)
    )
    return result


def _any_of_posting(postings: Postings, units: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.bincount(postings.unit_posting[units], minlength=len(postings)) > 0


def _place(postings: Postings, person: Person) -> NDArray[np.bool_]:
    """Wishes only: where a person lives stops nothing. Remote work is anywhere."""
    if person.profile.remote_only:
        return postings.remote
    wished = {place.casefold() for place in person.profile.wished_places}
    if not wished:
        return np.ones(len(postings), dtype=bool)

    def fits(city: str | None, region: str | None) -> bool:
        known = {place.casefold() for place in (city, region) if place}
        return not known or bool(known & wished)

    near = [fits(city, region) for city, region in zip(postings.city, postings.region, strict=True)]
    return postings.remote | np.array(near, dtype=bool)


def _conditions(postings: Postings, texts: Texts, person: Person) -> NDArray[np.bool_]:
    unwanted = np.array([term in person.profile.unwanted_conditions for term in texts.terms], dtype=bool)
    hit = postings.condition_posting[unwanted[postings.condition_text]]
    return np.bincount(hit, minlength=len(postings)) == 0


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
        "conditions": _condition_reason(postings, texts, person, index),
    }
    passed = gated.by_gate[index]
    spoken = 1 if language == "de" else 0
    return [GateResult(name, bool(passed[i]), worded[name][spoken]) for i, name in enumerate(GATES)]


def _domain_reason(postings: Postings, person: Person, index: int) -> Sentences:
    gates = [name for name, on in zip(postings.gate_domains, postings.domain_gates[index], strict=True) if on]
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
        return "The profile names no wish for a place.", "Das Profil nennt keinen Ortswunsch."
    if remote:
        return "The posting offers remote work.", "Die Stelle lässt sich von überall aus machen."
    place = ", ".join(_distinct([postings.city[index], postings.region[index]]))
    wished = ", ".join(person.profile.wished_places)
    if not place:
        return "The posting names no place.", "Die Anzeige nennt keinen Ort."
    return (
        f"Place of work: {place}; wished for: {wished}.",
        f"Arbeitsort: {place}; gewünscht: {wished}.",
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
