"""Who may log in, and when passwords are drawn anew."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.settings.values import Group, matches

ADMIN_USER = "admin"

UserName = Annotated[
    str,
    # HTTP's basic authentication ends a name at the first colon; the rest would need quoting somewhere on its way.
    matches(
        rf"(?!{ADMIN_USER}$)[A-Za-z][A-Za-z0-9._-]{{0,63}}",
        "must be 1 to 64 of the characters A-Z, a-z, 0-9, ., _ and -, a letter first, and not admin, who is there",
    ),
]


class User(Group):
    """Somebody beside the administrator, with a generated password of his own."""

    name: UserName
    role: Literal["full", "readOnly"] = "readOnly"


def _one_of_each(users: tuple[User, ...]) -> tuple[User, ...]:
    names = [user.name for user in users]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"must name each user once, and names {', '.join(twice)} again")
    return users


class CredentialSettings(Group):
    """Users, and the version of all passwords."""

    orthanc_users: Annotated[tuple[User, ...], AfterValidator(_one_of_each)] = Field(
        default=(), max_length=100, examples=[{"name": "viewer", "role": "readOnly"}]
    )
    credentials_version: int = Field(default=1, ge=1, le=1_000_000)

    @property
    def full_users(self) -> tuple[str, ...]:
        """Those who may change what the archive holds, the administrator first."""
        return (ADMIN_USER, *(user.name for user in self.orthanc_users if user.role == "full"))

    @property
    def read_only_users(self) -> tuple[str, ...]:
        """Those who may look and nothing else."""
        return tuple(user.name for user in self.orthanc_users if user.role == "readOnly")
