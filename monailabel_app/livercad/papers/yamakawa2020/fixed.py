"""What the paper leaves open and no setting changes: each decision with its reason, shown on the results page.

What can be chosen is in `settings`.
"""

from __future__ import annotations

from livercad.papers.choices import FixedChoice

FIXED_CHOICES = (
    FixedChoice(
        "Layers",
        "blocks of 3 × 3 convolutions, batch normalisation and ReLU, a 2 × 2 max pooling after each, dropout if set; "
        "fully connected layers, each after dropout, all but the last with ReLU and, if set, batch normalisation; "
        "softmax",
        "Section 2.5 names these layers; their order and numbers stand in Figure 3, which the copy of the paper that "
        "we have lacks. The numbers, and where dropout and normalisation are, can be set.",
    ),
    FixedChoice(
        "Epochs 20, 25 and 30",
        "every start is looked at after each of them, and the best by validation is taken",
        "The paper has 150 runs “by randomly initializing the weight of the filter and changing the number of epochs”: "
        "whether 50 starts three times or 150 once is not told. With a constant learning rate, a training of 20 epochs "
        "is the beginning of one of 30.",
    ),
    FixedChoice(
        "First weights",
        "PyTorch’s defaults, the same for every D/L in the same fold",
        "Not told. So D/L are compared on trainings that begin alike.",
    ),
    FixedChoice(
        "Validation group",
        "the one after the test group",
        "“another group as the validation data”: which is not told.",
    ),
    FixedChoice(
        "Who stays together",
        "images of a case, of a patient, and near-duplicates of either, in one group",
        "The paper divides cases. Copies of one image in two cases would tell the test to the training.",
    ),
    FixedChoice(
        "Turned regions",
        "the whole image is turned about the tumour’s middle, then cut; what lies outside the image is black",
        "Section 2.4: “we cropped the original image which was rotated around the center of the tumor”.",
    ),
    FixedChoice(
        "Resizing",
        "linear, with the neighbourhood averaged where the region is larger than the network’s image",
        "Not told; without averaging, speckle would be aliased at small D/L.",
    ),
    FixedChoice(
        "Grey values",
        "divided by 127.5, less 1",
        "Not told.",
    ),
    FixedChoice(
        "Precision",
        "bfloat16 in the network’s layers where the processor has it, else 32 bits; weights and loss always in 32",
        "Faster on such a processor; trainings on different processors are therefore not the same to the last digit.",
    ),
    FixedChoice(
        "Tumour off the middle",
        "the region’s middle lies below the tumour’s, networks are trained and tested with it",
        "Section 3.2 names the posterior echo as what could be seen more of.",
    ),
    FixedChoice(
        "Multi-scale",
        "the mean of several networks’ probabilities, image by image; and one network whose convolutions "
        "look at a region per scale, each by itself, and whose fully connected layers see all",
        "Section 3.2 names both ways and tells no more. Regions as channels were worse: a pixel shows another place in "
        "each.",
    ),
    FixedChoice(
        "Intervals",
        "95 % percentile bootstrap over patients (with their copies), of the answers of one division into folds",
        "The paper has none. They do not hold the chance of trainings and of the division, and are not widened for the "
        "number of comparisons.",
    ),
    FixedChoice(
        "How hard the phantoms are",
        "made so that what surrounds a tumour helps, but not by itself",
        "Their first version had its best D/L at .2 and .6 alike; cirrhosis is since seen less surely, and carcinomas "
        "are no longer told by brightness. That there is a best in the middle is therefore no finding.",
        of_phantoms=True,
    ),
    FixedChoice(
        "Annotation",
        "the smallest circle around each phantom’s mask",
        "The paper’s circle touches the tumour, set by hand.",
        of_phantoms=True,
    ),
)
