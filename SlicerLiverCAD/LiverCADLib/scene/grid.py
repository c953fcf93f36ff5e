"""The grid that masks lie on, in the scene and on the server; plain data, for worker threads as well."""

from dataclasses import dataclass

import numpy as np
import slicer
import vtk

from livercad.core.volume import Volume, grid_difference
from LiverCADLib.imageFiles import reversedSlices
from LiverCADLib.scene.volumes import REVERSED
from LiverCADLib.translation import _


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxels of the reference image.

    Parameters
    ----------
    shape : tuple of int
        Voxels along I, J, K.
    affine : ndarray, shape (4, 4)
        IJK to RAS mm, in the scene.
    isReversed : bool
        Whether the server has the slices (K) in the reverse order, see `volumes`.
    """

    shape: tuple[int, int, int]
    affine: np.ndarray
    isReversed: bool = False

    @classmethod
    def of(cls, node):
        """The grid of a volume node."""
        matrix = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        shape = tuple(node.GetImageData().GetDimensions())
        return cls(shape, slicer.util.arrayFromVTKMatrix(matrix), bool(node.GetAttribute(REVERSED)))

    def isSame(self, other):
        """Whether masks of another grid lie on this one as they are, in the scene."""
        return not grid_difference(self._empty(), other._empty())

    def toServer(self, array):
        """Put an array of the scene, shape (I, J, K), on the server's grid, as a Volume."""
        volume = Volume(array, self.affine)
        return reversedSlices(volume) if self.isReversed else volume

    def toScene(self, volume):
        """Give a Volume the order of the scene.

        Returns
        -------
        ndarray, shape (I, J, K)
            Shares the volume's voxels.

        Raises
        ------
        ValueError
            With a sentence for the user, if it lies on another grid.
        """
        mine = self._empty()
        for candidate in (volume, reversedSlices(volume)):
            if not grid_difference(candidate, mine):
                return candidate.array
        sentence = _("The map lies on another grid than the case's reference image: {difference}.")
        raise ValueError(sentence.format(difference=grid_difference(volume, mine)))

    def _empty(self):
        return Volume(np.broadcast_to(np.uint8(0), self.shape), self.affine)
