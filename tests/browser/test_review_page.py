"""The review page in a real browser without a window, by keyboard and by mouse, wide and narrow."""

from contextlib import ExitStack
from datetime import datetime

import pytest

from digitwatch.recording.outbox import Outbox
from tests.running.reviewing import id_of, keep, record_of, running
from tests.running.test_review_server import serving
from tests.waiting import wait_until

pytest.importorskip("selenium", reason="the test extra is not installed")

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.driving import chromium, resize, why_not

SIZES = ((1280, 800), (400, 800))
HOSTILE = "<img src=x onerror=document.title='taken'>\"'&amp;<script>x</script>.png"

SINGLE, SHEET, LAST, SURE = (id_of(number) for number in range(4))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    with chromium(tmp_path_factory.mktemp("profile")) as chrome:
        yield chrome


class Page:
    """The page as a person has it before them."""

    def __init__(self, chrome, end):
        self.chrome = chrome
        self.end = end

    def run(self, script):
        return self.chrome.execute_script(script)

    def one(self, id_):
        return self.chrome.find_element(By.ID, id_)

    def text(self, id_):
        return self.one(id_).text

    def asked(self):
        asked = self.run("return isBusy ? 'busy' : state && state.question")
        return (asked["id"], asked["mark"]) if isinstance(asked, dict) else asked

    def press(self, *keys):
        """Press keys one after the other, each when the page has answered the one before."""
        for key in keys:
            ActionChains(self.chrome, duration=0).send_keys(key).perform()
            self.settle()

    def click(self, *ids):
        for id_ in ids:
            found = self.one(id_) if isinstance(id_, str) else self.pad(id_)
            found.click()
            self.settle()

    def pad(self, digit):
        buttons = self.chrome.find_elements(By.CSS_SELECTOR, "#pad button")
        return next(button for button in buttons if button.text == str(digit))

    def settle(self):
        wait_until(lambda: self.run("return !isBusy && performance.now() >= heedFrom"))

    def unplug(self, is_off):
        """Let no request arrive, as while the machine sleeps, or let them arrive again."""
        self.chrome.execute_cdp_cmd("Network.enable", {})
        wires = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.chrome.execute_cdp_cmd("Network.emulateNetworkConditions", wires | {"offline": is_off})

    def pictures(self):
        """Wait until the pictures are there; how many there are."""
        seen = "[...document.querySelectorAll('.picture:not([hidden]) img')]"
        wait_until(lambda: self.run(f"return {seen}.every((one) => one.complete)"))
        return self.run(f"return {seen}.filter((one) => one.naturalWidth > 99).length")


@pytest.fixture
def outbox(desk):
    """For review: a digit, a page of three of which two are doubtful, a digit; and a sure one."""
    with Outbox(desk.outbox) as opened:
        keep(opened, desk.inbox, record_of(0, [(7, 0.3)]))
        keep(opened, desk.inbox, record_of(1, [(1, 0.9), (2, 0.5)], [(None, 0.6)]))
        keep(opened, desk.inbox, record_of(2, [(5, 0.7)]))
        keep(opened, desk.inbox, record_of(3, [(6, 0.97)]))
        opened.project()
        yield opened


@pytest.fixture
def opened(desk, browser):
    """Open the page in a window of that size; nothing in it may break the rules of the server."""
    with ExitStack() as stack:

        def start(size=SIZES[0]):
            address, end = stack.enter_context(running(desk.config))
            resize(browser, *size)
            browser.get(address)
            page = Page(browser, end)
            wait_until(lambda: page.run("return state !== null"))
            page.settle()
            return page

        yield start
        complaints = [entry["message"] for entry in browser.get_log("browser")]
        browser.get("about:blank")
    assert [words for words in complaints if "Failed to load resource" not in words] == []


@pytest.fixture
def said(outbox):
    """What a person said, by the ledger."""
    return lambda: {
        one.id: one.digits for one in outbox.ledger.corrections.all().values() if one.digits
    }


@pytest.fixture
def in_csv(rows):
    return lambda: {id_: text for id_, text in rows("id", "correct") if text}


@pytest.mark.parametrize("size", SIZES)
def test_all_is_done_by_keyboard(opened, said, in_csv, size):
    page = opened(size)
    assert page.asked() == (SINGLE, 0)
    page.press("1")
    assert page.asked() == (SHEET, 1)
    page.press(Keys.ENTER)
    assert said() == {SINGLE: "1"}
    page.press(Keys.ENTER, "x")
    assert said() == {SINGLE: "1", SHEET: "1 2 / ?", LAST: "-"}
    page.press(Keys.BACKSPACE, Keys.BACKSPACE, Keys.BACKSPACE)
    assert page.asked() == (SHEET, 1)
    assert said() == {SINGLE: "1"}
    page.press("r", Keys.BACKSPACE, Keys.ENTER, "9", "s")
    assert page.asked() is None
    expected = {SINGLE: "1", SHEET: "1 2 / 9"}
    assert said() == expected
    wait_until(lambda: in_csv() == expected)


@pytest.mark.parametrize("size", SIZES)
def test_all_is_done_by_mouse(opened, said, in_csv, size):
    page = opened(size)
    page.click(0, "rest")
    assert said() == {SINGLE: "0", SHEET: "1 2 / ?"}
    page.click("undo", "agree", 9, "skip")
    assert page.asked() is None
    page.click("look-skipped", 5, "look-others", "agree")
    expected = {SINGLE: "0", SHEET: "1 2 / 9", LAST: "5", SURE: "6"}
    assert said() == expected
    wait_until(lambda: in_csv() == expected)
    page.click("undo-last")
    assert page.asked() == (SURE, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
def test_it_shows_the_drawing_what_the_model_saw_and_the_three_likeliest_digits(opened):
    page = opened()
    assert page.pictures() == 1
    assert page.text("read").split() == ["Read", "as", "7"]
    assert page.text("likeliest").split() == [
        "7", "30", "%", "8", "23", "%", "0", "0", "%", "none", "46", "%",
    ]  # fmt: skip
    shades = page.run(
        "return [...document.getElementById('grid').getContext('2d').getImageData(0, 0, 8, 8).data]"
    )
    assert len(set(shades[::4])) == 15
    assert (shades[0], shades[-4]) == (255, 32)
    page.press("7")
    assert page.pictures() == 2
    assert page.text("file") == f"{SHEET}.png"
    assert page.text("place") == "line 1, mark 2 (1 of 2)"


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps_and_nothing_lies_beyond_the_edge(opened, size):
    page = opened(size)
    places, overflows = set(), set()
    for _ in range(4):
        page.pictures()
        places.add(
            page.run(
                "const box = document.getElementById('pad').getBoundingClientRect();"
                "return [box.left, box.top, box.width, box.height].join()"
            )
        )
        overflows.add(page.run("return document.documentElement.scrollWidth > window.innerWidth"))
        page.press(Keys.ENTER)
    assert page.asked() is None
    overflows.add(page.run("return document.documentElement.scrollWidth > window.innerWidth"))
    assert len(places) == 1
    assert overflows == {False}


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
def test_the_buttons_are_large_enough_for_thumbs(opened):
    page = opened(SIZES[1])
    sizes = [
        button.size for button in page.chrome.find_elements(By.CSS_SELECTOR, ".answers button")
    ]
    assert len(sizes) == 15
    assert min(size["height"] for size in sizes) >= 44
    assert min(size["width"] for size in sizes) >= 44


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
def test_the_next_drawing_is_there_before_it_is_asked(opened):
    page = opened()
    fetched = "return performance.getEntriesByType('resource').map((one) => one.name)"
    following = f"/picture/{SHEET}/1/mark"
    wait_until(lambda: any(name.endswith(following) for name in page.run(fetched)))
    page.press("7")
    assert page.pictures() == 2
    assert sum(name.endswith(following) for name in page.run(fetched)) == 1


@pytest.mark.slow
def test_a_key_that_is_held_down_answers_once(opened, said):
    page = opened()
    page.run(
        "for (const repeat of [false, true, true]) document.dispatchEvent("
        "new KeyboardEvent('keydown', { key: '3', repeat }))"
    )
    page.settle()
    assert said() == {SINGLE: "3"}
    assert page.asked() == (SHEET, 1)


@pytest.mark.slow
def test_enter_that_is_held_down_on_a_button_presses_it_once(opened, said):
    page = opened()
    page.run("[...document.querySelectorAll('#pad button')][3].focus()")
    key = {"type": "keyDown", "key": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    for repeats in (False, True, True):
        page.chrome.execute_cdp_cmd("Input.dispatchKeyEvent", key | {"autoRepeat": repeats})
        page.settle()
    page.chrome.execute_cdp_cmd("Input.dispatchKeyEvent", key | {"type": "keyUp"})
    assert said() == {SINGLE: "4"}
    assert page.asked() == (SHEET, 1)


def test_a_double_click_answers_once(opened, said):
    page = opened()
    page.chrome.execute_async_script(
        "const [done] = arguments, button = document.querySelector('#pad button');"
        "const click = (detail) =>"
        "  button.dispatchEvent(new MouseEvent('click', { detail, bubbles: true }));"
        "const again = () => isBusy ? setTimeout(again) : (click(2), done());"
        "click(1); again();"
    )
    page.settle()
    assert said() == {SINGLE: "1"}
    assert page.asked() == (SHEET, 1)


def test_what_is_typed_before_the_next_drawing_is_there_goes_to_no_drawing(opened, said):
    page = opened()
    page.chrome.execute_async_script(
        "const [done] = arguments;"
        "const press = (key) => document.dispatchEvent(new KeyboardEvent('keydown', { key }));"
        "const again = () => isBusy ? setTimeout(again) : (press('3'), done());"
        "press('1'); press('2'); again();"
    )
    assert page.text("said").startswith("Another drawing has just come up")
    page.settle()
    assert page.asked() == (SHEET, 1)
    page.press("4", "5")
    assert said() == {SINGLE: "1", SHEET: "1 4 / 5"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "said_at_once",
    [
        "document.dispatchEvent(new KeyboardEvent('keydown', { key: '3' }))",
        "document.querySelector('#pad button').click()",
    ],
)
def test_to_a_drawing_that_came_up_by_itself_nothing_is_said_at_once(opened, said, said_at_once):
    page = opened()
    page.run(
        "const question = { ...state.question };"
        "show({ ...state, question: { ...question, mark: 3 } }, true);"
        f"show({{ ...state, question }}, true); {said_at_once};"
    )
    page.settle()
    assert said() == {}
    page.press("3")
    assert said() == {SINGLE: "3"}


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_while_nobody_answers_the_page_says_so_and_goes_on_by_itself(opened, said, size):
    page = opened(size)
    page.unplug(True)
    wait_until(lambda: page.text("gone-title") == "digitwatch does not answer")
    assert "What you answered is kept." in page.text("gone")
    assert page.text("gone-again").endswith("start it again with digitwatch review")
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")
    page.press("3")
    page.unplug(False)
    wait_until(lambda: not page.one("gone").is_displayed())
    page.settle()
    assert (page.asked(), said()) == ((SINGLE, 0), {})
    page.unplug(True)
    page.press("3")
    assert "may not have arrived" in page.text("gone")
    page.unplug(False)
    wait_until(lambda: page.one("asking").is_displayed())
    assert page.pictures() == 1
    page.settle()
    page.press("4")
    assert said() == {SINGLE: "4"}


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
def test_a_page_whose_review_has_ended_elsewhere_says_so(opened):
    page = opened()
    page.end()
    wait_until(lambda: "The review has ended" in page.text("gone"))
    assert "Not kept" not in page.text("said")


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
def test_news_that_cannot_be_had_are_not_taken_for_an_answer_that_is_lost(opened):
    page = opened()
    page.run("ask = request; request = () => Promise.reject(new Error('the disk is full'))")
    wait_until(lambda: page.text("said") == "What is new cannot be shown: the disk is full")
    page.run("request = ask")
    wait_until(lambda: page.text("said") == "")
    assert page.asked() == (SINGLE, 0)


def test_a_browser_that_comes_too_late_to_the_address_shows_what_to_do(desk, browser):
    with serving(desk.config) as server:
        resize(browser, *SIZES[1])
        browser.get(server.addresses.once)
        assert browser.current_url == server.addresses.page
        browser.get(server.addresses.once)
        assert browser.current_url == server.addresses.once
        message = browser.find_element(By.CLASS_NAME, "message")
        assert "opened already" in message.text
        assert message.value_of_css_property("display") == "grid"
        assert browser.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth"
        )
        browser.get("about:blank")
        browser.get_log("browser")


@pytest.mark.slow
def test_a_key_with_control_is_the_browsers_own(opened, said):
    page = opened()
    ActionChains(page.chrome).key_down(Keys.CONTROL).send_keys("1").key_up(Keys.CONTROL).perform()
    page.settle()
    assert said() == {}


@pytest.mark.slow
def test_enter_agrees_even_after_a_button_was_clicked(opened, said):
    page = opened()
    page.click(1)
    page.press(Keys.ENTER, Keys.ENTER)
    assert said() == {SINGLE: "1", SHEET: "1 2 / ?"}


@pytest.mark.slow
def test_enter_presses_the_button_that_the_keyboard_has_chosen(opened, said):
    page = opened()
    page.run("[...document.querySelectorAll('#pad button')][3].focus()")
    page.press(Keys.ENTER)
    assert said() == {SINGLE: "4"}


def test_hostile_names_are_shown_and_do_nothing(opened, desk):
    with Outbox(desk.outbox) as outbox:
        keep(outbox, desk.inbox, record_of(0, [(7, 0.3)]), shown=HOSTILE)
    page = opened()
    assert page.pictures() == 1
    assert page.text("file") == HOSTILE
    page.press("7")
    assert HOSTILE in page.text("said")
    assert page.chrome.title == "Review - digitwatch"
    assert page.run("return document.querySelectorAll('main img[src=x], main script').length") == 0


@pytest.mark.slow
@pytest.mark.usefixtures("outbox")
def test_while_excel_holds_the_table_it_says_how_many_answers_wait(opened, desk):
    held = desk.outbox / ".~lock.predictions.csv#"
    held.write_text("somebody", encoding="utf-8")
    page = opened(SIZES[1])
    page.press("7", "2", "1")
    wait_until(lambda: page.text("notice").startswith("2 answers wait until"))
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")
    held.unlink()
    wait_until(lambda: not page.one("notice").is_displayed())


@pytest.mark.slow
def test_what_is_read_meanwhile_appears_by_itself_at_the_end(opened, outbox, desk):
    for id_ in (SINGLE, SHEET, LAST):
        outbox.correct(id_, "-", datetime(2026, 11, 25))
    page = opened()
    assert page.text("end-title") == "Nothing left to look at"
    assert not page.one("next-step").is_displayed()
    keep(outbox, desk.inbox, record_of(4, [(4, 0.2)]))
    wait_until(lambda: page.asked() == (id_of(4), 0))


@pytest.mark.slow
def test_the_end_says_what_to_do_next_and_its_button_ends_the_review(opened, said):
    page = opened()
    page.press(Keys.ENTER, Keys.ENTER, Keys.ENTER, Keys.ENTER)
    assert said() == {SINGLE: "7", SHEET: "1 2 / ?", LAST: "5"}
    assert page.text("end-title") == "Nothing left to look at"
    assert "digitwatch train --corrections" in page.text("next-step")
    page.click("finish-all")
    wait_until(lambda: "You can close this window" in page.text("gone"))


@pytest.mark.slow
def test_at_the_end_a_page_that_is_half_said_is_named(opened, said):
    page = opened()
    page.press(Keys.ENTER, Keys.ENTER)
    assert said() == {SINGLE: "7"}
    page.click("finish")
    wait_until(lambda: "a part of 1 page is kept" in page.text("gone"))


@pytest.mark.slow
def test_an_answer_in_another_window_is_noticed(opened, said):
    page = opened()
    page.run("state.question.mark = 3")
    page.press("1")
    assert said() == {}
    assert page.text("said") == "Something was done elsewhere meanwhile: look again."
    page.press("1")
    assert said() == {SINGLE: "1"}


@pytest.mark.slow
def test_a_drawing_that_is_gone_for_good_is_said_to_be(opened, desk):
    with Outbox(desk.outbox) as outbox:
        kept = keep(outbox, desk.inbox, record_of(0, [(7, 0.3)]), ink=False)
        (desk.inbox / kept.file).unlink()
        (desk.outbox / kept.thumbnail).unlink()
    page = opened()
    wait_until(lambda: "not there any more" in page.text("mark-picture"))
