"""The policy pack: every module of `rules` is a rule, and all of them are mandatory.

`pulumi preview --policy-pack policy` and `pulumi up --policy-pack policy` reject resources that violate a rule.
"""

from typing import Any

import pulumi
import rules
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)


def _of_resource(rule: Any) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for text in rule.check(args.resource_type, args.props):
            report(text, None)

    return ResourceValidationPolicy(name=rules.name(rule), description=rules.description(rule), validate=validate)


def _of_stack(rule: Any) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        found = [rules.Resource(r.resource_type, r.urn, r.props, r.opts.protect) for r in args.resources]
        for urn, text in rule.check_stack(found, pulumi.get_stack()):
            report(text, urn)

    return StackValidationPolicy(name=rules.name(rule), description=rules.description(rule), validate=validate)


PolicyPack(
    "orthanc-on-aws",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[_of_resource(r) if hasattr(r, "check") else _of_stack(r) for r in rules.ALL],
)
