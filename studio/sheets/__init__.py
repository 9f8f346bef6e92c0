"""Character sheets: a job's pictures composed on one page, and everything that can be taken away from it."""

from studio.sheets.compose import Sheet, compose, to_png
from studio.sheets.content import Cell, Content, content_of
from studio.sheets.options import Fact, SheetOptions

__all__ = ["Cell", "Content", "Fact", "Sheet", "SheetOptions", "compose", "content_of", "to_png"]
