"""Generated candidates are the same each time, all different, and about as long as asked for."""

from ty_jobs.benchmarks.generated_candidates import generate_candidate


def test_candidates_are_reproducible_different_and_as_long_as_asked_for() -> None:
    texts = [generate_candidate(number, 300) for number in range(300)]
    assert texts == [generate_candidate(number, 300) for number in range(300)]
    assert len({text[20:] for text in texts}) == 300
    assert all(300 <= len(text) < 500 for text in texts)
