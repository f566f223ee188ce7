"""A research archive: the components in a program of one's own, settings in code, and a queue of new images."""

import json
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # where components/ is: this checkout, or a submodule

from components.database.database import Database
from components.iam.keys import Keys
from components.ingress.certificates import Certificates
from components.ingress.cloudfront import Edge
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.network.vpc import NewVpc
from components.preflight.load import load
from components.service.image import OrthancImage
from components.service.orthanc_service import OrthancService
from components.service.users import OrthancUsers
from components.storage.bucket import DicomBucket

settings, plan = load(
    {
        "orthancName": "Research",
        "dicomAet": "RESEARCH",
        "orthancUsers": [{"name": "student", "role": "readOnly"}],
        "natGateways": "none",  # pseudonymous as the images are, they have no way out
        "dataOnDestroy": "keep",
        "enableBucketEvents": True,
    }
)

keys = Keys(
    "research-keys",
    settings,
    kept_database_key=plan.database_key,
    makes_database_key=plan.makes_database_key,
)
network = NewVpc("research-network", settings, keys=keys, zones=plan.zones)
bucket = DicomBucket("research-dicom", settings)
database = Database("research-database", settings, network=network, keys=keys)
users = OrthancUsers("research-users", settings, keys=keys)
certificates = Certificates("research-certificates", settings)
load_balancer = ApplicationLoadBalancer(
    "research-http", settings, network=network, certificates=certificates, rollout=plan.rollout
)
OrthancService(
    "research",
    settings,
    network=network,
    storage=bucket,
    database=database,
    keys=keys,
    users=users,
    image=OrthancImage("research-image", settings),
    load_balancer=load_balancer,
    rollout=plan.rollout,
)
edge = Edge(
    "research-edge",
    settings,
    load_balancer=load_balancer,
    certificates=certificates,
    depends_on=network.origin_needs,
)

# What is this program's own: whoever computes on new images takes their names from a queue.
queue = aws.sqs.Queue("research-images", sqs_managed_sse_enabled=True, message_retention_seconds=14 * 24 * 3600)
stored = aws.cloudwatch.EventRule(
    "research-images",
    description="A DICOM file was stored",
    event_pattern=pulumi.Output.json_dumps(
        {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [bucket.bucket_name]}},
        }
    ),
)
policy = pulumi.Output.all(queue.arn, stored.arn).apply(
    lambda arns: json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arns[0],
                    "Condition": {"ArnEquals": {"aws:SourceArn": arns[1]}},
                }
            ],
        },
        sort_keys=True,
    )
)
allowed = aws.sqs.QueuePolicy("research-images", queue_url=queue.url, policy=policy)
aws.cloudwatch.EventTarget(
    "research-images", rule=stored.name, arn=queue.arn, opts=pulumi.ResourceOptions(depends_on=[allowed])
)

pulumi.export("url", edge.url)
pulumi.export("credentialsSecretName", users.secret_name)
pulumi.export("newImages", queue.url)
