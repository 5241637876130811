import sys

from digitwatch.running import programs
from digitwatch.running.programs import NOT_RUN, ask


def python(code):
    return ask([sys.executable, "-c", code])


def test_a_program_answers_with_its_code_and_its_words_on_one_line():
    answer = python(
        "import sys; print('one\\n  two'); print('three', file=sys.stderr); sys.exit(3)"
    )
    assert answer.code == 3
    assert not answer.is_yes
    assert sorted(answer.words.split()) == ["one", "three", "two"]
    assert "\n" not in answer.words


def test_words_in_another_encoding_are_words_all_the_same():
    answer = python(r"import sys; sys.stdout.buffer.write(b'f\x81\xffr')")
    assert answer.is_yes
    assert answer.words.startswith("f")


def test_a_program_that_is_not_there_is_an_answer():
    answer = ask(["digitwatch-has-no-such-program", "--all"])
    assert answer.code == NOT_RUN
    assert answer.words.startswith("digitwatch-has-no-such-program: ")


def test_a_program_that_hangs_is_an_answer(monkeypatch):
    monkeypatch.setattr(programs, "SECONDS", 0.2)
    answer = python("import sys, threading; threading.Event().wait(60)")
    assert answer.code == NOT_RUN
    assert answer.words.endswith(" does not answer")


def test_a_program_that_asks_a_question_back_gets_no_answer():
    assert python("print(repr(open(0).read()))").words == "''"
