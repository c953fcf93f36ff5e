"""The data set as one file: images with their final labels."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from monailabel.interfaces.datastore import Datastore, DefaultLabelTag

from livercad.server.errors import UnknownNameError
from livercad.studies.atomic import replacing


def pack_dataset(store: Datastore, cases: Sequence[str]) -> Path:
    """Pack images and final labels, named by case, into a ZIP archive in the folder for temporary files.

    Parameters
    ----------
    store : Datastore
        Where they are.
    cases : sequence of str
        With final labels.

    Returns
    -------
    Path
        Always the same file, so that they do not pile up.

    Raises
    ------
    UnknownNameError
        If there are no cases.
    """
    if not cases:
        raise UnknownNameError(
            "the dataset", found="no final label", expected="at least one", todo="Save a label as final first."
        )
    archive = Path(tempfile.gettempdir()) / "dataset.zip"
    with replacing(archive) as temporary, zipfile.ZipFile(temporary, "w") as pack:
        for case in cases:
            label = Path(store.get_label_uri(case, DefaultLabelTag.FINAL.value))
            pack.write(store.get_image_uri(case), f"image/{store.get_image_info(case)['name']}")
            pack.write(label, f"label/{label.name}")
        pack.writestr("metadata.json", json.dumps(store.json(), default=str))
    return archive
