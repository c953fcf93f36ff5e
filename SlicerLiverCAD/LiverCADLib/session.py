"""The connection that all panels share: one server at a time, its jobs, and what the user has allowed."""

from collections.abc import Callable
from typing import Any

from LiverCADLib.addresses import isInTheClear, originOf
from LiverCADLib.client import Client
from LiverCADLib.clientErrors import NotConnectedError
from LiverCADLib.greeting import ServerInfo
from LiverCADLib.jobs import Job, JobRunner, Task
from LiverCADLib.settings import Settings
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class Session:
    """Which server is connected. In the GUI thread only; the client itself may go to workers.

    Parameters
    ----------
    settings : Settings
        What is remembered.
    runner : JobRunner
        Runs what takes time.

    Attributes
    ----------
    client : Client or None
        None while no server is connected.
    info : ServerInfo or None
        What the server says of itself.
    models : list of dict
        Its models, with their cards.
    connected : Signal
        (ServerInfo).
    disconnected : Signal
        No arguments.
    busyChanged : Signal
        (bool): whether any job is at work.
    consentChanged : Signal
        No arguments: other servers may get images now.
    annotatorChanged : Signal
        (name): submissions carry another name from now on; empty until there is one.
    background : JobRunner
        Runs what nobody waits for, as looking how a training goes; the status line does not show it.
    """

    def __init__(self, settings: Settings, runner: JobRunner) -> None:
        self.settings, self.runner, self.background = settings, runner, JobRunner()
        self.client: Client | None = None
        self.info: ServerInfo | None = None
        self.models: list[dict[str, Any]] = []
        self.connected, self.disconnected = Signal(), Signal()
        self.busyChanged, self.consentChanged = runner.busyChanged, Signal()
        self.annotatorChanged = Signal()
        self._connecting: Job | None = None

    @property
    def isConnected(self) -> bool:
        """Whether a server is."""
        return self.client is not None

    def requireClient(self) -> Client:
        """Return the client, or raise NotConnectedError."""
        if self.client is None:
            raise NotConnectedError
        return self.client

    def run(self, title: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Job:
        """Run ``function(task, *arguments, **named)`` off the GUI thread (`JobRunner.start`)."""
        return self.runner.start(title, function, *arguments, **named)

    def connect(self, address: str, token: str = "", caBundle: str = "") -> Job:
        """Connect to a server; a connection that there is ends.

        Parameters
        ----------
        address, token, caBundle : str
            As of `connection.Connection`; remembered when it works.

        Returns
        -------
        Job
            Whose `done` has the ServerInfo; a wrong address is a failure of it as well.
        """
        self.disconnect()
        self._connecting = job = self.run(
            _("Connecting to {address}").format(address=address), _connect, address, token, caBundle
        )

        def arrived(found: tuple[Client, ServerInfo, list[dict[str, Any]]]) -> None:
            if job is not self._connecting:  # the user has turned to another one since
                found[0].close()
                return
            self.client, self.info, self.models = found
            self.settings.address, self.settings.caBundle = found[0].address, caBundle
            self.settings.rememberToken(originOf(found[0].address), token)
            self.connected.emit(self.info)

        job.done.connect(arrived)
        return job

    def disconnect(self) -> None:
        """End the connection, if there is one; jobs at work go on."""
        if self._connecting:
            self._connecting.cancel()
            self._connecting = None
        if self.client is None:
            return
        self.client, self.info, self.models = None, None, []
        self.disconnected.emit()

    def needsConsent(self) -> bool:
        """Whether the user has to be asked before a volume or a mask is sent to the connected server."""
        client = self.requireClient()
        return not client.isLocal and originOf(client.address) not in self.settings.consents

    def giveConsent(self) -> None:
        """Remember that the user lets volumes go to the connected server, under its scheme, host and port."""
        self.settings.rememberConsent(originOf(self.requireClient().address))
        self.consentChanged.emit()

    def rememberAnnotator(self, name: str) -> None:
        """Let submissions carry a name from now on."""
        self.settings.annotator = name
        self.annotatorChanged.emit(name)

    def withdrawConsents(self) -> None:
        """Ask again before a volume is sent to any other computer."""
        for origin in self.settings.consents:
            self.settings.withdrawConsent(origin)
        self.consentChanged.emit()

    def consentQuestion(self) -> str:
        """What to ask the user before a volume is sent to the connected server; plain text."""
        address = self.requireClient().address
        parts = [
            _("Send image data to {server}?").format(server=originOf(address)),
            _(
                "That is another computer. Images and masks go there without the DICOM header, but with the case's "
                "name and whatever is visible in the images. Make sure that you are allowed to."
            ),
        ]
        if isInTheClear(address):
            parts.append(_("The connection is not encrypted: others in the network can read along."))
        return "\n\n".join(parts)


def _connect(task: Task, address: str, token: str, caBundle: str) -> tuple[Client, ServerInfo, list[dict[str, Any]]]:
    client = Client(address, token, caBundle)
    info = client.check()
    task.check()
    return client, info, client.models()
