"""How to find each type of resource that the program creates in an account: data for `orphans`.

`TAGGED` matches ARNs as the Resource Groups Tagging API lists them. `ASKED` is for types that this API does not
list, or whose instances all have the same tags. The ids are those that `pulumi import` requires (Terraform AWS
provider, "Import" on the page of each resource).
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Tagged(NamedTuple):
    """A type of resource that is identified by its ARN.

    `arn`: a regular expression for the service and the part after the account. `id`: the import id, from the
    groups of the match, `{arn}`, `{region}` and `{account}`. `named_by`: the input that occurs in the ARN, if it
    is recorded. `holds_data`: the resource may hold data that exists nowhere else, so that only its owner may
    delete it.
    """

    kind: str
    arn: str
    id: str = "{0}"
    named_by: str = "name"
    holds_data: bool = False

    def found(self, arn: str) -> str | None:
        """Returns the import id of the resource with this ARN, or None if it is of another type."""
        _, _, service, region, account, rest = arn.split(":", 5)
        match = re.fullmatch(self.arn, f"{service}:{rest}")
        values = {"arn": arn, "region": region, "account": account}
        return self.id.format(*match.groups(), **values) if match else None


class Asked(NamedTuple):
    """A type of resource that a call finds.

    The call is `operation` of `service` with `arguments`. `path`, a JMESPath expression, finds the import ids in
    its result. `$name` is the recorded input of that name, and `$account` is the account's id; in `path`, they are
    literals. `unique`: AWS has at most one, so one that is in the state is the same one.
    """

    service: str
    operation: str
    arguments: Mapping[str, Any]
    path: str
    unique: bool = False


def _of_ec2(kind: str, resource: str) -> Tagged:
    return Tagged(f"ec2/{kind[0].lower()}{kind[1:]}:{kind}", rf"ec2:{resource}/(.+)")


_BALANCING = "elasticloadbalancing"
_BY_ARN = "{arn}"
_OF_CLOUDFRONT = "{1}/{0}/CLOUDFRONT"

TAGGED = (
    _of_ec2("Vpc", "vpc"),
    _of_ec2("Subnet", "subnet"),
    _of_ec2("RouteTable", "route-table"),
    _of_ec2("InternetGateway", "internet-gateway"),
    _of_ec2("NatGateway", "natgateway"),
    _of_ec2("Eip", "elastic-ip"),
    _of_ec2("SecurityGroup", "security-group"),
    _of_ec2("VpcEndpoint", "vpc-endpoint"),
    _of_ec2("FlowLog", "vpc-flow-log"),
    # The ARN does not show whether it is one of these or a SecurityGroupEgressRule.
    Tagged("vpc/securityGroupIngressRule:SecurityGroupIngressRule", r"ec2:security-group-rule/(.+)"),
    Tagged("acm/certificate:Certificate", r"acm:certificate/.+", _BY_ARN),
    Tagged("backup/plan:Plan", r"backup:backup-plan:(.+)"),
    Tagged("backup/vault:Vault", r"backup:backup-vault:(.+)", holds_data=True),
    Tagged("cloudfront/distribution:Distribution", r"cloudfront:distribution/(.+)"),
    Tagged("cloudfront/function:Function", r"cloudfront:function/(.+)"),
    Tagged("cloudfront/vpcOrigin:VpcOrigin", r"cloudfront:vpcorigin/(.+)"),
    Tagged("cloudtrail/trail:Trail", r"cloudtrail:trail/.+", _BY_ARN),
    Tagged("cloudwatch/eventRule:EventRule", r"events:rule/(.+)"),
    Tagged("cloudwatch/logDelivery:LogDelivery", r"logs:delivery:(.+)"),
    Tagged("cloudwatch/logDeliveryDestination:LogDeliveryDestination", r"logs:delivery-destination:(.+)"),
    Tagged("cloudwatch/logDeliverySource:LogDeliverySource", r"logs:delivery-source:(.+)"),
    Tagged("cloudwatch/logGroup:LogGroup", r"logs:log-group:(.+?)(?::\*)?", holds_data=True),
    Tagged("cloudwatch/metricAlarm:MetricAlarm", r"cloudwatch:alarm:(.+)"),
    Tagged("ecr/repository:Repository", r"ecr:repository/(.+)"),
    Tagged("ecs/cluster:Cluster", r"ecs:cluster/(.+)"),
    Tagged("ecs/service:Service", r"ecs:service/(.+)"),
    Tagged("ecs/taskDefinition:TaskDefinition", r"ecs:task-definition/.+", _BY_ARN, "family"),
    Tagged("efs/accessPoint:AccessPoint", r"elasticfilesystem:access-point/(.+)"),
    Tagged("efs/fileSystem:FileSystem", r"elasticfilesystem:file-system/(.+)", holds_data=True),
    Tagged("iam/policy:Policy", r"iam:policy/.+", _BY_ARN),
    Tagged("kms/key:Key", r"kms:key/(.+)", holds_data=True),
    Tagged("lb/listener:Listener", rf"{_BALANCING}:listener/.+", _BY_ARN, "loadBalancerArn"),
    Tagged("lb/listenerRule:ListenerRule", rf"{_BALANCING}:listener-rule/.+", _BY_ARN, "listenerArn"),
    Tagged("lb/loadBalancer:LoadBalancer", rf"{_BALANCING}:loadbalancer/.+", _BY_ARN),
    Tagged("lb/targetGroup:TargetGroup", rf"{_BALANCING}:targetgroup/.+", _BY_ARN),
    Tagged("rds/instance:Instance", r"rds:db:(.+)", named_by="identifier", holds_data=True),
    Tagged("rds/parameterGroup:ParameterGroup", r"rds:pg:(.+)"),
    Tagged("rds/subnetGroup:SubnetGroup", r"rds:subgrp:(.+)"),
    Tagged("s3/bucket:Bucket", r"s3:([^/]+)", named_by="bucket", holds_data=True),
    # Secrets that RDS creates have the tags of its instance, but must not be in any state.
    Tagged("secretsmanager/secret:Secret", r"secretsmanager:secret:(?!rds!).+", _BY_ARN, holds_data=True),
    Tagged("sfn/stateMachine:StateMachine", r"states:stateMachine:.+", _BY_ARN),
    Tagged("sns/topic:Topic", r"sns:[^:]+", _BY_ARN),
    Tagged("sqs/queue:Queue", r"sqs:([^:]+)", "https://sqs.{region}.amazonaws.com/{account}/{0}"),
    Tagged("ssm/parameter:Parameter", r"ssm:parameter(/.+)"),
    Tagged("wafv2/ipSet:IpSet", r"wafv2:global/ipset/(.+)/(.+)", _OF_CLOUDFRONT),
    Tagged("wafv2/webAcl:WebAcl", r"wafv2:global/webacl/(.+)/(.+)", _OF_CLOUDFRONT),
)


def _of_group(rest: str) -> Asked:
    """Returns the call for the rules of a security group that admit the same as the recorded rule."""
    same = "[?{rest} && IpProtocol==`$ipProtocol` && (FromPort==`-1` || FromPort==`$fromPort`"
    same += " && ToPort==`$toPort`)"
    same += " && CidrIpv4==`$cidrIpv4` && PrefixListId==`$prefixListId`"
    same += " && ReferencedGroupInfo.GroupId==`$referencedSecurityGroupId`].SecurityGroupRuleId"
    groups = [{"Name": "group-id", "Values": ["$securityGroupId"]}]
    path = f"SecurityGroupRules{same.replace('{rest}', rest)}"
    return Asked("ec2", "describe_security_group_rules", {"Filters": groups}, path)


ASKED = {
    "ec2/route:Route": Asked(
        *("ec2", "describe_route_tables", {"RouteTableIds": ["$routeTableId"]}),
        "RouteTables[].Routes[?DestinationCidrBlock==`$destinationCidrBlock`][]"
        ".join('_', [`$routeTableId`, DestinationCidrBlock])",
        unique=True,
    ),
    "ec2/routeTableAssociation:RouteTableAssociation": Asked(
        *("ec2", "describe_route_tables", {"RouteTableIds": ["$routeTableId"]}),
        "RouteTables[].Associations[?SubnetId==`$subnetId`][].join('/', [SubnetId, RouteTableId])",
        unique=True,
    ),
    "ec2/vpcEndpoint:VpcEndpoint": Asked(
        *("ec2", "describe_vpc_endpoints", {"Filters": [{"Name": "vpc-id", "Values": ["$vpcId"]}]}),
        "VpcEndpoints[?ServiceName==`$serviceName`].VpcEndpointId",
    ),
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": _of_group("IsEgress"),
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": _of_group("!IsEgress"),
    "backup/selection:Selection": Asked(
        *("backup", "list_backup_selections", {"BackupPlanId": "$planId"}),
        "BackupSelectionsList[?SelectionName==`$name`].join('|', [`$planId`, SelectionId])",
        unique=True,
    ),
    "budgets/budget:Budget": Asked(
        *("budgets", "describe_budgets", {"AccountId": "$account"}),
        "Budgets[?BudgetName==`$name`].join(':', [`$account`, BudgetName])",
    ),
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Asked(
        *("cloudfront", "list_response_headers_policies", {"Type": "custom"}),
        "ResponseHeadersPolicyList.Items[].ResponseHeadersPolicy | "
        "[?ResponseHeadersPolicyConfig.Name==`$name`].Id",
    ),
    "efs/mountTarget:MountTarget": Asked(
        *("efs", "describe_mount_targets", {"FileSystemId": "$fileSystemId"}),
        "MountTargets[?SubnetId==`$subnetId`].MountTargetId",
    ),
    "iam/role:Role": Asked("iam", "get_role", {"RoleName": "$name"}, "[Role.RoleName]"),
    "route53/record:Record": Asked(
        *("route53", "list_resource_record_sets", {"HostedZoneId": "$zoneId"}),
        "ResourceRecordSets[?(Name==`$name` || Name==join('', [`$name`, '.'])) && Type==`$type`]"
        ".join('_', [`$zoneId`, `$name`, Type])",
        unique=True,
    ),
}

# Calls to find out whether a resource that the Tagging API lists still exists. `$id` is the import id, `$first`
# and `$second` are its parts.
ALIVE = {
    "ec2/natGateway:NatGateway": Asked(
        *("ec2", "describe_nat_gateways", {"NatGatewayIds": ["$id"]}),
        "NatGateways[?State!='deleted' && State!='deleting'].NatGatewayId",
    ),
    "ec2/vpcEndpoint:VpcEndpoint": Asked(
        *("ec2", "describe_vpc_endpoints", {"VpcEndpointIds": ["$id"]}),
        "VpcEndpoints[?State!='deleted' && State!='deleting'].VpcEndpointId",
    ),
    "ecs/cluster:Cluster": Asked(
        *("ecs", "describe_clusters", {"clusters": ["$id"]}),
        "clusters[?status!='INACTIVE'].clusterArn",
    ),
    "ecs/service:Service": Asked(
        *("ecs", "describe_services", {"cluster": "$first", "services": ["$second"]}),
        "services[?status!='INACTIVE'].serviceArn",
    ),
    "ecs/taskDefinition:TaskDefinition": Asked(
        *("ecs", "describe_task_definition", {"taskDefinition": "$id"}),
        "[taskDefinition][?status=='ACTIVE'].taskDefinitionArn",
    ),
    "kms/key:Key": Asked(
        *("kms", "describe_key", {"KeyId": "$id"}),
        "[KeyMetadata][?KeyState!='PendingDeletion'].KeyId",
    ),
    "secretsmanager/secret:Secret": Asked(
        *("secretsmanager", "describe_secret", {"SecretId": "$id"}),
        "[@][?!DeletedDate].ARN",
    ),
}

INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "vpc/securityGroupEgressRule:SecurityGroupEgressRule"
IS_EGRESS = Asked(
    *("ec2", "describe_security_group_rules", {"SecurityGroupRuleIds": ["$id"]}),
    "SecurityGroupRules[?IsEgress].SecurityGroupRuleId",
)
