"""What the members of a list say of each other: fields of a degree, occupations, what an experience is in, names.

Belongs here: terms that mean something else beside their neighbours. Not here: cutting lists (`items`) and members that
hold no known term (`open_terms`).
"""

import re
from collections.abc import Sequence

from ty_assets.facets.degree_words import open_degree
from ty_assets.facets.degrees import ACADEMIC
from ty_assets.facets.items import Item
from ty_assets.facets.phrases import open_span
from ty_assets.facets.terms import FoundTerm

KNOWLEDGE = ("skill", "tool", "domain")
LINKS = (
    ",",
    "/",
    "oder",
    "or",
    "bzw",
    "bzw.",
    "und",
    "and",
    "&",
    "beziehungsweise",
    "und/oder",
    "and/or",
    "od.",
    "(",
    "+",
)
_BARE_FIELD = re.compile(r"(?:(?:in|im|der|des|als|as|a|an|of)\s+)?[\w*:/.()-]+(?:\s[\w*:/.()-]+){0,3}")
_VERBAL = re.compile(
    r"\b(?:ist|sind|is|are|hast|haben|have|kannst|können|can|erfahrung\w*|experience|kenntnis\w*|knowledge"
    r"|skills|bereitschaft"
    r"|willing\w*|years?|jahre?n?|praxis)\b",
    re.IGNORECASE,
)


_WITH = re.compile(r"[^.;,:()]{0,20}?\b(?:mit|with|zwischen|between|gegenüber|across)\b", re.IGNORECASE)


def without_counterparts(line: str, found: Sequence[FoundTerm]) -> list[FoundTerm]:
    """Without the knowledge that only names those one is to get on with: Zusammenarbeit mit Einkauf und Technik."""
    spans: list[tuple[int, int]] = []
    if not any(term.kind == "soft_skill" for term in found):
        return list(found)
    for term in found:
        cue = _WITH.match(line, term.end) if term.kind == "soft_skill" else None
        if cue and not any(term.end <= t.start < cue.end() for t in found):
            stop = _CLAUSE_STOP.search(line, cue.end())
            spans.append((cue.end(), stop.start() if stop else len(line)))
    return [t for t in found if t.kind not in KNOWLEDGE or not any(a <= t.start < b for a, b in spans)]


_CLAUSE_STOP = re.compile(r"[.;,:()\n–]|\b(?:sowie|aber|but)\b", re.IGNORECASE)


def fields_of_study(line: str, parts: Sequence[Item], found: Sequence[FoundTerm]) -> list[FoundTerm]:
    """Skills in a list of fields of study or occupations are degrees there: Studium der BWL oder Logistik."""
    result: list[FoundTerm] = []
    if not any(term.kind in ("degree", "experience") for term in found):
        return list(found)
    for term in found:
        if term.kind in KNOWLEDGE and result and _names_its_field(line, result[-1], term):
            degree = result.pop()
            name = f"{term.term} degree" if degree.term in ACADEMIC else degree.term
            result.append(degree._replace(term=name, end=term.end))
            continue
        if term.kind not in ("skill", "domain"):
            result.append(term)
            continue
        item = next((p for p in parts if p.start <= term.start < p.end), None)
        whole = (
            item is not None
            and bool(_ITS_PREPOSITION.fullmatch(line[item.start : term.start]))
            and item.end - term.end <= 1
        )
        if item is not None and whole and is_alternative(line, parts, parts.index(item)):
            beside = before(parts, parts.index(item), result)
            if beside is not None and beside.kind == "experience" and beside.years is not None:
                term = term._replace(kind="experience", years=beside.years)
            elif beside is not None and beside.kind == "degree" and not beside.negated:
                name = term.term if beside.level == 1 else f"{term.term} degree"
                term = FoundTerm("degree", name, term.start, term.end, level=beside.level)
        result.append(term)
    return result


def is_alternative(line: str, parts: Sequence[Item], position: int) -> bool:
    """Whether a member stands in a list that "oder", a slash or a bracket makes one of alternatives."""
    item = parts[position]
    if re.match(r"(?:mit|ohne|with|without)\b", line[item.start : item.end], re.IGNORECASE):
        return False
    if not _BARE_FIELD.fullmatch(line[item.start : item.end]) or _VERBAL.search(line, item.start, item.end):
        return False
    joined = [p.before.strip().casefold() for p in parts[position:] if p.sentence == item.sentence]
    own = joined[0]
    if own not in LINKS:
        return False
    if own != ",":
        return own not in ("und", "and", "&", "+")
    return any(j in ("oder", "or", "bzw", "bzw.", "/", "od.") for j in joined[:4])


# "Lernplattform Moodle", "CAM-Programmierung hyperMILL": a name right after what it is the name of
_ITS_NAME = re.compile(r"\s(?P<name>(?:[A-Z0-9][\w.+/-]*|[a-z]+[A-Z]\w*)(?:\s[A-Z0-9][\w.+/-]*){0,2})(?=\W*$)")
_MATTER = re.compile(r"(?:kenntnisse|wissen|erfahrung(?:en)?|knowledge|experience)$", re.IGNORECASE)
_ITS_MATTER = re.compile(r"\s(?:in|im|zu|zum|zur|über|of|in the|rund um)\s+(?=[A-ZÄÖÜ])")


def named_after(line: str, parts: Sequence[Item], terms: Sequence[FoundTerm]) -> list[FoundTerm]:
    """What stands right after a known term in its member: a name of it, or the matter of a general knowledge."""
    result = []
    for item in parts:
        inside = [t for t in terms if item.start <= t.start < item.end]
        if not inside or inside[-1].kind not in ("skill", "tool") or inside[-1].end >= item.end:
            continue
        last = inside[-1]
        name = _ITS_NAME.match(line, last.end, item.end)
        matter = _ITS_MATTER.match(line, last.end, item.end) if _MATTER.search(line, last.start, last.end) else None
        if name and last.kind == "tool":  # SAP IBP is one product
            continue
        span = open_span(line, name.start("name") if name else matter.end() if matter else item.end, item.end)
        if span is not None:
            result.append(FoundTerm("tool" if name else "skill", folded(line[span[0] : span[1]]), *span))
    return result


_ONE_BY_ONE = ("licence", "degree")
_ITS_BRACKET = re.compile(r"\s*\(\s*")
_CHOICE = re.compile(r"[,;/]|\b(?:oder|or|und|and|alternativ|bzw)\b", re.IGNORECASE)


def one_certificate_each(line: str, found: Sequence[FoundTerm]) -> list[FoundTerm]:
    """Two names of one certificate, side by side or one in a bracket, are one: Motorsägenschein (AS Baum I)."""
    result: list[FoundTerm] = []
    for term in found:
        last = result[-1] if result else None
        if last and last.kind == term.kind and term.kind in _ONE_BY_ONE and last.end <= term.start:
            between = line[last.end : term.start]
            if _ITS_BRACKET.fullmatch(between):
                closing = line.find(")", term.end)
                if closing >= 0 and not _CHOICE.search(line, last.end, closing):
                    continue
            elif not between.strip():
                longer = max(last, term, key=lambda t: t.end - t.start)
                result[-1] = longer._replace(start=last.start, end=term.end)
                continue
        result.append(term)
    return result


_ITS_PREPOSITION = re.compile(r"(?:(?:in|im|in der|der|des|of|als|as|as an?|aus dem|von)\s+)?", re.IGNORECASE)
_IN_A_FIELD = re.compile(
    r"\s+(?:(?:mit\s+)?(?:Fachrichtung|Schwerpunkt|Vertiefung)\s+|(?:in|of|der|des|im|in der)\s+)?", re.IGNORECASE
)


def _names_its_field(line: str, degree: FoundTerm, term: FoundTerm) -> bool:
    """Whether a skill is what a degree before it is in: BEng in civil engineering, Lehre im Handel."""
    return degree.kind == "degree" and bool(_IN_A_FIELD.fullmatch(line[degree.end : term.start]))


def before(parts: Sequence[Item], position: int, terms: Sequence[FoundTerm]) -> FoundTerm | None:
    """The last term that the member just before names."""
    if position == 0 or parts[position - 1].sentence != parts[position].sentence:
        return None
    item = parts[position - 1]
    inside = [t for t in terms if t.start < item.end and item.start < t.end]
    periods = [t for t in inside if t.kind == "experience" and t.years is not None]
    return max(periods or inside, key=lambda t: t.start) if inside else None


_ENDS_IN_A_LICENCE = re.compile(
    r"(?:certificates?|certification|licen[cs]e|ticket|card|badge|permit|accreditation|\w*schein|\w*zertifikat"
    r"|\w*zertifizierung|lizenz)\W*$"
    r"|^\W*(?:sachkunde|zertifikat|zertifizierung|fachkunde|lizenz|membership of|certificate in)\b",
    re.IGNORECASE,
)
_LONGEST_NAME = 60  # characters of a licence or a degree by its own name


def named_by_their_member(line: str, parts: Sequence[Item], found: Sequence[FoundTerm]) -> list[FoundTerm]:
    """Knowledge in a member that as a whole is a licence or a degree is what that is in: Sachkunde Pflanzenschutz."""
    result = list(found)
    for item in parts:
        inside = [t for t in result if item.start <= t.start < item.end]
        if not inside or item.end - item.start > _LONGEST_NAME or any(t.kind not in KNOWLEDGE for t in inside):
            continue
        text = line[item.start : item.end]
        level = open_degree(text, None)
        if level is None and not _ENDS_IN_A_LICENCE.search(text):
            continue
        span = open_span(line, item.start, item.end)
        if span is None:
            continue
        result = [t for t in result if t not in inside]
        term = folded(line[span[0] : span[1]])
        result.append(
            FoundTerm("licence", term, *span) if level is None else FoundTerm("degree", term, *span, level=level)
        )
    return sorted(result, key=lambda t: t.start)


def folded(text: str) -> str:
    """A verbatim phrase as a term: every white space one space."""
    return re.sub(r"\s+", " ", text).strip()
