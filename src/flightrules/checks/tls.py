"""The certificate that a server shows: whether it can be verified, and for how many days still.

It connects as a browser would, with the name of the host, and ends the connection after the handshake. What cannot be
verified has failed, with the reason; the certificate is read and named all the same. It sends nothing, offers no
certificate of its own, and asks no third party whether the certificate was revoked.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flightrules.checks import _certificate
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools

MAIN = "tls"
WITHIN = 10.0
VALUES = {"days_left": Unit.NUMBER}
TEXTS = ("issuer", "subject", "protocol")
OPEN = False
EXPECTED = ("days_left >= 14",)
OF_WHAT_SERVES = True

PORT = 443
DAY = 86_400
_SERVER = re.compile(r"(?P<host>[^\s:/\[\]]+|\[[0-9A-Fa-f:.%]+\])(:(?P<port>\d{1,5}))?")

_REASONS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "leads to an authority that signed itself and is not trusted here",
    20: "leads to no authority that is trusted here: the authority is unknown, or the server leaves out the "
    "certificates in between",
    21: "leads to no authority that is trusted here: the server sends no certificates in between",
    62: "is not for the name {name}",
    64: "is not for the address {name}",
}
"""What OpenSSL's verification codes (`X509_V_ERR_…`) mean to whoever looks after the server."""

_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
_KNOWN = {
    "UNSUPPORTED_PROTOCOL": "speaks only versions of TLS that are too old",
    "TLSV1_ALERT_PROTOCOL_VERSION": "speaks only versions of TLS that are too old",
    "TLSV1_UNRECOGNIZED_NAME": "has no certificate for this name",
    "DH_KEY_TOO_SMALL": "offers a key that is too short to be safe",
    "EE_KEY_TOO_SMALL": "shows a certificate whose key is too short to be safe",
}
"""What is known of a server by the way in which its handshake ends; of any other nobody knows."""


def _is_server(text: str) -> str:
    found = _SERVER.fullmatch(text.strip())
    if not found or not 0 < int(found["port"] or PORT) < 1 << 16:
        raise ValueError(f"`{text}` is no server; write its name and port, such as `shop.example:443`")
    return text.strip()


class Options(BaseModel):
    """The server, and whom its certificate has to be from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tls: Annotated[
        str,
        AfterValidator(_is_server),
        Field(
            description="A server such as `shop.example:443`; port 443 if none is said",
            json_schema_extra={"pattern": r"^\s*(([^\s:/\[\]]+|\[[0-9A-Fa-f:.%]+\])(:\d{1,5})?|.*\$\{.*)\s*$"},
        ),
    ]
    server_name: Annotated[
        str | None, Field(min_length=1, description="The name that the certificate must be for; the host's if not said")
    ] = None
    ca: Annotated[
        str | None,
        Field(min_length=1, description="A file (PEM) with the authorities to trust; those of the system if not said"),
    ] = None


def create(options: Options, tools: Tools) -> TlsCheck:
    """Return the check."""
    return TlsCheck(options, tools)


@dataclass(frozen=True)
class _Shown:
    """What a server showed in one handshake: its certificate as DER, and the version of the protocol."""

    certificate: bytes
    protocol: str


@dataclass(frozen=True)
class TlsCheck:
    """Shakes hands with the server: once, and once more to read a certificate that could not be verified."""

    options: Options
    tools: Tools
    keeps_time = True

    async def look(self) -> Found:
        """Return whether the certificate can be verified, and what it says. Raises `SourceUnreachable`."""
        until = asyncio.get_running_loop().time() + self.tools.within
        try:
            return self._told(await self._handshake(self._trusting(), until), "")
        except ssl.SSLCertVerificationError as error:
            reason = _REASONS.get(error.verify_code, f"cannot be verified: {error.verify_message}")
            why = reason.format(name=self._name)
            try:
                return self._told(await self._handshake(_trusting_anybody(), until), why)
            except (SourceUnreachable, ssl.SSLError):
                return Found(f"the certificate of {self.options.tls} {why}", verdict=Verdict.FAIL)
        except ssl.SSLError as error:
            return self._refused(error)

    @property
    def _server(self) -> tuple[str, int]:
        found = _SERVER.fullmatch(self.options.tls)
        assert found is not None, "the options were checked"
        return found["host"].strip("[]"), int(found["port"] or PORT)

    @property
    def _name(self) -> str:
        return self.options.server_name or self._server[0]

    def _trusting(self) -> ssl.SSLContext:
        if self.options.ca is None:
            return ssl.create_default_context()
        file: Path = self.tools.plan_folder / self.options.ca
        try:
            return ssl.create_default_context(cafile=str(file))
        except ssl.SSLError as error:
            raise SourceUnreachable(f"there is no certificate (PEM) in {self.options.ca}") from error
        except OSError as error:
            raise SourceUnreachable(f"the file {self.options.ca} cannot be read: {error.strerror}") from error

    async def _handshake(self, trusting: ssl.SSLContext, until: float) -> _Shown:
        """Return what the server shows. Raises `ssl.SSLError`, and `SourceUnreachable` where there is nothing."""
        where, late = self.options.tls, f"within {duration(self.tools.within)}"
        host, port = self._server
        try:
            async with asyncio.timeout_at(until):
                _, writer = await asyncio.open_connection(host, port)
        except TimeoutError as error:
            raise SourceUnreachable(f"nobody answers at {where} {late}") from error
        except (OSError, UnicodeError) as error:  # no name of a host may be so long, or so odd
            raise SourceUnreachable(f"nobody answers at {where}: {_said(error)}") from error
        try:
            async with asyncio.timeout_at(until):
                await writer.start_tls(trusting, server_hostname=self._name, ssl_handshake_timeout=self.tools.within)
            secured = writer.get_extra_info("ssl_object")
            return _Shown(secured.getpeercert(binary_form=True), secured.version())
        except ssl.SSLError:
            raise
        except (TimeoutError, ConnectionAbortedError) as error:
            raise SourceUnreachable(f"{where} took the connection, and did not end the handshake {late}") from error
        except OSError as error:
            raise SourceUnreachable(f"{where} took the connection, and closed it in the handshake") from error
        finally:
            writer.transport.abort()

    def _refused(self, error: ssl.SSLError) -> Found:
        reason = error.reason or ""
        if reason in _NO_TLS:
            return Found(f"{self.options.tls} does not speak TLS", verdict=Verdict.FAIL)
        if reason in _KNOWN:
            return Found(f"{self.options.tls} {_KNOWN[reason]}", verdict=Verdict.FAIL)
        says = f"{self.options.tls} ended the handshake: {reason.lower().replace('_', ' ') or error}"
        return Found(says, verdict=Verdict.UNREACHABLE)

    def _told(self, shown: _Shown, why: str) -> Found:
        """Return the certificate in words and values; `why` it could not be verified, empty where it was."""
        try:
            read = _certificate.read(shown.certificate)
        except ValueError as error:
            raise SourceUnreachable(f"the certificate of {self.options.tls} cannot be read: {error}") from error
        days = (read.ends - self.tools.clock.now()) / DAY
        values = {
            "days_left": round(days, 2), "issuer": read.issuer, "subject": read.subject, "protocol": shown.protocol,
        }  # fmt: skip
        evidence = {**read.evidence, "protocol": shown.protocol}
        ends = f"{'ended' if days < 0 else 'ends'} on {read.last_day}, {_days(days)}"
        if why:
            says = f"the certificate of {self.options.tls} {why}; it is for {read.subject}, issued by {read.issuer}, "
            return Found(f"{says}and {ends}", values, evidence=evidence, verdict=Verdict.FAIL)
        says = f"the certificate of {self.options.tls}, issued by {read.issuer}, {ends}"
        return Found(says, values, evidence=evidence)


def _said(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else str(error)  # asyncio's own words name the address again


def _days(days: float) -> str:
    whole = int(abs(days))
    count = f"{whole} day{'' if whole == 1 else 's'}"
    return f"{count} ago" if days < 0 else f"in {count}"


def _trusting_anybody() -> ssl.SSLContext:
    """Return what reads a certificate that could not be verified; nothing else is ever done with it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
