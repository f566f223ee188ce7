"""Clients of the workspace's emulated AWS, and the credentials that ECS gets for the roles of a task."""

import functools
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from local.workspace import REGION, TEST_CREDENTIALS, Workspace

# One year: Fargate renews the credentials of a running task; those in a container's environment are not renewed.
_SESSION_SECONDS = 365 * 24 * 3600


class Credentials(NamedTuple):
    """An identity; the deployer's by default."""

    key_id: str = TEST_CREDENTIALS["AWS_ACCESS_KEY_ID"]
    secret: str = TEST_CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    token: str | None = None


@functools.lru_cache(maxsize=64)
def client(workspace: Workspace, service: str, credentials: Credentials = Credentials()) -> Any:  # noqa: B008 - a constant
    """A boto3 client with its own session, because sessions are not thread-safe; clients are."""
    session = boto3.Session(*credentials, region_name=REGION)
    # A proxy in the environment does not reach loopback.
    return session.client(service, endpoint_url=workspace.endpoint, config=Config(proxies={}))


def assume(workspace: Workspace, role_arn: str, session: str) -> Credentials:
    """The credentials of the role for ECS. Raises botocore's ClientError if the trust policy excludes ECS."""
    answer = client(workspace, "sts").assume_role(
        RoleArn=role_arn, RoleSessionName=session, DurationSeconds=_SESSION_SECONDS
    )["Credentials"]
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
