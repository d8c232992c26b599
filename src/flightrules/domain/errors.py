"""What can go wrong in a release, each with what happened and what to do next.

Every error here is data as much as an exception: a step of the release records it and raises the same
error again after a crash, so each is rebuilt from its `kind`, its message and its details alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class FlightError(Exception):
    """Something went wrong that a person can act on.

    `what` says what happened, `do` what to do next; both are shown to the user as they are.
    """

    def __init__(self, what: str, do: str = "", **details: Any) -> None:
        super().__init__(what)
        self.what = what
        self.do = do
        self.details: Mapping[str, Any] = details

    @property
    def kind(self) -> str:
        """The name under which the error is recorded."""
        return type(self).__name__


class NotHealthy(FlightError):
    """A version was asked to serve and is not healthy; `details["log"]` holds its last lines."""


class BuildFailed(FlightError):
    """A version could not be built; `details["log"]` holds the last lines of the build."""


class UnknownVersion(FlightError):
    """The version that was asked for does not exist."""


class RouterUnreachable(FlightError):
    """The router did not confirm what it was told; traffic is as it was before."""


class Fenced(FlightError):
    """Somebody else holds the lease by now; this process must not touch anything more."""


class SourceUnreachable(FlightError):
    """A metric source did not answer, or answered something that is no measurement."""


class ProcessFailed(FlightError):
    """A process could not be started, or ended when it should not have."""


class StateUnusable(FlightError):
    """The folder with the state of the releases cannot be used."""


class NotRecordable(FlightError):
    """The ledger was handed something that it must not or cannot keep."""


class VariableNotSet(FlightError):
    """A way back needs a variable of the plan that has no value here; nothing is done with a guess in its place."""


class ReturnRefused(FlightError):
    """A return to an earlier version cannot begin here; nothing was touched."""


class LedgerBroken(FlightError):
    """Somebody changed the ledger from outside; nothing new is begun on it unless a person agrees."""


class StateBusy(FlightError):
    """Another process drives releases from this state."""


class NotSupportedYet(FlightError):
    """The plan asks for something that this version cannot carry out."""


class GateFailed(FlightError):
    """A gate did not open; nothing was changed."""


class Frozen(FlightError):
    """A freeze is on, in which no release begins; nothing was touched."""


class CandidateFailed(FlightError):
    """The candidate could not be built or did not become healthy; no traffic ever reached it."""


class Unexpected(FlightError):
    """Something went wrong that no rule names; the release holds, traffic stays as it is."""


class StageFailed(FlightError):
    """A stage ended without passing; `details["action"]` says what the plan does about it."""


class VerificationFailed(FlightError):
    """A check after the rollout failed."""


class WatchFailed(FlightError):
    """The release was watched in service, and somebody decided that what was found there takes it back."""


class NotVerified(FlightError):
    """A check after the rollout could not look, so nobody knows; the release holds."""


class NobodyAnswered(FlightError):
    """A question that people were asked ended without an answer."""


class ApprovalRefused(FlightError):
    """Somebody rejected the release before anything was touched, or nobody answered in time."""


class RuleFired(FlightError):
    """A rule of the plan calls the release back."""


class DatabaseUnusable(FlightError):
    """A database, its tools or the place for its backups cannot be used; nothing was touched."""


class DatabaseFailed(FlightError):
    """A backup, a restore or a switch of a database failed; the plan's database is as it was."""


class BackupUnusable(FlightError):
    """A backup is not what was written, or did not prove to hold what the database held."""


class MigrationFailed(FlightError):
    """The team's migration tool failed; `details["log"]` has its last lines, `details["revision"]` what is in force.

    `details["cut_off"]`: it was ended from outside, so it did not say itself how far it had come.
    """


class MigrationRefused(FlightError):
    """A migration cannot begin; the database was not touched."""


class RestoreNotDone(FlightError):
    """A database was not restored on the way back, though that was agreed; it is as it was before the attempt."""


class ContractFailed(FlightError):
    """What only the old version used could not be removed; the release holds, since nothing goes back any more."""


class Aborted(FlightError):
    """A person called the release back."""


class ShutDown(FlightError):
    """A person, or a rule, asked for the emergency shutdown."""


class NoWayBack(FlightError):
    """It is not safe to go back now; the release holds and people are told why."""


RECORDED: Mapping[str, type[FlightError]] = {
    name: error for name, error in globals().items() if isinstance(error, type) and issubclass(error, FlightError)
}
"""Every error of this module, by the name under which it is recorded: none may come back as another."""


def to_record(error: FlightError) -> dict[str, Any]:
    """Return `error` as JSON-ready data."""
    return {"kind": error.kind, "what": error.what, "do": error.do, "details": dict(error.details)}


def from_record(record: Mapping[str, Any]) -> FlightError:
    """Rebuild the error that `to_record` wrote; an unknown kind becomes a plain `FlightError`."""
    return RECORDED.get(record["kind"], FlightError)(record["what"], record["do"], **record["details"])
