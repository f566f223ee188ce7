"""Logs: an update of what a delivery delivers."""

from typing import Any

from moto.logs.responses import LogsResponse

from local.emulator.overlay import AwsError, Parameters, operation


def _update_delivery_configuration(request: Any, given: Parameters) -> Parameters:
    delivery = request.logs_backend.deliveries.get(given["id"])
    if delivery is None:
        raise AwsError("ResourceNotFoundException", f"Delivery {given['id']} does not exist.")
    delivery.record_fields = given.get("recordFields", delivery.record_fields)
    delivery.field_delimiter = given.get("fieldDelimiter", delivery.field_delimiter)
    configuration = delivery.s3_delivery_configuration or {}
    delivery.s3_delivery_configuration = {**configuration, **given.get("s3DeliveryConfiguration", {})}
    return {}


operation(LogsResponse, "UpdateDeliveryConfiguration", _update_delivery_configuration)
