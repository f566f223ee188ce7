"""What differs between the upstream images: the schema of the index, and the accepted configuration.

The PostgreSQL plugin numbers the schema's revisions (Orthanc Book, "PostgreSQL plugins", "Upgrades/Downgrades"):
2 in plugin 6.0 to 6.2, 3 in 7.0 and 7.1, 4 in 7.2, 5 in 8.0, 6 in 9.0, 10 in 10.0 to 10.3, 11 in 11.0. A newer
plugin upgrades the schema when it starts; an older one refuses to start with a newer schema.
"""

import re
from typing import NamedTuple

Version = tuple[int, ...]


class _Tags(NamedTuple):
    """The tags from `first` to `last`, whose plugin has the schema's `revision`."""

    first: Version
    last: Version
    revision: int


# What orthancteam/orthanc's tags contain, as its release notes and lists of contents say (orthanc-builder,
# release-notes-docker-images.md and README-dockerhub.md); tags between two of one revision have it, too. What is
# not listed is not known.
_TAGS = (
    _Tags((24, 3, 1), (24, 11, 0), 2),  # plugin 6.1 and 6.2; 24.2.3 had unreleased versions
    _Tags((24, 12, 0), (25, 1, 1), 3),  # 7.0, 7.1
    _Tags((25, 2, 0), (25, 4, 0), 4),  # 7.2
    _Tags((25, 10, 0), (25, 10, 0), 6),  # 9.0
    _Tags((26, 8, 1), (26, 8, 1), 10),  # 10.3
)

# The first tag that upstream builds for ARM processors, too (the same release notes).
FIRST_FOR_ARM: Version = (24, 3, 5)

# The first tag that has what the tasks need (the same release notes): the user 999:999 (23.6.0), OHIF (23.6.1),
# and a health check that asks the index (24.3.1).
FIRST_THAT_STARTS: Version = (24, 3, 1)

# The first tag with Orthanc 1.13.0, since when OverwriteInstances is a text; before, it was a Boolean, and Orthanc
# does not start with a text (Orthanc's NEWS). What else an older one does not know of the configuration it
# ignores.
_FIRST_WITH_1_13: Version = (26, 8, 0)
_IGNORED_BEFORE_1_13 = {
    "MaximumRequestBodySizeMB": "a body larger than the task's memory ends the task",
    "MaximumFileSizeInArchiveMB": "so does a ZIP that unpacks to more than that",
    "StorageLoaderThreadsCount": "files on S3 are read one after the other",
}

# Upstream's own image, or a copy of it in another registry; with or without -full, or a digest beside the tag.
_UPSTREAM = re.compile(r"(?:.*/)?orthancteam/orthanc:(\d+(?:\.\d+)+)(?:-full)?(?:@.+)?")


def version(image: str) -> Version | None:
    """The version that an image reference names; None where it names none, or is not upstream's image."""
    named = _UPSTREAM.fullmatch(image)
    return tuple(map(int, named[1].split("."))) if named else None


def schema_revision(image: str) -> int | None:
    """The revision of the schema that the image works on, where it is known."""
    named = version(image)
    found = (tags.revision for tags in _TAGS if named and tags.first <= named <= tags.last)
    return next(found, None)


def same_schema(one: str, other: str) -> bool:
    """Whether both images are known to work on the same schema: one image does."""
    revision = schema_revision(one)
    return one == other or (revision is not None and revision == schema_revision(other))


def is_older(one: str, other: str) -> bool:
    """Whether the first is known to be an older version than the second."""
    first, second = version(one), version(other)
    return bool(first and second and first < second)


def overwrite_instances(image: str) -> str | bool:
    """Orthanc's OverwriteInstances, so that an instance that is sent again, corrected, replaces the one before.

    Where the image knows it, one that is the same is not written again.
    """
    return True if _is_before_1_13(image) else "IfChanged"


def shortcomings(image: str) -> str:
    """What the image may not know of the configuration, and what follows; empty where it knows all of it."""
    if not _is_before_1_13(image):
        return ""
    known_later = "; ".join(f"without {key} {consequence}" for key, consequence in _IGNORED_BEFORE_1_13.items())
    return f"{image} is older than Orthanc 1.13, and ignores what it does not know yet: {known_later}"


def _is_before_1_13(image: str) -> bool:
    named = version(image)
    return named is not None and named < _FIRST_WITH_1_13
