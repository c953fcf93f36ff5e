"""The open ultrasound case: its 2-D images, the circles on them, which is shown and which lesion is selected."""

import json

import slicer

from LiverCADLib.pictures import Picture
from LiverCADLib.scene.caseScene import IMAGE
from LiverCADLib.scene.pictureNodes import addPicture, pixelsOf
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class PictureCase:
    """What is marked on the images of the open case; kept in the parameter node.

    Parameters
    ----------
    scene : CaseScene
        The open case, whose nodes, name, server and changes are kept there as of any other.

    Attributes
    ----------
    opened : Signal
        No arguments; other images are in the scene, or those of a scene that was loaded.
    closed : Signal
        No arguments; the open case is none of 2-D images, or none is open.
    shownChanged : Signal
        No arguments; another image is shown.
    changed : Signal
        No arguments; marks or the selection are others, also because another image is shown.
    replaced : Signal
        No arguments; the marks are those that were kept: what was changed before cannot be taken back.
    """

    def __init__(self, scene):
        self.scene = scene
        self.opened, self.closed, self.shownChanged, self.changed = Signal(), Signal(), Signal(), Signal()
        self.replaced = Signal()
        self.pictures, self.selection, self._pixels = (), None, {}
        scene.closed.connect(self._read)
        scene.restored.connect(self._read)

    @property
    def isOpen(self):
        """Whether the open case is an ultrasound case."""
        return bool(self.pictures)

    @property
    def shown(self):
        """The Picture that is shown; None without one."""
        return self.picture(self.scene.parameters.picture)

    @property
    def leftOut(self):
        """Which images of the case could not be opened, and why: sentences, as a list."""
        return json.loads(self.scene.parameters.picturesLeftOut or "[]")

    @property
    def node(self):
        """Volume node of the image that is shown; None without one."""
        return self.scene.volumeOfImage(self.shown.name) if self.shown else None

    @property
    def selected(self):
        """The selected Mark; None without one."""
        return self.shown.mark(self.selection) if self.shown else None

    def picture(self, name):
        """The Picture of a name; None where there is none."""
        return next((picture for picture in self.pictures if picture.name == name), None)

    def pixels(self, name):
        """Brightness of an image, uint8, shape (rows, columns); None where it is no longer in the scene."""
        node = self.scene.volumeOfImage(name)
        if node is None or node.GetImageData() is None:
            return None
        kept = self._pixels.get(name)
        if kept is None or kept[0] is not node:
            kept = self._pixels[name] = node, pixelsOf(node)
        return kept[1]

    def open(self, loaded, server):
        """Put an ultrasound case into the scene, in the place of the case that is open.

        Parameters
        ----------
        loaded : LoadedPictures
            From the server.
        server : str
            Its address.
        """
        self.scene.close()
        with slicer.util.NodeModify(self.scene.parameters.parameterNode):
            self.scene.start(loaded.case, server, (), 0)
            for picture in loaded.pictures:
                node = addPicture(loaded.pixels[picture.name], picture.spacingMm, f"{loaded.case} {picture.name}")
                self.scene.own(node)
                node.SetAttribute(IMAGE, picture.name)
            self.scene.parameters.picturesLeftOut = json.dumps(loaded.leftOut)
            self._keep(loaded.pictures)
        self._begin()

    def adopt(self, node):
        """Take an image of the scene for a case, which no server has; it stays when that is closed.

        Parameters
        ----------
        node : vtkMRMLScalarVolumeNode
            Of one slice (`pictureNodes.whyNoPicture`). Pixels of 1 × 1 mm count as of unknown size: Slicer gives it
            to picture files, which tell none.
        """
        across, down, _thickness = node.GetSpacing()
        columns, rows, _one = node.GetImageData().GetDimensions()
        name, spacing = node.GetName(), None if across == down == 1.0 else (down, across)
        self.scene.close()
        with slicer.util.NodeModify(self.scene.parameters.parameterNode):
            self.scene.start(name, "", (), 0)
            self.scene.take(node, name)
            self._keep((Picture(name, rows, columns, spacing),))
        self._begin()

    def show(self, name):
        """Show another image; its first lesion is selected."""
        if name == self.scene.parameters.picture or self.picture(name) is None:
            return
        self.scene.parameters.picture = name
        self._selectFirst()
        self.shownChanged.emit()
        self.changed.emit()

    def showNext(self, step=1):
        """Show the next image, after the last one the first; -1 for the one before."""
        names = [picture.name for picture in self.pictures]
        if names:
            self.show(names[(names.index(self.shown.name) + step) % len(names)])

    def select(self, number):
        """Select a lesion of the image that is shown, or none."""
        if number != self.selection:
            self.selection = number
            self.changed.emit()

    def selectNext(self, step=1):
        """Select the next lesion of the image; after the last one the first."""
        numbers = [mark.number for mark in self.shown.marks] if self.shown else []
        if numbers:
            at = numbers.index(self.selection) if self.selection in numbers else -min(step, 0)
            self.select(numbers[(at + step) % len(numbers)])

    def edit(self, picture, selection):
        """Put an image with other marks, or another class, in the place of the one of its name.

        Parameters
        ----------
        picture : Picture
            An image of the case.
        selection : int or None
            The lesion that is selected from now on, of the image that is shown.
        """
        self.selection = selection
        self._keep(tuple(picture if each.name == picture.name else each for each in self.pictures))
        self.scene.markUnsaved()
        self.changed.emit()

    def setNote(self, text):
        """Keep the annotator's words on the case."""
        if text != self.scene.parameters.pictureNote:
            self.scene.parameters.pictureNote = text
            self.scene.markUnsaved()

    def settle(self, sent):
        """Note that the server has images as they were when they were sent.

        Parameters
        ----------
        sent : sequence of (Picture, int)
            As they were, and their versions on the server.
        """
        taken = {picture.name: (picture, version) for picture, version in sent}
        self._keep(tuple(each.settled(*taken[each.name]) if each.name in taken else each for each in self.pictures))
        self.changed.emit()

    def whyNot(self, picture):
        """Why what was marked on an image cannot be put back, as part of a sentence; empty where it can.

        Parameters
        ----------
        picture : Picture
            As it was when it was marked.
        """
        now = self.picture(picture.name)
        if now is None and self.leftOut:
            return _("it cannot be read, or is no longer in the case")
        if now is None:
            return _("it is no longer in the case")
        if (now.rows, now.columns) == (picture.rows, picture.columns):
            return ""
        drawn, has = (f"{each.columns} × {each.rows}" for each in (picture, now))
        return _("it has {has} pixels, and {drawn} when they were drawn").format(has=has, drawn=drawn)

    def restore(self, pictures, note):
        """Put back what was marked and not submitted.

        Parameters
        ----------
        pictures : sequence of Picture
            Images that were changed; of none is there a reason why not (`whyNot`).
        note : str
            The annotator's words.
        """
        self.scene.parameters.pictureNote = note
        self._put(pictures, True)

    def replace(self, pictures):
        """Put images as the server has them by now in the place of those of their names, as of `restore`."""
        taken = {picture.name for picture in pictures}
        self._put(pictures, any(each.isChanged for each in self.pictures if each.name not in taken))

    def refresh(self):
        """Tell that what is shown of the marks is something else."""
        self.changed.emit()

    def _keep(self, pictures):
        self.pictures = tuple(pictures)
        self.scene.parameters.pictures = json.dumps([picture.toPlain() for picture in self.pictures])

    def _put(self, pictures, isUnsaved):
        put = {picture.name: picture for picture in pictures}
        self._keep(put.get(each.name, each) for each in self.pictures)
        self._selectFirst()
        self.scene.markUnsaved(isUnsaved)
        self.replaced.emit()
        self.changed.emit()

    def _begin(self):
        self.scene.parameters.picture = self.pictures[0].name if self.pictures else ""
        self._pixels.clear()
        self._selectFirst()
        self.scene.opened.emit()
        self.opened.emit()
        self.changed.emit()

    def _read(self):
        """Go on with what the parameter node says."""
        text = self.scene.parameters.pictures
        self.pictures = tuple(Picture.fromPlain(plain) for plain in json.loads(text)) if text else ()
        self._pixels.clear()
        self._selectFirst()
        (self.opened if self.isOpen else self.closed).emit()
        self.changed.emit()

    def _selectFirst(self):
        self.selection = self.shown.firstNumber if self.shown else None
