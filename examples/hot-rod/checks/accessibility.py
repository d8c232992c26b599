"""What in the page keeps people out: `python3 checks/accessibility.py v2`. Prints JSON, violations before it."""

import json
import sys
from html.parser import HTMLParser

from running import ask, dashboard


class Page(HTMLParser):
    """Looks at a page for a language, a title, a heading, labels of fields, and texts of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.fields: set[str] = set()
        self.labelled: set[str] = set()
        self.pictures_without_text = 0
        self.speaks = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what matters of a tag."""
        has = {name: value or "" for name, value in attrs}
        self.seen.add(tag)
        self.speaks = has.get("lang", self.speaks) if tag == "html" else self.speaks
        if tag in ("input", "select", "textarea"):
            self.fields.add(has.get("id", ""))
        if tag == "label":
            self.labelled.add(has.get("for", ""))
        self.pictures_without_text += tag == "img" and "alt" not in has

    def serious(self) -> list[str]:
        """Return the serious violations, in words."""
        found = [f"a field without a label: {field or 'it has no id'}" for field in self.fields - self.labelled]
        found += ["a picture without a text"] * self.pictures_without_text
        found += [] if self.speaks else ["the page does not say its language"]
        return found + [f"there is no <{tag}>" for tag in ("title", "h1", "main") if tag not in self.seen]


if __name__ == "__main__":
    page = Page()
    with dashboard(sys.argv[1]) as url:
        page.feed(ask(f"{url}/")[2])
    for violation in page.serious():
        print(violation, file=sys.stderr)
    print(json.dumps({"serious": len(page.serious())}))
