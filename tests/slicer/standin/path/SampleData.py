"""Slicer's module SampleData, as far as modules register data there; as strict, and as lax, as SampleData.py is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import slicer
import vtk

slicer.modules.sampleDataSources = {}

_ENDINGS = {".mrml": "SceneFile", ".mrb": "SceneFile", ".zip": "ZipFile"}


class SampleDataSource:
    """Data that the user can load by a click: one list entry a file."""

    def __init__(
        self,
        sampleName: str | None = None,
        sampleDescription: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        checksums: Any = None,
        loadFiles: Any = None,
        customDownloader: Any = None,
        thumbnailFileName: str | None = None,
        loadFileType: Any = None,
        loadFileProperties: dict | None = None,
    ) -> None:
        if isinstance(uris, str):
            uris, fileNames, nodeNames = [uris], [fileNames], [nodeNames]
            checksums, loadFiles, loadFileType = [checksums], [loadFiles], [loadFileType]
        elif isinstance(uris, list | tuple):
            nothing = [None] * len(uris)
            nodeNames, loadFiles, checksums = nodeNames or nothing, loadFiles or nothing, checksums or nothing
            if loadFileType is None or isinstance(loadFileType, str):
                loadFileType = [loadFileType] * len(uris)
        # Without uris the rest stays None, and this raises TypeError, as in Slicer also with a customDownloader.
        types = [_type(*each) for each in zip(fileNames, nodeNames, loadFileType, strict=False)]
        if len({len(each) for each in (uris, fileNames, nodeNames, loadFiles, types, checksums)}) != 1:
            raise ValueError("All fields of sample data source must have the same length")
        self.sampleName, self.sampleDescription = sampleName, sampleDescription or sampleName
        self.uris, self.fileNames, self.nodeNames, self.checksums = uris, fileNames, nodeNames, checksums
        self.loadFiles, self.loadFileType, self.loadFileProperties = loadFiles, types, loadFileProperties or {}
        self.customDownloader, self.thumbnailFileName = customDownloader, thumbnailFileName

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampleDataSource) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def _type(file: str, node: str | None, kind: str | None) -> str | None:
    return kind or ("VolumeFile" if node else _ENDINGS.get(Path(file.lower()).suffix))


class SampleDataLogic:
    """Registers data, and loads it; only from files of this computer, since tests have no internet."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Any = None,
        thumbnailFileName: str | None = None,
        loadFileType: Any = "VolumeFile",
        loadFiles: Any = None,
        loadFileProperties: dict | None = None,
        checksums: Any = None,
    ) -> None:
        """Register data, once; Slicer's own parameters in Slicer's own order."""
        source = SampleDataSource(
            sampleName=sampleName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            thumbnailFileName=thumbnailFileName,
            loadFileType=loadFileType,
            loadFiles=loadFiles,
            loadFileProperties=loadFileProperties,
            checksums=checksums,
            customDownloader=customDownloader,
        )
        sources = slicer.modules.sampleDataSources.setdefault(category, [])
        if source not in sources:
            sources.append(source)

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        """Find data by its name."""
        sources = [source for each in slicer.modules.sampleDataSources.values() for source in each]
        return next((source for source in sources if source.sampleName == sampleName), None)

    def downloadSamples(self, sampleName: str) -> list:
        """Load data by its name, and answer the nodes."""
        source = self.sourceForSampleName(sampleName)
        return self.downloadFromSource(source) if source else []

    def downloadFromSource(self, source: SampleDataSource) -> list:
        """Fetch the files of data and load them; its own downloader is not called, only the module's buttons do."""
        files = zip(source.uris, source.fileNames, source.nodeNames, source.checksums, source.loadFileType, strict=True)
        return [self._load(_fetch(uri, file, checksum), node, kind) for uri, file, node, checksum, kind in files]

    def _load(self, path: str, name: str, kind: str | None) -> Any:
        loaded = vtk.vtkCollection()
        if not slicer.app.coreIOManager().loadNodes(kind, {"fileName": path, "name": name}, loaded):
            raise OSError(f"{path} could not be loaded as {kind}")
        return loaded.GetItemAsObject(0)


def click(source: SampleDataSource) -> Any:
    """Do what the module's button for the data does."""
    return (source.customDownloader or SampleDataLogic().downloadFromSource)(source)


def _fetch(uri: str, name: str, checksum: str | None) -> str:
    if urlsplit(uri).scheme != "file":
        raise NotImplementedError(f"{uri}: the stand-in downloads nothing")
    path = Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory()) / name
    shutil.copyfile(url2pathname(urlsplit(uri).path), path)
    algorithm, digest = slicer.util.extractAlgoAndDigest(checksum)
    if algorithm and slicer.util.computeChecksum(algorithm, path) != digest:
        raise ValueError(f"{path} is not what its checksum says")
    return str(path)
