"""What the programs of a rehearsal find in their environment: what every program needs, and the variables of staging.

Whatever else is set in the terminal of somebody who also works with production stays out: an address or a key there
would lead what is rehearsed to production.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from flightrules.plan_file.variables import held_in_staging

EVERY_PROGRAM = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TERM|COLORTERM|NO_COLOR|TZ|TMPDIR|XDG_\w+|DISPLAY|SSL_CERT_\w+|"
    r"LD_LIBRARY_PATH|PYTHON\w*|VIRTUAL_ENV|PYENV\w*|NODE_PATH|NVM_\w+|JAVA_HOME|GOPATH|GOROOT|CARGO_HOME|RUSTUP_HOME|"
    r"GEM_\w+|FLIGHT_\w+|\w*COVERAGE\w*"
)


def only_staging(file: Path) -> None:
    """Leave nothing else in the environment of this process, which everything that it starts inherits."""
    kept = {name: value for name, value in os.environ.items() if EVERY_PROGRAM.fullmatch(name)}
    staging = {name: value for name, value in held_in_staging(file).items() if value is not None}
    os.environ.clear()
    os.environ.update({**kept, **staging})
