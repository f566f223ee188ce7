"""Who may log in: Orthanc's users, their generated passwords, and the secret that tasks are given."""

import pulumi
import pulumi_aws as aws

from components import orthanc, passwords, protection
from components.settings import Settings


class OrthancUsers(pulumi.ComponentResource):
    """The secret that is Orthanc's RegisteredUsers: a JSON object, user to password.

    `secret_arn`, `secret_name`, `admin_password` (secret): Output[str].
    """

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """One user, the administrator."""
        super().__init__("orthanc:users:OrthancUsers", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self.admin_password = passwords.generated(name, child)
        secret = aws.secretsmanager.Secret(
            name,
            description="Orthanc's users and their passwords",
            recovery_window_in_days=protection.secret_recovery_window_days(settings),
            opts=child,
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps({orthanc.ADMIN_USER: self.admin_password}),
            opts=child,
        )
        self.secret_name = secret.name
        # By way of the version: who reads the secret finds a value in it.
        self.secret_arn = version.secret_arn
        self.register_outputs({"secretName": self.secret_name})
