"""Converts configured values to `Settings`, or raises one error that lists all problems."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.config import RULES_BETWEEN_KEYS, Problem, Settings, bucket, keys, orthanc_options, paths


class ConfigurationError(pulumi.RunError):
    """The error that the stack's configuration cannot be deployed; its text lists every problem."""

    def __init__(self, problems: list[Problem]):
        """Takes the problems found, in the order in which they are listed."""
        self.problems = problems
        lines = [f"  {p.key} = {p.value!r}: {p.rule}. Remedy: {p.remedy}" for p in problems]
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        super().__init__(f"the configuration has {count}; nothing was created:\n" + "\n".join(lines))


def parse(values: Mapping[str, Any], *, region: str | None = None) -> Settings:
    """Returns the settings in `values`: camelCase keys, text as the CLI stores it, lists as JSON or as lists.

    `region` is the AWS Region, or None if it is not known yet. Raises ConfigurationError with all problems at
    once: unknown keys, unusable values, broken rules between keys (if their values are usable), and a Region that
    is not supported.
    """
    settings, problems = checked(values, region)
    if problems:
        raise ConfigurationError(problems)
    return settings


def checked(values: Mapping[str, Any], region: str | None) -> tuple[Settings, list[Problem]]:
    """Returns settings from the usable part of `values`, and the problems with the rest; see `parse`."""
    fields = {to_camel(name): field for name, field in Settings.model_fields.items()}
    structured = {key for key, field in fields.items() if isinstance(field.default, tuple | BaseModel)}
    usable = {key: _decoded(value) if key in structured else value for key, value in values.items()}
    problems: list[Problem] = []
    try:
        settings = Settings.model_validate(usable)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            key = str(detail["loc"][0])
            if key in fields:
                problems.append(_unusable(detail, fields[key]))
            else:
                problems.append(_unknown_key(key, values[key], list(fields)))
            usable.pop(key, None)
        settings = Settings.model_validate(usable)
    unusable = {problem.key.partition("[")[0].partition(".")[0] for problem in problems}
    for rule in RULES_BETWEEN_KEYS:
        if not rule.keys & unusable:
            problems += rule.problems(settings)
    outside = (
        _region_without_authority(region),
        *_certificates_elsewhere(settings, region),
        bucket.key_elsewhere(settings, region),
        keys.key_elsewhere(settings, region),
        bucket.replica_at_home(settings, region),
    )
    problems += [problem for problem in outside if problem]
    return settings, problems


def _region_without_authority(region: str | None) -> Problem | None:
    """Returns a problem if the image has no RDS certificate authority for the Region.

    Tasks there would reject the database. The original bundle from AWS, if it replaces the one of this project,
    names no Regions and covers all of them.
    """
    bundle = paths.IMAGE_SOURCE / "rds-global-bundle.pem"
    served = set(re.findall(r"^# Amazon RDS (\S+) Root CA", bundle.read_text(), re.MULTILINE))
    if not served or region in {None, *served}:
        return None
    shown = paths.from_project(bundle)
    rule = f"{shown} contains no RDS certificate authority for this Region, so tasks could not verify the database"
    return Problem(
        "aws:region", region, rule, f"replace {shown} with the current bundle from AWS, or use another Region"
    )


def _certificates_elsewhere(settings: Settings, region: str | None) -> Iterator[Problem]:
    """Yields certificates in another Region: load balancers accept only those of their own Region."""
    existing = {
        "regionalCertificateArn": settings.regional_certificate_arn,
        "dicomCertificateArn": settings.dicom_certificate_arn,
    }
    for key, arn in existing.items():
        if arn and region not in {None, arn.split(":")[3]}:
            rule = (
                f"is in another Region than the stack ({region}); load balancers need certificates of their Region"
            )
            remedy = f"pulumi config set {key} arn:aws:acm:{region}:…, or another aws:region"
            yield Problem(key, arn, rule, remedy)


def _decoded(value: Any) -> Any:
    """Returns the list or object that the CLI passes as JSON text; returns other text unchanged.

    Other text then fails its check.
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _unusable(detail: ErrorDetails, field: FieldInfo) -> Problem:
    """Returns the problem with a value and the path to it: `key`, `key[0]`, `key[0].part` or `key["a,b"]`."""
    key, *parts = (part for part in detail["loc"] if part != "[key]")
    path = str(key) + "".join(map(_path_part, parts))
    if detail["type"] == "extra_forbidden":
        rule = orthanc_options.refusal(parts) if key == orthanc_options.KEY else "is not known here"
        return Problem(path, detail["input"], rule, f"pulumi config rm --path '{path}'")
    if detail["type"] == "missing":
        return Problem(path, None, "is needed", _remedy(detail, field))
    if detail["type"] == "model_type" and key == orthanc_options.KEY:
        return Problem(path, detail["input"], orthanc_options.not_an_object(parts), _remedy(detail, field))
    rule = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be", 1)
    rule = rule.replace("a valid tuple", "a list").replace(
        "be a valid dictionary or instance of", "have keys of a"
    )
    return Problem(path, detail["input"], rule, _remedy(detail, field))


def _path_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"\w+", part) else f'["{part}"]'


def _remedy(detail: ErrorDetails, field: FieldInfo) -> str:
    key, *parts = detail["loc"]
    if isinstance(field.default, BaseModel):
        if not parts:
            return f"pulumi config rm {key}"
        path = "".join([str(key), *map(_path_part, parts[:1])])
        default = orthanc_options.defaults().get(str(parts[0]))
        shown = "" if default is None else f" (Orthanc's default: {json.dumps(default)})"
        return f"pulumi config rm --path '{path}'{shown}"
    if isinstance(field.default, tuple):
        [value] = field.examples or [""]
        path = f"{key}[{parts[0] if parts else 0}]"
        if isinstance(value, dict):
            part = parts[1] if len(parts) > 1 else next(iter(value))
            path, value = f"{path}.{part}", value[part]
        if isinstance(value, list):
            path, [value] = f"{path}[0]", value
        return f"pulumi config set --path '{path}' {value}, or pulumi config rm {key}"
    text = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"pulumi config set {key} {text} (the default)" if text else f"pulumi config rm {key}"


def _unknown_key(key: str, value: object, known: list[str]) -> Problem:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; docs/reference/settings.md lists all keys"
    return Problem(key, value, f"is not a setting of this program{hint}", f"pulumi config rm {key}")
