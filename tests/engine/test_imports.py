"""What was made and not recorded, and the runbook that brings it into the stack (docs/runbooks.md)."""

import re
from collections import Counter
from typing import Any

from tests.embedded import PROJECT, Embedded, summary

KIND = "aws:cloudfront/vpcOrigin:VpcOrigin"


def test_an_origin_that_was_made_and_not_recorded_is_imported(embedded: Embedded):
    """As after a creation that took longer than the provider waits: no distribution, no origin in the state."""
    cloudfront = embedded.client("cloudfront")
    [made] = cloudfront.list_distributions()["DistributionList"]["Items"]
    _delete(cloudfront, made["Id"])
    for type in ("aws:cloudfront/distribution:Distribution", KIND):
        embedded.pulumi("state", "delete", "--yes", "--force", _urn(embedded, type))
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode and "EntityAlreadyExists" in failed.stdout + failed.stderr

    [origin] = cloudfront.list_vpc_origins()["VpcOriginList"]["Items"]
    [balancer] = embedded.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert origin["Name"].startswith(balancer["LoadBalancerName"]), "the runbook finds it by that"
    command = _command(id=origin["Id"], edge=_urn(embedded, "orthanc:ingress:Edge"))
    embedded.pulumi(*command.split()[1:])
    assert summary(embedded.changes()) == Counter({("create", "Distribution"): 1})
    assert [each["Id"] for each in cloudfront.list_vpc_origins()["VpcOriginList"]["Items"]] == [origin["Id"]]
    assert summary(embedded.changes()) == Counter()


def _delete(cloudfront: Any, id: str) -> None:
    found = cloudfront.get_distribution_config(Id=id)
    config = {**found["DistributionConfig"], "Enabled": False}
    cloudfront.update_distribution(Id=id, IfMatch=found["ETag"], DistributionConfig=config)
    cloudfront.delete_distribution(Id=id, IfMatch=cloudfront.get_distribution_config(Id=id)["ETag"])


def _urn(embedded: Embedded, type: str) -> str:
    shown = embedded.pulumi("stack", "--show-urns").stdout
    [urn] = set(re.findall(rf"urn:\S+{re.escape(type)}::\S+", shown))
    return urn


def _command(**values: str) -> str:
    """The `pulumi import` of the runbook, with its variables filled in."""
    text = (PROJECT / "docs/runbooks.md").read_text()
    [command] = re.findall(r"^pulumi import .*VpcOrigin.*$", text, re.MULTILINE)
    for name, value in values.items():
        command = command.replace(f"${name}", value)
    return command.partition("  #")[0].replace('"', "")
