"""The list of webhooks on the tab with the servers: what was sent where, again, and trying an address out."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.records.hooks import Delivery
from studio.ui import cards, parts
from studio.ui.texts import label

if TYPE_CHECKING:
    from studio.ui.tail import Sight

SHOWN = 15
KINDS = {"delivered": "completed", "waiting": "queued", "failed": "failed", "disabled": "paused"}


@dataclass(frozen=True)
class HooksPanel:
    """What the tab wires."""

    listed: gr.HTML
    address: gr.Textbox
    test: gr.Button


def build() -> HooksPanel:
    """Create the list and the field for an address to try."""
    listed = parts.live("hooks")
    with gr.Row(elem_classes="sheet add", elem_id="try-hook"):
        address: Any = gr.Textbox(label=label("hooks.try"), placeholder="https://example.com/hook", scale=4)
        test = gr.Button(label("hooks.test"), scale=0, min_width=130)
    return HooksPanel(listed, address, test)


def show(sight: Sight) -> str:
    """The newest deliveries, for the owner: their addresses may hold secrets of the receivers."""
    if not sight.page.is_owner:
        return ""
    page = sight.studio.hooks.deliveries(per_page=SHOWN)
    if not page.deliveries:
        return cards.section(
            sight.say("hooks.title"), f'<p class="quiet">{escape(sight.say("hooks.none"))}</p>'
        )
    rows = "".join(_row(sight, one) for one in page.deliveries)
    more = page.total - len(page.deliveries)
    rest = f'<p class="quiet">{escape(sight.say("queue.more", count=more))}</p>' if more > 0 else ""
    return cards.section(sight.say("hooks.title"), f'<ul class="rows">{rows}</ul>{rest}')


def _row(sight: Sight, delivery: Delivery) -> str:
    say = sight.say
    last = delivery.attempts[-1] if delivery.attempts else None
    kind = KINDS.get(delivery.status, "failed")
    chips = [
        cards.chip(cards.named(sight, f"delivery.{delivery.status}"), kind),
        cards.chip(cards.named(sight, f"happened.{delivery.event}")),
        cards.chip(say("hooks.tries", count=len(delivery.attempts))) if len(delivery.attempts) > 1 else "",
        f"<small>{cards.ago(delivery.ended_at or delivery.created_at)}</small>",
    ]
    told = ""
    if last is not None and delivery.status != "delivered":
        answer = str(last.status) if last.status else last.error or ""
        told = f'<p class="quiet">{escape(say("hooks.answer", answer=answer))}</p>' if answer else ""
    again = cards.button("replay", say("hooks.replay"), delivery.id) if delivery.ended_at else ""
    return (
        f'<li class="delivery {kind}" data-delivery="{escape(delivery.id)}">'
        f'<span class="dot {kind}" aria-hidden="true"></span>'
        f'<div class="what"><p class="prompt">{escape(delivery.url)}</p><p class="chips">{"".join(chips)}</p>'
        f'{told}</div><div class="row">{again}</div></li>'
    )
