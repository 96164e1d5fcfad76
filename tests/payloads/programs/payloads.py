"""Prints what the Python SDK makes of the shared values: payloads.py > ../python-1.35.0.json"""

import base64
import json

from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import DataBlob, Payload, WorkflowExecution
from temporalio.api.failure.v1 import Failure
from temporalio.converter import (
    BinaryProtoPayloadConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    default,
)
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

EXECUTION = WorkflowExecution(workflow_id="w", run_id="r")
BLOB = DataBlob(encoding_type=1, data=bytes([0, 251, 255, 62, 63]))

VALUES = {
    "nothing": None,
    "bytes": bytes([0, 1, 254, 255]),
    "no bytes": b"",
    "text": 'plain "quoted" \n\t\\',
    "unicode": "ünïcödé 🦊",
    "empty text": "",
    "integer": -42,
    "fraction": 1.5,
    "true": True,
    "list": [1, "two", None, [3]],
    "object": {"a": {"b": [{"c": 1}]}, "name": "Ada"},
    "message": EXECUTION,
    "message with bytes": BLOB,
}


def to_json(payload: Payload) -> dict:
    metadata = {name: base64.b64encode(data).decode() for name, data in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


def fail() -> None:
    try:
        raise RuntimeError("the root")
    except RuntimeError as cause:
        raise ApplicationError(
            "too late", {"order": 7}, "x", type="Expired", non_retryable=True, category=ApplicationErrorCategory.BENIGN
        ) from cause


def failure_json(converter: DefaultFailureConverter) -> dict:
    failure = Failure()
    try:
        fail()
    except ApplicationError as error:
        converter.to_failure(error, default().payload_converter, failure)
    return MessageToDict(failure)


payloads = {name: to_json(default().payload_converter.to_payload(value)) for name, value in VALUES.items()}
binary = BinaryProtoPayloadConverter().to_payload(EXECUTION)
payloads["binary message"] = to_json(binary)
failures = {
    "plain": failure_json(DefaultFailureConverter()),
    "encoded": failure_json(DefaultFailureConverterWithEncodedAttributes()),
}
print(json.dumps({"payloads": payloads, "failures": failures}, indent=2))
