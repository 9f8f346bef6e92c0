"""How a sheet shall look: all that a person can choose, validated once."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from studio.request import View

Layout = Literal["row", "grid", "turnaround", "game"]
Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]
Caption = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]

PAPER: tuple[str, ...] = ("#f8f7f4", "#e8e6ec")
MAX_WIDTH = 8192


def _each_once(views: tuple[View, ...] | None) -> tuple[View, ...] | None:
    if views is not None and len(set(views)) != len(views):
        raise ValueError("each view can be shown once")
    return views


class Fact(BaseModel):
    """One line about the character: what is said, and of what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Caption
    value: Caption


class SheetOptions(BaseModel):
    """The look of a sheet; the pictures on it come from the job."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"layout": "turnaround", "name": "Aldara", "title": "Shield of the towns"}]
        },
    )

    layout: Layout = "row"
    views: Annotated[tuple[View, ...] | None, AfterValidator(_each_once)] = Field(
        default=None, min_length=1, description="Which views, in this order; by itself all that there are"
    )
    picks: dict[Caption, Annotated[str, StringConstraints(max_length=300)]] = Field(
        default={},
        max_length=40,
        description="For a view with several variants the file name of the one shown",
    )
    figures: Literal["auto", "cut", "card"] = Field(
        default="auto",
        description="cut: figures without background; card: pictures as they are; auto: cut where possible",
    )
    scale: Literal["auto", "same", "height"] = Field(
        default="auto",
        description="same: one scale for all views; height: all figures equally tall; auto: as fits",
    )
    background: tuple[Hex, ...] = Field(
        default=PAPER, max_length=5, description="No colour: transparent; one: plain; more: a gradient"
    )
    background_angle: Annotated[float, Field(ge=-360, le=360)] = 90.0
    ink: Hex | None = Field(
        default=None, description="Colour of letters and lines; by itself what can be read"
    )
    margin: Annotated[float, Field(ge=0, le=0.5)] = Field(
        default=0.1, description="Around everything, as a share of the tallest figure"
    )
    width: Annotated[int, Field(ge=256, le=MAX_WIDTH)] | None = Field(
        default=None,
        description="Of the sheet in pixels; by itself figures keep the size in which they were drawn",
    )
    labels: bool = True
    label_texts: dict[Caption, Caption] = Field(
        default={}, max_length=40, description="Other words under views and expressions, by their names"
    )
    guides: bool | None = Field(default=None, description="Lines across all views; by itself on turnarounds")
    shadows: bool = True
    expressions: bool = True
    portrait: bool | None = Field(default=None, description="By itself on game sheets")
    palette: bool | None = Field(default=None, description="By itself on turnarounds and game sheets")
    name: Caption = ""
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=160)] = ""
    facts: Annotated[tuple[Fact, ...], Field(max_length=8)] = ()
    font: Caption = Field(default="", description="A font family of this machine; by itself the built-in one")

    @model_validator(mode="after")
    def _printable(self) -> SheetOptions:
        facts = (text for fact in self.facts for text in (fact.label, fact.value))
        texts = (self.name, self.title, *self.label_texts.values(), *facts)
        if any(re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text) for text in texts):
            raise ValueError("captions cannot hold control characters")
        return self

    @property
    def has_guides(self) -> bool:
        """Whether lines run across all views."""
        return self.layout == "turnaround" if self.guides is None else self.guides

    @property
    def has_portrait(self) -> bool:
        """Whether a portrait is shown."""
        return self.layout == "game" if self.portrait is None else self.portrait

    @property
    def has_palette(self) -> bool:
        """Whether the character's colours are shown."""
        return self.layout in ("turnaround", "game") if self.palette is None else self.palette
