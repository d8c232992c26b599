"""What of the dashboard works, by feature: `python3 checks/features.py v2`. Prints JSON."""

import json
import re
import sys

from running import HERE, ask, dashboard


def undocumented_flags() -> int:
    """Return how many flags the code asks for that `docs/flags.md` does not name with a default."""
    asked = {name for file in HERE.glob("*/**/*.py") for name in re.findall(r"\bFLAG_[A-Z_]+", file.read_text())}
    documented = set(re.findall(r"^\| `(FLAG_[A-Z_]+)` \| \S+", (HERE / "docs/flags.md").read_text(), re.MULTILINE))
    return len(asked - documented)


def main(version: str) -> dict[str, object]:
    """Return what was found."""
    with dashboard(version) as url:
        tiles = json.loads(ask(f"{url}/api/tiles")[2])
        _, _, said = ask(f"{url}/api/approvals", {"title": "Try it"})
        decided = ask(f"{url}/api/approvals/{json.loads(said).get('number')}/approved", {"by": "checks"})
        _, _, page = ask(f"{url}/")
    return {
        "tiles": sum(value is not None for value in tiles.values()),
        "approvals": "decided" if decided[0] == 200 else "stuck",
        "ideas": len(tiles["ideas"]),
        "wildcards": sum(idea["wildcard"] for idea in tiles["ideas"]),
        "days_of_analytics": len(tiles["analytics"]),
        "short_articles": len(tiles["inventory"]),
        "chatwoot": "connected" if tiles["customers"] is not None else "gone",
        "drawer": "there" if "<summary>Approvals</summary>" in page else "gone",
        "flags_without_default": undocumented_flags(),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
