"""IAM and resource policies as pure functions, which take names and ARNs and return canonical JSON."""

import json
from collections.abc import Sequence
from typing import Any

_Statement = dict[str, Any]

# The prefixes of access logs in their bucket, by writer.
LOAD_BALANCER_LOGS, CLOUDFRONT_LOGS, BUCKET_LOGS, TRAIL_LOGS = "load-balancer", "cloudfront", "bucket", "trail"


def document(*statements: _Statement) -> str:
    """Returns the JSON text of a policy with these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def _allow(actions: Sequence[str], resources: Sequence[str]) -> _Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _pull(repository_arn: str) -> tuple[_Statement, ...]:
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    # The only one of these ECR actions that does not support a resource.
    return _allow(["ecr:GetAuthorizationToken"], ["*"]), _allow(pull, [repository_arn])


def _keep_log(log_group_arn: str) -> tuple[_Statement, ...]:
    """Returns the statements to find a log group and write to it."""
    # DescribeLogGroups requires all log groups, here those in the account and Region of this one.
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
    """Returns the trust policy of a role that only `service`, the host name of a service principal, assumes.

    `account`: the only account on whose behalf the service may assume the role, for services that pass it. Without
    it, another account could make the service use the role.
    """
    trust: _Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if account:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document(trust)


def joined(*documents: str) -> str:
    """Returns one document with the statements of all `documents` (JSON)."""
    return document(*(statement for each in documents for statement in json.loads(each)["Statement"]))


def write_flow_logs(log_group_arn: str) -> str:
    """Returns the policy for VPC flow logs to a log group (VPC User Guide, "Flow logs to CloudWatch Logs")."""
    return document(*_keep_log(log_group_arn))


def execution_role(
    repository_arn: str, log_group_arn: str, secret_arns: Sequence[str], key_arn: str | None = None
) -> str:
    """Returns the policy for what Fargate does before a task runs: pull the image, read secrets, open the log.

    `key_arn`: the key of the secrets, unless it is the AWS managed key, which every identity that may read a
    secret may use.
    """
    opened = [_decrypt_secrets(key_arn, secret_arns)] if key_arn else []
    return document(
        *_pull(repository_arn),
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
        _allow(["secretsmanager:GetSecretValue"], secret_arns),
        *opened,
    )


def open_shells(log_group_arn: str, key_arn: str) -> str:
    """Returns the policy for ECS Exec in a task's role: opening channels, which have no ARN, and logging sessions.

    Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec". The agent in the task uses the key
    itself to open the session. It checks that the log group exists and is encrypted before it writes to it.
    """
    return document(_open_channels(), *_keep_log(log_group_arn), _allow(["kms:Decrypt"], [key_arn]))


def replace_tasks(service_arn: str) -> str:
    """Returns the policy to make a service replace its tasks with tasks of the same task definition."""
    return document(_allow(["ecs:UpdateService"], [service_arn]))


def start(state_machine_arn: str) -> str:
    """Returns the policy to start a Step Functions state machine."""
    return document(_allow(["states:StartExecution"], [state_machine_arn]))


def use_bucket(bucket_arn: str, key_arn: str | None) -> str:
    """Returns the policy for Orthanc's S3 plugin, which lists the bucket before it reads a whole attachment.

    `key_arn`: None if S3 encrypts with a key that requires no permission. S3 uses any other key on behalf of the
    caller; no task calls KMS itself.
    """
    if not key_arn:
        return document(*_use_objects(bucket_arn))
    by_s3 = {"StringEquals": {"kms:ViaService": f"s3.{key_arn.split(':')[3]}.amazonaws.com"}}
    use_key = _allow(["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]) | {"Condition": by_s3}
    return document(*_use_objects(bucket_arn), use_key)


def endpoint(service: str, role_documents: Sequence[str]) -> str:
    """Returns the policy of the VPC endpoint of `service` (s3, ecr.api …), which allows what these roles may do.

    An endpoint policy must name principals. This one allows all principals, because the policies of roles and
    resources restrict them. If another service uses a key on behalf of a role, the call does not pass through the
    VPC.
    """
    # ECR's two endpoints, ecr.api and ecr.dkr, get the same policy; `task_services` lists their actions.
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
    """Returns the policy for S3 that pulling an image requires, in addition to that for ECR.

    For a pull, ECR returns presigned URLs of a bucket that AWS owns in each Region (Amazon ECR User Guide, "Create
    the Amazon S3 gateway endpoint").
    """
    return document(_allow(["s3:GetObject"], [f"arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*"]))


def use_file_system(file_system_arn: str, access_point_arn: str) -> str:
    """Returns the policy that a task needs to mount the file system through its access point, never as root."""
    mount = _allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], [file_system_arn])
    through = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    return document(mount | {"Condition": through})


def bucket_over_tls_only(bucket_arn: str) -> str:
    """Returns a bucket policy that denies every request without TLS, or with a TLS version below 1.2."""
    return document(*_over_tls_only(bucket_arn))


def write_access_logs(bucket_arn: str, account: str) -> str:
    """Returns the bucket policy that everything in `account` that writes access logs needs."""
    return document(*_write_access_logs(bucket_arn, account))


def bucket_for_access_logs(bucket_arn: str, account: str) -> str:
    """Returns a bucket policy for writers of access logs, each with its own prefix; requires TLS 1.2 or later."""
    return document(*_write_access_logs(bucket_arn, account), *_over_tls_only(bucket_arn))


def topic_of_alarms(topic_arn: str, account: str, *, events: bool) -> str:
    """Returns a topic policy: alarms of `account` and, with `events`, EventBridge may publish, only over TLS.

    EventBridge User Guide, "Amazon SNS permissions": for EventBridge, only the service itself can be named.
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
    """Returns a file system policy that denies access without TLS, or other than through the access point.

    A file system without a policy is open to every client in its network. With a policy that allows nobody, only
    roles whose own policy allows it have access (EFS User Guide, "Using IAM to control access").
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
    """Returns the statements for the writers of access logs, in the current form, which all Regions accept.

    ELB User Guide, "Enable access logs for your Application Load Balancer"; CloudFront Developer Guide, "Configure
    standard logging (v2)": its deliveries are those of CloudWatch Logs in us-east-1, wherever the bucket is; S3
    User Guide, "Enabling server access logging"; CloudTrail User Guide, "S3 bucket policy for CloudTrail".

    A prefix in the ARN of CloudFront's delivery destination replaces AWSLogs/ACCOUNT/CloudFront. If the policy
    does not allow the delivery to write there, AWS adds its own statement, AWSLogDeliveryWrite1, which Pulumi's
    next refresh would report as a change (CloudWatch Logs User Guide, "Logs sent to Amazon S3").
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
