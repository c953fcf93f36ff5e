"""Which case is worked on: the next one, one from the list, or volumes of the scene."""

import ctk
import qt

from LiverCADLib.caseLoading import listCases, loadCase, loadNext
from LiverCADLib.cases import STATES, CaseFilter, isOnServer, matching, sizeText, totalSize
from LiverCADLib.panels.caseTable import CaseTable, stateTitles
from LiverCADLib.panels.newCase import NewCaseGroup
from LiverCADLib.panels.parts import column, comboBox, messageLabel, pushButton, row, wrappingLabel
from LiverCADLib.panels.replacing import mayReplace
from LiverCADLib.pictureLoading import LoadedPictures
from LiverCADLib.translation import _


def strategyTitles():
    """What the server's strategies are called, by their names there."""
    return {
        "first": _("First unlabelled"),
        "random": _("Any unlabelled"),
        "uncertainty": _("Uncertain outlines"),
        "classification": _("Uncertain classes"),
        "diversity": _("Unlike the labelled"),
        "hybrid": _("Uncertain and rare"),
    }


def filterTitles():
    """What the filters are called."""
    return {
        CaseFilter.ALL: _("All cases"),
        CaseFilter.UNLABELLED: _("Unlabelled"),
        CaseFilter.MINE: _("Submitted by me"),
        **{which: stateTitles()[state] for which, state in STATES.items()},
    }


class CasePanel:
    """The section "Case".

    Parameters
    ----------
    caseScene : CaseScene
        The open case.
    phases : Phases
        What is sent as a new case.
    session : Session
        The server.
    pictures : PictureCase
        The open case where it is one of ultrasound.

    Attributes
    ----------
    widget : qt.QWidget
        To be laid out.
    """

    def __init__(self, caseScene, phases, session, pictures):
        self._caseScene, self._phases, self._session = caseScene, phases, session
        self._pictures = pictures
        self._cases, self._job = [], None
        self.widget, layout = column()
        self._build(layout)
        session.connected.connect(self._onConnected)
        session.disconnected.connect(self._update)
        for signal in (caseScene.opened, caseScene.closed, caseScene.unsavedChanged, phases.changed):
            signal.connect(self._update)
        caseScene.closed.connect(self._forgetWhy)
        caseScene.restored.connect(self._onRestored)
        self._onRestored()

    def _build(self, layout):
        self.openLabel = wrappingLabel()
        self.closeButton = pushButton(_("Close"), _("Take this case out of the scene; all else stays."))
        layout.addLayout(row((self.openLabel, 1), (self.closeButton, 0)))

        strategies, strategy = strategyTitles(), self._session.settings.strategy
        self.strategyBox = comboBox(strategies.values(), _("How the server chooses the next case"))
        self.strategyBox.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.strategyBox.setMinimumContentsLength(10)  # two buttons stand beside it
        self.strategyBox.setCurrentIndex(list(strategies).index(strategy) if strategy in strategies else 0)
        self.nextButton = pushButton(_("Next sample"), _("Open the case that the server chooses."), "next")
        toolTip = _("Leave this case to others and open the next sample. You get it again after all others.")
        self.skipButton = pushButton(_("Skip"), toolTip, "skip")
        layout.addLayout(row((self.strategyBox, 1), (self.nextButton, 0), (self.skipButton, 0)))
        self.whyLabel, self._sayWhy = messageLabel()
        layout.addWidget(self.whyLabel)

        self.filterBox = comboBox(filterTitles().values())
        self.searchBox = ctk.ctkSearchBox()
        self.searchBox.placeholderText = _("Search")
        self.searchBox.toolTip = _("Words in a case's name")
        self.refreshButton = pushButton(_("Refresh"), _("Ask the server for its cases again."))
        layout.addLayout(row((self.filterBox, 0), (self.searchBox, 1), (self.refreshButton, 0)))
        self.table = CaseTable()
        layout.addWidget(self.table.widget)
        self.countLabel = qt.QLabel()
        self.openButton = pushButton(_("Open"), _("Load all images of the chosen case."))
        layout.addLayout(row((self.countLabel, 1), (self.openButton, 0)))

        self.newCase = NewCaseGroup(self._caseScene, self._phases, self._session, self._mayReplace)
        layout.addWidget(self.newCase.widget)
        self.messageLabel, self._say = messageLabel()
        layout.addWidget(self.messageLabel)
        self._forgetWhy()
        self._listen()

    def _listen(self):
        self.closeButton.clicked.connect(self._onClose)
        self.strategyBox.currentIndexChanged.connect(self._onStrategy)
        self.nextButton.clicked.connect(self.openNext)
        self.skipButton.clicked.connect(self.skip)
        self.filterBox.currentIndexChanged.connect(self._onFilter)
        self.searchBox.textChanged.connect(self._onSearch)
        self.refreshButton.clicked.connect(self.refresh)
        self.openButton.clicked.connect(self._onOpen)
        self.table.selectionChanged.connect(self._update)
        self.table.opened.connect(self.openCase)
        self.newCase.said.connect(self._say)
        self.newCase.uploaded.connect(self.refresh)

    def refresh(self):
        """Ask the server for its cases."""
        client = self._session.client
        if client is None:
            return
        job = self._session.run(_("Listing the cases"), listCases, client)
        job.done.connect(self._onCases)
        job.failed.connect(self._onFailed)

    def openNext(self):
        """Open the case that the server's strategy chooses: one of CT."""
        if self._cases and all(case.isUltrasound for case in self._cases):
            sentence = _("The server chooses among cases of CT, and has none. Choose one of ultrasound from the list.")
            self._sayWhy(sentence)
            return
        self._openNext(_("Opening the next case"))

    def skip(self):
        """Put the open case back for others, and open the one that the server's strategy chooses."""
        case = self._caseScene.case
        if isOnServer(self._caseScene, self._session):
            self._openNext(_("Skipping {case}").format(case=case), case)

    def _openNext(self, title, skipped=""):
        settings = self._session.settings
        self._load(title, loadNext, settings.strategy, settings.annotator, skipped)

    def openCase(self, case):
        """Open a case of the server.

        Parameters
        ----------
        case : str
            Its name.
        """
        self._load(_("Opening {case}").format(case=case), _loadChosen, case)

    def _load(self, title, function, *arguments):
        if not self._isFree or not self._mayReplace():  # the table's double click and keys come here at any time
            return
        isAgreed, client = self._caseScene.isUnsaved, self._session.client
        self._say("")
        self._job = self._session.run(title, function, client, *arguments)
        self._job.done.connect(lambda answer: self._onLoaded(*answer, client.address, isAgreed))
        self._job.failed.connect(self._onFailed)
        self._job.ended.connect(self._onEnded)
        self._update()

    @property
    def _isFree(self):
        """Whether the server can be asked for a case."""
        return self._session.isConnected and self._job is None

    def _mayReplace(self):
        """Ask before changes are lost; the user's own nodes are never touched."""
        return mayReplace(self._caseScene)

    def _onConnected(self, info):
        self._update()
        self.refresh()

    def _onRestored(self):
        titles = list(filterTitles())
        self.filterBox.setCurrentIndex(titles.index(self._caseScene.parameters.caseFilter))
        self.searchBox.text = self._caseScene.parameters.caseSearch
        self._showCases()

    def _onCases(self, cases):
        self._cases = cases
        self._showCases()

    def _onLoaded(self, loaded, said, server, isAgreed):
        if loaded is None:
            self._sayWhy(said)
        elif isAgreed or self._mayReplace():  # something may have been changed since the loading began
            if isinstance(loaded, LoadedPictures):
                self._pictures.open(loaded, server)
            else:
                self._caseScene.open(loaded.case, server, loaded.images, loaded.volumes, loaded.version)
            self._sayWhy(said)

    def _forgetWhy(self):
        self._sayWhy("")

    def _onFailed(self, error):
        self._say(str(error), "bad")

    def _onEnded(self):
        self._job = None
        self._update()

    def _onStrategy(self, index):
        self._session.settings.strategy = list(strategyTitles())[index]

    def _onFilter(self, index):
        self._caseScene.parameters.caseFilter = list(filterTitles())[index]
        self._showCases()

    def _onSearch(self, text):
        self._caseScene.parameters.caseSearch = text
        self._showCases()

    def _onOpen(self):
        self.openCase(self.table.selected)

    def _onClose(self):
        if self._mayReplace():
            self._caseScene.close()

    def _showCases(self):
        parameters = self._caseScene.parameters
        annotator = self._session.settings.annotator
        cases = matching(self._cases, parameters.caseFilter, parameters.caseSearch, annotator)
        shown = self.table.show(cases)
        sentence = _("{shown} of {all} cases") if shown == len(cases) else _("{shown} of {all} cases; search for more")
        self.countLabel.text = sentence.format(shown=shown, all=len(self._cases))
        self._update()

    def _update(self, *ignored):
        isFree = self._isFree
        for widget in (self.nextButton, self.refreshButton):
            widget.enabled = isFree
        isSample = isOnServer(self._caseScene, self._session) and not self._caseScene.isUltrasound
        self.skipButton.enabled = isFree and isSample
        self.openButton.enabled = isFree and bool(self.table.selected)
        self.closeButton.enabled = self._caseScene.isOpen and self._job is None
        self.openLabel.text = self._openText()

    def _openText(self):
        if not self._caseScene.case:
            return _("No case is open.")
        count = len(self._pictures.pictures)
        if count:
            parts = [_("1 ultrasound image") if count == 1 else _("{count} ultrasound images").format(count=count)]
        else:
            count = len(self._caseScene.images)
            parts = [_("1 volume") if count == 1 else _("{count} volumes").format(count=count)]
        if totalSize(self._caseScene.images):
            parts.append(sizeText(totalSize(self._caseScene.images)))
        if self._caseScene.isUnsaved:
            parts.append(_("not submitted"))
        return _("Open: {case} ({parts})").format(case=self._caseScene.case, parts=", ".join(parts))


def _loadChosen(task, client, case):
    """As `loadNext`, for a case that the user has chosen."""
    return loadCase(task, client, case), ""
