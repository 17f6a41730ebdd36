"""The vocabulary holds together: closed lists, no term twice, no words that mean two things."""

from ty_assets.facets.tokens import keys_of, tokenise
from ty_assets.facets.vocabulary import KINDS, display, domains, look_alikes, phrases, split_mark, vocabulary


def test_it_has_at_least_nine_hundred_terms_over_all_domains() -> None:
    assert len(vocabulary()) >= 900
    assert {e.domain for e in vocabulary()} - {""} == set(domains())


def test_kinds_domains_and_levels_are_of_their_closed_lists() -> None:
    for entry in vocabulary():
        assert entry.kind in KINDS
        assert entry.domain in ("", *domains())
        assert (entry.level in (1, 2, 3, 4)) is (entry.kind == "degree")


def test_no_term_is_listed_twice() -> None:
    rows = [(e.kind, e.term) for e in vocabulary()]
    assert len(rows) == len(set(rows))


def test_no_variant_is_empty_or_without_a_word() -> None:
    for entry in vocabulary():
        for variant in phrases(entry):
            assert keys_of(split_mark(variant)[1]), (entry.term, variant)


def test_no_variant_names_two_terms() -> None:
    owners: dict[tuple[object, ...], str] = {}
    for entry in vocabulary():
        for variant in phrases(entry):
            mark, phrase = split_mark(variant)
            words = (phrase,) if mark in ("=", "?") else (keys_of(phrase), mark.strip("^"))
            assert owners.setdefault(words, entry.term) == entry.term, variant


def test_no_look_alike_takes_the_place_of_a_term() -> None:
    known = {keys_of(split_mark(variant)[1]) for entry in vocabulary() for variant in phrases(entry)}
    assert look_alikes()
    assert [phrase for phrase in look_alikes() if keys_of(phrase) in known] == []


def test_covered_terms_exist_and_nothing_covers_itself() -> None:
    for entry in vocabulary():
        assert all(term in vocabulary() for term in entry.covers), entry.term
        assert entry.term not in vocabulary().covers(entry.term)


def test_office_covers_excel_and_a_lorry_licence_a_car_licence() -> None:
    assert "Microsoft Excel" in vocabulary().covers("Microsoft Office")
    assert "Driving licence B" in vocabulary().covers("Driving licence CE")
    assert vocabulary().covers("no such term") == frozenset()


def test_readers_see_a_term_in_their_language() -> None:
    assert display("Wound care", "de") == "Wundversorgung"
    assert display("Wound care", "en") == "Wound care"
    assert display("Python", "de") == "Python"
    assert display("Falknerei", "de") == "Falknerei"


def test_a_term_knows_its_domain() -> None:
    assert vocabulary().domain_of("Wound care") == "nursing"
    assert vocabulary().domain_of("Team player") is None
    assert vocabulary().domain_of("no such term") is None


def test_gates_are_where_law_or_practice_demands_the_qualification() -> None:
    gates = {name for name, domain in domains().items() if domain.gate}
    assert gates == {
        "nursing", "medicine", "legal", "tax", "accounting", "education", "childcare", "driving", "electrical"
    }  # fmt: skip


def test_words_keep_their_place_in_the_text() -> None:
    text = "Kauffrau/-mann (m/w/d), C++ & Node.js"
    assert [text[t.start : t.end] for t in tokenise(text)] == ["Kauffrau/-mann (m/w/d)", "C++", "Node.js"]


def test_endings_meet_and_elektroniker_stays_apart_from_elektronik() -> None:
    assert keys_of("technischer Dienste") == keys_of("technische Dienst")
    assert keys_of("Elektronikerinnen") == keys_of("Elektroniker") == keys_of("Elektronikern")
    assert keys_of("Elektroniker") != keys_of("Elektronik")
    assert keys_of("Straße") == keys_of("Strasse")
    assert keys_of("Prüfung") == keys_of("Pruefung")
