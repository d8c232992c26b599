"""What the programs of a rehearsal find in their environment: what every program needs, and the variables of staging.

Whatever else is set in the terminal of somebody who also works with production stays out: an address or a key there
would lead what is rehearsed to production.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from flightrules.plan_file.variables import held_in_staging

EVERY_PROGRAM = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TERM|COLORTERM|NO_COLOR|TZ|TMPDIR|XDG_\w+|DISPLAY|SSL_CERT_\w+|"
    r"LD_LIBRARY_PATH|PYTHON\w*|VIRTUAL_ENV|PYENV\w*|NODE_PATH|NVM_\w+|JAVA_HOME|GOPATH|GOROOT|CARGO_HOME|RUSTUP_HOME|"
    r"GEM_\w+|FLIGHT_\w+|\w*COVERAGE\w*"
)


def of_staging(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is left of `environment` there, and the variables in `file`."""
    kept = {name: value for name, value in environment.items() if EVERY_PROGRAM.fullmatch(name)}
    staging = {name: value for name, value in held_in_staging(file).items() if value is not None}
    return {**kept, **staging}


def only_staging(file: Path) -> None:
    """Leave nothing else in the environment of this process, which everything that it starts inherits."""
    left = of_staging(file, os.environ)
    os.environ.clear()
    os.environ.update(left)
