"""The engine's queue: its order, interrupts between two steps, and how much of the past it keeps."""

from __future__ import annotations

import pytest

from studio.engine.execute import Outcome
from studio.engine.queue import MAX_HISTORY_BYTES, MAX_HISTORY_ITEMS, Item, PromptQueue


def item(prompt_id: str, number: float = 0, size: int = 0) -> Item:
    return Item(number, prompt_id, {}, {}, [], size)


def finish(queue: PromptQueue, running: Item) -> None:
    queue.finish(running, {"outputs": {}, "meta": {}}, Outcome().status())


def test_queue_goes_by_number_then_arrival() -> None:
    queue = PromptQueue(lambda: None)
    for prompt_id, number in (("b", 1), ("c", 1), ("last", 2), ("first", -3)):
        queue.put(item(prompt_id, number))
    assert [row[1] for row in queue.rows()[1]] == ["first", "b", "c", "last"]
    taken = queue.take()
    assert taken is not None
    assert taken.prompt_id == "first"
    assert queue.remove_waiting("c")
    assert not queue.remove_waiting("c")
    assert queue.remaining() == 3


def test_interrupt_between_taking_and_starting_is_not_lost() -> None:
    queue = PromptQueue(lambda: None)
    queue.put(item("a"))
    assert not queue.interrupt("a")  # still waiting
    running = queue.take()
    assert running is not None
    assert not queue.interrupt("b")
    assert queue.interrupt("a")
    assert running.interrupt.is_set()


@pytest.mark.parametrize(
    ("count", "size", "kept"), [(MAX_HISTORY_ITEMS + 5, 0, MAX_HISTORY_ITEMS), (5, MAX_HISTORY_BYTES // 2, 2)]
)
def test_history_is_bounded(count: int, size: int, kept: int) -> None:
    queue = PromptQueue(lambda: None)
    for index in range(count):
        queue.put(item(str(index), size=size))
        running = queue.take()
        assert running is not None
        finish(queue, running)
    history = queue.history()
    assert len(history) == kept
    assert list(history)[-1] == str(count - 1)
    queue.clear_history()
    assert queue.history() == {}
