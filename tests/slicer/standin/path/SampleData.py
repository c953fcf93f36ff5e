"""Slicer's module SampleData, as far as modules register data there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import slicer


@dataclass(frozen=True)
class SampleDataSource:
    """Data that the user can load by a click."""

    category: str
    sampleName: str
    uris: Any = None
    fileNames: Any = None
    nodeNames: Any = None
    customDownloader: Callable[[Any], Any] | None = None
    thumbnailFileName: str | None = None
    loadFileType: str = "VolumeFile"
    loadFiles: bool | None = None
    loadFileProperties: dict = field(default_factory=dict)
    checksums: Any = None


class SampleDataLogic:
    """Registers data, and loads it; downloads are refused, since tests have no internet."""

    registered: dict[str, SampleDataSource] = {}  # noqa: RUF012

    @classmethod
    def registerCustomSampleDataSource(
        cls, category: str = "Custom", sampleName: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Register data by its name; Slicer's own parameters in Slicer's own order."""
        if not sampleName:
            raise ValueError("sample data needs a name")
        if sampleName in cls.registered and category != cls.registered[sampleName].category:
            raise ValueError(f"{sampleName} is registered already, in {cls.registered[sampleName].category}")
        cls.registered[sampleName] = SampleDataSource(category, sampleName, *args, **kwargs)

    def downloadSamples(self, sampleName: str) -> list:
        """Load data by its name, and answer the nodes."""
        source = self.registered[sampleName]
        if source.customDownloader is None:
            raise NotImplementedError(f"{sampleName}: the stand-in downloads nothing")
        before = set(slicer.util.getNodes().values())
        loaded = source.customDownloader(source)
        if loaded is not None:
            return list(loaded) if isinstance(loaded, list | tuple) else [loaded]
        return [node for node in slicer.util.getNodes().values() if node not in before]
