"""What the paper leaves open and no setting changes: each decision with its reason, shown on the results page.

What can be chosen is in `settings`.
"""

from __future__ import annotations

from livercad.papers.choices import FixedChoice

FIXED_CHOICES = (
    FixedChoice(
        "How the location channel becomes a box",
        "lesion or not in every cell (softmax, cross-entropy), scaled up to the image; a box around each connected "
        "area above the threshold",
        "The paper trains with cross-entropy only and measures the location by Dice, VOE and RVD “with similar "
        "parameters as those used in the first CNN model”: areas, not corners. Its boxes stand around them.",
    ),
    FixedChoice(
        "What a box is called",
        "the four logits averaged over its area, then softmax; the largest is the class, its probability stands above",
        "Equation 3 has one probability an observation. In training the average is taken over the marked lesions of a "
        "class in an image, so that large lesions do not count more than small ones.",
    ),
    FixedChoice(
        "What an image is called",
        "the same over all areas found in it together; without any, nothing, which counts as wrong",
        "The paper tells one accuracy and not of what; all lesions of one of its patients are of one disease.",
    ),
    FixedChoice(
        "Loss of the second network",
        "the sum of both channels’ cross-entropies",
        "One cross-entropy is told, two channels are trained at once.",
    ),
    FixedChoice(
        "Sensitivity and specificity of four classes",
        "of each class against the other three, then averaged over the classes",
        "The paper prints one number of each; equations 7 to 9 are for two classes.",
    ),
    FixedChoice(
        "Equations 4 to 9",
        "Dice = 2TP/(2TP+FP+FN), VOE = 1 − TP/(TP+FP+FN), RVD = (FN−FP)/(TP+FN), accuracy = (TP+TN)/all, "
        "sensitivity = TP/(TP+FN), specificity = TN/(TN+FP)",
        "They are lost in the copy of the paper that we have: these are the standard ones, RVD with the sign that its "
        "“Discussion” tells (negative where the segmented area is the larger one), which is not that of LiTS and of "
        "`livercad evaluate`. Averages are over images; pixels pooled over all images stand beside them.",
    ),
    FixedChoice(
        "Histogram equalisation",
        "of all pixels of an image above the lower limit, scikit-image’s equalize_hist, then 256 grey values",
        "The paper tells its purpose only, and that images are “converted in greyscale”. With air and fat around the "
        "patient, two thirds of an image, two thirds of the grey values would be for nothing.",
    ),
    FixedChoice(
        "What the second network sees",
        "the image inside the perimeter that the first network of the same split has predicted, black around it, cut "
        "out and scaled to the network’s size",
        "“These segmented livers were used as inputs”; cutting out is ours, so that few pixels show much.",
    ),
    FixedChoice(
        "Test set",
        "30 % of the images, and 30 % of the patients beside it",
        "The paper tells of two: “another 50 patients … for the testing dataset” in “Material and methods”, a random "
        "70 % and 30 % of the dataset in “Results”. Its numbers are those of the latter, or of the training set.",
    ),
    FixedChoice(
        "Augmentation",
        "none",
        "“Data augmentation was not performed.”",
    ),
    FixedChoice(
        "First weights and precision",
        "PyTorch’s defaults; bfloat16 in the networks’ layers where the processor has it, else 32 bits; weights and "
        "loss always in 32",
        "The paper does not tell them. Faster on such a processor; trainings on different processors are therefore "
        "not the same to the last digit.",
    ),
    FixedChoice(
        "Patients’ lesions",
        "all of one type, as many and as large as phantoms of that type have, each below 40 % of the liver’s area in "
        "an image",
        "The paper’s patients belong to one class each; numbers and sizes of lesions are not told.",
        of_phantoms=True,
    ),
    FixedChoice(
        "Phases of one patient",
        "arterial and portal, in one breath-hold, with slices 5 mm apart",
        "Each image is of one phase, so that nothing is laid over anything. Slices of 0.625 mm would be eight times as "
        "many, all alike.",
        of_phantoms=True,
    ),
    FixedChoice(
        "Phases of one patient",
        "masks are laid over each phase by the scanner’s coordinates",
        "The paper marked every image by itself; a mask drawn in another phase is off by the breath between the two.",
        of_phantoms=False,
    ),
)
