"""Which of a posting's demands decide, and which domains let no outsider in.

Belongs here: order and selection of facets, and the domain gates. Not here: sentences (`wording`).
"""

from collections.abc import Iterable, Sequence

from ty_assets.facets.task import Facet
from ty_assets.facets.terms import find_terms, vocabulary
from ty_assets.facets.vocabulary import domains

CRITICAL_KINDS: frozenset[str] = frozenset({"skill", "tool", "licence", "degree", "language"})

# Of a gate domain, but asked for far outside it: they say nothing about who is let in.
_ACCESSORY: frozenset[str] = frozenset(
    {
        "Driving licence A", "Driving licence B", "Driving licence BE", "Driving licence T", "Trainer aptitude",
        "Data protection officer certificate", "Certified internal auditor", "Radiation protection certificate",
        "Sterilisation certificate", "Nursing assistant", "Childcare assistant", "Courier", "Basic nursing course",
        "Care assistant certificate § 43b", "Basic life support certificate", "Drone licence", "ATEX certificate",
        "Electrician for defined tasks", "Controller qualification", "Medical training", "Radio operator licence",
        "ADR certificate", "Driver card", "Practice instructor",
    }
)  # fmt: skip


def units(facets: Sequence[Facet]) -> list[list[Facet]]:
    """What is not negated, alternatives together, the heaviest first; otherwise in the order of the text."""
    by_group: dict[int, list[Facet]] = {}
    result: list[list[Facet]] = []
    seen: set[tuple[str, str]] = set()
    for facet in facets:
        if facet.negated or (facet.kind, facet.term) in seen:
            continue
        seen.add((facet.kind, facet.term))
        unit = by_group.get(facet.alternative_group) if facet.alternative_group is not None else None
        if unit is not None and unit[0].kind == facet.kind:
            unit.append(facet)
            continue
        unit = [facet]
        if facet.alternative_group is not None:
            by_group.setdefault(facet.alternative_group, unit)
        result.append(unit)
    return sorted(result, key=lambda unit: -unit[0].weight)


def critical(facets: Sequence[Facet]) -> list[Facet]:
    """The first facet of every term that must be met, the heaviest first."""
    return _first_of_each(f for f in facets if f.must and not f.negated and f.kind in CRITICAL_KINDS)


def nice_to_have(facets: Sequence[Facet]) -> list[Facet]:
    """The first facet of every term that is only wished for."""
    musts = {f.term for f in critical(facets)}
    wishes = (f for f in facets if not f.must and not f.negated and f.kind in CRITICAL_KINDS)
    return [f for f in _first_of_each(wishes) if f.term not in musts]


def _first_of_each(facets: Iterable[Facet]) -> list[Facet]:
    firsts: dict[str, Facet] = {}
    for facet in facets:
        firsts.setdefault(facet.term, facet)
    return sorted(firsts.values(), key=lambda f: -f.weight)


def domain_gates(title: str, language: str, facets: Sequence[Facet]) -> list[str]:
    """The gate domains that this posting closes to outsiders, in the order of domains.csv.

    A licence, or an occupation in the title, closes its domain alone; a degree needs a second signal from another
    requirement or from the title. Skills alone never do: data protection is asked for far outside the law. Where an
    alternative from an open domain is accepted, outsiders are let in.
    """
    closing: dict[str, int] = {}
    supporting: dict[str, set[object]] = {}
    for term in find_terms(title, language):
        domain = _gate_of(term.term, term.kind)
        if domain and term.kind in ("degree", "licence"):
            closing[domain] = 2
        elif domain:
            supporting.setdefault(domain, set()).add("title")
    for facet in facets:
        domain = _gate_of(facet.term, facet.kind)
        if not domain or not facet.must or facet.negated or _open_alternative(facet, facets, domain):
            continue
        supporting.setdefault(domain, set()).add(facet.requirement_ordinal)
        if facet.kind in ("licence", "degree"):
            closing[domain] = max(closing.get(domain, 0), 2 if facet.kind == "licence" else 1)
    return [d for d in domains() if closing.get(d, 0) == 2 or (d in closing and len(supporting.get(d, ())) >= 2)]


def _gate_of(term: str, kind: str) -> str | None:
    if term in _ACCESSORY or kind not in ("skill", "tool", "licence", "degree"):
        return None
    entry = vocabulary().get(term, kind)
    domain = domains().get(entry.domain) if entry else None
    return domain.name if domain and domain.gate else None


def _open_alternative(facet: Facet, facets: Sequence[Facet], domain: str) -> bool:
    if facet.alternative_group is None:
        return False
    others = [f for f in facets if f.alternative_group == facet.alternative_group and f is not facet]
    return any(_gate_of(f.term, f.kind) != domain for f in others)
