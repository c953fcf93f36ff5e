"""What became of the cases of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class BatchResult:
    """What became of the cases of one batch.

    Parameters
    ----------
    done, kept, failed : list of str
        Cases computed now, those whose earlier results still hold, those without results.
    unchecked : list of str
        Cases whose earlier results stay, though no model could be loaded to tell whether they still hold.
    reasons_in : list of str
        Tables that tell why cases failed.
    cancelled : bool
        Whether the user stopped it before the end.
    """

    done: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    reasons_in: list[str] = field(default_factory=list)
    cancelled: bool = False

    def in_words(self) -> str:
        """One line for the user."""
        parts = [f"{len(self.done)} analysed"]
        parts += [f"{len(self.kept)} done before"] if self.kept else []
        parts += [f"{len(self.unchecked)} done before, not checked for want of models"] if self.unchecked else []
        tables = " and ".join(dict.fromkeys(self.reasons_in))
        parts += [f"{len(self.failed)} failed, for the reasons in {tables}"] if self.failed else []
        return ("Stopped: " if self.cancelled else "Cases: ") + ", ".join(parts) + "."
