"""SNS: AWS services can publish to a topic only if its policy and the policy of its key allow them."""

import logging

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from local.emulator.overlay.iam import ACCOUNT, TRANSPORT, admits
from local.emulator.overlay.policies import decide

# The permissions for publishing to an encrypted topic (SNS Developer Guide, "Key management").
_USE = ("kms:GenerateDataKey", "kms:Decrypt")

log = logging.getLogger("sns")


def tell(topic_arn: str, service: str, text: str, *, subject: str | None = None, source_arn: str = "") -> None:
    """Publish as `service` (a principal's host name), on behalf of `source_arn` if the service passes it.

    As on AWS, a rejected message is lost without an error. Here, the log reports it.
    """
    region = topic_arn.split(":")[3]
    topic = sns_backends[DEFAULT_ACCOUNT_ID][region].topics.get(topic_arn)
    if topic is None:
        log.error("%s tells %s, which is not there", service, topic_arn)
        return
    says = {"aws:sourceaccount": ACCOUNT, "aws:sourcearn": source_arn} if source_arn else {}
    names, keys = frozenset({service, "*"}), {**TRANSPORT, **says}
    if not decide([topic.policy], "sns:Publish", topic_arn, keys, names=names):
        log.error("%s may not publish to %s", service, topic_arn)
        return
    key = topic.kms_master_key_id
    if key and not _may_use(region, key, service, says):
        log.error("%s may not use the key of %s", service, topic_arn)
        return
    topic.publish(text, subject=subject)


def _may_use(region: str, key: str, service: str, says: dict[str, str]) -> bool:
    if key.startswith("alias/aws/"):  # AWS managed keys are only for identities of the account
        return False
    return all(admits(region, key, service, use, says, says_for_whom=bool(says)) for use in _USE)
