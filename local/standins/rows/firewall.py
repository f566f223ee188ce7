"""WAF."""

from local.standins.codec import Values, is_unknown
from local.standins.table import Call, Read, row


def _elsewhere(inputs: Values) -> str | None:
    region = inputs.get("region")
    if inputs.get("scope") == "CLOUDFRONT" and region != "us-east-1" and not is_unknown(region):
        return f"WAFInvalidParameterException: what is for CLOUDFRONT has the region us-east-1, not {region}"
    return None


def _named(state: Values) -> Values:
    """What WAF asks of every call; the plugin imports by the same three."""
    id, name = state["id"].split("/")
    return {"Id": id, "Name": name, "Scope": state.get("scope") or "CLOUDFRONT"}


_ID = "join('/', [Summary.Id, Summary.Name])"

row(
    "wafv2/ipSet:IpSet",
    "wafv2",
    Call("create_ip_set", mapped=True),
    _ID,
    Read("get_ip_set", _named, "merge(IPSet, {LockToken: LockToken})"),
    updates=(Call("update_ip_set", _named, mapped=True),),
    delete=(Call("delete_ip_set", _named),),
    fixed="name scope ipAddressVersion",
    named="name 128",
    refuse=_elsewhere,
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
    named="name 128",
    refuse=_elsewhere,
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


def _not_a_log_group_of_wafs(inputs: Values) -> str | None:
    wrong = [
        arn
        for arn in inputs.get("logDestinationConfigs") or []
        if not is_unknown(arn) and ":log-group:aws-waf-logs-" not in arn
    ]
    return f"WAFInvalidParameterException: WAF logs to groups aws-waf-logs-…, not to {wrong}" if wrong else None


row(
    "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "wafv2",
    Call("put_logging_configuration", _logging),
    "$resourceArn",
    Read("get_logging_configuration", {"ResourceArn": "$id"}, "LoggingConfiguration"),
    updates=(Call("put_logging_configuration", _logging),),
    delete=(Call("delete_logging_configuration", {"ResourceArn": "$id"}),),
    fixed="resourceArn",
    refuse=_not_a_log_group_of_wafs,
)
