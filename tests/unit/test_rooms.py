"""The project is layered: each folder of components/ imports only those before it, and no part knows its users."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.program import PROJECT

FOLDERS = [
    "config",
    "iam",
    "preflight",
    "network",
    "storage",
    "database",
    "backup",
    "ingress",
    "service",
    "monitoring",
]
# What each part may import of the others, by the beginning of a module's name.
PARTS = {
    "components": ["components"],
    "policy": ["policy"],
    "local/emulator": ["local", "offline.stand_ins.documented"],
    "local/runner": ["local"],
    "local": ["local", "offline"],
    "offline": ["offline", "local.workspace", "local.images", "local.signals", "local.garbage"],
    "tools": ["components", "local", "tools"],
}
FORBIDDEN = {"local/emulator": ["local.runner", "local.cli"]}


def imports(file: Path) -> Iterator[str]:
    """The modules of this project that the file imports: module.name for each name."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (
            name
            for name in names
            if name.split(".")[0] in {"components", "local", "offline", "policy", "tests", "tools"}
        )


def test_a_folder_imports_only_folders_before_it():
    upward: list[str] = []
    found: set[str] = set()
    for file in sorted((PROJECT / "components").rglob("*/*.py")):
        folder = file.relative_to(PROJECT / "components").parts[0]
        found.add(folder)
        for name in imports(file):
            if FOLDERS.index(name.split(".")[1]) > FOLDERS.index(folder):
                upward.append(f"{file.relative_to(PROJECT)} imports {name}")
    assert found == set(FOLDERS)
    assert not upward, "\n".join(upward)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_it_may(part: str):
    strangers = [
        f"{file.relative_to(PROJECT)} imports {name}"
        for file in sorted((PROJECT / part).rglob("*.py"))
        if ".venv" not in file.parts
        for name in imports(file)
        if not _is_below(name, PARTS[part]) or _is_below(name, FORBIDDEN.get(part, []))
    ]
    assert not strangers, "\n".join(strangers)


def _is_below(name: str, beginnings: list[str]) -> bool:
    return any(f"{name}.".startswith(f"{beginning}.") for beginning in beginnings)


def test_importing_the_program_loads_no_types_of_aws():
    """The types of WAF alone take a second: a stack loads what it creates, not what annotations name."""
    modules = [
        ".".join(file.relative_to(PROJECT).with_suffix("").parts)
        for file in sorted((PROJECT / "components").rglob("*/*.py"))
    ]
    code = (
        f"import {', '.join(modules)}, sys; print(*(name for name in sys.modules if name[:11] == 'pulumi_aws.'))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    services = {name.split(".")[1] for name in loaded.stdout.split() if name.count(".") > 1}
    assert not services, "an alias or an annotation is evaluated: from __future__ import annotations"
