"""A snapshot of a running database is what it held then, and a database that is restored begins with that."""

import time
from typing import Any

import pytest

from local.images import ImageError, docker
from tests.local.runner.deployment import Deployment

PATIENCE_SECONDS = 60


def sql(deployment: Deployment, instance: str, password: str, statement: str) -> str:
    """What the database of an instance answers to its master user, once it does."""
    name = f"{deployment.workspace.slug}-{instance}"
    client = [
        "psql",
        "--no-align",
        "--tuples-only",
        "-h",
        "127.0.0.1",
        "-U",
        "orthanc",
        "orthanc",
        "-c",
        statement,
    ]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return docker("exec", "--env=PGPASSWORD", name, *client, PGPASSWORD=password).strip()
        except ImageError:
            assert time.monotonic() < deadline, f"{instance} does not answer"
            time.sleep(0.3)


@pytest.fixture
def restored(deployment: Deployment) -> dict[str, Any]:
    """What a new instance is given; the rest comes from the snapshot."""
    return {
        "DBInstanceIdentifier": "restored",
        "DBSnapshotIdentifier": "then",
        "DBInstanceClass": "db.t4g.micro",
        "DBSubnetGroupName": "db",
        "DBParameterGroupName": "db",
        "VpcSecurityGroupIds": [deployment.database_group],
    }


def test_a_restored_database_holds_what_the_snapshot_held(deployment: Deployment, restored: dict[str, Any]):
    rds, new_password = deployment.client("rds"), "p1111111111111111111"
    sql(deployment, "db", deployment.password, "CREATE TABLE studies AS SELECT 1 AS number")
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="then")
    time.sleep(5)  # the runner looks every second
    sql(deployment, "db", deployment.password, "INSERT INTO studies VALUES (2)")

    rds.restore_db_instance_from_db_snapshot(**restored)
    rds.modify_db_instance(DBInstanceIdentifier="restored", MasterUserPassword=new_password, ApplyImmediately=True)
    assert sql(deployment, "restored", new_password, "SELECT number FROM studies") == "1"
    assert sql(deployment, "db", deployment.password, "SELECT count(*) FROM studies") == "2"
    rds.delete_db_instance(DBInstanceIdentifier="restored", SkipFinalSnapshot=True)
    rds.delete_db_snapshot(DBSnapshotIdentifier="then")
