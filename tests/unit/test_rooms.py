"""components/ is layered: a folder imports only folders that stand before it in the list."""

import ast

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


def test_a_folder_imports_only_folders_before_it():
    upward: list[str] = []
    found: set[str] = set()
    for file in sorted((PROJECT / "components").rglob("*/*.py")):
        folder = file.relative_to(PROJECT / "components").parts[0]
        found.add(folder)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("components."):
                imported = node.module.split(".")[1]
                if FOLDERS.index(imported) > FOLDERS.index(folder):
                    upward.append(f"{file.relative_to(PROJECT)} imports {node.module}")
    assert found == set(FOLDERS)
    assert not upward, "\n".join(upward)
