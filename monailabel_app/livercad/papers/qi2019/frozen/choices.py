"""What differs from the paper, and what it leaves open: shown on the page."""

from __future__ import annotations

from livercad.papers.choices import FixedChoice

CHOICES = (
    FixedChoice(
        "Network",
        "ResNet50 of ImageNet, frozen, the same for both questions",
        "The paper trains Inception-ResNet-v2 and Inception-v3 further, both ways at once. Here nothing below the "
        "answers learns, so that a GPU is not needed.",
    ),
    FixedChoice(
        "Answers",
        "logistic regression on the means of the maps of the last three stages, standardised",
        "As “livercad train ultrasound” has it; penalty and temperature by held-out patients within those that are "
        "learnt from. The paper’s answers are linear in the means of the last maps.",
    ),
    FixedChoice(
        "Squares",
        "224 pixels; in training all five of an image at once",
        "What ResNet50 was trained on; 299, and a random one, in the paper. As answers are linear, the mean of their "
        "logits over the squares is that of the mean features: this is what learns and answers. The paper averages "
        "probabilities.",
    ),
    FixedChoice(
        "Where the pathways meet",
        "after the third of the four stages, λ = 1",
        "There a place of the maps is 16 pixels, as in the paper’s networks. The paper does not tell λ. The pathway of "
        "the map has the same frozen weights and sees it as a grey image.",
    ),
    FixedChoice(
        "Size of the map",
        "its pathway sees it at half the size, and its maps are doubled",
        "A quarter of the time. A map has one value for 32 pixels.",
    ),
    FixedChoice(
        "Class activation maps",
        "equation 3 over the maps of all three stages, in the resolution of the last one",
        "All that answers are linear in. Of each square’s own more probable class, scaled to [0, 1].",
    ),
    FixedChoice(
        "Cross training",
        "one round: Mt-Net without a map; Sn-Net with Mt-Net’s; Mt-Net from each image with Sn-Net’s map and without",
        "Algorithm 1 goes on by turns, with steps; linear answers are learnt to the end at once. Sn-Net is shown "
        "the map of Mt-Net’s first answers. With an empty map the second pathway sees black.",
    ),
    FixedChoice(
        "Maps of training images",
        "from answers that have learnt from these very images",
        "As in the paper. They are surer than those of the tested images.",
    ),
    FixedChoice(
        "Division",
        "five folds over groups of patients, one for all questions",
        "The paper divides images once, 4/6 : 1/6 : 1/6. Both questions need the same folds: a map that is shown to "
        "one must not have learnt from a patient whom the other one is tested on.",
    ),
    FixedChoice(
        "What is called positive",
        "a probability of one half or more",
        "The likelier of two classes.",
    ),
)
