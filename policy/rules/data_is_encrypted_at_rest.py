"""The database and the file system are encrypted at rest. Encryption cannot be turned on later."""

from collections.abc import Iterator

from . import Properties

_SWITCHES = {
    "aws:rds/instance:Instance": "storageEncrypted",
    "aws:efs/fileSystem:FileSystem": "encrypted",
}


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks RDS instances and EFS file systems."""
    switch = _SWITCHES.get(kind)
    if switch and properties.get(switch) is not True:
        yield f"what it holds is stored in clear: set {switch} to true"
