"""A LiverCAD server's REST interface: one method a request (docs/server.md). No Qt, no MRML; every call blocks.

Methods that take a `Task` report to it and stop when it is cancelled. Failures are `clientErrors.ClientError`.
Answers are the server's JSON as it is.
"""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from LiverCADLib.addresses import isThisComputer, pathOf
from LiverCADLib.cases import fileNameOf
from LiverCADLib.clientErrors import NotThereError
from LiverCADLib.connection import Connection
from LiverCADLib.greeting import ServerInfo, greet, wrongApp
from LiverCADLib.multipart import Files, partsOf
from LiverCADLib.pictureRequests import PictureRequests
from LiverCADLib.serverJobs import JobCall
from LiverCADLib.tasks import Task
from LiverCADLib.translation import _

GZIP = b"\x1f\x8b"


class Client(PictureRequests):
    """Requests to one server; may be used from several threads.

    Parameters
    ----------
    address, token, caBundle, timeoutS
        As of `connection.Connection`.
    """

    def __init__(self, address: str, token: str = "", caBundle: str = "", timeoutS: float = 30.0) -> None:
        self._connection = Connection(address, token, caBundle, timeoutS)
        self._hasToken = bool(token)
        self.address = self._connection.address
        self.isLocal = isThisComputer(self.address)

    def close(self) -> None:
        """Close what is open."""
        self._connection.close()

    def check(self) -> ServerInfo:
        """See that a LiverCAD server of a fitting version answers, and that it takes the token.

        Raises
        ------
        WrongAppError, VersionError, TokenError, ForbiddenError, UnreachableError, ...
            Each with what to do.
        """
        return greet(self._connection, self._hasToken)

    def models(self) -> list[dict[str, Any]]:
        """Models with their cards."""
        return self._get("models")

    def cases(self) -> list[dict[str, Any]]:
        """All cases, with their state."""
        return self._get("cases")

    def case(self, case: str) -> dict[str, Any]:
        """One case with its images."""
        return self._get("cases", case)

    def nextCase(self, strategy: str, annotator: str = "", skipped: str = "") -> dict[str, Any]:
        """Case that the strategy chooses, which goes to no other annotator for a while.

        `id` and perhaps `why` it is this one; without `id` none is left, perhaps with the `reason`. A case that is
        `skipped` is put back for others before.
        """
        wishes = {name: value for name, value in (("annotator", annotator), ("skip", skipped)) if value}
        # An older server loads its models first, which may take long.
        return self._connection.json("POST", pathOf("activelearning", strategy), json=wishes, readS=None)

    def recognizePhases(self, case: str, task: Task) -> list[dict[str, Any]]:
        """Let the server tell the phases from the images; returns those."""
        path = pathOf("livercad", "cases", case, "phases")
        answer = self._connection.parsed(self._job("POST", path, task))
        return answer["images"] if isinstance(answer, dict) else answer

    def setPhases(self, case: str, phases: Mapping[str, str]) -> list[dict[str, Any]]:
        """Tell the server the phases by image name; none to take back what was told. Returns the images."""
        answer = self._connection.json("PUT", pathOf("livercad", "cases", case, "phases"), json=dict(phases))
        return answer["images"] if isinstance(answer, dict) else answer

    def downloadImage(self, case: str, image: str, folder: Path, task: Task, registered: bool = False) -> Path:
        """Download a volume as NIfTI.

        Parameters
        ----------
        case, image : str
            Names.
        folder : Path
            Where to; the file is called by the image, with the ending that its content has.
        task : Task
            Learns how much has come.
        registered : bool
            On the reference's grid, as the analysis registered it (ConflictError when the case is not analysed).

        Returns
        -------
        Path
            The file.
        """
        target = folder / f"{fileNameOf(image)}{'_registered' if registered else ''}.nii"
        text = _("Downloading {image}").format(image=image)
        params = {"registered": "true"} if registered else None
        path = self._connection.download(pathOf("livercad", "cases", case, "images", image), target, task, text, params)
        with path.open("rb") as file:
            isCompressed = file.read(2) == GZIP
        return path.replace(path.with_name(path.name + ".gz")) if isCompressed else path

    def downloadTransform(self, case: str, image: str, target: Path, task: Task) -> Path:
        """Download the displacements of an image: `.npz` with `displacement_mm` and `affine`."""
        text = _("Downloading the registration of {image}").format(image=image)
        return self._connection.download(pathOf("livercad", "cases", case, "transforms", image), target, task, text)

    def infer(
        self,
        model: str,
        case: str,
        task: Task,
        params: Mapping[str, Any] | None = None,
        label: Path | None = None,
        file: Path | None = None,
    ) -> tuple[dict[str, Any], bytes | None, str]:
        """Run a model on a case.

        Parameters
        ----------
        model, case : str
            Names; that of the case is empty where a file is sent.
        task : Task
            Learns of the server's progress.
        params : mapping, optional
            For the model; goes as JSON.
        label : Path, optional
            Label map, for models that ask for lesions.
        file : Path, optional
            An image that the server does not have.

        Returns
        -------
        params : dict
            The answer's JSON; ``params["findings"]`` has everything that was found.
        image : bytes or None
            The label map as a file; None where the model makes none.
        name : str
            That file's name, which tells its kind.
        """
        query = {**({"image": case} if case else {}), "output": "all"}
        fields = {"params": json.dumps(params or {})}
        files = [(field, path) for field, path in (("label", label), ("file", file)) if path]
        answer = self._job("POST", pathOf("infer", model), task, query, fields, files)
        try:
            return partsOf(answer.headers.get("Content-Type", ""), answer.content)
        except ValueError as error:
            raise wrongApp(self.address) from error

    def views(self, case: str, number: int, task: Task) -> dict[str, np.ndarray]:
        """What the classifier saw of a lesion: `phases`, `crops`, `saliency`, `side_mm`, `center`."""
        answer = self._job("GET", pathOf("livercad", "cases", case, "views", str(number)), task)
        with np.load(io.BytesIO(answer.content), allow_pickle=False) as file:
            return dict(file)

    def report(self, case: str, task: Task) -> str:
        """HTML report of a case."""
        return self._job("GET", pathOf("livercad", "cases", case, "report"), task).content.decode("utf-8")

    def uploadCase(self, case: str, files: Sequence[Path], phases: Mapping[str, str | None], task: Task) -> str:
        """Send volumes as a new case; consent is the caller's affair (`Session.needsConsent`).

        Parameters
        ----------
        case : str
            Its name; ConflictError when it is taken.
        files : sequence of Path
            NIfTI files.
        phases : mapping of str to str or None
            Phase by file name, where it is known.
        task : Task
            Learns how much has been sent.

        Returns
        -------
        str
            The server's name of the case.
        """
        fields = {"case": case, "phases": json.dumps(dict(phases))}
        return self._send("POST", pathOf("livercad", "cases"), fields, [("files", f) for f in files], task)["case"]

    def submit(
        self,
        case: str,
        annotation: Mapping[str, Any],
        maps: Mapping[str, Path],
        basedOn: int,
        task: Task,
        force: bool = False,
    ) -> dict[str, Any]:
        """Submit a case; ConflictError when the server has a newer version than `basedOn`, unless forced.

        Parameters
        ----------
        case : str
            Its name.
        annotation : mapping
            `livercad.core.annotation.Annotation.to_dict`.
        maps : mapping of str to Path
            NIfTI on the reference's grid: `label`, `instances`, and `rejected` where rejected lesions have voxels.
        basedOn : int
            Version that was opened; 0 for none.
        task : Task
            Learns how much has been sent.
        force : bool
            Add a version even so; the newer one is kept in the history.

        Returns
        -------
        dict
            `version` and `submitted`.
        """
        fields = {"annotation": json.dumps(dict(annotation)), "based_on": str(basedOn)}
        query = {"force": "true"} if force else {}
        return self._send("PUT", pathOf("livercad", "cases", case, "submission"), fields, [*maps.items()], task, query)

    def submission(self, case: str, version: int | None = None) -> dict[str, Any] | None:
        """Latest submission or that of a version, without its maps; None when there is none."""
        try:
            return self._get("cases", case, "submission", params={"version": str(version)} if version else None)
        except NotThereError:
            return None

    def downloadSubmission(
        self, case: str, kind: str, target: Path, task: Task, version: int | None = None
    ) -> Path | None:
        """Download the map `label`, `instances` or `rejected` of a submission; None when there is none."""
        path = pathOf("livercad", "cases", case, "submission", kind)
        params = {"version": str(version)} if version else None
        try:
            return self._connection.download(path, target, task, _("Downloading the submission"), params)
        except NotThereError:
            return None

    def training(self) -> dict[str, Any]:
        """What can be trained, and how the training goes that runs or ran last."""
        return self._get("training")

    def startTraining(self, model: str, settings: Mapping[str, Any], annotator: str = "") -> None:
        """Start a training; `training` tells how it goes."""
        path, who = pathOf("train", model), {"who": annotator} if annotator else {}
        # The server may read images of many cases first.
        self._connection.request("POST", path, params={"run_sync": "false"}, json={**settings, **who}, readS=None)

    def stopTraining(self) -> None:
        """Stop the training that runs."""
        self._connection.request("DELETE", "/train/")

    def jobs(self) -> list[dict[str, Any]]:
        """Jobs that wait, run or ended lately, of all clients."""
        return self._get("jobs")

    def _get(self, *names: str, params: Mapping[str, str] | None = None) -> Any:
        return self._connection.json("GET", pathOf("livercad", *names), params=params)

    def _send(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str],
        files: Files,
        task: Task,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        answer = self._connection.send(method, path, fields, files, task, _("Sending"), params=query, readS=None)
        return self._connection.parsed(answer)

    def _job(
        self,
        method: str,
        path: str,
        task: Task,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        files: Files = (),
    ) -> Any:
        def send(name: str) -> Any:
            params = {**(query or {}), "job": name}
            if fields is None:
                return self._connection.request(method, path, params=params, readS=None)
            sending = task.part(0.0, 0.0)  # the server tells how far it is from 0 on
            return self._connection.send(method, path, fields, files, sending, _("Sending"), params=params, readS=None)

        return JobCall(self._connection, task, send).run()
