"""A LiverCAD app whose lesions are classified by the network in use; all else needs no weights."""

from monailabel.interfaces.app import MONAILabelApp

import livercad.server.app as livercad_app
from fakes import full_analyzer
from livercad.classification.classifier import LesionClassifier


class ChampionApp(livercad_app.LiverCADApp, MONAILabelApp):  # MONAI Label looks for its own class among the bases
    def make_analyzer(self):
        analyzer = full_analyzer(self.options.settings)
        analyzer.classify = LesionClassifier(self.options.settings)
        return analyzer
