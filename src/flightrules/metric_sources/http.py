"""A number from a web address: a field of a JSON answer, or the answer itself where it is a number.

With `$version` or `$digest` in the address or in a header it is asked once for each version, otherwise once for all.
It does not follow redirects, read more than 1 MB, or take a text for a number.
"""

from __future__ import annotations

import string
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.measured import at_path, document, last_line, number
from flightrules.domain.placeholders import filled, tells_versions_apart
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Sample
from flightrules.metric_sources import _versions
from flightrules.ports.metric_source import Question
from flightrules.ports.options import Duration, Secret


def _is_web_address(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url


class Options(BaseModel):
    """Where the number is, and how it is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[
        str,
        AfterValidator(_is_web_address),
        Field(description="The address; $version, $digest and $service stand for those in question"),
    ]
    value: Annotated[
        str | None,
        Field(
            min_length=1, description="Where in the JSON answer the number is, such as cache.hit_rate or items.0.value"
        ),
    ] = None
    headers: Annotated[
        dict[str, Secret],
        Field(description="Headers to send; $version, $digest and $service stand for those in question"),
    ] = {}
    bearer: Annotated[Secret | None, Field(description="A token, sent as `Authorization: Bearer …`")] = None
    within: Annotated[Duration, Field(gt=0, description="How long an answer may take")] = 5.0


def unit_of(name: str, options: Options) -> Unit | None:
    """Return None: only the plan can say in which unit the number is."""
    return None


def create(options: Options, **unused: Any) -> HttpSource:
    """Return the source."""
    return HttpSource(options)


class HttpSource:
    """Asks a web address for a number."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.within = options.within

    async def read(self, question: Question) -> Sample:
        """Return one value a version, or one for all. Raises `SourceUnreachable`."""
        sent = [self._options.url, *(value.get_secret_value() for value in self._options.headers.values())]
        ask = _versions.each if any(map(tells_versions_apart, sent)) else _versions.once
        return await ask(question, self._ask)

    async def _ask(self, known: dict[str, str]) -> float | None:
        # Imported here: the web client is slow to import, and reading a plan needs none of it.
        from flightrules.metric_sources import _web

        options = self._options
        url = filled(options.url, known, lambda value: quote(value, safe=""))
        headers = {name: _header(value.get_secret_value(), known) for name, value in options.headers.items()}
        reply = await _web.get(_web.Get(url, options.within, headers=headers, bearer=options.bearer))
        if reply.status != 200:
            raise SourceUnreachable(f"{_web.shown(url)} answered with status {reply.status}")
        try:
            return _value(reply.body, options.value)
        except SourceUnreachable as error:
            raise SourceUnreachable(f"{_web.shown(url)}: {error.what}") from error


def _header(value: str, known: dict[str, str]) -> SecretStr:
    """Return a header's value; what no header can hold is escaped in a name, as in an address."""
    return SecretStr(filled(value, known, lambda name: quote(name, safe=string.punctuation)))


def _value(body: bytes, path: str | None) -> float | None:
    if not body.strip():
        return None
    if path is None:
        return last_line(body.decode(errors="replace"))
    return number(at_path(document(body), path), f"`{path}`")
