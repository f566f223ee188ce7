"""The texts for failed calls of the AWS API: the operation, AWS's code and message, and a remedy."""

import re
import traceback

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

from offline.stand_ins.mapping import Misfit

FAILED = (ClientError, BotoCoreError, ResponseParserError)
"""The exceptions that a boto3 call raises."""

_REMEDIES = {
    r"NotFound|NoSuch|NotExist|Non[Ee]xistent": "what was deleted outside Pulumi, pulumi refresh finds",
    r"Already(Exists|OwnedByYou)|Duplicate|ResourceExists": "pulumi import what is there, or take another name",
    r"DependencyViolation|InUse|DeleteConflict": "remove first what uses it, if that is none of the stack's",
}
_ROWS = "correct the input; where AWS would take it, the type's row in offline/stand_ins/rows is wrong"


def told(error: Exception, operation: str = "") -> str:
    """The text for `error` of a call of `operation` (AWS's name), unless the error names its operation itself."""
    operation = getattr(error, "operation_name", operation)
    if _is_page(error):
        # moto returns a page for operations that it lacks, and for its own failures.
        return (
            f"{operation}: the emulated AWS does not have this call, or fails in it (.local/emulator.log tells)."
            " Remedy: extend local/emulator/overlay, one module a service"
        )
    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        remedy = next((text for pattern, text in _REMEDIES.items() if re.search(pattern, code)), "")
        said = f"{operation}: AWS answers {code}: {message}"
        return f"{said.rstrip('.')}. Remedy: {remedy}" if remedy else said
    if isinstance(error, NoConnection | HTTPClientError):
        return f"{operation}: the embedded AWS does not answer: {error}. Remedy: make up"
    if isinstance(error, ParamValidationError | Misfit):
        return f"{operation}: {error}. Remedy: {_ROWS}"
    return f"{operation}: {error}"


def is_gone(error: Exception) -> bool:
    """Whether AWS reports that a resource does not exist, in one of the many forms of its services."""
    if not isinstance(error, ClientError) or _is_page(error):
        return False
    # Route 53 has a single code for all errors of a change.
    gone = re.search(r"NotFound|NoSuch|NotExist|Non[Ee]xistent|^404$", error.response["Error"]["Code"])
    return bool(gone) or "but it was not found" in str(error)


def defect(error: Exception) -> str:
    """The text for an unexpected error: its type, text and location."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a defect of the stand-in, not of the program: {type(error).__name__}: {error}"
        f" ({frame.filename}, line {frame.lineno})"
    )


def _is_page(error: Exception) -> bool:
    return "<!doctype html>" in str(error).lower()
