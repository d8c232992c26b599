"""Every key of what is agreed with people, and what each means: who is asked, by when, and when nothing begins."""

from __future__ import annotations

from flightrules.domain.severities import LEVELS
from flightrules.plan_file.shapes import Form, Key, OneOrMany, Section, TextOr

APPROVAL = Section(
    "an approval",
    (
        Key("role", OneOrMany(Form.NAME), "The role, or the roles, that approve", required=True),
        Key("all", Form.TRUTH, "Whether each of the roles has to; any of them if nothing is said"),
        Key("of", Form.COUNT, "How many different people; 1 if nothing is said"),
        Key("not", Form.NAME, "`author`: nobody counts who wrote or began the release"),
        Key("within", Form.DURATION, "When the release ends because nobody answered; never if nothing is said"),
        Key("remind", Form.DURATION, "How often people are reminded; every 4h if nothing is said"),
    ),
)

PHASE = Section(
    "a phase",
    (
        Key("at", Form.CLOCK, "The clock time at which it begins at the earliest"),
        Key("budget", Form.DURATION, "How long it may take"),
        Key("overrun", Form.OVERRUN, "What happens when it takes longer; `warn` if nothing is said"),
    ),
)

FREEZE = Section(
    "a freeze",
    (
        Key("from", Form.WHEN, "When it begins; of one that recurs, the clock time"),
        Key("until", Form.WHEN, "When it ends, a day as a whole; of one that recurs, the clock time"),
        Key("every", OneOrMany(Form.WEEKDAY), "On which days of the week it recurs"),
        Key("reason", Form.TEXT, "Why nothing is released then", required=True),
        Key("override", Form.NAME, "The role that may release all the same; nobody if nothing is said"),
    ),
)

SIGN_OFF = Section(
    "a sign-off",
    (
        Key("after", Form.DURATION, "How long after the beginning of the watch it falls due", required=True),
        Key("role", OneOrMany(Form.NAME), "The role that signs, or several of which one does", required=True),
        Key("items", OneOrMany(Form.TEXT), "What is signed, each by itself", required=True),
        Key("remind", Form.DURATION, "How often people are reminded; every 1d if nothing is said"),
    ),
)

SEVERITY = Section(
    "a severity",
    (
        Key("watch", Form.DURATION, "For how long it is watched first; what gets better meanwhile is over"),
        Key("then", Form.DECISION, "What is done: `roll back`, `ask ROLE`, `fix forward` or `shut down`"),
        Key(
            "ask",
            OneOrMany(Form.NAME),
            "The role that is asked whether the release goes on, or several of which one is",
        ),
        Key("within", Form.DURATION, "When the question ends; 15m if nothing is said"),
        Key("otherwise", Form.DECISION, "What is done where nobody answered by then; `roll back` if nothing is said"),
        Key("remind", Form.DURATION, "How often people are reminded of the question; every 5m if nothing is said"),
    ),
)

SEVERITIES = Section(
    "the agreement on severities",
    tuple(Key(level, TextOr(Form.DECISION, SEVERITY), f"What follows {level}") for level in LEVELS),
)
