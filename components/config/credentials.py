"""Users, and when passwords are regenerated: all of them on request, the database password also on a schedule."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.values import Group, Problem, Rule, matches

if TYPE_CHECKING:
    from components.config import Settings

ADMIN_USER = "admin"

UserName = Annotated[
    str,
    # HTTP basic authentication ends a name at the first colon. The other excluded characters would need escaping
    # somewhere along the way.
    matches(
        rf"(?!{ADMIN_USER}$)[A-Za-z][A-Za-z0-9._-]{{0,63}}",
        "must be 1 to 64 of the characters A-Z, a-z, 0-9, ., _ and -, starting with a letter, other than admin",
    ),
]

# The schedule on which RDS rotates a managed password by default (Amazon RDS User Guide, "Password management with
# Secrets Manager").
DEFAULT_SCHEDULE = "rate(7 days)"
RotationSchedule = Annotated[
    str,
    # Secrets Manager User Guide, "Schedule expressions": hours and days only, minute 0, every year, UTC.
    matches(
        r"rate\(([4-9]|[1-9]\d{1,2}) hours\)|rate\((1 day|[1-9]\d{0,2} days)\)"
        r"|cron\(0 [\d,/*-]+ [\dLW?*,/-]+ [\dA-Z*,/-]+ [\dA-Z#?*,/-]+ \*\)",
        "must be a schedule of Secrets Manager such as rate(30 days), or in UTC cron(0 3 ? * SUN *): every 4 hours"
        " at most, minute 0",
    ),
]


class User(Group):
    """A user in addition to the administrator, with a generated password."""

    name: UserName
    role: Literal["full", "readOnly"] = "readOnly"


def _one_of_each(users: tuple[User, ...]) -> tuple[User, ...]:
    names = [user.name for user in users]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"must name each user once, but repeats {', '.join(twice)}")
    return users


class CredentialSettings(Group):
    """Users and passwords."""

    orthanc_users: Annotated[tuple[User, ...], AfterValidator(_one_of_each)] = Field(
        default=(), max_length=100, examples=[{"name": "viewer", "role": "readOnly"}]
    )
    """Additional users, each with name and role (readOnly or full). Their passwords are generated."""
    credentials_version: int = Field(default=1, ge=1, le=1_000_000)
    """Change this number to regenerate all passwords and redeploy the tasks."""
    database_password_rotation: Literal["none", "managed"] = "none"  # noqa: S105 - no password
    """Who generates the database password: none (the stack, once per credentialsVersion) or managed (RDS, on a
    schedule)."""
    database_password_schedule: RotationSchedule = DEFAULT_SCHEDULE
    """Schedule on which RDS rotates the database password, such as rate(30 days) or cron(0 3 ? * SUN *) in
    UTC. Tasks are redeployed after each rotation."""

    @property
    def rds_keeps_password(self) -> bool:
        """Whether RDS, instead of the stack, generates the database password and keeps it in a secret."""
        return self.database_password_rotation == "managed"  # noqa: S105 - no password

    @property
    def full_users(self) -> tuple[str, ...]:
        """The users that may change the contents of the archive, the administrator first."""
        return (ADMIN_USER, *(user.name for user in self.orthanc_users if user.role == "full"))

    @property
    def read_only_users(self) -> tuple[str, ...]:
        """The users that may only view the contents of the archive."""
        return tuple(user.name for user in self.orthanc_users if user.role == "readOnly")


def _schedule_is_kept(settings: "Settings") -> Problem | None:
    schedule = settings.database_password_schedule
    if settings.rds_keeps_password or schedule == DEFAULT_SCHEDULE:
        return None
    rule = "has no effect without databasePasswordRotation managed"
    remedy = "pulumi config set databasePasswordRotation managed"
    return Problem("databasePasswordSchedule", schedule, rule, remedy)


RULES = (Rule(frozenset({"databasePasswordRotation", "databasePasswordSchedule"}), _schedule_is_kept),)
