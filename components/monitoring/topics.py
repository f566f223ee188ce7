"""Notifications: an SNS topic whose messages are encrypted with its own key.

Alarms can notify topics in their own Region only, so each Region with an alarm has a topic.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.stack_name import with_stack
from components.iam import key_policies, policies, retention

_LONGEST_DISPLAY_NAME = 100  # AWS CloudFormation User Guide, "AWS::SNS::Topic"


class AlarmTopic(pulumi.ComponentResource):
    """Topic, key, topic policy, and an email subscription for each of `alarmEmails`."""

    arn: pulumi.Output[str]
    """The ARN of the topic, known once alarms may publish to it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        region: str,
        events: bool,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the topic in `region`. With `events`, EventBridge may also publish to it.

        The stack creates the key regardless of `kmsKeyArn`, whose key is in another Region or would have to allow
        CloudWatch. The topic's key encrypts no data, so it is deleted with the alarms.
        """
        super().__init__("orthanc:monitoring:AlarmTopic", name, None, opts)
        child, own = pulumi.ResourceOptions(parent=self), settings.account
        key = aws.kms.Key(
            name,
            region=region,
            description="Alarms of Orthanc",
            policy=key_policies.of_alarms(own._replace(region=region), events=events),
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(settings),
            opts=child,
        )
        topic = aws.sns.Topic(
            name,
            region=region,
            # The sender shown in emails.
            display_name=with_stack("Orthanc", pulumi.get_stack(), longest=_LONGEST_DISPLAY_NAME, separator=" "),
            kms_master_key_id=key.arn,
            opts=child,
        )
        policy = aws.sns.TopicPolicy(
            name,
            region=region,
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: policies.topic_of_alarms(arn, own.id, events=events)),
            opts=child,
        )
        for email in settings.alarm_emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}", region=region, topic=topic.arn, protocol="email", endpoint=email, opts=child
            )
        self.arn = policy.arn
        self.register_outputs({"arn": self.arn})
