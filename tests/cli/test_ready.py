"""`flight ready` and `flight sign`, as a person types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flightrules.actions import who
from flightrules.cli.main import app
from tests.plan_file.plans import SMALL

GATES = """\
gates:
  code:
    - {check: Unit tests pass, run: 'true'}
  legal:
    - {check: Privacy policy updated, sign_off: legal}
  readiness: {at_least: 90}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flight.yaml").write_text(SMALL.replace("./serve", "python3 serve.py") + GATES)
    (tmp_path / "team.yaml").write_text(f"people: {{me: {{login: {who()}}}, lea: {{}}}}\nroles: {{legal: [me, lea]}}\n")
    (tmp_path / "versions" / "v1").mkdir(parents=True)
    (tmp_path / "versions" / "v1" / "serve.py").write_text("")
    return tmp_path


def run(*words: str):
    return CliRunner().invoke(app, list(words))


def test_what_is_missing_is_said_and_a_signature_makes_it_a_go(folder: Path) -> None:
    before = run("ready", "v1")
    assert before.exit_code == 6
    assert "shop: v1 is no-go, 50 of 100: 1 mandatory check does not pass" in before.output
    signed = run("sign", "privacy policy updated", "--version", "v1", "--comment", "version 12")
    assert (signed.exit_code, signed.output.startswith("signed for v1 (")) == (0, True)
    after = run("ready", "v1", "--json")
    assert after.exit_code == 0
    told = json.loads(after.stdout)
    assert (told["score"], told["go"], told["exit_status"]) == (100.0, True, 0)


def test_another_content_is_another_digest_and_needs_another_signature(folder: Path) -> None:
    run("sign", "Privacy policy updated", "--version", "v1")
    (folder / "versions" / "v1" / "serve.py").write_text("print('changed')")
    told = json.loads(run("ready", "v1", "--json").stdout)
    assert told["blocking"][0]["says"].endswith("signed it for another version")


def test_who_has_not_the_role_cannot_sign_and_reads_who_can(folder: Path) -> None:
    (folder / "team.yaml").write_text("people: {lea: {name: Lea Kurz}}\nroles: {legal: lea}\n")
    refused = run("sign", "Privacy policy updated", "--version", "v1")
    assert refused.exit_code == 4
    assert f"{who()} is not legal in team.yaml" in refused.output and "who can: legal: lea" in refused.output


def test_what_nobody_signs_is_not_there(folder: Path) -> None:
    assert "Did you mean Privacy policy updated?" in run("sign", "Privacy polcy updated", "--version", "v1").output


def test_a_plan_without_gates_says_so(folder: Path) -> None:
    (folder / "flight.yaml").write_text(SMALL)
    assert "the plan has no gates" in run("ready", "v1").output


def test_a_secret_in_a_check_is_shown_nowhere(folder: Path) -> None:
    (folder / ".env").write_text("TOKEN=hush-hush-7\n")
    plan = (folder / "flight.yaml").read_text()
    asks = "{check: Partner answers, http: 'http://127.0.0.1:1/?token=${TOKEN}'}"
    (folder / "flight.yaml").write_text(plan.replace("    - {check: Unit", f"    - {asks}\n    - {{check: Unit"))
    told = run("ready", "v1", "--html", "ready.html", "--markdown", "ready.md")
    shown = [told.output, (folder / "ready.html").read_text(), (folder / "ready.md").read_text()]
    assert all("Partner answers" in text and "hush-hush-7" not in text for text in shown)
    assert "token=***" in told.output


def test_a_variable_without_a_value_is_said_in_one_line(folder: Path) -> None:
    plan = (folder / "flight.yaml").read_text()
    (folder / "flight.yaml").write_text(plan.replace("run: 'true'", "run: 'echo ${NOT_SET}'"))
    refused = run("ready", "v1")
    assert refused.exit_code == 2 and "NOT_SET" in refused.output and "defect" not in refused.output
