"""What a posting's description says of its occupation: the part that is about the work, candidates, evidence.

Belongs here: from a decided title and a description to an `OccupationItem`. Not here: what the evidence is worth
(task.py), and mentions in a text (mentions.py).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from ty_assets.berufenet.candidates import Mapping, OccupationIndex
from ty_assets.berufenet.catalogue import Occupation
from ty_assets.berufenet.labels import label_forms, match_key, plain_label
from ty_assets.berufenet.mentions import Mention, OccupationNames, find_mentions
from ty_assets.berufenet.task import Candidate, Evidence, OccupationItem
from ty_assets.requirements.instructions import title_without_orders, without_orders
from ty_assets.requirements.segments import Segment, segment_all
from ty_assets.summaries.task import PostingText
from ty_resources.inference.task import Encode

_ABOUT_THE_WORK: Final = ("introduction", "tasks", "requirements")
_LONGEST_TEXT: Final = 1800  # characters that are read, and that a model is shown: half a page
_OF_REQUIREMENTS: Final = 600  # of these at most, where there are tasks
_ENCODED: Final = 220  # characters of tasks: two or three lines say what the work is
_LOOKED_AT: Final = 6000  # characters that may name an occupation
_WITHOUT_NAME: Final = 0.48  # probability by the title from which the tasks alone may decide
_NEAREST: Final = 10  # places by the tasks that speak for a code
_BY_TASKS: Final = 3  # codes that the tasks are nearest to, offered beside the title's and the named ones

_HELPER = re.compile(
    r"helfer|hilfskr|aushilf|(?<!\w)(?:hilfsarbeit|ungelernt|helper|labou?rer|unskilled)", re.IGNORECASE
)
# Not who leads a project or a site, nor caretakers, pool attendants and drivers of machines, who are called so too.
_MANAGER = re.compile(
    r"(?<!\w)(?:meister|(?:werk|schicht|industrie)meister|head of|vorarbeiter|supervisor)"
    r"|(?:schicht|gruppen|team|geschäfts)führer"
    r"|(?<!projekt)(?<!bau)(?:leiter|leitung)(?:[/*:_]?-?in)?(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class OpenTitle:
    """A posting whose title decides nothing. mapping: what the index says; without: codes that are not to be offered;
    snippets: what a search for the title found."""

    posting: PostingText
    mapping: Mapping
    without: frozenset[str] = frozenset()
    snippets: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Read:
    """One posting's text about the work, and what it names."""

    title: str
    text: str = ""
    tasks: str = ""
    mentions: tuple[Mention, ...] = ()
    results: tuple[Mention, ...] = ()  # of the search results


class DescriptionEvidence:
    """A catalogue made ready to find its occupations in descriptions; vectors wait until they are asked for."""

    def __init__(self, index: OccupationIndex, encode: Encode) -> None:
        self._index = index
        self._encode = encode

    @cached_property
    def names(self) -> OccupationNames:
        return OccupationNames(self._index.catalogue)

    def items(
        self, titles: Sequence[OpenTitle], tasks_for: Callable[[OccupationItem], bool], *, whole: bool = False
    ) -> list[OccupationItem]:
        """What the titles' postings say, for a rule or a model to decide.

        tasks_for: which of them also want the place of each candidate by the tasks, for which a text of each is
        encoded. whole: also read those that name nothing and whose title is near to nothing, which no rule decides.
        """
        read = [self._read(title, whole=whole) for title in titles]
        items = [self._item(title, one) for title, one in zip(titles, read, strict=True)]
        wanted = [n for n, (one, item) in enumerate(zip(read, items, strict=True)) if one.tasks and tasks_for(item)]
        for n, places in zip(wanted, self._places([read[n].tasks for n in wanted]), strict=True):
            items[n] = self._item(titles[n], read[n], places)
        return items

    def _read(self, title: OpenTitle, *, whole: bool) -> _Read:
        """A look at the words costs a part of telling the parts of a text, and says whether that is worth it."""
        mentions = find_mentions(title.posting.description[:_LOOKED_AT], self.names)
        chances = (title.mapping.score, *(runner.score for runner in title.mapping.runner_ups))
        if not (whole or mentions or title.snippets or max(chances) >= _WITHOUT_NAME):
            return _Read(title.posting.title)
        (segments,) = segment_all([without_orders(title.posting.description)], None)
        text, tasks = _about_the_work(segments)
        about = tuple(mention for mention in mentions if mention.quote in text)
        results = [mention for snippet in title.snippets for mention in find_mentions(snippet, self.names)]
        return _Read(title_without_orders(title.posting.title), text, tasks, about, tuple(results))

    def _item(self, title: OpenTitle, read: _Read, places: Sequence[str] = ()) -> OccupationItem:
        """places: codes by their nearness to the tasks, the nearest first."""
        found: dict[str, Candidate] = {}
        mapping = title.mapping
        if mapping.kldb and mapping.name:
            found[mapping.kldb] = Candidate(kldb=mapping.kldb, name=mapping.name, by_title=mapping.score)
        for runner in mapping.runner_ups:
            found.setdefault(runner.kldb, Candidate(kldb=runner.kldb, name=runner.name, by_title=runner.score))
        for mention in (*read.mentions, *read.results):
            kind = mention.kind if mention in read.mentions else "web"
            for code in mention.codes:
                one = found.get(code) or Candidate(kldb=code, name=self.standing(code, mention.quote).name)
                told = Evidence(kind=kind, quote=mention.quote, shared_by=len(mention.codes))
                found[code] = one.model_copy(update={"evidence": (*one.evidence, told)})
        for code in places[:_BY_TASKS]:
            found.setdefault(code, Candidate(kldb=code, name=self.standing(code, read.title).name))
        place = {code: number for number, code in enumerate(places, 1)}
        if places:
            line = Evidence(kind="tasks", quote=read.tasks.split("\n")[0])
            for code, one in found.items():
                near = place[code]
                evidence = (*one.evidence, line) if near <= _NEAREST else one.evidence
                found[code] = one.model_copy(update={"near": near, "evidence": evidence})
        return OccupationItem(
            title=read.title,
            language=title.posting.language,
            text=read.text,
            candidates=tuple(one for code, one in found.items() if code not in title.without),
            snippets=title.snippets,
            asks_for=_rank_of(read.title),
        )

    def standing(self, code: str, text: str) -> Occupation:
        """Of the occupations with a code the one whose name is most like the end of a text; practised ones first."""
        key, named = match_key(text), self._by_code[code]
        return max(named, key=lambda entry: max(fuzz.ratio(name, key[-len(name) :]) for name in entry[1]))[0]

    @cached_property
    def _by_code(self) -> dict[str, list[tuple[Occupation, tuple[str, ...]]]]:
        """Code -> (occupation, match keys of its names), the best rank first; trainings only where nothing else is."""
        group: dict[str, list[Occupation]] = defaultdict(list)
        for occupation in sorted(self._index.catalogue.occupations, key=lambda o: o.rank):
            if not group[occupation.kldb] or occupation.kind == group[occupation.kldb][0].kind:
                group[occupation.kldb].append(occupation)
        return {
            code: [(o, tuple(key for name in _names(o) if (key := match_key(name)))) for o in occupations]
            for code, occupations in group.items()
        }

    def _places(self, texts: Sequence[str]) -> list[list[str]]:
        """Codes by the nearest of their labels to each text, the nearest first."""
        if not texts:
            return []
        vectors, columns, codes = self._labels
        cosines = np.asarray(self._encode([" ".join(text.split()) for text in texts]), np.float32) @ vectors.T
        best = np.full((len(texts), len(codes)), -1.0, np.float32)
        for row, cosine in zip(best, cosines, strict=True):
            np.maximum.at(row, columns, cosine)
        return [[codes[at] for at in order] for order in np.argsort(-best.round(5), axis=1, kind="stable")]

    @cached_property
    def _labels(self) -> tuple[NDArray[np.float32], NDArray[np.intp], list[str]]:
        """(n, d) label vectors, (n,) the place of each one's code, and the codes."""
        catalogue = self._index.catalogue
        pairs = [(plain_label(o.name), o.kldb) for o in catalogue.occupations]
        pairs += [(plain_label(title), code) for title, code in catalogue.titles()]
        row = {text: number for number, text in enumerate(self._index.label_texts())}
        known = [(row[text], code) for text, code in dict.fromkeys(pairs) if text in row]
        codes = sorted({code for _, code in known})
        place = {code: number for number, code in enumerate(codes)}
        columns = np.asarray([place[code] for _, code in known], np.intp)
        return self._index.label_vectors()[[number for number, _ in known]], columns, codes


def _names(occupation: Occupation) -> list[str]:
    return [*label_forms(occupation.name), *label_forms(occupation.short_name), *occupation.synonyms]


def _about_the_work(segments: Sequence[Segment]) -> tuple[str, str]:
    """(the lines about the work, those of the tasks), each bounded; lines are verbatim, one a row."""
    lines: dict[str, list[str]] = {label: [] for label in _ABOUT_THE_WORK}
    for number, segment in enumerate(segments):
        # What no heading calls benefits, and what begins a text, is an introduction that praises the house.
        label = "introduction" if number == 0 and not segment.heading else segment.label
        lines.setdefault(label, []).extend(line.text for line in segment.lines)
    tasks = lines["tasks"]
    asked = _first(lines["requirements"], _OF_REQUIREMENTS if tasks else _LONGEST_TEXT)
    rest = _LONGEST_TEXT - sum(map(len, asked))
    doing = _first(tasks, rest // 2)
    opening = _first(lines["introduction"], rest - sum(map(len, doing)))
    return "\n".join([*opening, *doing, *asked]), "\n".join(_first(tasks or lines["introduction"], _ENCODED))


def _first(lines: Sequence[str], most: int) -> list[str]:
    """Whole lines up to so many characters; of a first one that is longer, its beginning."""
    kept: list[str] = []
    for line in lines:
        left = most - sum(map(len, kept))
        if len(line) > left:
            return kept or [line[:left]]
        kept.append(line)
    return kept


def _rank_of(title: str) -> Literal["helper", "manager"] | None:
    if _HELPER.search(title):
        return "helper"
    return "manager" if _MANAGER.search(title) else None


def without_codes(mapping: Mapping, codes: frozenset[str]) -> Mapping:
    """The mapping as it is without these codes: what was next comes first, and decides nothing."""
    if not codes or (mapping.kldb not in codes and all(runner.kldb not in codes for runner in mapping.runner_ups)):
        return mapping
    left = tuple(runner for runner in mapping.runner_ups if runner.kldb not in codes)
    if mapping.kldb not in codes:
        return mapping.model_copy(update={"runner_ups": left})
    score = left[0].score if left else 0.0
    return Mapping(decision="none", method=mapping.method, score=score, runner_ups=left)
