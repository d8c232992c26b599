"""No file of the project speaks of a machine that it was written on, or of where packages were fetched from."""

import re

from tests.architecture.source import code, files, name

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = re.compile("|".join(re.escape(".".join(parts)) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("docker", "io"), ("ghcr", "io"),
    ("deb", "debian", "org"), ("archive", "ubuntu", "com"), ("proxy", "golang", "org"), ("crates", "io"),
)))  # fmt: skip
ADDRESSES_OF_PACKAGES = re.compile("|".join(("--index" + "-url", "--extra-index" + "-url", "--find" + "-links")))
PLACES = re.compile("|".join("/" + place + r"/[\w.-]" for place in ("work", "root", "home", r"Users", "opt/wheels")))


def matches(what: re.Pattern[str]) -> list[str]:
    found = []
    for path in files():
        content = path.read_bytes()
        if b"\0" in content[:8000]:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            if what.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:100]}")
    return found


def test_no_file_names_a_registry_of_packages() -> None:
    assert not matches(REGISTRIES)


def test_no_file_says_where_packages_are_fetched_from() -> None:
    assert not matches(ADDRESSES_OF_PACKAGES)


def test_no_file_names_a_folder_of_some_machine() -> None:
    assert not matches(PLACES)


def test_pinned_versions_are_names_and_exact_versions_alone() -> None:
    (pinned,) = (path for path in files() if name(path) == "constraints.txt")
    lines = [line for line in pinned.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)] == []
    assert "dbos==3.4.0" in lines


def test_tests_use_no_fixed_ports() -> None:
    fixed = re.compile(r"""(127\.0\.0\.1|localhost)["']?\s*[:,]\s*[1-9]\d{3,4}\b""")
    listening = re.compile(r"\b(listen|bind|start_server|TCPSite|serve)\b")
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in code("tests/")
        if path.parent.name != "plan_file"  # plans that are read and never carried out
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if fixed.search(line) and listening.search(line)
    ]
    assert not found
