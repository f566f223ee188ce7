"""Types of settings with the rule that each value must follow, and the source of the rule."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from components.config import Settings

# RFC 1918.
PRIVATE_BLOCKS = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


class Group(BaseModel):
    """A group of related settings, which are in camelCase in the stack's configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Problem(NamedTuple):
    """One unusable setting: its key, its value, the rule that it breaks and what to do."""

    key: str
    value: object
    rule: str
    remedy: str


class Rule(NamedTuple):
    """A rule between keys. `check` returns the problem, or all problems, of settings that break it."""

    keys: frozenset[str]
    check: Callable[["Settings"], Problem | Iterable[Problem] | None]

    def problems(self, settings: "Settings") -> list[Problem]:
        """Returns the result of `check` as a list."""
        found = self.check(settings)
        return [found] if isinstance(found, Problem) else list(found or ())


def matches(pattern: str, rule: str) -> AfterValidator:
    """Returns a validator of text that must match `pattern` as a whole; `rule` is the pattern in words."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def one_of(values: tuple[int, ...] | list[int]) -> AfterValidator:
    """Returns a validator of a number that must be one of `values`."""

    def check(value: int) -> int:
        if value not in values:
            raise ValueError(f"must be one of {', '.join(map(str, values))}")
        return value

    return AfterValidator(check)


def private_network(value: str) -> str:
    """Returns an IPv4 network that awsx can divide; raises ValueError with the rule for anything else."""
    rule = "must be a private IPv4 network between /16 and /24 written as its first address, such as 10.0.0.0/16"
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{rule} ({error})") from None
    if not any(network.subnet_of(block) for block in PRIVATE_BLOCKS):
        raise ValueError(rule)
    if not 16 <= network.prefixlen <= 24:
        raise ValueError(f"{rule} (got /{network.prefixlen})")
    return value


def distinct(what: str) -> AfterValidator:
    """Returns a validator of a list that must not contain duplicates; `what` is the word for an entry."""

    def check(value: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"must name each {what} once")
        return value

    return AfterValidator(check)


def _true_or_false(value: object) -> object:
    # pydantic alone would also accept yes, on, and 1, which the CLI's schema does not.
    if not isinstance(value, bool) and value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value


def _as_typed(value: object) -> object:
    # `pulumi config set --path` stores digits as a number (but not 0123), and true and false as booleans.
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def no_variable(value: str) -> str:
    """Returns a text in which Orthanc's configuration reader (Toolbox::SubstituteVariables) replaces nothing.

    Otherwise it could insert a password from the task's environment, which the web page or a modality would show.
    Raises ValueError if there is something to replace.
    """
    if "${" in value:
        raise ValueError("must not contain ${, which Orthanc replaces with a variable of the task's environment")
    return value


Flag = Annotated[bool, BeforeValidator(_true_or_false)]
# A string in Orthanc's configuration; it may consist of digits.
OrthancText = Annotated[str, BeforeValidator(_as_typed), AfterValidator(no_variable)]
