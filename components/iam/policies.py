"""IAM and resource policies as pure functions: names and ARNs in, canonical JSON out."""

import json
from collections.abc import Sequence
from typing import Any

_Statement = dict[str, Any]

# Where in their bucket the writers of access logs put them.
LOAD_BALANCER_LOGS, CLOUDFRONT_LOGS, BUCKET_LOGS, TRAIL_LOGS = "load-balancer", "cloudfront", "bucket", "trail"


def document(*statements: _Statement) -> str:
    """The JSON text of a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def _allow(actions: Sequence[str], resources: Sequence[str]) -> _Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _pull(repository_arn: str) -> tuple[_Statement, ...]:
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    # The one ECR action that knows no resource.
    return _allow(["ecr:GetAuthorizationToken"], ["*"]), _allow(pull, [repository_arn])


def _keep_log(log_group_arn: str) -> tuple[_Statement, ...]:
    """Look for a log group, and write to it."""
    # Which groups there are is asked of all of them, of the account and region of this one.
    every_group = f"{log_group_arn.partition(':log-group:')[0]}:log-group:*"
    keep = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return _allow(["logs:DescribeLogGroups"], [every_group]), _allow(keep, [f"{log_group_arn}:*"])


def _open_channels() -> _Statement:
    ends = ("Control", "Data")
    return _allow([f"ssmmessages:{do}{end}Channel" for do in ("Create", "Open") for end in ends], ["*"])


def _decrypt_secrets(key_arn: str, secret_arns: Sequence[str]) -> _Statement:
    region = secret_arns[0].split(":")[3]
    through = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
    return _allow(["kms:Decrypt"], [key_arn]) | {"Condition": through}


def _use_objects(bucket_arn: str) -> tuple[_Statement, ...]:
    objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    return _allow(objects, [f"{bucket_arn}/*"]), _allow(["s3:ListBucket"], [bucket_arn])


def assumed_by(service: str, account: str | None = None) -> str:
    """Trust policy of a role that only the AWS service `service` assumes (a service principal's host name).

    `account`: on whose behalf alone, for services that say so; others could be led to use the role by strangers.
    """
    trust: _Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if account:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document(trust)


def joined(*documents: str) -> str:
    """One document that says what all of `documents` (JSON) say."""
    return document(*(statement for each in documents for statement in json.loads(each)["Statement"]))


def write_flow_logs(log_group_arn: str) -> str:
    """What VPC flow logs need to write to a log group (VPC User Guide, "Flow logs to CloudWatch Logs")."""
    return document(*_keep_log(log_group_arn))


def execution_role(
    repository_arn: str, log_group_arn: str, secret_arns: Sequence[str], key_arn: str | None = None
) -> str:
    """What Fargate does for a task before it runs: pull its image, read its secrets, open its log stream.

    `key_arn`: the key of the secrets where it is not AWS's own, which is open to whoever may read a secret.
    """
    opened = [_decrypt_secrets(key_arn, secret_arns)] if key_arn else []
    return document(
        *_pull(repository_arn),
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
        _allow(["secretsmanager:GetSecretValue"], secret_arns),
        *opened,
    )


def open_shells(log_group_arn: str, key_arn: str) -> str:
    """What ECS Exec needs of a task's role: channels, which have no name, and to record what was done.

    Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec". The agent in the task opens the
    session with the key by itself, and looks whether the log group is there and encrypted before it writes to it.
    """
    return document(_open_channels(), *_keep_log(log_group_arn), _allow(["kms:Decrypt"], [key_arn]))


def replace_tasks(service_arn: str) -> str:
    """What it takes to have a service replace its tasks by others of the same definition."""
    return document(_allow(["ecs:UpdateService"], [service_arn]))


def start(state_machine_arn: str) -> str:
    """What it takes to start a state machine of Step Functions."""
    return document(_allow(["states:StartExecution"], [state_machine_arn]))


def use_bucket(bucket_arn: str, key_arn: str | None) -> str:
    """What Orthanc's S3 plugin does with its bucket; reading a whole attachment lists the bucket first.

    `key_arn` None: S3 encrypts with a key that needs no permission. With another S3 uses it for who asks: no task
    calls KMS by itself.
    """
    if not key_arn:
        return document(*_use_objects(bucket_arn))
    by_s3 = {"StringEquals": {"kms:ViaService": f"s3.{key_arn.split(':')[3]}.amazonaws.com"}}
    use_key = _allow(["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]) | {"Condition": by_s3}
    return document(*_use_objects(bucket_arn), use_key)


def endpoint(service: str, role_documents: Sequence[str]) -> str:
    """Policy of the VPC endpoint of `service` (s3, ecr.api …): what these roles may do there.

    A policy of an endpoint names principals. This one admits all, since the roles' and the resources' own policies
    decide who. What another service does with a key for a role does not pass the VPC.
    """
    # ECR's two endpoints, ecr.api and ecr.dkr, get one policy; `endpoints` knows which actions each serves.
    prefix = service.partition(".")[0]
    return document(
        *(
            statement | {"Principal": "*"}
            for each in role_documents
            for statement in json.loads(each)["Statement"]
            if statement["Action"][0].partition(":")[0] == prefix and not _is_done_by_a_service(statement)
        )
    )


def pull_layers(partition: str, region: str) -> str:
    """What pulling an image needs of S3, beside ECR.

    ECR answers a pull with presigned URLs of a bucket of AWS's own in each region (Amazon ECR User Guide, "Create
    the Amazon S3 gateway endpoint").
    """
    return document(_allow(["s3:GetObject"], [f"arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*"]))


def use_file_system(file_system_arn: str, access_point_arn: str) -> str:
    """What a task needs to mount the file system through its access point; never as root."""
    mount = _allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], [file_system_arn])
    through = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    return document(mount | {"Condition": through})


def bucket_over_tls_only(bucket_arn: str) -> str:
    """Bucket policy: every request without TLS, or with a TLS version under 1.2, is refused."""
    return document(*_over_tls_only(bucket_arn))


def write_access_logs(bucket_arn: str, account: str) -> str:
    """What a bucket's policy needs so that everything of `account` that writes access logs may do so."""
    return document(*_write_access_logs(bucket_arn, account))


def bucket_for_access_logs(bucket_arn: str, account: str) -> str:
    """Bucket policy: the writers of access logs, each under its own prefix; nobody without TLS 1.2."""
    return document(*_write_access_logs(bucket_arn, account), *_over_tls_only(bucket_arn))


def topic_of_alarms(topic_arn: str, account: str, *, events: bool) -> str:
    """Topic policy: alarms of `account`, with `events` also EventBridge, may publish; nobody without TLS.

    EventBridge User Guide, "Amazon SNS permissions": of EventBridge none but the service itself can be named.
    """
    partition, region = topic_arn.split(":")[1], topic_arn.split(":")[3]
    alarms = {"aws:SourceArn": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:*"}

    def publish(sid: str, effect: str, principal: Any, **condition: Any) -> _Statement:
        use = {"Action": "sns:Publish", "Resource": topic_arn}
        return {"Sid": sid, "Effect": effect, "Principal": principal, **use, **condition}

    ours = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": alarms}
    by_events = [publish("Events", "Allow", {"Service": "events.amazonaws.com"})] if events else []
    return document(
        publish("Alarms", "Allow", {"Service": "cloudwatch.amazonaws.com"}, Condition=ours),
        *by_events,
        publish("TlsOnly", "Deny", "*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
    )


def file_system_through_access_point_only(file_system_arn: str, access_point_arn: str) -> str:
    """File-system policy: no client without TLS, none around the access point.

    A file system without a policy is open to every client in its network; one with a policy that allows nobody
    admits just the roles whose own policy allows it (EFS User Guide, "Using IAM to control access").
    """
    refuse: _Statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "elasticfilesystem:Client*",
        "Resource": file_system_arn,
    }
    around = {"StringNotEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    return document(
        refuse | {"Sid": "TlsOnly", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        refuse | {"Sid": "AccessPointOnly", "Condition": around},
    )


def _is_done_by_a_service(statement: _Statement) -> bool:
    return "kms:ViaService" in statement.get("Condition", {}).get("StringEquals", {})


def _over_tls_only(bucket_arn: str) -> list[_Statement]:
    refuse: _Statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
    }
    return [
        refuse | {"Sid": "TlsOnly", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        refuse | {"Sid": "Tls12OrNewer", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    ]


def _write_access_logs(bucket_arn: str, account: str) -> list[_Statement]:
    """The writers of access logs, in every region's form of today.

    ELB User Guide, "Enable access logs for your Application Load Balancer"; CloudFront Developer Guide, "Configure
    standard logging (v2)": its deliveries are those of CloudWatch Logs in us-east-1, wherever the bucket is; S3
    User Guide, "Enabling server access logging"; CloudTrail User Guide, "S3 bucket policy for CloudTrail".

    A prefix in the ARN of CloudFront's delivery destination takes the place of AWSLogs/ACCOUNT/CloudFront. Where
    the policy does not let the delivery write there, AWS adds a statement of its own, AWSLogDeliveryWrite1, which
    Pulumi's next refresh would report as a change (CloudWatch Logs User Guide, "Logs sent to Amazon S3").
    """
    partition = bucket_arn.split(":")[1]

    def allow(sid: str, service: str, action: str, resource: str, **condition: Any) -> _Statement:
        use = {"Action": action, "Resource": resource}
        return {"Sid": sid, "Effect": "Allow", "Principal": {"Service": service}, **use, **condition}

    def put(sid: str, service: str, path: str, **condition: Any) -> _Statement:
        return allow(sid, service, "s3:PutObject", f"{bucket_arn}/{path}/*", **condition)

    ours, to_owner = {"aws:SourceAccount": account}, {"s3:x-amz-acl": "bucket-owner-full-control"}
    deliveries = {"aws:SourceArn": f"arn:{partition}:logs:us-east-1:{account}:delivery-source:*"}
    trails = {"aws:SourceArn": f"arn:{partition}:cloudtrail:*:{account}:trail/*"}
    of_account = f"AWSLogs/{account}"
    balancers, trail = "logdelivery.elasticloadbalancing.amazonaws.com", "cloudtrail.amazonaws.com"
    return [
        put("LoadBalancer", balancers, f"{LOAD_BALANCER_LOGS}/{of_account}"),
        put(
            "CloudFront",
            "delivery.logs.amazonaws.com",
            CLOUDFRONT_LOGS,
            Condition={"StringEquals": {**to_owner, **ours}, "ArnLike": deliveries},
        ),
        put("Bucket", "logging.s3.amazonaws.com", BUCKET_LOGS, Condition={"StringEquals": ours}),
        allow("TrailLooks", trail, "s3:GetBucketAcl", bucket_arn, Condition={"ArnLike": trails}),
        put("Trail", trail, f"{TRAIL_LOGS}/{of_account}", Condition={"StringEquals": to_owner, "ArnLike": trails}),
    ]
