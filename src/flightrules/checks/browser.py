"""A page in a real browser: how soon it is painted and loaded, how far it shifts, whether anything in it fails.

Headless Chromium of this machine visits it with a new profile, in a process of its own that `Commands` ends with all
that it started: nothing of a browser is left, however the check ends. None is ever downloaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from flightrules.checks._browser.visit import TASK, Task, Visit
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.commands import Command, CommandResult
from flightrules.ports.options import Duration, Secret

MAIN = "browser"
WITHIN = 30.0
VALUES = {
    "FCP": Unit.SECONDS,
    "LCP": Unit.SECONDS,
    "load": Unit.SECONDS,
    "TTFB": Unit.SECONDS,
    "CLS": Unit.NUMBER,
    "errors": Unit.NUMBER,
}
OPEN = False
EXPECTED = ("load >= 0s",)
"""A page that is answered with an error, or does not finish loading, has failed whatever is expected."""
OF_WHAT_SERVES = True

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
AROUND = 15.0
"""Seconds for the browser to begin and to end, beside those of the visit."""

ANSWER_LIMIT = 1 << 20


def _is_page(text: str) -> str:
    if not re.fullmatch(r"/\S*|https?://\S+", text.strip(), re.IGNORECASE):
        raise ValueError(f"`{text}` is no page; write for example `/` or `https://shop.example/`")
    return text.strip()


def _is_size(text: str) -> str:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found or not all(100 <= int(side) <= 4000 for side in found.groups()):
        raise ValueError(f"`{text}` is no size of a window; write for example `1280x720`, each from 100 to 4000")
    return text


class Step(BaseModel):
    """One step on the page, after it was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    click: Annotated[str | None, Field(min_length=1, description="What is clicked, such as `text=Buy` or `#buy`")] = (
        None
    )
    fill: Annotated[
        dict[str, Secret] | None, Field(min_length=1, description="Fields that are filled in, each with its text")
    ] = None
    see: Annotated[str | None, Field(min_length=1, description="A text that must appear")] = None

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("a step does one thing; write one of `click`, `fill`, `see`")
        return self

    def plain(self) -> dict[str, Any]:
        """Return it as it is carried out, with the texts of secrets."""
        if self.fill is not None:
            return {"fill": {where: text.get_secret_value() for where, text in self.fill.items()}}
        return self.model_dump(exclude_none=True)

    def __str__(self) -> str:
        return (
            f"fill {', '.join(self.fill)}" if self.fill else f"click {self.click}" if self.click else f"see {self.see}"
        )


class Options(BaseModel):
    """The page, and what is done there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    browser: Annotated[
        str,
        AfterValidator(_is_page),
        Field(
            description="A path, visited through the service's router, or a whole address",
            json_schema_extra={"pattern": r"^\s*(/\S*|[hH][tT][tT][pP][sS]?://\S+|.*\$\{.*)\s*$"},
        ),
    ]
    steps: Annotated[tuple[Step, ...], Field(description="What is done once the page was measured")] = ()
    settle: Annotated[
        Duration,
        Field(le=30, description="How long nothing may move before the page is measured; 1s if nothing is said"),
    ] = 1.0
    viewport: Annotated[
        str,
        AfterValidator(_is_size),
        Field(description="The size of the window in pixels; 1280x720 if nothing is said"),
    ] = "1280x720"


def create(options: Options, tools: Tools) -> BrowserCheck:
    """Return the check."""
    return BrowserCheck(options, tools)


def needs_service(options: Options) -> bool:
    """Return whether the page belongs to a service of the plan."""
    return options.browser.startswith("/")


@dataclass(frozen=True)
class BrowserCheck:
    """Visits the page once."""

    options: Options
    tools: Tools
    keeps_time = True

    async def look(self) -> Found:
        """Return what was measured. Raises `SourceUnreachable` where there is no browser."""
        program, page = _chromium(), self.options.browser
        if needs_service(self.options) and not self.tools.base:
            return Found(f"{page}: no service of the plan is there to visit", verdict=Verdict.UNREACHABLE)
        self.tools.keep.mkdir(parents=True, exist_ok=True)
        with _scratch(self.tools) as folder:
            ended = await self.tools.commands.run(self._command(program, folder))
        visit = _told(ended)
        if visit is None:
            how = f"did not end within {duration(self._at_most)}" if ended.status is None else "broke"
            return Found(f"{page}: the browser {how}", output=ended.output, verdict=Verdict.UNREACHABLE)
        return self._found(visit)

    @property
    def _at_most(self) -> float:
        return self.tools.within + AROUND

    @property
    def _picture(self) -> Path:
        return (self.tools.keep / "page.png").absolute()

    def _command(self, program: str, folder: Path) -> Command:
        page, (width, height) = self.options.browser, self.options.viewport.split("x")
        task = Task(
            program=program,
            address=self.tools.base + page if needs_service(self.options) else page,
            within=self.tools.within,
            settle=self.options.settle,
            width=int(width),
            height=int(height),
            steps=[step.plain() for step in self.options.steps],
            picture=str(self._picture),
        )
        # The profile, and all else that the browser puts somewhere, goes into the folder that is removed afterwards.
        environment = {TASK: json.dumps(asdict(task)), "TMPDIR": str(folder), "XDG_CONFIG_HOME": str(folder)}
        line = shlex.join([sys.executable, "-P", "-m", "flightrules.checks._browser.visit"])
        return Command(self.tools.name, line, str(folder), self._at_most, environment, answer_limit=ANSWER_LIMIT)

    def _found(self, visit: Visit) -> Found:
        page, known = self.options.browser, {**visit.values, "errors": visit.errors}
        says, verdict = self._judged(visit)
        rounded = {name: round(value, 4) for name, value in known.items()}
        evidence = {"status": visit.status, **rounded, **(_kept(self._picture) if visit.pictured else {})}
        return Found(f"{page}: {says}", known, tuple(visit.told), evidence, verdict)

    def _judged(self, visit: Visit) -> tuple[str, Verdict | None]:
        """Return what was seen in words, and the verdict where it does not depend on what is expected."""
        late = f"within {duration(self.tools.within)}"
        if visit.broke:
            return f"the browser broke: {visit.why}", Verdict.UNREACHABLE
        if visit.reached == "browser":
            # Users of a service that does not answer are stranded; of somebody else's nobody knows why it does not.
            verdict = Verdict.FAIL if needs_service(self.options) else Verdict.UNREACHABLE
            return f"no answer{f': {visit.why}' if visit.why else f' {late}'}", verdict
        if visit.status is not None and visit.status >= 400:
            return f"answered {visit.status}", Verdict.FAIL
        if visit.reached in ("answer", "load"):
            return f"did not finish loading {late}", Verdict.FAIL
        if visit.reached == "measures":
            step = self.options.steps[visit.step - 1]
            return f"step {visit.step} ({step}) could not be taken{f': {visit.why}' if visit.why else ''}", Verdict.FAIL
        return _measures(visit), None


def _measures(visit: Visit) -> str:
    times = [f"{name} {visit.values[name]:.2f} s" for name in ("FCP", "LCP", "load") if name in visit.values]
    unrest = () if visit.calm else ("never came to rest",)
    errors = (f"{visit.errors} error{'s'[: visit.errors != 1]}",) if visit.errors else ()
    return ", ".join((*times, f"CLS {visit.values['CLS']:.2f}", *unrest, *errors))


def _told(ended: CommandResult) -> Visit | None:
    """Return what the visit printed; None where it broke or was ended."""
    if ended.status != 0 or not ended.answer:
        return None
    try:
        return Visit(**json.loads(ended.answer))
    except (ValueError, TypeError):
        return None


def _kept(picture: Path) -> Mapping[str, str]:
    return {"picture": str(picture), "sha256": hashlib.sha256(picture.read_bytes()).hexdigest()}


@contextmanager
def _scratch(tools: Tools) -> Iterator[Path]:
    """Make a new folder for everything temporary, and remove it: also what a killed `flight` left of the same check."""
    name = hashlib.sha256(str(tools.keep.absolute()).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"flight-browser-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise SourceUnreachable(f"there is no room for a browser's profile: {error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing() -> str:
    """Return what has to be installed before a page can be visited here; empty where nothing has."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed; run: pip install 'flightrules[browser]'"
    if not any(map(shutil.which, PROGRAMS)):
        return "there is no Chromium here; install it (Debian: apt-get install chromium)"
    return ""


def _chromium() -> str:
    """Return the browser of this machine."""
    if lacking := missing():
        raise SourceUnreachable(lacking)
    return next(filter(None, map(shutil.which, PROGRAMS)))
