"""Asking the trained networks about all images of a split."""

from __future__ import annotations

from typing import TypeVar

import torch
from safetensors.torch import load_file
from skimage.measure import label, regionprops
from torch import nn

from livercad.papers.shah2021.answers import (
    LESIONS,
    LIVER,
    PERIMETERS,
    LesionAnswer,
    LesionAnswers,
    LesionTest,
    LiverAnswer,
    LiverAnswers,
    LiverTest,
)
from livercad.papers.shah2021.images import pixels_of
from livercad.papers.shah2021.jobs import WEIGHTS, Job
from livercad.papers.shah2021.lesions import new_lesion_network
from livercad.papers.shah2021.liver import find_perimeters, new_liver_network, numbers_by_patient
from livercad.papers.shah2021.metrics import Confusion
from livercad.papers.shah2021.perimeter import Perimeter, read_perimeters, write_perimeters
from livercad.papers.shah2021.sections import find_sections
from livercad.papers.workers import tick
from livercad.studies.atomic import write_text

Network = TypeVar("Network", bound=nn.Module)


def ask_liver_network(test: LiverTest) -> None:
    """Draw perimeters in all images, and compare those of whole livers with the marked ones; ticks an image each."""
    network = trained(new_liver_network(test.job.settings), test.job)
    sides = dict(zip([image.name for image in test.liver_images], test.job.training, strict=True))
    drawn: dict[str, Perimeter] = {}
    answers = []
    both = {image.name: image for image in (*test.liver_images, *test.lesion_images)}
    by_number = {(image.patient, image.number): image for image in both.values()}
    for patient, numbers in numbers_by_patient(both.values()):
        pixels = pixels_of(test.images, patient)
        for number, perimeter in zip(
            numbers, find_perimeters(network, pixels.grey[numbers], test.job.settings), strict=True
        ):
            image = by_number[patient, number]
            drawn[image.name] = perimeter
            if image.name in sides:
                counts = Confusion.of(perimeter.mask(), pixels.liver[number])
                answers.append(
                    LiverAnswer(
                        image=image.name,
                        person=image.person,
                        training=sides[image.name],
                        pixels=(counts.tp, counts.fp, counts.fn, counts.tn),
                    )
                )
        tick(len(numbers))
    write_perimeters(test.folder / PERIMETERS, drawn)
    write_text(test.folder / LIVER, LiverAnswers(key=test.key, answers=answers).model_dump_json(indent=1))


def ask_lesion_network(test: LesionTest) -> None:
    """Find lesions in all images and compare them with the marked ones; ticks an image each."""
    network = trained(new_lesion_network(test.job.settings), test.job)
    perimeters = read_perimeters(test.perimeters)
    sides = dict(zip([image.name for image in test.lesion_images], test.job.training, strict=True))
    by_number = {(image.patient, image.number): image for image in test.lesion_images}
    answers = []
    for patient, numbers in numbers_by_patient(test.lesion_images):
        pixels = pixels_of(test.images, patient)
        images = [by_number[patient, number] for number in numbers]
        livers = [perimeters[image.name].mask() for image in images]
        found = find_sections(network, pixels.grey[numbers], livers, test.job.settings, test.pixel_mm)
        for image, number, each in zip(images, numbers, found, strict=True):
            counts = Confusion.of(each.mask, pixels.lesions[number] > 0)
            answers.append(
                LesionAnswer(
                    image=image.name,
                    person=image.person,
                    training=sides[image.name],
                    kind=image.kind,
                    pixels=(counts.tp, counts.fp, counts.fn, counts.tn),
                    true_boxes=[region.bbox for region in regionprops(label(pixels.lesions[number] > 0))],
                    sections=list(each.sections),
                    probabilities=each.probabilities,
                )
            )
        tick(len(numbers))
    write_text(test.folder / LESIONS, LesionAnswers(key=test.key, answers=answers).model_dump_json(indent=1))


def trained(network: Network, job: Job) -> Network:
    """Put a training's weights into its network, on the training's device."""
    network.load_state_dict(load_file(job.folder / WEIGHTS))
    return network.to(torch.device(job.device)).eval()
