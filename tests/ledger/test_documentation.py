from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from flightrules.domain.events import Event
from flightrules.ledger.ledger import Ledger

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "ledger.md"


def verify_as_documented(folder: Path, lines: list[str]) -> subprocess.CompletedProcess[str]:
    (folder / "ledger.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    return subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True, text=True)


def exported(ledger: Ledger) -> list[str]:
    for number in range(5):
        ledger.append(Event("step.ended", f"r{number % 2}", {"größe": 1e-7, "text": 'ä "\x01', "n": [number, None]}))
    return [json.dumps(event) for event in ledger.export()]


def test_a_third_party_can_verify_an_export_with_the_lines_of_the_reference(ledger: Ledger, tmp_path: Path) -> None:
    verified = verify_as_documented(tmp_path, exported(ledger))
    assert verified.stdout == f"5 entries are in order; the last hash is {ledger.head()[1]}\n", verified.stderr


def test_the_lines_of_the_reference_find_a_change_and_a_gap(ledger: Ledger, tmp_path: Path) -> None:
    lines = exported(ledger)
    changed = [*lines[:2], lines[2].replace("step.ended", "step.failed"), *lines[3:]]
    assert "entry 3 was changed" in verify_as_documented(tmp_path, changed).stderr
    assert "something is missing before 4" in verify_as_documented(tmp_path, [*lines[:2], *lines[3:]]).stderr


def test_every_kind_of_event_that_is_told_in_words_is_documented() -> None:
    from flightrules.views import wording

    text = REFERENCE.read_text(encoding="utf-8")
    assert [kind for kind in wording._SAY if f"`{kind}`" not in text] == []
