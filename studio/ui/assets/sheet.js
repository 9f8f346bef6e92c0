// The character sheet: composed anew after every change without drawing anything again, and taken away as files.
avatarforge.sheet = (() => {
  const {word, escape, sentence, noted, phrases, remember} = avatarforge;
  const ROUTE = 'avatarforge-controller/sheets/';
  const STORE = 'avatarforge.sheet';
  const COMPOSE_AFTER_MS = 120;
  const FULL_AFTER_MS = 1500;
  const PREVIEW_PX = 1600;  // wide enough for any screen, and several times quicker than a large sheet itself
  const LARGE_PX = 1800;
  const FIGURE_SHAPE = 0.55;  // about how wide a view is, for its height
  const MOST_TEXTS = 60;  // characters whose name and title are kept
  const BACKGROUNDS = {white: ['#ffffff'], mist: ['#eef2f9', '#cfd9ea'], night: ['#2c3152', '#161928'], transparent: []};
  const PARTS = ['labels', 'shadows', 'guides', 'palette', 'portrait', 'expressions'];
  const USUAL = ['labels', 'shadows', 'expressions'];
  const PARTS_OF = {
    row: USUAL, grid: USUAL, turnaround: [...USUAL, 'guides', 'palette'], game: [...USUAL, 'palette', 'portrait'],
  };
  const TEXTS = ['name', 'title', 'facts'];  // these belong to a character, all others to the person who looks
  const FRESH = {
    layout: 'row', parts: USUAL, background: 'paper', colour: '#dbeafe', margin: 0.1, width: '',
    views: ['front', 'quarter', 'side', 'back'], figures: 'auto', name: '', title: '', facts: '',
  };
  const say = (key, facts = {}) => word(`sheet.${key}`, facts.count).replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? '');

  // ------------------------------------------------------------------ memory

  const kept = (() => {
    try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch (error) { return {}; }
  })();
  const texts = kept.texts || {};
  let values = {...FRESH, ...(kept.look || {})};
  let state = {job: ''};
  let picks = {};

  const keep = () => {
    const look = Object.fromEntries(Object.entries(values).filter(([name]) => !TEXTS.includes(name)));
    if (state.job) {
      delete texts[state.job];
      texts[state.job] = Object.fromEntries(TEXTS.map((name) => [name, values[name]]));
    }
    for (const old of Object.keys(texts).slice(0, -MOST_TEXTS)) delete texts[old];
    localStorage.setItem(STORE, JSON.stringify({look, texts}));
  };
  const fillForm = () => document.querySelector('#sheet-restore')?.click();
  const restored = (names) => names.map((name) => values[name]);

  // ----------------------------------------------------------------- options

  const changed = (names, all) => {
    const fresh = Object.fromEntries(names.map((name, i) => [name, all[i] ?? FRESH[name]]));
    if (JSON.stringify(fresh) === JSON.stringify(Object.fromEntries(names.map((name) => [name, values[name]])))) return [];
    values = fresh;
    showColour();
    keep();
    composeLater();
    return [];
  };
  const partsOf = ([layout]) => [PARTS_OF[layout] || USUAL];
  const showColour = () => {
    document.querySelector('#sheet-form')?.classList.toggle('own-colour', values.background === 'own');
  };

  // Gradio's picker gives colours as people or browsers write them.
  const hex = (colour) => {
    if (/^#[0-9a-f]{6}$/i.test(colour)) return colour;
    const pen = document.createElement('canvas').getContext('2d');
    pen.fillStyle = colour;
    return /^#[0-9a-f]{6}$/i.test(pen.fillStyle) ? pen.fillStyle : '#ffffff';
  };
  const facts = (text) => text.split('\n').map((line) => line.split(/[:：](.*)/s)).filter(([label]) => label.trim())
    .slice(0, 8).map(([label, value = '']) => ({label: label.trim().slice(0, 80), value: value.trim().slice(0, 80)}));
  const options = () => {
    const made = {layout: values.layout, margin: Number(values.margin), figures: values.figures};
    for (const part of PARTS) made[part] = values.parts.includes(part);
    for (const text of ['name', 'title']) if (values[text]) made[text] = values[text];
    if (values.background === 'own') made.background = [hex(values.colour)];
    else if (BACKGROUNDS[values.background]) made.background = BACKGROUNDS[values.background];
    if (values.width) made.width = Number(values.width);
    const seen = (state.views || []).filter((view) => !(view in FRESH_PLACES) || values.views.includes(view));
    if (seen.length && seen.length < state.views.length) made.views = seen;
    if (Object.keys(picks).length) made.picks = picks;
    if (values.facts) made.facts = facts(values.facts);
    if (state.labels) made.label_texts = state.labels;
    return made;
  };
  const FRESH_PLACES = Object.fromEntries(FRESH.views.map((view, place) => [view, place]));

  // --------------------------------------------------------------- composing

  let later;
  let fully;
  let turn = 0;
  let composed = -1;  // the turn that can be seen
  let isComposing = false;
  let shown = '';
  // What is under way is no longer what is wanted.
  const forget = () => {
    turn += 1;
    clearTimeout(later);
    clearTimeout(fully);
  };
  const composeLater = () => {
    forget();
    later = setTimeout(compose, COMPOSE_AFTER_MS);
  };
  const ask = async (body) => {
    const answer = await fetch(`${ROUTE}${encodeURIComponent(state.job)}/compose`, {
      method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(sentence(said));
    return said;
  };
  const compose = async () => {
    if (!state.ready || !isOpen() || isComposing) return;
    const [mine, job, wanted, isLarge] = [turn, state.job, options(), willBeLarge()];
    isComposing = true;
    stage().dataset.composing = '';
    try {
      const said = await ask(isLarge ? {...wanted, width: Math.min(wanted.width || PREVIEW_PX, PREVIEW_PX)} : wanted);
      const picture = await fetched(said.url);
      if (job !== state.job) {
        URL.revokeObjectURL(picture);
      } else {
        composed = mine;
        show(said, wanted, picture);
        if (!isLarge) showFacts(said);
      }
    } catch (error) {
      if (mine === turn) complain(String(error.message || error));
    }
    isComposing = false;
    delete stage().dataset.composing;
    // What was changed meanwhile comes next, once: each step between would only be late.
    if (mine !== turn) composeLater();
    else if (isLarge) fully = setTimeout(() => composeFully(mine, wanted), FULL_AFTER_MS);
  };
  // How large the sheet itself is, and what is to be said about it; then its downloads are ready as well.
  const composeFully = async (mine, wanted) => {
    try {
      const said = await ask(wanted);
      if (mine === turn) showFacts(said);
    } catch (error) {
      if (mine === turn) complain(String(error.message || error));
    }
  };
  // Small pictures are composed as they are: enlarged for a preview they would stand in more margin than later.
  const willBeLarge = () => {
    const across = {grid: 2, game: (state.views || []).length + 1}[values.layout] || (state.views || []).length;
    return across * FIGURE_SHAPE * (state.tall || 0) > LARGE_PX;
  };
  // Its address stays the same when one of its pictures changes, so that an image element would not look again.
  const fetched = async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(sentence(await answer.json()));
    const image = new Image();
    image.src = URL.createObjectURL(await answer.blob());
    await image.decode();
    return image.src;
  };
  const isOpen = () => Boolean(stage()?.offsetParent);
  const stage = () => document.querySelector('[data-sheet-stage]');
  const part = (selector) => stage().querySelector(selector);

  const address = (name, more = {}) => {
    const asked = new URLSearchParams({...more, options: JSON.stringify(options())});
    return `${ROUTE}${encodeURIComponent(state.job)}/${name}?${asked}`;
  };

  // ----------------------------------------------------------------- showing

  const show = (said, wanted, picture) => {
    shown = state.job;
    const image = part('img');
    URL.revokeObjectURL(image.src);
    image.width = said.width;
    image.height = said.height;
    image.src = picture;
    image.alt = `${word('tab.sheet')}: ${values.name || state.prompt.replace(/\n+/g, ', ')}`;
    part('a').href = address('sheet.png');
    stage().classList.toggle('bare', wanted.background?.length === 0);
    stage().classList.add('filled');
    stage().classList.remove('failed');
    part('[data-words]').textContent = '';
    part('[data-palette]').innerHTML = said.palette.map((one) => `<button type="button" data-colour="${escape(one.hex)}"
      style="--swatch: ${escape(one.hex)}" title="${escape(`${one.name} ${one.hex}`)}"
      aria-label="${escape(say('copy_colour', {name: `${one.name} ${one.hex}`}))}"></button>`).join('');
    part('[data-size]').textContent = '';
  };
  const showFacts = ({width, height, notes}) => {
    part('[data-size]').textContent = `${width} × ${height}`;
    part('[data-notes]').innerHTML = notes.map((one) => `<p class="quiet">${escape(noted(one))}</p>`).join('');
  };
  const complain = (words) => {
    part('[data-notes]').innerHTML = `<p class="note problem" role="alert">${escape(words)}</p>`;
  };
  // While a picture is made again the sheet stays as it was: nothing jumps.
  const showState = () => {
    const isKept = shown && (shown === state.job || shown === state.parent);
    if (!isKept && !state.ready) stage().classList.remove('filled');
    stage().classList.toggle('failed', Boolean(state.failed));
    part('[data-words]').textContent = state.ready ? '' : state.words || '';
    part('[data-notes]').replaceChildren();
    document.querySelector('[data-sheet-exports]').hidden = !state.ready;
  };

  const changedState = () => {
    const found = document.querySelector('#sheet-cells [data-sheet]');
    if (!found) return;
    openFaces();
    showPicks();
    const fresh = JSON.parse(found.dataset.sheet);
    if (JSON.stringify(fresh) === JSON.stringify(state)) return;
    const old = state;
    state = fresh;
    if (fresh.job !== old.job) {
      picks = {};
      const said = texts[fresh.job] || (fresh.parent === old.job && old.job ? texts[old.job] : null) || {};
      // Words that were there before any character are about the one that comes.
      const typed = old.job ? {} : Object.fromEntries(TEXTS.filter((name) => values[name]).map((name) => [name, values[name]]));
      values = {...values, name: '', title: '', facts: '', ...said, ...typed};
      if (Object.keys(typed).length) keep();
      fillForm();
      showColour();
      endTurn();
    }
    showState();
    forget();
    if (fresh.ready) composeLater();
  };

  // -------------------------------------------------------------- characters

  let chosen = '';
  const choose = (id) => { chosen = id; remember({sheet: id}); document.querySelector('#sheet-take')?.click(); };
  const taken = () => chosen;
  const shows = (id) => { if (id !== chosen) { chosen = id; remember({sheet: id}); } return []; };

  const showPicks = () => {
    for (const button of document.querySelectorAll('#sheet-cells [data-pick]')) {
      const first = button.parentElement.firstElementChild;
      const pick = picks[button.dataset.view] || first.dataset.pick;
      const isPressed = String(button.dataset.pick === pick);
      if (button.getAttribute('aria-pressed') !== isPressed) button.setAttribute('aria-pressed', isPressed);
    }
  };
  // The stream knows nothing of what somebody has unfolded: its next word about the pictures would fold it again.
  let facesOpen = false;
  const openFaces = () => {
    const faces = document.querySelector('#sheet-cells details');
    if (faces && faces.open !== facesOpen) faces.open = facesOpen;
  };

  // ------------------------------------------------------------------ taking

  const select = (name, choices, value) => `<select class="field" name="${name}" aria-label="${escape(say(`set_${name}`))}">${
    choices.map(([key, text]) => `<option value="${key}"${key === value ? ' selected' : ''}>${escape(text)}</option>`).join('')}</select>`;
  const check = (name, on) => `<label class="check"><input type="checkbox" name="${name}"${on ? ' checked' : ''}> ${
    escape(say(`set_${name}`))}</label>`;
  const number = (name, value, least, most) => `<label class="number">${escape(say(`set_${name}`))} <input class="field"
    type="number" name="${name}" value="${value}" min="${least}" max="${most}" required></label>`;
  const percent = (share) => [String(share), `${share * 100} %`];
  const TAKEN = () => [
    ['sheet.png', ''],
    ['sheet.zip', ''],
    ['pictures.zip', check('transparent', true)],
    ['atlas.zip', select('scale', [1, 0.5, 0.25].map(percent), '1') + number('padding', 2, 0, 64)
      + check('trim', true) + check('power_of_two', false)],
    ['sheet.pdf', select('paper', [['A4', 'A4'], ['A3', 'A3'], ['letter', 'Letter']], 'A4')
      + select('dpi', [['300', '300 dpi'], ['150', '150 dpi']], '300')],
    ['sheet.psd', ''],
    ['turntable', select('kind', [['gif', 'GIF'], ['webp', 'WebP'], ['mp4', 'MP4'], ['zip', say('frames_zip')]], 'gif')
      + select('height', [['256', '256 px'], ['512', '512 px'], ['768', '768 px']], '512')
      + number('frames', 24, 8, 36) + number('fps', 12, 1, 60)],
  ];
  const listExports = (place) => {
    const item = ([name, settings]) => {
      const key = name.replace('.', '_');
      return `<form class="export" data-export="${name}"><h3>${escape(say(key))}</h3><p>${escape(say(`${key}_for`))}</p>
        ${settings ? `<div class="settings">${settings}</div>` : ''}
        <div class="row"><button type="submit" class="act">↓ ${escape(word('action.download'))}</button>
        <button type="button" class="act" data-stop hidden>${escape(word('action.cancel'))}</button></div>
        <div data-progress role="status"></div></form>`;
    };
    place.innerHTML = `<header><h2>${escape(say('take'))}</h2></header><div class="exports">${TAKEN().map(item).join('')}</div>`;
  };
  const settingsOf = (form) => Object.fromEntries([...form.elements].filter((one) => one.name)
    .map((one) => [one.name, one.type === 'checkbox' ? String(one.checked) : one.value]));
  const progress = (form, html) => { form.querySelector('[data-progress]').innerHTML = html; };
  const working = (form, is) => {
    form.querySelector('[type=submit]').disabled = is;
    form.toggleAttribute('aria-busy', is);
    form.querySelector('[data-stop]').hidden = !is;
  };
  const stops = new WeakMap();

  const download = async (form, name, more) => {
    const stop = new AbortController();
    stops.set(form, stop);
    const {prompt} = state;
    working(form, true);
    progress(form, `<p class="quiet">${escape(say('making'))}</p>`);
    try {
      const answer = await fetch(address(name, more), {signal: stop.signal});
      if (!answer.ok) throw new Error(sentence(await answer.json()));
      const notes = decodeURIComponent(answer.headers.get('x-notes') || '');
      const filename = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') || '')?.[1] || name;
      const blob = await answer.blob();
      save(blob, filename);
      progress(form, turned(blob, prompt) + `<p class="quiet">${escape(say('saved', {name: filename, size: size(blob.size)}))}</p>`
        + (notes ? `<p class="quiet">${escape(phrases(notes))}</p>` : ''));
    } catch (error) {
      const said = error.name === 'AbortError' ? say('stopped') : String(error.message || error);
      progress(form, `<p class="${error.name === 'AbortError' ? 'quiet' : 'note problem'}">${escape(said)}</p>`);
    } finally {
      working(form, false);
    }
  };
  const save = (blob, filename) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = filename;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  let spinning = '';
  const turned = (blob, prompt) => {
    if (!/^(image\/(gif|webp)|video)/.test(blob.type)) return '';
    URL.revokeObjectURL(spinning);
    spinning = URL.createObjectURL(blob);
    const alt = escape(`${say('turntable')}: ${prompt}`);
    return blob.type.startsWith('video') ? `<video src="${spinning}" autoplay loop muted playsinline aria-label="${alt}"></video>`
      : `<img src="${spinning}" alt="${alt}">`;
  };

  // A turn takes as many drawings as it has frames: they are made first, one after the other and told of.
  let turnForm = null;
  let turnWanted = {};
  const startTurn = (form) => {
    const {kind, frames, height, fps} = settingsOf(form);
    turnForm = form;
    turnWanted = {kind, fps, frames: Number(frames), height: Number(height), job: state.job, run: Math.random()};
    working(form, true);
    turnedSo({done: 0, of: turnWanted.frames});
    document.querySelector('#sheet-turn').click();
  };
  const turning = () => JSON.stringify(turnWanted);
  const turnedSo = ({done, of, problem}) => {
    if (!turnForm) return;
    const form = turnForm;
    if (problem) {
      progress(form, `<p class="note problem" role="alert">${escape(problem)}</p>`);
      working(form, false);
      turnForm = null;
    } else if (done < of) {
      const share = Math.round(100 * done / of);
      progress(form, `<p class="quiet">${escape(say('angle', {done: done + 1, count: of}))}</p><div class="bar" role="progressbar"
        aria-label="${escape(say('turntable'))}" aria-valuenow="${share}" aria-valuemin="0" aria-valuemax="100"><i style="width:${share}%"></i></div>`);
    } else {
      const {kind, fps, frames, height} = turnWanted;
      turnForm = null;
      download(form, `turntable.${kind}`, {frames, height, ...(kind === 'zip' ? {} : {fps})});
    }
  };
  const turnSaid = (text) => {
    const said = text ? JSON.parse(text) : {};
    if (said.run === turnWanted.run) turnedSo(said);
    return [];
  };
  const endTurn = () => {
    if (!turnForm) return;
    document.querySelector('#sheet-turn-stop').click();
    progress(turnForm, `<p class="quiet">${escape(say('stopped'))}</p>`);
    working(turnForm, false);
    turnForm = null;
  };

  // ------------------------------------------------------------------ wiring

  const build = () => {
    stage().innerHTML = `<a target="_blank" rel="noopener" title="${escape(say('full'))}"><img alt=""></a>
      <p class="sheet-words" data-words role="status"></p>
      <figcaption><span class="colours" data-palette role="group" aria-label="${escape(say('part_palette'))}"></span>
      <span class="quiet" data-size></span></figcaption><div data-notes></div>`;
    const exports = document.querySelector('[data-sheet-exports]');
    listExports(exports);
    exports.hidden = true;
    exports.addEventListener('submit', (event) => {
      event.preventDefault();
      const form = event.target;
      const name = form.dataset.export;
      if (name === 'turntable') startTurn(form);
      else download(form, name, settingsOf(form));
    });
    exports.addEventListener('click', (event) => {
      if (!event.target.closest('[data-stop]')) return;
      const form = event.target.closest('form');
      if (form === turnForm) endTurn();
      else stops.get(form)?.abort();
    });
    new MutationObserver(changedState).observe(document.querySelector('#sheet-cells'), {
      childList: true, subtree: true, attributes: true, attributeFilter: ['data-sheet', 'open', 'aria-pressed'],
    });
    // The tab is opened later than its state may be known, or was left before the last change could be seen.
    new IntersectionObserver((seen) => { if (seen[0].isIntersecting && composed !== turn && !isComposing) composeLater(); }).observe(stage());
    const cells = document.querySelector('#sheet-cells');
    cells.addEventListener('click', (event) => {
      const faces = event.target.closest('summary')?.parentElement;
      if (faces) facesOpen = !faces.open;
    });
    cells.addEventListener('submit', (event) => {
      event.preventDefault();
      const field = event.target.querySelector('input');
      const button = document.createElement('button');
      Object.assign(button.dataset, {do: 'add', id: event.target.dataset.face, name: field.value.trim()});
      button.hidden = true;
      event.target.append(button);
      if (field.value.trim()) button.click();
      button.remove();
      field.value = '';
    });
    cells.addEventListener('click', (event) => {
      const pick = event.target.closest('[data-pick]');
      if (!pick) return;
      picks[pick.dataset.view] = pick.dataset.pick;
      showPicks();
      composeLater();
    });
    // A face is gone for good, which deserves a question; asked before the click is handed over.
    cells.addEventListener('click', (event) => {
      const drop = event.target.closest('[data-do=drop]');
      if (drop && !confirm(`${drop.title}?`)) event.stopPropagation();
    }, true);
    cells.addEventListener('keydown', (event) => {
      if (event.key !== 'r' || event.ctrlKey || event.metaKey || event.target.matches('input')) return;
      event.target.closest('[data-cell]')?.querySelector('[data-do=redo]')?.click();
    });
    stage().addEventListener('click', async (event) => {
      const colour = event.target.closest('[data-colour]');
      if (!colour) return;
      // Pages without https are not lent the clipboard: there the colour is marked, to be copied by hand.
      const isCopied = await navigator.clipboard?.writeText(colour.dataset.colour).then(() => true, () => false);
      const place = part('[data-size]');
      place.textContent = isCopied ? say('copied', {colour: colour.dataset.colour}) : colour.dataset.colour;
      if (!isCopied) getSelection().selectAllChildren(place);
    });
    showState();
    fillForm();
    showColour();
    changedState();
  };
  document.addEventListener('click', (event) => {
    const send = event.target.closest?.('[data-send=sheet]');
    if (send?.dataset.id) choose(send.dataset.id);
  });
  const whenThere = () => {
    if (stage() && document.querySelector('#sheet-cells') && document.querySelector('#sheet-restore')) build();
    else setTimeout(whenThere, 100);
  };
  whenThere();
  return {changed, partsOf, restored, taken, shows, turning, turned: turnSaid};
})();
