"""Clients of the workspace's emulated AWS, and the credentials that ECS gets for the roles of a task."""

import functools
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from local.workspace import REGION, TEST_CREDENTIALS, Workspace

# Fargate renews the credentials of a task as long as it runs; those in a container's environment stay: a year.
_SESSION_SECONDS = 365 * 24 * 3600


class Credentials(NamedTuple):
    """An identity; the deployer's by default."""

    key_id: str = TEST_CREDENTIALS["AWS_ACCESS_KEY_ID"]
    secret: str = TEST_CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    token: str | None = None


@functools.lru_cache(maxsize=64)
def client(workspace: Workspace, service: str, credentials: Credentials = Credentials()) -> Any:  # noqa: B008 - a constant
    """A boto3 client, of a session of its own: sessions are not made for threads, clients are."""
    session = boto3.Session(*credentials, region_name=REGION)
    # A proxy of the environment does not lead to loopback.
    return session.client(service, endpoint_url=workspace.endpoint, config=Config(proxies={}))


def assume(workspace: Workspace, role_arn: str, session: str) -> Credentials:
    """What STS gives ECS for the role; botocore's ClientError where its trust policy does not let ECS in."""
    answer = client(workspace, "sts").assume_role(
        RoleArn=role_arn, RoleSessionName=session, DurationSeconds=_SESSION_SECONDS
    )["Credentials"]
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
