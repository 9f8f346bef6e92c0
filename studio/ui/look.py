"""How the interface looks, in light and in dark."""

from __future__ import annotations

from gradio.themes import Soft
from gradio.themes.utils import colors, sizes

THEME = Soft(
    primary_hue=colors.indigo,
    secondary_hue=colors.slate,
    neutral_hue=colors.slate,
    radius_size=sizes.radius_lg,
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(
    block_title_background_fill="none",
    block_title_background_fill_dark="none",
    block_title_padding="0",
    block_title_text_color="*neutral_700",
    block_title_text_color_dark="*neutral_200",
    block_title_text_size="*text_sm",
    block_border_width="0px",
    block_shadow="none",
    block_shadow_dark="none",
    block_background_fill="transparent",
    block_background_fill_dark="transparent",
    # Soft's own pair of colours on the main button is too pale to read.
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_600",
    button_primary_background_fill_hover_dark="*primary_500",
    input_placeholder_color="*neutral_500",
    input_placeholder_color_dark="*neutral_400",
    checkbox_border_color="*neutral_400",
    checkbox_border_color_dark="*neutral_500",
    checkbox_label_shadow="none",
    checkbox_label_border_width="1px",
    checkbox_label_border_color="*neutral_300",
    checkbox_label_border_color_dark="*neutral_600",
    checkbox_label_background_fill_selected="*primary_600",
    checkbox_label_background_fill_selected_dark="*primary_600",
    body_background_fill="*neutral_50",
    body_text_color_subdued="*neutral_600",
    link_text_color="*primary_600",
    link_text_color_dark="*primary_300",
    input_border_width="1px",
    input_border_color="*neutral_300",
    input_border_color_dark="*neutral_600",
    input_shadow="none",
    input_shadow_focus="0 0 0 3px color-mix(in srgb, *primary_500 30%, transparent)",
)

HEADER = """<header class="masthead"><h1>AvatarForge Studio</h1>
<nav aria-label="More"><a href="docs" target="_blank" rel="noopener">REST API</a></nav></header>"""

CSS = """
.gradio-container { width: 100% !important; max-width: 1280px !important; margin: 0 auto !important; }
.masthead { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem;
  padding: 0.5rem 0; white-space: nowrap; }
.masthead h1 { margin: 0 !important; font-size: 1.35rem; font-weight: 650; letter-spacing: -0.01em; }
.masthead a, .result .facts a { color: var(--link-text-color) !important; text-decoration: none; }
.masthead a:hover, .result .facts a:hover { text-decoration: underline; }
footer { display: none !important; }

#workbench { gap: 1.5rem; width: 100%; align-items: flex-start; }
#form { gap: 1rem; padding: 1.25rem; border: 1px solid var(--border-color-primary); border-radius: 16px;
  background: white; }
.dark #form { background: var(--neutral-900); }
#form .form { border: 0; background: none; box-shadow: none; gap: 1rem; overflow: visible; }
#form .block { padding: 0; overflow: visible; }
#examples { gap: 0.5rem; flex-wrap: wrap; }
#examples button { flex: 0 0 auto; min-width: 0; border-radius: 999px; font-weight: 500; }
/* Four segments of one width; the radio buttons stay there for the keyboard and for screen readers. */
#view .wrap { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.5rem; }
#view label { position: relative; justify-content: center; padding: 0.5rem 0.25rem; }
#view label span { margin: 0; }
#view input { position: absolute; inset: 0; opacity: 0; width: 100%; height: 100%; }
#view label:has(:focus-visible) { outline: 2px solid var(--color-accent); outline-offset: 2px; }
#actions { gap: 0.75rem; }

#result { padding: 0; }
.result { display: flex; flex-direction: column; align-items: center; gap: 1rem; }
.result img { max-width: 100%; max-height: 68vh; border-radius: 16px;
  border: 1px solid var(--border-color-primary); background: var(--background-fill-secondary); }
.result .empty { display: grid; place-items: center; width: 100%; min-height: 60vh; padding: 2rem;
  border: 2px dashed var(--border-color-primary); border-radius: 16px; text-align: center;
  color: var(--body-text-color-subdued); }
.result .pictures { display: flex; flex-wrap: wrap; justify-content: center; gap: 1rem; }
.result .facts { display: flex; flex-wrap: wrap; justify-content: center; align-items: baseline;
  gap: 0.25rem 1.25rem; margin: 0;
  color: var(--body-text-color-subdued); font-size: 0.9rem; }
.result .note { max-width: 42rem; margin: 0; padding: 0.6rem 0.9rem; border-radius: 10px; font-size: 0.9rem;
  border: 1px solid var(--border-color-primary); color: var(--body-text-color); }
.result .note.problem { border-left: 4px solid #dc2626; }
.result .working { width: min(100%, 28rem); display: grid; gap: 0.5rem; text-align: center; }
.result .bar { height: 8px; border-radius: 4px; overflow: hidden; background: var(--border-color-primary); }
.result .bar i { display: block; height: 100%; border-radius: 4px; background: var(--color-accent); }

@media (min-width: 769px) { #shown { position: sticky; top: 1rem; } }
@media (max-width: 768px) {
  .result .empty { min-height: 30vh; }
  #shown { min-height: 92vh; } /* room to scroll to, before there is a picture */
  #form { padding: 1rem; }
  .gradio-container .main { padding: 0.5rem 1rem 1rem; }
}
"""
