"""The KMS keys that encrypt data at rest, except that of DICOM files, which `storage` creates.

The stack creates them (`enableCustomerKeys`), uses an existing one (`kmsKeyArn`), or uses AWS managed keys, for
which resources name no key. An existing or restored database keeps its key (see `preflight.database_key`).
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.edge import CLOUDFRONT_REGION
from components.iam import key_policies, retention


class Keys(pulumi.ComponentResource):
    """KMS keys by what they encrypt; None means the AWS managed key."""

    database_arn: pulumi.Output[str] | None
    made_for_database: pulumi.Output[str] | None
    """The key that the stack created for its database, if it did."""
    secrets_arn: pulumi.Output[str] | None
    logs_arn: pulumi.Output[str] | None
    firewall_logs_arn: pulumi.Output[str] | None
    """A key in us-east-1, where the logs of the web ACL are."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        kept_database_key: str | None,
        makes_database_key: bool,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the keys that `settings` require. Each key costs money, so unused keys are not created.

        `kept_database_key`: the ARN of the key that the database keeps; None if the settings determine it.
        `makes_database_key`: whether the stack creates one for it.
        """
        super().__init__("orthanc:iam:Keys", name, None, opts)
        self._name, self._settings = name, settings
        self._region = settings.account.region
        self.database_arn = None
        self.made_for_database = None
        self.secrets_arn = None
        self.logs_arn = None
        self.firewall_logs_arn = None
        if settings.kms_key_arn:
            key = pulumi.Output.from_input(settings.kms_key_arn)
            self.database_arn = self.secrets_arn = self.logs_arn = key
        elif settings.enable_customer_keys:
            self._make(makes_database_key=makes_database_key)
        if kept_database_key:
            self.database_arn = pulumi.Output.from_input(kept_database_key)
        if self._region == CLOUDFRONT_REGION:
            self.firewall_logs_arn = self.logs_arn
        self.register_outputs({})

    def _make(self, *, makes_database_key: bool) -> None:
        own = self._settings.account
        sessions = self._settings.enable_exec
        if makes_database_key:
            policy = key_policies.used_through(own, ["rds"])
            self.database_arn = self.made_for_database = self._key("database", "Orthanc's index", policy)
        # Includes RDS, because it creates the secret of the database if it generates the password.
        by_services = key_policies.used_through(own, ["secretsmanager", "rds"])
        self.secrets_arn = self._key("secrets", "Passwords of Orthanc and its database", by_services)
        self.logs_arn = self._key("logs", "Logs of Orthanc", key_policies.of_logs(own, sessions=sessions))
        if self._settings.enable_waf and self._region != CLOUDFRONT_REGION:
            policy = key_policies.of_logs(own._replace(region=CLOUDFRONT_REGION), sessions=False)
            self.firewall_logs_arn = self._key("firewall-logs", "Logs of the firewall", policy, CLOUDFRONT_REGION)

    def _key(self, purpose: str, description: str, policy: str, region: str | None = None) -> pulumi.Output[str]:
        return aws.kms.Key(
            f"{self._name}-{purpose}",
            region=region,
            description=description,
            policy=policy,
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(self._settings),
            opts=retention.stateful(self, self._settings),
        ).arn
