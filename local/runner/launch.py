"""Starts a task as Fargate does: roles, routes to AWS, image, log stream, secrets, mounts; then docker.

If the deployed roles, policies, groups, routes or endpoints do not allow a step, it fails with the error of ECS.
"""

import json

from botocore.exceptions import ClientError

from local.emulator.overlay.efs import may_mount
from local.emulator.overlay.iam import ACCOUNT, TRANSPORT, caller_of, denial, pass_through
from local.emulator.overlay.policies import ALLOW_ALL, Caller, permitted
from local.images import docker
from local.runner import certificates, containers, documents, egress, shells
from local.runner.aws import Credentials, assume, client
from local.runner.aws_routes import REGISTRY_AUTH, AwsRoutes, aws_routes
from local.runner.documents import Document, TaskError
from local.runner.security_groups import Peer, peer, reaches, subnets
from local.workspace import REGION, Workspace

DICOM_PORT = 4242  # published on loopback without a load balancer in front of it; HTTP uses only the edge
_NFS_PORT = 2049
# For a pull, ECR returns presigned URLs of this bucket, which AWS owns.
_LAYERS = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/layer"


def launch(
    workspace: Workspace,
    name: str,
    definition: Document,
    network: Document,
    dicom_port: int | None,
    shells_configuration: Document | None,
) -> str:
    """Start the task's container and return its address. Raises TaskError or ImageError.

    `network` is the service's awsvpcConfiguration, `dicom_port` the port on 127.0.0.1 for the container's 4242,
    if it is published. `shells_configuration`: the cluster's executeCommandConfiguration, if the service enables
    ECS Exec.
    """
    [container] = definition["containerDefinitions"]  # several containers would share one network interface
    image = container["image"]
    try:
        execution = assume(workspace, definition["executionRoleArn"], name)
        role = assume(workspace, definition["taskRoleArn"], name)
        here = peer(workspace, network["securityGroups"], network["subnets"])
        of_shells = shells.services(shells_configuration) if shells_configuration is not None else ()
        passed = aws_routes(workspace, here, network["subnets"], of_shells)
        if shells_configuration is not None:
            shells.check(definition, shells_configuration, passed)
        for identity in (execution, role):
            pass_through(identity.key_id, {service: each["VpcEndpointId"] for service, each in passed.items()})
        _pull(workspace, definition["executionRoleArn"], image, passed)
        _open_log(workspace, execution, container, name)
        environment = {each["name"]: each["value"] for each in container.get("environment", [])}
        environment |= _secrets(workspace, execution, container)
        file_systems = {
            volume["name"]: _mounted(workspace, volume["efsVolumeConfiguration"], definition, network, here)
            for volume in definition.get("volumes", [])
            if volume.get("efsVolumeConfiguration")
        }
        out_of_reach = _databases_out_of_reach(workspace, here)
    except (ClientError, KeyError) as error:
        raise TaskError(f"ResourceInitializationError: {error}") from None
    image_volumes = json.loads(docker("image", "inspect", "--format", "{{json .Config.Volumes}}", image)) or {}
    options = [
        *documents.options(definition, container),
        *documents.health_check(container),
        *documents.mounts(definition, container, image_volumes, file_systems),
        *(f"--add-host={host}:127.0.0.1" for host in out_of_reach),
    ]
    if dicom_port and any(port["containerPort"] == DICOM_PORT for port in container["portMappings"]):
        options.append(f"--publish=127.0.0.1:{dicom_port}:{DICOM_PORT}")
    for path in documents.root_certificates(environment):
        options.append(f"--volume={certificates.with_authority(workspace, image, path)}:{path}:ro")
    identity = {
        "AWS_ACCESS_KEY_ID": role.key_id,
        "AWS_SECRET_ACCESS_KEY": role.secret,
        "AWS_SESSION_TOKEN": role.token or "",
        "AWS_ENDPOINT_URL": containers.AWS_ENDPOINT,
        "AWS_REGION": REGION,
    }
    command = container.get("command", [])
    address = containers.run(
        workspace, "task", name, *options, image, *command, environment=identity | environment
    )
    egress.restrict(workspace, name, network["securityGroups"])
    return address


def _pull(workspace: Workspace, role_arn: str, image: str, passed: AwsRoutes) -> None:
    """Pull the image from its repository, if the execution role and the VPC endpoints allow it."""
    name = image.partition("/")[2].partition("@")[0].partition(":")[0]
    [repository] = client(workspace, "ecr").describe_repositories(repositoryNames=[name])["repositories"]
    policies = {service: endpoint["PolicyDocument"] for service, endpoint in passed.items()}
    by_api, by_registry = (
        caller_of(role_arn, {"ecr": policies[service]} if service in policies else {})
        for service in ("ecr.api", "ecr.dkr")
    )
    presigned = Caller("presigned", ACCOUNT, (ALLOW_ALL,), policies)
    for who, action, resource in (
        (by_api, "ecr:GetAuthorizationToken", "*"),
        (by_registry, "ecr:BatchGetImage", repository["repositoryArn"]),
        (by_registry, "ecr:GetDownloadUrlForLayer", repository["repositoryArn"]),
        (presigned, "s3:GetObject", _LAYERS),
    ):
        if not permitted(who, action, resource, TRANSPORT):
            raise TaskError(f"{REGISTRY_AUTH}: {denial(who, action, resource)}")
    docker("pull", "--quiet", image)


def _open_log(workspace: Workspace, execution: Credentials, container: Document, task: str) -> None:
    if log := container.get("logConfiguration", {}).get("options"):
        stream = f"{log['awslogs-stream-prefix']}/{container['name']}/{task}"
        client(workspace, "logs", execution).create_log_stream(
            logGroupName=log["awslogs-group"], logStreamName=stream
        )


def _secrets(workspace: Workspace, execution: Credentials, container: Document) -> dict[str, str]:
    """The environment variables from Secrets Manager, read with the execution role."""
    found = {}
    for each in container.get("secrets", []):
        secret, key = documents.secret_reference(each["valueFrom"])
        value = client(workspace, "secretsmanager", execution).get_secret_value(SecretId=secret)["SecretString"]
        if key:
            content = json.loads(value)
            if key not in content:
                raise TaskError(f"{REGISTRY_AUTH}: the secret did not contain json key {key}: {secret}")
            value = content[key] if isinstance(content[key], str) else json.dumps(content[key])
        found[each["name"]] = value
    return found


def _mounted(workspace: Workspace, wanted: Document, definition: Document, network: Document, here: Peer) -> str:
    """The docker volume of an EFS volume, which the task's role may mount and its security groups can reach.

    The docker volume contains the directory of the access point, not the root directory of the file system.
    """
    efs, id, access = client(workspace, "efs"), wanted["fileSystemId"], wanted["authorizationConfig"]
    [system] = efs.describe_file_systems(FileSystemId=id)["FileSystems"]
    [point] = efs.describe_access_points(AccessPointId=access["accessPointId"])["AccessPoints"]
    # Without IAM the mount has no identity.
    role = definition["taskRoleArn"] if access.get("iam") == "ENABLED" else None
    encrypted = wanted.get("transitEncryption") == "ENABLED"
    created, problem = point["RootDirectory"].get("CreationInfo"), ""
    admitted = may_mount(system["FileSystemArn"], role, point["AccessPointArn"], encrypted=encrypted)
    if point["FileSystemId"] != id or not admitted:
        problem = "access denied by server"
    elif not created:
        problem = "nothing creates the access point's root directory"
    targets = {t["AvailabilityZoneName"]: t for t in efs.describe_mount_targets(FileSystemId=id)["MountTargets"]}
    for zone in {subnet["AvailabilityZone"] for subnet in subnets(workspace, network["subnets"])}:
        if zone not in targets:
            problem = f"failed to resolve its name: no mount target in {zone}"
            continue
        target = targets[zone]
        groups = efs.describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])["SecurityGroups"]
        if not reaches(workspace, here, peer(workspace, groups, [target["SubnetId"]]), _NFS_PORT):
            problem = "connection timed out: the security groups do not let NFS through"
    if problem:
        raise TaskError(f"ResourceInitializationError: failed to invoke EFS utils commands for {id}: {problem}")
    volume = f"{workspace.slug}-{id}"
    containers.create_volume(workspace, volume)
    owner = f"{created['OwnerUid']}:{created['OwnerGid']}"
    prepare = f"chown {owner} /files && chmod {created['Permissions']} /files"
    docker("run", "--rm", f"--volume={volume}:/files", containers.services_image(), "sh", "-c", prepare)
    return volume


def _databases_out_of_reach(workspace: Workspace, here: Peer) -> list[str]:
    """The host names of databases that the task must not reach; they resolve to its own loopback address."""
    hosts = []
    for each in client(workspace, "rds").describe_db_instances()["DBInstances"]:
        groups = [group["VpcSecurityGroupId"] for group in each["VpcSecurityGroups"]]
        there = peer(
            workspace, groups, [subnet["SubnetIdentifier"] for subnet in each["DBSubnetGroup"]["Subnets"]]
        )
        if not reaches(workspace, here, there, each["Endpoint"]["Port"]):
            hosts.append(each["Endpoint"]["Address"])
    return hosts
