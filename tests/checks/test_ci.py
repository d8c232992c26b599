"""What continuous integration says about a commit: asked of a server that answers as the API of GitHub does."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from flightrules.checks import _github, ci
from flightrules.domain.check_results import judged
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.scenario import FakeCommands
from tests.plan_file.plans import SMALL, read

COMMIT = "1a2b3c4d" * 5
TOKEN = "ghp_correct-horse"


class Api:
    """The two lists of a repository, a page at a time; `refuses` answers instead where it is set."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.refuses: Callable[[], web.Response] | None = None
        self.next_page = ""
        self.url = ""

    def ran(self, *names: str, status: str = "completed", conclusion: str | None = "success") -> None:
        self.runs += [{"name": name, "status": status, "conclusion": conclusion} for name in names]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.tokens.add(request.headers.get("Authorization"))
        if self.refuses is not None:
            return self.refuses()
        if request.path == f"/repos/acme/shop/commits/{COMMIT}/check-runs":
            assert request.query["filter"] == "latest"
            return self._page(request, "check_runs", self.runs)
        if request.path == f"/repos/acme/shop/commits/{COMMIT}/status":
            return self._page(request, "statuses", self.statuses)
        if request.path.startswith("/repos/acme/shop/"):
            return web.json_response({"message": "No commit found for SHA"}, status=422)
        return web.json_response({"message": "Not Found"}, status=404)

    def _page(self, request: web.Request, key: str, whole: list[dict[str, Any]]) -> web.Response:
        page, size = int(request.query.get("page", "1")), int(request.query["per_page"])
        headers = {}
        if page * size < len(whole):
            following = self.next_page or str(request.url.update_query(page=page + 1))
            headers["Link"] = f'<{request.url}>; rel="prev", <{following}>; rel="next"'
        said = {"total_count": len(whole), key: whole[(page - 1) * size : page * size]}
        return web.json_response(said, headers=headers)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    served = Api()
    app = web.Application()
    app.router.add_get("/{path:.*}", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        served.url = "http://{}:{}".format(*runner.addresses[0])
        yield served
    finally:
        await runner.cleanup()


async def asked(api: Api, commit: str = COMMIT, **options: object) -> Found:
    chosen = ci.Options(**{"ci": "acme/shop", "api": api.url, **options})
    tools = Tools("ci", 5.0, Path(), Path("evidence"), "", "v2", FakeCommands(), FakeClock(), commit=commit)
    return await ci.create(chosen, tools).look()


async def refusal(api: Api, **options: object) -> str:
    with pytest.raises(SourceUnreachable) as unknown:
        await asked(api, **options)
    return unknown.value.what.replace(api.url, "API")


async def test_check_runs_and_statuses_count_alike(api: Api) -> None:
    api.ran("unit", "lint")
    api.ran("docs", conclusion="skipped")
    api.statuses.append({"context": "ci/legacy", "state": "success"})
    found = await asked(api)
    assert (found.says, found.verdict) == ("4 of 4 checks of 1a2b3c4 passed", None)
    assert found.values == {"passed": 4, "failed": 0, "pending": 0, "total": 4}
    assert found.evidence["commit"] == COMMIT


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out", "action_required", "stale", None, "new"])
async def test_a_run_that_ended_in_any_other_way_has_failed(api: Api, conclusion: str | None) -> None:
    api.ran("unit")
    api.ran("e2e", conclusion=conclusion)
    found = await asked(api)
    assert found.says == "1 of 2 checks of 1a2b3c4 passed; failed: e2e" and found.values["failed"] == 1


async def test_what_still_runs_is_pending_and_what_failed_is_named_up_to_five(api: Api) -> None:
    api.ran("deploy", status="in_progress", conclusion=None)
    api.ran(*"abcdefg", conclusion="failure")
    api.statuses += [{"context": "old", "state": "pending"}, {"context": "older", "state": "error"}]
    found = await asked(api)
    assert found.says == (
        "0 of 10 checks of 1a2b3c4 passed; failed: a, b, c, d, e and 3 more; still pending: deploy, old"
    )


async def test_a_check_that_must_be_there_and_is_not_has_failed(api: Api) -> None:
    api.ran("unit")
    found = await asked(api, checks=("unit", "e2e"))
    assert (found.says, found.verdict) == ("1 of 1 checks of 1a2b3c4 passed; not there: e2e", Verdict.FAIL)
    assert (await asked(api, checks=("unit",))).verdict is None


async def test_a_commit_that_nothing_checked_has_not_passed(api: Api) -> None:
    found = await asked(api)
    assert found.says == "nothing checked 1a2b3c4 in acme/shop"
    (check,) = read(SMALL + "verify: [{check: Green, ci: acme/shop, commit: main}]\n").verify
    assert judged(check.expects, found.values)[0] is Verdict.FAIL
    assert judged(check.expects, {"failed": 0, "pending": 0, "total": 1})[0] is Verdict.PASS
    assert judged(check.expects, {"failed": 0, "pending": 1, "total": 2})[0] is Verdict.FAIL


async def test_every_page_is_read(api: Api) -> None:
    api.ran(*(f"shard {number}" for number in range(250)))
    api.runs[249]["conclusion"] = "failure"
    found = await asked(api)
    assert found.says == "249 of 250 checks of 1a2b3c4 passed; failed: shard 249"


async def test_more_pages_than_are_read_are_not_guessed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_github, "PAGES", 2)
    api.ran(*(f"shard {number}" for number in range(250)))
    assert await refusal(api) == "acme/shop has more than the 200 outcomes of a commit that are read"


async def test_a_next_page_elsewhere_never_gets_the_token(api: Api) -> None:
    api.ran(*(f"shard {number}" for number in range(101)))
    api.next_page = "http://127.0.0.1:1/steal"
    words = await refusal(api, token=TOKEN)
    assert words == "API leads on to http://127.0.0.1:1/steal, which must not get its token"


async def test_the_token_is_sent_and_never_shown(api: Api) -> None:
    api.ran("unit")
    found = await asked(api, token=TOKEN)
    assert api.tokens == {f"Bearer {TOKEN}"} and TOKEN not in repr(found)


async def test_another_commit_can_be_named(api: Api) -> None:
    found = await asked(api, commit="", **{"ci": "acme/shop"})
    assert found.says == (
        "the versions of this plan are no commits, so nobody knows which one to ask for; name it in `commit`"
    )
    assert found.verdict is Verdict.UNREACHABLE and api.asked == []
    chosen = ci.Options(ci="acme/shop", api=api.url, commit="release/7")
    tools = Tools("ci", 5.0, Path(), Path(), "", "v2", FakeCommands(), FakeClock(), commit=COMMIT)
    found = await ci.create(chosen, tools).look()
    assert (found.says, found.verdict) == ("acme/shop has no commit release/7; was it pushed?", Verdict.FAIL)
    assert api.asked == ["/repos/acme/shop/commits/release/7/check-runs"]


@pytest.mark.parametrize("status, headers, words", [
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{reset}"}, "until {at} UTC, in 12m (403)"),
    (429, {"Retry-After": "90"}, "until {soon} UTC, in 1m 30s (429)"),
    (403, {"Retry-After": "90"}, "until {soon} UTC, in 1m 30s (403)"),
    (429, {}, "(429)"),
])  # fmt: skip
async def test_a_limit_of_requests_says_when_it_ends(
    api: Api, status: int, headers: dict[str, str], words: str
) -> None:
    now = FakeClock().now()
    reset = {name: value.format(reset=int(now) + 720) for name, value in headers.items()}
    at, soon = (f"{datetime.fromtimestamp(now + wait, UTC):%H:%M:%S}" for wait in (720, 90))
    api.refuses = lambda: web.json_response({"message": "API rate limit exceeded"}, status=status, headers=reset)
    assert await refusal(api) == f"API takes no more requests {words.format(at=at, soon=soon)}"


@pytest.mark.parametrize("status, token, words", [
    (401, TOKEN, "API does not accept the token (401)"),
    (403, TOKEN, "API does not let this token read the checks of acme/shop (403)"),
    (403, None, "API does not let anybody read the checks of acme/shop without a token (403)"),
    (404, TOKEN, "API has no repository acme/shop that this token may see (404)"),
    (404, None, "API has no repository acme/shop that anybody may see (404)"),
    (502, None, "API answered with an error (502)"),
])  # fmt: skip
async def test_a_refusal_is_said_in_words(api: Api, status: int, token: str | None, words: str) -> None:
    api.refuses = lambda: web.json_response({"message": "no"}, status=status)
    assert await refusal(api, token=token) == words


@pytest.mark.parametrize("text", ["<html>", "[]", '{"check_runs": 3}', '{"check_runs": [3]}', '{"check_runs": [{}]}'])
async def test_what_is_no_list_of_checks_is_said_to_be_none(api: Api, text: str) -> None:
    said = text if not text.startswith("{") else json.dumps({**json.loads(text), "statuses": []})
    api.refuses = lambda: web.Response(text=said, content_type="application/json")
    assert await refusal(api) == "API answered something that is no list of checks"


async def test_of_an_api_that_does_not_answer_nobody_knows() -> None:
    gone = Api()
    gone.url = "http://127.0.0.1:1"
    assert (await refusal(gone)).startswith("API got no answer: ")
