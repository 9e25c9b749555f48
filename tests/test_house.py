"""The walls: imports go down only, types are strict, the style holds, the README is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PINS = sorted((ROOT / ".constraints").glob("*.txt"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_go_down_only() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0


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
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    long = {
        name: count
        for name in tracked
        if not name.startswith("tests/")
        and (count := len((ROOT / name).read_text().splitlines())) > 300
    }
    assert long == {}
