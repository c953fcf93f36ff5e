"""What was chosen where the paper is silent or says two things, and is no setting."""

from __future__ import annotations

from livercad.papers.choices import FixedChoice

FIXED_CHOICES = (
    FixedChoice(
        "Coordinates of the mean squared error",
        "x_min, y_min, x_max, y_max as shares of the image's sides",
        "Figure 3's errors (0.00077 to 0.067) can be nothing else; no other network output is told of.",
    ),
    FixedChoice(
        "Which lesion the one box is to find",
        "the largest that is annotated in the slice",
        "The networks of sections 4.1 and 4.2 answer with one box; the labels “identify the main lesion” (section 6).",
    ),
    FixedChoice(
        "Activation of the last layer",
        "none",
        "“The Relu function was used for all Activation layers”; the dense layer of Figure 2 is none.",
    ),
    FixedChoice(
        "First values of the dense layer",
        "small, with a bias of 0.5",
        "Training begins with a box in the middle instead of searching the image first.",
    ),
    FixedChoice(
        "Hits of Faster R-CNN",
        "IoU of at least 0.1, as for the other networks; 0.5 beside it",
        "Section 5.2 does not tell. Yan et al. use 0.5.",
    ),
    FixedChoice(
        "False-positive rate of 67 %",
        "share of the predictions that hit no lesion; a second box on a lesion is neither hit nor false",
        "“meaning 2/3 of predictions made were false positives”, section 5.2.",
    ),
    FixedChoice(
        "Head of Faster R-CNN",
        "two dense layers on the pooled features, then a classifier and a regressor",
        "Section 4.3 names the classifier and the regressor only; torchvision's head.",
    ),
    FixedChoice(
        "Alternating or joint training",
        "region proposals and heads at the same time",
        "“at the same time, the latter being faster”, section 4.3.",
    ),
    FixedChoice(
        "Numbers of images",
        "1989/179/203 in section 3, 1660/329/203 in section 5.2: read as the 1989 divided once more for Faster R-CNN",
        "1660 + 329 = 1989. One split is used for all networks here.",
    ),
    FixedChoice(
        "Augmentation", "none", "The paper tells of none; its networks know their training images nearly by heart."
    ),
    FixedChoice(
        "Weights that are kept", "those of the last epoch", "“After 150 epochs the validation losses ... converged”."
    ),
    FixedChoice(
        "Neighbour slices",
        "the slices next to the key slice, however thick; where one is missing, the key slice again",
        "“its two adjacent slices”, section 1; missing ones are not told of.",
    ),
    FixedChoice(
        "DeepLesion's coordinates",
        "counted from 1 at the middle of the first pixel",
        "As the data set's authors read their own table.",
    ),
    FixedChoice(
        "Phantoms' marks",
        "every lesion on the slice where it is largest; boxes 5 pixels (of 512) wider on each side than both diameters",
        "As DeepLesion's boxes were made.",
        of_phantoms=True,
    ),
    FixedChoice("Phantoms' phase", "portal", "The commonest of DeepLesion's liver scans.", True),
)
