"""One visit to a page with Chromium: a process (`python -m`) that is ended as a whole.

What to do comes as JSON in the variable `TASK`, which nothing that it starts gets to see; what came of it is printed as
one JSON object. It ends by itself within the time of its task and a few seconds for the picture.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flightrules.checks._browser.measuring import SETTLED, SETTLES_WITHIN, WATCH

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page, Request, Response

TASK = "BROWSER_VISIT"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run")  # fmt: skip
STEP_WITHIN = 10.0
PICTURE_WITHIN = 5.0
MOST_ERRORS = 20
"""So many are told in words; all are counted."""

LONGEST_ERROR = 300


@dataclass(frozen=True)
class Task:
    """Where to go and what to do there. Times are in seconds."""

    program: str
    address: str
    within: float
    settle: float
    width: int
    height: int
    steps: list[dict[str, Any]]
    picture: str


@dataclass
class Visit:
    """What came of it. `reached` is how far it got: `nothing`, `browser`, `answer`, `load`, `measures`, `end`.

    `values` are in seconds, CLS as it is. `why` says in words what stopped it, `broke` that it was the browser itself.
    """

    reached: str = "nothing"
    why: str = ""
    broke: bool = False
    status: int | None = None
    values: dict[str, float] = field(default_factory=dict)
    calm: bool = True
    errors: int = 0
    told: list[str] = field(default_factory=list)
    step: int = 0
    pictured: bool = False

    def error(self, what: str) -> None:
        """Count an error of the page."""
        self.errors += 1
        if len(self.told) < MOST_ERRORS:
            self.told.append(what[:LONGEST_ERROR])


async def carry_out(task: Task) -> Visit:
    """Return what came of visiting the page; nothing of the browser is running afterwards."""
    from playwright.async_api import Error, async_playwright

    visit = Visit()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=task.program, headless=True, args=list(ARGUMENTS)
            )
            visit.reached = "browser"
            await _in_a_new_page(browser, task, visit)
            await browser.close()
    except Error as error:
        visit.why, visit.broke = visit.why or _first_line(error), True
    return visit


async def _in_a_new_page(browser: Browser, task: Task, visit: Visit) -> None:
    from playwright.async_api import Error

    page = await browser.new_page(viewport={"width": task.width, "height": task.height}, accept_downloads=False)
    page.set_default_timeout(0)  # the time of all of it together is kept here
    _listen(page, visit)
    try:
        async with asyncio.timeout(task.within):
            await _see(page, task, visit)
    except TimeoutError:
        pass
    except Error as error:
        visit.why = _first_line(error)
        visit.broke = visit.broke or page.is_closed() or not browser.is_connected()
    if visit.reached != "browser" and not visit.broke:
        visit.pictured = await _picture(page, task)


async def _see(page: Page, task: Task, visit: Visit) -> None:
    """Go there, measure, and take the steps; how far it got is noted on the way."""
    await page.add_init_script(WATCH)
    answer = await page.goto(task.address, wait_until="commit")
    visit.reached, visit.status = "answer", answer.status if answer else None
    await page.wait_for_load_state("load")
    visit.reached = "load"
    measured = await page.evaluate(SETTLED, [task.settle * 1000, max(SETTLES_WITHIN, 2 * task.settle) * 1000])
    visit.calm = measured.pop("calm")
    visit.values = {name: value if name == "CLS" else value / 1000 for name, value in measured.items()
                    if value is not None}  # fmt: skip
    visit.reached = "measures"
    for number, step in enumerate(task.steps, 1):
        visit.step = number
        await _take(page, step)
    visit.reached = "end"


async def _take(page: Page, step: dict[str, Any]) -> None:
    """Take one step. Raises `TimeoutError` where what it is about does not appear."""
    async with asyncio.timeout(STEP_WITHIN):
        match step:
            case {"click": where}:
                await page.locator(where).first.click()
            case {"fill": fields}:
                for where, text in fields.items():
                    await page.locator(where).first.fill(text)
            case {"see": text}:
                await page.get_by_text(text).first.wait_for()


def _listen(page: Page, visit: Visit) -> None:
    def failed(request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # the page itself, or a new one, no longer wanted it
            visit.error(f"{request.method} {_place(request.url)}: {request.failure}")

    def answered(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            visit.error(f"{response.request.method} {_place(response.url)}: {response.status}")

    def crashed(_: Page) -> None:
        visit.broke = True

    page.on("crash", crashed)
    page.on("pageerror", lambda error: visit.error(f"uncaught error: {_first_line(error)}"))
    page.on("requestfailed", failed)
    page.on("response", answered)


async def _picture(page: Page, task: Task) -> bool:
    """Take a picture, with everything that was filled in painted over: it may be secret."""
    from playwright.async_api import Error

    filled: list[Locator] = [page.locator(where) for step in task.steps for where in step.get("fill", ())]
    try:
        async with asyncio.timeout(PICTURE_WITHIN):
            await page.screenshot(path=task.picture, mask=filled)
    except (TimeoutError, Error):
        return False
    return True


def _place(address: str) -> str:
    """Return an address without what may be secret in it: its query, and whoever is named before the host."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def main() -> None:
    """Carry out the task of the environment, and print what came of it."""
    task = Task(**json.loads(os.environ.pop(TASK)))
    json.dump(asdict(asyncio.run(carry_out(task))), sys.stdout)


if __name__ == "__main__":
    main()
