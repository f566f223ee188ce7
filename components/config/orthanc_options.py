"""Options of Orthanc's own configuration file in one key, `orthancConfiguration`.

An object with the option names of Orthanc. `orthanc_settable` lists the accepted options with type and range, and
`orthanc_reserved` says for every other option what sets it instead. The values appear in clear text in the task
definition, so no option that holds a secret is accepted.
"""

import difflib
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from components.config.orthanc_reserved import OWNED, REFUSED
from components.config.orthanc_settable import SETTABLE
from components.config.values import Group, Problem

KEY = "orthancConfiguration"


# What the stack's configuration encrypts would be in clear in the task definition and in the container.
NO_SECRET = Problem(
    KEY,
    "[secret]",
    "is stored as a secret, but would appear in clear text in the task definition",
    f"pulumi config rm {KEY}, then set its options without --secret",
)


class Section(BaseModel):
    """Options, or a section of them, as Orthanc names them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def given(self) -> dict[str, Any]:
        """The options that are set, as Orthanc's JSON has them."""
        return self.model_dump(mode="json", exclude_unset=True)


def _section(name: str, table: Mapping[str, Any]) -> type[Section]:
    fields: dict[str, Any] = {
        key: (_section(f"{name}.{key}", value) if isinstance(value, dict) else value, None)
        for key, value in table.items()
    }
    return create_model(name, __base__=Section, **fields)


OrthancConfiguration = _section(KEY, SETTABLE)


class OrthancSettings(Group):
    """Orthanc's own options."""

    orthanc_configuration: OrthancConfiguration = Field(default=OrthancConfiguration())  # type: ignore[valid-type]
    """Options of Orthanc's configuration file that no other key sets, such as UnknownSopClassAccepted. Must
    not contain secrets."""

    @property
    def own_options(self) -> dict[str, Any]:
        """Orthanc's options as the stack sets them."""
        return self.orthanc_configuration.given()

    @property
    def strict_titles(self) -> bool:
        """Whether AE titles that differ in case are two."""
        return self.own_options.get("StrictAetComparison", False)


@cache
def _documented() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("orthanc_options.json").read_text())


def defaults() -> dict[str, Any]:
    """Orthanc's defaults by option, as its default configuration documents them."""
    return _documented()["defaults"]


def without_default() -> list[str]:
    """The options that it documents in comments, without a default."""
    return _documented()["without_default"]


def not_an_object(path: Collection[str | int]) -> str:
    """The rule for the setting, or for the section at `path`, whose value is something else."""
    example = ".".join(map(str, path)) or "UnknownSopClassAccepted"
    return f"must be an object of Orthanc's options, such as {KEY}.{example}"


def refusal(path: Collection[str | int]) -> str:
    """Why the option at `path` cannot be set here: who owns it, what it would do, or which one was meant."""
    name = ".".join(map(str, path))
    if name in OWNED:
        return f"is set by {OWNED[name]}"
    if name in REFUSED:
        return f"cannot be set: {REFUSED[name]}"
    section = name.rpartition(".")[0]
    known = {
        each.lower(): each for each in (*_names(SETTABLE), *OWNED, *REFUSED) if each.rpartition(".")[0] == section
    }
    begun = [each for each in known if each.startswith(name.lower())]
    near = begun[:1] or difflib.get_close_matches(name.lower(), known, n=1)
    return f"is no option that can be set here{f'; did you mean {known[near[0]]}?' if near else ''}"


def _names(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _names(value, f"{prefix}{key}.")
