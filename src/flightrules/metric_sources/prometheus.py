"""A number from Prometheus, or from what speaks its query API: an instant query that gives one value.

With `$version` or `$digest` in the query it is asked once for each version, otherwise once for all. A query that
gives several series is refused: which of them is meant, the plan must say. No series, NaN and infinity are no
measurement. An answer with warnings is refused: Prometheus itself doubts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.measured import document, last_line
from flightrules.domain.placeholders import filled, tells_versions_apart
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Sample
from flightrules.metric_sources import _versions
from flightrules.ports.metric_source import Question
from flightrules.ports.options import Duration, Secret

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "'": r"\'", "\n": r"\n", "`": r"\x60"})


class Options(BaseModel):
    """The query, and where Prometheus is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: Annotated[
        str,
        Field(min_length=1, description="PromQL; $version, $digest and $service stand for those in question"),
    ]
    url: Annotated[str, Field(pattern="^https?://", description="Where Prometheus is")] = "http://127.0.0.1:9090"
    headers: Annotated[dict[str, Secret], Field(description="Headers to send")] = {}
    bearer: Annotated[Secret | None, Field(description="A token, sent as `Authorization: Bearer …`")] = None
    within: Annotated[Duration, Field(gt=0, description="How long an answer may take")] = 5.0


def unit_of(name: str, options: Options) -> Unit | None:
    """Return None: only the plan can say in which unit the number is."""
    return None


def create(options: Options, **unused: Any) -> PrometheusSource:
    """Return the source."""
    return PrometheusSource(options)


class PrometheusSource:
    """Asks Prometheus for the value of a query now."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.within = options.within

    async def read(self, question: Question) -> Sample:
        """Return one value a version, or one for all. Raises `SourceUnreachable`."""
        ask = _versions.each if tells_versions_apart(self._options.query) else _versions.once
        return await ask(question, self._ask)

    async def _ask(self, known: dict[str, str]) -> float | None:
        # Imported here: the web client is slow to import, and reading a plan needs none of it.
        from flightrules.metric_sources import _web

        options = self._options
        url = f"{options.url.rstrip('/')}/api/v1/query"
        query = {"query": filled(options.query, known, escaped)}
        reply = await _web.get(
            _web.Get(url, options.within, parameters=query, headers=options.headers, bearer=options.bearer)
        )
        try:
            return value_in(document(reply.body), reply.status)
        except SourceUnreachable as error:
            raise SourceUnreachable(f"{_web.shown(url)} (status {reply.status}): {error.what}") from error


@dataclass(frozen=True)
class Range:
    """A stretch of time in seconds since 1970, and how far apart the values in it are."""

    start: float
    end: float
    step: float


async def series(options: Options, known: dict[str, str], over: Range) -> dict[float, float]:
    """Return the values of the query at the moments of a range; moments without a measurement are left out.

    `known` has what `$version`, `$digest` and `$service` stand for. Raises `SourceUnreachable`.
    """
    from flightrules.metric_sources import _web

    url = f"{options.url.rstrip('/')}/api/v1/query_range"
    query = {"query": filled(options.query, known, escaped)}
    query |= {"start": f"{over.start:.3f}", "end": f"{over.end:.3f}", "step": f"{over.step:g}"}
    reply = await _web.get(
        _web.Get(url, options.within, parameters=query, headers=options.headers, bearer=options.bearer)
    )
    try:
        return values_in(document(reply.body), reply.status)
    except SourceUnreachable as error:
        raise SourceUnreachable(f"{_web.shown(url)} (status {reply.status}): {error.what}") from error


def shown(url: str) -> str:
    """Return the address as it may be shown: without user and password."""
    from flightrules.metric_sources import _web

    return _web.shown(url)


def values_in(answer: Any, status: int) -> dict[float, float]:
    """Return the values of an answer of the range API by their moments."""
    match answer:
        case {"status": "error", "error": str(error)}:
            raise SourceUnreachable(f"the query was refused: {error[:200]}")
        case {"status": "success", "data": {"resultType": "matrix", "result": []}} if status == 200:
            return {}
        case {"status": "success", "data": {"resultType": "matrix", "result": [{"values": list(pairs)}]}}:
            read = {float(at): last_line(str(value)) for at, value in pairs}
            return {at: value for at, value in read.items() if value is not None}
        case {"status": "success", "data": {"resultType": "matrix", "result": [_, _, *_] as several}}:
            raise SourceUnreachable(
                f"the query gives {len(several)} series, not one; aggregate them, for example with sum(…) or max(…)"
            )
        case _:
            raise SourceUnreachable("this is no answer of Prometheus")


def escaped(value: str) -> str:
    """Return `value` as it stands inside a quoted string of PromQL; it can never end that string."""
    return value.translate(_ESCAPES)


def value_in(answer: Any, status: int) -> float | None:
    """Return the value of an answer of the query API."""
    match answer:
        case {"status": "error", "error": str(error)}:
            raise SourceUnreachable(f"the query was refused: {error[:200]}")
        case {"warnings": [str(warning), *_]}:
            raise SourceUnreachable(f"Prometheus warns: {warning[:200]}; a doubtful value decides nothing")
        case {"status": "success", "data": {"resultType": str(kind), "result": list(result)}} if status == 200:
            return _single(kind, result)
        case _:
            raise SourceUnreachable("this is no answer of Prometheus")


def _single(kind: str, result: list[Any]) -> float | None:
    match kind, result:
        case "vector", []:
            return None
        case "vector", [{"value": [_, str(value)]}]:
            return last_line(value)
        case "scalar", [_, str(value)]:
            return last_line(value)
        case "vector", [_]:
            raise SourceUnreachable("the query gives a histogram, not a number; take histogram_quantile of it")
        case "vector", [_, _, *_]:
            raise SourceUnreachable(
                f"the query gives {len(result)} series, not one; aggregate them, for example with sum(…) or max(…)"
            )
        case "matrix", _:
            raise SourceUnreachable("the query gives a range, not one value; wrap it, for example in avg_over_time(…)")
        case _:
            raise SourceUnreachable(f"the query gives a {kind}, not a number")
