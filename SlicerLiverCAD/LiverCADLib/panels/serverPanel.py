"""Which server does the work, whether it can be reached, and what its models are."""

import ctk
import qt

from LiverCADLib.addresses import fullAddress, isInTheClear, isThisComputer, originOf
from LiverCADLib.clientErrors import AddressError
from LiverCADLib.panels.parts import column, comboBox, messageLabel, pushButton, row, say, styleOf, timer, wrappingLabel
from LiverCADLib.translation import _

LOOK_MS = 5000
"""How often the server is asked what it is busy with."""


class ServerPanel:
    """The section "Server".

    Parameters
    ----------
    session : Session
        The connection.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, session):
        self._session = session
        self._job = None
        self._isLooking = False
        self.widget, layout = column()
        self._build(layout)
        self._timer = timer(LOOK_MS, self.lookForJobs)
        session.connected.connect(self._onConnected)
        session.disconnected.connect(self._onDisconnected)
        session.runner.ended.connect(self._onJobEnded)
        self._onDisconnected()

    def _build(self, layout):
        settings = self._session.settings
        form = qt.QFormLayout()
        layout.addLayout(form)  # first, so that its rows have a parent at once
        self.addressEdit = qt.QLineEdit(settings.address)
        self.addressEdit.toolTip = _("Where the LiverCAD server answers, for example http://127.0.0.1:8000")
        self.connectButton = pushButton(_("Connect"), icon="connect")
        form.addRow(_("Address:"), row((self.addressEdit, 1), (self.connectButton, 0)))
        self.tokenEdit = qt.QLineEdit()
        self.tokenEdit.setEchoMode(qt.QLineEdit.Password)
        self.tokenEdit.setPlaceholderText(_("none"))
        self.tokenEdit.toolTip = _(
            "A server on another computer asks for the token that it printed when it started. It is kept readable in "
            "Slicer's settings on this computer."
        )
        form.addRow(_("Token:"), self.tokenEdit)
        self.clearLabel = wrappingLabel(
            _("The connection is not encrypted: others in the network can read the token, images and masks. Use https.")
        )
        self.clearLabel.styleSheet = styleOf("bad")
        layout.addWidget(self.clearLabel)
        self.stateLabel, self._say = messageLabel()
        layout.addWidget(self.stateLabel)
        self.busyLabel = wrappingLabel()
        layout.addWidget(self.busyLabel)
        layout.addWidget(self._modelGroup())
        layout.addWidget(self._securityGroup())
        self.connectButton.clicked.connect(self._onConnectButton)
        self.addressEdit.returnPressed.connect(self.connectToServer)
        self.addressEdit.textChanged.connect(self._onAddress)
        self._origin = None
        self._onAddress()
        self.tokenEdit.returnPressed.connect(self.connectToServer)

    def _modelGroup(self):
        self.modelGroup = ctk.ctkCollapsibleGroupBox()
        self.modelGroup.title = _("Models")
        self.modelGroup.collapsed = True
        layout = qt.QVBoxLayout(self.modelGroup)
        self.modelBox = comboBox(toolTip=_("The server's models: what they do, and what is known of how well"))
        self.card = qt.QTextBrowser()
        self.card.openExternalLinks = True
        self.card.setMinimumHeight(220)
        layout.addWidget(self.modelBox)
        layout.addWidget(self.card)
        self.modelBox.connect("currentIndexChanged(int)", self._showCard)
        return self.modelGroup

    def _securityGroup(self):
        self.securityGroup = ctk.ctkCollapsibleGroupBox()
        self.securityGroup.title = _("Security")
        self.securityGroup.collapsed = True
        form = qt.QFormLayout(self.securityGroup)
        self.certificateEdit = ctk.ctkPathLineEdit()
        self.certificateEdit.currentPath = self._session.settings.caBundle
        self.certificateEdit.toolTip = _(
            "File of certificates (PEM) to trust for https, when the server's certificate comes from an authority of "
            "your own; empty for the usual authorities"
        )
        form.addRow(_("Certificates:"), self.certificateEdit)
        self.consentLabel = wrappingLabel()
        self.forgetButton = pushButton(_("Ask again"), _("Ask before images are sent to any of these computers again."))
        self.forgetButton.clicked.connect(self._onForget)
        form.addRow(_("May get images:"), row((self.consentLabel, 1), (self.forgetButton, 0)))
        self._session.consentChanged.connect(self._showConsents)
        self._showConsents()
        return self.securityGroup

    def connectToServer(self):
        """Connect to the address that is written."""
        address, token = self.addressEdit.text, self.tokenEdit.text.strip()
        self._job = job = self._session.connect(address, token, self.certificateEdit.currentPath.strip())
        self._say(_("Connecting …"))
        self.connectButton.text = _("Stop")
        job.failed.connect(lambda error: self._onFailed(job, error))
        job.cancelled.connect(lambda: self._onFailed(job, _("Not connected.")))

    def lookForJobs(self):
        """Ask what the server is busy with, without anybody waiting for it."""
        client = self._session.client
        if client is None or self._isLooking:
            return
        self._isLooking = True
        job = self._session.background.start("", lambda task: client.jobs())
        job.done.connect(self._showJobs)
        job.failed.connect(lambda error: self._showBusy(str(error)))
        job.ended.connect(self._onLooked)

    def setWatching(self, isWatching):
        """Keep looking what the server is busy with, or not: nobody sees it while the module is left."""
        if isWatching:
            self._timer.start()
            self.lookForJobs()
        else:
            self._timer.stop()

    def close(self):
        """Stop for good."""
        self._timer.stop()

    def _onAddress(self, *arguments):
        """Show the token of the server that is written: one server's token is never sent to another."""
        try:
            address = fullAddress(self.addressEdit.text)
        except AddressError:
            address = ""
        origin = originOf(address) if address else ""
        if origin != self._origin:
            self._origin = origin
            self.tokenEdit.text = self._session.settings.tokenOf(origin)
        self.clearLabel.setVisible(bool(address) and isInTheClear(address))

    def _onConnectButton(self):
        if self._job is not None and not self._job.hasEnded:
            self._session.disconnect()
            self._onFailed(self._job, _("Not connected."))
        elif self._session.isConnected:
            self._session.disconnect()
        else:
            self.connectToServer()

    def _onConnected(self, info):
        self.addressEdit.text = info.address
        self.connectButton.text = _("Disconnect")
        sentence = _("Connected to LiverCAD {version} on {place}.")
        self._say(sentence.format(version=info.version, place=_place(info.address)), "good")
        self._showModels()
        self.lookForJobs()

    def _onDisconnected(self):
        self.connectButton.text = _("Connect")
        self._say(_("Not connected."))
        self._showBusy("")
        self._showModels()

    def _onFailed(self, job, error):
        if job is not self._job:
            return
        self._job = None
        self._onDisconnected()
        self._say(str(error), "bad" if isinstance(error, Exception) else "")

    def _onJobEnded(self, job):
        self.lookForJobs()

    def _onLooked(self):
        self._isLooking = False

    def _onForget(self):
        self._session.withdrawConsents()

    def _showConsents(self):
        servers = self._session.settings.consents
        self.consentLabel.text = ", ".join(servers) or _("only this computer")
        self.forgetButton.enabled = bool(servers)

    def _showModels(self):
        models = self._session.models
        self.modelGroup.enabled = bool(models)
        wasBlocked = self.modelBox.blockSignals(True)
        self.modelBox.clear()
        for model in models:
            missing = "" if model.get("installed") else _(" (not installed)")
            self.modelBox.addItem(f"{model.get('title') or model['name']}{missing}")
        self.modelBox.blockSignals(wasBlocked)
        self._showCard(self.modelBox.currentIndex)

    def _showCard(self, index):
        models = self._session.models
        if not 0 <= index < len(models):
            self.card.setMarkdown("")
            return
        model = models[index]
        head = _("**{name}** version {version}, licence: {licence}")
        about = {key: model.get(key) or _("not told") for key in ("name", "version", "licence")}
        problem = model.get("problem") or ""
        self.card.setMarkdown("\n\n".join(filter(None, (head.format(**about), problem, model.get("card") or ""))))

    def _showJobs(self, jobs):
        active = [job for job in jobs if job["state"] in ("queued", "running")]
        running = [job for job in active if job["state"] == "running"]
        if not active:
            self._showBusy(_("The server has nothing to do."))
        elif len(active) == 1 and running:
            sentence = _("The server is at work: {model}, {percent} %.")
            percent = round(100 * running[0]["fraction"])
            self._showBusy(sentence.format(model=running[0]["model"], percent=percent))
        else:
            sentence = _("The server is at work: {running} running, {waiting} waiting.")
            self._showBusy(sentence.format(running=len(running), waiting=len(active) - len(running)))

    def _showBusy(self, text):
        say(self.busyLabel, text if self._session.isConnected else "")


def _place(address):
    if isThisComputer(address):
        return _("this computer")
    if address.startswith("https://"):
        return _("another computer, over an encrypted connection")
    return _("another computer, over a connection that is not encrypted")
