"""Plans of the stories: the words of a real one, with holds of seconds."""

from typing import Any

Json = dict[str, Any]

LOOK = "every 500ms"
"""How often a story's release looks."""


def stage(name: str, percent: float, hold: str = "2s", **more: Any) -> Json:
    return {"stage": name, "traffic": f"{percent:g}%", "hold": hold, "look": LOOK, "pass": "error_rate < 1%", **more}


STAGES = (stage("canary", 20), stage("full", 100))
UNTIL_ASKED = (stage("canary", 20, hold="10m"), stage("full", 100, hold="10m"))
"""Stages for stories in which a person acts: however slow the machine is, the person comes in time."""

ROLL_BACK_AT_ONCE = ({"if": "error_rate > 50%", "then": "roll back"},)


def service(address: str, **more: Any) -> Json:
    """A service that runs the shop; `more` goes to its target, but for `drain` and `stands_alone`."""
    traffic = {"kind": "envoy", "listen": address, "drain": more.pop("drain", "2s")}
    alone = {"stands_alone": True} if more.pop("stands_alone", False) else {}
    target = {
        "kind": "local",
        "directory": "versions/$version",
        "build": 'cp -r "$PLAN_FOLDER/shoplib" .',
        "start": "python3 app.py --port $PORT",
        "health": {"http": "/health", "within": "15s"},
        **more,
    }
    return {"target": target, "traffic": traffic, **alone}


def plan(services: Json, **more: Any) -> Json:
    """A plan for `services`; `more` replaces its sections."""
    sections = {
        "version": {"from": "argument"},
        "stages": STAGES,
        "rules": ROLL_BACK_AT_ONCE,
        "metrics": {},
    } | more
    figures = {"error_rate": {"from": "router", "over": "2s", "enough": 5}, **sections.pop("metrics")}
    return {"plan": "shop", "services": services, "metrics": figures, **sections}


def at_once(whole: Json) -> Json:
    """The same plan with one stage that needs no users: how a story gets its stable version."""
    stages = [{"stage": "full", "traffic": "100%", "hold": "400ms", "look": "every 400ms", "pass": "memory < 4 GB"}]
    kept = {key: value for key, value in whole.items() if key in ("plan", "version", "services", "shutdown")}
    return {**kept, "stages": stages, "metrics": {"memory": {"from": "target"}}}
