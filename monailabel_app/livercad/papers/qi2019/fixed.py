"""What the paper leaves open and no setting changes: each decision with its reason, shown on the results page.

What can be chosen is in `settings`.
"""

from __future__ import annotations

from livercad.papers.choices import FixedChoice

FIXED_CHOICES = (
    FixedChoice(
        "Layers",
        "those of Inception-ResNet-v2 and Inception-v3 as published, 5 × 5 convolutions where the tables have them",
        "Where the tables contradict themselves, their output sizes count: Table 1 pads the 1 × 7 convolutions of "
        "block (17) by (1,2), Table 2 has 3 × 3/0(2) in block (3d). Section 3.1 replaces 5 × 5 convolutions by two of "
        "3 × 3, the tables have both.",
    ),
    FixedChoice(
        "Maps as input",
        "each map from its least to its greatest value on [0, 1], enlarged bilinearly to the images’ size, in three "
        "equal channels; images are on [−1, 1]",
        "“Normalized and resized to match the size of input image” (section 3.2); the paper tells no more.",
    ),
    FixedChoice(
        "The two pathways",
        "their first random weights differ",
        "The paper does not tell. With first weights from a file both begin with the same.",
    ),
    FixedChoice(
        "Dropout and L2",
        "dropout after the last pooling; L2 on all parameters, those of normalisation too",
        "Table 1 has dropout there, though section 3.4 says “the last convolutional layers”; of L2 the paper tells no "
        "exception.",
    ),
    FixedChoice(
        "Maps of zeros",
        "normalised by themselves, in training and in prediction, and no part of the running averages",
        "The paper does not tell. Averaged with real maps, they make prediction without a map another function than "
        "the one that has learnt.",
    ),
    FixedChoice(
        "What BASIC sees",
        "the image stretched to a square, its shape not kept",
        "“The most frequently used image preprocessing method” (section 3.3), against which multi-input prediction is "
        "measured; the paper does not say it of its basic networks.",
    ),
    FixedChoice(
        "BASIC and MIP",
        "one pathway, each network trained by itself",
        "“Region enhance mechanism and multi-input prediction are not employed” (section 5.2.1), and the former not in "
        "MIP.",
    ),
    FixedChoice(
        "Where REM begins",
        "from the same kind of first weights and for as many epochs as BASIC and MIP",
        "Else it would be compared with networks that have learnt less. The paper does not tell.",
    ),
    FixedChoice(
        "Which epoch counts",
        "the highest F-β of validation; of cross training, the highest mean of both networks’ F-β; of equals, the "
        "lowest cross-entropy",
        "“The model which achieves the highest F-β score on the validation set” (section 5.1). Both networks of cross "
        "training are asked together, so that they are of one epoch.",
    ),
    FixedChoice(
        "What is called positive",
        "a probability of one half or more",
        "The likelier of two classes (softmax); the paper tells no other threshold.",
    ),
    FixedChoice(
        "Networks that look for each other",
        "while one learns, the other’s map is made as in prediction: without dropout, with running averages in "
        "normalisation",
        "It shall learn with what it will be shown. The paper does not tell.",
    ),
    FixedChoice(
        "REM in prediction",
        "Mt-Net without a map, Sn-Net with Mt-Net’s, Mt-Net with Sn-Net’s (Algorithm 1, lines 10 to 14); each square "
        "has maps of its own, probabilities are averaged over the squares",
        "Figures 1 and 4. Switched off, both networks see zeros instead of maps; Sn-Net has never learnt so.",
    ),
    FixedChoice(
        "Input",
        "grey in three channels, x / 127.5 − 1",
        "What published weights of Inception networks expect. The paper does not tell.",
    ),
    FixedChoice(
        "Augmentation",
        "none, but for the random square of multi-input prediction",
        "The paper tells of no other.",
    ),
    FixedChoice(
        "Han et al.",
        "GoogLeNet without auxiliary classifiers on the whole image, stretched; trained as BASIC is",
        "Section 5.2.4; the paper tells no more of its training. It is torchvision’s: with batch normalisation, and "
        "with 3 × 3 convolutions where the published GoogLeNet has 5 × 5.",
    ),
    FixedChoice(
        "Cheng et al.",
        "a patch around the largest marked lesion, the image’s middle where none is marked; sigmoid units; each layer "
        "learns to give back what came into it (cross-entropy), then all of them and the classes together; the three "
        "further values, standardised, go to the classes",
        "Section 5.2.4. It alone is told where the lesion is; of mass or not, where normal images have none, its place "
        "therefore tells part of the answer. The paper chooses its parameters by ten experiments; "
        "here they are settings.",
    ),
    FixedChoice(
        "Copies",
        "images that show the same (perceptual hash) and images of one patient are one group; the split by patient "
        "and all intervals take groups whole",
        "The paper divides images. Its 8145 are of 2047 patients.",
    ),
    FixedChoice(
        "Precision",
        "bfloat16 in the convolutions where the processor has it, else 32 bits; weights and loss always in 32",
        "Faster on such a processor; trainings on different processors are therefore not the same to the last digit.",
    ),
    FixedChoice(
        "Phantoms",
        "of the liver: carcinomas and metastases are malignant; cysts are not solid",
        "We have no phantoms of the breast. Every one of these images has a lesion, so that solid is what is no cyst, "
        "as in the paper.",
        of_phantoms=True,
    ),
    FixedChoice(
        "Classes of one’s own images",
        "malignant, hcc, metastasis, cholangiocarcinoma are malignant; where some are merely benign, Sn-Net learns "
        "mass or not against normal, else solid or not",
        "Collections such as BUSI do not tell cysts from other benign masses.",
        of_phantoms=False,
    ),
)
