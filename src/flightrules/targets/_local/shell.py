"""Turns the plan's `start` into what a shell is given, so that the program is the process that is watched."""

from __future__ import annotations

import re
import shlex

OPERATORS = ";&|()"
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")

COPIES = re.compile(r"[0-9]*[<>]&[0-9-]+")
"""`2>&1` and its like: an ampersand that does not part two commands."""


PORT = re.compile(r"\$\{?PORT\b")


def names_port(line: str) -> bool:
    """Return whether `line` hands on the port; where it does not, the program may still ask for it by itself."""
    return PORT.search(line) is not None


def as_one_process(line: str) -> str:
    """Return `line` so that the shell becomes the program, where `line` is a single command.

    Signals and measurements then reach the program itself. A line of several commands stays as it is: its shell
    stays too, and all its processes get the signals as one group.
    """
    line = line.strip()
    words = _words(line)
    program = next((word for word in words if not ASSIGNMENT.match(word)), None)
    if program in (None, "exec"):
        return line
    return f"exec env {line}" if ASSIGNMENT.match(words[0]) else f"exec {line}"


def _words(line: str) -> list[str]:
    """Return the words of a single command; nothing when the line is not one, or cannot be read as one."""
    lexer = shlex.shlex(COPIES.sub("", line), posix=False, punctuation_chars=OPERATORS)
    lexer.commenters = ""
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return []
    several = "`" in line or "\n" in line or any(set(word) <= set(OPERATORS) for word in words)
    return [] if several else words
