"""What a posting proves of an answer: checks that only the merged question needs, since one model answers all of it.

Belongs here: the posting without the orders that were written into it, and what a requirement, a facet, a gate or a
sentence may say. Not here: quotes (each stage's `verify`), and what an order is (requirements/instructions.py).
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ty_assets.facets.task import Facet
from ty_assets.facets.terms import find_terms
from ty_assets.facets.vocabulary import vocabulary
from ty_assets.posting_analysis.demands import domain_gates
from ty_assets.posting_analysis.task import AnalysisItem, AnalysisTask, PostingAnalysis
from ty_assets.requirements.instructions import title_without_orders, without_orders
from ty_assets.requirements.segments import segment_all
from ty_assets.requirements.task import Requirement
from ty_assets.summaries.task import PostingText, Summary, SummaryTask

_STEM = 5  # letters that a word shares with its compounds and other endings
_SHORT = 3  # letters of "und", "in", "the"; names so short ("SQL") have capitals

_WORD = re.compile(r"[^\W_][^\W_+#]*[+#]*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def without_orders_to_machines(item: PostingText) -> PostingText:
    """The posting as it speaks to people; the same where nobody has written orders into it."""
    return item.model_copy(
        update={"title": title_without_orders(item.title), "description": without_orders(item.description)}
    )


def lines_that_ask(item: PostingText) -> int:
    """Lines of the description that headings and cue words call requirements."""
    (segments,) = segment_all([item.description], None)
    return sum(len(segment.lines) for segment in segments if segment.label == "requirements")


def in_words_of_its_quote(requirement: Requirement) -> Requirement:
    """With the quote as its text, where the text says what the quote does not: facets are checked against the text."""
    quote = " ".join(requirement.quote.split())
    said = quote.lower()
    words = frozenset(_WORD.findall(said))
    if all(_is_said(word, said, words) for word in _WORD.findall(requirement.text)):
        return requirement
    return requirement.model_copy(update={"text": quote.rstrip(".")})


def _is_said(word: str, said: str, words: frozenset[str]) -> bool:
    lowered = word.lower()
    if lowered in words or (len(word) <= _SHORT and word == lowered and word.isalpha()):
        return True
    return len(lowered) > _SHORT and lowered[:_STEM] in said


def canonical(facet: Facet, requirement: str, language: str) -> Facet:
    """The facet under the vocabulary's term, where its term or its quote is a name of one as a whole.

    requirement: the text that the quote stands in. A known term that the text does not name gives way to the one that
    the quote names.
    """
    if any(found.term == facet.term for found in find_terms(requirement, language)):
        return facet
    is_known = vocabulary().get(facet.term, facet.kind) is not None
    names = ((facet.quote, language), (facet.term, "en")) if is_known else ((facet.term, "en"), (facet.quote, language))
    for name, spoken in names:
        for found in find_terms(name, spoken):
            if (found.start, found.end) == (0, len(name)) and found.kind == facet.kind:
                return facet.model_copy(update={"term": found.term})
    return facet


def each_once(facets: Sequence[Facet]) -> list[Facet]:
    """The first facet of each term in a requirement: a demand repeated is no heavier."""
    firsts: dict[tuple[int, str, str], Facet] = {}
    for facet in facets:
        firsts.setdefault((facet.requirement_ordinal, facet.kind, facet.term), facet)
    return list(firsts.values())


def with_proven_gates(item: AnalysisItem, analysis: PostingAnalysis) -> tuple[PostingAnalysis, int]:
    """The gates that title and facets close, whoever answered, like a facet's weight; the number of others.

    A gate shuts people out, or lets them in where nobody may: no model decides that alone.
    """
    gates = domain_gates(item.title, item.language, item.facets)
    return analysis.model_copy(update={"domain_gates": gates}), len(set(analysis.domain_gates) - set(gates))


def summary_by_rules(item: PostingText, claimed: str) -> tuple[Summary, int]:
    """The rules' summary, and how many sentences of the one claimed it has not."""
    (summary,) = SummaryTask().extract([item], _no_encoder)
    said = set(_SENTENCE_END.split(summary.summary))
    return summary, sum(sentence not in said for sentence in _SENTENCE_END.split(claimed))


def analysis_by_rules(item: AnalysisItem, claimed: PostingAnalysis) -> tuple[PostingAnalysis, int]:
    """The rules' analysis, and how much of the one claimed it has not."""
    (analysis,) = AnalysisTask().extract([item], _no_encoder)
    return analysis, len(_said(claimed) - _said(analysis))


def _said(analysis: PostingAnalysis) -> set[tuple[str, str]]:
    return {
        ("ideal_candidate", analysis.ideal_candidate),
        *(("critical_skills", term) for term in analysis.critical_skills),
        *(("nice_to_have", term) for term in analysis.nice_to_have),
        *(("domain_gates", gate) for gate in analysis.domain_gates),
        *(analysis.gap_templates.items()),
    }


def _no_encoder(texts: Sequence[str]) -> NDArray[np.float32]:
    raise RuntimeError("summaries and analyses by rules are made without the encoder")
