"""DICOM: AE title and character set of Orthanc, which modalities can connect from where, and what each may do."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.modalities import AeTitle, Modality, by_title, destinations, folded
from components.config.values import Group, Problem, Rule, distinct, matches

if TYPE_CHECKING:
    from components.config import Settings

# 10.0.0.0/8 is the largest private network. A larger network would hardly restrict the clients.
_WIDEST_PREFIX = 8
# By default, AWS allows 60 rules per security group in each direction. The tasks need some of them for themselves.
_MOST_NETWORKS = 60
_MOST_MODALITIES = 50
_MOST_DESTINATIONS = 50

CertificateArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}",
        "must be the ARN of an ACM certificate in the stack's region, or empty for DICOM without TLS",
    ),
]

# The names that Orthanc uses for character sets (StringToEncoding).
Encoding = Literal[
    "Ascii",
    "Utf8",
    "Latin1",
    "Latin2",
    "Latin3",
    "Latin4",
    "Latin5",
    "Cyrillic",
    "Windows1251",
    "Arabic",
    "Greek",
    "Hebrew",
    "Thai",
    "Japanese",
    "JapaneseKanji",
    "Chinese",
    "SimplifiedChinese",
    "Korean",
]


def _network(value: str) -> str:
    rule = "must be an IPv4 network with its length, such as 10.20.0.0/16, or 203.0.113.7/32 for one address"
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{rule} ({error})") from None
    if str(network) != value:
        raise ValueError(f"{rule} (is it {network}?)")
    if network.prefixlen < _WIDEST_PREFIX:
        raise ValueError(f"{rule}, and no wider than /{_WIDEST_PREFIX} (got /{network.prefixlen})")
    return value


class DicomSettings(Group):
    """DICOM."""

    dicom_aet: AeTitle = "ORTHANC"
    """AE title of Orthanc."""
    dicom_default_encoding: Encoding = "Utf8"
    """Character set of C-FIND responses, and of stored files that declare none, by its name in Orthanc, such
    as Utf8 or Latin1."""
    dicom_ingress: Literal["off", "internal", "public"] = "off"
    """Who can reach Orthanc's DICOM port: off (nobody), internal (private networks), or public (the internet)."""
    dicom_port: int = Field(default=11112, ge=1, le=65535)
    """Port of dicomEndpoint, such as 11112, 104, 4242, or 2762 for TLS."""
    dicom_certificate_arn: CertificateArn = ""
    """ARN of an ACM certificate in the stack's Region for TLS on dicomEndpoint. Required if dicomIngress is
    public; empty means DICOM without TLS."""
    dicom_allowed_cidrs: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], distinct("network")] = (
        Field(default=(), max_length=_MOST_NETWORKS, examples=["10.20.0.0/16"])
    )
    """IPv4 networks from which modalities can connect to dicomEndpoint, such as 10.20.0.0/16."""
    dicom_modalities: tuple[Modality, ...] = Field(
        default=(),
        max_length=_MOST_MODALITIES,
        examples=[
            {"aet": "CT1", "host": "10.20.0.5", "port": 104, "manufacturer": "Generic", "allow": ["store"]},
        ],
    )
    """DICOM modalities, each with aet, host, port, manufacturer, and allow (echo, find, get, move, store,
    storageCommitment)."""


_NEEDS_INGRESS = {
    "dicomPort": "dicom_port",
    "dicomCertificateArn": "dicom_certificate_arn",
    "dicomAllowedCidrs": "dicom_allowed_cidrs",
    "dicomModalities": "dicom_modalities",
}


def _nothing_without_ingress(settings: "Settings") -> Iterator[Problem]:
    if settings.dicom_ingress != "off":
        return
    for key, name in _NEEDS_INGRESS.items():
        value = getattr(settings, name)
        if value != DicomSettings.model_fields[name].default:
            rule = "has no effect while dicomIngress is off"
            remedy = f"pulumi config set dicomIngress internal, or pulumi config rm {key}"
            yield Problem(key, _shown(value), rule, remedy)


def _ingress_knows_who_comes(settings: "Settings") -> Iterator[Problem]:
    if settings.dicom_ingress == "off":
        return
    if not settings.dicom_modalities:
        rule = f"dicomIngress is {settings.dicom_ingress}, but Orthanc rejects all modalities that are not listed"
        remedy = "pulumi config set --path 'dicomModalities[0].aet' CT1, and likewise host, port and allow[0]"
        yield Problem("dicomModalities", [], rule, remedy)
    if not settings.dicom_allowed_cidrs:
        rule = f"dicomIngress is {settings.dicom_ingress}, but no network is allowed to connect"
        remedy = "pulumi config set --path 'dicomAllowedCidrs[0]' 10.20.0.0/16 (that of your modalities)"
        yield Problem("dicomAllowedCidrs", [], rule, remedy)


def _public_is_encrypted(settings: "Settings") -> Iterator[Problem]:
    if settings.dicom_ingress == "public" and not settings.dicom_certificate_arn:
        rule = "is required while dicomIngress is public: images would cross the internet without encryption"
        remedy = "pulumi config set dicomCertificateArn arn:aws:acm:…, or dicomIngress internal behind a VPN"
        yield Problem("dicomCertificateArn", "", rule, remedy)


def _public_stands_in_public_subnets(settings: "Settings") -> Problem | None:
    if settings.dicom_ingress != "public" or not settings.vpc_id or settings.public_subnet_ids:
        return None
    rule = "is required while dicomIngress is public and vpcId is set: the load balancer needs subnets"
    remedy = "pulumi config set --path 'publicSubnetIds[0]' subnet-0123456789abcdef0, and another zone's"
    return Problem("publicSubnetIds", [], rule, remedy)


def _titles_tell_modalities_apart(settings: "Settings") -> Iterator[Problem]:
    strict = settings.strict_titles
    own = folded(settings.dicom_aet, strict=strict)
    listed: dict[tuple[str, str], str] = {}
    for number, modality in enumerate(settings.dicom_modalities):
        key, title = f"dicomModalities[{number}].aet", folded(modality.aet, strict=strict)
        remedy = f"pulumi config set --path '{key}' ANOTHER_TITLE"
        if title == own:
            yield Problem(key, modality.aet, f"must differ from dicomAet {settings.dicom_aet}", remedy)
        first = listed.setdefault((title, modality.host.lower()), key)
        if first != key:
            rule = f"is at {modality.host} in {first} already; list everything it may do in one entry"
            yield Problem(key, modality.aet, rule, remedy)


def _storage_is_committed_to_the_first(settings: "Settings") -> Iterator[Problem]:
    for first, *others in by_title(settings.dicom_modalities, strict=settings.strict_titles):
        for modality in others:
            if "storageCommitment" in modality.allow:
                key = f"dicomModalities[{settings.dicom_modalities.index(modality)}].allow"
                rule = (
                    f"names storageCommitment, which Orthanc would report to the first address of {first.aet},"
                    f" {first.host}"
                )
                remedy = "list this address first, or leave storageCommitment to that one"
                yield Problem(key, list(modality.allow), rule, remedy)


def _names_are_destinations(settings: "Settings") -> Iterator[Problem]:
    for number, modality in enumerate(settings.dicom_modalities):
        if modality.allow and not modality.address:
            key = f"dicomModalities[{number}]"
            rule = (
                "is a DNS name. Orthanc compares the address of a caller with this text, so"
                f" {modality.aet} could not call; only a destination, which may do nothing, can have a name"
            )
            remedy = f"pulumi config set --path '{key}.host' 10.20.0.5, or pulumi config rm --path '{key}.allow'"
            yield Problem(f"{key}.host", modality.host, rule, remedy)


def _destinations_fit_a_security_group(settings: "Settings") -> Iterator[Problem]:
    places = destinations(settings.dicom_modalities, settings.dicom_allowed_cidrs)
    if len(places) > _MOST_DESTINATIONS:
        rule = (
            f"need {len(places)} rules in the tasks' security group, which has room for {_MOST_DESTINATIONS}:"
            " a host that is a DNS name needs one for each network of dicomAllowedCidrs"
        )
        remedy = (
            "pulumi config set --path 'dicomModalities[0].host' 10.20.0.5, so addresses in place of names;"
            " or fewer and wider networks in dicomAllowedCidrs"
        )
        yield Problem("dicomModalities", [each.host for each in settings.dicom_modalities], rule, remedy)


def _modalities_are_let_in(settings: "Settings") -> Iterator[Problem]:
    networks = [ipaddress.IPv4Network(each) for each in settings.dicom_allowed_cidrs]
    for number, modality in enumerate(settings.dicom_modalities):
        address = modality.address
        if not networks or not address or not modality.allow or any(address in network for network in networks):
            continue
        key, end = f"dicomModalities[{number}].host", f"dicomAllowedCidrs[{len(networks)}]"
        rule = f"is not in any network of dicomAllowedCidrs, so {modality.aet} could not connect"
        yield Problem(key, modality.host, rule, f"pulumi config set --path '{end}' {modality.host}/32")


def _shown(value: object) -> object:
    """Returns the value of a setting as the user wrote it."""
    if not isinstance(value, tuple):
        return value
    return [part.model_dump(mode="json") if isinstance(part, Modality) else part for part in value]


RULES = (
    Rule(frozenset({"dicomIngress", *_NEEDS_INGRESS}), _nothing_without_ingress),
    Rule(frozenset({"dicomIngress", "dicomAllowedCidrs", "dicomModalities"}), _ingress_knows_who_comes),
    Rule(frozenset({"dicomIngress", "dicomCertificateArn"}), _public_is_encrypted),
    Rule(frozenset({"dicomIngress", "vpcId", "publicSubnetIds"}), _public_stands_in_public_subnets),
    Rule(frozenset({"dicomAet", "dicomModalities", "orthancConfiguration"}), _titles_tell_modalities_apart),
    Rule(frozenset({"dicomModalities", "orthancConfiguration"}), _storage_is_committed_to_the_first),
    Rule(frozenset({"dicomModalities"}), _names_are_destinations),
    Rule(frozenset({"dicomAllowedCidrs", "dicomModalities"}), _destinations_fit_a_security_group),
    Rule(frozenset({"dicomAllowedCidrs", "dicomModalities"}), _modalities_are_let_in),
)
