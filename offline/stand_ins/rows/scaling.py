"""Application Auto Scaling, the capacity of clusters, and the Parameter Store."""

from offline.stand_ins.table import Call, Read, row

_SCALED = {
    "ServiceNamespace": "$serviceNamespace",
    "ResourceId": "$resourceId",
    "ScalableDimension": "$scalableDimension",
}

row(
    "appautoscaling/target:Target",
    "application-autoscaling",
    Call("register_scalable_target", mapped=True),
    "$serviceNamespace|$resourceId|$scalableDimension",
    Read(
        "describe_scalable_targets",
        {"ServiceNamespace": "$serviceNamespace", "ResourceIds": ["$resourceId"]},
        "ScalableTargets[?ScalableDimension=='$scalableDimension'] | [0]",
    ),
    updates=(Call("register_scalable_target", mapped=True),),
    delete=(Call("deregister_scalable_target", _SCALED),),
    fixed="serviceNamespace resourceId scalableDimension",
    outputs={"arn": "ScalableTargetARN"},
)

_POLICY = _SCALED | {"PolicyName": "$name"}

row(
    "appautoscaling/policy:Policy",
    "application-autoscaling",
    Call("put_scaling_policy", _POLICY, mapped=True),
    "$serviceNamespace|$resourceId|$scalableDimension|$name",
    Read("describe_scaling_policies", _SCALED, "ScalingPolicies[?PolicyName=='$name'] | [0]"),
    updates=(Call("put_scaling_policy", _POLICY, mapped=True),),
    delete=(Call("delete_scaling_policy", _POLICY),),
    fixed="name serviceNamespace resourceId scalableDimension",
    names={"name": "PolicyName"},
    outputs={"arn": "PolicyARN", "alarmArns": "Alarms[].AlarmARN"},
    named="name 255",
)

_PROVIDERS = {"cluster": "$clusterName", "defaultCapacityProviderStrategy": []}

row(
    "ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "ecs",
    Call("put_cluster_capacity_providers", _PROVIDERS, mapped=True),
    "$clusterName",
    Read("describe_clusters", {"clusters": ["$clusterName"]}, "clusters[0]"),
    live="status=='ACTIVE' && capacityProviders",
    updates=(Call("put_cluster_capacity_providers", _PROVIDERS, mapped=True),),
    delete=(Call("put_cluster_capacity_providers", _PROVIDERS | {"capacityProviders": []}),),
    fixed="clusterName",
)


row(
    "ssm/parameter:Parameter",
    "ssm",
    Call("put_parameter", mapped=True),
    "$name",
    [
        Read("get_parameter", {"Name": "$id", "WithDecryption": True}, "Parameter"),
        Read(
            "describe_parameters",
            {"ParameterFilters": [{"Key": "Name", "Values": ["$id"]}]},
            "Parameters[0].{Description: Description, Tier: Tier}",
        ),
    ],
    updates=(Call("put_parameter", {"Overwrite": True}, mapped=True),),
    delete=(Call("delete_parameter", {"Name": "$id"}),),
    fixed="name",
    outputs={"arn": "ARN"},
    named="name 2048",
    secret="value",  # noqa: S106 - the name of an output
)
