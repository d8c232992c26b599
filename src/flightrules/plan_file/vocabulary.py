"""Every key of a plan: what it means, what can stand there, and what is understood but not carried out yet.

The one source of what is known: the reader refuses any other key, the JSON Schema is made from it, and the tests
hold the reference to it. Options of adapters are not here; each adapter declares its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flightrules.adapters import CHECKS, DATABASES, METRIC_SOURCES, ROUTERS, TARGETS
from flightrules.domain.severities import LEVELS
from flightrules.plan_file.shapes import AdapterOf as AdapterOf
from flightrules.plan_file.shapes import CheckOf as CheckOf
from flightrules.plan_file.shapes import Form as Form
from flightrules.plan_file.shapes import Key as Key
from flightrules.plan_file.shapes import ListOf as ListOf
from flightrules.plan_file.shapes import MapOf as MapOf
from flightrules.plan_file.shapes import OneOrMany as OneOrMany
from flightrules.plan_file.shapes import PartOf as PartOf
from flightrules.plan_file.shapes import Section as Section
from flightrules.plan_file.shapes import TextOr as TextOr


def _later(name: str, what: str) -> Key:
    return Key(name, Form.TEXT, what, later=what)


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

DATA_CHECK = Section(
    "a check of the data",
    (
        Key("check", Form.TEXT, "What must be true, in words", required=True),
        Key("no_rows", Form.TEXT, "A query (SQL) that returns no row while it is true", required=True),
        Key("as_role", Form.NAME, "The role of the database as which it is asked: a test of row-level security"),
    ),
)

WAYS_BACK = Section(
    "what a way back does with the database",
    tuple(
        Key(each, Form.WAY, f"What it does after a migration that is {each}")
        for each in ("expand-only", "reversible", "unknown", "destructive")
    ),
)

DATABASE = AdapterOf(
    DATABASES,
    "kind",
    (
        Key("service", Form.NAME, "Whose versions bring the migrations; needed where the plan has several services"),
        Key(
            "allow",
            OneOrMany(Form.MIGRATION_CLASS),
            "Migrations that go by themselves, the others wait for `flight approve`; expand-only and reversible ones "
            "if nothing is said",
        ),
        Key("back", WAYS_BACK, "What a way back does with the database, by the class of the migration"),
        Key(
            "ask",
            Form.NAME,
            "The role that approves what does not go by itself, and every restore; anybody if nothing is said",
        ),
        Key("rehearse", Form.NAME, "`copy`: the migration and its undo run on a restored copy first"),
        Key(
            "checks",
            ListOf(DATA_CHECK),
            "What must be true of the data before and after a migration, and after a way back",
        ),
        Key(
            "rows",
            Form.ROWS,
            "`may not fall`: a migration that leaves a table with fewer rows than its backup has failed; `may fall` if "
            "nothing is said: then such tables are named",
        ),
        Key(
            "export",
            MapOf(Form.NAME),
            "By table, the column (a key, or a moment) by which rows written since the backup are told and exported",
        ),
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

READINESS = Section(
    "the readiness",
    (
        Key("at_least", Form.SCORE, "The score of 100 below which a release does not begin", required=True),
        Key("weights", MapOf(Form.WEIGHT), "What each gate counts; 1 for those that are not named"),
    ),
)

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

WATCH = Section(
    "the watch",
    (
        Key("for", Form.DURATION, "How long it lasts", required=True),
        Key("look", OneOrMany(Form.LOOK), "When the metrics are looked at during the watch", required=True),
        Key("pass", OneOrMany(Form.CONDITION), "What must be true over the whole watch at its end"),
        Key("report", OneOrMany(Form.REPORT), "When people are told how the candidate is doing"),
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
    METRIC_SOURCES: {"person": "asking people for numbers"},
    DATABASES: {},
    CHECKS: {},
}
"""Kinds that the design has and that cannot be carried out yet, with what they would do."""
