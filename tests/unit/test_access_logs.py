"""Who came in: into which bucket that is written, who may write there, and how long it stays."""

import json
from typing import Any

import pytest

from components.iam import policies
from tests.unit.program import PROJECT, Program, deployed

GIVEN = {"accessLogsBucketArn": "arn:aws:s3:::logs"}
OWN = {"enableAccessLogs": "true"}
ACCOUNT = "123456789012"


def destinations(program: Program) -> tuple[str, str]:
    """Where load balancer and CloudFront write: bucket/prefix."""
    balancer = program.one("LoadBalancer").inputs["accessLogs"]
    assert balancer["enabled"]
    delivery = program.one("LogDeliveryDestination").inputs["deliveryDestinationConfiguration"]
    cloudfront = delivery["destinationResourceArn"].rpartition(":")[2]
    return f"{balancer['bucket']}/{balancer['prefix']}", cloudfront


def test_access_logs_go_to_the_given_bucket():
    program = deployed(**GIVEN)
    assert destinations(program) == ("logs/load-balancer", "logs/cloudfront")
    assert not [bucket for bucket in program.all("Bucket") if "logs" in bucket.name]


@pytest.mark.parametrize("settings", [GIVEN, OWN])
def test_cloudfront_delivers_from_its_region_and_leaves_cookies_out(settings: dict[str, str]):
    program = deployed(**settings)
    for kind in ("LogDeliverySource", "LogDeliveryDestination", "LogDelivery"):
        assert program.one(kind).inputs["region"] == "us-east-1", "CloudFront delivers from no other region"
    fields = program.one("LogDelivery").inputs["recordFields"]
    assert {"date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status"} <= set(fields)
    assert "cs(Cookie)" not in fields, "who reads the logs could take over sessions"


def own(kind: str, **settings: str) -> Any:
    return deployed(**OWN, **settings).one(kind, "orthanc-access-logs")


def test_the_own_bucket_is_shut_encrypted_and_forgets():
    block = own("BucketPublicAccessBlock").inputs
    assert all(block[key] for key in block.keys() - {"bucket"}) and len(block) == 5, "the bucket can be public"
    [encryption] = own("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert encryption == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}, (
        "a load balancer writes to no bucket under a key of KMS"
    )
    assert own("BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert own("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    rules = own("BucketLifecycleConfiguration", accessLogRetentionDays="400").inputs["rules"]
    assert {"days": 400} in [rule.get("expiration") for rule in rules], "logs are kept for ever"
    policy = own("BucketPolicy").inputs["policy"]
    arn = "arn:aws:s3:::orthanc-access-logs"
    assert policy == policies.bucket_for_access_logs(arn, ACCOUNT)


def test_nobody_writes_before_the_bucket_lets_them():
    program = deployed(**OWN)
    policy, encryption = own("BucketPolicy"), own("BucketServerSideEncryptionConfiguration")
    for writer in ("LoadBalancer", "LogDeliveryDestination"):
        assert program.one(writer).waits_for(policy), "AWS tries the bucket at once: access denied"
        assert program.one(writer).waits_for(encryption)


@pytest.mark.parametrize("fate", ["refuse", "keep", "delete"])
def test_the_logs_go_when_the_images_go(fate: str):
    program = deployed(**OWN, dataOnDestroy=fate)
    parts = [each for each in program.resources if each.type.startswith("Bucket") and "logs" in each.name]
    assert len(parts) == 7
    for part in parts:
        assert part.request.protect is (fate == "refuse"), "who looked at patients' images would be forgotten"
        assert part.request.retainOnDelete is (fate == "keep")
    assert own("Bucket", dataOnDestroy=fate).inputs["forceDestroy"] is (fate == "delete")


def statements() -> dict[str, Any]:
    written = json.loads(policies.bucket_for_access_logs("arn:aws:s3:::logs", ACCOUNT))["Statement"]
    return {statement["Sid"]: statement for statement in written}


def test_each_writer_may_write_its_own_and_nothing_else():
    found = statements()
    assert set(found) == {"LoadBalancer", "CloudFront", "Bucket", "TrailLooks", "Trail", "TlsOnly", "Tls12OrNewer"}
    for sid, prefix in (("LoadBalancer", "load-balancer"), ("Trail", "trail")):
        assert found[sid]["Action"] == "s3:PutObject"
        assert found[sid]["Resource"] == f"arn:aws:s3:::logs/{prefix}/AWSLogs/{ACCOUNT}/*", (
            "of another account, too"
        )
    assert found["CloudFront"]["Resource"] == "arn:aws:s3:::logs/cloudfront/*", (
        "AWS adds a statement of its own, which the next refresh reports as a change"
    )
    assert found["LoadBalancer"]["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert found["CloudFront"]["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert found["CloudFront"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:*"},
    }, "another account could write through the same service, or CloudFront is kept out without a word"
    assert found["Bucket"]["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert found["Bucket"]["Resource"] == "arn:aws:s3:::logs/bucket/*"
    assert found["Bucket"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert found["TrailLooks"]["Action"] == "s3:GetBucketAcl", "CloudTrail refuses the bucket"
    for sid in ("TrailLooks", "Trail"):
        assert found[sid]["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert found[sid]["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}


def test_the_documents_show_the_policy_that_a_given_bucket_needs():
    shown = (PROJECT / "docs/edge.md").read_text().partition("```json\n")[2].partition("```")[0]
    assert json.loads(shown) == json.loads(policies.write_access_logs("arn:aws:s3:::BUCKET", "ACCOUNT"))
