// Videos of a kept character: asked for beside its pictures, followed while they are made, played where they were asked for.
avatarforge.films = (() => {
  const {word, escape, noted} = avatarforge;
  const {say, ask} = avatarforge.room('film');
  const LOOK_AGAIN_MS = 1200;
  const EXPECT_AFTER_MS = 400;
  const MINUTE_S = 90;  // from which minutes say it better
  const USUAL = 'generic';

  let host;  // the room with the editor: its parts, whom it shows, and what to do when something is done
  let choices;
  const runs = new Map();  // jobs that this page knows: whose they are, and how far

  const at = (id, rest = '') => `characters/${encodeURIComponent(id)}/video${rest}`;
  const time = (seconds) => (seconds < MINUTE_S
    ? word('time.seconds').replace('{count}', Math.max(1, Math.round(seconds)))
    : word('time.minutes').replace('{count}', Math.round(seconds / 60)));
  const option = (value, words) => `<option value="${escape(value)}">${escape(words)}</option>`;
  const list = (name, words, options) => `<label class="named"><span>${escape(words)}</span><select class="field" name="${name}">${
    options.join('')}</select></label>`;

  const html = () => `<details class="recipe" data-film><summary>${escape(say('title'))}</summary>
    <form class="fields" data-film-form style="margin-top:.6rem"></form><div class="fields" data-film-runs></div></details>`;

  // The fields come when somebody looks for them.
  const fill = async () => {
    const form = host.part('[data-film-form]');
    if (!form || form.childElementCount) return;
    choices ||= await ask('characters/video-choices');
    if (!form.isConnected || form.childElementCount || !host.shown()) return;  // left meanwhile
    const styles = host.shown().styles || [];
    form.innerHTML = `<label class="named"><span>${escape(say('scene'))}</span><input class="field" name="prompt" placeholder="${escape(say('scene_hint'))}"></label>
      <div class="two">${list('motion', say('motion'), [option('', say('by_words')), ...choices.motions.map((one) => option(one, say(`motion_${one}`)))])}
        ${list('camera', say('camera'), [option('', say('by_words')), ...choices.cameras.map((one) => option(one, say(`camera_${one.replace(' ', '_')}`)))])}
        ${list('preset_id', say('preset'), choices.presets.map((one) => option(one.id, `${say(`preset_${one.id}`)} · ${one.width} × ${one.height}`)))}
        <label class="named"><span>${escape(say('length'))}</span><input class="field" name="duration" type="number" inputmode="decimal"
          min="1" max="${choices.longest}" step="0.5" required></label>
        ${styles.length ? list('style_id', word('characters.style'), [option('', word('characters.default_style')), ...styles.map((one) => option(one.id, one.name))]) : ''}</div>
      <div class="row"><button class="act main">${escape(say('make'))}</button><small class="quiet" data-expected role="status"></small></div>
      <small class="quiet">${escape(say('silent'))}</small>`;
    form.elements.preset_id.value = USUAL;
    preset(form);
    expect(form);
  };
  const preset = (form) => {
    const chosen = choices.presets.find((one) => one.id === form.elements.preset_id.value);
    if (chosen) form.elements.duration.value = chosen.duration;
  };
  const values = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== '')
    .map(([name, value]) => [name, name === 'duration' ? Number(value) : value]));

  let later;
  let turn = 0;
  const expectSoon = (form) => { clearTimeout(later); later = setTimeout(() => expect(form), EXPECT_AFTER_MS); };
  const expect = async (form) => {
    const mine = ++turn;
    let words = '';
    if (form.isConnected && host.shown() && form.checkValidity()) {
      try {
        const said = await ask(at(host.shown().id, '/expected'), values(form));
        words = said.seconds ? say('expected', {time: time(said.seconds)}) : say('expected_unknown');
      } catch (error) { words = String(error.message || error); }
    }
    if (mine === turn && form.isConnected) form.querySelector('[data-expected]').textContent = words;
  };

  // -------------------------------------------------------------- under way

  const make = async (form) => {
    const id = host.shown().id;
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      await host.saved();  // the video is of what was typed last
      follow(id, await ask(at(id), values(form)));
    } finally {
      button.disabled = false;
    }
  };
  const follow = async (id, said) => {
    if (runs.has(said.job_id)) return;
    runs.set(said.job_id, {id, said});
    show(said.job_id);
    while (['queued', 'processing'].includes(said.status)) {
      await new Promise((go) => setTimeout(go, LOOK_AGAIN_MS));
      try {
        said = await ask(at(id, `/${encodeURIComponent(said.job_id)}`));
      } catch (error) {
        if (error.status !== 404) continue;
        said = {...said, status: 'cancelled', error: null};  // somebody has deleted it
      }
      runs.set(said.job_id, {id, said});
      show(said.job_id);
    }
    host.done(id);
    // What the first one took tells of the next.
    const form = host.part('[data-film-form]');
    if (form?.childElementCount && host.shown()?.id === id) expect(form);
  };
  const show = (job) => {
    const {id, said} = runs.get(job);
    const place = host.part('[data-film-runs]');
    if (!place || host.shown()?.id !== id) return;
    let item = place.querySelector(`[data-film-job="${CSS.escape(job)}"]`);
    if (!item) {
      item = document.createElement('div');
      item.className = 'film-run';
      item.dataset.filmJob = job;
      place.prepend(item);
    }
    if (item.dataset.status !== said.status) item.innerHTML = looks(said);
    item.dataset.status = said.status;
    const bar = item.querySelector('.bar');
    if (!bar) return;
    bar.setAttribute('aria-valuenow', String(Math.round(said.progress)));
    bar.firstElementChild.style.width = `${said.progress}%`;
    item.querySelector('[data-film-how]').textContent = [word(`status.${said.status}`), said.status === 'processing' ? `${Math.round(said.progress)} %` : '',
      said.seconds ? say('left', {time: time(said.seconds)}) : ''].filter(Boolean).join(' · ');
  };
  const looks = (said) => {
    const notes = said.notes.map((note) => `<small class="quiet">${escape(noted(note))}</small>`).join('');
    if (said.content_id) {
      return `<video src="studio/content/library/${encodeURIComponent(said.content_id)}/preview" controls loop playsinline preload="metadata"
        aria-label="${escape(said.words)}"></video><small class="quiet">${escape(say('kept'))}</small>${notes}`;
    }
    if (['queued', 'processing'].includes(said.status)) {
      return `<div class="bar" role="progressbar" aria-label="${escape(said.words)}" aria-valuemin="0" aria-valuemax="100"><i></i></div>
        <div class="row"><small class="quiet" data-film-how></small><button type="button" class="act" data-film-cancel>${
          escape(word('action.cancel'))}</button></div>`;
    }
    const why = said.error ? avatarforge.sentence({detail: said.error.message || '', hint: said.error.hint}) : word(`status.${said.status}`);
    return `<p role="alert">${escape(said.status === 'completed' ? word('talk.gone') : why)}</p>`;
  };
  // It takes a moment until it can be seen; a second press would be told that there is nothing to cancel.
  const cancel = async (button) => {
    button.disabled = true;
    const job = button.closest('[data-film-job]').dataset.filmJob;
    try { await ask(`jobs/${encodeURIComponent(job)}/cancel`, {}); } catch (error) { button.disabled = false; throw error; }
  };

  // ----------------------------------------------------------------- wiring

  // Once for the room; `opened` each time when it shows somebody.
  const begin = (room) => {
    host = room;
    host.root().addEventListener('toggle', (event) => {
      if (event.target.matches?.('[data-film]') && event.target.open) host.guarded(fill)();
    }, true);
    host.root().addEventListener('input', (event) => {
      const form = event.target.closest('[data-film-form]');
      if (!form) return;
      if (event.target.name === 'preset_id') preset(form);
      expectSoon(form);
    });
    host.root().addEventListener('submit', (event) => { if (event.target.matches('[data-film-form]')) host.guarded(make)(event.target); });
    host.root().addEventListener('click', (event) => {
      const button = event.target.closest('[data-film-cancel]');
      if (button) host.guarded(cancel)(button);
    });
  };
  const opened = async () => {
    const {id} = host.shown();
    const {videos} = await ask(at(id));
    for (const said of [...videos].reverse()) follow(id, said);
    for (const [job, run] of runs) if (run.id === id) show(job);
    if (host.shown()?.id === id && host.part('[data-film-runs]').childElementCount) host.part('[data-film]').open = true;
  };
  return {html, begin, opened};
})();
