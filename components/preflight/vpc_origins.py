"""The Regions where CloudFront supports VPC origins, and the Availability Zones in them that are excluded.

Source: Amazon CloudFront Developer Guide, "Restrict access with VPC origins", section "Supported AWS Regions
for VPC origins", as of November 2026. AWS adds Regions without notice, so a Region that is not listed causes a
warning, not an error.
"""

REGIONS = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "sa-east-1"),
        *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "af-south-1", "il-central-1", "me-central-1", "me-south-1"),
        *("ap-east-1", "ap-south-1", "ap-south-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
        *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
    }
)

# By ID, which identifies the same zone in every account. A load balancer there would be deployed but unreachable.
ZONES_WITHOUT = ("use1-az3", "usw1-az2", "apne1-az3", "cac1-az3")


def warning(region: str) -> str | None:
    """Returns a warning about a stack in `region`, or None."""
    if region in REGIONS:
        return None
    return (
        f"aws:region = {region}: AWS did not list this region among those with VPC origins when this program was"
        " written. Without them the load balancer cannot be reached: CloudFront refuses to create the VPC origin,"
        " after network and database are there. Before you deploy, look the region up in the CloudFront Developer"
        ' Guide, "Restrict access with VPC origins"'
    )
