"""The walls: imports go down only, types are strict, the style holds, the README is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PINS = sorted((ROOT / ".constraints").glob("*.txt"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_go_down_only() -> None:
    # A process of its own: it switches off the loggers that there are.
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "kept" in found.stdout
    assert found.returncode == 0, found.stdout


def test_the_types_hold() -> None:
    found = run("mypy")
    assert found.returncode == 0, found.stdout


def test_the_style_holds() -> None:
    found = run("ruff", "check", ".")
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.name)
def test_every_dependency_is_pinned_and_no_address_is_named(pins: Path) -> None:
    lines = pins.read_text().splitlines()
    assert len(lines) > 5
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][A-Za-z0-9.+]*( ; [a-z_]+ != '[a-z0-9]+')?", line)


def test_whatever_is_imported_is_pinned() -> None:
    pinned = {line.partition("==")[0] for pins in PINS for line in pins.read_text().splitlines()}
    brought_by = packages_distributions()
    missing = {
        f"{name} ({path})"
        for path in tracked("*.py")
        for name in imported(ast.parse((ROOT / path).read_text()))
        if (brought := {normal(one) for one in brought_by.get(name, ())} - {"vigie"})
        and not brought & pinned
    }
    assert missing == set()


def imported(module: ast.Module) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def tracked(pattern: str) -> list[str]:
    command = ["git", "ls-files", pattern]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_ci_runs_the_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    section = readme.split("<!-- test -->")[1]
    command = section.split("```sh\n")[1].split("\n```")[0]
    assert command == (
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    )
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text()


def test_what_the_readme_points_at_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    pointed = [link for link in re.findall(r"\]\(([^)]+)\)", readme) if "://" not in link]
    assert pointed
    assert [link for link in pointed if not (ROOT / link.partition("#")[0]).exists()] == []


def test_no_module_has_outgrown_its_room() -> None:
    long = {
        name: count
        for name in tracked("*.py")
        if not name.startswith("tests/")
        and (count := len((ROOT / name).read_text().splitlines())) > 300
    }
    assert long == {}
