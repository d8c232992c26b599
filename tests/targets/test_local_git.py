"""Versions that are commits: found, checked out, and built; with real repositories."""

import os
import subprocess
import zlib

import pytest

from flightrules.domain.errors import BuildFailed, NotSupportedYet, UnknownVersion
from tests.targets.conftest import SERVER

pytestmark = pytest.mark.slow


@pytest.fixture
def git(home):
    """Run git in the repository, which is the plan's folder."""

    def run(*arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=home, check=True, capture_output=True, text=True).stdout.strip()

    run("init")
    return run


@pytest.fixture
def commit(home, git):
    """Commit the service as it is, and give the commit a tag."""

    def put(tag: str, code: str = SERVER, folder: str = ".") -> str:
        (home / folder).mkdir(parents=True, exist_ok=True)
        (home / folder / "app.py").write_text(f"{code}# {tag}\n")
        git("add", "app.py" if folder == "." else folder)
        git("commit", "-m", tag)
        git("tag", tag)
        return git("rev-parse", "HEAD")

    return put


async def run(target, name):
    version = await target.identify(name)
    await target.build(version)
    return version, await target.ensure_running(version)


def files(home, version):
    return home / ".flight" / "web" / "versions" / version.key / "files"


async def test_a_tag_a_branch_and_a_commit_mean_the_same_commit(make, commit):
    id_of_commit = commit("v1")
    target = make("git")
    for name in ("v1", "main", "HEAD", id_of_commit, id_of_commit[:8]):
        assert (await target.identify(name)).digest == id_of_commit


async def test_a_version_is_called_by_its_tag_or_by_its_commit_never_by_what_moves_on(make, commit):
    id_of_commit = commit("v1")
    target = make("git")
    assert (await target.identify("v1")).name == "v1"
    for name in ("main", "HEAD", id_of_commit, id_of_commit[:12]):
        assert (await target.identify(name)).name == id_of_commit[:10]


async def test_two_commits_run_side_by_side_and_nothing_that_is_not_committed(make, commit, home):
    commit("v1")
    commit("v2")
    (home / "app.py").write_text("not committed")
    target = make("git", build="test ! -e not-committed")
    (home / "not-committed").write_text("x")
    for name in ("v1", "v2"):
        version, (instance,) = await run(target, name)
        assert (files(home, version) / "app.py").read_text() == f"{SERVER}# {name}\n"
        assert instance.healthy


async def test_a_build_sees_the_history(make, commit, home):
    commit("v1")
    version, _ = await run(make("git", build="git describe --tags > described"), "v1")
    assert (files(home, version) / "described").read_text() == "v1\n"


async def test_the_service_may_lie_deep_in_the_repository(make, commit, home):
    commit("v1", folder="services/shop")
    _, (instance,) = await run(make("git", plan_folder=home / "services", directory="shop"), "v1")
    assert os.path.realpath(f"/proc/{instance.pid}/cwd").endswith("/files/services/shop")


async def test_no_hook_of_the_repository_runs(make, commit, home):
    commit("v1")
    hook = home / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{home}/hooked'\n")
    hook.chmod(0o755)
    await run(make("git"), "v1")
    assert not (home / "hooked").exists()


async def test_a_fetch_that_was_interrupted_is_begun_anew(make, commit, home, git):
    commit("v1")
    target = make("git")
    version = await target.identify("v1")
    git("worktree", "add", "--detach", str(files(home, version)), "v1")
    (files(home, version) / "left").write_text("behind")
    await target.build(version)
    assert not (files(home, version) / "left").exists()
    assert (files(home, version) / "app.py").exists()


async def test_the_environment_of_a_hook_does_not_lead_git_astray(make, commit, monkeypatch):
    commit("v1")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    _, (instance,) = await run(make("git"), "v1")
    assert instance.healthy


@pytest.mark.parametrize("name", ["v9", "", "-h", "v1:app.py", "HEAD~5"])
async def test_a_ref_that_is_not_there_is_refused(make, commit, name):
    commit("v1")
    with pytest.raises(UnknownVersion) as refusal:
        await make("git").identify(name)
    assert refusal.value.what == f"the git repository of web has no commit that is called {name!r}"
    advice = "Name a tag, a branch or a commit; `git fetch --tags` brings those of others."
    assert refusal.value.do == f"There are: v1, main. {advice}"


async def test_a_ref_that_was_mistyped_is_offered(make, commit):
    commit("v1.4.0")
    with pytest.raises(UnknownVersion) as refusal:
        await make("git").identify("1.4.0")
    assert refusal.value.do.startswith("Did you mean v1.4.0? Name a tag")


async def test_a_plan_outside_of_a_repository_is_refused(make, home):
    with pytest.raises(UnknownVersion) as refusal:
        await make("git").identify("v1")
    assert refusal.value.what.startswith(f"{home}, where web lies, is not in a git repository that can be read: fatal:")
    assert refusal.value.do == "Keep it in git, or write `version: {from: argument}` in the plan."


async def test_a_machine_without_git_is_told_so(make, home, monkeypatch):
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(UnknownVersion) as refusal:
        await make("git").identify("v1")
    assert refusal.value.what == "the version of web comes from git, and git is not installed"


async def test_a_directory_that_the_version_does_not_have_is_refused(make, commit, home):
    commit("v1")
    commit("v2", folder="shop")
    with pytest.raises(BuildFailed) as failure:
        await run(make("git", directory="shop"), "v1")
    assert failure.value.what == "v1 of web has no directory shop/"


async def test_submodules_are_refused_and_not_left_out(make, commit, home, git):
    (home / ".gitmodules").write_text('[submodule "lib"]\n\tpath = lib\n\turl = ./lib\n')
    git("add", ".gitmodules")
    commit("v1")
    with pytest.raises(NotSupportedYet) as refusal:
        await make("git").identify("v1")
    assert refusal.value.what == "v1 of web has git submodules, which cannot be released yet"


async def test_a_repository_that_is_damaged_fails_the_build_with_what_git_says(make, commit, home):
    commit("v1")
    target = make("git")
    version = await target.identify("v1")
    (blob,) = [f for f in (home / ".git" / "objects").glob("??/*") if b"# v1" in _content(f)]
    blob.unlink()
    with pytest.raises(BuildFailed) as failure:
        await target.build(version)
    assert failure.value.what.startswith("the fetch of v1 of web failed with exit status ")
    assert failure.value.details["log"]


def _content(blob):
    return zlib.decompress(blob.read_bytes())
