"""Every key of a plan: what it means, what can stand there, and what is understood but not carried out yet.

The one source of what is known: the reader refuses any other key, the JSON Schema is made from it, and the tests
hold the reference to it. The keys of checks, of databases and of what is agreed with people stand in files of their
own; the options of adapters are not here at all, each adapter declares its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from flightrules.adapters import CHECKS, DATABASES, METRIC_SOURCES, ROUTERS, TARGETS
from flightrules.plan_file.check_vocabulary import CHECKS_AND_USES, READINESS, VERIFICATION
from flightrules.plan_file.database_vocabulary import DATABASE
from flightrules.plan_file.people_vocabulary import APPROVAL, FREEZE, PHASE, SEVERITIES, SIGN_OFF
from flightrules.plan_file.shapes import AdapterOf, Form, Key, ListOf, MapOf, OneOrMany, Section


def _later(name: str, what: str) -> Key:
    return Key(name, Form.TEXT, what, later=what)


VERSION = Section(
    "the version",
    (
        Key(
            "from",
            Form.VERSION_FROM,
            "Where the version comes from: `git` (a ref of the repository) or `argument` (its name)",
            required=True,
        ),
    ),
)

TARGET = AdapterOf(TARGETS, "kind")
ROUTER = AdapterOf(ROUTERS, "kind")

SERVICE = Section(
    "a service",
    (
        Key("target", TARGET, "Where its versions run", required=True),
        Key("traffic", ROUTER, "What splits its traffic between versions", required=True),
        Key("stands_alone", Form.TRUTH, "Whether it can be taken back without the others; false if nothing is said"),
    ),
)

UNIT = Key("unit", Form.UNIT, "The unit of the values; needed where the source does not know it")

TRAFFIC_METRIC = Section(
    "a metric of the traffic",
    (
        Key("from", Form.NAME, "`router`", required=True),
        Key("over", Form.DURATION, "Over how long each look reads the traffic; 10s if nothing is said"),
        Key("enough", Form.COUNT, "With fewer requests than this, there is no reading; 20 if nothing is said"),
    ),
)

SOURCE = AdapterOf(METRIC_SOURCES, "from", (UNIT,), {"router": TRAFFIC_METRIC})

STAGE = Section(
    "a stage",
    (
        Key("stage", Form.NAME, "What the stage is called", required=True),
        Key("traffic", Form.SHARE, "The candidate's share of the traffic", required=True),
        Key("hold", Form.DURATION, "How long the stage stands", required=True),
        Key("look", OneOrMany(Form.LOOK), "When the metrics are looked at during the hold", required=True),
        Key("pass", OneOrMany(Form.CONDITION), "What must be true at the end of the hold", required=True),
        Key(
            "fail", Form.ACTION, "What is done if it is not: `roll back` (if nothing is said), `step back to`, `pause`"
        ),
    ),
)

RULE = Section(
    "a rule",
    (
        Key("if", Form.CONDITION, "The condition; looked at during the whole release", required=True),
        Key("then", Form.ACTION, "What is done when it comes true", required=True),
    ),
)

COMPARE = Section(
    "the comparison",
    (
        Key("false_alarm", Form.PERCENTAGE, "The chance that a healthy release is called back; 1% if nothing is said"),
        Key("tolerance", Form.PERCENTAGE, "Worse by this much is still called equal; 10% if nothing is said"),
        Key("limit", Form.PERCENTAGE, "The rate of errors that the candidate may not exceed, whatever stable does"),
        Key(
            "underpowered", Form.UNDERPOWERED, "What follows a hold with too little traffic; `go on` if nothing is said"
        ),
        Key("baseline", Form.DURATION, "How long stable is looked at alone before the first stage, at least"),
        Key("off", Form.TEXT, "Why candidate and stable are not compared"),
    ),
)

EXTERNAL = Section(
    "an external service",
    (
        Key("http", Form.TEXT, "Its address, or that of its status page", required=True),
        Key(
            "expect", OneOrMany(Form.EXPECTATION), "What must be true of the answer; `status = 200` if nothing is said"
        ),
        Key("within", Form.DURATION, "How long an answer may take; 5s if nothing is said"),
        Key("every", Form.DURATION, "How often it is asked at most; at every look if nothing is said"),
        Key("headers", MapOf(Form.TEXT), "Headers to send"),
        Key("bearer", Form.TEXT, "A token, sent as `Authorization: Bearer …`"),
        Key("follow", Form.TRUTH, "Whether redirects are followed; false if nothing is said"),
    ),
)

WATCH = Section(
    "the watch",
    (
        Key("for", Form.DURATION, "How long it lasts", required=True),
        Key("look", OneOrMany(Form.LOOK), "When the metrics are looked at during the watch", required=True),
        Key("pass", OneOrMany(Form.CONDITION), "What must be true over the whole watch at its end"),
        Key("report", OneOrMany(Form.REPORT), "When people are told how the candidate is doing"),
    ),
)

AFTERWARDS = Section(
    "what is due afterwards",
    (
        Key("report", Form.DURATION, "Within what time the report of a release is due"),
        Key("retrospective", Form.DURATION, "Within what time the retrospective is due"),
        Key("post_mortem", Form.DURATION, "Within what time the post-mortem of a release that went back is due"),
    ),
)

ROLLBACK = Section(
    "rollback",
    (
        Key("within", Form.DURATION, "How long a way back may take before people are woken; 15m if nothing is said"),
        Key(
            "verify",
            VERIFICATION,
            "What is asked of what serves after a way back; if nothing is said, what `verify` of the plan asks of it",
        ),
        Key(
            "monitor", Form.DURATION, "How long what serves is watched after a way back; not at all if nothing is said"
        ),
        Key("severities", SEVERITIES, "What was agreed about each severity"),
    ),
)

SHUTDOWN = Section(
    "shutdown",
    (
        Key("page", Form.TEXT, "What visitors read while the service is shut down"),
        Key("retry_after", Form.DURATION, "When they are asked to come back; 2m if nothing is said"),
    ),
)

DRILL_BOUNDS = Section(
    "the bounds of drills",
    tuple(
        Key(each, Form.DURATION, f"How long the way back of `flight drill {each}` may take")
        for each in ("code", "database", "service", "shutdown")
    ),
)

REHEARSAL = Section(
    "the rehearsal",
    (
        Key(
            "environment",
            Form.TEXT,
            "The file beside the plan from which a rehearsal takes every variable, such as `staging.env`",
            required=True,
        ),
        Key("load", Form.TEXT, "A shell line that sends traffic for as long as a rehearsal lasts"),
        Key(
            "bounds",
            DRILL_BOUNDS,
            "How long the ways back that are drilled may take; `rollback.within` if nothing is said, of a shutdown 1m",
        ),
    ),
)

PLAN = Section(
    "the plan",
    (
        Key("plan", Form.NAME, "What the plan is called", required=True),
        Key("version", VERSION, "What is released", required=True),
        Key("services", MapOf(SERVICE), "What runs versions; released in this order", required=True),
        Key("metrics", MapOf(SOURCE), "What is measured besides the traffic"),
        Key("external", MapOf(EXTERNAL), "What the plan depends on and does not run"),
        Key("gates", MapOf(CHECKS_AND_USES, {"readiness": READINESS}), "What must be true before anything is touched"),
        Key("approvals", ListOf(APPROVAL), "Who has to approve the release before anything is touched"),
        Key("databases", MapOf(DATABASE), "What is backed up and migrated before the candidate starts"),
        Key("freeze", ListOf(FREEZE), "When no release begins"),
        Key("schedule", MapOf(PHASE), "When the phases of a release begin, and how long they may take"),
        Key("time_zone", Form.ZONE, "The time zone of all days and clock times of the plan; UTC if nothing is said"),
        Key("stages", ListOf(STAGE), "How the traffic moves to the candidate", required=True),
        Key("rules", ListOf(RULE), "What stands during the whole release"),
        Key("compare", COMPARE, "On what terms candidate and stable are compared"),
        Key("verify", VERIFICATION, "What must be true when the candidate has all the traffic"),
        Key("watch", WATCH, "How long the candidate is watched, once it is in service, before the release is sealed"),
        Key("sign_offs", ListOf(SIGN_OFF), "What people sign during the watch"),
        Key("afterwards", AFTERWARDS, "What people owe once the release is over"),
        Key("rollback", ROLLBACK, "How the way back goes"),
        Key("shutdown", SHUTDOWN, "What visitors see while the service is shut down"),
        _later("notify", "choosing who is told how"),
        Key("rehearsal", REHEARSAL, "Where the plan is rehearsed"),
    ),
)

KINDS_LATER: Mapping[str, Mapping[str, str]] = {
    TARGETS: dict.fromkeys(("compose", "ssh", "kubernetes", "vercel", "script"), "this target"),
    ROUTERS: {},
    METRIC_SOURCES: {},
    DATABASES: {},
    CHECKS: {},
}
"""Kinds that the design has and that cannot be carried out yet, with what they would do."""
