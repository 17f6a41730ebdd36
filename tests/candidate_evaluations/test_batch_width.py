"""How many requests are asked side by side follows what the relay finds out while they run."""

from collections.abc import Mapping
from typing import Any

from evaluation_world import EvaluationWorld, ScriptedRelay, ids, relayed

from ty_resources.inference.relay import Relayed


class SearchingRelay(ScriptedRelay):
    """As of a server that does not tell its slots: two at first, another number after some answers."""

    def __init__(self, *widths: tuple[int, int], **options: Any) -> None:
        super().__init__(self._answered, width=widths[0][1], **options)
        self._widths = dict(widths)
        self._answers = 0
        self.seen: list[int] = []

    def _answered(self, body: Mapping[str, Any]) -> Relayed:
        self._answers += 1
        self.width = self._widths.get(self._answers, self.width)
        self.seen.append(self._in_flight)
        return relayed()


def test_a_batch_grows_to_what_is_found_out_while_it_runs(world: EvaluationWorld) -> None:
    batch_id, relay = world.batch(200), SearchingRelay((0, 2), (40, 8), seconds=0.01)
    assert world.work(batch_id, relay).came == "completed"
    assert relay.most == 8
    assert ids(world.lines(batch_id)) == {f"candidate-{n}": 1 for n in range(200)}


def test_and_shrinks_again(world: EvaluationWorld) -> None:
    batch_id, relay = world.batch(200), SearchingRelay((0, 8), (60, 2), seconds=0.01)
    assert world.work(batch_id, relay).came == "completed"
    # those that were waiting for work when it shrank take one more each
    assert max(relay.seen[-80:]) <= 2
    assert set(relay.asked.values()) == {1}
