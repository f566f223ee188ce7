"""WAF."""

from offline.stand_ins.codec import Values
from offline.stand_ins.table import Call, Import, Read, row


def _named(state: Values) -> Values:
    """The parameters that WAF requires in every call; the import ID of the plugin consists of the same three."""
    id, name = state["id"].split("/")
    return {"Id": id, "Name": name, "Scope": state.get("scope") or "CLOUDFRONT"}


_ID = "join('/', [Summary.Id, Summary.Name])"


def _scope(found: Values) -> str:
    return "CLOUDFRONT" if ":global/" in found["ARN"] else "REGIONAL"


_IMPORT = Import("(?P<own>.+)/(?P<name>.+)/(?P<scope>.+)", "$own/$name")

row(
    "wafv2/ipSet:IpSet",
    "wafv2",
    Call("create_ip_set", mapped=True),
    _ID,
    Read("get_ip_set", _named, "merge(IPSet, {LockToken: LockToken})"),
    updates=(Call("update_ip_set", _named, mapped=True),),
    delete=(Call("delete_ip_set", _named),),
    fixed="name scope ipAddressVersion",
    outputs={"scope": _scope},
    named="name 128",
    imported=_IMPORT,
)

row(
    "wafv2/webAcl:WebAcl",
    "wafv2",
    Call("create_web_acl", mapped=True),
    _ID,
    Read("get_web_acl", _named, "merge(WebACL, {LockToken: LockToken})"),
    updates=(Call("update_web_acl", _named, mapped=True),),
    delete=(Call("delete_web_acl", _named),),
    fixed="name scope",
    outputs={"scope": _scope},
    named="name 128",
    imported=_IMPORT,
)


def _logging(state: Values) -> Values:
    headers = [each["singleHeader"]["name"] for each in state.get("redactedFields") or []]
    return {
        "LoggingConfiguration": {
            "ResourceArn": state["resourceArn"],
            "LogDestinationConfigs": state["logDestinationConfigs"],
            "RedactedFields": [{"SingleHeader": {"Name": name}} for name in headers],
        }
    }


row(
    "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "wafv2",
    Call("put_logging_configuration", _logging),
    "$resourceArn",
    Read("get_logging_configuration", {"ResourceArn": "$id"}, "LoggingConfiguration"),
    updates=(Call("put_logging_configuration", _logging),),
    delete=(Call("delete_logging_configuration", {"ResourceArn": "$id"}),),
    fixed="resourceArn",
)
