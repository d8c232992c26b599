from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt

from flightrules.report.data import ReportData
from flightrules.report.gathering import gather
from flightrules.report.markdown import to_markdown
from tests.report.a_release import HAPPENED, RELEASE_ROW, entries
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


def failed_with(*lines: str) -> ReportData:
    """The release, ended by a candidate that wrote these lines."""
    error = {"kind": "CandidateFailed", "what": "v3 cannot serve", "do": "", "details": {"log": list(lines)}}
    failure = (4.0, "step.failed", "flight", {"step": "start/web/candidate", "seconds": 1.0, "error": error})
    return gather(RELEASE_ROW, entries([*HAPPENED[:3], failure, *HAPPENED[-5:]]), ())


def test_the_last_lines_of_a_candidate_that_never_served_are_in_the_report() -> None:
    assert "\n    waiting for the database\n    no answer\n" in to_markdown(
        failed_with("waiting for the database", "no answer")
    )


def test_a_line_of_a_log_cannot_become_markup() -> None:
    text = to_markdown(failed_with("```", "<script>alert(1)</script>", "first\n# injected", "\x1b[2J"))
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "<script" not in rendered and "<h1>injected" not in rendered and "\x1b" not in rendered
    assert "<pre><code>```\n&lt;script&gt;alert(1)&lt;/script&gt;\nfirst # injected\n [2J\n</code></pre>" in rendered
