"""Measuring pages in a real Chromium: late, shifting, throwing, endless ones; and that nothing of it is left."""

import asyncio
import contextlib
import hashlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest
from pydantic import ValidationError

from flightrules.checks import browser
from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.processes.commands import ShellCommands
from flightrules.testing.scenario import FakeCommands
from tests.checks.pages import site

needs_chromium = pytest.mark.skipif(
    not any(map(shutil.which, browser.PROGRAMS)), reason="there is no Chromium here; `make test` installs it as root"
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Event]]:
    with site() as serving:
        yield serving


@pytest.fixture
def shop(served: tuple[str, Event]) -> str:
    served[1].clear()
    return served[0]


def tools_in(folder: Path, base: str, within: float = 30.0) -> Tools:
    commands = ShellCommands(folder / "commands", SystemClock())
    return Tools("verify/page", within, folder, folder / "evidence", base, "v2", commands, SystemClock())


async def seen(folder: Path, base: str, page: str = "/", within: float = 30.0, **options: object) -> Found:
    check = browser.create(browser.Options(browser=page, **options), tools_in(folder, base, within))
    found = await check.look()
    assert left_of(folder) == ([], [])
    return found


def left_of(folder: Path) -> tuple[list[str], list[Path]]:
    """What still runs of a browser that a test in `folder` began, and the profiles that it left."""
    running = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = " ".join(process.cmdline())
            ours = any(str(folder) in one for one in process.environ().values()) or profile_of(folder).name in words
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                running.append(words[:200])
    return running, [one for one in [profile_of(folder)] if one.exists()]


def profile_of(folder: Path) -> Path:
    name = hashlib.sha256(str((folder / "evidence").absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"flight-browser-{name}"


@needs_chromium
@pytest.mark.slow
class TestAPage:
    async def test_that_is_quick_is_measured_and_its_picture_kept(self, tmp_path: Path, shop: str) -> None:
        found = await seen(tmp_path, shop)
        assert found.verdict is None and found.output == ()
        assert set(found.values) == {"FCP", "LCP", "load", "TTFB", "CLS", "errors"}
        assert 0 < found.values["TTFB"] < found.values["FCP"] <= found.values["LCP"] < 10
        assert (found.values["CLS"], found.values["errors"], found.evidence["status"]) == (0, 0, 200)
        assert found.says.startswith("/: FCP 0.") and found.says.endswith(", CLS 0.00")
        picture = Path(found.evidence["picture"])
        assert picture.read_bytes().startswith(b"\x89PNG") and tmp_path in picture.parents
        assert found.evidence["sha256"] == hashlib.sha256(picture.read_bytes()).hexdigest()

    async def test_that_paints_its_largest_part_late_has_a_late_lcp(self, tmp_path: Path, shop: str) -> None:
        values = (await seen(tmp_path, shop, "/late")).values
        assert values["LCP"] > 0.7 and values["FCP"] < values["LCP"] - 0.2

    async def test_that_paints_after_a_pause_is_waited_for_as_long_as_the_plan_says(
        self, tmp_path: Path, shop: str
    ) -> None:
        assert (await seen(tmp_path, shop, "/later", settle=0.5)).values["LCP"] < 2.5
        assert (await seen(tmp_path, shop, "/later", settle=3)).values["LCP"] > 2.5

    async def test_whose_layout_shifts_says_how_far(self, tmp_path: Path, shop: str) -> None:
        # All that moved, and where it moved to, fills the window but for its margin; it moved 300 of 1280 pixels.
        assert (await seen(tmp_path, shop, "/shifting")).values["CLS"] == pytest.approx(300 / 1280 * 0.98, abs=0.03)

    async def test_that_throws_or_misses_a_part_has_errors(self, tmp_path: Path, shop: str) -> None:
        found = await seen(tmp_path, shop, "/throwing")
        assert (found.values["errors"], found.verdict) == (2, None)
        assert sorted(found.output) == [f"GET {shop}/missing.js: 404", "uncaught error: no basket"]
        assert found.says.endswith(", 2 errors")

    async def test_that_never_comes_to_rest_is_measured_all_the_same(self, tmp_path: Path, shop: str) -> None:
        found = await seen(tmp_path, shop, "/restless")
        assert found.verdict is None and found.says.endswith(", CLS 0.00, never came to rest")

    async def test_that_never_finishes_loading_has_failed(self, tmp_path: Path, shop: str) -> None:
        found = await seen(tmp_path, shop, "/loading", within=3)
        assert (found.says, found.verdict) == ("/loading: did not finish loading within 3s", Verdict.FAIL)

    async def test_that_keeps_the_browser_busy_for_ever_has_failed(self, tmp_path: Path, shop: str) -> None:
        found = await seen(tmp_path, shop, "/busy", within=3)
        assert (found.says, found.verdict) == ("/busy: did not finish loading within 3s", Verdict.FAIL)

    async def test_that_is_an_error_or_no_answer_has_failed(self, tmp_path: Path, shop: str) -> None:
        found = await seen(tmp_path, shop, "/nowhere")
        assert (found.says, found.verdict) == ("/nowhere: answered 404", Verdict.FAIL)
        found = await seen(tmp_path, shop, "/never", within=3)
        assert (found.says, found.verdict) == ("/never: no answer within 3s", Verdict.FAIL)

    async def test_of_somebody_else_that_does_not_answer_is_unreachable(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            address = "http://{}:{}/".format(*taken.getsockname())
            found = await seen(tmp_path, "", address)
        assert found.verdict is Verdict.UNREACHABLE
        assert found.says.startswith(f"{address}: no answer: Page.goto: net::ERR_CONNECTION_REFUSED")

    async def test_is_gone_through_step_by_step(self, tmp_path: Path, shop: str) -> None:
        steps = [{"fill": {"#card": "4711"}}, {"click": "text=Buy"}, {"see": "Thank you"}]
        assert (await seen(tmp_path, shop, "/buying", steps=steps)).verdict is None
        steps[0] = {"fill": {"#card": "1234"}}
        found = await seen(tmp_path, shop, "/buying", within=5, steps=steps)
        assert (found.says, found.verdict) == (
            "/buying: step 3 (see Thank you) could not be taken", Verdict.FAIL
        )  # fmt: skip
        assert "1234" not in str(found) and found.values["LCP"] < 5


@needs_chromium
@pytest.mark.slow
class TestNothingIsLeft:
    async def test_of_a_visit_that_is_cancelled(self, tmp_path: Path, served: tuple[str, Event]) -> None:
        looking = await begun(tmp_path, served)
        assert len(left_of(tmp_path)[0]) > 3
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        assert left_of(tmp_path) == ([], [])

    async def test_of_a_browser_that_is_killed_and_nothing_is_known_of_its_page(
        self, tmp_path: Path, served: tuple[str, Event]
    ) -> None:
        looking = await begun(tmp_path, served)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if str(profile_of(tmp_path)) in " ".join(process.cmdline()):
                    process.kill()
        found = await looking
        assert found.verdict is Verdict.UNREACHABLE and found.says.startswith("/loading: the browser broke: ")
        assert left_of(tmp_path) == ([], [])

    async def test_of_a_visit_that_itself_hangs(
        self, tmp_path: Path, shop: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(browser, "AROUND", 0.0)
        found = await seen(tmp_path, shop, "/loading", within=2)
        assert (found.says, found.verdict) == (
            "/loading: the browser did not end within 2s", Verdict.UNREACHABLE
        )  # fmt: skip


async def begun(folder: Path, served: tuple[str, Event]) -> "asyncio.Task[Found]":
    """Begin a visit to a page that never finishes loading; return when the browser is there."""
    base, waiting = served
    waiting.clear()
    check = browser.create(browser.Options(browser="/loading"), tools_in(folder, base))
    looking = asyncio.create_task(check.look())
    assert await asyncio.to_thread(waiting.wait, 20)
    return looking


async def test_where_there_is_no_chromium_the_words_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceUnreachable) as refused:
        await seen(tmp_path, "http://127.0.0.1:1")
    assert refused.value.what == "there is no Chromium here; install it (Debian: apt-get install chromium)"


@needs_chromium
async def test_a_path_without_a_service_cannot_be_visited(tmp_path: Path) -> None:
    tools = Tools("page", 5, tmp_path, tmp_path / "evidence", "", "v2", FakeCommands(), SystemClock())
    found = await browser.create(browser.Options(browser="/"), tools).look()
    assert (found.says, found.verdict) == ("/: no service of the plan is there to visit", Verdict.UNREACHABLE)


@pytest.mark.parametrize(
    "options, complaint",
    [
        ({"browser": "shop"}, "`shop` is no page; write for example `/` or `https://shop.example/`"),
        ({"viewport": "wide"}, "`wide` is no size of a window; write for example `1280x720`, each from 100 to 4000"),
        ({"steps": [{"click": "a", "see": "b"}]}, "a step does one thing; write one of `click`, `fill`, `see`"),
        ({"steps": [{}]}, "a step does one thing; write one of `click`, `fill`, `see`"),
    ],
)
def test_what_cannot_be_visited_is_refused(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        browser.Options(**{"browser": "/", **options})
    assert refused.value.errors()[0]["msg"] == f"Value error, {complaint}"
