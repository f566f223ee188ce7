"""Options of Orthanc that `orthancConfiguration` does not accept, and why.

The texts in `OWNED` complete "is set by …" with a key, or with the program and its reason. The texts in `REFUSED`
complete "cannot be set: …" with what the option would do. An option inside a section is written `Section.Option`.
"""

_ALL_SEE_ALL = "the program: several tasks work on one index"
_SIZES = "taskCpu and taskMemoryMib"
_FIND = "the program, as no limit: Orthanc would cut longer answers and report success"
_HTTPS = "the program: the load balancer calls the tasks over HTTPS, and nobody else reaches them"
_LIST = "dicomIngress and dicomModalities, which say who may do what"

OWNED: dict[str, str] = {
    "AuthenticationEnabled": _HTTPS,
    "DatabaseServerIdentifier": _ALL_SEE_ALL,
    "DefaultEncoding": "dicomDefaultEncoding",
    "DicomAet": "dicomAet",
    "DicomAlwaysAllowEcho": _LIST,
    "DicomAlwaysAllowFind": _LIST,
    "DicomAlwaysAllowFindWorklist": _LIST,
    "DicomAlwaysAllowGet": _LIST,
    "DicomAlwaysAllowMove": _LIST,
    "DicomAlwaysAllowStore": _LIST,
    "DicomCheckCalledAet": "the program: only who calls dicomAet is meant",
    "DicomCheckModalityHost": _LIST,
    "DicomModalities": "dicomModalities",
    "DicomParserCacheSize": _SIZES,
    "DicomParserMemoryCapacity": _SIZES,
    "DicomParserThreadsCount": _SIZES,
    "DicomPort": "the program; modalities call dicomPort of the balancer",
    "ExecuteLuaEnabled": "the program, as off: it runs any program that a user sends",
    "HttpCompressionEnabled": "the program, as off: a compressed answer is first held in memory as a whole",
    "HttpPort": _HTTPS,
    "HttpRequestTimeout": "largestStudyMib and responseTimeoutSeconds",
    "HttpThreadsCount": "the program, with the limits of the load balancer",
    "KeepAliveTimeout": "responseTimeoutSeconds",
    "LimitFindInstances": _FIND,
    "LimitFindResults": _FIND,
    "LuaScripts": "orthancUsers, whose role readOnly is a script",
    "MaximumFileSizeInArchiveMB": "largestStudyMib",
    "MaximumPatientCount": "the program, as no limit: Orthanc would delete patients to stay below it",
    "MaximumRequestBodySizeMB": "largestStudyMib",
    "MaximumStorageCacheSize": _SIZES,
    "MaximumStorageSize": "the program, as no limit: Orthanc would delete patients to stay below it",
    "Name": "orthancName",
    "OverwriteInstances": "the program: a corrected instance replaces the earlier one, whose file S3 still has",
    "RegisteredUsers": "orthancUsers; passwords are in Secrets Manager",
    "RemoteAccessAllowed": _HTTPS,
    "RestApiWriteToFileSystemEnabled": "the program, as off: it writes any file of the task",
    "SaveJobs": _ALL_SEE_ALL,
    "SequentialDicomReaderThreadsCount": _SIZES,
    "SequentialDicomReaderWindowCapacity": _SIZES,
    "SequentialDicomReaderWindowSize": _SIZES,
    "SslCertificate": _HTTPS,
    "SslCiphersAccepted": _HTTPS,
    "SslEnabled": _HTTPS,
    "SslMinimumProtocolVersion": _HTTPS,
    "StorageAccessOnFind": "the program: a query that opens files on S3 takes minutes",
    "StorageDirectory": "enableDicomS3Storage",
    "StorageLoaderThreadsCount": _SIZES,
    "StorageMemoryCapacity": _SIZES,
    "TranscoderCacheSize": _SIZES,
    "TranscoderMemoryCapacity": _SIZES,
    "TranscoderThreadsCount": _SIZES,
    "WebDavEnabled": "the program, as off: a drive that anybody mounts is a way around the API's rules",
    # Plugins.
    "AwsS3Storage": "enableDicomS3Storage and existingBucketName",
    "DicomWeb.Ssl": "the program: links must be https, as viewers call CloudFront",
    "DicomWeb.WadoRsLoaderThreadsCount": _SIZES,
    "OHIF": "the program; it serves the studies by DICOMweb",
    "PostgreSQL": "the database settings; passwords are in Secrets Manager",
    "UsersWithFullAccess": "orthancUsers",
    "WholeSlideImaging": "the program; it shows slides, without annotations and IIIF",
}

_DEPLOYED = "what is configured here is deployed, and a list in the database would take its place"
_NO_FILES = "it names files, and the task has none but the image's"
_NO_LUA = "it is for Lua scripts, and the program's own does not use it"
_NO_PLUGIN = "its plugin is not in use here"
_NOWHERE_ELSE = "nothing calls the tasks but the load balancers"
_PASSWORDS = "it holds passwords, which would stand in the task definition in clear"
_PATHS = "the program and its documentation rely on the plugin's own paths"
_PROXY = "it may hold a password, and the tasks reach AWS without a proxy"
_TLS = "TLS of DICOM ends at the balancer (dicomCertificateArn)"

REFUSED: dict[str, str] = {
    "DeidentifyLogs": "without it names of patients get into the logs",
    "DicomAssociationCloseDelay": _NO_LUA,
    "DicomModalitiesInDatabase": _DEPLOYED,
    "DicomServerEnabled": "dicomIngress off closes the DICOM port",
    "DicomTlsCertificate": _TLS,
    "DicomTlsCiphersAccepted": _TLS,
    "DicomTlsEnabled": _TLS,
    "DicomTlsMinimumProtocolVersion": _TLS,
    "DicomTlsPrivateKey": _TLS,
    "DicomTlsRemoteCertificateRequired": _TLS,
    "DicomTlsTrustedCertificates": _TLS,
    "ExternalDictionaries": _NO_FILES,
    "HttpBindAddresses": _NOWHERE_ELSE,
    "HttpProxy": _PROXY,
    "HttpServerEnabled": "without it nothing can say whether a task works",
    "HttpVerbose": "it writes headers with passwords to the logs",
    "HttpsCACertificates": _NO_FILES,
    "HttpsVerifyPeers": "without it Orthanc sends studies to whoever answers in another server's place",
    "IndexDirectory": "the index is in PostgreSQL",
    "KeepAlive": "the load balancer needs connections that stay open",
    "Locale": "Orthanc finds the image's own locale",
    "LuaHeartBeatPeriod": _NO_LUA,
    "MaximumStorageMode": "there is no maximum, and with one even Reject would delete patients",
    "OrthancPeers": _PASSWORDS,
    "OrthancPeersInDatabase": "the database would hold passwords in clear",
    "PatientLevelEnabled": "Orthanc calls it experimental",
    "Pkcs11": _PASSWORDS,
    "Plugins": "the image has the plugins that the program uses",
    "ReadOnly": "the archive would take no studies; orthancUsers has the role readOnly",
    "SslTrustedClientCertificates": _NO_FILES,
    "SslVerifyPeers": "the load balancer has no certificate of a client",
    "StorageCompression": "what is on S3 or EFS would not be DICOM files any more",
    "StoreDicom": "Orthanc would answer Success to every file and keep none",
    "StoreMD5ForAttachments": "without it nothing tells a corrected instance from the same one",
    "SyncStorageArea": "a file whose sender was told Success could be lost with its task",
    "SynchronousZipStream": "archives would be written to the task's disk first",
    "TemporaryDirectory": "the rest of the task's file system is read-only",
    "WebDavDeleteAllowed": "WebDAV is off",
    "WebDavUploadAllowed": "WebDAV is off",
    # Plugins.
    "Authorization": _NO_PLUGIN,
    "DicomWeb.Enable": "OHIF, Stone and the documentation rely on DICOMweb",
    "DicomWeb.Host": "the plugin takes it from the request",
    "DicomWeb.PublicRoot": _PATHS,
    "DicomWeb.Root": _PATHS,
    "DicomWeb.Servers": _PASSWORDS,
    "DicomWeb.ServersInDatabase": "the database would hold passwords in clear",
    "DicomWeb.WadoRoot": _PATHS,
    "Gdcm": "with other transfer syntaxes than the image's, GDCM's decoder can end the task",
    "Housekeeper": _NO_PLUGIN,
    "OrthancExplorer2.Enable": "the user interface is what the documentation leads to",
    "OrthancExplorer2.Keycloak": "docs/how-to/single-sign-on.md describes single sign-on",
    "OrthancExplorer2.Root": _PATHS,
    "PythonScript": _NO_FILES,
    "StoneWebViewer": "none of its options is open; OrthancExplorer2 has some",
    "Worklists": _NO_PLUGIN,
    # Names that Orthanc no longer documents.
    "LoaderThreads": "it is SequentialDicomReaderWindowSize now",
    "RejectSopClasses": "it is RejectedSopClasses now",
    "ZipLoaderThreads": "it is SequentialDicomReaderWindowSize now",
}
