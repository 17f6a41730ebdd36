"""The demands that a line makes in its own words: one for each member that holds no known term.

Belongs here: which members count, the words of each that name the matter, and its kind. Not here: cutting lines
(`items`), fillers (`phrases`) and kinds by likeness (`likeness`).
"""

import re
from collections.abc import Sequence

from ty_assets.facets.degree_words import open_degree
from ty_assets.facets.items import Item, asides, given_spans, items
from ty_assets.facets.likeness import likely_kind
from ty_assets.facets.lists import (
    LINKS,
    before,
    fields_of_study,
    folded,
    is_alternative,
    named_after,
    named_by_their_member,
    one_certificate_each,
    without_counterparts,
)
from ty_assets.facets.mentions import elided_head
from ty_assets.facets.phrases import is_instruction, open_span, spoken_kind
from ty_assets.facets.terms import FoundTerm
from ty_assets.facets.vocabulary import Kind

_NAME = re.compile(r"(?=\S*[A-ZÄÖÜ0-9])\S*(?:[A-Z]{2}|\d|[a-z][A-Z]|[A-Za-z]\.[a-z])")
_WAIVED = re.compile(
    r"^\W*(?:wäre\w*|wird|werden|it didn|you['’]ll|letzteres|(?:work )?(?:mon|tues|wednes|thurs|fri)days?\W*$"
    r"|(?:montags"
    r"|dienstags|mittwochs|donnerstags|freitags)\b|muss\w*|brauch\w*|zeigen|kein\w*|nicht|not|no|irrelevant"
    r"|prima|punkt|egal)\b",
    re.IGNORECASE,
)
_LICENCE = re.compile(
    r"(?:schein|ausweis|zertifikat|zertifizierung|zulassung|bewilligung|erlaubnis|pass|prüfung|konzession"
    r"|bescheinigung"
    r"|belehrung|sachkunde(?:nachweis)?|fachkunde(?:nachweis)?|berechtigung|befähigungsnachweis|eintragung"
    r"|unterweisung|patent)\b"
    r"|\b(?:sachkunde|zertifiziert\w*|certified|certificat\w+|licen[cs]e[ds]?|ticket|card|badge|clearance|registered"
    r"|registration|permit|accredit\w+|chartered|membership|member of|dbs|accreditation|endorsement|-id)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b\d{1,2}(?:[.:]\d\d)?\s?(?:uhr|am|pm)\b|\b(?:satur|sun)days?\b|\bweekends?\b"
    r"|\b(?:samstag|sonntag|sonnabend)\w*|wochenend|\b(?:mo|di|mi|do|fr|mon|tue|wed|thu|fri)\s?[-–]\s?(?:sa|so"
    r"|sat|sun)\b"
    r"|\b(?:own|eigene[rsnm]?) (?!initiative|init|verantwort)\w+$|\b(?:over|ab|über|at least|mind\w*\.?) (?:18"
    r"|21|25)s?\b"
    r"|\b(?:kg|kilo|wohnort|wohnsitz|wohnhaft|vorstrafen|available|verfügbar\w*|evenings?|nights?|abends|nachts"
    r"|wetter|weathers?|flexible hours|early (?:start|bird|morning)|earl(?:y|ies)|rota|termine|hausbesuche"
    r"|home visits"
    r"|out[- ]of[- ]hours|shift\w*|holidays?|mindestalter|alter|age[d]? \d\d|on the road|unterwegs|nichtraucher\w*"
    r"|non[- ]smok\w+|frei von|allerg\w+free|background check)\b|\w+(?:dienste?|schicht(?:en)?|termine"
    r"|arbeitszeiten)$"
    r"|\b(?:lift|carry)\b.*|\b\d+\s?%.*\b(?:road|travel|reis\w+|unterwegs)",
    re.IGNORECASE,
)
_ATTITUDE = re.compile(
    r"\b(?:freude|spaß|lust|interesse|begeister\w+|leidenschaft|neugier|passion|enthusiasm|love|enjoy\w*|eye"
    r"|sense|feel"
    r"|blick|auge|gespür|gefühl|händchen|herz|instinct|willing\w*|keen|eager\w*|attitude|mindset|manner"
    r"|mentality|calm"
    r"|steady|presence|smile|thick skin|appetite|drive|will(?:e|st)|mut|haltung|art|lächeln|offen)\b"
    r"|(?:talent|power|stärke|freude|geschick|sinn|geist|vermögen|wille|mut|denken|empfinden|gefühl|minded|keit"
    r"|bereitschaft)$",
    re.IGNORECASE,
)
_KEEN = re.compile(
    r"^(?:(?:should|must|will) )?(?:be )?(?:keen|willing|eager|happy|prepared|motivated)\b", re.IGNORECASE
)
_ABLE = re.compile(r"\b(?:ability|able|fähig|capable)\b", re.IGNORECASE)
_FIRST_ADJECTIVE = re.compile(
    r"(?:(?:gute|sehr|hohe|ausgeprägte)\s)*[\wäöüß-]+(?:lich|isch|ig|iv|nal|är|al|ell|ent|ant|iert|end|voll|los"
    r"|sam|bar|haft|lär)e[rnsm]?",
    re.IGNORECASE,
)
_ADJECTIVES = re.compile(r"(?:[a-zäöüß-]+(?:,? (?:und|and) )?){1,2}")
_QUALITY = re.compile(r"^(?:du bist|sie sind|you are|you['’]re|bist|bleibst|bleiben sie|be|being) ", re.IGNORECASE)


_LONGEST_WORD = 14  # what comes later in a list says little about a whole phrase
_LEAST_REST = 4  # letters that no known term covers
_NEGATOR = re.compile(
    r"^\W*(?:keine?[nrs]?|no)\s+(?=\S*(?:erfahrung|kenntnis|ausbildung|vorwissen|experience|qualification|skills))",
    re.IGNORECASE,
)
_BRACKET_AFTER = ("language", "condition", "soft_skill", "experience")
_CAPITAL = re.compile(r"[A-ZÄÖÜ]")
_NO_OCCUPATION = re.compile(
    r"^(?:ähnlich|vergleichbar|gleichwertig|similar|equivalent|comparable|related|relevant)", re.IGNORECASE
)


def with_open_terms(line: str, found: Sequence[FoundTerm], language: str) -> list[FoundTerm]:
    """The terms found in a line and those of its members that hold none, in order, without what the employer gives.

    found: the known terms of the line. A line that is an instruction or a heading gets nothing more.
    """
    given = given_spans(line)
    kept = [t for t in found if not any(s.start <= t.start < s.end for s in given)] if given else list(found)
    if is_instruction(line) or len(line) - sum(t.end - t.start for t in found) < _LEAST_REST:
        return kept
    parts = items(line)
    kept = named_by_their_member(line, parts, without_counterparts(line, one_certificate_each(line, kept)))
    result = fields_of_study(line, parts, kept)
    result += named_after(line, parts, result)
    taken = [(t.start, t.end) for t in (*found, *result)]
    aside = asides(line, parts)
    for position, item in enumerate(parts):
        if position in aside or _is_taken(item, taken):
            continue
        if given and any(s.start <= item.start < s.end for s in given):
            continue
        if item.after == ":" and position + 1 < len(parts) and parts[position + 1].sentence == item.sentence:
            continue  # a label: what it is about follows
        term = _open_term(line, parts, position, result, language)
        if term is not None:
            result.append(term)
            taken.append((term.start, term.end))
    return sorted(result, key=lambda t: t.start)


def _is_taken(item: Item, taken: Sequence[tuple[int, int]]) -> bool:
    for start, end in taken:  # noqa: SIM110, a generator would double the time
        if start < item.end and item.start < end:
            return True
    return False


def _kind_beside(parts: Sequence[Item], position: int, terms: Sequence[FoundTerm]) -> Kind | None:
    """The kind of the last term in the members before, else of the first after, of the same sentence."""
    item = parts[position]
    inside = [p for p in parts if p.sentence == item.sentence]
    start, end = inside[0].start, inside[-1].end
    before = [t for t in terms if start <= t.start < item.start]
    after = [t for t in terms if item.end <= t.start < end]
    if before:
        return max(before, key=lambda t: t.start).kind
    return min(after, key=lambda t: t.start).kind if after and _is_one_word(parts[parts.index(item)]) else None


def _is_one_word(item: Item) -> bool:
    return item.end - item.start <= _LONGEST_WORD


def _open_term(
    line: str, parts: Sequence[Item], position: int, terms: Sequence[FoundTerm], language: str
) -> FoundTerm | None:
    item = parts[position]
    text = line[item.start : item.end]
    negator = _NEGATOR.match(text)
    if negator:
        text, item = text[negator.end() :], item._replace(start=item.start + negator.end())
    elif _WAIVED.match(text):
        return None
    if _FIRST_ADJECTIVE.fullmatch(text) and item.after.strip().casefold() in LINKS and language == "de":
        return None  # strategisches und analytisches Denken: what the first says is not said without the second
    if _NEED_ONLY.fullmatch(text) or (item.before == "(" and _stands_for(text, line[: item.start])):
        return None
    beside = _kind_beside(parts, position, terms)
    if item.before in ("(", "[") and beside in _BRACKET_AFTER:
        return None
    span = open_span(line, item.start, item.end)
    if span is None:
        return None
    phrase = line[span[0] : span[1]]
    beside_it = before(parts, position, terms)
    if beside_it is not None and is_alternative(line, parts, position) and not _NO_OCCUPATION.match(text):
        if beside_it.kind == "degree":
            return FoundTerm("degree", folded(phrase), *span, level=open_degree(text, None) or beside_it.level)
        if beside_it.kind == "experience" and beside_it.years is not None:
            return FoundTerm("experience", folded(phrase), *span, years=beside_it.years)
    degree = open_degree(text, beside)
    if degree is not None:
        return FoundTerm("degree", folded(phrase), *span, level=degree)
    kind = _kind(text, phrase, beside)
    if not _CAPITAL.search(phrase) and len(parts) > 1 and not _may_be_lower(text, phrase, kind, beside, language):
        return None
    return FoundTerm(kind, elided_head(line, *span) or folded(phrase), *span)


def _stands_for(abbreviation: str, before: str) -> bool:
    """Whether capitals in a bracket shorten the words before it: Traffic Management Systems (TMS)."""
    if not abbreviation.isupper() or not 2 <= len(abbreviation) <= 6:
        return False
    words = re.findall(r"[^\W\d_]+", before)[-len(abbreviation) :]
    letters = "".join(words).casefold()
    position = -1
    for letter in abbreviation.casefold():
        position = letters.find(letter, position + 1)
        if position < 0:
            return False
    return any(word[:1].casefold() == abbreviation[0].casefold() for word in words)


_NEED_ONLY = re.compile(
    r"(?:(?:an?|ein|eine|is|are|ist|sind|wäre[n]?|nur|also|auch|sehr|absolut\w*|zwingend|unbedingt|klarer?"
    r"|großer?) )*(?:[\w-]+ )?(?:plus|advantage"
    r"|asset|bonus|must|benefit|vorteil|pflicht|muss|bedingung|voraussetzung|willkommen|erwünscht|wünschenswert"
    r"|gewünscht|vorhanden"
    r"|required|desirable|essential|preferred|ideal|mandatory|welcome|optional|i-tüpfelchen|pluspunkt"
    r"|nice-to-have)\W*",
    re.IGNORECASE,
)


def _may_be_lower(text: str, phrase: str, kind: Kind, beside: Kind | None, language: str) -> bool:
    """Whether a phrase without any capital can be a demand: a quality beside others; in English anything of a list."""
    if beside == "soft_skill" or kind in ("soft_skill", "condition") or spoken_kind(text) is not None:
        return True
    return language != "de" and (beside is not None or " " in phrase)


def _kind(text: str, phrase: str, beside: Kind | None) -> Kind:
    """From the words of the member, then from its neighbours, then by likeness."""
    said = None if _ABLE.search(text) else spoken_kind(text)
    if said == "skill":
        return "licence" if _LICENCE.search(phrase) else "skill"
    if _CONDITION.search(text):
        return "condition"
    if _LICENCE.search(phrase):
        return "licence"
    if _KEEN.match(text):
        return "soft_skill"
    if _NAME.search(phrase):
        return "licence" if beside == "licence" else "skill"
    if _ATTITUDE.search(text) or _QUALITY.match(text):
        return "soft_skill"
    if beside == "soft_skill" and (said == "soft_skill" or _ADJECTIVES.fullmatch(phrase)):
        return "soft_skill"
    if said is not None:
        return said
    return likely_kind(phrase, beside)


def is_nothing(line: str) -> bool:
    """Whether a line, or what an abbreviation's full stop has left of one, says nothing by itself: Prima, Kfm."""
    text = line.strip(" .!?")
    return bool(_WAIVED.match(text)) or open_span(text, 0, len(text)) is None
