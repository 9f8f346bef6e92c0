"""Character sheets: a job's pictures composed on one page, and everything that can be taken away from it."""

from studio.sheets import exports, plan, sprites, turntable
from studio.sheets.compose import Rendered, Sheet, chosen, compose, key_of, render, to_png
from studio.sheets.content import EXPRESSIONS, Cell, Content, content_of
from studio.sheets.exports import Export
from studio.sheets.options import Fact, SheetOptions

__all__ = [
    "EXPRESSIONS",
    "Cell",
    "Content",
    "Export",
    "Fact",
    "Rendered",
    "Sheet",
    "SheetOptions",
    "chosen",
    "compose",
    "content_of",
    "exports",
    "key_of",
    "plan",
    "render",
    "sprites",
    "to_png",
    "turntable",
]
