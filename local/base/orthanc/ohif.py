"""OHIF under /ohif/, as upstream's plugin serves it: for Debian's Orthanc, through its Python plugin.

The section OHIF names the data source, and the path of the page where a proxy changes it. Of the plugin's two data
sources this one has DICOMweb: OHIF reads studies from Orthanc's DICOMweb plugin, relative to its own page.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# Orthanc's Python plugin provides the module orthanc.

import json
import mimetypes
from pathlib import Path

import orthanc

_FOLDER = Path("/usr/share/ohif")
_FILES = {str(path.relative_to(_FOLDER)): path for path in _FOLDER.rglob("*") if path.is_file()}
# OHIF's modes, each a path of its page; the first is the list of studies.
_PAGES = ("", "viewer", "tmtv", "segmentation", "microscopy")
# They let the page share memory with its workers.
_ISOLATED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A button on the page of a study in Orthanc Explorer.
_BUTTON = """
$('#study').live('pagebeforeshow', function() {
  $.getJSON('../studies/' + $.mobile.pageData.uuid, function(study) {
    $('#ohif').remove();
    $('<a>', { id: 'ohif', text: 'Open OHIF viewer', target: '_blank', 'data-role': 'button' })
      .attr('href', '../ohif/viewer?StudyInstanceUIDs=' + study.MainDicomTags.StudyInstanceUID)
      .button().insertAfter('#study-info');
  });
});
"""

_section = json.loads(orthanc.GetConfiguration())["OHIF"]
_unknown = set(_section) - {"DataSource", "RouterBasename"}
if _unknown:
    raise ValueError(f"the stand-in of the OHIF plugin does not know OHIF's {', '.join(sorted(_unknown))}")
if _section.get("DataSource", "dicom-web") != "dicom-web":
    raise ValueError(f"the stand-in of the OHIF plugin has no OHIF.DataSource {_section['DataSource']}")

_DATA_SOURCE = {
    "friendlyName": "Orthanc DICOMweb",
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "dicomweb",
    "configuration": {
        "name": "orthanc",
        **dict.fromkeys(("wadoUriRoot", "qidoRoot", "wadoRoot"), "../dicom-web"),
        **dict.fromkeys(("qidoSupportsIncludeField", "supportsReject", "supportsFuzzyMatching"), False),
        **dict.fromkeys(("enableStudyLazyLoad", "supportsWildcard", "staticWado"), True),
        **dict.fromkeys(("imageRendering", "thumbnailRendering"), "wadors"),
        "singlepart": "bulkdata,video",
        "acceptHeader": ["multipart/related; type=application/octet-stream; transfer-syntax=*"],
        "bulkDataURI": {"enabled": True, "relativeResolution": "studies"},
    },
}
_CONFIGURATION = {
    "routerBasename": _section.get("RouterBasename", "/ohif/").rstrip("/") + "/",
    "extensions": [],
    "modes": [],
    "customizationService": {},
    **dict.fromkeys(("showStudyList", "showLoadingIndicator", "showCPUFallbackMessage"), True),
    **dict.fromkeys(("showWarningMessageForCrossOrigin", "strictZSpacingForVolumeViewport"), True),
    "omitQuotationForMultipartRequest": True,
    "maxNumberOfWebWorkers": 3,
    "maxNumRequests": {"interaction": 100, "thumbnail": 75, "prefetch": 25},
    "dataSources": [_DATA_SOURCE],
    "defaultDataSourceName": _DATA_SOURCE["sourceName"],
}


def serve(output, uri, **request):
    """Answer a request below /ohif."""
    name = "".join(request["groups"])
    if name == "app-config.js":
        content = f"window.config = {json.dumps(_CONFIGURATION, indent=2)};\n".encode()
    elif path := _FILES.get("index.html" if name in _PAGES else name):
        content, name = path.read_bytes(), path.name
    else:
        output.SendHttpStatusCode(404)
        return
    for header, value in _ISOLATED.items():
        output.SetHttpHeader(header, value)
    output.AnswerBuffer(content, mimetypes.guess_type(name)[0] or "application/octet-stream")


orthanc.RegisterRestCallback("/ohif", serve)
orthanc.RegisterRestCallback("/ohif/(.*)", serve)
orthanc.ExtendOrthancExplorer(_BUTTON)
