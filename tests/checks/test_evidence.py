"""Evidence in files and behind addresses: that it is there, how old it is, what it holds; and whatever is none."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from flightrules.checks import evidence
from flightrules.clocks.system import SystemClock
from flightrules.domain.check_results import judged
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.testing.scenario import FakeCommands
from tests.plan_file.plans import SMALL, read

DAY = 86_400.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "legal").mkdir()
    return tmp_path


def written(folder: Path, name: str, text: str = "signed by the board\n", age: float = 0.0) -> Path:
    file = folder / name
    file.write_text(text)
    when = SystemClock().now() - age
    os.utime(file, (when, when))
    return file


async def asked(folder: Path, where: str, **options: object) -> Found:
    tools = Tools("evidence", 5.0, folder, folder / "keep", "", "v2", FakeCommands(), SystemClock())
    return await evidence.create(evidence.Options(evidence=where, **options), tools).look()


async def test_a_file_is_recorded_with_its_hash_its_size_and_its_age(folder: Path) -> None:
    file = written(folder, "legal/policy.txt", age=3 * DAY)
    found = await asked(folder, "legal/policy.txt")
    assert found.says == "legal/policy.txt, 20 B, changed 3d ago" and found.verdict is None
    assert found.values == {"size": 20, "age": pytest.approx(3 * DAY, abs=5)}
    assert found.evidence == {
        "evidence": "legal/policy.txt",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "size": 20,
        "changed_at": pytest.approx(file.stat().st_mtime, abs=0.001),
    }


async def test_of_several_files_the_newest_counts(folder: Path) -> None:
    written(folder, "legal/2025.txt", "old", age=400 * DAY)
    written(folder, "legal/2026.txt", "new!", age=2 * DAY)
    (folder / "legal" / "drafts.txt").mkdir()
    found = await asked(folder, "legal/*.txt")
    assert found.says == "legal/2026.txt (the newest of 2), 4 B, changed 2d ago"


async def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    written(folder, "legal/[signed].txt")
    assert (await asked(folder, "legal/[signed].txt")).verdict is None


async def test_a_file_elsewhere_is_called_by_its_whole_name(folder: Path) -> None:
    file = written(folder, "policy.txt")
    for where in (str(file), str(folder / "*.txt")):
        assert (await asked(folder / "legal", where)).says.startswith(f"{file}, 20 B, ")


@pytest.mark.parametrize("where, says", [
    ("legal/none.txt", "there is no file legal/none.txt"),
    ("legal/*.pdf", "there is no file legal/*.pdf"),
    ("legal", "legal is a folder; name a file in it"),
    ("lost", "lost is a link that leads nowhere"),
    ("itself", "itself is a link that leads nowhere"),
    ("pipe", "pipe is no file"),
    ("empty", "empty is empty"),
    ("policy.txt/more", "there is no file policy.txt/more"),
])  # fmt: skip
async def test_what_proves_nothing_has_failed(folder: Path, where: str, says: str) -> None:
    (folder / "lost").symlink_to("nowhere")
    (folder / "itself").symlink_to("itself")
    os.mkfifo(folder / "pipe")
    written(folder, "empty", "")
    written(folder, "policy.txt")
    found = await asked(folder, where)
    assert (found.says, found.verdict) == (says, Verdict.FAIL)


async def test_of_a_file_that_cannot_be_looked_for_nobody_knows(folder: Path) -> None:
    with pytest.raises(SourceUnreachable, match="cannot be read: File name too long"):
        await asked(folder, "a" * 300)


async def test_of_a_file_that_is_too_large_nobody_knows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "LARGEST", 10)
    written(folder, "large")
    with pytest.raises(SourceUnreachable, match=r"^large has more than the 10 B that are read$"):
        await asked(folder, "large")


async def test_a_time_in_the_future_is_no_age(folder: Path) -> None:
    written(folder, "soon", age=-2 * DAY)
    found = await asked(folder, "soon")
    assert "age" not in found.values and found.says.startswith("soon, 20 B, was changed ")
    assert found.says.endswith(" from now, which cannot be")
    written(folder, "skewed", age=-5)
    assert (await asked(folder, "skewed")).values["age"] == 0


async def test_what_it_must_contain_is_looked_for(folder: Path) -> None:
    written(folder, "audit.txt", "Audit 2026\nresult: passed\n")
    assert (await asked(folder, "audit.txt", contains="^result: passed$")).verdict is None
    found = await asked(folder, "audit.txt", contains="^result: failed$")
    assert found.says.endswith(", does not contain ^result: failed$") and found.verdict is Verdict.FAIL
    assert found.evidence["size"] == 26


async def test_what_is_too_long_to_be_looked_into_is_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "LOOKED_INTO", 10)
    written(folder, "audit.txt")
    with pytest.raises(SourceUnreachable, match=r"^audit\.txt has more than the 10 B that are looked into$"):
        await asked(folder, "audit.txt", contains="signed")


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A web server with evidence, and with much that is none."""

    async def answer(request: web.Request) -> web.Response:
        match request.path:
            case "/policy":
                return web.Response(text="agreed", headers={"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"})
            case "/undated":
                return web.Response(text="agreed")
            case "/login":
                return web.Response(status=302, headers={"Location": "/enter"})
            case "/private" if request.headers.get("Authorization") == "Bearer s3cret":
                return web.Response(text="agreed")
            case "/private":
                return web.Response(status=401)
            case "/broken":
                return web.Response(status=503)
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        await runner.cleanup()


async def test_an_address_says_when_it_was_changed(folder: Path, site: str) -> None:
    found = await asked(folder, f"{site}/policy")
    assert found.values["age"] > 30 * 365 * DAY and found.values["size"] == 6
    assert found.evidence["sha256"] == hashlib.sha256(b"agreed").hexdigest()


async def test_an_address_that_does_not_say_when_has_no_age(folder: Path, site: str) -> None:
    found = await asked(folder, f"{site}/undated")
    assert found.says == f"{site}/undated, 6 B, does not say when it was changed" and "age" not in found.values


async def test_an_address_with_nothing_has_failed(folder: Path, site: str) -> None:
    found = await asked(folder, f"{site}/none")
    assert (found.says, found.verdict) == (f"there is nothing at {site}/none (status 404)", Verdict.FAIL)


@pytest.mark.parametrize("path, why", [
    ("/login", "leads on to /enter; write that address"),
    ("/private", "answered 401"),
    ("/broken", "answered 503"),
])  # fmt: skip
async def test_of_what_an_address_does_not_give_nobody_knows(folder: Path, site: str, path: str, why: str) -> None:
    with pytest.raises(SourceUnreachable) as unknown:
        await asked(folder, f"{site}{path}")
    assert unknown.value.what == f"{site}{path} {why}"


async def test_a_token_opens_what_is_private_and_is_never_shown(folder: Path, site: str) -> None:
    found = await asked(folder, f"{site}/private", bearer="s3cret")
    assert found.values["size"] == 6 and "s3cret" not in repr(found)


async def test_of_an_address_that_does_not_answer_nobody_knows(folder: Path) -> None:
    with pytest.raises(SourceUnreachable, match=r"^http://127\.0\.0\.1:1/ cannot be read: "):
        await asked(folder, "http://127.0.0.1:1/")


@pytest.mark.parametrize("where", ["ftp://example.com/x", "file:///etc/passwd"])
def test_an_address_that_cannot_be_read_is_refused(where: str) -> None:
    with pytest.raises(ValueError, match="is no address that can be read; write one that begins with `https://`"):
        evidence.Options(evidence=where)


async def test_an_age_that_is_too_high_is_told_as_a_time(folder: Path) -> None:
    written(folder, "audit.txt", age=40 * DAY)
    (check,) = read(
        SMALL + "verify: [{check: Audited, evidence: audit.txt, expect: [age < 30 days, size < 10 B]}]\n"
    ).verify
    values = {**(await asked(folder, "audit.txt")).values, "age": 40 * DAY}
    assert judged(check.expects, values) == (
        Verdict.FAIL, ("age is 40d, expected age < 30 days", "size is 20 B, expected size < 10 B"),
    )  # fmt: skip


async def test_an_expression_that_takes_for_ever_is_unreachable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_slow(*_: object) -> bool:
        raise evidence.TooSlow

    monkeypatch.setattr(evidence, "is_found", too_slow)
    written(folder, "report.txt")
    with pytest.raises(SourceUnreachable, match=r"report.txt could not be looked through for \(a\+\)\+\$ within 20s"):
        await asked(folder, "report.txt", contains="(a+)+$")
