"""The container of a running task: what it may not do, and who gets into it."""

import json
from typing import Any

import pytest

from components.config.orthanc_options import defaults, without_default
from local.images import ImageError, docker
from tests.data.archive import Archive
from tools.orthanc_options import of_image


def in_task(archive: Archive, *command: str) -> str:
    """Run a command in the first task, as its own user."""
    return docker("exec", archive.tasks()[0]["name"], *command)


def test_orthanc_runs_as_nobody_in_particular(archive: Archive):
    processes = in_task(archive, "sh", "-c", "grep -h -E '^(Name|Uid|Gid|Groups|Cap...):' /proc/[0-9]*/status")
    told = [line.split(":") for line in processes.splitlines()]
    assert "Orthanc" in {value.strip() for name, value in told if name == "Name"}
    assert {value for name, value in told if name in ("Uid", "Gid")} == {"\t999\t999\t999\t999"}
    assert {value.strip() for name, value in told if name.startswith("Cap")} == {"0" * 16}, "it has a capability"


def test_nothing_in_the_image_makes_it_anybody_else(archive: Archive):
    """In place of no-new-privileges, which Fargate does not take."""
    # As root, who sees all of it.
    look = ("run", "--rm", "--network=none", "--user=0:0", "--entrypoint=find", archive.tasks()[0]["image"])
    found = docker(*look, "/", "-xdev", "-type", "f", "-perm", "/6000")
    assert not found, "a program that makes who starts it somebody else"


def test_the_shell_of_this_machine_opens_in_the_task(archive: Archive):
    told = archive.embedded.local("shell", typed="id -u; hostname; ls /run/orthanc/plugins")
    user, host, *plugins = told.splitlines()
    first = archive.tasks()[0]["name"]
    assert user == "999" and docker("inspect", "--format", "{{.Config.Hostname}}", first) == host
    assert plugins, "it is not where Orthanc runs"


def test_tasks_have_host_ids_of_their_own(on_s3: Archive):
    ids = [docker("exec", task["name"], "hostid") for task in on_s3.tasks()]
    assert len(ids) > 1 and len(set(ids)) == len(ids), "two tasks could give two objects the same UID"


@pytest.mark.parametrize("user", ["999:999", "0:0"])
def test_its_programs_cannot_be_changed(archive: Archive, user: str):
    [task, *_] = archive.tasks()
    for file in ("/x", "/etc/x", "/usr/share/orthanc/x", "/run/x", "/root/x", "/docker-entrypoint.sh"):
        with pytest.raises(ImageError, match=r"Read-only file system|Permission denied"):
            docker("exec", f"--user={user}", task["name"], "sh", "-c", f"echo >{file}")


def test_every_option_of_its_orthanc_is_known(on_efs: Archive):
    """To the tables of components/config/orthanc_settable.py and orthanc_reserved.py."""
    found = of_image(on_efs.tasks()[0]["image"])
    new = {*found.defaults, *found.without_default} - {*defaults(), *without_default()}
    assert not new, f"Orthanc {found.version} has options that nobody has decided on: CONTRIBUTING.md says how"


def deployed(archive: Archive) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The service and the cluster as ECS tells them, and what the task's role may do."""
    ecs, iam = archive.embedded.client("ecs"), archive.embedded.client("iam")
    [arn] = ecs.list_clusters()["clusterArns"]
    [cluster] = ecs.describe_clusters(clusters=[arn], include=["CONFIGURATIONS"])["clusters"]
    [service] = ecs.describe_services(cluster=arn, services=ecs.list_services(cluster=arn)["serviceArns"])[
        "services"
    ]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    role = {"RoleName": task["taskRoleArn"].rpartition("/")[2]}
    [granted] = iam.list_attached_role_policies(**role)["AttachedPolicies"]
    policy = iam.get_policy(PolicyArn=granted["PolicyArn"])["Policy"]
    allowed = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])[
        "PolicyVersion"
    ]
    return service, cluster, json.dumps(allowed["Document"])


def test_nobody_gets_a_shell(on_efs: Archive):
    service, cluster, allowed = deployed(on_efs)
    assert service["enableExecuteCommand"] is False
    assert cluster["configuration"] == {"executeCommandConfiguration": {"logging": "DEFAULT"}}
    assert "ssmmessages" not in allowed


def test_a_shell_is_open_to_administrators_and_recorded_where_it_is_turned_on(on_s3: Archive):
    service, cluster, allowed = deployed(on_s3)
    assert service["enableExecuteCommand"] is True and "ssmmessages:OpenDataChannel" in allowed
    configured = cluster["configuration"]["executeCommandConfiguration"]
    name = configured["logConfiguration"]["cloudWatchLogGroupName"]
    [group] = on_s3.embedded.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["kmsKeyId"] == configured["kmsKeyId"], "ECS Exec refuses to record into a group under another key"
    # Where the agent keeps its state; it runs as root, and what it writes is nobody else's.
    for path in ("/var/lib/amazon", "/var/log/amazon"):
        assert in_task(on_s3, "stat", "--format=%u %a", path) == "0 755"


def test_what_a_task_is_given_is_under_a_key_that_is_used_through_its_service_only(on_s3: Archive):
    kms, secrets = on_s3.embedded.client("kms"), on_s3.embedded.client("secretsmanager")
    keys = {
        secrets.describe_secret(SecretId=each["ARN"])["KmsKeyId"] for each in secrets.list_secrets()["SecretList"]
    }
    [key] = keys
    statements = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"]
    [use] = [each for each in statements if "kms:Decrypt" in each["Action"]]
    assert "secretsmanager.us-east-1.amazonaws.com" in use["Condition"]["StringEquals"]["kms:ViaService"]
