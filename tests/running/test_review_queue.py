import pytest

from digitwatch.recording.record import OK, REVIEW
from digitwatch.running.review.queue import (
    Item,
    Question,
    Queue,
    Undone,
    corrected_digits,
    item_of,
)
from tests.running.reviewing import BELOW, id_of, record_of


def item(id_="one", *asked, doubtful=True, confidence=0.5):
    return Item(id_, doubtful, confidence, asked or (0,))


@pytest.fixture
def queue():
    """Two drawings of one digit and, between them, a page with two doubtful marks."""
    made = Queue()
    made.add([item("single"), item("page", 1, 4, confidence=0.6), item("last", confidence=0.7)])
    return made


def undone(queue):
    last = queue.last
    queue.undo()
    return last


def ids(queue):
    """The records in the order in which they are asked, each answered once asked."""
    found = []
    while question := queue.current:
        found.append(question.id)
        queue.answer(1)
    return found


def test_only_the_doubtful_marks_of_a_page_for_review_are_asked():
    record = record_of(0, [(1, 0.99), (2, 0.5)], [(None, 0.9), (4, 0.95)])
    assert item_of(record, BELOW) == Item(id_of(0), True, 0.5, (1, 2))


def test_all_marks_of_a_page_that_was_read_surely_are_asked():
    record = record_of(0, [(1, 0.99), (2, 0.9)])
    assert item_of(record, BELOW) == Item(id_of(0), False, 0.9, (0, 1))


def test_where_the_percentage_was_lowered_since_the_least_sure_mark_is_asked():
    record = record_of(0, [(1, 0.99), (2, 0.7), (3, 0.8)], status=REVIEW)
    assert item_of(record, review_below=50).asked == (1,)


def test_where_the_percentage_was_raised_since_a_sure_page_stays_one():
    record = record_of(0, [(1, 0.97), (2, 0.98)], status=OK)
    assert item_of(record, review_below=99) == Item(id_of(0), False, 0.97, (0, 1))


@pytest.mark.parametrize(
    ("labels", "digits"),
    [
        ({1: 8}, "1 8 / 3 ?"),
        ({1: 2, 3: 4}, "1 2 / 3 4"),
        ({1: None, 3: None}, "1 ? / 3 ?"),
        ({0: None, 1: None, 2: None, 3: None}, "-"),
    ],
)
def test_marks_that_were_not_asked_are_taken_as_read(labels, digits):
    record = record_of(0, [(1, 0.99), (2, 0.5)], [(3, 0.99), (None, 0.5)])
    assert corrected_digits(record.marks, labels) == digits


def test_the_doubtful_come_first_and_of_them_the_least_sure():
    queue = Queue()
    queue.add(
        [
            item("sure", doubtful=False, confidence=0.81),
            item("doubtful", confidence=0.79),
            item("least sure", confidence=0.3),
        ]
    )
    assert ids(queue) == ["least sure", "doubtful", "sure"]


def test_what_comes_meanwhile_takes_its_place_behind_what_is_asked_now(queue):
    queue.add([item("new", confidence=0.1)])
    assert ids(queue) == ["single", "new", "page", "page", "last"]


def test_an_answer_gives_what_is_known_of_the_record(queue):
    assert queue.answer(7).labels == {0: 7}
    assert queue.current == Question("page", 1, 1, 2)
    said = queue.answer(3)
    assert (said.labels, said.left) == ({1: 3}, (4,))
    assert queue.current == Question("page", 4, 2, 2)
    said = queue.answer(None)
    assert (said.id, said.labels, said.left) == ("page", {1: 3, 4: None}, ())


def test_what_is_left_of_a_page_is_answered_and_undone_at_once(queue):
    queue.answer(7)
    assert queue.rest == (1, 4)
    assert queue.answer(3, 4).labels == {1: 3, 4: 4}
    assert (queue.current, queue.answered) == (Question("last", 0, 1, 1), 3)
    assert undone(queue) == Undone(item("page", 1, 4, confidence=0.6), was_complete=True)
    assert (queue.current, queue.answered) == (Question("page", 1, 1, 2), 1)


def test_a_page_that_was_half_said_in_an_earlier_review_goes_on_there():
    record = record_of(0, [(1, 0.5), (2, 0.5), (3, 0.5)])
    queue = Queue()
    queue.add([item_of(record, BELOW, {0: 1, 2: 3})])
    assert (queue.current, queue.left) == (Question(id_of(0), 1, 3, 3), 1)
    assert queue.answer(5).labels == {0: 1, 1: 5, 2: 3}


def test_what_was_said_stays_said_where_the_percentage_was_lowered_since():
    record = record_of(0, [(1, 0.5), (2, 0.7), (3, 0.5)])
    item = item_of(record, 60, {0: 9, 1: 9})
    assert (item.labels, item.left) == ({0: 9, 1: 9}, (2,))


def test_of_a_page_of_which_all_that_is_asked_was_said_the_last_mark_is_asked():
    record = record_of(0, [(1, 0.5), (2, 0.5)])
    assert item_of(record, BELOW, {0: 1, 1: 2}).left == (1,)


def test_what_follows_is_the_next_mark_and_then_the_next_record(queue):
    following = []
    while queue.current:
        following.append(queue.following)
        queue.answer(0)
        assert queue.current == following[-1]
    assert following[-1] is None


def test_what_is_left_and_what_is_done_are_counted_in_marks(queue):
    counts = []
    while queue.current:
        counts.append((queue.left, queue.answered))
        queue.answer(0)
    assert counts == [(4, 0), (3, 1), (2, 2), (1, 3)]
    assert (queue.left, queue.answered) == (0, 4)


def test_undo_goes_back_through_all_that_was_answered(queue):
    asked = []
    while queue.current:
        asked.append(queue.current)
        queue.answer(0)
    taken_back = []
    while queue.can_undo:
        last = undone(queue)
        taken_back.append((last.item.id, last.was_complete))
        assert queue.current == asked.pop()
    assert taken_back == [("last", True), ("page", True), ("page", False), ("single", True)]
    assert (queue.left, queue.answered) == (4, 0)


def test_a_page_that_was_undone_keeps_what_was_said_of_its_other_marks(queue):
    queue.answer(7)
    queue.answer(3)
    queue.answer(5)
    queue.undo()
    assert queue.answer(6).labels == {1: 3, 4: 6}


def test_a_skipped_record_is_left_for_later(queue):
    queue.skip()
    assert ids(queue) == ["page", "page", "last"]
    assert (queue.left, queue.skipped) == (0, 1)
    queue.look_at_skipped()
    assert ids(queue) == ["single"]
    assert queue.skipped == 0


def test_a_skip_is_undone_too(queue):
    queue.answer(7)
    queue.answer(3)
    queue.skip()
    assert not undone(queue).was_complete
    assert queue.current == Question("page", 4, 2, 2)
    assert queue.skipped == 0
    assert (queue.left, queue.answered) == (2, 2)


def test_a_skip_that_is_looked_at_again_can_still_be_undone(queue):
    queue.skip()
    queue.look_at_skipped()
    assert not undone(queue).was_complete
    assert ids(queue) == ["single", "page", "page", "last"]


def test_a_page_that_was_skipped_half_way_keeps_what_was_said(queue):
    queue.answer(7)
    queue.answer(3)
    queue.skip()
    assert (queue.left, queue.answered) == (1, 2)
    queue.answer(1)
    queue.look_at_skipped()
    assert queue.current == Question("page", 4, 2, 2)


def test_what_others_have_said_is_not_asked_nor_undone(queue):
    queue.answer(7)
    queue.drop({"single", "page"})
    assert not queue.can_undo
    assert ids(queue) == ["last"]


def test_a_page_is_dropped_in_the_middle(queue):
    queue.answer(7)
    queue.answer(3)
    queue.drop({"page"})
    assert queue.current == Question("last", 0, 1, 1)
    assert queue.answer(1).labels == {0: 1}


def test_an_empty_queue_asks_nothing():
    queue = Queue()
    assert queue.current is None
    assert queue.following is None
    assert not queue.can_undo
    assert (queue.left, queue.answered, queue.skipped) == (0, 0, 0)
