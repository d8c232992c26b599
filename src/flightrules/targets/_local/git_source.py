"""Versions that are commits of the repository in which the plan lies. Submodules are refused, not left out."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from flightrules.domain.errors import BuildFailed, NotSupportedYet, UnknownVersion
from flightrules.domain.near_names import suggestion
from flightrules.domain.traffic import Version
from flightrules.targets._local.places import Place
from flightrules.targets._local.steps import Steps

FETCH = """
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY
git -c core.hooksPath=/dev/null worktree add --force --detach "$1" "$2"
"""
"""No hook of the repository runs; `--force` takes over the registration that an interrupted fetch left."""


SHORT = 10
"""Characters of a commit's id by which people know it."""


@dataclass(frozen=True)
class GitSource:
    """`version: {from: git}`. `folder` is where the service lies in the repository."""

    folder: Path
    service: str

    async def identify(self, name: str) -> Version:
        """Return the commit that the ref `name` means now. Raises `UnknownVersion`, `NotSupportedYet`."""
        await self._inside()
        status, commit = await self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if status != 0 or not name:
            what = f"the git repository of {self.service} has no commit that is called {name!r}"
            raise UnknownVersion(what, await self._suggestion(name))
        if (await self._git("cat-file", "-e", f"{commit}:.gitmodules"))[0] == 0:
            what = f"{name} of {self.service} has git submodules, which cannot be released yet"
            raise NotSupportedYet(what, "Bring their files into the repository, or use `version: {from: argument}`.")
        return Version(await self._called(name, commit), commit)

    async def _suggestion(self, name: str) -> str:
        """Return what to type instead: the newest tags first, then the branches."""
        newest_first = ("for-each-ref", "--sort=-creatordate", "--format=%(refname:short)")
        listed = [await self._git(*newest_first, where) for where in ("refs/tags", "refs/heads")]
        meant = suggestion(name, [each for _, names in listed for each in names.splitlines()])
        advice = "Name a tag, a branch or a commit; `git fetch --tags` brings those of others."
        return f"{meant} {advice}" if meant else advice

    async def _called(self, name: str, commit: str) -> str:
        """Return a name that means this commit tomorrow as well: a tag, or the commit's own short name.

        A branch, or `HEAD`, means another commit after the next one; `flight rollback --to` could not tell them apart.
        """
        status, _ = await self._git("show-ref", "--verify", "--quiet", f"refs/tags/{name}")
        return name if status == 0 else commit[:SHORT]

    async def fetch(self, version: Version, place: Place, steps: Steps) -> str:
        """Check the commit out into `place`; return where the service lies in it."""
        inside = await self._inside()
        command = ("/bin/sh", "-ec", FETCH, "fetch", str(place.files), version.digest)
        await steps.run("fetch", command, self.folder, {})
        if not (place.files / inside).is_dir():
            raise BuildFailed(
                f"{version} of {self.service} has no directory {inside}", "Mend `directory` in the plan.", log=[]
            )
        return inside

    async def _inside(self) -> str:
        """Return the service's folder, as seen from the top of the repository."""
        if not self.folder.is_dir():
            what = f"{self.folder}, where {self.service} should lie, is not a directory"
            raise UnknownVersion(what, "Mend `directory` in the plan.")
        status, prefix = await self._git("rev-parse", "--show-prefix")
        if status != 0:
            what = f"{self.folder}, where {self.service} lies, is not in a git repository that can be read: {prefix}"
            raise UnknownVersion(what, "Keep it in git, or write `version: {from: argument}` in the plan.")
        return prefix

    async def _git(self, *arguments: str) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            process = await asyncio.create_subprocess_exec(
                "git",
                *arguments,
                cwd=self.folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except FileNotFoundError as error:
            what = f"the version of {self.service} comes from git, and git is not installed"
            raise UnknownVersion(what, "Install git, or write `version: {from: argument}` in the plan.") from error
        output, complaint = await process.communicate()
        status = process.returncode or 0
        return status, (complaint if status else output).decode(errors="replace").strip()
