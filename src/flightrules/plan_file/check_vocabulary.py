"""Every key of a check, of what is taken in from the catalogue, and of the readiness, and what each means."""

from __future__ import annotations

from dataclasses import replace

from flightrules.adapters import CHECKS
from flightrules.plan_file.shapes import CheckOf, Form, Key, ListOf, MapOf, OneOrMany, PartOf, Section

WAIVER = Section(
    "a waiver",
    (
        Key("by", Form.TEXT, "Who answers for it", required=True),
        Key("until", Form.DAY, "The last day on which it counts", required=True),
        Key("why", Form.TEXT, "Why the release may go on without it", required=True),
    ),
)

CHECK = CheckOf(
    CHECKS,
    (
        Key("check", Form.TEXT, "What must be true, in words", required=True),
        Key(
            "expect",
            OneOrMany(Form.EXPECTATION),
            "What must be true of the values that it finds; what is usual for its kind if nothing is said",
        ),
        Key("within", Form.DURATION, "How long it may take; what is usual for its kind if nothing is said"),
        Key("service", Form.NAME, "Which service is asked; needed where the plan has several"),
        Key("mandatory", Form.TRUTH, "Whether the release stops when it does not pass; true if nothing is said"),
        Key("not_applicable", Form.TEXT, "Why it need not be asked in this project"),
        Key("waived", WAIVER, "Who answers for going on without it, and until when"),
    ),
)

USE = Section(
    "what is taken in from the catalogue",
    (
        Key("use", OneOrMany(Form.NAME), "The sections of the catalogue whose checks are taken in", required=True),
        Key("with", MapOf(OneOrMany(Form.PARAMETER)), "The parameters of these sections"),
        Key("but", MapOf(PartOf(CHECK)), "What is different here: keys of single checks, by their names there"),
    ),
)

CHECKS_AND_USES = ListOf(replace(CHECK, instead=USE))

COMPREHENSIVE = "comprehensive"
"""The word in a verification that stands for everything that is known to be asked without being said."""

VERIFICATION = replace(CHECKS_AND_USES, word=COMPREHENSIVE)

READINESS = Section(
    "the readiness",
    (
        Key("at_least", Form.SCORE, "The score of 100 below which a release does not begin", required=True),
        Key("weights", MapOf(Form.WEIGHT), "What each gate counts; 1 for those that are not named"),
    ),
)
