"""Checks of rehearsals: the newest one on record that went as agreed, and how old it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from flightrules.checks.rehearsed import Options, What
from flightrules.domain.checks import Check
from flightrules.domain.events import REHEARSAL_ENDED, Entry
from flightrules.domain.figures import duration
from flightrules.domain.verdict import Verdict
from flightrules.engine.run import Run
from flightrules.ports.check import Found

KIND = "rehearsed"


@dataclass(frozen=True)
class RehearsalCheck:
    """Looks for one rehearsal in the record."""

    run: Run
    check: Check

    async def look(self) -> Found:
        """Return the newest that counts, or what speaks against the newest that there is."""
        options = cast("Options", self.check.options)
        all_of_it = list(self._of(options))
        good = next((each for each in all_of_it if _went_well(each, options.what)), None)
        if good is None:
            return Found(self._nothing(options, all_of_it), verdict=Verdict.FAIL)
        age = self.run.clock.now() - good.at
        says = f"{_called(good)} of {good.event.data['version']['name']} {_ago(age)}: {good.event.data['says']}"
        evidence = {name: good.event.data[name] for name in ("release", "version", "entry", "hash")}
        if age > options.within:
            says = f"{says}; agreed is at most {duration(options.within)} ago"
            return Found(says, {"age": age}, evidence=evidence, verdict=Verdict.FAIL)
        return Found(says, {"age": age}, evidence=evidence)

    def _of(self, options: Options) -> Iterator[Entry]:
        """Yield what is on record of this kind, the newest first."""
        for each in self.run.ledger.of_kind(REHEARSAL_ENDED):
            of_another = each.event.data["version"]["digest"] != self.run.version
            if (
                each.event.data["plan"] == self.run.plan.name
                and _is_of(each, options.what)
                and not (options.this_version and of_another)
            ):
                yield each

    def _nothing(self, options: Options, found: list[Entry]) -> str:
        of = " of this version" if options.this_version else ""
        if not found:
            return f"no {_wanted(options.what)}{of} is on record; {_command(options.what)}"
        newest = found[0]
        when = _ago(self.run.clock.now() - newest.at)
        return f"{_called(newest)}{of} {when} did not go well: {newest.event.data['says']}"


def _is_of(entry: Entry, what: What) -> bool:
    drill = entry.event.data["rehearsing"]["drill"]
    if what is What.WAY_BACK:
        return drill is not None or entry.event.data["back"] is not None
    return drill is None if what is What.RELEASE else drill == what


def _went_well(entry: Entry, what: What) -> bool:
    """Whether it shows what is asked for: of a rehearsal that was called back, the way back in its time does."""
    data = entry.event.data
    if what is What.WAY_BACK and data["rehearsing"]["drill"] is None:
        return data["back"] is not None and data["back"] <= data["bound"]
    return bool(data["held"])


def _called(entry: Entry) -> str:
    drill = entry.event.data["rehearsing"]["drill"]
    return f"drill {drill}" if drill else "rehearsal"


def _wanted(what: What) -> str:
    if what is What.RELEASE:
        return "rehearsal"
    return "rehearsed way back" if what is What.WAY_BACK else f"drill `{what}`"


def _command(what: What) -> str:
    if what is What.RELEASE:
        return "`flight rehearse VERSION` does it"
    return f"`flight drill {'code' if what is What.WAY_BACK else what} VERSION` does it"


def _ago(seconds: float) -> str:
    return f"{duration(round(seconds))} ago"
