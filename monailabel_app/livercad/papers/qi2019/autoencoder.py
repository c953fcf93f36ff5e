"""The stacked denoising autoencoder of Cheng et al. (section 5.2.4): trained layer by layer, then to tell classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from livercad.networks.denoising_autoencoder import DenoisingAutoencoder
from livercad.papers.qi2019.cross_training import descend
from livercad.papers.qi2019.jobs import Probabilities, Rows
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.settings import ChengSettings
from livercad.papers.qi2019.views import Answers, answer_tensor, averaged


@dataclass(frozen=True)
class Autoencoder:
    """An autoencoder that answers one question.

    Parameters
    ----------
    network : DenoisingAutoencoder
        Already trained layer by layer.
    question : Question
        Which.
    values, numbers : Tensor, shape (images, inputs) and (images, 3)
        Of all rows.
    answers : sequence of int
        Of all rows.
    optimizer : Optimizer
        Of its weights.
    """

    network: DenoisingAutoencoder
    question: Question
    values: Tensor
    numbers: Tensor
    answers: Sequence[int]
    optimizer: Optimizer

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The network."""
        return {"network": self.network}

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """Its own."""
        return {"network": self.optimizer}

    def step(self, rows: Rows, rng: np.random.Generator) -> dict[Question, float]:
        """Update once."""
        self.network.train()
        logits = self.network(self.values[rows], self.numbers[rows])
        return {self.question: descend(self.optimizer, logits, answer_tensor(self.answers, rows, logits.device))}

    def ask(self, rows: Rows, method: Method) -> dict[Question, Probabilities]:
        """Of one patch an image."""
        self.network.eval()
        with torch.inference_mode():
            return {self.question: averaged(self.network(self.values[rows], self.numbers[rows]), 1)}


def make_autoencoder(
    question: Question,
    patches: Sequence[np.ndarray],
    numbers: Sequence[np.ndarray],
    answers: Answers,
    training: Rows,
    settings: ChengSettings,
    device: torch.device,
) -> Autoencoder:
    """Make it and train it layer by layer, which takes seconds.

    Parameters
    ----------
    question : Question
        Which.
    patches, numbers : sequence of ndarray
        Of all rows: (side, side) of uint8, and (3,).
    answers : mapping of Question to sequence of int
        Of all rows.
    training : ndarray of int
        Rows to train with.
    settings : ChengSettings
        How.
    device : torch.device
        Where.

    Returns
    -------
    Autoencoder
        Its classifier has random weights.
    """
    values = torch.from_numpy(np.stack(patches)).flatten(1).to(device, torch.float32) / 255
    told = torch.from_numpy(np.stack(numbers)).to(device, torch.float32)
    # In units of their own spread in training: factors of scaling are small, and classes would not see them.
    mean, spread = told[training].mean(0), told[training].std(0)
    told = (told - mean) / torch.where(spread > 0, spread, torch.ones_like(spread))
    network = DenoisingAutoencoder(values.shape[1], settings.layers, told.shape[1]).to(device)
    for layer in range(len(settings.layers)):
        _pretrain(network, layer, values[training], settings)
    optimizer = Adam([*network.encoders.parameters(), *network.classes.parameters()], lr=settings.learning_rate)
    return Autoencoder(network, question, values, told, answers[question], optimizer)


def _pretrain(network: DenoisingAutoencoder, layer: int, values: Tensor, settings: ChengSettings) -> None:
    """Teach one layer to give back what comes into it, of which a share is set to 0."""
    with torch.no_grad():
        inputs = network.encoded(values, layer)
    optimizer = Adam(network.layer_weights(layer), lr=settings.learning_rate)
    for _ in range(settings.pretraining_epochs):
        for batch in inputs[torch.randperm(len(inputs))].split(settings.batch):
            left = torch.rand_like(batch) >= settings.noise
            loss = F.binary_cross_entropy_with_logits(network.denoised(batch * left, layer), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
