"""Finds the resources of an account by their tags, or by the calls of `orphan_kinds`."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jmespath
from botocore.exceptions import ClientError

from tools.orphan_kinds import ALIVE, TAGGED, Asked, Tagged

Values = Mapping[str, Any]
Client = Callable[[str, str], Any]
"""Returns a boto3 client of a service in a Region."""

_WITHOUT_REGION = ("cloudfront", "iam")
_GLOBAL = "us-east-1"  # where global resources are listed
_GONE = re.compile(r"NotFound|NoSuch|DoesNotExist")


class Listed(NamedTuple):
    """A resource with the stack's tags: its type, ARN, import id, tags."""

    row: Tagged
    arn: str
    id: str
    tags: Mapping[str, str]

    def is_recorded(self, inputs: Values) -> bool:
        """Returns whether it is the recorded resource: the same tags, and the ARN contains its name."""
        name = str(inputs.get(self.row.named_by) or "").rpartition(":")[2]
        name = name.removeprefix("loadbalancer/").removeprefix("listener/")
        return self.tags == (inputs.get("tagsAll") or {}) and name in self.arn


def listed(tags: Mapping[str, str], region: str, known: set[str], client: Client) -> Iterator[Listed]:
    """Yields what the Tagging API lists with all tags of the stack, in the stack's Regions.

    Resources that AWS created itself are not included.
    """
    if not tags:
        return
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    seen: set[str] = set()
    regions = {arn.split(":")[3] for arn in known if arn.startswith("arn:")} | {region, _GLOBAL}
    for each in sorted(regions - {""}):
        pages = client("resourcegroupstaggingapi", each).get_paginator("get_resources")
        for page in pages.paginate(TagFilters=filters):
            for mapping in page["ResourceTagMappingList"]:
                arn = mapping["ResourceARN"]
                if arn not in seen and (typed := _typed(arn)):
                    seen.add(arn)
                    row, id = typed
                    its = {tag["Key"]: tag["Value"] for tag in mapping["Tags"]}
                    if row.kind not in ALIVE or ask(client, ALIVE[row.kind], _parts(id), each):
                        elsewhere = each != region and row.kind.partition("/")[0] not in _WITHOUT_REGION
                        yield Listed(row, arn, f"{id}@{each}" if elsewhere else id, its)


def _typed(arn: str) -> tuple[Tagged, str] | None:
    return next(((row, id) for row in TAGGED if (id := row.found(arn)) is not None), None)


def _parts(id: str) -> Values:
    first, _, second = id.partition("/")
    return {"id": id, "first": first, "second": second}


def ask(client: Client, asked: Asked, inputs: Values, region: str) -> list[str]:
    """Returns the ids that a call finds; none if the resource no longer exists."""
    if "$account" in json.dumps(asked.arguments):
        inputs = {**inputs, "account": client("sts", region).get_caller_identity()["Account"]}
    service = client(asked.service, region)
    arguments = _filled(asked.arguments, inputs)
    try:
        if service.can_paginate(asked.operation):
            answer = service.get_paginator(asked.operation).paginate(**arguments).build_full_result()
        else:
            answer = getattr(service, asked.operation)(**arguments)
    except ClientError as error:
        if _GONE.search(error.response.get("Error", {}).get("Code", "")):
            return []
        raise
    literals = re.sub(r"`\$(\w+)`", lambda match: f"`{json.dumps(inputs.get(match[1]))}`", asked.path)
    return jmespath.search(literals, answer) or []


def _filled(value: Any, inputs: Values) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(part, inputs) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, inputs) for part in value]
    return inputs.get(value[1:]) if value.startswith("$") else value
