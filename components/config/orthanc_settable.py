"""Options of Orthanc that `orthancConfiguration` accepts, with type and range of each.

Every option that Orthanc documents (orthanc_options.json) is either here or in `orthanc_reserved`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from components.config.values import Flag, OrthancText, matches, no_variable


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a valid integer")
    return value


def _number(least: int, most: int) -> Any:
    return Annotated[int, BeforeValidator(_no_boolean), Field(ge=least, le=most)]


def _text(pattern: str, rule: str) -> Any:
    return Annotated[OrthancText, matches(pattern, rule)]


def _list_of(item: Any) -> Any:
    return Annotated[list[item], Field(min_length=1)]


def _dictionary_entry(value: list[Any]) -> list[Any]:
    """Returns [VR, name], followed by minimum and maximum multiplicity and private creator, if given."""
    fits = 2 <= len(value) <= 5 and all(isinstance(number, int) for number in value[2:4])
    if not fits or not isinstance(value[0], str) or len(value[0]) != 2:
        raise ValueError("must be a VR and a name, and may go on with two multiplicities and a private creator")
    return [value[0], no_variable(str(value[1])), *value[2:4], *(no_variable(str(each)) for each in value[4:])]


def _content_type(value: Any) -> Any:
    """Returns a content type: a number, or a number and a media type."""
    number, *media_type = value if isinstance(value, list) else [value]
    fits = isinstance(number, int) and not isinstance(number, bool) and 1024 <= number <= 65535
    if (
        not fits
        or len(media_type) > 1
        or not all(re.fullmatch(r"[\w.+-]+/[\w.+-]+", str(each)) for each in media_type)
    ):
        raise ValueError("must be a number from 1024 to 65535, or a list of one and a media type")
    return value


# UIDs (DICOM PS3.5). Orthanc accepts wildcards in its lists.
_UIDS = _list_of(
    _text(
        r"[\d.?*]{1,64}", "must be a UID such as 1.3.12.2.1107.5.9.1, in which ? stands for a digit and * for any"
    )
)
_TAG = _text(
    r"[A-Z][A-Za-z0-9]*|[0-9a-fA-F]{4},[0-9a-fA-F]{4}", "must be a DICOM tag such as ProtocolName or 0018,1030"
)
_TAGS = _list_of(_TAG)
_NAME = _text(r"[A-Za-z][A-Za-z0-9_-]{0,63}", "must be a letter, then up to 63 letters, digits, _ or -")
_THREADS = _number(1, 100)
_SECONDS = _number(1, 3600)
_DATE = _text(r"[A-Za-z/., -]{1,32}", "must be a format such as dd/MM/yyyy")

# Orthanc does not start with a transfer syntax that it does not know.
_TRANSFER_SYNTAX = _text(
    r"1\.2\.840\.10008\.1\.2(\.1(\.99)?|\.2|\.5|\.4\.(5\d|6[0-6]|70|8[01]|9[0-5]|10[0-8]|11[0-2]|20[1-3]))?",
    "must be the UID of a transfer syntax that Orthanc knows, such as 1.2.840.10008.1.2.1",
)
# The lossless transfer syntaxes. A lossy one gives every instance a new SOP Instance UID and loses the original.
_LOSSLESS = Literal[
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
]

SETTABLE: dict[str, Any] = {
    # What is accepted from modalities.
    "UnknownSopClassAccepted": Flag,
    "AcceptedSopClasses": _UIDS,
    "RejectedSopClasses": _UIDS,
    "AcceptedTransferSyntaxes": _UIDS,
    "DeflatedTransferSyntaxAccepted": Flag,
    "H265TransferSyntaxAccepted": Flag,
    "Jpeg2000TransferSyntaxAccepted": Flag,
    "JpegLosslessTransferSyntaxAccepted": Flag,
    "JpegTransferSyntaxAccepted": Flag,
    "JpipTransferSyntaxAccepted": Flag,
    "Mpeg2TransferSyntaxAccepted": Flag,
    "Mpeg4TransferSyntaxAccepted": Flag,
    "RleTransferSyntaxAccepted": Flag,
    # The DICOM protocol.
    "CaseSensitivePN": Flag,
    "DicomDefaultRetrieveMethod": Literal["C-MOVE", "C-GET"],
    "DicomEchoChecksFind": Flag,
    # 0 means no timeout: a silent peer would occupy a thread forever.
    "DicomScpTimeout": _SECONDS,
    "DicomScuTimeout": _SECONDS,
    "DicomScuPreferredTransferSyntax": _TRANSFER_SYNTAX,
    "DicomThreadsCount": _THREADS,
    "MaximumPduLength": _number(4096, 131072),
    "QueryRetrieveSize": _number(1, 100_000),
    "StorageCommitmentReportsSize": _number(1, 100_000),
    "StrictAetComparison": Flag,
    "SynchronousCMove": Flag,
    "TranscodeDicomProtocol": Flag,
    # The contents of the index.
    "DefaultPrivateCreator": _text(r"[ -\[\]-~]{0,64}", "must be up to 64 ASCII characters, without \\"),
    "Dictionary": dict[
        _text(r"[0-9a-fA-F]{4},[0-9a-fA-F]{2}([0-9a-fA-F]{2})?", "must be a tag such as 0014,1020, or 00e1,c2"),
        Annotated[list[Any], AfterValidator(_dictionary_entry)],
    ],
    "ExtraMainDicomTags": dict[Literal["Patient", "Study", "Series", "Instance"], _TAGS],
    "LoadPrivateDictionary": Flag,
    "LogExportedResources": Flag,
    "StableAge": _number(1, 86_400),
    "UserContentType": dict[_NAME, Annotated[Any, AfterValidator(_content_type)]],
    "UserMetadata": dict[_NAME, _number(1024, 65535)],
    # Storage and delivery of files.
    "BuiltinDecoderTranscoderOrder": Literal["After", "Before", "Disabled"],
    "DicomLossyTranscodingQuality": _number(1, 100),
    "IngestTranscoding": _LOSSLESS,
    "IngestTranscodingOfCompressed": Flag,
    "IngestTranscodingOfUncompressed": Flag,
    "MediaArchiveSize": _number(1, 10),
    "ZipUseUtf8": Flag,
    # The server.
    "CheckRevisions": Flag,
    "ConcurrentJobs": _number(0, 64),
    "DeidentifyLogsDicomVersion": Annotated[Literal["2008", "2017c", "2021b", "2023b"], BeforeValidator(str)],
    "HttpDescribeErrors": Flag,
    "HttpTimeout": _SECONDS,
    "JobsEngineThreadsCount": {"ResourceModification": _number(0, 64)},
    # With 0, Orthanc discards a job before the client can query its result.
    "JobsHistorySize": _number(1, 10_000),
    "MallocArenaMax": _number(0, 64),
    "MetricsEnabled": Flag,
    "OrthancExplorerEnabled": Flag,
    "TcpNoDelay": Flag,
    "Warnings": {
        "W001_TagsBeingReadFromStorage": Flag,
        "W002_InconsistentDicomTagsInDb": Flag,
        "W003_DecoderFailure": Flag,
        "W004_NoMainDicomTagsSignature": Flag,
        "W005_RequestingTagFromLowerResourceLevel": Flag,
        "W006_RequestingTagFromMetaHeader": Flag,
        "W007_MissingRequestedTagsNotReadFromDisk": Flag,
    },
    # Threads for computation.
    "MaximumConcurrentDcmtkTranscoders": _number(0, 64),
    # Plugins.
    "DicomWeb": {
        "EnableMetadataCache": Flag,
        "EnablePerformanceLogs": Flag,
        "EnableWado": Flag,
        "MetadataWorkerThreadsCount": _THREADS,
        "QidoCaseSensitive": Flag,
        "SeriesMetadata": Literal["Full", "MainDicomTags", "Extrapolate"],
        "SeriesMetadataExtrapolatedTags": _TAGS,
        "StudiesMetadata": Literal["Full", "MainDicomTags", "Extrapolate"],
        "StudiesMetadataExtrapolatedTags": _TAGS,
    },
    "OrthancExplorer2": {
        "Theme": Literal["light", "dark"],
        "UiOptions": {
            "DateFormat": _DATE,
            "DefaultLanguage": _text(
                r"[a-z]{2}", "must be a language of Orthanc Explorer 2, such as en, fr or zh"
            ),
            "TranslateDicomTags": Flag,
        },
    },
}
