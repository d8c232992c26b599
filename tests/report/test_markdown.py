from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt

from flightrules.report.data import ReportData
from flightrules.report.gathering import gather
from flightrules.report.markdown import to_markdown
from tests.report.a_release import RELEASE_ROW, entries
from tests.report.hostile import hostile_release


def test_the_report_of_a_release_that_was_called_back(data: ReportData) -> None:
    assert to_markdown(data) == (Path(__file__).parent / "expected.md").read_text()


def test_hostile_text_stays_text() -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(to_markdown(hostile_release()))
    for tag in ("<script", "<img", "<a ", "<h1>injected", "<em>"):
        assert tag not in rendered
    assert rendered.count("<h1>") == 1
    assert rendered.count("&lt;script&gt;alert(1)&lt;/script&gt; | *x* [a](javascript:x)") > 10


def test_what_is_not_known_is_said_to_be_not_known() -> None:
    text = to_markdown(gather(replace(RELEASE_ROW, ended_at=None, outcome=None), entries()[:15], ()))
    assert "The way back has not ended." in text
    assert "| drain | not known | until the requests in flight had ended |" in text
    assert "not observed" in text
    assert "| Outcome | not ended |" in text


def test_without_any_record_there_is_still_a_report() -> None:
    text = to_markdown(gather(RELEASE_ROW, (), ()))
    assert text.startswith("# shop: ")
    assert "## Stages" not in text and "## Timeline" not in text
