"""The functions of the aws plugin that the program calls; those of the network are in `invokes_network`."""

import contextlib
import json

import jmespath
from botocore.exceptions import ClientError

from offline.stand_ins.codec import Values
from offline.stand_ins.invokes_network import NETWORK, Clients, Functions, only
from offline.stand_ins.servicer import Refused


def _zones(client: Clients, given: Values) -> Values:
    filters = [
        {"Name": one["name"], "Values": one["values"]}
        for one in given.get("filters") or []
        if one["name"] != "opt-in-status"
    ]
    zones = client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    left_out = set(given.get("excludeZoneIds") or [])
    zones = sorted((zone for zone in zones if zone["ZoneId"] not in left_out), key=lambda zone: zone["ZoneName"])
    names = [zone["ZoneName"] for zone in zones]
    return {"id": "zones", "names": names, "zoneIds": [zone["ZoneId"] for zone in zones], "groupNames": names[:1]}


def _identity(client: Clients, given: Values) -> Values:
    answer = client("sts").get_caller_identity()
    return {
        "id": answer["Account"],
        "accountId": answer["Account"],
        "arn": answer["Arn"],
        "userId": answer["UserId"],
    }


def _region(client: Clients, given: Values) -> Values:
    name = given.get("region") or client("ec2").meta.region_name
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(client: Clients, given: Values) -> Values:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _authorization_token(client: Clients, given: Values) -> Values:
    import base64

    [data] = client("ecr").get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "id": "token",
        "authorizationToken": data["authorizationToken"],
        "expiresAt": data["expiresAt"].isoformat(),
        "userName": user,
        "password": password,
        "proxyEndpoint": data["proxyEndpoint"],
    }


def _hosted_zone(client: Clients, given: Values) -> Values:
    try:
        zone = client("route53").get_hosted_zone(Id=given["zoneId"])["HostedZone"]
    except ClientError as error:
        raise Refused(f"reading Route 53 Hosted Zone ({given['zoneId']}): {error}") from None
    id, private = zone["Id"].rpartition("/")[2], zone["Config"]["PrivateZone"]
    return {"id": id, "zoneId": id, "name": zone["Name"].rstrip("."), "privateZone": private}


def _bucket(client: Clients, given: Values) -> Values:
    name = given["bucket"]
    try:
        headers = client("s3").head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        reason = "couldn't find resource" if error.response["Error"]["Code"] == "404" else error
        raise Refused(f"reading S3 Bucket ({name}): {reason}") from None
    region = headers["x-amz-bucket-region"]
    return {"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}", "bucketRegion": region}


def _resource(client: Clients, given: Values) -> Values:
    """Cloud Control's description of a bucket: the parts that are set."""
    if given["typeName"] != "AWS::S3::Bucket":
        raise Refused(f"the stand-in knows no {given['typeName']}; add it to offline/stand_ins/invokes.py")
    s3, name = client("s3"), given["identifier"]
    properties: Values = {"BucketName": name}
    for call, path, part in (
        ("get_bucket_versioning", "Status && {Status: Status}", "VersioningConfiguration"),
        ("get_public_access_block", "PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
        (
            "get_bucket_encryption",
            "{ServerSideEncryptionConfiguration: ServerSideEncryptionConfiguration.Rules[].{"
            "ServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault}}",
            "BucketEncryption",
        ),
    ):
        with contextlib.suppress(ClientError):  # not set
            if found := jmespath.search(path, getattr(s3, call)(Bucket=name)):
                properties[part] = found
    return {"id": name, "identifier": name, "typeName": given["typeName"], "properties": json.dumps(properties)}


def _snapshot(client: Clients, given: Values) -> Values:
    snapshot = _of_rds(client, "Snapshot", given["dbSnapshotIdentifier"])
    names = ("allocatedStorage", "encrypted", "engine", "engineVersion", "status")
    known = {name: snapshot[name[0].upper() + name[1:]] for name in names}
    return {
        "id": given["dbSnapshotIdentifier"],
        **known,
        "dbSnapshotArn": snapshot["DBSnapshotArn"],
        "kmsKeyId": snapshot.get("KmsKeyId", ""),
    }


def _instance(client: Clients, given: Values) -> Values:
    identifier = given["dbInstanceIdentifier"]
    instance = _of_rds(client, "Instance", identifier)
    return {"id": identifier, "dbInstanceIdentifier": identifier, "kmsKeyId": instance.get("KmsKeyId", "")}


def _of_rds(client: Clients, kind: str, identifier: str) -> Values:
    """The snapshot or instance with this identifier."""
    describe = getattr(client("rds"), f"describe_db_{kind.lower()}s")
    try:
        found = describe(**{f"DB{kind}Identifier": identifier})[f"DB{kind}s"]
    except ClientError as error:
        raise Refused(f"reading RDS DB {kind} ({identifier}): {error}") from None
    return only(f"RDS DB {kind}", found)


def _key(client: Clients, given: Values) -> Values:
    try:
        key = client("kms").describe_key(KeyId=given["keyId"])["KeyMetadata"]
    except ClientError as error:
        raise Refused(f"reading KMS Key ({given['keyId']}): {error}") from None
    names = {"arn": "Arn", "keyManager": "KeyManager", "keyState": "KeyState", "enabled": "Enabled"}
    return {"id": key["KeyId"], **{name: key[api] for name, api in names.items()}}


def _quota(client: Clients, given: Values) -> Values:
    """The default and the account's own value, if it has one, as the plugin reads them."""
    quotas, named = client("service-quotas", given.get("region")), {"ServiceCode": given["serviceCode"]}
    named["QuotaCode"] = given["quotaCode"]
    default = quotas.get_aws_default_service_quota(**named)["Quota"]
    value = quotas.get_service_quota(**named)["Quota"]["Value"]
    return {"id": given["quotaCode"], **given, "defaultValue": default["Value"], "value": value}


def _vault(client: Clients, given: Values) -> Values:
    """AWS denies access to a vault that does not exist."""
    backup = client("backup")
    try:
        vault = backup.describe_backup_vault(BackupVaultName=given["name"])
    except backup.exceptions.ResourceNotFoundException:
        raise Refused("AccessDeniedException: Insufficient privileges to perform this action.") from None
    names = {"arn": "BackupVaultArn", "name": "BackupVaultName", "recoveryPoints": "NumberOfRecoveryPoints"}
    return {"id": given["name"], "kmsKeyArn": "", "tags": {}, **{name: vault[api] for name, api in names.items()}}


def _parameters(client: Clients, given: Values) -> Values:
    path = given["path"]
    pages = client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    found = [parameter for page in pages for parameter in page["Parameters"]]
    names = ("names", "Name"), ("values", "Value"), ("types", "Type"), ("arns", "ARN")
    return {"id": path, "path": path, **{many: [each[one] for each in found] for many, one in names}}


INVOKES: Functions = {
    **NETWORK,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:backup/getVault:getVault": _vault,
    "aws:cloudcontrol/getResource:getResource": _resource,
    "aws:kms/getKey:getKey": _key,
    "aws:rds/getInstance:getInstance": _instance,
    "aws:rds/getSnapshot:getSnapshot": _snapshot,
    "aws:servicequotas/getServiceQuota:getServiceQuota": _quota,
    "aws:ssm/getParametersByPath:getParametersByPath": _parameters,
    "aws:s3/getBucket:getBucket": _bucket,
    "aws:route53/getZone:getZone": _hosted_zone,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
}
"""By token: a function of the plugin's clients and the arguments."""
