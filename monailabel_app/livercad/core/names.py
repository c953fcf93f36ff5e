"""What the names that people give to files, folders and DICOM series tell: the phase, the case, a mask."""

from __future__ import annotations

import re
from dataclasses import dataclass

from livercad.core.phases import Phase

SPELLINGS: dict[Phase, tuple[str, ...]] = {
    Phase.UNENHANCED: (
        *("unenhanced", "nonenhanced", "non enhanced", "nativ", "native", "plain"),
        *("pre", "precontrast", "pre contrast", "without contrast", "wo contrast", "w o contrast", "no contrast"),
        *("nc", "ncp", "ncct", "nect", "noncon", "non con", "noncontrast", "non contrast"),
    ),
    Phase.ARTERIAL: (
        *("arterial", "arteriell", "art", "ap", "hap", "eap", "lap", "aphase", "hepatic arterial"),
        *("early arterial", "late arterial", "late art", "arterial late", "art late"),
    ),
    Phase.PORTAL: (
        *("portal", "portalvenous", "portovenous", "porto venous", "portal venous", "venous", "ven", "hepatic venous"),
        *("pv", "pvp", "pvph", "portven", "port ven", "vp", "port"),
        *("late portal", "late portal venous", "early portal", "early portal venous", "early venous"),
    ),
    Phase.DELAYED: (
        *("delayed", "delay", "del", "dp", "late", "late venous", "delayed venous", "venous delayed", "venous late"),
        *("equilibrium", "equil", "eq", "excretory"),
    ),
}
"""Words (whole ones, in lower case) that name a phase. Of several that fit, the longest wins."""

NO_PHASE = (
    *("pre op", "preop", "pre tace", "pre treatment", "pre therapy", "pre surgery", "pre ablation"),
    *("non portal", "non arterial"),
)
"""Phrases that hold a phase's word and mean something else."""

MASK_WORDS = frozenset(
    (
        *("liver", "livers", "lesion", "lesions", "tumor", "tumors", "tumour", "tumours", "couinaud"),
        *("vessel", "vessels", "instances", "livermask", "tumormask", "mask", "masks", "roi", "rois"),
        *("seg", "segs", "segm", "segment", "segments", "segmentation", "segmentations", "contour", "contours"),
        *("label", "labels", "labelmap", "labelmaps", "truth", "groundtruth", "gt", "annotation", "annotations"),
        *("pred", "preds", "prediction", "predictions"),
    )
)
"""Whole words in the name of a file or folder that holds labels and no CT."""

FILLER = frozenset(
    (
        *("ct", "cect", "phase", "phases", "contrast", "enhanced", "scan", "scans", "series"),
        *("image", "img", "volume", "vol"),
    )
)
"""Words that tell neither case nor phase."""

_PHRASES: dict[tuple[str, ...], Phase | None] = {
    tuple(spelling.split()): phase for phase, spellings in SPELLINGS.items() for spelling in spellings
} | {tuple(phrase.split()): None for phrase in NO_PHASE}
_LONGEST = max(map(len, _PHRASES))
_KNOWN = {word for phrase in _PHRASES for word in phrase} | MASK_WORDS | FILLER
_WORD = re.compile(r"[^\W\d_]+|\d+")
_TIMING = re.compile(r"\d+(?:[.,]\d+)? ?(?:s|sec|min|mm)(?![^\W_])", re.IGNORECASE)
"""Delay and slice thickness, as in ``pv70s`` and ``arterial_1.5mm``: part of what the phase's words say."""
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    stop: int


def phase_of(name: str) -> Phase | None:
    """Tell the phase from a name.

    Parameters
    ----------
    name : str
        A file or folder name without its extension, or a DICOM series description.

    Returns
    -------
    Phase or None
        None when no whole word names a phase, or when the words name several.
    """
    phases = {phase for phase, _ in _phrases(_words(name)) if phase}
    return phases.pop() if len(phases) == 1 else None


def case_of(name: str) -> str:
    """What is left of a file's name when the words for its phase and words without meaning are gone.

    Parameters
    ----------
    name : str
        A file name without its extension, such as ``patient 7_portal_venous``.

    Returns
    -------
    str
        ``patient 7``; empty when the name holds nothing else, as ``ct_portal``. The whole name when it names no
        phase and something else than filler words.
    """
    if phase_of(name):
        name = _TIMING.sub("", name)
    words = _words(name)
    phrases = _phrases(words) if phase_of(name) else []
    gone = [word for _, phrase in phrases for word in phrase]
    rest = [word for word in words if word not in gone]
    if all(word.text in FILLER for word in rest):
        return ""
    if not gone:
        return name
    # A filler word goes only with the phase beside it: "CT7_portal phase" is case "CT7".
    spans = [(first.start, last.stop) for first, last in _runs(words, gone)]
    kept = _without(name, spans)
    return re.sub(r"([\W_])[\W_]+", r"\1", kept).strip(" _-.,")


def fits_folder(name: str) -> bool:
    """Whether a folder can be named so, as those of results are by their cases: no slash, no dot first.

    Parameters
    ----------
    name : str
        Of a case.

    Returns
    -------
    bool
        False for ``..`` and ``a/b``.
    """
    return not (name.startswith(".") or any(sign in name for sign in "/\\\0"))


def looks_like_mask(name: str) -> bool:
    """Whether a name says that the file or folder holds labels.

    Parameters
    ----------
    name : str
        A file or folder name without its extension.

    Returns
    -------
    bool
        True when one of its whole words is in `MASK_WORDS`. ``liver_12`` is an image: so the Medical Segmentation
        Decathlon (Antonelli 2022, task 3) names its CT.
    """
    words = [word.text for word in _words(name)]
    if words[:1] == ["liver"] and len(words) > 1 and all(word.isdigit() for word in words[1:]):
        return False
    return not MASK_WORDS.isdisjoint(words)


def names_only_masks(name: str) -> bool:
    """Whether a name has no other words than a mask's: ``labelsTr`` has none, ``liver patient 7`` has.

    Parameters
    ----------
    name : str
        A folder's name, or a file's without its extension.

    Returns
    -------
    bool
        True when it has no other words than those of `MASK_WORDS` and of data splits.
    """
    words = {word.text for word in _words(name)}
    return not MASK_WORDS.isdisjoint(words) and words <= MASK_WORDS | {"tr", "ts", "train", "test", "val"}


def _words(name: str) -> list[_Word]:
    words = []
    for match in _WORD.finditer(name):
        if match.group().lower() in _KNOWN:
            words.append(_Word(match.group().lower(), *match.span()))
            continue
        at = match.start()
        for part in _PART.finditer(match.group()):
            words.append(_Word(part.group().lower(), at + part.start(), at + part.end()))
    return words


def _phrases(words: list[_Word]) -> list[tuple[Phase | None, list[_Word]]]:
    """The phrases found from left to right, the longest first at each place."""
    found, at = [], 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            phrase = words[at : at + length]
            texts = tuple(word.text for word in phrase)
            if texts in _PHRASES:
                found.append((_PHRASES[texts], phrase))
                at += length
                break
        else:
            at += 1
    return found


def _runs(words: list[_Word], gone: list[_Word]) -> list[tuple[_Word, _Word]]:
    """First and last word of each run of words to drop, with the filler words after it."""
    runs: list[tuple[_Word, _Word]] = []
    previous_gone = False
    for word in words:
        drop = word in gone or (previous_gone and word.text in FILLER)
        if drop:
            runs.append((runs.pop()[0] if previous_gone else word, word))
        previous_gone = drop
    return runs


def _without(name: str, spans: list[tuple[int, int]]) -> str:
    for start, stop in reversed(spans):
        name = name[:start] + name[stop:]
    return name
