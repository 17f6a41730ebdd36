"""How a lesson, and a match that is hidden, are told to a reader; English and German.

Belongs here: sentences. Not here: the interface's own words (serving/locales), and what is learned.
"""

from collections.abc import Mapping
from typing import Any, Final

from ty_assets.facets.vocabulary import display, domains
from ty_assets.feedback.verdicts import BY_PERSON

_WORKING_TIMES: Final = {
    "full": ("full-time", "Vollzeit"),
    "part": ("part-time", "Teilzeit"),
    "mini": ("mini-job", "Minijob"),
}


def lesson_sentence(kind: str, key: str, value: Mapping[str, Any], language: str, name: str | None = None) -> str:
    """What was learned, as one sentence. language: "de" or "en"; name: of an occupation, where it is known."""
    german = language == "de"
    if kind == "cutoff":
        share = round(float(value["hides_below"]) * 100)
        return (
            f"Treffer unter {share} Prozent gefallen Ihnen selten."
            if german
            else f"You seldom like matches below {share} percent."
        )
    if kind == "occupation":
        shown = f"{name} (KldB {key})" if name else f"KldB {key}"
        return f"Diesen Beruf lehnen Sie ab: {shown}." if german else f"You turn this occupation down: {shown}."
    if kind == "term":
        shown = display(key, language)
        return f"Stellen mit {shown} lehnen Sie ab." if german else f"You turn postings with {shown} down."
    if kind == "direction":
        return (
            "Berufsbezeichnungen wie die, die Ihnen gefallen, rücken etwas nach oben, andere etwas nach unten."
            if german
            else "Titles like those you like move up a little, others down a little."
        )
    return rule_sentence(value["kind"], value["value"], language)


def rule_sentence(kind: str, value: str, language: str) -> str:
    """A rule as its own words would have it, shortened to what was understood."""
    english, german = _RULES[kind]
    return (german if language == "de" else english).format(_shown(kind, value, language)) + "."


_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "no_condition": ("Not with: {}", "Nicht mit: {}"),
    "max_office_days": ("At most {} days a week in the office", "Höchstens {} Tage in der Woche im Büro"),
    "only_place": ("Only in {}", "Nur in {}"),
    "max_distance": ("At most {} km away, as the crow flies", "Höchstens {} km entfernt, Luftlinie"),
    "no_field": ("Not in this field: {}", "Nicht in diesem Bereich: {}"),
    "no_term": ("Not with: {}", "Nicht mit: {}"),
    "min_pay": ("At least {} euros gross a year", "Mindestens {} Euro brutto im Jahr"),
    "working_time": ("Only {}", "Nur {}"),
    "max_hours": ("At most {} hours a week", "Höchstens {} Stunden in der Woche"),
    "permanent_only": ("Only permanent contracts", "Nur unbefristete Verträge"),
    "no_agency": ("No temporary employment agencies", "Keine Zeitarbeit und Vermittlung"),
}


def _shown(kind: str, value: str, language: str) -> str:
    german = language == "de"
    if kind in ("no_condition", "no_term"):
        return display(value, language)
    if kind == "no_field":
        domain = domains()[value]
        return domain.name_de if german else domain.name_en
    if kind == "working_time":
        return _WORKING_TIMES[value][german]
    if kind == "min_pay":
        shown = f"{float(value):,.0f}"
        return shown.replace(",", ".") if german else shown
    if kind in ("max_office_days", "max_hours") and german:
        return value.replace(".", ",")
    if kind == "only_place":
        return value.replace(", ", " oder " if german else " or ")
    return value


def hidden_sentence(
    name: str, score: float, lessons: Mapping[str, tuple[str, str, Mapping[str, Any]]], language: str
) -> str:
    """Why a match is hidden, by one of its hidden_by. lessons: by name (kind, key, value)."""
    german = language == "de"
    if name == BY_PERSON:
        return "Sie haben diesen Treffer ausgeblendet." if german else "You have hidden this match."
    kind, key, value = lessons.get(name, (name.partition(":")[0], name.partition(":")[2], {}))
    if kind == "cutoff" and value:
        percent, own = round(score * 100), round(float(value["hides_below"]) * 100)
        return (
            f"Mit {percent} Prozent liegt er unter Ihrer Schwelle von {own} Prozent."
            if german
            else f"At {percent} percent it is below your cutoff of {own} percent."
        )
    if kind == "rule" and not value:
        return f"Eine Ihrer Regeln: {key}." if german else f"One of your rules: {key}."
    if kind == "cutoff":
        return "Er liegt unter Ihrer Schwelle." if german else "It is below your cutoff."
    return lesson_sentence(kind, key, value, language)
