"""What a YAML parser's complaint means to the person who wrote the file."""

from __future__ import annotations

import yaml

from flightrules.plan_file.problems import START, Place

_COLON = "a second `:` stands in this value"
_PLAIN = "this value begins with a character that has a meaning of its own in YAML"
_OPEN = "a comma or a closing bracket is missing before this"
_NEVER_CLOSED = "the bracket that opens here is not closed"
_INDENT = "this line does not fit the lines above it"

_WORDS = (
    ("mapping values are not allowed", _COLON, "put the value in quotes, or correct the indentation"),
    ("cannot start any token", _PLAIN, "put the value in quotes"),
    ("expected ',' or", _OPEN, "close it, and put a comma between the values"),
    ("node content while parsing a flow node", _OPEN, "close it, and put a comma between the values"),
    ("expected <block end>", _INDENT, "give lines that belong together the same indentation, with spaces"),
    ("expected '-' indicator", _INDENT, "give lines that belong together the same indentation, with spaces"),
    ("expected key", _INDENT, "give lines that belong together the same indentation, with spaces"),
    ("could not find expected ':'", "this is no `key: value`", "write a `:` and a space after the key"),
    ("unexpected end of stream", "a quote that was opened here is not closed", "close it"),
    ("<document start>", _INDENT, "begin the plan with `plan: NAME`, and each section at the start of a line"),
)


def explain(error: yaml.YAMLError, text: str) -> tuple[Place, str, str]:
    """Return where the file stops being YAML, what is wrong there, and what to write instead."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unreadable(error, text)
    place = _place_of(error)
    if _tab_before(place, text):
        return place, "there is a tab in the indentation", "YAML indents with spaces only; replace the tab"
    opened = getattr(error, "context_mark", None)
    if opened and opened.line + 1 < place.line and "flow" in str(getattr(error, "context", "")):
        return Place(opened.line + 1, opened.column + 1), _NEVER_CLOSED, "close it with `]` or `}`"
    said = f"{getattr(error, 'problem', None) or error} {getattr(error, 'context', None) or ''}"
    for words, what, hint in _WORDS:
        if words in said:
            return place, what, hint
    return place, f"this is not YAML: {said.strip()}", "check the indentation and the quotes around here"


def _place_of(error: yaml.YAMLError) -> Place:
    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    quoted = "quoted scalar" in str(getattr(error, "context", ""))
    mark = context if quoted and context else problem or context
    return Place(mark.line + 1, mark.column + 1) if mark else START


def _tab_before(place: Place, text: str) -> bool:
    lines = text.splitlines()
    if place.line > len(lines):
        return False
    line = lines[place.line - 1]
    indentation = line[: len(line) - len(line.lstrip())]
    return "\t" in indentation or line[place.column - 1 : place.column] == "\t"


def _unreadable(error: yaml.reader.ReaderError, text: str) -> tuple[Place, str, str]:
    at = next((index for index, letter in enumerate(text) if ord(letter) == error.character), 0)
    place = Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    return place, f"the control character U+{error.character:04X} cannot stand in a plan", "remove it"
