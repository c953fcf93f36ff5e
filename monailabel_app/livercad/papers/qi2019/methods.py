"""What the paper compares, and what it asks of an image."""

from __future__ import annotations

from enum import StrEnum


class Question(StrEnum):
    """What is asked of an image; the yes is the positive class (section 5.1)."""

    MALIGNANT = "malignant"
    """Asked of Mt-Net."""
    SOLID = "solid"
    """Asked of Sn-Net: a solid nodule, or any mass; see `livercad.papers.qi2019.answers`."""


class Method(StrEnum):
    """Rows of Tables 4 to 7, and what this repetition adds."""

    BASIC = "BASIC"
    """The networks alone, on images that are stretched to squares (section 5.2.1)."""
    MIP = "MIP"
    """With multi-input prediction: the shape is kept, squares are cut out (section 5.2.2)."""
    REM = "REM"
    """With the region enhancement mechanism besides, by cross training (section 5.2.3)."""
    REM_OFF = "REM off"
    """The same networks, region enhancement switched off at prediction (section 3.4)."""
    HAN = "Han"
    """GoogLeNet (section 5.2.4)."""
    CHENG = "Cheng"
    """Stacked denoising autoencoder (section 5.2.4)."""

    def name_for(self, question: Question) -> str:
        """As Tables 4 to 7 name it."""
        if self in (Method.HAN, Method.CHENG):
            return f"{self} et al."
        net = "Mt-Net" if question is Question.MALIGNANT else "Sn-Net"
        return f"{net}({Method.REM}), switched off" if self is Method.REM_OFF else f"{net}({self})"


TRAINED = (Method.BASIC, Method.MIP, Method.REM, Method.HAN, Method.CHENG)
"""Those that have trainings of their own."""
