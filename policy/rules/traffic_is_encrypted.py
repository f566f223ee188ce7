"""Viewers, database and file system are spoken to over TLS only."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of distributions, parameter groups of PostgreSQL, and the volumes of tasks."""
    if kind == "aws:cloudfront/distribution:Distribution":
        others = properties.get("orderedCacheBehaviors") or []
        for behavior in (properties.get("defaultCacheBehavior") or {}, *others):
            policy = behavior.get("viewerProtocolPolicy")
            if policy != "https-only":
                yield f"a password can be sent in clear: viewerProtocolPolicy is {policy!r}, make it https-only"
    if kind == "aws:rds/parameterGroup:ParameterGroup":
        values = {each["name"]: each["value"] for each in properties.get("parameters") or []}
        if values.get("rds.force_ssl") != "1":
            yield "the database takes connections without TLS: set the parameter rds.force_ssl to 1"
    if kind == "aws:ecs/taskDefinition:TaskDefinition":
        for volume in properties.get("volumes") or []:
            files = volume.get("efsVolumeConfiguration")
            if files is not None and files.get("transitEncryption") != "ENABLED":
                yield f"files of the volume {volume['name']} travel in clear: set transitEncryption to ENABLED"
