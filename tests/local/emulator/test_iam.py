"""IAM: a task may do what its role's policies say, with exactly the resources that they name."""

import json
import uuid
from typing import Any

import pytest
import requests

TRUST = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
        },
    }
}


class Task:
    """A role that a task assumed: its clients, and what its policy allows."""

    def __init__(self, client: Any):
        self.iam, self.client = client("iam"), client
        self.name = f"task-{uuid.uuid4().hex[:8]}"
        role = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(TRUST))
        arn = role["Role"]["Arn"]
        sts = client("sts")
        self.credentials = sts.assume_role(RoleArn=arn, RoleSessionName="task")["Credentials"]

    def may(self, *grants: tuple[Any, Any]) -> None:
        statements = [{"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in grants]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.iam.put_role_policy(RoleName=self.name, PolicyName="policy", PolicyDocument=document)

    def __call__(self, service: str) -> Any:
        return self.client(service, self.credentials)


@pytest.fixture
def task(client: Any) -> Task:
    return Task(client)


@pytest.fixture(scope="module")
def key(client: Any) -> str:
    return client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def bucket(client: Any, key: str) -> str:
    s3, name = client("s3"), f"images-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    arn = f"arn:aws:s3:::{name}"
    statements = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": f"{arn}/kept/*"},
    ]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Statement": statements}))
    return name


def test_a_role_is_assumed_by_the_service_it_trusts(client: Any, refused: Any) -> None:
    assume = client("sts").assume_role
    other = json.dumps(TRUST).replace("ecs-tasks", "ec2")
    role = client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=other)["Role"]["Arn"]
    assert refused(assume, RoleArn=role, RoleSessionName="task") == "AccessDenied"
    missing = "arn:aws:iam::123456789012:role/missing"
    assert refused(assume, RoleArn=missing, RoleSessionName="task") == "AccessDenied"


def test_a_secret_is_read_with_its_exact_arn_and_its_key(client: Any, task: Task, key: str, refused: Any) -> None:
    secrets, name = client("secretsmanager"), uuid.uuid4().hex
    plain = secrets.create_secret(Name=name, SecretString="plain")["ARN"]
    keyed = secrets.create_secret(Name=f"{name}-keyed", SecretString="keyed", KmsKeyId=key)["ARN"]
    read, denied = task("secretsmanager").get_secret_value, "AccessDeniedException"
    assert refused(read, SecretId=plain) == denied
    task.may(("secretsmanager:GetSecretValue", keyed))
    assert refused(read, SecretId=plain) == denied
    assert refused(read, SecretId=keyed) == denied, "the key of the secret is not allowed"
    task.may(("secretsmanager:GetSecretValue", [plain, keyed]), ("kms:Decrypt", key))
    assert read(SecretId=plain)["SecretString"] == "plain"
    assert read(SecretId=f"{name}-keyed")["SecretString"] == "keyed"
    assert refused(task("secretsmanager").list_secrets) == denied


def test_a_buckets_policy_takes_loopback_for_tls_and_denies_the_rest(
    client: Any, bucket: str, refused: Any
) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="kept/study", Body=b"dicom")
    assert s3.get_object(Bucket=bucket, Key="kept/study")["Body"].read() == b"dicom"
    assert refused(s3.delete_object, Bucket=bucket, Key="kept/study") == "AccessDenied"


def test_objects_need_the_role_and_the_key(client: Any, task: Task, bucket: str, key: str, refused: Any) -> None:
    s3, arn = task("s3"), f"arn:aws:s3:::{bucket}"
    client("s3").put_object(Bucket=bucket, Key="study", Body=b"dicom")
    objects = (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"{arn}/*")
    study = {"Bucket": bucket, "Key": "study"}
    assert refused(s3.get_object, **study) == "AccessDenied"
    task.may(objects)
    assert refused(s3.get_object, **study) == "AccessDenied", "the key is not allowed"
    assert refused(s3.put_object, **study, Body=b"") == "AccessDenied", "the key is not allowed"
    assert refused(s3.create_multipart_upload, **study) == "AccessDenied", "the key is not allowed"
    task.may(objects, ("kms:GenerateDataKey", key), ("kms:Decrypt", key))
    s3.put_object(**study, Body=b"dicom")
    assert s3.get_object(**study)["Body"].read() == b"dicom"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/study")
    assert refused(s3.list_objects_v2, Bucket=bucket) == "AccessDenied"
    task.may(objects, ("s3:ListBucket", arn))
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] >= 2
    s3.head_bucket(Bucket=bucket)
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "copy"}]})
    assert [each["Key"] for each in deleted["Deleted"]] == ["copy"]
    assert refused(s3.list_buckets) == "AccessDenied"


def test_a_presigned_url_may_do_what_its_signer_may(client: Any, task: Task, bucket: str, key: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="presigned", Body=b"dicom")
    url = task("s3").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "presigned"})
    assert requests.get(url, timeout=5).status_code == 403
    task.may(("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), ("kms:Decrypt", key))
    assert requests.get(url, timeout=5).content == b"dicom"


def test_logs_and_registry(client: Any, task: Task, refused: Any) -> None:
    scope = "us-east-1:123456789012"
    for group in ("/orthanc", "/other"):
        client("logs").create_log_group(logGroupName=group)
    task.may(
        (["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:{scope}:log-group:/orthanc:*"),
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:DescribeImages", f"arn:aws:ecr:{scope}:repository/orthanc"),
    )
    stream = {"logGroupName": "/orthanc", "logStreamName": "task"}
    task("logs").create_log_stream(**stream)
    task("logs").put_log_events(**stream, logEvents=[{"timestamp": 1_800_000_000_000, "message": "up"}])
    other = {**stream, "logGroupName": "/other"}
    assert refused(task("logs").create_log_stream, **other) == "AccessDeniedException"
    assert task("ecr").get_authorization_token()["authorizationData"]
    assert refused(task("ecr").describe_images, repositoryName="orthanc") == "RepositoryNotFoundException"
    assert refused(task("ecr").describe_images, repositoryName="other") == "AccessDeniedException"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ecs", "list_clusters", "AccessDeniedException"),
        ("efs", "describe_file_systems", "AccessDeniedException"),
        ("iam", "list_roles", "AccessDenied"),
        ("cloudfront", "list_distributions", "AccessDenied"),
        ("ec2", "describe_vpcs", "UnauthorizedOperation"),
    ],
)
def test_everything_else_is_refused_with_the_services_own_code(
    task: Task, refused: Any, service: str, operation: str, code: str
) -> None:
    assert refused(getattr(task(service), operation)) == code


def test_a_boundary_bounds_what_a_role_may(client: Any, task: Task, bucket: str, refused: Any) -> None:
    task.may((["s3:GetObject", "s3:ListBucket"], "*"), ("kms:*", "*"))
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    boundary = task.iam.create_policy(PolicyName=f"{task.name}-boundary", PolicyDocument=document)["Policy"]["Arn"]
    client("s3").put_object(Bucket=bucket, Key="bounded", Body=b"x")
    assert task("s3").get_object(Bucket=bucket, Key="bounded")
    task.iam.put_role_permissions_boundary(RoleName=task.name, PermissionsBoundary=boundary)
    assert task("s3").list_objects_v2(Bucket=bucket)
    assert refused(task("s3").get_object, Bucket=bucket, Key="bounded") == "AccessDenied"
    task.iam.delete_role_permissions_boundary(RoleName=task.name)
    assert task("s3").get_object(Bucket=bucket, Key="bounded")


def test_attached_policies_count_and_a_deleted_roles_credentials_do_not(
    client: Any, task: Task, refused: Any
) -> None:
    attached = {
        "RoleName": task.name,
        "PolicyArn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    }
    task.iam.attach_role_policy(**attached)
    assert task("ecr").get_authorization_token()["authorizationData"]
    task.iam.detach_role_policy(**attached)
    task.iam.delete_role(RoleName=task.name)
    assert refused(task("ecr").get_authorization_token) == "InvalidClientTokenId"
    assert refused(task("s3").list_buckets) == "InvalidClientTokenId"
