"""The README's table of configuration keys is Pulumi.yaml's."""

from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]


def test_the_table_of_keys_is_the_schema():
    keys = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    rows = [
        f"| `{key}` | {schema['type']} | {_shown(schema['default'])} | {schema['description']} |"
        for key, schema in keys.items()
    ]
    table = "\n".join(["| key | type | default | what it does |", "|---|---|---|---|", *rows])
    readme = (PROJECT / "README.md").read_text()
    documented = readme.partition("by the tests -->\n")[2].partition("\n<!-- end")[0]
    assert documented == table


def _shown(default: object) -> str:
    if default in ("", [], {}):
        return "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
