"""The stack's configuration: typed, frozen, and checked as a whole before the first resource.

`Pulumi.yaml` declares every key for the CLI (type, default, description); this module owns what that schema
cannot express: ranges, formats, structured values and the rules between keys. A test holds the two together.
All errors are reported at once, each with key, value, rule and remedy.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

# Task memory (MiB) that Fargate offers for each task CPU (units of 1/1024 vCPU); Amazon ECS Developer Guide,
# "Task definition parameters for Fargate". Sizes under 2 vCPU/4 GB are left out: Orthanc 1.13's own memory
# caps add up to about 1.7 GB before the first request.
FARGATE_MEMORY_MIB: dict[int, range] = {
    1024: range(4096, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}

# Retention periods, in days, that CloudWatch Logs accepts (PutRetentionPolicy).
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557)
LOG_RETENTION_DAYS += (2922, 3288, 3653)

# The longest that CloudFront waits for an origin without a raised quota (CloudFront quotas, "Response timeout").
LONGEST_ORIGIN_TIMEOUT_SECONDS = 120


def _matches(pattern: str, rule: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _one_of(values: tuple[int, ...] | list[int]) -> AfterValidator:
    def check(value: int) -> int:
        if value not in values:
            raise ValueError(f"must be one of {', '.join(map(str, values))}")
        return value

    return AfterValidator(check)


def _private_network(value: str) -> str:
    rule = "must be a private IPv4 network between /16 and /24 written as its first address, such as 10.0.0.0/16"
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{rule} ({error})") from None
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # RFC 1918
    if not any(network.subnet_of(ipaddress.IPv4Network(block)) for block in private):
        raise ValueError(rule)
    if not 16 <= network.prefixlen <= 24:
        raise ValueError(f"{rule} (got /{network.prefixlen})")
    return value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError("must name each origin once")
    return values


def _true_or_false(value: object) -> object:
    # pydantic alone would take yes, on and 1 too, which the CLI's schema does not.
    if value not in (True, False, "true", "false"):
        raise ValueError("must be true or false")
    return value


Flag = Annotated[bool, BeforeValidator(_true_or_false)]
AeTitle = Annotated[
    str,
    # DICOM PS3.5, value representation AE: at most 16 characters, no backslash or control characters, and
    # leading or trailing spaces do not count; upstream's modalities add that lower case is rarely understood.
    _matches(r"[A-Z0-9_.-]{1,16}", "must be 1 to 16 of the characters A-Z, 0-9, _, . and -"),
]
BucketArn = Annotated[
    str,
    _matches(
        r"|arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "must be the ARN of an S3 bucket (arn:aws:s3:::name, no path), or empty for no access logs",
    ),
]
CertificateArn = Annotated[
    str,
    _matches(
        r"|arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}",
        "must be the ARN of an ACM certificate in us-east-1 (CloudFront takes no other region's), or empty",
    ),
]
DomainName = Annotated[
    str,
    _matches(
        r"|(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "must be a host name in lower case such as orthanc.example.org, without https:// or path, or empty",
    ),
]
EngineVersion = Annotated[
    str,
    # RDS withdraws minor versions one by one; a major alone always means its newest. 13 is end of life.
    _matches(r"1[4-8]", "must be a PostgreSQL major version of RDS: 14, 15, 16, 17 or 18, without a minor"),
]
ImageReference = Annotated[
    str,
    _matches(
        r"[a-z0-9][a-z0-9._/:-]*:(?!latest(@|$))[A-Za-z0-9_][A-Za-z0-9_.-]*(@sha256:[0-9a-f]{64})?"
        r"|[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}",
        "must be an image reference pinned to a tag other than latest, or to a digest",
    ),
]
InstanceClass = Annotated[
    str,
    _matches(
        r"db\.[a-z][a-z0-9-]*\.(micro|small|medium|large|\d*xlarge)",
        "must be an RDS instance class such as db.t4g.small or db.m7g.large",
    ),
]
LogRetention = Annotated[int, _one_of(LOG_RETENTION_DAYS)]
Origin = Annotated[
    str,
    _matches(
        r"https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?",
        "must be an origin: https://host, with a port if it is not 443, without path or trailing slash, and no *"
        " (http only for localhost)",
    ),
]


class Settings(BaseModel):
    """Every setting of a stack, with the defaults that hold when the stack sets nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    # The flags of the original sample.
    enable_dicom_s3_storage: Flag = True
    access_logs_bucket_arn: BucketArn = ""
    enable_multi_az: Flag = False
    enable_rds_backup: Flag = False
    enable_vpc_flow_logs: Flag = False

    data_on_destroy: Literal["refuse", "keep", "delete"] = "refuse"
    log_retention_days: LogRetention = 90

    vpc_cidr: Annotated[str, AfterValidator(_private_network)] = "10.0.0.0/16"
    nat_gateways: Literal["none", "single", "onePerZone"] = "single"

    old_version_retention_days: int = Field(default=30, ge=1, le=3650)

    database_engine_version: EngineVersion = "17"
    database_instance_class: InstanceClass = "db.t4g.small"
    database_storage_gib: int = Field(default=20, ge=20, le=65536)
    database_max_storage_gib: int = Field(default=200, ge=22, le=65536)

    orthanc_image: ImageReference = "orthancteam/orthanc:26.8.1"
    orthanc_name: str = Field(default="Orthanc", min_length=1, max_length=64)
    dicom_aet: AeTitle = "ORTHANC"
    task_cpu: Annotated[int, _one_of(list(FARGATE_MEMORY_MIB))] = 2048
    task_memory_mib: int = Field(default=4096, ge=4096, le=122880)

    domain_name: DomainName = ""
    certificate_arn: CertificateArn = ""
    cors_allowed_origins: Annotated[tuple[Origin, ...], Field(max_length=20), AfterValidator(_distinct)] = ()
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    response_timeout_seconds: int = Field(default=120, ge=30, le=LONGEST_ORIGIN_TIMEOUT_SECONDS)

    @property
    def task_count(self) -> int:
        """How many Orthanc tasks the service runs: one in each zone with Multi-AZ, else one."""
        return 2 if self.enable_multi_az else 1

    # Each hop waits a little longer than the one before it, so that the one nearest to the viewer reports the
    # timeout and none closes a connection that another still uses: CloudFront, load balancer, Orthanc.

    @property
    def load_balancer_idle_seconds(self) -> int:
        """How long the load balancer keeps a silent connection, longer than CloudFront waits for an answer."""
        return self.response_timeout_seconds + 10

    @property
    def keep_alive_seconds(self) -> int:
        """How long Orthanc keeps an idle connection, longer than the load balancer does."""
        return self.load_balancer_idle_seconds + 10


class Problem(NamedTuple):
    """One unusable setting: its key, its value, the rule that it breaks and what to do."""

    key: str
    value: object
    rule: str
    remedy: str


def _memory_fits_cpu(settings: Settings) -> Problem | None:
    offered = FARGATE_MEMORY_MIB[settings.task_cpu]
    if settings.task_memory_mib in offered:
        return None
    rule = (
        f"for taskCpu {settings.task_cpu} Fargate offers {offered.start} to {offered[-1]} MiB"
        f" in steps of {offered.step}"
    )
    remedy = f"pulumi config set taskMemoryMib {offered.start}, or another taskCpu"
    return Problem("taskMemoryMib", settings.task_memory_mib, rule, remedy)


def _storage_can_grow(settings: Settings) -> Problem | None:
    # RDS wants at least 10 % of room for storage autoscaling.
    least = -(-settings.database_storage_gib * 11 // 10)
    if settings.database_max_storage_gib >= least:
        return None
    rule = f"must exceed databaseStorageGib {settings.database_storage_gib} by 10 % at least, so that it can grow"
    remedy = f"pulumi config set databaseMaxStorageGib {least}"
    return Problem("databaseMaxStorageGib", settings.database_max_storage_gib, rule, remedy)


def _certificate_for_domain(settings: Settings) -> Problem | None:
    if bool(settings.domain_name) == bool(settings.certificate_arn):
        return None
    if settings.domain_name:
        rule = "domainName needs the certificate that covers it"
        return Problem("certificateArn", "", rule, "pulumi config set certificateArn arn:aws:acm:us-east-1:…")
    rule = "a certificate serves nothing without the domain name that it covers"
    return Problem("domainName", "", rule, "pulumi config set domainName orthanc.example.org")


class Rule(NamedTuple):
    """A rule between keys; `check` answers the problem where a stack breaks it."""

    keys: frozenset[str]
    check: Callable[[Settings], Problem | None]


RULES_BETWEEN_KEYS = (
    Rule(frozenset({"taskCpu", "taskMemoryMib"}), _memory_fits_cpu),
    Rule(frozenset({"databaseStorageGib", "databaseMaxStorageGib"}), _storage_can_grow),
    Rule(frozenset({"domainName", "certificateArn"}), _certificate_for_domain),
)
