"""Elastic Load Balancing: application and network load balancers."""

from collections.abc import Callable
from typing import Any

from offline.stand_ins.codec import Values, is_unknown
from offline.stand_ins.table import Call, Read, row

_BALANCER = {
    "idleTimeout": "idle_timeout.timeout_seconds",
    "clientKeepAlive": "client_keep_alive.seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "accessLogs.enabled": "access_logs.s3.enabled",
    "accessLogs.bucket": "access_logs.s3.bucket",
    "accessLogs.prefix": "access_logs.s3.prefix",
}
_GROUP = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "slowStart": "slow_start.duration_seconds",
    "preserveClientIp": "preserve_client_ip.enabled",
    "stickiness.enabled": "stickiness.enabled",
    "stickiness.type": "stickiness.type",
    "stickiness.cookieDuration": "stickiness.lb_cookie.duration_seconds",
}


def _attributes(argument: str, names: dict[str, str]) -> Callable[[Values], Values]:
    """A call's `Attributes`: a flat list of texts, which the SDK nests."""

    def made(state: Values) -> Values:
        attributes = []
        for path, key in names.items():
            name, _, part = path.partition(".")
            value = (state.get(name) or {}).get(part) if part else state.get(name)
            if name == "accessLogs" and part != "enabled" and not (state.get(name) or {}).get("enabled"):
                continue  # disabled logs have no bucket
            if value is not None:
                attributes.append(
                    {"Key": key, "Value": str(value).lower() if isinstance(value, bool) else str(value)}
                )
        return {argument: state["id"], "Attributes": attributes}

    return made


def _read(operation: str, argument: str, names: dict[str, str]) -> Read:
    """The attributes as the SDK nests them."""
    nested: dict[str, Any] = {}
    for path, key in names.items():
        name, _, part = path.partition(".")
        source = f"Attributes[?Key=='{key}'] | [0].Value"
        if part:
            nested.setdefault(name, {})[part] = source
        else:
            nested[name] = source
    texts = [
        f"{name}: {{{', '.join(f'{part}: {source}' for part, source in value.items())}}}"
        if isinstance(value, dict)
        else f"{name}: {value}"
        for name, value in nested.items()
    ]
    return Read(operation, {argument: "$id"}, f"{{{', '.join(texts)}}}")


def _fixed_of_network(old: Values, new: Values) -> set[str]:
    """A network load balancer cannot get a first security group, or lose its last one or a subnet."""
    if new.get("loadBalancerType") != "network":
        return set()
    fixed = set()
    if bool(old.get("securityGroups")) != bool(new.get("securityGroups")):
        fixed.add("securityGroups")
    if not is_unknown(new.get("subnets")) and set(old.get("subnets") or ()) - set(new.get("subnets") or ()):
        fixed.add("subnets")
    return fixed


def _logs_as_before(new: Values, read: Any) -> bool:
    """Access logs that are not given stay unchanged; if they are off, their bucket is not compared."""
    logs = new.get("accessLogs")
    return not logs or not (logs.get("enabled") or (read or {}).get("enabled"))


def _protected(client: Any, state: Values) -> str | None:
    if not state.get("enableDeletionProtection"):
        return None
    return (
        f"OperationNotPermitted: {state['id']} has deletion protection: turn it off, run pulumi up, destroy again"
    )


row(
    "lb/loadBalancer:LoadBalancer",
    "elbv2",
    Call(
        "create_load_balancer",
        lambda state: {
            "Scheme": "internal" if state.get("internal") else "internet-facing",
            "Type": state.get("loadBalancerType", "application"),
        },
        mapped=True,
    ),
    "LoadBalancers[0].LoadBalancerArn",
    [
        Read(
            "describe_load_balancers",
            {"LoadBalancerArns": ["$id"]},
            "LoadBalancers[0].merge(@, {Subnets: AvailabilityZones[].SubnetId, Internal: Scheme=='internal'})",
        ),
        _read("describe_load_balancer_attributes", "LoadBalancerArn", _BALANCER),
    ],
    puts=(
        Call(
            "modify_load_balancer_attributes",
            _attributes("LoadBalancerArn", _BALANCER),
            when=" ".join(sorted({path.partition(".")[0] for path in _BALANCER})),
        ),
    ),
    updates=(
        Call(
            "set_security_groups",
            {"LoadBalancerArn": "$id", "SecurityGroups": "$securityGroups"},
            when="securityGroups",
        ),
        Call("set_subnets", {"LoadBalancerArn": "$id", "Subnets": "$subnets"}, when="subnets"),
    ),
    delete=(Call("delete_load_balancer", {"LoadBalancerArn": "$id"}),),
    fixed="name namePrefix internal loadBalancerType",
    fixed_here=_fixed_of_network,
    names={"name": "LoadBalancerName", "dnsName": "DNSName", "loadBalancerType": "Type"},
    outputs={
        "arn": "LoadBalancerArn",
        "arnSuffix": lambda found: found["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "zoneId": "CanonicalHostedZoneId",
        "vpcId": "VpcId",
    },
    named="name 32",
    suppress={"accessLogs": _logs_as_before},
    prepare=_protected,
)


def _health(state: Values) -> Values:
    check = state.get("healthCheck") or {}
    return {
        "HealthCheckPath": check.get("path"),
        "HealthCheckPort": check.get("port"),
        "HealthCheckProtocol": check.get("protocol"),
        "HealthCheckIntervalSeconds": check.get("interval"),
        "HealthCheckTimeoutSeconds": check.get("timeout"),
        "HealthyThresholdCount": check.get("healthyThreshold"),
        "UnhealthyThresholdCount": check.get("unhealthyThreshold"),
        "Matcher": {"HttpCode": check["matcher"]} if check.get("matcher") else None,
    }


row(
    "lb/targetGroup:TargetGroup",
    "elbv2",
    Call("create_target_group", _health, mapped=True),
    "TargetGroups[0].TargetGroupArn",
    [
        Read(
            "describe_target_groups",
            {"TargetGroupArns": ["$id"]},
            "TargetGroups[0].merge(@, {healthCheck: {path: HealthCheckPath, port: HealthCheckPort,"
            " protocol: HealthCheckProtocol, interval: HealthCheckIntervalSeconds,"
            " timeout: HealthCheckTimeoutSeconds, healthyThreshold: HealthyThresholdCount,"
            " unhealthyThreshold: UnhealthyThresholdCount, matcher: Matcher.HttpCode}})",
        ),
        _read("describe_target_group_attributes", "TargetGroupArn", _GROUP),
    ],
    puts=(
        Call(
            "modify_target_group_attributes",
            _attributes("TargetGroupArn", _GROUP),
            when=" ".join(sorted({path.partition(".")[0] for path in _GROUP})),
        ),
    ),
    updates=(
        Call(
            "modify_target_group",
            lambda state: {"TargetGroupArn": state["id"], **_health(state)},
            when="healthCheck",
        ),
    ),
    delete=(Call("delete_target_group", {"TargetGroupArn": "$id"}),),
    fixed="name namePrefix port protocol vpcId targetType",
    names={"name": "TargetGroupName"},
    outputs={"arn": "TargetGroupArn", "arnSuffix": lambda found: found["TargetGroupArn"].rpartition(":")[2]},
    named="name 32",
)


_IDLE = "tcp.idle_timeout.seconds"


def _no_idle_timeout(inputs: Values) -> str | None:
    idle = inputs.get("tcpIdleTimeoutSeconds")
    wrong = idle is not None and not is_unknown(idle) and not 60 <= int(idle) <= 6000
    return f"tcpIdleTimeoutSeconds: expected to be in the range (60 - 6000), got {idle}" if wrong else None


def _no_tcp(new: Values, read: Any) -> bool:
    """The provider ignores the idle timeout of a listener of any other protocol."""
    return new.get("protocol") != "TCP"


def _listener(state: Values) -> Values:
    certificate = state.get("certificateArn")
    return {
        "Certificates": [{"CertificateArn": certificate}] if certificate else None,
        "DefaultActions": _actions(state["defaultActions"]),
    }


# The API nests the configuration of an action under a different name than the SDK.
_AS_ACTIONS = (
    "[].{type: Type, order: Order, targetGroupArn: TargetGroupArn, fixedResponse: FixedResponseConfig"
    ".{statusCode: StatusCode, contentType: ContentType, messageBody: MessageBody}}"
)
_FIXED = {"statusCode": "StatusCode", "contentType": "ContentType", "messageBody": "MessageBody"}


def _actions(actions: list[Values]) -> list[Values]:
    made = []
    for action in actions:
        given = action.get("fixedResponse") or {}
        fixed = {api: given[name] for name, api in _FIXED.items() if given.get(name) is not None}
        parts = {
            "Type": action["type"],
            "TargetGroupArn": action.get("targetGroupArn"),
            "FixedResponseConfig": fixed,
        }
        made.append({name: value for name, value in parts.items() if value})
    return made


def _idle(state: Values) -> Values:
    seconds = state.get("tcpIdleTimeoutSeconds") if state.get("protocol") == "TCP" else None
    attributes = [{"Key": _IDLE, "Value": str(seconds)}] if seconds else []
    return {"ListenerArn": state["id"], "Attributes": attributes}


row(
    "lb/listener:Listener",
    "elbv2",
    Call("create_listener", _listener, mapped=True),
    "Listeners[0].ListenerArn",
    [
        Read("describe_listeners", {"ListenerArns": ["$id"]}, "Listeners[0]"),
        _read("describe_listener_attributes", "ListenerArn", {"tcpIdleTimeoutSeconds": _IDLE}),
    ],
    puts=(Call("modify_listener_attributes", _idle, when="tcpIdleTimeoutSeconds"),),
    updates=(
        Call("modify_listener", lambda state: {"ListenerArn": state["id"], **_listener(state)}, mapped=True),
    ),
    delete=(Call("delete_listener", {"ListenerArn": "$id"}),),
    fixed="loadBalancerArn",
    outputs={
        "arn": "ListenerArn",
        "certificateArn": "Certificates[0].CertificateArn",
        "defaultActions": f"DefaultActions{_AS_ACTIONS}",
    },
    refuse=_no_idle_timeout,
    suppress={"tcpIdleTimeoutSeconds": _no_tcp},
)


def _rule(state: Values) -> Values:
    return {
        "Actions": _actions(state["actions"]),
        "Conditions": [_condition(each) for each in state["conditions"]],
    }


def _condition(condition: Values) -> Values:
    if header := condition.get("httpHeader"):
        config = {"HttpHeaderName": header["httpHeaderName"], "Values": header["values"]}
        return {"Field": "http-header", "HttpHeaderConfig": config}
    pairs = [{name.capitalize(): text for name, text in pair.items()} for pair in condition["queryStrings"]]
    return {"Field": "query-string", "QueryStringConfig": {"Values": pairs}}


row(
    "lb/listenerRule:ListenerRule",
    "elbv2",
    Call(
        "create_rule",
        lambda state: {"ListenerArn": state["listenerArn"], "Priority": int(state["priority"]), **_rule(state)},
    ),
    "Rules[0].RuleArn",
    Read("describe_rules", {"RuleArns": ["$id"]}, "Rules[0]"),
    updates=(
        Call("modify_rule", lambda state: {"RuleArn": state["id"], **_rule(state)}, when="actions conditions"),
        Call(
            "set_rule_priorities",
            lambda state: {"RulePriorities": [{"RuleArn": state["id"], "Priority": int(state["priority"])}]},
            when="priority",
        ),
    ),
    delete=(Call("delete_rule", {"RuleArn": "$id"}),),
    fixed="listenerArn",
    outputs={
        "arn": "RuleArn",
        "listenerArn": lambda merged: merged["RuleArn"].rpartition("/")[0].replace("listener-rule", "listener"),
        "actions": f"Actions{_AS_ACTIONS}",
        "conditions": "Conditions[].{queryStrings: QueryStringConfig.Values[].{key: Key, value: Value},"
        " httpHeader: HttpHeaderConfig.{httpHeaderName: HttpHeaderName, values: Values}}",
    },
)
