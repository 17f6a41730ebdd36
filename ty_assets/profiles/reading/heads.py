"""What heads an entry, told apart: the position and the employer, or the study and the school, and the place.

Belongs here: choosing between the parts of a head. Not here: where entries begin (entries.py), the signs of a position
or an employer (wording.py).
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ty_assets.profiles.reading.dates import is_duration
from ty_assets.profiles.reading.entries import LONGEST_HEAD, Entry, may_head
from ty_assets.profiles.reading.lines import Line
from ty_assets.profiles.reading.places import is_place, looks_like_place

Weight = Callable[[str], float]

_AT = re.compile(r"\s+(?:bei(?: der| dem)?|beim|@|at)\s+(?=[A-ZÄÖÜ\d])")
_AS = re.compile(r"\s+(?:as|als)\s+(?:an?\s+)?(?=[A-ZÄÖÜ])")
_FROM = re.compile(r"\s+(?:from|an der|am|von der)\s+(?=[A-ZÄÖÜ])")
_STRONG = re.compile(r"\s*\t\s*|\s+[|•·●]\s+|\s\|\s?|\s+[–—]\s+|\s+-\s+|\s*;\s+|\s//\s")
_COMMA = re.compile(r",\s+(?![^()]*\))")
_SURE = 1.0  # of weight between two parts, from which on their order is not guessed
_PROSE_WORDS = 10  # of a line below the date; more are a sentence
_EMPLOYER_LABEL = re.compile(
    r"^(?:arbeitgeber|firma|unternehmen|employer|company|kunde|client|schule|school)\s*:\s*", re.IGNORECASE
)
_PLACE_LABEL = re.compile(r"^(?:ort|standort|location|place|city)\s*:\s*", re.IGNORECASE)
_POSITION_LABEL = re.compile(
    r"^(?:position|funktion|rolle|role|tätigkeit|job title|title|stelle|beruf)\s*:\s*", re.IGNORECASE
)
_BRACKETED = re.compile(r"^(.{3,}?)\s*\(([^()]{4,60})\)$")
_IN_PLACE = re.compile(r"^(?P<name>.{3,}?)(?:,\s+|\s+in\s+|\s+\()(?P<place>[A-ZÄÖÜ][\w .,’'/-]{1,40}?)\)?$")


class Head(NamedTuple):
    first: str  # position or study
    second: str  # employer or school
    place: str
    more: tuple[str, ...]  # parts that are neither
    sure: bool


class Kinds(NamedTuple):
    """What the two parts of a section's heads are told by."""

    first: Weight
    second: Weight

    def lead(self, text: str) -> float:
        """Above 0 for a first part, below for a second."""
        return self.first(text) - self.second(text)


def heads_of(entries: Sequence[Entry], kinds: Kinds) -> list[Head]:
    """The heads of a section's entries, whose lines are taken from their bodies where they stand below the date.

    Where the words of one head do not say what is what, the order of the others does.
    """
    parts = [_parts(_completed(entry, kinds), kinds) for entry in entries]
    votes = sum(kinds.lead(pieces[0]) - kinds.lead(pieces[1]) for pieces, _ in parts if len(pieces) >= 2)
    return [_head(pieces, place, votes < 0, kinds) for pieces, place in parts]


def _completed(entry: Entry, kinds: Kinds) -> list[str]:
    head, body = list(entry.head), entry.body
    while body and not _is_complete(head, kinds) and _may_follow(body[0], head, kinds):
        line = body.pop(0)
        if not is_duration(line.text):
            head.append(line.text)
    if body and not body[0].bullet and (is_place(body[0].text) or _PLACE_LABEL.match(body[0].text)):
        head.append(body.pop(0).text)
    return head


def _is_complete(head: Sequence[str], kinds: Kinds) -> bool:
    units = [unit for unit in _units(head) if not is_place(unit)]
    return len(units) >= 2 or any(_is_pair(_split(unit, kinds)[0], kinds) for unit in units)


def _may_follow(line: Line, head: Sequence[str], kinds: Kinds) -> bool:
    if not head:
        return not line.bullet and len(line.text) <= LONGEST_HEAD
    if line.gap or not may_head(line):
        return False
    return len(line.text.split()) <= _PROSE_WORDS or "\t" in line.text or abs(kinds.lead(line.text)) >= 2


def _units(head: Sequence[str]) -> list[str]:
    return [cell for line in head for part in line.split("\t") if (cell := part.strip(" ,;|·"))]


def _parts(head: Sequence[str], kinds: Kinds) -> tuple[list[str], str]:
    """The pieces of a head, position and employer before all others, and the place among them."""
    units = _units(head)
    places = [unit for unit in units if is_place(unit) or _PLACE_LABEL.match(unit)]
    units = [unit for unit in units if unit not in places]
    place = _PLACE_LABEL.sub("", places[0]) if places else ""
    if len(units) == 1:
        pieces, found = _split(units[0], kinds)
        return pieces, place or found
    for unit in () if _are_parts(units, kinds) else units:
        pieces, found = _split(unit, kinds)
        if _is_pair(pieces, kinds):
            return [*pieces, *(other for other in units if other != unit)], place or found
    pieces = []
    for unit in units:
        bare, found = _without_place(unit)
        pieces.append(bare)
        place = place or found
    return pieces, place


def _are_parts(units: Sequence[str], kinds: Kinds) -> bool:
    """Whether the first two lines plainly are position and employer, whatever commas stand in them."""
    leads = [kinds.lead(unit) for unit in units[:2]]
    return len(leads) == 2 and leads[0] * leads[1] < 0 and min(map(abs, leads)) >= _SURE


def _is_pair(pieces: Sequence[str], kinds: Kinds) -> bool:
    if len(pieces) < 2:
        return False
    one, other = kinds.lead(pieces[0]), kinds.lead(pieces[1])
    return one * other < 0


def _without_place(unit: str) -> tuple[str, str]:
    """ "Lone Star Payments, Inc. | Austin, TX" without its place."""
    pieces = [piece for part in _STRONG.split(unit) if (piece := part.strip(" ,;|"))]
    if len(pieces) >= 2 and is_place(pieces[-1]):
        return unit[: unit.rindex(pieces[-1])].rstrip(" |•·–—-,;"), pieces[-1]
    parts = _COMMA.split(unit)
    for count in (2, 1):
        behind = ", ".join(parts[-count:])
        if len(parts) > count and is_place(behind):
            return ", ".join(parts[:-count]), behind
    return unit, ""


def _split(unit: str, kinds: Kinds) -> tuple[list[str], str]:
    """One line in its pieces and its place."""
    pieces = [piece for part in _STRONG.split(unit) if (piece := part.strip(" ,;|"))]
    pieces = [half for piece in pieces for half in _at_employer(piece, kinds)]
    places = [piece for piece in pieces[1:] if is_place(piece)]
    pieces = [piece for piece in pieces if piece not in places]
    if len(pieces) == 1 and (found := _BRACKETED.match(pieces[0])) and _is_pair(found.groups(), kinds):
        pieces = [part.strip() for part in found.groups()]  # "Lehre als Kaufmann (Möbelhaus Weber)"
    if len(pieces) == 1:
        pieces, place = _by_commas(pieces[0], kinds)
        return pieces, places[0] if places else place
    return pieces, places[0] if places else ""


def _at_employer(piece: str, kinds: Kinds) -> list[str]:
    parts = _AT.split(piece, maxsplit=1)
    # "The University of Texas at Austin" is one name
    if len(parts) == 2 and len(parts[0]) > 3 and kinds.lead(parts[0]) >= 0:
        return [part.strip() for part in parts]
    for pattern in (_AS, _FROM):
        parts = pattern.split(piece, maxsplit=1)
        if len(parts) == 2 and _is_pair(parts, kinds):
            return [part.strip() for part in parts]
    return [piece]


def _by_commas(text: str, kinds: Kinds) -> tuple[list[str], str]:
    """ "Softwareentwicklerin, Muster AG, Leipzig": parted where it makes the best pair."""
    parts = _COMMA.split(text)
    place = ""
    if len(parts) > 1 and (is_place(parts[-1]) or (len(parts) > 2 and looks_like_place(parts[-1]))):
        place = parts.pop()
    if len(parts) == 1:
        return parts, place
    cuts = [(", ".join(parts[:cut]), ", ".join(parts[cut:])) for cut in range(1, len(parts))]
    best = max(cuts, key=lambda cut: abs(kinds.lead(cut[0]) - kinds.lead(cut[1])))
    return list(best), place


def _head(pieces: list[str], place: str, swapped: bool, kinds: Kinds) -> Head:
    if labelled := _labelled(pieces, place):
        return labelled
    if not pieces:
        return Head("", "", place, (), sure=True)
    if len(pieces) == 1:
        name, place = _place_behind(pieces[0], place, kinds)
        return (
            Head("", name, place, (), sure=True) if kinds.lead(name) < 0 else Head(pieces[0], "", place, (), sure=True)
        )
    one, other, *more = pieces
    lead = kinds.lead(one) - kinds.lead(other)
    if abs(lead) < _SURE and more and kinds.lead(more[0]) <= -_SURE:
        other, more = more[0], [other, *more[1:]]
        lead = _SURE
    reverse = lead < 0 if abs(lead) >= _SURE else swapped
    first, second = (other, one) if reverse else (one, other)
    second, place = _place_behind(second, place, kinds)
    return Head(first, second, place, tuple(more), sure=abs(lead) >= _SURE)


def _labelled(pieces: Sequence[str], place: str) -> Head | None:
    """ "Arbeitgeber: Muster AG", "Position: Leiter"."""
    employer = next((found for piece in pieces if (found := _EMPLOYER_LABEL.sub("", piece)) != piece), None)
    position = next((found for piece in pieces if (found := _POSITION_LABEL.sub("", piece)) != piece), None)
    if employer is None and position is None:
        return None
    others = [piece for piece in pieces if not (_EMPLOYER_LABEL.match(piece) or _POSITION_LABEL.match(piece))]
    position = position if position is not None else (others.pop(0) if others else "")
    employer = employer if employer is not None else (others.pop(0) if others else "")
    return Head(position, employer, place, tuple(others), sure=True)


def _place_behind(name: str, place: str, kinds: Kinds) -> tuple[str, str]:
    """ "Muster AG, Leipzig" and "Muster AG (Leipzig)" in name and place."""
    found = _IN_PLACE.match(name)
    if found and is_place(found["place"]):
        return found["name"].strip(" ,("), place or found["place"]
    if found and name.endswith(")") and not found["place"].isupper():
        parts = [part.strip() for part in found["place"].split(",")]
        if all(looks_like_place(part) for part in parts):
            return found["name"].strip(" ,("), place or found["place"]
    head, comma, behind = name.rpartition(", ")
    if comma and kinds.second(head) > 0 and looks_like_place(behind):
        return head, place or behind
    return name, place
