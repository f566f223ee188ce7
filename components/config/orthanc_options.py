"""The key `orthancConfiguration`, which contains options of Orthanc's configuration file.

It is an object with the option names of Orthanc. `orthanc_settable` lists the accepted options with type and
range. `orthanc_reserved` lists all other options, with what sets them instead or why they cannot be set. The
values appear in clear text in the task definition, so no option that holds a secret is accepted.
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


# A value that is encrypted in the stack's configuration would be in clear text in the task definition and in the
# container.
NO_SECRET = Problem(
    KEY,
    "[secret]",
    "is stored as a secret, but would appear in clear text in the task definition",
    f"pulumi config rm {KEY}, then set its options without --secret",
)


class Section(BaseModel):
    """Options, or a section of options, by their names in Orthanc."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def given(self) -> dict[str, Any]:
        """Returns the options that are set, as they appear in Orthanc's JSON configuration."""
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
        """The options of Orthanc that the stack sets."""
        return self.orthanc_configuration.given()

    @property
    def strict_titles(self) -> bool:
        """Whether AE titles are case-sensitive."""
        return self.own_options.get("StrictAetComparison", False)


@cache
def _documented() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("orthanc_options.json").read_text())


def defaults() -> dict[str, Any]:
    """Returns Orthanc's defaults by option, as documented in its default configuration."""
    return _documented()["defaults"]


def without_default() -> list[str]:
    """Returns the options that Orthanc documents in comments, without a default."""
    return _documented()["without_default"]


def not_an_object(path: Collection[str | int]) -> str:
    """Returns the rule for the setting, or the section at `path`, if its value is not an object."""
    example = ".".join(map(str, path)) or "UnknownSopClassAccepted"
    return f"must be an object of Orthanc's options, such as {KEY}.{example}"


def refusal(path: Collection[str | int]) -> str:
    """Returns why the option at `path` cannot be set: what sets it, what it would do, or which one was meant."""
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
