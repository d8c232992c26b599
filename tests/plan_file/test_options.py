"""Options of any adapter: its own pydantic model, the plan's grammar for times, the plan's words for mistakes."""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from flightrules.plan_file.nodes import Table, compose
from flightrules.plan_file.options import read_options
from flightrules.plan_file.problems import START, Notes
from flightrules.plan_file.values import Slot
from flightrules.plan_file.variables import Variables
from flightrules.ports.options import Duration, Secret, Size


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ping(Strict):
    every: Duration = 1.0
    path: str


class Socket(Strict):
    port: int


class Options(Strict):
    """Every shape that an adapter may declare."""

    words: str = ""
    wait: Annotated[Duration, Field(gt=0, description="How long to wait")] = 5.0
    rest: Duration | None = None
    room: Size = 1
    token: Secret | None = None
    headers: Mapping[str, Secret] = {}
    tags: list[str] = []
    waits: tuple[Duration, ...] = ()
    limits: dict[str, Size] = {}
    look: Ping | Socket | None = None
    pings: list[Ping] = []
    mode: Literal["fast", "slow"] = "fast"
    open: Literal[True] | None = None
    colour: Colour = Colour.RED
    share: float = Field(default=0.5, ge=0, le=1)
    count: int | str = 0
    keep: bool = False
    from_: str = Field(default="", alias="from")
    anything: Any = None

    @model_validator(mode="after")
    def _no_red_socket(self) -> "Options":
        if isinstance(self.look, Socket) and self.colour is Colour.RED:
            raise ValueError(f"a red socket on port {self.look.port} cannot be seen; write `colour: blue`")
        return self


def read(text: str) -> tuple[Options | None, str]:
    notes = Notes("p.yaml")
    node = compose(text, notes)
    assert isinstance(node, Table)
    options = read_options(
        Slot("target", node, notes, START), node, Options, Variables({"KEY": "hush-hush"}), ("kind",)
    )
    assert options is None or isinstance(options, Options)
    return options, "\n".join(str(problem) for problem in sorted(notes.problems))


@pytest.mark.parametrize(
    "text, field, value",
    [
        ("wait: 1m 30s", "wait", 90.0),
        ("rest: 250ms", "rest", 0.25),
        ("rest:", "rest", None),
        ("room: 512 KiB", "room", 524288),
        ("waits: [1s, 2m]", "waits", (1.0, 120.0)),
        ("limits: {a: 1 kB}", "limits", {"a": 1000}),
        ("token: ${KEY}", "token", SecretStr("hush-hush")),
        ("headers: {A: plain, B: '${KEY}!'}", "headers", {"A": SecretStr("plain"), "B": SecretStr("hush-hush!")}),
        ("words: yes", "words", "yes"),
        ("words: ''", "words", ""),
        ("words: 1.10", "words", "1.10"),
        ("tags: [1, no]", "tags", ["1", "no"]),
        ("look: {path: /, every: 2s}", "look", Ping(path="/", every=2.0)),
        ("pings: [{path: /a}, {path: /b, every: 1h}]", "pings", [Ping(path="/a"), Ping(path="/b", every=3600.0)]),
        ("mode: slow", "mode", "slow"),
        ("open: true", "open", True),
        ("colour: blue", "colour", Colour.BLUE),
        ("share: 0.25", "share", 0.25),
        ("keep: true", "keep", True),
        ("from: here", "from_", "here"),
        ("kind: local", "words", ""),
        ("anything: {a: [1, {b: c}]}", "anything", {"a": ["1", {"b": "c"}]}),
    ],
)
def test_an_option_becomes_what_the_adapter_declared(text: str, field: str, value: object) -> None:
    options, problems = read(text)
    assert (problems, getattr(options, field)) == ("", value)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("wait: 30", "p.yaml:1:7: `30` has no unit\n    write a duration with its unit, such as `48h`"),
        ("wait: 0s", "p.yaml:1:7: `wait` must be more than 0\n    wait: how long to wait"),
        ("wait:", "p.yaml:1:1: `wait` has no value\n    write one, or remove the key"),
        ("waits: [1s, 2 parsec]", "p.yaml:1:13: `2 parsec` is not a duration\n    write for example `48h`"),
        ("limits: {a: 1}", "p.yaml:1:13: `1` has no unit\n    write a size with its unit, such as `10 MB`"),
        ("token: hush", "p.yaml:1:8: `token` is a secret, and a plan is no place for one\n"
                        "    put it into .env beside the plan, and write `${NAME}` here"),
        ("words: {a: b}", "p.yaml:1:8: `words` takes text, not a mapping\n    words: see its reference"),
        ("look: {pth: /}", "p.yaml:1:8: `look` has no key `pth`\n    did you mean `path`?"),
        ("look: {every: 1s}", "p.yaml:1:1: `look` needs the key `path`\n    write `path: …`"),
        ("look: text", "p.yaml:1:7: `look` takes a mapping, not `text`\n    look: see its reference"),
        ("mode: quick", "p.yaml:1:7: `mode` must be `fast` or `slow`\n    mode: see its reference"),
        ("open: false", "p.yaml:1:7: `open` must be `true`\n    open: see its reference"),
        ("colour: grey", "p.yaml:1:9: `colour` must be `red` or `blue`\n    colour: see its reference"),
        ("share: 1.5", "p.yaml:1:8: `share` must be at most 1\n    share: see its reference"),
        ("share: half", "p.yaml:1:8: `share` takes a number, not `half`\n    share: see its reference"),
        ("keep: perhaps", "p.yaml:1:7: `keep` takes true or false, not `perhaps`\n"
                          "    keep: see its reference"),
        ("look: {port: 80}", "p.yaml:1:1: `target` cannot be carried out: a red socket on port 80 cannot be seen\n"
                             "    write `colour: blue`"),
        ("wait: ${KEY}", "p.yaml:1:7: what `${KEY}` stands for is no duration\n"
                         "    write for example `48h`, `1m 30s` or `2 days`"),
        ("share: ${KEY}", "p.yaml:1:8: `share` takes a number, not `${KEY}`\n"
                          "    share: see its reference"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_option_is_said_in_the_words_of_the_plan(text: str, problem: str) -> None:
    options, problems = read(text)
    assert options is None
    assert problems == problem
    assert "hush-hush" not in problems


def test_all_mistakes_are_found_at_once() -> None:
    _, problems = read("wait: 30\nshare: 2\nlook: {port: many}\nmod: fast\ntoken: abc\n")
    assert [problem.split(":")[1] for problem in problems.splitlines() if problem.startswith("p.yaml")] == list("12345")


def test_words_of_an_adapter_that_hold_a_secret_are_not_shown() -> None:
    class Picky(Strict):
        name: str

        @model_validator(mode="after")
        def _refuse(self) -> "Picky":
            raise ValueError(f"{self.name} is no name; write another")

    notes = Notes("p.yaml")
    node = compose("name: ${KEY}", notes)
    assert isinstance(node, Table)
    read_options(Slot("target", node, notes, START), node, Picky, Variables({"KEY": "hush-hush"}), ())
    assert [str(problem) for problem in notes.problems] == [
        "p.yaml:1:1: `target` cannot have this value\n    write another"
    ]
