"""The table of scores: ranked, complete, safe to open, whatever its size."""

import csv
import io
import random
import tracemalloc

from judged_people import RUBRIC, judged, result

from ty_assets.candidate_evaluations.answers import Evaluation, read_result
from ty_assets.candidate_evaluations.scores import Ranking, columns


def table_of(ranking: Ranking, delimiter: str = ",") -> list[dict[str, str]]:
    content = b"".join(ranking.csv(delimiter))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def evaluation(custom_id: str, skill: int, talk: int, *quotes: str, text: str = "") -> Evaluation:
    return read_result(RUBRIC, result(custom_id, judged(skill, talk, *quotes)), text)


def test_the_best_come_first_and_those_without_scores_last() -> None:
    with Ranking(RUBRIC) as ranking:
        ranking.add(Evaluation("lost", error="batch_expired", message="too late"))
        for name, skill in (("low", 2), ("high", 9), ("middle", 5), ("middle too", 5)):
            ranking.add(evaluation(name, skill, 5))
        rows = table_of(ranking)
        assert [row["candidate"] for row in rows] == ["high", "middle", "middle too", "low", "lost"]
        assert [row["rank"] for row in rows] == ["1", "2", "2", "4", ""]
        assert (rows[0]["overall"], rows[0]["Skill"], rows[0]["Talk"]) == ("8.0", "9", "5")
        assert (rows[-1]["overall"], rows[-1]["error"], rows[-1]["message"]) == ("", "batch_expired", "too late")
        assert [one.custom_id for one in ranking.best(2)] == ["high", "middle"]
        assert (len(ranking), ranking.failed) == (5, 1)


def test_every_column_has_its_place() -> None:
    with Ranking(RUBRIC) as ranking:
        ranking.add(evaluation("a", 9, 5, "led a team", "made up", text="I led a team."))
        (row,) = table_of(ranking)
        assert list(row) == columns(RUBRIC)
        assert row["Skill: reason"] == "because"
        assert row["Skill: evidence"] == "“led a team” | “made up” [not in the text]"
        assert row["Talk: evidence"] == ""
        assert (ranking.checked, ranking.unsupported) == (2, 1)


def test_a_rubric_without_reasons_and_quotes_has_no_columns_for_them() -> None:
    bare = RUBRIC.model_copy(update={"quotes": 0, "reasons": False})
    assert columns(bare) == ["rank", "candidate", "overall", "Skill", "Talk", "error", "message"]
    with Ranking(bare) as ranking:
        ranking.add(evaluation("a", 9, 5))
        assert table_of(ranking)[0]["Talk"] == "5"


def test_a_semicolon_brings_the_decimal_comma_of_its_spreadsheet() -> None:
    with Ranking(RUBRIC) as ranking:
        ranking.add(evaluation("a", 8, 5))
        assert table_of(ranking, ";")[0]["overall"] == "7,25"


def test_no_cell_is_a_formula() -> None:
    with Ranking(RUBRIC) as ranking:
        for name in ("=1+1", "+49", "-x", "@a", "\tx"):
            ranking.add(Evaluation(name, error="x", message="=cmd|' /C calc'!A0"))
        for row in table_of(ranking):
            assert row["candidate"].startswith("'")
            assert row["message"].startswith("'=")


def test_any_number_of_rows_is_ranked_in_flat_memory() -> None:
    shuffled = list(range(1_200))
    random.Random(3).shuffle(shuffled)
    quote = "x" * 10_000
    tracemalloc.start()
    with Ranking(RUBRIC) as ranking:
        for number in shuffled:
            ranking.add(evaluation(f"c-{number}", 1 + number % 10, 1 + number // 10 % 10, quote, text=quote))
        tracemalloc.reset_peak()
        overall = []
        for block in ranking.csv():
            assert len(block) < 200_000
            overall += [line.split(b",")[2] for line in block.split(b"\r\n") if b"c-" in line]
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(overall) == 1_200
    assert overall == sorted(overall, key=float, reverse=True)
    assert peak < 24_000_000  # of 12 MB of texts; a block and the spooled file at its largest
