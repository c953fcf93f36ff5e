"""Training of the organ network."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from monai.losses import DiceCELoss
from scipy import ndimage

from livercad.networks.organ_unet import OrganUNet
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.tissues import Tissue
from livercad.phases.organs import Organ, scale_hu
from livercad.phases.training.anatomies import TissueMap, hash_of
from livercad.phases.training.rendering import draw_hu, render_view
from livercad.phases.training.views import Size, draw_size, draw_view
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing

STEPS = 1800
BATCH = 1
LEARNING_RATE = 1.5e-3
EMA = 0.995
"""The weights that count are a running mean of those of the last steps."""
CHECKPOINT_EVERY = 50
CLASS_WEIGHTS = {Organ.PORTAL_VEIN: 3.0, Organ.HEPATIC_VEIN: 2.0, Organ.AORTA: 2.0, Organ.CAVA: 2.0,
                 Organ.KIDNEY_PELVIS: 3.0}  # fmt: skip
"""In the cross entropy: small organs count for more."""

FACES = ndimage.generate_binary_structure(3, 1).astype(np.uint8)
LEAST_NEIGHBOURS = 4
"""Of a voxel and its six neighbours: each voxel of a vessel two voxels wide has five."""

ORGAN_OF = np.zeros(256, np.uint8)
"""`Organ` by `Tissue`."""
ORGAN_OF[Tissue.LIVER] = Organ.LIVER
ORGAN_OF[Tissue.PORTAL_VEIN] = Organ.PORTAL_VEIN
ORGAN_OF[Tissue.HEPATIC_VEIN] = Organ.HEPATIC_VEIN
ORGAN_OF[Tissue.AORTA] = Organ.AORTA
ORGAN_OF[Tissue.CAVA] = Organ.CAVA
ORGAN_OF[Tissue.SPLEEN] = Organ.SPLEEN
ORGAN_OF[Tissue.KIDNEY_CORTEX] = Organ.KIDNEY_CORTEX
ORGAN_OF[Tissue.KIDNEY_MEDULLA] = Organ.KIDNEY_MEDULLA
ORGAN_OF[Tissue.KIDNEY_PELVIS] = Organ.KIDNEY_PELVIS
ORGAN_OF[Tissue.MUSCLE] = Organ.MUSCLE
ORGAN_OF[[Tissue.HEART_BLOOD, Tissue.MYOCARDIUM]] = Organ.HEART


def train_organs(
    maps: list[TissueMap], checkpoint: Path, seed: int, steps: int = STEPS, progress: Progress = silent
) -> OrganUNet:
    """Train, or go on where a checkpoint of the same run was written.

    Parameters
    ----------
    maps : list of ndarray
        Patients.
    checkpoint : Path
        Written every `CHECKPOINT_EVERY` steps and at the end.
    seed : int
        Gives the network's first weights and everything that is drawn.
    steps : int, default `STEPS`
        How many steps the whole run has.
    progress : Progress
        Called every step.

    Returns
    -------
    OrganUNet
        The mean of the last steps' weights, on the CPU.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(seed)
    network = OrganUNet(len(Organ)).to(device)
    mean = deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.08)
    parts: dict[str, Any] = {"network": network, "mean": mean, "optimizer": optimizer, "schedule": schedule}
    code = phantom_code_hash("livercad.networks.organ_unet", "livercad.phases.training")
    identity = f"seed {seed}, {steps} steps, maps {hash_of(maps)}, code {code}"
    done = _resume(checkpoint, parts, identity)
    weights = torch.tensor([CLASS_WEIGHTS.get(organ, 1.0) for organ in Organ], device=device)
    loss_of = DiceCELoss(to_onehot_y=True, softmax=True, weight=weights, include_background=True, batch=True)
    for step in range(done, steps):
        images, labels = (batch.to(device) for batch in draw_batch(maps, np.random.default_rng((seed, step))))
        with torch.autocast(device, torch.bfloat16):
            logits = network(images)
        loss = loss_of(logits.float(), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            for kept, new in zip(mean.parameters(), network.parameters(), strict=True):
                kept.lerp_(new, 1 - min(EMA, (step + 1) / (step + 10)))
        progress(step + 1, steps, f"organ network, loss {loss.item():.2f}")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
            state = {name: part.state_dict() for name, part in parts.items()}
            with replacing(checkpoint) as partial:
                torch.save({"step": step + 1, "identity": identity, **state}, partial)
    return mean.cpu().eval()


def draw_batch(maps: list[TissueMap], rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw views of patients: images and labels, both (batch, 1, i, j, k)."""
    size = draw_size(rng)
    drawn = [draw_example(maps[rng.integers(len(maps))], size, rng) for _ in range(BATCH)]
    images, labels = (torch.from_numpy(np.stack(arrays)[:, None]) for arrays in zip(*drawn, strict=True))
    return torch.from_numpy(scale_hu(images.numpy())), labels.long()


def draw_example(
    tissues: TissueMap, size: Size, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Draw one view of a patient: HU, and the `Organ` of every voxel."""
    view = draw_view(tissues, size, rng)
    return render_view(view, draw_hu(rng), rng), organs_in(view)


def organs_in(view: TissueMap) -> npt.NDArray[np.uint8]:
    """Name the organs of a view; vessels of the liver thinner than two voxels are liver, as they cannot be measured."""
    organs = ORGAN_OF[view]
    liver = ndimage.binary_dilation(organs == Organ.LIVER)
    for vessel in (Organ.PORTAL_VEIN, Organ.HEPATIC_VEIN):
        inside = organs == vessel
        neighbours = ndimage.convolve(inside.astype(np.uint8), FACES, mode="nearest")
        organs[inside & liver & (neighbours < LEAST_NEIGHBOURS)] = Organ.LIVER
    return organs


def _resume(checkpoint: Path, parts: dict[str, Any], identity: str) -> int:
    """Load a checkpoint of the same run; return how many steps it has behind it."""
    if not checkpoint.is_file():
        return 0
    stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if stored.get("identity") != identity:
        return 0
    for name, part in parts.items():
        part.load_state_dict(stored[name])
    return int(stored["step"])
