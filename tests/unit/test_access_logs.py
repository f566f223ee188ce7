"""Who came in: into which bucket that is written, who may write there, and how long it stays."""

import json
from typing import Any

import pytest

from components.iam import policies
from local.emulator.overlay.policies import decide
from tests.unit.program import PROJECT, deployed

GIVEN = {"accessLogsBucketArn": "arn:aws:s3:::logs"}
OWN = {"enableAccessLogs": "true"}
ACCOUNT = "123456789012"


def test_access_logs_go_to_the_given_bucket():
    program = deployed(**GIVEN)
    balancer = program.one("LoadBalancer").inputs["accessLogs"]
    assert balancer == {"enabled": True, "bucket": "logs", "prefix": "load-balancer"}
    delivery = program.one("LogDeliveryDestination").inputs["deliveryDestinationConfiguration"]
    assert delivery["destinationResourceArn"] == "arn:aws:s3:::logs/cloudfront"
    assert not [bucket for bucket in program.all("Bucket") if "logs" in bucket.name]


@pytest.mark.parametrize("settings", [GIVEN, OWN])
def test_cloudfront_delivers_from_its_region_and_leaves_cookies_out(settings: dict[str, str]):
    program = deployed(**settings)
    for kind in ("LogDeliverySource", "LogDeliveryDestination", "LogDelivery"):
        assert program.one(kind).inputs["region"] == "us-east-1", "CloudFront delivers from no other region"
    fields = program.one("LogDelivery").inputs["recordFields"]
    assert {"date", "time", "c-ip", "cs-uri-stem"} <= set(fields), "the logs do not show who viewed what"
    assert "cs(Cookie)" not in fields, "who reads the logs could take over sessions"


def own(kind: str, **settings: str) -> Any:
    return deployed(**OWN, **settings).one(kind, "orthanc-access-logs")


def test_the_created_bucket_accepts_logs_and_expires_them():
    [encryption] = own("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert encryption == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}, (
        "a load balancer writes to no bucket under a key of KMS"
    )
    rules = own("BucketLifecycleConfiguration", accessLogRetentionDays="400").inputs["rules"]
    assert {"days": 400} in [rule.get("expiration") for rule in rules], "logs are kept for ever"


def test_nobody_writes_before_the_bucket_lets_them():
    program = deployed(**OWN)
    policy, encryption = own("BucketPolicy"), own("BucketServerSideEncryptionConfiguration")
    for writer in ("LoadBalancer", "LogDeliveryDestination"):
        assert program.one(writer).waits_for(policy), "AWS tries the bucket at once: access denied"
        assert program.one(writer).waits_for(encryption)


BALANCER, CLOUDFRONT = "logdelivery.elasticloadbalancing", "delivery.logs"
OVER_TLS = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
OURS = {"aws:sourceaccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"}
THEIRS = OURS | {"aws:sourceaccount": "999999999999"}
DELIVERY = {"aws:sourcearn": f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:edge"}
TRAIL = {"aws:sourcearn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/objects"}
ANOTHER_TRAIL = {"aws:sourcearn": "arn:aws:cloudtrail:us-east-1:999999999999:trail/objects"}


@pytest.mark.parametrize(
    ("service", "path", "context", "allowed"),
    [
        (BALANCER, f"load-balancer/AWSLogs/{ACCOUNT}/log", {}, True),
        (BALANCER, "load-balancer/AWSLogs/999999999999/log", {}, False),
        (BALANCER, f"trail/AWSLogs/{ACCOUNT}/log", {}, False),
        # The whole prefix: otherwise AWS adds a statement, which the next refresh reports as a change.
        (CLOUDFRONT, "cloudfront/log", OURS | DELIVERY, True),
        (CLOUDFRONT, "cloudfront/log", THEIRS | DELIVERY, False),
        (CLOUDFRONT, "cloudfront/log", OURS, False),
        (CLOUDFRONT, "bucket/log", OURS | DELIVERY, False),
        ("logging.s3", "bucket/log", OURS, True),
        ("logging.s3", "bucket/log", THEIRS, False),
        ("cloudtrail", f"trail/AWSLogs/{ACCOUNT}/log", OURS | TRAIL, True),
        ("cloudtrail", f"trail/AWSLogs/{ACCOUNT}/log", OURS | ANOTHER_TRAIL, False),
        ("cloudtrail", "trail/AWSLogs/999999999999/log", OURS | TRAIL, False),
        ("ec2", "bucket/log", OURS, False),
    ],
)
def test_each_writer_may_write_its_own_and_nothing_else(
    service: str, path: str, context: dict[str, str], allowed: bool
):
    names, keys = frozenset({f"{service}.amazonaws.com", "*"}), OVER_TLS | context
    policy, arn = own("BucketPolicy").inputs["policy"], own("Bucket").outputs["arn"]
    for action in ("s3:PutObject", "s3:GetObject"):
        may = decide([policy], action, f"{arn}/{path}", keys, names=names)
        assert bool(may) is (allowed and action == "s3:PutObject"), "logs are lost, or others can write"
    looks = decide([policy], "s3:GetBucketAcl", arn, keys, names=names)
    trail = service == "cloudtrail" and TRAIL.items() <= context.items()
    assert bool(looks) is trail, "CloudTrail rejects the bucket"


def test_the_documents_show_the_policy_that_a_given_bucket_needs():
    shown = (PROJECT / "docs/how-to/access-logs.md").read_text().partition("```json\n")[2].partition("```")[0]
    assert json.loads(shown) == json.loads(policies.write_access_logs("arn:aws:s3:::BUCKET", "ACCOUNT"))
