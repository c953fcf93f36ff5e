"""What the paper leaves open and no setting changes: each decision with its reason, shown on the results page.

What can be chosen is in `settings`.
"""

from __future__ import annotations

from livercad.papers.choices import FixedChoice
from livercad.phantom.excerpts import SHIFT_SD_MM

FIXED_CHOICES = (
    FixedChoice(
        "594 × 644",
        "read as width × height",
        "Sizes of pictures are told in this order. The central 500 × 500 shows the same either way.",
    ),
    FixedChoice(
        "Table position between two slices",
        "interpolated",
        "The table positions are then as far apart in every lesion as the setting says, whatever the slices' distance.",
    ),
    FixedChoice(
        "When noise is added",
        "after scaling to 70 × 70, to each phase by itself",
        "Scaling by the nearest pixel keeps noise as it is, so that before or after is the same; other filters would "
        "smooth most of it away.",
    ),
    FixedChoice(
        "Loss and first weights",
        "cross-entropy; normal after He 2015, for rectified linear units",
        "The common choice of both for a network of this kind; Appendix E3 is not available.",
    ),
    FixedChoice(
        "Precision of a training",
        "bfloat16 in the network's layers where the processor has it, else 32 bits; weights and loss always in 32",
        "Faster on such a processor. Trainings on different processors are therefore not the same to the last digit.",
    ),
    FixedChoice(
        "Phases of one patient",
        "lie nearly over each other: shifted at random by {:g}, {:g} and {:g} mm (SD) along R, A and S".format(
            *SHIFT_SD_MM
        ),
        "As much as registration leaves of the breathing: the server's task yasaka2018 is given registered images. The "
        "paper tells of no registration; its lesions were captured in a viewer, phase by phase.",
        of_phantoms=True,
    ),
    FixedChoice(
        "Phases of one patient",
        "taken as they lie in the scanner's coordinates, or laid over each other at the places in labels.csv",
        "The paper tells of no registration; its lesions were captured in a viewer, phase by phase, which a place for "
        "each phase stands for.",
        of_phantoms=False,
    ),
    FixedChoice(
        "Combined carcinomas (12 of category B)",
        "cholangiocarcinoma",
        "Phantoms have no mixed type, and the paper puts these in category B, where hepatocellular carcinoma does not "
        "belong.",
        of_phantoms=True,
    ),
    FixedChoice(
        "“Other” of category B (5 in training, 2 in the test)",
        "metastasis",
        "The paper does not name them; most of category B are metastases.",
        of_phantoms=True,
    ),
    FixedChoice(
        "“Other” of category C (12 in training, by histopathologic evaluation)",
        "focal nodular hyperplasia",
        "The paper does not name them; of the rare benign masses that category C includes it is the commonest.",
        of_phantoms=True,
    ),
    FixedChoice(
        "Lesions of one training patient",
        "all of one type",
        "The paper does not tell which occur together. So no lesion's surroundings tell of another type.",
        of_phantoms=True,
    ),
)
