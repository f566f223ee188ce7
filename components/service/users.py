"""Orthanc's users, their generated passwords, and the secret that contains them."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.credentials import ADMIN_USER
from components.iam import passwords, retention
from components.iam.keys import Keys


class OrthancUsers(pulumi.ComponentResource):
    """The secret with Orthanc's RegisteredUsers: a JSON object of passwords by user."""

    secret_arn: pulumi.Output[str]
    secret_name: pulumi.Output[str]
    admin_password: pulumi.Output[str]
    """A Pulumi secret."""

    def __init__(self, name: str, settings: Settings, *, keys: Keys, opts: pulumi.ResourceOptions | None = None):
        """Creates the administrator and the users in `settings`. `orthanc_config` defines what those may do."""
        super().__init__("orthanc:service:OrthancUsers", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self.admin_password = passwords.generated(name, settings, child)
        others = {
            user.name: passwords.generated(f"{name}-{user.name}", settings, child)
            for user in settings.orthanc_users
        }
        secret = aws.secretsmanager.Secret(
            name,
            description="Orthanc's users and their passwords",
            kms_key_id=keys.secrets_arn,
            recovery_window_in_days=retention.secret_recovery_window_days(settings),
            opts=passwords.secret_options(self, keys.secrets_arn),
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps({ADMIN_USER: self.admin_password, **others}),
            opts=child,
        )
        self.secret_name = secret.name
        # From the version, so that the secret has a value when it is read.
        self.secret_arn = version.secret_arn
        self.register_outputs({"secretName": self.secret_name})
