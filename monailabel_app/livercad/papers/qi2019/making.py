"""Each method with its first weights, or with those that its training has left."""

from __future__ import annotations

import torch
from safetensors.torch import load_file
from torch import nn
from torch.optim import Adadelta, Optimizer

from livercad.errors import ModelError
from livercad.networks.base_weights import NONE, load_base
from livercad.networks.googlenet import add_classes, make_googlenet
from livercad.networks.inception_resnet import Size
from livercad.networks.qi2019 import RegionEnhanced, make_mt_net, make_sn_net
from livercad.papers.qi2019.arrays import read_arrays
from livercad.papers.qi2019.autoencoder import make_autoencoder
from livercad.papers.qi2019.jobs import WEIGHTS, Job, Learner
from livercad.papers.qi2019.learners import Alone, Basic, Together
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.settings import HanSettings, NetworkSettings, TrainingSettings
from livercad.papers.qi2019.views import Answers, CutOut, Views, Whole


def learner_of(job: Job) -> Learner:
    """Make a method with its first weights, and read what it sees.

    Parameters
    ----------
    job : Job
        Which.

    Returns
    -------
    Learner
        On the job's device.
    """
    torch.manual_seed(job.settings.seed)
    arrays, settings, device = read_arrays(job.arrays, job.method), job.settings, torch.device(job.device)
    first = next(iter(job.answers))
    made: Learner
    if job.method is Method.CHENG:
        patches, numbers = arrays["patches"], arrays["numbers"]
        return make_autoencoder(first, patches, numbers, job.answers, job.training, settings.cheng, device)
    if job.method is Method.HAN:
        made = make_han(first, Whole(arrays["han"]), job.answers, settings.han, settings.training)
    elif job.method is Method.BASIC:
        made = make_alone(first, Whole(arrays["stretched"]), job.answers, settings.networks, settings.training)
    else:
        views = CutOut(arrays["scaled"], settings.networks.side, settings.crops)
        if job.method is Method.MIP:
            made = make_alone(first, views, job.answers, settings.networks, settings.training)
        else:
            made = make_together(views, job.answers, settings.networks, settings.training)
    for module in made.modules.values():
        module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made


def trained_learner(job: Job) -> Learner:
    """A method with the weights that its training has left."""
    learner = learner_of(job)
    weights = load_file(job.folder / WEIGHTS)
    for name, module in learner.modules.items():
        own = {key.removeprefix(f"{name}."): value for key, value in weights.items() if key.startswith(f"{name}.")}
        module.load_state_dict(own)
        module.eval()
    return learner


def make_alone(
    question: Question, views: Views, answers: Answers, networks: NetworkSettings, training: TrainingSettings
) -> Alone:
    """Mt-Net or Sn-Net without region enhancement."""
    network = Basic(new_network(question, networks, 0.0))
    return Alone(network, question, views, answers[question], adadelta(network, training))


def make_together(views: Views, answers: Answers, networks: NetworkSettings, training: TrainingSettings) -> Together:
    """Both, with region enhancement."""
    mt = new_network(Question.MALIGNANT, networks, networks.strength)
    sn = new_network(Question.SOLID, networks, networks.strength)
    return Together(mt, sn, views, answers, adadelta(mt, training), adadelta(sn, training))


def make_han(
    question: Question, views: Views, answers: Answers, settings: HanSettings, training: TrainingSettings
) -> Alone:
    """GoogLeNet."""
    size = Size(settings.divisor)
    network = make_googlenet(size)
    load_base(network, "googlenet", settings.weights)
    add_classes(network, size)
    return Alone(network, question, views, answers[question], adadelta(network, training))


def new_network(question: Question, settings: NetworkSettings, strength: float) -> RegionEnhanced:
    """Mt-Net or Sn-Net with its first weights, the same for both pathways where they are from a file."""
    is_mt = question is Question.MALIGNANT
    network = (make_mt_net if is_mt else make_sn_net)(strength, settings.size, settings.keep)
    weights = settings.mt_weights if is_mt else settings.sn_weights
    if weights != NONE:
        parts = nn.Sequential()
        for name, module in (*network.image.named_children(), *network.joined.named_children()):
            parts.add_module(name, module)
        name = "Inception-ResNet-v2 with timm's names" if is_mt else "Inception-v3 with torchvision's names"
        try:
            load_base(parts, "inception_v3", weights)
        except ModelError as error:
            raise ModelError(weights, found=error.found, expected=f"weights of {name}", todo=error.todo) from error
        if network.map is not None:
            network.map.load_state_dict(network.image.state_dict())
    return network


def adadelta(network: nn.Module, settings: TrainingSettings) -> Optimizer:
    """The optimiser of section 3.4."""
    return Adadelta(
        network.parameters(),
        lr=settings.learning_rate,
        rho=settings.rho,
        eps=settings.epsilon,
        weight_decay=settings.decay,
    )
