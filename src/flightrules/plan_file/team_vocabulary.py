"""Every key of the team file and what it means, as `vocabulary` has those of a plan."""

from __future__ import annotations

from flightrules.plan_file.shapes import Form, Key, ListOf, MapOf, OneOrMany, Section

PERSON = Section(
    "a person",
    (
        Key("name", Form.TEXT, "How they are called"),
        Key("login", Form.TEXT, "The operating-system user as whom they answer; the key if nothing is said"),
        Key("email", Form.TEXT, "Their mail address, by which commits are known as theirs too"),
        Key("phone", Form.TEXT, "Their telephone number"),
        Key("slack", Form.TEXT, "Their name in Slack"),
    ),
)

TURN = Section(
    "a turn",
    (
        Key("role", Form.NAME, "As what somebody is on call", required=True),
        Key("who", OneOrMany(Form.NAME), "Who is on call, of those who have the role", required=True),
        Key("from", Form.WHEN, "When it begins; of one that recurs, the clock time"),
        Key("until", Form.WHEN, "When it ends, a day as a whole; of one that recurs, the clock time"),
        Key("every", OneOrMany(Form.WEEKDAY), "On which days of the week it recurs"),
    ),
)

TEAM = Section(
    "the team",
    (
        Key("people", MapOf(PERSON), "Who is there", required=True),
        Key("roles", MapOf(OneOrMany(Form.NAME)), "Who has which role", required=True),
        Key("on_call", ListOf(TURN), "Who is on call when"),
    ),
)
"""The file `team.yaml` beside a plan."""
