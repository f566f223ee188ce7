"""AWS's list prices for the parts of a stack, in USD: on demand, us-east-1, without free tier or discounts.

Source: AWS's public pricing pages for each service, as of November 2026; entered manually, not fetched.
Before you base a decision on them, compare with the AWS Pricing Calculator. Other Regions cost up to 50 % more.
"""

from collections.abc import Mapping

REGION, DATE = "us-east-1", "November 2026"

HOURS = 730
"""Hours per month, as AWS counts them."""

# AWS Fargate, Linux: per vCPU-hour and GB-hour. Spot is "up to 70 % off", and varies with the market.
FARGATE: Mapping[str, tuple[float, float]] = {
    "X86_64": (0.04048, 0.004445),
    "ARM64": (0.03238, 0.00356),
}
FARGATE_SPOT_SHARE = 0.3

# Amazon RDS for PostgreSQL, Single-AZ: per instance-hour. Multi-AZ costs twice as much, also for storage.
RDS: Mapping[str, float] = {
    "db.t3.micro": 0.018,
    "db.t3.small": 0.036,
    "db.t3.medium": 0.072,
    "db.t4g.micro": 0.016,
    "db.t4g.small": 0.032,
    "db.t4g.medium": 0.065,
    "db.t4g.large": 0.129,
    "db.t4g.xlarge": 0.258,
    "db.t4g.2xlarge": 0.517,
    "db.m6g.large": 0.159,
    "db.m6g.xlarge": 0.318,
    "db.m6g.2xlarge": 0.636,
    "db.m7g.large": 0.168,
    "db.m7g.xlarge": 0.337,
    "db.m7g.2xlarge": 0.674,
    "db.m7g.4xlarge": 1.348,
    "db.r6g.large": 0.225,
    "db.r7g.large": 0.239,
    "db.r7g.xlarge": 0.478,
    "db.r7g.2xlarge": 0.956,
}
RDS_STORAGE_GIB = 0.115  # gp3, per GB-month

NAT_GATEWAY = 0.045  # per hour, in addition to NAT_GB for each GB
NAT_GB = 0.045
PUBLIC_ADDRESS = 0.005  # per hour of a public IPv4 address
INTERFACE_ENDPOINT = 0.01  # per hour and zone
LOAD_BALANCER = 0.0225  # per hour, application or network; capacity units cost extra
KMS_KEY = 1.00  # per month
SECRET = 0.40  # per month
ALARM = 0.10  # per month
DASHBOARD = 3.00  # per month
WEB_ACL = 5.00  # per month
WEB_ACL_RULE = 1.00  # per month, also for a managed rule group

S3_GB = 0.023  # Standard and Intelligent-Tiering's frequent tier, per GB-month
S3_INFREQUENT_GB = 0.0125  # Intelligent-Tiering after 30 days without access
S3_ARCHIVE_INSTANT_GB = 0.004  # Intelligent-Tiering after 90 days without access; immediate access
S3_ARCHIVE_INSTANT_READ_GB = 0.03  # Glacier Instant Retrieval; reading from Intelligent-Tiering is free
S3_MONITORING = 0.0025 / 1000  # Intelligent-Tiering: per month and object of 128 KB or more
# Per object that a lifecycle rule moves to the class.
S3_MOVE: Mapping[str, float] = {"INTELLIGENT_TIERING": 0.01 / 1000, "GLACIER_IR": 0.02 / 1000}
S3_PUT, S3_GET = 0.005 / 1000, 0.0004 / 1000  # per request
EFS_GB, EFS_INFREQUENT_GB = 0.30, 0.016  # per GB-month
EFS_READ_GB, EFS_WRITE_GB = 0.03, 0.06  # elastic throughput
CLOUDFRONT_GB = 0.085  # out to viewers in North America and Europe, after the first free TB of a month
CLOUDFRONT_IN_GB = 0.020  # from viewers to the origin
CLOUDFRONT_REQUEST = 0.0100 / 10000
