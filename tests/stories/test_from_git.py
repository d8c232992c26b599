"""A release of commits: `version: {from: git}` in a real repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stories.fixture import Given, Then, When

pytestmark = pytest.mark.slow


class Repository:
    """The shop as a repository: every commit is a version of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / ".gitignore").write_text("state/\ncommands/\nusers-of-*\nversions/\n__pycache__/\n")
        self._git("init", "--quiet", "--initial-branch", "main")

    def commit(self, version: str) -> str:
        """Make the app of `version` the present one; return the commit's short name."""
        shutil.copy(self._folder / "versions" / version / "app.py", self._folder / "app.py")
        self._git("add", ".")
        self._git("commit", "--quiet", "--message", f"The shop, {version}")
        self._git("tag", version)
        return self._git("rev-parse", "HEAD")

    def _git(self, *words: str) -> str:
        somebody = ("-c", "user.name=Anna", "-c", "user.email=anna@example.org", "-c", "commit.gpgsign=false")
        ended = subprocess.run(["git", *somebody, *words], cwd=self._folder, capture_output=True, text=True, check=True)
        return ended.stdout.strip()


def test_commits_are_released_and_an_uncommitted_change_is_not(given: Given, when: When, then: Then) -> None:
    given.a_shop(target={"directory": ".", "build": "true"}, version={"from": "git"})
    repository = Repository(given.world.folder)
    repository.commit("v1")
    given.with_stable("v1").with_users()
    commit = repository.commit("v2")
    (given.world.folder / "app.py").write_text("raise SystemExit('nobody committed this')")
    when.releasing("v2").it_ends()
    then.outcome("released").says("v2 is in service").in_service(web="v2").failed_requests()
    (started,) = given.world.entries("release.started")
    assert started.event.data["services"]["web"]["candidate"] == {"name": "v2", "digest": commit}
    when.somebody_says("run", "v9")
    then.status(2).says("v9")
    when.somebody_says("rollback", "--to", "v1", "--reason", "the commit before was better")
    then.outcome("rolled back", status=0).in_service(web="v1").failed_requests()


def test_the_present_commit_is_released_when_none_is_named(given: Given, when: When, then: Then) -> None:
    given.a_shop(target={"directory": ".", "build": "true"}, version={"from": "git"})
    repository = Repository(given.world.folder)
    repository.commit("v1")
    given.with_stable("v1").with_users()
    repository.commit("v3-all-errors")
    when.releasing().it_ends()
    then.outcome("rolled back").in_service(web="v1")
