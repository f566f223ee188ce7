"""Certificates and DNS."""

import time
from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.servicer import Refused
from offline.stand_ins.table import Call, Import, Read, row

_CERTIFICATE = {"CertificateArn": "$id"}

row(
    "acm/certificate:Certificate",
    "acm",
    Call("request_certificate", mapped=True),
    "CertificateArn",
    Read("describe_certificate", _CERTIFICATE, "Certificate"),
    delete=(Call("delete_certificate", _CERTIFICATE),),
    fixed="domainName validationMethod subjectAlternativeNames keyAlgorithm",
    outputs={
        "arn": "CertificateArn",
        "validationMethod": "DomainValidationOptions[0].ValidationMethod",
        "domainValidationOptions": "DomainValidationOptions[].{domainName: DomainName,"
        " resourceRecordName: ResourceRecord.Name, resourceRecordType: ResourceRecord.Type,"
        " resourceRecordValue: ResourceRecord.Value}",
    },
)

# ACM waits for the record for 75 minutes; the emulator finds existing records at once.
_ISSUE_SECONDS, _POLL_SECONDS = 5, 0.3


def _issued(client: Any, state: Values) -> None:
    """Wait until the certificate is issued."""
    deadline = time.monotonic() + _ISSUE_SECONDS
    while True:
        found = client.describe_certificate(CertificateArn=state["certificateArn"])["Certificate"]
        if found["Status"] == "ISSUED":
            return
        if time.monotonic() > deadline:
            asked = found["DomainValidationOptions"][0]["ResourceRecord"]
            raise Refused(
                f"{state['certificateArn']} is {found['Status']}: DNS has no {asked['Type']} {asked['Name']} with"
                f" {asked['Value']}"
            )
        time.sleep(_POLL_SECONDS)


row(
    "acm/certificateValidation:CertificateValidation",
    "acm",
    Call("describe_certificate", {"CertificateArn": "$certificateArn"}),
    "$certificateArn",
    Read("describe_certificate", _CERTIFICATE, "Certificate.{CertificateArn: CertificateArn, Status: Status}"),
    live="Status=='ISSUED'",
    fixed="certificateArn validationRecordFqdns",
    unread={"validationRecordFqdns": "only says what to wait for"},
    finish=_issued,
)


def _change(action: str, state: Values) -> Values:
    aliases, values = state.get("aliases") or [], state.get("records") or []
    record: Values = {"Name": state["name"], "Type": state["type"]}
    if aliases:
        record["AliasTarget"] = {
            "DNSName": aliases[0]["name"],
            "HostedZoneId": aliases[0]["zoneId"],
            "EvaluateTargetHealth": aliases[0]["evaluateTargetHealth"],
        }
    else:
        record |= {"TTL": int(state["ttl"]), "ResourceRecords": [{"Value": value} for value in values]}
    changes = [{"Action": action, "ResourceRecordSet": record}]
    return {"HostedZoneId": state["zoneId"], "ChangeBatch": {"Changes": changes}}


def _made(state: Values) -> Values:
    return _change("UPSERT" if state.get("allowOverwrite") else "CREATE", state)


row(
    "route53/record:Record",
    "route53",
    Call("change_resource_record_sets", _made),
    "$zoneId/$name/$type",
    Read(
        "list_resource_record_sets",
        {"HostedZoneId": "$zoneId", "StartRecordName": "$name", "StartRecordType": "$type"},
        # AWS ends names with a dot, which the plugin removes.
        "ResourceRecordSets[?(Name=='$name' || Name=='$name.') && Type=='$type'] | [0].{type: Type, ttl: TTL,"
        " records: ResourceRecords[].Value, aliases: AliasTarget && [{name: AliasTarget.DNSName,"
        " zoneId: AliasTarget.HostedZoneId, evaluateTargetHealth: AliasTarget.EvaluateTargetHealth}]}",
    ),
    updates=(Call("change_resource_record_sets", lambda state: _change("UPSERT", state)),),
    delete=(Call("change_resource_record_sets", lambda state: _change("DELETE", state)),),
    fixed="zoneId name type setIdentifier",
    imported=Import(r"(?P<zoneId>[^_]+)_(?P<name>.+)_(?P<type>[A-Z]+)", "$zoneId/$name/$type"),
    unread={"allowOverwrite": "is about the creation"},
    outputs={"fqdn": "$name"},
)
