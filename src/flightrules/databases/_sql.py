"""Reads SQL and says which changes are in it. What it does not know surely, it says so: `Act.NOT_UNDERSTOOD`.

Private to the databases of this package. The parser is sqlglot; only shapes that are listed here are taken for known.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flightrules.domain.migrations import Act, Change, Statement
from flightrules.domain.migrations import Act as A

NOT_UNDERSTOOD = (Change(Act.NOT_UNDERSTOOD),)

LONGEST, LONGEST_STATEMENT = 4_000_000, 200_000
"""Characters that are read, of all and of one statement: what is longer is not understood. The parser takes about a
second and 100 MB for each of the latter, so a few megabytes of rows in one INSERT would take all memory there is."""

_NAME = r'(?:[a-z_][\w$]*|"[^"]+")(?:\.(?:[a-z_][\w$]*|"[^"]+"))?'
_PATTERNS: tuple[tuple[str, Act], ...] = (
    (rf"alter table (?:if exists )?(?:only )?{_NAME} validate constraint {_NAME}", A.VALIDATE),
    (rf"alter table (?:only )?{_NAME} (?:enable|force) row level security", A.FORBID),
    (rf"alter table (?:only )?{_NAME} (?:disable|no force) row level security", A.RELAX),
    (rf"alter table (?:only )?{_NAME} owner to {_NAME}", A.FORBID),
    (rf"alter table (?:only )?{_NAME} set schema {_NAME}", A.RENAME),
    (rf"alter type {_NAME} add value (?:if not exists )?'[^']*'(?: (?:before|after) '[^']*')?", A.ALLOW),
    (rf"alter type {_NAME} rename value '[^']*' to '[^']*'", A.RENAME),
    (rf"create extension (?:if not exists )?{_NAME}(?: with)?(?: schema {_NAME})?", A.CREATE),
    (rf"create policy {_NAME} on {_NAME} .*", A.FORBID),
    (rf"drop policy (?:if exists )?{_NAME} on {_NAME}", A.FORBID),
    (rf"refresh materialized view (?:concurrently )?{_NAME}", A.NOTHING),
    (rf"lock table {_NAME} in [a-z ]+ mode", A.NOTHING),
    (r"(?:analyze|vacuum)(?: " + _NAME + ")?", A.NOTHING),
    (r"savepoint \w+|release savepoint \w+", A.NOTHING),
)
"""What the parser leaves alone, as whole statements in lower case with single blanks."""

_HARMLESS_SETTINGS = {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "client_encoding",
                      "standard_conforming_strings", "client_min_messages"}  # fmt: skip


def statements(sql: str, dialect: str) -> tuple[Statement, ...]:
    """Return every statement of `sql`, in order, with its changes. Never raises: what cannot be read is not understood.

    `dialect` is one of sqlglot: `postgres`, `sqlite`.
    """
    from sqlglot.errors import SqlglotError

    if len(sql) > LONGEST:
        return (Statement(" ".join(sql[:200].split()), NOT_UNDERSTOOD),)
    try:
        return tuple(Statement(text, _changes(text, dialect)) for text in _split(sql, dialect))
    except SqlglotError:
        return (Statement(" ".join(sql.split())[:200], NOT_UNDERSTOOD),)


def _split(sql: str, dialect: str) -> Iterator[str]:
    """Yield the text of each statement: semicolons within strings and dollar quotes divide nothing."""
    import sqlglot
    from sqlglot import TokenType

    begin, end = -1, -1
    for token in sqlglot.tokenize(sql, read=dialect):
        if token.token_type is TokenType.SEMICOLON:
            if begin >= 0:
                yield sql[begin : end + 1]
            begin = -1
        else:
            begin = token.start if begin < 0 else begin
            end = token.end
    if begin >= 0:
        yield sql[begin : end + 1]


def _changes(text: str, dialect: str) -> tuple[Change, ...]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if len(text) > LONGEST_STATEMENT:
        return NOT_UNDERSTOOD
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it tells of every statement that it leaves alone
    try:
        parsed = sqlglot.parse(text, dialect=dialect)
        if len(parsed) != 1 or parsed[0] is None:
            return NOT_UNDERSTOOD
        (tree,) = parsed
        reader = _readers().get(type(tree))
        if reader is not None:
            return tuple(reader(tree))
    except (SqlglotError, RecursionError):  # the parser goes down into brackets within brackets by calling itself
        return NOT_UNDERSTOOD
    return _by_pattern(text) if isinstance(tree, exp.Command) else NOT_UNDERSTOOD


def _by_pattern(text: str) -> tuple[Change, ...]:
    plain = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    plain = " ".join(plain.split()).lower()
    return next((_one(act) for pattern, act in _PATTERNS if re.fullmatch(pattern, plain)), NOT_UNDERSTOOD)


def _readers() -> Mapping[type, Callable[[Any], Iterable[Change]]]:
    from sqlglot import exp

    return {
        exp.Create: _create,
        exp.Drop: _drop,
        exp.Alter: _alter,
        exp.Update: _update,
        exp.Insert: _insert,
        exp.Select: _select,
        exp.Set: _set,
        exp.Delete: lambda tree: _one(A.DELETE, tree.this),
        exp.TruncateTable: lambda tree: [Change(A.DELETE, _name(table)) for table in tree.expressions],
        exp.Merge: lambda tree: _one(A.OVERWRITE, tree.this),
        exp.Comment: lambda tree: _one(A.NOTHING),
        exp.Transaction: lambda tree: _one(A.NOTHING),
        exp.Commit: lambda tree: _one(A.NOTHING),
        exp.Grant: lambda tree: _one(A.ALLOW),
        exp.Revoke: lambda tree: _one(A.FORBID),
    }


def _one(act: Act, table: Any = None, columns: tuple[str, ...] = ()) -> tuple[Change, ...]:
    return (Change(act, _name(table) if table is not None else "", columns),)


def _name(node: Any) -> str:
    """Return a table's or a column's name as SQL understands it: quotes kept only where they matter."""
    from sqlglot import exp

    if isinstance(node, exp.Schema):
        node = node.this
    if isinstance(node, exp.Table | exp.Column):
        parts = [part for part in node.parts if isinstance(part, exp.Identifier)]
        return ".".join(_identifier(part) for part in parts)
    return _identifier(node) if isinstance(node, exp.Identifier) else ""


def _identifier(part: Any) -> str:
    name = str(part.name)
    if not part.args.get("quoted"):
        return name.lower()
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else f'"{name}"'


def _calls_code(tree: Any) -> bool:
    """Whether it calls a function that is not part of SQL itself, or changes data by the way."""
    from sqlglot import exp

    return any(node is not tree for node in tree.find_all(exp.Anonymous, exp.AnonymousAggFunc, exp.DML, exp.Merge))


def _create(tree: Any) -> Iterable[Change]:
    kind = str(tree.args.get("kind") or "").upper()
    if tree.args.get("replace"):
        return _one(A.REPLACE) if kind in {"VIEW", "FUNCTION", "PROCEDURE"} else NOT_UNDERSTOOD
    match kind:
        case "TABLE":
            if tree.expression is not None and tree.expression and _calls_code(tree.expression):
                return _one(A.RUN_CODE)
            return (Change(A.CREATE_TABLE, _name(tree.this), surely=not tree.args.get("exists")),)
        case "INDEX":
            return _one(A.RESTRICT if tree.args.get("unique") else A.ADD_INDEX, tree.this.args.get("table"))
        case "VIEW":
            return _one(A.RUN_CODE if _calls_code(tree.expression) else A.CREATE)
        case "SCHEMA" | "SEQUENCE" | "TYPE" | "FUNCTION" | "PROCEDURE":
            return _one(A.CREATE)
        case "TRIGGER":
            return _one(A.RUN_CODE)
        case _:
            return NOT_UNDERSTOOD


def _drop(tree: Any) -> Iterable[Change]:
    kind, cascade = str(tree.args.get("kind") or "").upper(), bool(tree.args.get("cascade"))
    names = [_name(table) for table in tree.args.get("tables") or ()]
    match kind:
        case "TABLE":
            # With CASCADE views and constraints of other tables go too, so a table of this migration is no excuse.
            return [Change(A.DROP_DATA if cascade else A.DROP_TABLE, name) for name in names] or NOT_UNDERSTOOD
        case "SCHEMA" | "SEQUENCE" | "DATABASE":
            return _one(A.DROP_DATA)
        case "VIEW" | "INDEX" | "FUNCTION" | "PROCEDURE" | "TRIGGER" | "TYPE":
            return _one(A.CASCADE if cascade else A.DROP_DERIVED)
        case _:
            return NOT_UNDERSTOOD


def _alter(tree: Any) -> Iterable[Change]:
    from sqlglot import exp

    kind, table = str(tree.args.get("kind") or "").upper(), _name(tree.this)
    actions = tree.args.get("actions") or ()
    if kind in {"INDEX", "VIEW"}:
        return _one(A.RENAME) if all(isinstance(one, exp.AlterRename) for one in actions) else NOT_UNDERSTOOD
    if kind != "TABLE" or not actions:
        return NOT_UNDERSTOOD
    return [_alteration(table, action) for action in actions]


def _alteration(table: str, action: Any) -> Change:
    from sqlglot import exp

    match action:
        case exp.ColumnDef():
            return Change(_added(action), table, (_name(action.this),), surely=not action.args.get("exists"))
        case exp.Drop():
            return _dropped_part(table, action)
        case exp.AddConstraint():
            return Change(A.RESTRICT, table)
        case exp.RenameColumn():
            return Change(A.RENAME, table, (_name(action.this),))
        case exp.AlterRename():
            return Change(A.RENAME, table)
        case exp.AlterColumn():
            return Change(_altered(action), table, (_name(action.this),))
        case _:
            return Change(A.NOT_UNDERSTOOD, table)


def _added(column: Any) -> Act:
    """Return what it means to add this column to a table that has rows, and that stable goes on writing."""
    from sqlglot import exp

    constraints = [one.kind for one in column.args.get("constraints") or ()]
    kind = column.args.get("kind")
    known = (
        exp.NotNullColumnConstraint, exp.DefaultColumnConstraint, exp.CheckColumnConstraint, exp.Reference,
        exp.CommentColumnConstraint, exp.CollateColumnConstraint, exp.ComputedColumnConstraint,
        exp.GeneratedAsIdentityColumnConstraint, exp.UniqueColumnConstraint,
    )  # fmt: skip
    if not isinstance(kind, exp.DataType) or not all(isinstance(one, known) for one in constraints):
        return A.NOT_UNDERSTOOD
    serial = kind.this in {exp.DataType.Type.SERIAL, exp.DataType.Type.BIGSERIAL, exp.DataType.Type.SMALLSERIAL}
    generated = (exp.ComputedColumnConstraint, exp.GeneratedAsIdentityColumnConstraint)
    default = any(isinstance(one, exp.DefaultColumnConstraint) for one in constraints)
    filled = serial or any(isinstance(one, generated) for one in constraints)
    needed = any(isinstance(one, exp.NotNullColumnConstraint) and not one.args.get("allow_null") for one in constraints)
    if needed and not (default or filled):
        return A.ADD_REQUIRED_COLUMN
    # The same default in every row that stable writes: the second of them is refused.
    unique = any(isinstance(one, exp.UniqueColumnConstraint) for one in constraints)
    return A.RESTRICT if default and unique else A.ADD_COLUMN


def _dropped_part(table: str, action: Any) -> Change:
    cascade = bool(action.args.get("cascade"))
    columns = tuple(_name(part) for part in action.args.get("tables") or ())
    match str(action.args.get("kind") or "").upper():
        case "COLUMN":
            return Change(A.DROP_DATA if cascade else A.DROP_COLUMN, table, columns)
        case "CONSTRAINT":
            return Change(A.CASCADE if cascade else A.RELAX, table)
        case _:
            return Change(A.NOT_UNDERSTOOD, table)


def _altered(action: Any) -> Act:
    given = {name for name, value in action.args.items() if value not in (None, False, []) and name != "this"}
    if "dtype" in given:
        return A.RETYPE
    if action.args.get("allow_null") is not None:
        return A.RELAX if action.args["allow_null"] else A.RESTRICT
    return A.CHANGE_DEFAULT if given in ({"default"}, {"drop"}) else A.NOT_UNDERSTOOD


def _update(tree: Any) -> Iterable[Change]:
    from sqlglot import exp

    if _calls_code(tree):
        return _one(A.RUN_CODE)
    targets = [one.this for one in tree.expressions if isinstance(one, exp.EQ)]
    if len(targets) != len(tree.expressions) or not all(isinstance(one, exp.Column) for one in targets):
        return _one(A.OVERWRITE, tree.this)
    return _one(A.OVERWRITE, tree.this, tuple(_identifier(one.this) for one in targets))


def _insert(tree: Any) -> Iterable[Change]:
    conflict = tree.args.get("conflict")
    if _calls_code(tree):
        return _one(A.RUN_CODE)
    if tree.args.get("overwrite") or tree.args.get("alternative") or (conflict is not None and conflict.expressions):
        return _one(A.OVERWRITE, tree.this)
    return _one(A.ADD_ROWS, tree.this)


def _select(tree: Any) -> Iterable[Change]:
    if _calls_code(tree):
        return _one(A.RUN_CODE)
    into = tree.args.get("into")
    return _one(A.CREATE_TABLE, into.this) if into is not None else _one(A.NOTHING)


def _set(tree: Any) -> Iterable[Change]:
    names = {str(item.this.this.name).lower() for item in tree.expressions if item.this is not None and item.this.this}
    return _one(A.NOTHING) if names and names <= _HARMLESS_SETTINGS else NOT_UNDERSTOOD
