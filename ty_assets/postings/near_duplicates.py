"""Whether two advertisements are the same job, told by two sources or told twice.

similarity = 2 * shared / (ours + theirs): the Dice coefficient over words, whatever the order of the parts, after what
one page alone shows around the text (an agency's preface, the rest that a board has cut off, how to apply) is left out.
A misspelt word counts by its likeness. It has to reach 0.95, which leaves room for typos and for small words.

That alone does not do: siblings made from one template (another city, level or requirement) differ from each other in
one word of a hundred, less than two honest copies do. So each difference is looked at, and one that could change the
job is an objection, however small: a word exchanged, a number, a line more in the middle. Missing a copy costs a
reading too many; hiding another job behind the first costs somebody that job. Pure functions only; linking is
linking.py.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rapidfuzz.distance import OSA

from ty_assets.postings import job_facts
from ty_assets.postings.alignment import Difference, align
from ty_assets.postings.job_facts import Head, Objection, is_typo
from ty_assets.postings.wording import APPLYING, CONTACT, FUNCTION_WORDS, NEUTRAL, is_cut, words_of

THRESHOLD: Final = 0.95
# Fewer words are a greeting; and a third of an advertisement may be the part that all of an employer's share.
_FEWEST_WORDS: Final = 40
_SMALLEST_PART: Final = 0.35
# At the begin or end of a text fewer words than these are a line more, not what a board adds or cuts off.
_SHORTEST_OVERHANG: Final = 20
# Longer differences say more than how to apply, or than a name.
_LONGEST_APPLYING: Final = 40
_LONGEST_NAME: Final = 3


@dataclass(frozen=True)
class Advertisement:
    """What is compared: title, place and employer, and the normalised description."""

    head: Head
    description: str

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.description)


@dataclass(frozen=True, slots=True)
class Comparison:
    """similarity: 0 .. 1. objections: why they are not the same job, each with what differs."""

    similarity: float
    objections: tuple[tuple[Objection, str], ...] = ()

    @property
    def same_job(self) -> bool:
        return self.similarity >= THRESHOLD and not self.objections


def compare(one: Advertisement, two: Advertisement) -> Comparison:
    """How alike two advertisements are, and what speaks against their being one job. Symmetric.

    Where title, place or employer object the texts are not laid over each other, and the similarity is 0.
    """
    facts = job_facts.objections(one.head, two.head)
    if facts:
        return Comparison(0.0, tuple((fact, "") for fact in facts))
    # Always from the same side, since which of several equal tiles is taken depends on it.
    ours, theirs = sorted((one.words, two.words))
    found = align(ours, theirs)
    names = job_facts.names_of((one.head.employer, two.head.employer))
    cut = is_cut(one.description) or is_cut(two.description)
    shared, left_out, objections = float(found.shared), 0, []
    for difference in found.differences:
        judged = _judge(difference, names, cut)
        shared += judged.shared
        left_out += judged.left_out
        if judged.objection:
            objections.append((judged.objection, f"{' '.join(difference.ours)} | {' '.join(difference.theirs)}"))
    if found.shared < max(_FEWEST_WORDS, _SMALLEST_PART * max(len(ours), len(theirs))):
        objections.append(("too little in common", f"{found.shared} words"))
    counted = len(ours) + len(theirs) - left_out
    return Comparison(min(1.0, 2 * shared / counted) if counted else 0.0, tuple(objections))


@dataclass(frozen=True, slots=True)
class _Judged:
    """shared: words that count as shared all the same. left_out: words, of both sides, that do not count."""

    shared: float = 0.0
    left_out: int = 0
    objection: Objection | None = None


def _judge(difference: Difference, names: frozenset[str], cut: bool) -> _Judged:
    ours, theirs = difference.ours, difference.theirs
    size = len(ours) + len(theirs)
    telling = [[word for word in side if word not in names and word not in NEUTRAL] for side in (ours, theirs)]
    if not any(telling):
        # The employer's name where the other says "our client" is no difference; small words are a small one.
        return _Judged(left_out=sum(1 for word in (*ours, *theirs) if word not in FUNCTION_WORDS))
    misspelt = _misspelt(ours, theirs)
    if misspelt is not None:
        return _Judged(shared=misspelt)
    if _is_applying(difference) or _is_overhang(difference, telling, cut):
        return _Judged(left_out=size)
    return _Judged(objection="content")


def _is_applying(difference: Difference) -> bool:
    """How and to whom to apply: the words say so themselves, or those in front of them."""
    sides = (difference.ours, difference.theirs)
    if all(not side or _says_how_to_apply(side) for side in sides):
        return True
    few = all(len(side) <= _LONGEST_NAME and not any(word[0].isdigit() for word in side) for side in sides)
    return few and bool(CONTACT.intersection(difference.before))


def _says_how_to_apply(words: tuple[str, ...]) -> bool:
    return len(words) <= _LONGEST_APPLYING and bool(APPLYING.search(" ".join(words)))


def _misspelt(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float | None:
    """How many words two misspellings share; None where they are other words."""
    if not ours or not theirs:
        return None
    if "".join(ours) == "".join(theirs):  # "Home Office", "Homeoffice"
        return (len(ours) + len(theirs)) / 2
    if len(ours) == len(theirs) and all(map(is_typo, ours, theirs)):
        return sum(map(OSA.normalized_similarity, ours, theirs))
    one, two = "".join(ours), "".join(theirs)
    if max(len(ours), len(theirs)) <= 3 and is_typo(one, two):
        return OSA.normalized_similarity(one, two) * (len(ours) + len(theirs)) / 2
    return None


def _is_overhang(difference: Difference, telling: list[list[str]], cut: bool) -> bool:
    """What only one of them has before its begin or after its end, where the other may have been cut off.

    Where parts have changed places, what was cut off at the end of one is in the middle of the other.
    """
    if not (difference.head or difference.tail or difference.moved):
        return False
    (shorter, says), (longer, _) = sorted(zip((difference.ours, difference.theirs), telling, strict=True), key=_length)
    if difference.tail and shorter and len(shorter) <= 2 and " ".join(longer).startswith(" ".join(shorter)):
        return True  # cut off within a word
    if says and not _says_how_to_apply(shorter):
        return False
    return len(longer) >= _SHORTEST_OVERHANG or (cut and difference.tail)


def _length(side: tuple[tuple[str, ...], list[str]]) -> int:
    return len(side[0])
