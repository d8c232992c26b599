"""Looking at the certificate of a real TLS server, whatever is wrong with it, and at servers that have none."""

import asyncio
import re
import socket
import ssl
from pathlib import Path

import pytest

from flightrules.checks import tls
from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.testing.scenario import FakeCommands
from tests.checks.authority import Authority, served


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def asked(authority: Authority, server: str, within: float = 5.0, **options: object) -> Found:
    chosen = tls.Options(**{"tls": server, "ca": authority.file.name, **options})
    folder = authority.file.parent
    tools = Tools("tls", within, folder, folder / "evidence", "", "v2", FakeCommands(), SystemClock())
    return await tls.create(chosen, tools).look()


async def shown(authority: Authority, context: ssl.SSLContext, **options: object) -> tuple[Found, str]:
    async with served(context) as server:
        found = await asked(authority, server, **options)
    return found, re.sub(r"\d{4}-\d\d-\d\d", "DAY", found.says.replace(server, "HOST"))


async def test_a_good_certificate_says_how_long_it_lasts_and_whose_it_is(authority: Authority) -> None:
    found, says = await shown(authority, authority.certificate(days=90.5))
    assert says == "the certificate of HOST, issued by Harbour Trust, ends on DAY, in 90 days"
    assert found.verdict is None and found.values["days_left"] == pytest.approx(90.5, abs=0.02)
    assert (found.values["issuer"], found.values["subject"]) == ("Harbour Trust", "shop")
    assert found.values["protocol"] == "TLSv1.3"
    assert found.evidence["issuer"] == "O=Harbour Trust,CN=Harbour Root" and len(found.evidence["sha256"]) == 64


async def test_a_certificate_that_is_nearly_over_is_read_like_any_other(authority: Authority) -> None:
    found, says = await shown(authority, authority.certificate(days=1.5))
    assert says.endswith("ends on DAY, in 1 day") and found.values["days_left"] == pytest.approx(1.5, abs=0.02)


async def test_an_expired_certificate_has_failed_and_is_named(authority: Authority) -> None:
    found, says = await shown(authority, authority.certificate(days=-3.5))
    assert says == (
        "the certificate of HOST has expired; it is for shop, issued by Harbour Trust, and ended on DAY, 3 days ago"
    )
    assert found.verdict is Verdict.FAIL and found.values["days_left"] == pytest.approx(-3.5, abs=0.02)
    assert found.evidence["subject"] == "O=Shop,CN=shop"


async def test_a_certificate_for_another_name_has_failed(authority: Authority) -> None:
    found, says = await shown(authority, authority.certificate(), server_name="api.example")
    assert says.startswith("the certificate of HOST is not for the name api.example; it is for shop, issued by ")
    assert found.verdict is Verdict.FAIL
    found, says = await shown(authority, authority.certificate(host="192.0.2.1"))
    assert says.startswith("the certificate of HOST is not for the address 127.0.0.1; ")


async def test_the_name_that_it_must_be_for_can_be_given(authority: Authority) -> None:
    found, _ = await shown(authority, authority.certificate(host="192.0.2.1"), server_name="shop.example")
    assert found.verdict is None


async def test_an_authority_that_nobody_knows_has_failed(authority: Authority) -> None:
    found, says = await shown(authority, authority.certificate(), ca=None)
    assert says.startswith("the certificate of HOST leads to no authority that is trusted here: the authority is ")
    assert "it is for shop, issued by Harbour Trust, and ends on DAY" in says and found.verdict is Verdict.FAIL


async def test_a_certificate_that_signed_itself_has_failed(authority: Authority) -> None:
    found, says = await shown(authority, authority.self_signed())
    assert says.startswith("the certificate of HOST is signed by itself; it is for alone, issued by Alone, and ends")
    assert found.verdict is Verdict.FAIL


async def test_a_certificate_that_is_not_valid_yet_has_failed(authority: Authority) -> None:
    found, says = await shown(authority, authority.certificate(since=2))
    assert says.startswith("the certificate of HOST is not valid yet; ") and found.verdict is Verdict.FAIL


async def test_a_server_that_does_not_speak_tls_has_failed(authority: Authority) -> None:
    async with served(None, b"220 mail.example ESMTP\r\n") as server:
        found = await asked(authority, server)
    assert (found.says, found.verdict) == (f"{server} does not speak TLS", Verdict.FAIL)


ALERTS = {70: "speaks only versions of TLS that are too old", 112: "has no certificate for this name"}
"""What a server sends that ends the handshake for a known reason, by RFC 8446, 6.2."""


@pytest.mark.parametrize("alert", ALERTS)
async def test_a_server_that_ends_the_handshake_for_a_known_reason_has_failed(authority: Authority, alert: int) -> None:
    async with served(None, bytes([0x15, 3, 1, 0, 2, 2, alert])) as server:
        found = await asked(authority, server)
    assert (found.says, found.verdict) == (f"{server} {ALERTS[alert]}", Verdict.FAIL)


async def test_of_a_server_that_ends_the_handshake_for_another_reason_nobody_knows(authority: Authority) -> None:
    async with served(None, bytes([0x15, 3, 3, 0, 2, 2, 80])) as server:
        found = await asked(authority, server)
    assert found.says == f"{server} ended the handshake: tlsv1 alert internal error"
    assert found.verdict is Verdict.UNREACHABLE


async def test_of_a_server_that_hangs_in_the_handshake_nobody_knows(authority: Authority) -> None:
    async with served(None, hang=True) as server, asyncio.timeout(3):
        with pytest.raises(SourceUnreachable, match="took the connection, and did not end the handshake within 200ms"):
            await asked(authority, server, within=0.2)


async def test_of_a_server_that_closes_in_the_handshake_nobody_knows(authority: Authority) -> None:
    async with served(None) as server:
        with pytest.raises(SourceUnreachable, match="took the connection, and closed it in the handshake"):
            await asked(authority, server)


async def test_where_nobody_is_there_nobody_knows(authority: Authority) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = "{}:{}".format(*taken.getsockname())
        with pytest.raises(SourceUnreachable, match=f"^nobody answers at {server}: Connection refused$"):
            await asked(authority, server)
    with pytest.raises(SourceUnreachable, match=r"^nobody answers at a{99}: "):
        await asked(authority, "a" * 99)


async def test_without_the_file_of_the_authorities_nobody_knows(authority: Authority) -> None:
    with pytest.raises(SourceUnreachable, match=r"the file none.pem cannot be read: No such file"):
        await asked(authority, "127.0.0.1:1", ca="none.pem")
    authority.file.write_text("no certificate")
    with pytest.raises(SourceUnreachable, match=r"there is no certificate \(PEM\) in Harbour Trust.pem"):
        await asked(authority, "127.0.0.1:1")


@pytest.mark.parametrize(
    "text", ["https://shop.example", "shop.example:0", "shop.example:70000", "shop.example:", "a b"]
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no server; write its name and port, such as `shop\.example:443`"):
        tls.Options(tls=text)
