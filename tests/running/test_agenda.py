from pathlib import Path

from digitwatch.running.agenda import Agenda

A, B, C = Path("a.png"), Path("b.png"), Path("c.png")


def test_paths_come_out_when_they_are_due_the_longest_due_first():
    agenda = Agenda()
    for path, due in ((A, 3.0), (B, 1.0), (C, 1.0)):
        agenda.put(path, due)
    assert [agenda.take(2.0), agenda.take(2.0), agenda.take(2.0)] == [B, C, None]
    assert agenda.take(3.0) == A
    assert len(agenda) == 0


def test_it_knows_how_long_nothing_is_due():
    agenda = Agenda()
    assert agenda.seconds_until_due(0.0) == float("inf")
    agenda.put(A, 3.0)
    assert agenda.seconds_until_due(1.0) == 2.0
    assert agenda.seconds_until_due(5.0) == 0.0


def test_a_path_stands_in_it_once_for_the_sooner_moment():
    agenda = Agenda()
    agenda.put(A, 5.0)
    agenda.put(A, 1.0)
    agenda.put(A, 9.0)
    assert len(agenda) == 1
    assert agenda.take(1.0) == A
    assert agenda.take(10.0) is None
