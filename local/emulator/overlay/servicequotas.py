"""Service Quotas: the quotas that the program reads, with AWS's defaults; moto has only those of VPC."""

from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from local.emulator.overlay import AwsError, Parameters, operation, replaces

# Service, code, name, default (AWS General Reference, "Service endpoints and quotas").
DEFAULTS = (
    ("fargate", "L-3032A538", "Fargate On-Demand vCPU resource count", 6.0),
    ("fargate", "L-36FBB829", "Fargate Spot vCPU resource count", 6.0),
    ("cloudfront", "L-AECE9FA7", "Response timeout per origin", 120.0),
    ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5.0),
)


@replaces(ServiceQuotasBackend)
def list_aws_default_service_quotas(original: Any, self: Any, service_code: str) -> list[Parameters]:
    """moto has only the quotas of VPC. Those of CloudFront are in us-east-1."""
    ours = [
        {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": value}
        for service, code, name, value in DEFAULTS
        if service == service_code and (service != "cloudfront" or self.region_name == "us-east-1")
    ]
    return ours or original(self, service_code)


@replaces(ServiceQuotasBackend)
def get_service_quota(original: Any, self: Any, service_code: str, quota_code: str) -> Parameters:
    """The quotas of the account are AWS's defaults."""
    for quota in self.list_aws_default_service_quotas(service_code):
        if quota["QuotaCode"] == quota_code:
            return quota
    raise AwsError("NoSuchResourceException", f"There is no quota {quota_code} of {service_code}.")


def _get_aws_default_service_quota(request: Any, given: Parameters) -> Parameters:
    return {"Quota": request.backend.get_service_quota(given["ServiceCode"], given["QuotaCode"])}


operation(ServiceQuotasResponse, "GetAWSDefaultServiceQuota", _get_aws_default_service_quota)
