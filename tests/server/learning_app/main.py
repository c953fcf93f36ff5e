"""A LiverCAD app with the real lesion network and its real training, for cases in which the liver is all there is."""

import numpy as np
from monailabel.interfaces.app import MONAILabelApp

import livercad.server.app as livercad_app
from fakes import FakeLiverFinder, full_analyzer
from liver_pieces import AIR_HU
from livercad.progress import silent
from livercad.segmentation.lesions import LesionPredictor


class WholeLiverFinder(FakeLiverFinder):
    """All that is not air."""

    def __call__(self, ct, progress=silent):
        return ct.like((ct.array > AIR_HU).astype(np.uint8))


class LearningApp(livercad_app.LiverCADApp, MONAILabelApp):  # MONAI Label looks for its own class among the bases
    recipes = "server.small_recipes:RECIPES"

    def make_analyzer(self):
        analyzer = full_analyzer(self.options.settings)
        analyzer.find_liver, analyzer.find_lesions = WholeLiverFinder(), LesionPredictor(self.options.settings)
        return analyzer
