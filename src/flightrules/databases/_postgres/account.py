"""The system user as which programs run that refuse to be root, or that may read what others may not."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from flightrules.domain.errors import DatabaseUnusable


@dataclass(frozen=True)
class Account:
    """Root becomes `user`; whoever else `flight` is run by stays who that is."""

    user: str

    def require(self) -> None:
        """Raise `DatabaseUnusable` where root cannot become that user."""
        if os.geteuid() != 0:
            return
        if shutil.which("setpriv") is None:
            raise DatabaseUnusable(
                "PostgreSQL refuses to run as root, and there is no setpriv to run it as somebody else",
                "Install it (Debian: apt-get install util-linux), or run `flight` as another user.",
            )
        try:
            if pwd.getpwnam(self.user).pw_uid != 0:
                return
        except KeyError:
            pass
        raise DatabaseUnusable(
            f"PostgreSQL refuses to run as root, and {self.user} is no other user of this machine",
            "Set `point_in_time.user` to the user as which PostgreSQL runs here.",
        )

    def line(self, *words: str) -> str:
        """Return the shell line that runs a program as that user."""
        group = f"--regid={pwd.getpwnam(self.user).pw_gid}" if os.geteuid() == 0 else ""
        become = ("setpriv", f"--reuid={self.user}", group, "--init-groups") if group else ()
        return shlex.join([*become, *words])

    def own(self, path: Path) -> None:
        """Let a path that we made belong to that user."""
        if os.geteuid() == 0:
            user = pwd.getpwnam(self.user)
            os.chown(path, user.pw_uid, user.pw_gid)
