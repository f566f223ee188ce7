# ruff: noqa: N802 - the monitor's methods have the protocol's names
"""The whole program under a recording monitor: what it registers, with which parents and options, and its outputs.

Pulumi's own mocks see neither parents nor protection nor which inputs are secret.
"""

import asyncio
import contextvars
import json
import logging
import runpy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from google.protobuf.json_format import MessageToDict
from pulumi import runtime
from pulumi.runtime import mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2, source_pb2
from pulumi.runtime.rpc import UNKNOWN

from components.config import Problem
from components.config.parse import ConfigurationError
from offline.stand_ins.codec import decode, encode
from offline.stand_ins.sdk import Type, schema

PROJECT = Path(__file__).parents[2]
NAME = "orthanc-on-aws"
REGION = {"aws:region": "us-east-1"}

# Settings that tests turn, and the two modes of storage.
S3: dict[str, str] = {}
EFS = {"enableDicomS3Storage": "false"}
MODES = pytest.mark.parametrize("mode", [S3, EFS], ids=["s3", "efs"])
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
# A scanner that stores and a PACS that does all; and DICOM let in to them.
SCANNER = {"aet": "CT1", "host": "10.20.0.5", "port": 104, "allow": ["echo", "store", "storageCommitment"]}
PACS = {
    "aet": "PACS.2",
    "host": "10.20.1.9",
    "port": 11112,
    "manufacturer": "GE",
    "allow": ["find", "get", "move"],
}
INTERNAL = {
    "dicomIngress": "internal",
    "dicomAllowedCidrs": '["10.20.0.0/16"]',
    "dicomModalities": json.dumps([SCANNER, PACS]),
}
PUBLIC = INTERNAL | {"dicomIngress": "public", "dicomPort": "2762", "dicomCertificateArn": CERTIFICATE}
OWN_DOMAIN = {"domainName": "archive.example.org", "certificateArn": CERTIFICATE}
OWN_ZONE = {"domainName": "archive.example.org", "hostedZoneId": "Z1"}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"

# What nobody may read: the generated passwords, and what opens the image's registry.
PASSWORD, TOKEN = "drawn-password", "token-of-the-registry"

# A network that is brought, and what AWS tells of it.
PRIVATE, ISOLATED = (
    ("subnet-000000a1", "subnet-000000a2"),
    ("subnet-000000b1", "subnet-000000b2", "subnet-000000b3"),
)
BROUGHT = {
    "vpcId": "vpc-0123456789abcdef0",
    "privateSubnetIds": json.dumps(PRIVATE),
    "isolatedSubnetIds": json.dumps(ISOLATED),
}
_LIVE: dict[str, dict[str, Any]] = {
    BROUGHT["vpcId"]: {"enableDnsSupport": True, "enableDnsHostnames": True, "ownerId": "123456789012"},
    **{
        id: {
            "vpcId": BROUGHT["vpcId"],
            "availabilityZone": f"us-east-1{zone}",
            "availabilityZoneId": f"use1-az-{zone}",
            "availableIpAddressCount": 250,
            "cidrBlock": "10.0.0.0/24",
        }
        for subnets in (PRIVATE, ISOLATED)
        for id, zone in zip(subnets, "bcd", strict=False)
    },
}

# Data that is brought, and what AWS tells of it.
KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
AWS_KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-00000000aaaa"
KEPT = {
    "dbSnapshotIdentifier": "orthanc-database-final-0a1b2c3d",
    "existingBucketName": "images-of-the-hospital",
    "existingBucketKeyArn": KEY,
}
_KEPT_BUCKET = {
    "VersioningConfiguration": {"Status": "Enabled"},
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"KMSMasterKeyID": KEY}}]
    },
    "PublicAccessBlockConfiguration": dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    ),
}
LIVE_SNAPSHOT: dict[str, Any] = {
    "engine": "postgres",
    "engineVersion": "17.4",
    "status": "available",
    "encrypted": True,
    "allocatedStorage": 20,
    "dbSnapshotArn": "arn:aws:rds:us-east-1:123456789012:snapshot:orthanc-database-final-0a1b2c3d",
    "kmsKeyId": AWS_KEY,
}

# Where the subnets of a network that is brought lead: to NAT.
TO_NAT = {"cidrBlock": "0.0.0.0/0", "gatewayId": "", "natGatewayId": "nat-1"}
TO_INTERNET = {"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}

_VPC = "awsx:ec2:Vpc"
_ZONES = {"use1-az3": "us-east-1a", "use1-az1": "us-east-1b", "use1-az2": "us-east-1c", "use1-az4": "us-east-1d"}
# The protocol's marks of a secret and of a resource.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_REFERENCE = {_SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e"}

# The secret that RDS keeps where it draws the password.
RDS_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1-AbCdEf"

# The record that ACM asks for, whatever the certificate's region.
VALIDATION = {"resourceRecordName": "_a.b.", "resourceRecordType": "CNAME", "resourceRecordValue": "_c.acm."}

_INVOKES: dict[str, dict[str, Any] | None] = {
    "aws:index/getPartition:getPartition": {"partition": "aws"},
    "aws:ec2/getInternetGateway:getInternetGateway": {"id": "igw-1"},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
    "aws:s3/getBucket:getBucket": {"bucketRegion": "us-east-1"},
    "aws:cloudcontrol/getResource:getResource": {"properties": json.dumps(_KEPT_BUCKET)},
    "aws:rds/getSnapshot:getSnapshot": LIVE_SNAPSHOT,
    "aws:ec2/getRouteTable:getRouteTable": {"routeTableId": "rtb-private", "routes": [TO_NAT]},
    "aws:ec2/getVpnGateway:getVpnGateway": None,
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": {"ids": ["sgr-1"]},
    "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": {
        **{"isEgress": False, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/16"},
        **{"cidrIpv6": "", "prefixListId": "", "referencedSecurityGroupId": ""},
    },
    "aws:backup/getVault:getVault": None,
    "aws:servicequotas/getServiceQuota:getServiceQuota": {"value": 1000.0},
    "aws:ec2/getVpcs:getVpcs": {"ids": ["vpc-default"]},
    "aws:ec2/getEips:getEips": {"allocationIds": []},
    "aws:route53/getZone:getZone": {"name": "example.org", "privateZone": False},
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
        "proxyEndpoint": "https://registry",
        "userName": "AWS",
        "password": TOKEN,
    },
    "pulumi:pulumi:getResource": {"urn": "table", "id": "rtb-1", "state": {}},
}
# Outputs of what is not in the aws SDK.
_OTHERS: dict[str, dict[str, Any]] = {
    _VPC: {
        "vpcId": "vpc-1",
        "privateSubnetIds": ["subnet-private-1", "subnet-private-2"],
        "isolatedSubnetIds": ["subnet-isolated-1", "subnet-isolated-2"],
        "publicSubnetIds": ["subnet-public-1", "subnet-public-2"],
        "routeTables": [
            {**_REFERENCE, "urn": f"urn:pulumi:test::{NAME}::aws:ec2/routeTable:RouteTable::table", "id": "rtb-1"}
        ],
    },
    "docker:index/image:Image": {"repoDigest": f"registry/orthanc@sha256:{'0' * 64}"},
    "random:index/randomPassword:RandomPassword": {"result": PASSWORD},
    "random:index/randomId:RandomId": {"hex": "0a1b2c3d"},
}
# How ARNs begin of what policies name.
_ARNS = {
    "Instance": "rds:us-east-1:123456789012:db:",
    "Target": "application-autoscaling:us-east-1:123456789012:scalable-target/",
    "Parameter": "ssm:us-east-1:123456789012:parameter",
    "Vault": "backup:us-east-1:123456789012:backup-vault:",
    "StateMachine": "states:us-east-1:123456789012:stateMachine:",
    "Service": "ecs:us-east-1:123456789012:service/orthanc/",
    "Bucket": "s3:::",
    "Repository": "ecr:us-east-1:123456789012:repository/",
    "LogGroup": "logs:us-east-1:123456789012:log-group:",
    "Secret": "secretsmanager:us-east-1:123456789012:secret:",
    "SecretVersion": "secretsmanager:us-east-1:123456789012:secret:",
    "Key": "kms:us-east-1:123456789012:key/",
    "FileSystem": "elasticfilesystem:us-east-1:123456789012:file-system/",
    "AccessPoint": "elasticfilesystem:us-east-1:123456789012:access-point/",
    "Policy": "iam::123456789012:policy/",
    "Role": "iam::123456789012:role/",
}


@dataclass(frozen=True)
class Resource:
    """One registration: `inputs` with secrets in clear, `readable` without them, `outputs` as after a deployment,
    the protocol's `request`.
    """

    urn: str
    kind: str
    name: str
    inputs: dict[str, Any]
    readable: Any
    outputs: dict[str, Any]
    request: Any

    @property
    def type(self) -> str:
        """The class's name."""
        return self.kind.rpartition(":")[2]

    @property
    def timeouts(self) -> list[int]:
        """Its custom timeouts in seconds: create, update and delete, where set."""
        return [int(minutes.removesuffix("m")) * 60 for _, minutes in self.request.customTimeouts.ListFields()]

    def waits_for(self, other: "Resource") -> bool:
        """Whether it depends on the other, by depends_on or by its inputs."""
        return other.urn in self.request.dependencies


class Program:
    """What one run registered and exported; `completed`: URNs of the components that told their outputs."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.completed: set[str] = set()
        self.outputs: dict[str, Any] = {}
        self.secret_outputs: set[str] = set()

    def all(self, kind: str) -> list[Resource]:
        """The resources of a class."""
        return [resource for resource in self.resources if resource.type == kind]

    def one(self, kind: str, name: str = "") -> Resource:
        """The only resource of a class (and name)."""
        found = [resource for resource in self.all(kind) if name in ("", resource.name)]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    def container(self) -> dict[str, Any]:
        """The definition of the task's only container."""
        [container] = json.loads(self.one("TaskDefinition").inputs["containerDefinitions"])
        return container

    def orthanc(self) -> dict[str, Any]:
        """Orthanc's configuration, as the task gets it."""
        [text] = [each["value"] for each in self.container()["environment"] if each["name"] == "ORTHANC_JSON"]
        return json.loads(text)

    def statements(self, name: str) -> list[dict[str, Any]]:
        """The statements of a role's policy."""
        return json.loads(self.one("Policy", name).inputs["policy"])["Statement"]


Answer = dict[str, Any] | None | Callable[[dict[str, Any]], dict[str, Any] | None]
"""What a function of the provider answers; None: it finds nothing."""


class Monitor(mocks.MockMonitor):
    """Answers registrations as the engine would in a preview or in a deployment, and keeps them in `program`.

    `endpoints`: services that have an interface endpoint in the network that is brought. `answers`: what functions
    of the provider answer, where that is not the usual, or what makes that of their arguments. `remembered`: what
    the stack remembers. `asked`: the functions that were called.
    """

    def __init__(self, *, preview: bool = False, region: str = "us-east-1", endpoints: Collection[str] = ()):
        super().__init__(mocks=None)  # type: ignore[arg-type] - nothing asks them
        self.preview, self.region, self.endpoints = preview, region, endpoints
        self.program = Program()
        self.answers: dict[str, Answer] = {}
        self.remembered: dict[str, str] = {}
        self.asked: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs, secrets = decode(request.object)
        readable = _without_secrets(MessageToDict(request.object))
        made = _computed(request.type, request.name, inputs)
        resource = Resource(urn, request.type, request.name, inputs, readable, inputs | dict(made), request)
        self.program.resources.append(resource)
        computed = dict.fromkeys(made, UNKNOWN) if self.preview else dict(made)
        if request.type.endswith("RandomPassword"):
            secrets = {"result"}
        outputs = encode(computed if request.remote else inputs | computed, secrets)
        id = "" if self.preview else f"{request.name}-id"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id, object=outputs)

    def Invoke(self, request: Any) -> Any:
        arguments = decode(request.args)[0]
        answer: dict[str, Any] | None
        function = request.tok.rpartition(":")[2]
        self.asked.add(function)
        match function:
            case known if known in self.answers:
                given = self.answers[known]
                answer = given(arguments) if callable(given) else given
            case "getParametersByPath":
                path = arguments["path"]
                names = [f"{path}/{fact}" for fact in self.remembered]
                answer = {"names": names, "values": list(self.remembered.values())}
            case "getKey":
                by_aws = arguments["keyId"] == AWS_KEY
                answer = {"keyManager": "AWS" if by_aws else "CUSTOMER", "keyState": "Enabled"}
            case "getRegion":
                answer = {"region": self.region}
            case "getAvailabilityZones":
                excluded = arguments.get("excludeZoneIds", [])
                answer = {"names": [name for id, name in _ZONES.items() if id not in excluded]}
            case "getManagedPrefixList":
                answer = {"id": f"pl-{arguments['name'].rpartition('.')[2]}"}
            case "getVpc" | "getSubnet":
                answer = _LIVE.get(arguments["id"])
            case "getVpcEndpoint" if arguments["vpcEndpointType"] == "Gateway":
                answer = None
            case "getVpcEndpoint":
                there = arguments["serviceName"].removeprefix("com.amazonaws.us-east-1.") in self.endpoints
                answer = (
                    {"privateDnsEnabled": True, "securityGroupIds": ["sg-endpoints"], "policy": ""}
                    if there
                    else None
                )
            case _:
                answer = _INVOKES[request.tok]
        if answer is None:
            nothing = provider_pb2.CheckFailure(reason="no matching thing found")
            return resource_pb2.ResourceInvokeResponse(failures=[nothing])
        return resource_pb2.ResourceInvokeResponse(**{"return": encode(answer)})  # pyright: ignore

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.program.completed.add(request.urn)
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.program.outputs, self.program.secret_outputs = decode(request.outputs)
        return super().RegisterResourceOutputs(request)


def run(
    configuration: Mapping[str, str],
    monitor: Monitor | None = None,
    *,
    stack: str = "test",
    project: str = NAME,
    directory: Path = PROJECT,
) -> Program:
    """Run the `__main__.py` of a project with the stack's configuration: whole keys, values as the CLI has."""
    chosen = (dict(configuration), monitor or Monitor(), stack, project, directory)
    return contextvars.copy_context().run(_run, *chosen)


@cache
def deployed(**settings: str) -> Program:
    """The program with these settings, deployed; the same settings run once."""
    return in_region("us-east-1", **settings)


def in_region(region: str, **settings: str) -> Program:
    """The program with these settings, deployed in another region."""
    return run(configured(settings, region), Monitor(region=region))


def configured(settings: Mapping[str, str], region: str = "us-east-1") -> dict[str, str]:
    """The configuration of a stack in this Region with these settings: whole keys."""
    return {"aws:region": region} | {f"{NAME}:{key}": value for key, value in settings.items()}


def refused(settings: Mapping[str, str], monitor: Monitor | None = None) -> list[Problem]:
    """The problems for which the program rejects these settings before it registers anything."""
    monitor = monitor or Monitor()
    with pytest.raises(ConfigurationError, match="nothing was created") as error:
        run(configured(settings), monitor)
    assert not monitor.program.resources
    return error.value.problems


def stack_file(stack: str) -> dict[str, str]:
    """The configuration of Pulumi.<stack>.yaml as the CLI hands it over."""
    content = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return REGION | {key: value if isinstance(value, str) else json.dumps(value) for key, value in content.items()}


def _nowhere() -> source_pb2.StackTrace:
    """In place of the SDK's stack of each registration, which takes a seventh of a run and is not recorded."""
    return source_pb2.StackTrace()


def _run(configuration: dict[str, str], monitor: Monitor, stack: str, project: str, directory: Path) -> Program:
    runtime.configure(
        runtime.Settings(
            project=project,
            stack=stack,
            monitor=monitor,
            engine=mocks.MockEngine(logging.getLogger(__name__)),
            dry_run=monitor.preview,
            organization="organization",
        )
    )
    runtime.set_all_config(configuration)

    def main() -> None:
        with mock.patch("pulumi.runtime.resource._get_stack_trace", _nowhere):
            runpy.run_path(str(directory / "__main__.py"), run_name="__main__")

    # What is registered is complete, and every error known, once the loop has run dry.
    with asyncio.Runner() as runner:
        runner.run(runtime.run_in_stack(main))
    return monitor.program


def _computed(kind: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs that are not inputs."""
    if kind.startswith("orthanc:"):
        return {}
    if kind in _OTHERS:
        return _OTHERS[kind]
    types = schema(kind).types
    name = inputs.get("namePrefix", "") + name
    return {key: _made_up(kind, name, key, types[key]) for key in schema(kind).always_set - set(inputs)}


def _made_up(kind: str, name: str, key: str, type_: Type) -> Any:
    if key == "arn" or key.endswith("Arn"):
        service = kind.split(":")[1].split("/")[0]
        known = _ARNS.get(kind.rpartition(":")[2])
        return f"arn:aws:{known or f'{service}:us-east-1:123456789012:'}{name}"
    if key == "policy":
        return '{"Statement": []}'
    if key == "domainValidationOptions":
        return [VALIDATION]
    if key == "kmsKeyId":
        return KEY
    if key == "masterUserSecrets":
        return [{"secretArn": RDS_SECRET}]
    return {"str": f"{name}-{key}", "int": 5432, "bool": False}.get(type_.name)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        kept = value.items() if value.get(_SIGNATURE) != _SECRET else ()
        return {key: _without_secrets(part) for key, part in kept}
    return [_without_secrets(part) for part in value] if isinstance(value, list) else value
