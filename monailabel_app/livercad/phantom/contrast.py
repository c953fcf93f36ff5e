"""How contrast medium travels: injection, heart, aorta, spleen and gut, portal vein, liver, kidneys, and back.

Vessels: a whole-body model of well-mixed compartments after K. T. Bae, J. P. Heiken, J. A. Brink, "Aortic and hepatic
contrast medium enhancement at CT. Part I. Prediction with a computer model", Radiology 1998;207:647-655, with fewer
compartments; flows and volumes are round numbers for an adult of 70 kg, chosen so that the curves pass through those of
K. T. Bae, "Intravenous contrast medium administration and scan timing at CT", Radiology 2010;256:32-61.

Tissues: fed by the aorta and, in the liver, by the portal vein; one compartment with two inputs after R. Materne et
al., "Non-invasive quantification of liver perfusion with dynamic computed tomography and a dual-input one-compartmental
model", Clin. Sci. 2000;99:517-525.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from scipy.signal import lfilter

from livercad.core.phases import Phase

Curve = npt.NDArray[np.float64]

HU_PER_MG_ML = 25.0
"""Enhancement for 1 mg of iodine in 1 ml at 120 kVp (Bae 2010: 25 to 26 HU)."""
STEP_S = 0.5
LAST_S = 420.0
TRIGGER_HU = 158.0
"""Enhancement of the aorta that starts the clock of the arterial phase: 200 HU less blood's own 42
(Yasaka 2018, "CT Imaging")."""
TRIGGER_DELAY_S = 15.0
"""From the trigger to the arterial phase (Yasaka 2018, "CT Imaging")."""
PORTAL_S, DELAYED_S = 70.0, 180.0
"""From the start of the injection (portal: Bae 2010; delayed: Yasaka 2018, "CT Imaging")."""


@dataclass(frozen=True)
class Injection:
    """What was given to whom.

    Parameters
    ----------
    weight_kg : float
        Body weight; cardiac output and blood volume go with its square root, which stands for lean body size.
    output_l_min : float
        Cardiac output of this patient if he weighed 70 kg.
    iodine_mg_ml : float
        Concentration of the medium.
    volume_ml : float
        How much.
    duration_s : float
        In which time.
    gfr_ml_min : float
        Glomerular filtration rate: how fast the kidneys clear it.
    """

    weight_kg: float = 65.0
    output_l_min: float = 6.0
    iodine_mg_ml: float = 350.0
    volume_ml: float = 100.0
    duration_s: float = 30.0
    gfr_ml_min: float = 100.0


@dataclass(frozen=True)
class Timing:
    """When each phase is taken.

    Parameters
    ----------
    arterial_delay_s : float
        After the aorta has reached the trigger.
    portal_s, delayed_s : float
        After the start of the injection.
    """

    arterial_delay_s: float = TRIGGER_DELAY_S
    portal_s: float = PORTAL_S
    delayed_s: float = DELAYED_S


@dataclass(frozen=True)
class Supply:
    """How a tissue takes up contrast medium.

    Parameters
    ----------
    arterial, portal : float
        Flow of blood from the aorta and the portal vein, ml / min in 100 ml of tissue.
    volume : float
        Volume that the medium spreads in, relative to blood: extracellular volume over (1 - hematocrit), since blood
        carries it in its plasma only.
    """

    arterial: float
    portal: float
    volume: float


_FLOW = {"spleen": 0.04, "gut": 0.16, "hepatic artery": 0.065, "kidney": 0.19, "head": 0.15}
"""Shares of the cardiac output; the rest goes to muscle, fat and skin."""
_NAMES = (
    *("arm", "right heart", "lungs", "left heart", "aorta", "spleen", "gut", "gut tissue", "portal vein"),
    *("liver", "kidney", "head", "body", "body tissue", "cava"),
)
_VOLUME_ML = {
    **{"arm": 90, "right heart": 180, "lungs": 420, "left heart": 180, "aorta": 420},
    **{"spleen": 140, "gut": 420, "gut tissue": 1200, "portal vein": 170, "liver": 650},
    **{"kidney": 110, "head": 300, "body": 1200, "body tissue": 9000, "cava": 1100},
}
_PS_ML_S = {"gut": 10.0, "body": 30.0}
"""Exchange of gut and body between blood and the space around cells, ml / s."""


class Circulation:
    """Iodine in the vessels of one patient over time.

    Parameters
    ----------
    injection : Injection
        What was given to whom.

    Attributes
    ----------
    times_s : ndarray, shape (t,)
        Since the start of the injection.
    aorta, portal_vein, hepatic_vein, cava, lungs, heart : ndarray, shape (t,)
        Enhancement of blood in HU.
    excreted : ndarray, shape (t,)
        Share of the iodine that the kidneys have filtered.
    """

    def __init__(self, injection: Injection) -> None:
        self.times_s = np.arange(0, LAST_S + STEP_S, STEP_S)
        size = (injection.weight_kg / 70) ** 0.5
        amounts, excreted = _flow_through(injection, size, self.times_s)
        hu = {name: HU_PER_MG_ML * amounts[:, n] / (_VOLUME_ML[name] * size) for n, name in enumerate(_NAMES)}
        self.aorta, self.portal_vein = hu["aorta"], hu["portal vein"]
        self.hepatic_vein, self.cava = hu["liver"], 0.5 * (hu["kidney"] + hu["cava"])
        self.lungs, self.heart = hu["lungs"], 0.5 * (hu["right heart"] + hu["left heart"])
        self.excreted = excreted / (injection.iodine_mg_ml * injection.volume_ml)

    def uptake(self, supply: Supply) -> Curve:
        """Enhancement of a tissue in HU over time.

        Parameters
        ----------
        supply : Supply
            What feeds it.

        Returns
        -------
        ndarray, shape (t,)
            In HU.
        """
        inflow = (supply.arterial * self.aorta + supply.portal * self.portal_vein) / 6000
        washout = (supply.arterial + supply.portal) / 6000 / supply.volume
        kept = np.exp(-washout * STEP_S)
        filled = lfilter([(1 - kept) / washout], [1, -kept], inflow)
        return np.asarray(filled)

    def time_of(self, phase: Phase, timing: Timing) -> float | None:
        """When a phase is taken, in s after the start of the injection.

        Parameters
        ----------
        phase : Phase
            Which.
        timing : Timing
            The protocol.

        Returns
        -------
        float or None
            None before the injection.
        """
        if phase is Phase.UNENHANCED:
            return None
        if phase is Phase.PORTAL:
            return timing.portal_s
        if phase is Phase.DELAYED:
            return timing.delayed_s
        reached = np.flatnonzero(self.aorta >= min(TRIGGER_HU, 0.8 * self.aorta.max()))[0]
        return float(self.times_s[reached]) + timing.arterial_delay_s


def _flow_through(injection: Injection, size: float, times: Curve) -> tuple[Curve, Curve]:
    """Iodine (mg) in every compartment, shape (t, compartments), and what was excreted, shape (t,)."""
    index = {name: n for n, name in enumerate(_NAMES)}
    output = injection.output_l_min * 1000 / 60 * size
    exchange = np.zeros((len(_NAMES), len(_NAMES)))

    def flow(source: str, target: str, ml_s: float) -> None:
        rate = ml_s / (_VOLUME_ML[source] * size)
        exchange[index[source], index[source]] -= rate
        exchange[index[target], index[source]] += rate

    # The arm's own flow flushes the medium into the heart; it is not counted in the output.
    flow("arm", "right heart", 12 * size)
    flow("right heart", "lungs", output)
    flow("lungs", "left heart", output)
    flow("left heart", "aorta", output)
    shares = {name: share * output for name, share in _FLOW.items()}
    for organ in ("spleen", "gut"):
        flow("aorta", organ, shares[organ])
        flow(organ, "portal vein", shares[organ])
    flow("portal vein", "liver", shares["spleen"] + shares["gut"])
    flow("aorta", "liver", shares["hepatic artery"])
    flow("liver", "cava", shares["spleen"] + shares["gut"] + shares["hepatic artery"])
    for organ in ("kidney", "head"):
        flow("aorta", organ, shares[organ])
        flow(organ, "cava", shares[organ])
    body = output - sum(shares.values())
    flow("aorta", "body", body)
    flow("body", "cava", body)
    flow("cava", "right heart", output)
    for organ, ml_s in _PS_ML_S.items():
        flow(organ, organ + " tissue", ml_s * size)
        flow(organ + " tissue", organ, ml_s * size)
    filtered = injection.gfr_ml_min / 60 / (_VOLUME_ML["kidney"] * size)
    exchange[index["kidney"], index["kidney"]] -= filtered

    # A step of the linear system is exact: constant inflow over a step, in one matrix exponential.
    n = len(_NAMES)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n], system[index["arm"], n] = exchange, 1
    step = expm(system * STEP_S)
    rate = injection.iodine_mg_ml * injection.volume_ml / injection.duration_s
    amounts = np.zeros((len(times), n))
    for t in range(1, len(times)):
        running = np.clip((injection.duration_s - times[t - 1]) / STEP_S, 0, 1)
        amounts[t] = step[:n, :n] @ amounts[t - 1] + step[:n, n] * rate * running
    return amounts, np.cumsum(amounts[:, index["kidney"]] * filtered) * STEP_S
