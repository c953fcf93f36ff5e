"""The requests of `client.Client` that are for ultrasound cases only. No Qt, no MRML; every call blocks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from LiverCADLib.addresses import pathOf
from LiverCADLib.connection import Connection
from LiverCADLib.tasks import Task
from LiverCADLib.translation import _


class PictureRequests:
    """Images of an ultrasound case, and the circles on them."""

    _connection: Connection

    def downloadPicture(self, case: str, image: str, target: Path, task: Task) -> Path:
        """Download an image of an ultrasound case as PNG, 8 bits of grey; returns `target`."""
        text = _("Downloading {image}").format(image=image)
        return self._connection.download(pathOf("livercad", "cases", case, "images", image), target, task, text)

    def submitCircles(self, case: str, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Say which lesions an image of an ultrasound case has.

        Parameters
        ----------
        case : str
            Its name.
        drawn : mapping
            `image`, `annotator`, `note`, and `circles`: of each lesion `center` (column, row) and `diameter` in
            pixels, and `class`. Without a lesion `class` tells what the image shows. With `based_on` a version,
            ConflictError when the server has a newer one.

        Returns
        -------
        dict
            With the `version` that it is now.
        """
        return self._connection.json("POST", pathOf("livercad", "cases", case, "circles"), json=dict(drawn))
