"""The stand-in for the aws plugin: it runs the AWS calls in each resource's row with boto3.

It supports only the emulated AWS: without endpoints on loopback, it rejects its configuration.
"""

import ipaddress
import json
import re
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import boto3
import jmespath
from botocore.config import Config
from pulumi.runtime.rpc import UNKNOWN

from offline.stand_ins import calls, failures, fields, mapping, semantics
from offline.stand_ins.calls import REFERENCE, fill
from offline.stand_ins.codec import Values
from offline.stand_ins.invokes import INVOKES
from offline.stand_ins.mapping import Misfit
from offline.stand_ins.sdk import schema
from offline.stand_ins.servicer import Difference, Live, Plugin, Refused, Say, Unfinished, serve
from offline.stand_ins.table import ROWS, Call, Read, Row
from offline.stand_ins.tags import in_creation, tag

GROUPS = ("network", "access", "storage", "database", "containers", "balancing", "cloudfront", "logs")
GROUPS += ("names", "firewall", "buckets", "backup", "events", "queues", "scaling", "watching")

_VERSIONS = {"IfMatch": "ETag", "LockToken": "LockToken"}
_RANDOM_DIGITS = 7  # that Pulumi's AWS plugin adds to a generated name


def load() -> None:
    """Fill the table."""
    for group in GROUPS:
        import_module(f"offline.stand_ins.rows.{group}")


class Aws(Plugin):
    """The plugin; one for each provider resource of a stack."""

    version = version("pulumi-aws")

    def __init__(self) -> None:
        """Loads the table."""
        load()
        self._configuration: Values = {}

    def configure(self, configuration: Values) -> None:
        """Store endpoints, region, credentials and default tags; nested values are JSON strings."""
        decoded = {key: _from_json(value) for key, value in configuration.items()}
        endpoints = [url for service in decoded.get("endpoints") or [] for url in service.values() if url]
        strangers = [url for url in endpoints if not _is_loopback(url)]
        if not endpoints or strangers:
            raise Refused(
                f"aws:endpoints = {strangers or None!r}: the aws plugin of this shell is the stand-in for the"
                " embedded AWS, whose endpoints are on loopback. Remedy: to deploy to AWS, open a new shell in"
                " which `make env` was not evaluated"
            )
        self._configuration = decoded

    @cache  # noqa: B019 - a plugin exists as long as its process
    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the emulated AWS."""
        configured = self._configuration
        client = boto3.client(
            service,
            endpoint_url=self._endpoint(service),
            region_name=region or configured.get("region"),
            aws_access_key_id=configured.get("accessKey"),
            aws_secret_access_key=configured.get("secretKey"),
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120),
        )
        client.meta.events.register_last("before-parameter-build", fields.check)
        return client

    def _endpoint(self, service: str) -> str:
        """The endpoint of boto3's `service`, whose name the provider spells without hyphens."""
        name = service.replace("-", "")
        if url := next((urls[name] for urls in self._configuration["endpoints"] if urls.get(name)), None):
            return url
        raise Refused(
            f"aws:endpoints has no {name}: the real plugin calls AWS itself for a service that has no endpoint."
            " Remedy: add it to SERVICES of local/stack.py, then run make up"
        )

    def check(self, kind: str, inputs: Values, old: Values, name: str, seed: bytes) -> Values:
        """Add a missing name and default tags; reject unknown properties, and inputs that AWS rejects."""
        row, known = _row(kind), schema(kind)
        problems = [Refused(f"{path} is no property of {kind}", path) for path in known.misspelt(inputs)]
        checked = {**row.defaults, **inputs}
        if row.named:
            property, length = row.named.split()
            if property not in checked:
                fixed_part = checked.pop(f"{property}Prefix", f"{name}-")
                if len(fixed_part) + _RANDOM_DIGITS > int(length):
                    rule = f"plus {_RANDOM_DIGITS} random chars is longer than maximum length {length}"
                    problems.append(Refused(f"name '{fixed_part}' {rule}"))
                checked[property] = old.get(property) or f"{fixed_part}{seed.hex()[:_RANDOM_DIGITS]}".lower()
                checked["__defaults"] = [property]  # the real plugin also records generated values here
        if "tagsAll" in known.types:
            defaults = (self._configuration.get("defaultTags") or {}).get("tags", {})
            checked["tagsAll"] = {**defaults, **(inputs.get("tags") or {})}
        if row.refuse and (reason := row.refuse(checked)):
            problems.append(Refused(reason))
        if problems:
            raise ExceptionGroup("inputs", problems)
        return checked

    def diff(self, kind: str, old: Values, new: Values, outputs: Values) -> Difference:
        """Compare the read values with the given ones; a change of a fixed property requires a new resource."""
        row = _row(kind)
        changed = semantics.changed(row, old, new, outputs)
        fixed = set(changed) - {"tags", "tagsAll"} if row.fixed == "*" else set(changed) & set(row.fixed.split())
        fixed |= set(row.fixed_here(outputs, semantics.kept(kind, new, outputs))) if row.fixed_here else set()
        # Two resources cannot have the same name at the same time; a generated name is generated again.
        name = row.named.partition(" ")[0]
        drawn = name in new.get("__defaults", ())
        same_name = bool(name) and not drawn and mapping.same(old.get(name), new.get(name))
        return Difference(changed, sorted(fixed), delete_first=bool(fixed) and (same_name or not row.named))

    def planned(self, kind: str, inputs: Values, outputs: Values) -> Values:
        """The inputs; for a new resource, every output that AWS always sets is unknown."""
        unknown = {} if outputs else dict.fromkeys(schema(kind).always_set, UNKNOWN)
        return {**unknown, **outputs, **inputs}

    def create(self, kind: str, inputs: Values, say: Say) -> tuple[str, Values]:
        """Run the calls of the row, tag the resource, wait, and read it back."""
        row = _row(kind)
        client = self.client(row.service, inputs.get("region"))
        create, *puts = calls.made_with(row, inputs)
        operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[create.operation])
        tagged = in_creation(create.operation, operation.input_shape, inputs.get("tagsAll"))
        answer = self._call(client, row, create, inputs, more=tagged)
        id = fill(row.id, inputs) if "$" in row.id else jmespath.search(row.id, answer)
        has = {"tagsAll": inputs["tagsAll"]} if tagged else {}
        return id, self._completed(client, row, puts, {**inputs, "id": id}, has, inputs)

    def read(self, kind: str, id: str, inputs: Values, outputs: Values) -> Live | None:
        """Read the resource; inputs are kept if AWS agrees with them, and are otherwise those of AWS."""
        row = _row(kind)
        client = self.client(row.service, inputs.get("region"))
        state = {**outputs, **inputs, "id": id} if outputs else self._imported(client, row, id)
        found = self._found(client, row, state) if state else None
        if found is None:
            return None
        if not outputs:
            inputs = {name: found[name] for name in schema(kind).inputs & set(found) - {"region"}}
        agreed = {
            name: value if name not in found or mapping.agrees(value, found[name]) else found[name]
            for name, value in inputs.items()
        }
        return Live(state["id"], agreed, {**found, **agreed})

    def _imported(self, client: Any, row: Row, id: str) -> Values:
        """The properties in an import ID, with the resource's own ID; empty if there is no such resource."""
        if not row.imported or not (match := re.fullmatch(row.imported.form, id)):
            return {**_told_by(row, id), "id": id}
        told = match.groupdict()
        if isinstance(row.imported.id, str):
            return {**told, "id": fill(row.imported.id, told)}
        try:
            answer = self._call(client, row, row.imported.id, told, gone_is_fine=True)
        except _Gone:
            return {}
        own = jmespath.search(row.imported.id.path, answer)
        return {**told, "id": own} if own else {}

    def update(self, kind: str, id: str, inputs: Values, old: Values, outputs: Values, say: Say) -> Values:
        """Run the calls whose inputs changed, tag the resource, wait, and read it back."""
        row = _row(kind)
        client = self.client(row.service, inputs.get("region"))
        changed = set(semantics.changed(row, old, inputs, outputs))
        gone = dict.fromkeys(semantics.removed(row, old, inputs))
        kept = semantics.kept(kind, inputs, outputs)
        state = {**outputs, **gone, **kept, "id": id, "_old": outputs, "_changed": sorted(changed)}
        wanted = (*row.puts, *row.updates) if changed - {"tags", "tagsAll"} else ()
        made = [call for call in wanted if not call.when or changed & set(call.when.split())]
        return self._completed(client, row, made, state, old, inputs)

    def _completed(
        self, client: Any, row: Row, wanted: list[Call], state: Values, old: Values, new: Values
    ) -> Values:
        """Run the calls, finish, tag and read back. On failure, raises Unfinished with the existing properties."""
        problem = ""
        try:
            for call in wanted:
                self._call(client, row, call, state)
            if row.finish and (wanted or "_old" not in state):
                row.finish(client, state)
        except Refused as error:
            problem = str(error)
        except failures.FAILED as error:  # from functions of the row
            problem = failures.told(error)
        outputs = self._found(client, row, state)
        if outputs is None:
            raise Unfinished(state["id"], new, problem or f"{state['id']}, which was just made, is not there")
        problem = problem or _not_as_given(row, state.get("_old"), old, new, outputs)
        old_tags, new_tags = old.get("tagsAll") or {}, new.get("tagsAll") or {}
        try:
            if old_tags != new_tags:
                tag(client, row.service, {**outputs, "id": state["id"]}, old_tags, new_tags)
        except failures.FAILED as error:
            problem = problem or failures.told(error, "tagging")
        if problem:
            raise Unfinished(state["id"], outputs, problem)
        return outputs

    def delete(self, kind: str, id: str, outputs: Values) -> None:
        """Run the delete calls of the row; a resource that no longer exists is no error."""
        row = _row(kind)
        client = self.client(row.service, outputs.get("region"))
        state = {**outputs, "id": id}
        try:
            if row.prepare and (reason := row.prepare(client, state)):
                raise Refused(reason)
            for call in row.delete:
                self._call(client, row, call, state, gone_is_fine=True)
        except _Gone:
            return
        except failures.FAILED as error:
            if not failures.is_gone(error):
                raise Refused(failures.told(error)) from None

    def invoke(self, kind: str, arguments: Values) -> Values:
        """Return the result of a data source of the program."""
        if kind not in INVOKES:
            raise Refused(f"the stand-in has no function {kind}. Remedy: add it to offline/stand_ins/invokes.py")
        try:
            return INVOKES[kind](self.client, arguments)
        except failures.FAILED as error:
            raise Refused(failures.told(error, kind)) from None

    def secrets(self, kind: str) -> set[str]:
        """The secret properties in the row."""
        return set(_row(kind).secret.split())

    def _call(
        self,
        client: Any,
        row: Row,
        call: Call | Read,
        state: Values,
        *,
        more: Values | None = None,
        gone_is_fine: bool = False,
    ) -> Any:
        """Run one call of a row; `more` are additional parameters."""
        method = client.meta.method_to_api_mapping[call.operation]
        shape = client.meta.service_model.operation_model(method).input_shape
        try:
            versions = {}
            # CloudFront and WAF require the version.
            for parameter, member in _VERSIONS.items() if shape else ():
                if parameter in shape.members:
                    read = self._call(client, row, row.reads[0], state, gone_is_fine=gone_is_fine)
                    versions[parameter] = read[member]
            given = calls.parameters(row, call, shape, state, versions)
            for name, value in (more or {}).items():
                given[name] = {**given.get(name, {}), **value} if isinstance(value, dict) else value
            return getattr(client, call.operation)(**given)
        except (*failures.FAILED, Misfit) as error:
            if gone_is_fine and failures.is_gone(error):
                raise _Gone from None
            raise Refused(failures.told(error, method)) from None

    def _found(self, client: Any, row: Row, state: Values) -> Values | None:
        """The properties in AWS, with the inputs that AWS does not return; None if the resource does not exist."""
        merged: Values = {}
        types = schema(row.kind).types
        for read in row.reads:
            known = {**mapping.to_properties(merged, types, row.names), **state}
            try:
                answer = self._call(client, row, read, known, gone_is_fine=True)
                answer = jmespath.search(fill(read.path, known), answer)
            except _Gone:
                answer = None
            if not merged and (not answer or not jmespath.search(row.live, answer)):
                return None
            merged.update({key: value for key, value in (answer or {}).items() if key != "ResponseMetadata"})
        found = {name: state[name] for name in {"tags", "tagsAll", *row.unread} if state.get(name) is not None}
        found |= _told_by(row, state["id"])
        found |= mapping.to_properties(merged, types, row.names)
        for name, path in row.outputs.items():
            if callable(path):
                value = path(merged)
            else:
                value = fill(path, {**found, "id": state["id"]}) if "$" in path else jmespath.search(path, merged)
            if (fitted := mapping.fit(value, types[name])) is not None:
                found[name] = fitted
        return found | (row.reads_as(state, merged) if row.reads_as else {})


class _Gone(Exception):
    """The requested resource does not exist."""


def _not_as_given(row: Row, before: Values | None, old: Values, new: Values, found: Values) -> str:
    """A text about the inputs that AWS does not have as given: every update would show that difference.

    A creation (`before` is None) compares every input. An update compares those that differed from `before`, the
    values that were read.
    """
    changed = new if before is None else semantics.changed(row, old, new, before)
    wrong = semantics.untrue(row, {name: new[name] for name in changed if name in new}, found)
    wrong += [
        f"{name}, which is no longer given, stays {found[name]!r}"
        for name in changed
        if new.get(name) is None and not semantics.empty(found.get(name))
    ]
    rule = "every update on AWS would find this difference. Remedy: give what AWS has, or correct the type's row"
    return f"{'; '.join(wrong)}: {rule}" if wrong else ""


def _row(kind: str) -> Row:
    if kind not in ROWS:
        raise Refused(
            f"the stand-in has no resource {kind}. Remedy: add a row to a file of offline/stand_ins/rows, and a"
            " sample to tests/offline/stand_ins/samples.py"
        )
    return ROWS[kind]


def _told_by(row: Row, id: str) -> Values:
    """The properties in an ID that has the form of the row."""
    names = REFERENCE.findall(row.id)
    pattern = REFERENCE.sub("(.+?)", re.escape(row.id).replace(r"\$", "$"))
    match = re.fullmatch(pattern, id)
    return dict(zip(names, match.groups(), strict=True)) if names and match else {}


def _from_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
    except ValueError:
        return value


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    serve(Aws)
