"""Who can access the archive through CloudFront: networks, countries, request rates, and web origins."""

import ipaddress
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from components.config.values import Flag, Group, Problem, Rule, distinct, matches

if TYPE_CHECKING:
    from components.config import Settings

# Requests from one address in five minutes. Opening a CT study requests some thousand slices, and the users of a
# hospital often share one address. 20,000 requests are 66 per second throughout the five minutes.
DEFAULT_RATE_LIMIT = 20_000

# Private, shared, and link-local addresses, from which no request arrives over the internet (RFC 1918, 3927,
# 4193, 4291 and 6598).
_NOT_ON_THE_INTERNET = [
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10"),
    )
]

# The ISO 3166-1 alpha-2 codes, which CloudFront's geo restriction requires. CloudFront reports a wrong code (UK
# for GB) only after it has created the VPC origin, which takes a quarter of an hour.
_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""


def _network_of_viewers(value: str) -> str:
    """Returns the CIDR block of a public IPv4 or IPv6 network.

    Raises ValueError with the rule for anything else.
    """
    rule = "must be the CIDR block of a public network, such as 203.0.113.0/24 or 2001:db8::/32"
    if "/" not in value:
        raise ValueError(f"{rule} (a single address ends in /32, or /128)")
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{rule} ({error})") from None
    if not network.prefixlen:
        raise ValueError(f"{rule}; /0 includes everybody; leave the list empty for that")
    if any(network.version == own.version and network.subnet_of(own) for own in _NOT_ON_THE_INTERNET):  # type: ignore[arg-type]
        raise ValueError(f"{rule}; CloudFront sees the public address of clients, never a private one")
    return str(network)


def _country(value: str) -> str:
    if value not in _COUNTRIES.split():
        raise ValueError("must be a country code of ISO 3166-1 in capitals, such as CH, US or GB")
    return value


Network = Annotated[str, AfterValidator(_network_of_viewers)]
Country = Annotated[str, AfterValidator(_country)]
Origin = Annotated[
    str,
    matches(
        r"https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?",
        "must be an origin: https://host, with a port if it is not 443, without path or trailing slash, and no *"
        " (http only for localhost)",
    ),
]


class AccessSettings(Group):
    """Access from browsers."""

    enable_waf: Flag = False
    """Protects CloudFront with AWS WAF: managed rules, a rate limit, allowedCidrs, and logs."""
    # The bounds that AWS WAF sets (API reference, "RateBasedStatement").
    waf_rate_limit: int = Field(default=DEFAULT_RATE_LIMIT, ge=10, le=2_000_000_000)
    """Requests that WAF allows from one IP address in five minutes."""
    allowed_cidrs: Annotated[tuple[Network, ...], distinct("network")] = Field(
        default=(), max_length=1000, examples=["203.0.113.0/24"]
    )
    """IPv4 and IPv6 networks that WAF allows; all others get status 403. Empty allows all."""
    allowed_countries: Annotated[tuple[Country, ...], distinct("country")] = Field(default=(), examples=["CH"])
    """Countries from which CloudFront accepts requests (ISO 3166-1 codes such as CH). Empty allows all."""
    cors_allowed_origins: Annotated[tuple[Origin, ...], distinct("origin")] = Field(
        default=(), max_length=20, examples=["https://viewer.example.org"]
    )
    """Web origins whose pages may call the archive from a browser (CORS), such as https://viewer.example.org."""
    frame_ancestors: Annotated[tuple[Origin, ...], distinct("origin")] = Field(
        default=(), max_length=20, examples=["https://portal.example.org"]
    )
    """Web origins whose pages may embed the archive in a frame, such as https://portal.example.org."""

    @property
    def serves_ipv6(self) -> bool:
        """Whether viewers can connect over IPv6; False if allowedCidrs lists only IPv4 networks.

        A viewer with both protocols would then use IPv6 and be blocked, although its IPv4 network is listed.
        """
        versions = {ipaddress.ip_network(network).version for network in self.allowed_cidrs}
        return versions != {4}


def _list_is_enforced(settings: "Settings") -> Problem | None:
    # An error, so that the list is never ignored and WAF is never charged for without being requested. It also
    # prevents disabling WAF while the list relies on it.
    if settings.enable_waf or not settings.allowed_cidrs:
        return None
    rule = "requires enableWaf: AWS WAF enforces the list, and without it everybody would be allowed"
    return Problem("allowedCidrs", ",".join(settings.allowed_cidrs), rule, "pulumi config set enableWaf true")


def _limit_is_enforced(settings: "Settings") -> Problem | None:
    if settings.enable_waf or settings.waf_rate_limit == DEFAULT_RATE_LIMIT:
        return None
    rule = "requires enableWaf: AWS WAF enforces the limit"
    return Problem("wafRateLimit", settings.waf_rate_limit, rule, "pulumi config set enableWaf true")


RULES = (
    Rule(frozenset({"enableWaf", "allowedCidrs"}), _list_is_enforced),
    Rule(frozenset({"enableWaf", "wafRateLimit"}), _limit_is_enforced),
)
