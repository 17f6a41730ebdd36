"""Of what kind a requirement is, and whether it is needed or only welcome.

Belongs here: the words that tell. Not here: finding requirements (segments.py) and their terms (facets).
"""

import re
from typing import Final, Literal

Kind = Literal["skill", "experience", "education", "licence", "language", "soft_skill", "condition", "other"]

LANGUAGES: Final = (
    r"deutsch|englisch|französisch|italienisch|spanisch|niederländisch|polnisch|türkisch|russisch"
    r"|tschechisch|"
    r"portugiesisch|ukrainisch|arabisch|chinesisch|japanisch|schwedisch|dänisch|ungarisch|rumänisch|"
    r"german|english|french|italian|spanish|dutch|polish|turkish|russian|portuguese|chinese|mandarin|japanese"
)
# The first that matches decides: a driving licence is no experience, whatever else the line says.
_KINDS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    (
        "licence",
        re.compile(
            r"führerschein|fahrerlaubnis|führerausweis|fahrausweis|driv\w+ licen[cs]e|driver'?s licen[cs]e"
            r"|staplerschein|gabelstapler|schweißschein|schweissschein|approbation|\blizenz"
            r"|zertifi(?:kat|zier)"
            r"|certifi(?:ed|cat)|\bforklift licen|sachkundenachweis|sachkundeprüfung"
            r"|berufsausübungsbewilligung"
            r"|unterrichtung nach §|\blicen[cs]ed?\b|personenbeförderungsschein|\bada-schein|aevo",
        ),
    ),
    (
        "language",
        re.compile(
            rf"(?:{LANGUAGES})(?:-|\s*(?:/|,|und|oder|and|or)|e?n?\b|kenntnis|sprach)|sprachkenntnis"
            rf"|fremdsprach"
            r"|amtssprache|muttersprach|native speaker|language skills|\b[abc][12]-niveau",
        ),
    ),
    (
        "education",
        re.compile(
            r"studium|studiengang|hochschul|universität|abschluss|ausbildung|\blehre\b|diplom"
            r"|bachelor|master(?!ing)\b"
            r"|degree|\bmeister|techniker\b|fachwirt|\befz\b|\beba\b|matur|abitur|schulbildung|examen"
            r"|promotion|\bph\.?d"
            r"|vocational|apprenticeship|graduat|gelernte[rn]?\b|examiniert|staatlich (?:anerkannt|geprüft)"
            r"|qualified as",
        ),
    ),
    (
        "experience",
        re.compile(r"erfahrung|erfahren\b|experience|track record|praxis\b|\bjahre\b|\byears\b", re.I),
    ),
    (
        "condition",
        re.compile(
            r"bereitschaft (?:zu[rm]?|für|an)|reisebereit|schicht|wochenend|nachtdienst|pikett"
            r"|rufbereit|reisetätig"
            r"|willing(?:ness)? to|travel|relocat|shift|weekend|wohnsitz|wohnort|arbeitserlaubnis"
            r"|work permit|right to work"
            r"|führungszeugnis|strafregister|leumund|staatsangehörig|staatsbürger|citizen|clearance"
            r"|körperlich|physical"
            r"|schwindelfrei|tauglich|impf|vaccinat|volljährig|mindestalter|\d+ jahre alt|mobilität"
            r"|immatrikul|enrolled",
        ),
    ),
    (
        "soft_skill",
        re.compile(
            r"team|kommunikat|communicat|belastbar|zuverlässig|reliab|flexib|selbst?ständig"
            r"|eigenverantwort|independent"
            r"|motiv|engag|freundlich|friendly|kontaktfreud|einfühl|empath|geduld|patien[ct]|kreativ"
            r"|creativ|analytisch"
            r"|analytical|denkvermögen|denkweise|problem|organisationstalent|organi[sz]ed"
            r"|arbeitsweise|sorgfalt|sorgfältig"
            r"|genau|detail|verantwortungsbewusst|responsib|durchsetzung|überzeugung|auftreten"
            r"|umgangsformen|persönlichkeit"
            r"|personality|freude|spaß|spass|leidenschaft|passion|interesse|begeister|neugier|curio"
            r"|lernbereit|hands-on"
            r"|lösungsorientiert|dienstleistungsorient|kundenorient|serviceorient|ergebnisorient"
            r"|diskret|loyal|humor|offen"
            r"|proaktiv|proactive|eigeninitiative|initiative|stress|leadership|sozialkompetenz"
            r"|interpersonal|mindset"
            r"|einsatzbereit|leistungsbereit|pünktlich|ehrlich|aufgeschlossen|ausdauer|disziplin",
        ),
    ),
    (
        "skill",
        re.compile(
            r"kenntnis|knowledge|know-?how|fähigkeit|skill|umgang mit|beherrsch|proficien|familiar"
            r"|verständnis|understanding"
            r"|versiert|sicher(?:er|e)? (?:in|im)|expertise|affinität|geschick|ability|kompetenz"
            r"|ms office|excel|\bsap\b"
            r"|software|programmier|programming|\bit\b",
        ),
    ),
)

_EDUCATION: Final = dict(_KINDS)["education"]

# Words that make what they stand with welcome instead of needed.
_NICE_AFTER = re.compile(
    r"von (?:großem |grossem )?vorteil|vorteilhaft|wünschenswert|gerne? gesehen|erwünscht|bevorzugt|vorzugsweise$"
    r"|(?:ein|einen|als|großes) plus\b|kein(?:e|en)? (?:muss|voraussetzung|bedingung)"
    r"|nicht (?:unbedingt|zwingend|nötig|notwendig|erforderlich)|kein(?:e|en)? [\w-]+ (?:nötig|notwendig|erforderlich)"
    r"|gibt es (?:bei uns |hier )?nicht|braucht (?:hier |es )?(?:niemand|nicht)|spielt keine rolle"
    r"|im vorteil\b|nicht bedingung"
    r"|(?:brauchst|benötigst)(?: du)? kein|(?:brauchen|benötigen)(?: sie)? kein"
    r"|wären? (?:toll|schön|super|ideal|gut|prima|hilfreich|wünschenswert|ein (?:\w+ )?(?:extra|plus|bonus))"
    r"|rund(?:et|en) (?:ihr|dein|das) profil ab|hilfreich\b"
    r"|(?:is|are|be|as) (?:a |an )?(?:big |strong |clear |real |definite )?(?:plus|bonus|advantage|asset|advantageous"
    r"|beneficial|desirable|desired|preferred|welcome|helpful|useful)\b"
    r"|nice to have|\ba plus\b|\bpreferred\b|\bdesirable\b|\boptional\b"
    r"|not\*{0,2} (?:required|mandatory|essential|necessary|needed)|\bno [\w' -]{2,30} (?:required|necessary|needed)\b"
    r"|do(?:es)? not matter|would be (?:great|good|nice|ideal|perfect|wonderful|helpful|useful|welcome)"
    r"|would be an? (?:\w+ )?(?:plus|bonus)",
)
_NICE_FIRST = re.compile(
    r"(?:\W*(?:und |and )?)(?:idealerweise|im idealfall|ideally|wünschenswert|von vorteil"
    r"|nice to have|bonus|optional"
    r"|preferably|vorzugsweise|gerne auch|gern auch|vorteilhaft)\b",
)
_BRACKETS = re.compile(r"\([^()]*\)")
_CLAUSE = re.compile(r"[,;]\s+|\s[–-]\s")
_OWN_CLAUSE = re.compile(
    r"kenntnis|erfahrung|ausbildung|weiterbildung|zertifi|führerschein|knowledge|experience|certif|licen[cs]e"
    rf"|{LANGUAGES}"
)


def kind_of(text: str) -> Kind:
    """The kind of one requirement, by its words; 'other' where none tells."""
    lowered = text.lower()
    for kind, pattern in _KINDS:
        if found := pattern.search(lowered):
            # "Studium oder Sachkundenachweis" asks for an education first.
            if kind == "licence" and _EDUCATION.search(lowered, 0, found.start()):
                return "education"
            return kind
    return "other"


def begins_welcome(text: str) -> bool:
    """Whether a part's first words make it welcome: "idealerweise ...", "preferably ..."."""
    return _NICE_FIRST.match(text.lower()) is not None


def split_by_need(text: str) -> list[tuple[int, int, bool]]:
    """Cut "Erfahrung in X, ein Zertifikat ist von Vorteil" in two: (start, end, must) of each part.

    "Kenntnisse in A, B und C von Vorteil" stays one part, since no part of it stands alone. What is welcome only
    in brackets leaves the rest needed.
    """
    lowered = _BRACKETS.sub(lambda match: " " * len(match[0]), text.lower())
    if _NICE_FIRST.match(lowered):
        return [(0, len(text), False)]
    cue = _NICE_AFTER.search(lowered)
    if cue is None:
        return [(0, len(text), True)]
    breaks = [match for match in _CLAUSE.finditer(lowered) if match.end() <= cue.start()]
    # Lower case has another length in very few alphabets; then the offsets would not fit.
    if breaks and len(lowered) == len(text) and _OWN_CLAUSE.search(lowered, breaks[-1].end()):
        before, after = breaks[-1].start(), breaks[-1].end()
        if kind_of(text[:before]) != "other":
            return [(0, before, True), (after, len(text), False)]
    return [(0, len(text), False)]
