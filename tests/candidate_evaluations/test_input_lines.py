"""Lines of an input file: the same whatever the chunks, with their places, and none that is longer than allowed."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from ty_assets.candidate_evaluations.input_lines import Line, lines_of
from ty_assets.candidate_evaluations.parts import PART_BYTES, in_parts

MARK = b"\xef\xbb\xbf"
texts = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"").rstrip(b"\r")), max_size=8)


def cut(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield content[:size]
        content = content[size:]
    yield content


def lines(content: bytes, longest: int = 1000, sizes: list[int] | None = None) -> list[Line]:
    return list(lines_of(cut(content, sizes or []), longest))


@given(texts, st.booleans(), st.booleans(), st.booleans(), st.lists(st.integers(0, 5), max_size=30))
def test_every_line_is_found_at_its_place(
    wanted: list[bytes], mark: bool, carriage: bool, ended: bool, sizes: list[int]
) -> None:
    end = b"\r\n" if carriage else b"\n"
    content = (MARK if mark else b"") + end.join(wanted) + (end if ended else b"")
    found = lines(content, sizes=sizes)
    # A text that is not there at all is no line, wherever the file ends.
    expected = wanted if ended or (wanted and wanted[-1]) else wanted[:-1]
    if mark or not content.startswith(MARK):
        assert [line.content for line in found] == (expected if wanted or not ended else [b""])
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    for line in found:
        assert content[line.at_byte : line.at_byte + line.length] == line.content


@given(st.binary(max_size=60), st.lists(st.integers(0, 7), max_size=20), st.integers(1, 10))
def test_chunks_change_nothing_and_nothing_longer_is_held(content: bytes, sizes: list[int], longest: int) -> None:
    whole, pieces = lines(content, longest), lines(content, longest, sizes)
    assert whole == pieces
    for line in whole:
        assert (line.content is None) == (line.length > longest)


def test_a_carriage_return_does_not_count_towards_the_longest() -> None:
    assert lines(b"12345\r\n123456\r\n", 5) == [Line(1, 0, 5, b"12345"), Line(2, 7, 6, None)]


def test_a_line_of_a_gigabyte_is_counted_and_not_held() -> None:
    piece = b"x" * PART_BYTES
    (line,) = lines_of((piece for _ in range(4096)), 1000)
    assert (line.length, line.content) == (4096 * PART_BYTES, None)


@given(st.lists(st.integers(0, 2 * PART_BYTES), max_size=6))
def test_parts_have_one_size_but_for_the_last(sizes: list[int]) -> None:
    parts = list(in_parts(bytes([n % 251]) * size for n, size in enumerate(sizes)))
    assert all(len(part) == PART_BYTES for part in parts[:-1])
    assert sum(map(len, parts)) == sum(sizes)
    assert all(parts)
