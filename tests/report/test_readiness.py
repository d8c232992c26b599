"""How ready a version is, as a person reads it: what is missing first, and nothing from outside as markup."""

from xml.etree import ElementTree

from flightrules.domain.agreed_score import AgreedScore
from flightrules.domain.check_results import CheckResult
from flightrules.domain.readiness import assess
from flightrules.domain.verdict import Verdict
from flightrules.report.readiness import Assessed, to_badge, to_html, to_markdown

HOSTILE = "<script>alert(1)</script> | [x](y)"
MISSING = CheckResult(HOSTILE, Verdict.FAIL, "7 found", 0.0)
PASSED = CheckResult("Tests pass", Verdict.PASS, "exit status 0", 0.0)
SEEN = Assessed("shop", "v2", assess({"code": [PASSED, MISSING]}, AgreedScore(90)), ["release-manager"])


def test_what_is_missing_comes_first_and_cannot_be_markup() -> None:
    text = to_markdown(SEEN)
    assert text.startswith("# shop: v2 is no-go, 50 of 100: 1 mandatory check does not pass\n\n## What is missing\n")
    assert "<script>" not in text.replace("\\<", "") and "\\<script>" in text


def test_the_page_needs_nothing_else_and_holds_every_check() -> None:
    page = to_html(SEEN)
    assert "<script>" not in page and "Tests pass" in page and "release-manager" in page
    assert 'http-equiv="Content-Security-Policy"' in page


def test_the_badge_is_a_picture_that_says_the_verdict() -> None:
    badge = ElementTree.fromstring(to_badge(SEEN))
    assert badge.attrib["aria-label"] == "readiness: 50 no-go"
