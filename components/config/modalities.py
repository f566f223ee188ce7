"""Modalities: AE title, address, port, and permissions of each."""

import ipaddress
import itertools
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.values import Group, OrthancText, distinct, matches

# DICOM PS3.5, value representation AE: up to 16 characters of the default repertoire (ISO-IR 6), no backslash and
# no control characters; leading and trailing spaces are not significant. Orthanc has the same rule
# (Toolbox::IsValidAet).
AeTitle = Annotated[
    OrthancText,
    matches(
        r"(?! )[ -\[\]-~]{1,16}(?<! )",
        "must be 1 to 16 ASCII letters, digits, punctuation marks and spaces, but no \\ and no spaces at the ends",
    ),
]

Right = Literal["echo", "find", "get", "move", "store", "storageCommitment"]
# Orthanc's workarounds for products that deviate from the standard (Configuration.json of Orthanc). Values that
# are experimental there, and unknown to earlier versions, are left out.
Manufacturer = Literal["Generic", "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "Vitrea", "GE"]

# A host name that never resolves (RFC 2606), so it matches no caller.
NOBODY = "nobody.invalid"

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _host(value: str) -> str:
    """Returns an IPv4 address or a DNS name of two or more labels (RFC 1123).

    Raises ValueError with the rule for anything else.
    """
    rule = "must be the IPv4 address from which the modality calls, such as 10.20.0.5, or a destination's DNS name"
    if value.lower().endswith(".invalid"):
        raise ValueError(f"{rule} (in the domain invalid a name means nobody)")
    if len(value) <= 253 and re.fullmatch(rf"({_LABEL}\.)+(?!\d+$){_LABEL}", value):
        return value
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        raise ValueError(rule) from None
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        raise ValueError(f"{rule} (no device has {address})")
    return value


class Modality(Group):
    """A DICOM peer of Orthanc: a scanner, a workstation, or another PACS.

    It connects to Orthanc from `host`. Orthanc connects to it at `host` and `port` (C-MOVE, sending from the
    viewer, storage commitment). Without `allow`, it is only a destination.
    """

    aet: AeTitle
    host: Annotated[str, AfterValidator(_host)]
    port: int = Field(ge=1, le=65534)  # Orthanc rejects 65535
    manufacturer: Manufacturer = "Generic"
    allow: Annotated[tuple[Right, ...], distinct("right")] = ()

    @property
    def address(self) -> ipaddress.IPv4Address | None:
        """The IPv4 address; None if `host` is a DNS name."""
        try:
            return ipaddress.IPv4Address(self.host)
        except ValueError:
            return None


def folded(title: str, *, strict: bool) -> str:
    """Returns a title as Orthanc compares it (OrthancConfiguration::IsSameAETitle).

    `strict`: the value of StrictAetComparison.
    """
    return title if strict else title.lower()


def by_title(modalities: Sequence[Modality], *, strict: bool) -> list[list[Modality]]:
    """Returns the modalities grouped by title, in their order."""
    groups: dict[str, list[Modality]] = {}
    for modality in modalities:
        groups.setdefault(folded(modality.aet, strict=strict), []).append(modality)
    return list(groups.values())


def named(modalities: Sequence[Modality], *, strict: bool) -> dict[str, Modality]:
    """Returns the modalities by their names in Orthanc's REST API and user interface.

    A name consists of letters, digits, _ and -. If several modalities have the same title, Orthanc uses the first
    in the order of names (std::map) as the destination of C-MOVE. That is the first one in the settings, because
    its name is a prefix of the other names. Such a title also gets an entry without permissions: if all entries of
    a title allowed a command, Orthanc would allow it from any address
    (OrthancApplicationEntityFilter::IsAllowedRequest).
    """
    names: dict[str, Modality] = {}
    for first, *others in by_title(modalities, strict=strict):
        base = re.sub(r"[^A-Za-z0-9_-]", "-", first.aet)
        name = _free(itertools.chain([base], _numbered(base)), names)
        names[name] = first
        for other in others:
            names[_free(_numbered(name), names)] = other
        if others:
            nobody = f"{name}-nobody"
            name = _free(itertools.chain([nobody], _numbered(nobody)), names)
            names[name] = first.model_copy(update={"host": NOBODY, "allow": ()})
    return names


def destinations(modalities: Sequence[Modality], networks: Sequence[str]) -> list[tuple[str, int]]:
    """Returns the networks and ports where modalities listen. One with a DNS name may be in any of `networks`."""
    places = {
        (network, modality.port)
        for modality in modalities
        for network in ([f"{modality.address}/32"] if modality.address else networks)
    }
    return sorted(places)


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}-{number:03}" for number in itertools.count(2))


def _free(candidates: Iterable[str], taken: Container[str]) -> str:
    return next(name for name in candidates if name not in taken)
