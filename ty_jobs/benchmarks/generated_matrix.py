"""Made-up postings and people as arrays, in any number, for measuring the screening.

Belongs here: terms with vectors, who asks for what, and people. Not here: texts to read (`generated_postings.py`); the
terms are numbers, so nothing here says how well anybody is matched.
"""

import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.person import Person
from ty_assets.matching.postings import FacetColumns, PostingColumns
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import KIND_CODE, Job, ProfileSkill, ProfileView
from ty_assets.postings.normalise import normalise_title, text_hash

MODEL = "generated"
CALIBRATION = Calibration(MODEL, (0.45, 0.6, 0.75, 0.9), (0.0, 0.3, 0.7, 1.0), pairs=4, version="1")
TRADES = 400
FACETS_PER_POSTING = 8
# Shares of kinds as in advertisements; conditions are beside these, negated ones among them.
_KINDS = {
    "skill": 0.44, "tool": 0.16, "soft_skill": 0.14, "language": 0.07, "experience": 0.07, "degree": 0.06,
    "licence": 0.03, "domain": 0.03,
}  # fmt: skip
_DOMAINS = ("", "", "nursing", "data", "sales", "warehouse", "legal", "finance", "crafts", "teaching")
_CLOSED = ("nursing", "legal", "teaching")
_CITIES = 3000
_REGIONS = 16


@dataclass(frozen=True, eq=False)
class World:
    """U terms and T titles with vectors, P postings with about eight facets each."""

    texts: Texts
    titles: Texts
    heads: PostingColumns
    facets: FacetColumns
    facet_terms: NDArray[np.int64]  # row in texts of each facet


def generate(postings: int, texts: int, dimension: int, seed: int = 0) -> World:
    """P postings over U terms of d dimensions; equal arguments give an equal world.

    A term belongs to a trade, and its vector lies near the trade's: as in real texts a person's skills are near some
    hundreds of terms and far from all others. The number of titles is two fifths of the postings'.
    """
    # Two generators: the postings are the same, whatever the dimension of the vectors.
    rng, of_vectors = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    centres = _unit(of_vectors.standard_normal((TRADES, dimension), dtype=np.float32))
    trade = rng.integers(0, TRADES, texts)
    names = [f"term {n}" for n in range(texts)]
    domain = {name: _DOMAINS[t % len(_DOMAINS)] for name, t in zip(names, trade.tolist(), strict=True)}
    known = Texts.build(
        [text_hash(n) for n in names], names, _near(of_vectors, centres, trade), lambda term: domain[term] or None
    )
    count = max(1, postings * 2 // 5)
    title_trade = rng.integers(0, TRADES, count)
    wording = [f"occupation{t} branch{n}" for n, t in enumerate(title_trade.tolist())]
    titles = Texts.build([text_hash(n) for n in wording], wording, _near(of_vectors, centres, title_trade))
    # Texts.build sorts by hash: rows of terms and titles by trade, in the new order.
    row_of = {term: row for row, term in enumerate(known.terms)}
    place = np.array([row_of[name] for name in names], dtype=np.int64)
    return World(known, titles, *_postings(rng, postings, known, place, trade, titles))


def _postings(
    rng: np.random.Generator,
    count: int,
    texts: Texts,
    place: NDArray[np.int64],
    trade: NDArray[np.int64],
    titles: Texts,
) -> tuple[PostingColumns, FacetColumns, NDArray[np.int64]]:
    sizes = rng.poisson(FACETS_PER_POSTING, count)
    sizes[rng.random(count) < 0.01] = 0
    total = int(sizes.sum())
    posting = np.repeat(np.arange(count), sizes)
    ordinal = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # Half of what a posting asks for is of its trade, half is common to all; a few terms are asked for everywhere.
    by_trade = np.argsort(trade, kind="stable")
    first = np.searchsorted(trade[by_trade], np.arange(TRADES + 1))
    own = rng.integers(0, TRADES, count)[posting]
    width = np.maximum(first[own + 1] - first[own], 1)
    of_trade = by_trade[np.minimum(first[own] + (rng.random(total) * width).astype(np.int64), len(trade) - 1)]
    common = (len(place) * rng.random(total) ** 4).astype(np.int64)
    term = place[np.where(rng.random(total) < 0.5, of_trade, common)]
    # A term is always of one kind, but for a few.
    shares = np.cumsum(list(_KINDS.values()))
    codes = np.array([KIND_CODE[kind] for kind in _KINDS], dtype=np.int8)
    kind_of = codes[np.searchsorted(shares / shares[-1], rng.random(len(place)))]
    kind = kind_of[term]
    kind[rng.random(total) < 0.02] = KIND_CODE["condition"]
    language = kind == KIND_CODE["language"]
    grouped = (rng.random(total) < 0.12) & (ordinal % 2 == 0)
    group = np.full(total, -1, dtype=np.int16)
    group[grouped] = 0
    second = np.flatnonzero(grouped[:-1] & (ordinal[1:] > 0)) + 1
    group[second] = 0
    requirement = (ordinal // 2).astype(np.int16)
    years = np.where(kind == KIND_CODE["experience"], rng.integers(1, 9, total), np.nan).astype(np.float32)
    columns = FacetColumns(
        posting=posting,
        ordinal=ordinal.astype(np.int16),
        requirement=requirement,
        group=group,
        kind=kind,
        text_hash=texts.hashes[term],
        cefr=np.where(language, rng.integers(2, 6, total), 0).astype(np.int8),
        years=years,
        level=np.where(kind == KIND_CODE["degree"], rng.integers(1, 4, total), 0).astype(np.int8),
        must=rng.random(total) < 0.6,
        negated=rng.random(total) < 0.01,
        weight=rng.choice(np.array([0.5, 1.0, 1.5], dtype=np.float32), total),
    )
    city = rng.integers(0, _CITIES, count)
    kldb = rng.integers(1, 95, count) * 1000 + rng.integers(0, 100, count) * 10 + rng.integers(1, 5, count)
    gates = rng.random(count)
    heads = PostingColumns(
        posting_ids=[uuid.UUID(bytes=row.tobytes(), version=4) for row in rng.integers(0, 256, (count, 16), np.uint8)],
        title_hash=titles.hashes[rng.integers(0, len(titles.hashes), count)],
        kldb=np.char.zfill(kldb.astype("S5"), 5),
        city=[f"City {n}" for n in city.tolist()],
        region=[f"Region {n % _REGIONS}" for n in city.tolist()],
        remote=[bool(r) for r in rng.random(count) < 0.15],
        domain_gates=[(_CLOSED[int(g * 30)],) if g < 0.1 else () for g in gates.tolist()],
        pay=[30_000.0 + 60_000.0 * p if p < 0.5 else None for p in rng.random(count).tolist()],
    )
    return heads, columns, term


def person(world: World, skills: int = 30, seed: int = 1) -> Person:
    """Somebody with so many skills of two trades of the world; see `somebody`."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(world.texts.hashes), 2)
    title = int(rng.integers(0, len(world.titles.terms)))
    return somebody(
        world.texts.vectors.shape[1],
        skills,
        seed,
        near=world.texts.vectors[rows],
        title=(world.titles.terms[title], world.titles.vectors[title]),
    )


def somebody(
    dimension: int,
    skills: int = 30,
    seed: int = 1,
    near: NDArray[np.float32] | None = None,
    title: tuple[str, NDArray[np.float32]] | None = None,
) -> Person:
    """Somebody with so many skills, a language, a degree, two jobs and wishes for place and pay.

    near: (2, d) what the skills are near to; anything where it is not given.
    """
    rng = np.random.default_rng([seed, 7])
    centres = _unit(rng.standard_normal((2, dimension), dtype=np.float32)) if near is None else near
    noise = _unit(rng.standard_normal((skills, dimension), dtype=np.float32))
    vectors = _unit(centres[np.arange(skills) % 2] + np.float32(0.6) * noise)
    known = tuple(
        ProfileSkill(
            term := f"skill {seed} {n}",
            "tool" if n % 5 == 0 else "skill",
            text_hash(term),
            source="implied" if n % 6 == 5 else "stated",
            weight=0.6 if n % 6 == 5 else 1.0,
        )
        for n in range(skills)
    )
    name, of_title = title or ("occupation1 branch1", centres[0])
    profile = ProfileView(
        uuid.UUID(int=seed),
        language="de",
        domains=frozenset({"data", "sales"}),
        kldb=("43414", "61123"),
        level=3,
        years=6.0,
        degree_level=2,
        languages={"term 7": "C1"},
        skills=known,
        jobs=(Job(name), Job("occupation3 branch")),
        wished_places=tuple(f"Region {n}" for n in range(8)),
        minimum_pay=45_000.0,
        unwanted_conditions=frozenset({"term 3"}),
    )
    vector_of = dict(zip((skill.text_hash for skill in known), vectors, strict=True))
    vector_of[text_hash(normalise_title(name))] = of_title
    return Person.of(profile, vector_of, dimension)


def _near(rng: np.random.Generator, centres: NDArray[np.float32], of: NDArray[np.int64]) -> NDArray[np.float32]:
    rows = np.empty((len(of), centres.shape[1]), dtype=np.float32)
    for start in range(0, len(of), 8192):  # in blocks: no second matrix in memory
        some = slice(start, start + 8192)
        noise = rng.standard_normal(rows[some].shape, dtype=np.float32)
        rows[some] = _unit(centres[of[some]] + 0.9 * _unit(noise))
    return rows


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result
