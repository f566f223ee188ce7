"""The differences between the upstream images: the schema of the index, and the accepted configuration.

The PostgreSQL plugin numbers the schema's revisions (Orthanc Book, "PostgreSQL plugins", "Upgrades/Downgrades"):
2 in plugin 6.0 to 6.2, 3 in 7.0 and 7.1, 4 in 7.2, 5 in 8.0, 6 in 9.0, 10 in 10.0 to 10.3, 11 in 11.0. A newer
plugin upgrades the schema when it starts; an older one refuses to start with a newer schema.
"""

import re
from typing import NamedTuple

Version = tuple[int, ...]


class _Tags(NamedTuple):
    """The tags from `first` to `last`, whose plugin uses this `revision` of the schema."""

    first: Version
    last: Version
    revision: int


# The contents of the orthancteam/orthanc tags according to its release notes and lists of contents
# (orthanc-builder, release-notes-docker-images.md and README-dockerhub.md). Tags between two tags of one revision
# have the same revision. The revision of tags that are not listed is unknown.
_TAGS = (
    _Tags((24, 3, 1), (24, 11, 0), 2),  # plugin 6.1 and 6.2; 24.2.3 had unreleased versions
    _Tags((24, 12, 0), (25, 1, 1), 3),  # 7.0, 7.1
    _Tags((25, 2, 0), (25, 4, 0), 4),  # 7.2
    _Tags((25, 10, 0), (25, 10, 0), 6),  # 9.0
    _Tags((26, 8, 1), (26, 8, 1), 10),  # 10.3
)

# The first tag that upstream also builds for ARM processors (same release notes).
FIRST_FOR_ARM: Version = (24, 3, 5)

# The first tag with everything that the tasks need (same release notes): the user 999:999 (23.6.0), OHIF (23.6.1),
# and a health check that queries the index (24.3.1).
FIRST_THAT_STARTS: Version = (24, 3, 1)

# The first tag with Orthanc 1.13.0. In it, OverwriteInstances became a string. Before, it was a Boolean, and
# Orthanc does not start with a string (Orthanc's NEWS). Older versions ignore other options that they do not know.
_FIRST_WITH_1_13: Version = (26, 8, 0)
_IGNORED_BEFORE_1_13 = {
    "MaximumRequestBodySizeMB": "a body larger than the task's memory ends the task",
    "MaximumFileSizeInArchiveMB": "so does a ZIP that unpacks to more than that",
    "StorageLoaderThreadsCount": "files on S3 are read one after the other",
}

# The upstream image, or a copy of it in another registry; with or without -full, and with or without a digest.
_UPSTREAM = re.compile(r"(?:.*/)?orthancteam/orthanc:(\d+(?:\.\d+)+)(?:-full)?(?:@.+)?")


def version(image: str) -> Version | None:
    """Returns the version in an image reference; None if it has none or is not the upstream image."""
    named = _UPSTREAM.fullmatch(image)
    return tuple(map(int, named[1].split("."))) if named else None


def schema_revision(image: str) -> int | None:
    """Returns the revision of the schema that the image uses, or None if it is not known."""
    named = version(image)
    found = (tags.revision for tags in _TAGS if named and tags.first <= named <= tags.last)
    return next(found, None)


def same_schema(one: str, other: str) -> bool:
    """Returns whether both images are the same, or are known to use the same schema."""
    revision = schema_revision(one)
    return one == other or (revision is not None and revision == schema_revision(other))


def is_older(one: str, other: str) -> bool:
    """Returns whether the first image is known to be an older version than the second."""
    first, second = version(one), version(other)
    return bool(first and second and first < second)


def overwrite_instances(image: str) -> str | bool:
    """Returns the value of OverwriteInstances with which a corrected instance replaces the earlier one.

    If the image supports it, an identical instance is not written again.
    """
    return True if _is_before_1_13(image) else "IfChanged"


def shortcomings(image: str) -> str:
    """Returns the options that the image may not support, with the consequences; empty if it supports them all."""
    if not _is_before_1_13(image):
        return ""
    known_later = "; ".join(f"without {key} {consequence}" for key, consequence in _IGNORED_BEFORE_1_13.items())
    return f"{image} is older than Orthanc 1.13, and ignores what it does not know yet: {known_later}"


def _is_before_1_13(image: str) -> bool:
    named = version(image)
    return named is not None and named < _FIRST_WITH_1_13
