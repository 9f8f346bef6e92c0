"""Components that Gradio does not have, made of its HTML component."""

from __future__ import annotations

from typing import Any

import gradio as gr

# An event of the page's own: no spinner over what it changes, and not offered as an API.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# What cannot fail is not queued either: a queue that runs empty closes the page's stream, and Gradio loses
# the event that joins in that moment.
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
# Presses on what is live; Gradio would drop those that come while an earlier one is being answered.
PRESSED: dict[str, Any] = {**QUIET, "trigger_mode": "multiple"}

# One listener for all buttons inside, also for those that come later.
HAND_OVER_CLICKS = """
let last = '', lastAt = 0;
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-do]');
  if (!pressed || !element.contains(pressed)) return;
  // A double click is meant as one; whoever presses another button means that, too.
  const what = JSON.stringify(pressed.dataset);
  const isAgain = what === last && event.timeStamp - lastAt < 500;
  [last, lastAt] = [what, event.timeStamp];
  if (isAgain) return;
  if (pressed.dataset.send) trigger('send', {...pressed.dataset});
  else trigger('click', {...pressed.dataset});
});
"""


def live(elem_id: str, value: Any = "", **options: Any) -> gr.HTML:
    """HTML that the stream keeps up to date and whose buttons are heard by `click`."""
    return gr.HTML(
        value,
        elem_id=elem_id,
        js_on_load=HAND_OVER_CLICKS,
        apply_default_css=False,
        padding=False,
        **options,
    )


def static(value: Any, **options: Any) -> gr.HTML:
    """HTML that stays as it is."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, padding=False, **options)


def pressed(event: gr.EventData) -> dict[str, str]:
    """What the pressed button carries; only strings, whatever a browser sends."""
    data = event._data if isinstance(event._data, dict) else {}
    return {str(key): str(value) for key, value in data.items()}


# Its words are in the template and not among the properties: these go when Gradio restores a form whose fold
# nobody has opened yet.
DROP_TEMPLATE = """
<label class="drop${value ? ' filled' : ''}">
  <input type="file" accept="image/png,image/jpeg,image/webp" aria-label="${avatarforge.word('@title')}">
  ${value ? `<img src="files/${value}" alt="${avatarforge.word('@title')}">`
    : `<span>${avatarforge.word('@hint')}</span>`}
</label>
<button type="button" class="act drop-clear" data-clear ${value ? '' : 'hidden'}>
  ${avatarforge.word('@clear')}</button>
<p class="note problem" role="alert" hidden></p>
"""

# The picture goes to the documented upload route: checked there, kept once, never in Gradio's temp folder.
DROP_SCRIPT = """
let turn = 0;  // an older upload may be answered later
const tell = (problem) => {
  const note = element.querySelector('[role=alert]');
  note.textContent = problem;
  note.hidden = !problem;
};
const send = async (file) => {
  if (!file) return;
  const mine = ++turn;
  tell('');
  const body = new FormData();
  body.append('file', file);
  try {
    const answer = await fetch('@route', {method: 'POST', body});
    const said = await answer.json();
    if (mine !== turn) return;
    if (answer.ok) props.value = said.file_id;
    else tell(avatarforge.sentence(said));
  } catch (error) {
    if (mine === turn) tell(String(error.message || error));
  }
};
element.addEventListener('change', (event) => { send(event.target.files[0]); event.target.value = ''; });
element.addEventListener('click', (event) => {
  if (!event.target.closest('[data-clear]')) return;
  turn += 1;
  tell('');
  props.value = '';
});
element.addEventListener('dragover', (event) => event.preventDefault());
element.addEventListener('drop', (event) => { event.preventDefault(); send(event.dataTransfer.files[0]); });
"""


def drop(elem_id: str, route: str, title: str, hint: str, clear: str) -> gr.HTML:
    """A place to drop a picture, worded by the keys of texts; its value is the id of the stored file."""
    template = DROP_TEMPLATE.replace("@title", title).replace("@hint", hint).replace("@clear", clear)
    return gr.HTML(
        "",
        elem_id=elem_id,
        html_template=template,
        js_on_load=DROP_SCRIPT.replace("@route", route),
        apply_default_css=False,
        padding=False,
    )
