"""Modalities: AE title, address, port, and permissions of each."""

import ipaddress
import itertools
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.values import Group, OrthancText, distinct, matches

# DICOM PS3.5, value representation AE: up to 16 characters of the default repertoire (ISO-IR 6), no backslash and
# no control characters; spaces at the ends do not count. Orthanc takes the same (Toolbox::IsValidAet).
AeTitle = Annotated[
    OrthancText,
    matches(
        r"(?! )[ -\[\]-~]{1,16}(?<! )",
        "must be 1 to 16 ASCII letters, digits, punctuation marks and spaces, but no \\ and no spaces at the ends",
    ),
]

Right = Literal["echo", "find", "get", "move", "store", "storageCommitment"]
# Workarounds of Orthanc for products that read the standard in their own way (its Configuration.json). What is
# experimental there, and unknown to earlier versions, is left out.
Manufacturer = Literal["Generic", "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "Vitrea", "GE"]

# A host that no caller has and no DNS resolves (RFC 2606).
NOBODY = "nobody.invalid"

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _host(value: str) -> str:
    """An IPv4 address or a DNS name of two or more labels (RFC 1123); raises ValueError with the rule."""
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
    """Something that speaks DICOM with Orthanc: a scanner, a workstation, another PACS.

    It calls from `host`, and is called there on `port` (C-MOVE, sending from the viewer, storage commitment).
    Without `allow` it is a destination only.
    """

    aet: AeTitle
    host: Annotated[str, AfterValidator(_host)]
    port: int = Field(ge=1, le=65534)  # Orthanc takes no 65535
    manufacturer: Manufacturer = "Generic"
    allow: Annotated[tuple[Right, ...], distinct("right")] = ()

    @property
    def address(self) -> ipaddress.IPv4Address | None:
        """Where it is; None where only DNS knows."""
        try:
            return ipaddress.IPv4Address(self.host)
        except ValueError:
            return None


def folded(title: str, *, strict: bool) -> str:
    """What Orthanc compares of a title (OrthancConfiguration::IsSameAETitle), `strict` by StrictAetComparison."""
    return title if strict else title.lower()


def by_title(modalities: Sequence[Modality], *, strict: bool) -> list[list[Modality]]:
    """The modalities of each title, in their order."""
    groups: dict[str, list[Modality]] = {}
    for modality in modalities:
        groups.setdefault(folded(modality.aet, strict=strict), []).append(modality)
    return list(groups.values())


def named(modalities: Sequence[Modality], *, strict: bool) -> dict[str, Modality]:
    """The modalities by their names in Orthanc's REST API and user interface: letters, digits, _ and - only.

    Where several have one title, Orthanc takes the first in the order of names (std::map) as the destination of
    C-MOVE. That is the first in the order of the settings: its name is the beginning of the others. They get one
    more that may do nothing: a command that all of a title may do, Orthanc would allow from any address
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
    """Where modalities listen: network and port. One that only DNS knows may be anywhere in `networks`."""
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
