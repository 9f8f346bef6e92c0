"""How the interface looks, in light and in dark."""

from __future__ import annotations

from gradio.themes import Soft
from gradio.themes.utils import colors

THEME = Soft(
    primary_hue=colors.indigo,
    secondary_hue=colors.slate,
    neutral_hue=colors.slate,
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)

CSS = """
.gradio-container { max-width: 1400px; margin: 0 auto; }
#title h1 { margin: 0.25rem 0 0; font-size: 1.4rem; }
#result { min-height: 480px; }
.result { display: grid; gap: 0.75rem; justify-items: center; }
.result img { max-width: 100%; max-height: 70vh; border-radius: 12px;
  background: var(--background-fill-secondary); }
.result .bar { width: 100%; height: 8px; border-radius: 4px; background: var(--background-fill-secondary); }
.result .bar i { display: block; height: 100%; border-radius: 4px; background: var(--color-accent); }
.result .note { color: var(--body-text-color-subdued); font-size: 0.9rem; }
.result .empty { color: var(--body-text-color-subdued); padding: 6rem 1rem; text-align: center; }
"""
