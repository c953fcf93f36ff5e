"""What ``--app-conf`` and MONAI Label's ``--conf`` can set."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, Field, ValidationError

from livercad.server.fields import unfit
from livercad.settings import Settings, UltrasoundSettings


class Options(Settings):
    """The settings of an analysis, and the server's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str | None = Field(
        None, description="What clients must send; LIVERCAD_TOKEN goes before it and is not logged."
    )
    parallel: int = Field(1, ge=1, description="So many inferences run at the same time.")
    reservation_minutes: float = Field(
        60, gt=0, description="So long a case that an annotator was given is given to nobody else."
    )
    validation_share: float = Field(
        0.2, ge=0, le=1, description="Share of patients whose cases become validation cases at their first submission."
    )
    scoring: bool = Field(
        True, description="Cases are looked at while nothing else is done, so that strategies know which tell most."
    )
    region_enhancement: bool = Field(
        True, description=UltrasoundSettings.model_fields["region_enhancement"].description
    )
    server_mode: bool = Field(False, description="MONAI Label's own.")

    @property
    def settings(self) -> Settings:
        """The part that every analysis knows."""
        return Settings(**{name: getattr(self, name) for name in Settings.model_fields})


def read_options(conf: Mapping[str, str]) -> Options:
    """Read options from strings.

    Parameters
    ----------
    conf : mapping of str to str
        Names and values as given on the command line.

    Returns
    -------
    Options
        Defaults where nothing is given.

    Raises
    ------
    InputError
        If a name is unknown or a value does not fit.
    """
    try:
        return Options.model_validate(dict(conf))
    except ValidationError as error:
        todo = "Mend it in --app-conf; docs/server.md has the options."
        raise unfit(error, Options, "option", todo, hidden="server_mode") from error
