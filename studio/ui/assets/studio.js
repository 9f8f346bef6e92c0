// What the page does by itself: addresses, drafts, keys, times, language, and mending a broken stream.
window.avatarforge = (() => {
  const DRAFT_AFTER_MS = 200;
  const AGAIN_AFTER_MS = 1500;
  const TILES_AFTER_MS = 1500;
  const TABS = ['avatar', 'views', 'sheet', 'talking', 'characters', 'library', 'gallery', 'queue', 'engine'];

  // ------------------------------------------------------------------ words

  const language = () => (document.documentElement.lang || navigator.language || 'en').split('-')[0];
  // One of a thing may have words of its own.
  const word = (key, count) => {
    const known = window.gradio_config?.i18n_translations || {};
    const found = (one) => (known[language()] || {})[one] || (known.en || {})[one];
    return (count === 1 && found(`${key}_one`)) || found(key) || key;
  };
  const escape = (text) => String(text).replace(/[&<>"'`]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  // What the studio's rooms say in English, in the language of the page; `phrases.py` does the same.
  const tables = () => window.gradio_config?.i18n_translations || {};
  const KINDS = /^(note|reason|problem|remedy)\./;
  const PLACE = /\{(\w+)(![rs])?(?::\.?(\d*)[gf])?\}/g;
  const shapes = (() => {
    let found;
    const pattern = (template) => {
      let text = '', from = 0;
      const names = new Set();
      for (const place of template.matchAll(PLACE)) {
        const quote = place[2] === '!r' ? '[\'"]' : '';
        text += template.slice(from, place.index).replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + quote
          + (names.has(place[1]) ? `\\k<${place[1]}>` : `(?<${place[1]}>.+?)`) + quote;
        names.add(place[1]);
        from = place.index + place[0].length;
      }
      return new RegExp(`^${text}${template.slice(from).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 's');
    };
    const letters = (template) => template.replace(PLACE, '').replace(/[^A-Za-z]/g, '').length;
    return () => (found ||= Object.entries(tables().en || {}).filter(([key, text]) => KINDS.test(key) && letters(text) >= 7)
      .sort((one, other) => letters(other[1]) - letters(one[1])).map(([key, text]) => [key, pattern(text)]));
  })();
  const phrase = (text) => {
    if (!text || language() === 'en' || !tables()[language()]) return text || '';
    const parts = text.split('; ');
    const said = parts.length > 1 ? parts.map(phrase) : parts;
    if (said.every((one, i) => one !== parts[i])) return said.join('; ');
    for (const [key, pattern] of shapes()) {
      const found = pattern.exec(text);
      if (found) return fill(word(key), found.groups || {});
    }
    return text;
  };
  const NAMED = {view: 'view.', awaited: 'view.', views: 'view.', status: 'status.'};
  const fill = (template, facts) => template.replace(PLACE, (_, name, __, digits) => {
    const value = facts[name] ?? '';
    if (typeof value === 'number') return digits ? value.toFixed(Number(digits)) : String(Math.round(value * 1e6) / 1e6);
    if (name === 'why' || name === 'remedy') return phrase(value);
    return NAMED[name] ? value.split(', ').map((one) => tables()[language()]?.[NAMED[name] + one] || one).join(', ') : value;
  });
  // Several sentences in one text, some of which belong together.
  const phrases = (text) => {
    const parts = (text || '').split(/(?<=[.]) (?=[A-Z])/);
    const said = [];
    for (let from = 0; from < parts.length;) {
      const most = Math.min(3, parts.length - from);
      let count = [...Array(most).keys()].map((one) => most - one)
        .find((one) => { const whole = parts.slice(from, from + one).join(' '); return phrase(whole) !== whole; }) || 1;
      said.push(phrase(parts.slice(from, from + count).join(' ')));
      from += count;
    }
    return said.join(' ');
  };
  const noted = (text) => { const said = phrase(text); return said.slice(0, 1).toUpperCase() + said.slice(1); };

  // Our routes answer refusals in several documented shapes.
  const sentence = (answer) => {
    const own = tables()[language()] || {};
    if (language() !== 'en' && answer?.facts && own[`problem.${answer.code}`]) {
      return [`problem.${answer.code}`, `remedy.${answer.code}`].map((key) => fill(own[key], answer.facts)).join(' ');
    }
    const said = answer?.error || answer?.detail || answer;
    const words = typeof said === 'string' ? [said, answer.hint] : [said?.message, said?.hint];
    return words.filter(Boolean).map(phrases).join(' ') || word('error.unknown');
  };

  // -------------------------------------------------------------- addresses

  const remember = (changes) => {
    const url = new URL(location);
    for (const [name, value] of Object.entries(changes)) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    history.replaceState(null, '', url);
    return [];
  };

  const opened = () => {
    const asked = new URL(location).searchParams;
    return [JSON.stringify({
      job: asked.get('job') || '', views: asked.get('views') || '', sheet: asked.get('sheet') || '',
      talk: asked.get('talk') || '',
      tab: asked.get('tab') || TABS[0],
    })];
  };

  const made = (name, id) => {
    remember({[name]: id});
    // On a phone the picture is below the form.
    if (innerWidth <= 900) {
      [...document.querySelectorAll('.shown')].find((one) => one.offsetParent)?.scrollIntoView({block: 'start'});
    }
    return [];
  };

  // Opened by name and not by a click: the tab may be out of sight.
  let wantedTab = '';
  const goTo = (tab) => {
    if (!TABS.includes(tab)) return;
    wantedTab = tab;
    document.querySelector('#go')?.click();
  };
  const going = () => [{selected: wantedTab, __type__: 'update'}];
  // The address and the studio are told of the tab that is seen, however it was opened.
  let openTab = '';
  let turns = 0;
  const seen = () => [JSON.stringify({tab: openTab, turn: String(turns)})];
  const lookAtTab = (row) => {
    const tab = row.querySelector('[aria-selected=true]')?.dataset.tabId;
    if (!tab || tab === openTab) return;
    const isFirst = !openTab;  // which the stream has asked for itself
    openTab = tab;
    if (isFirst) return;
    turns += 1;
    remember({tab: tab === TABS[0] ? '' : tab});
    document.querySelector('#seen')?.click();
  };
  // On a phone the row of tabs is wider than the screen: the open one is moved into sight, with its neighbours.
  const showTab = () => {
    const row = document.querySelector('#tabs .tab-container');
    const tab = row?.querySelector('[aria-selected=true]');
    if (!tab || row.scrollWidth <= row.clientWidth) return;
    row.scrollTo({left: tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2});
  };
  const fadeTabs = (row) => {
    row.classList.toggle('more-left', row.scrollLeft > 4);
    row.classList.toggle('more-right', row.scrollLeft < row.scrollWidth - row.clientWidth - 4);
  };

  // The stream ends when the server does; the page goes on as soon as it is back.
  const brokeOff = () => {
    setTimeout(() => document.querySelector('#again')?.click(), AGAIN_AFTER_MS);
    return [];
  };

  // ------------------------------------------------------------------- form

  const restore = (names, all) => {
    const [kept, ...now] = all;
    const values = now.map((value, i) => (kept && names[i] in kept ? kept[names[i]] : value));
    const seed = names.indexOf('seed');
    if (!values[seed]) values[seed] = String(Math.floor(Math.random() * 2 ** 50));
    return values;
  };

  const changed = (names, values, poses) => {
    const form = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    drafts.later('draft', () => drawDraft(form));
    showSkeleton(form.pose_file ? '' : poses[form.pose]);
    showCharacter(form.character || '');
    return form;
  };

  // Whose words these are: results then belong to the kept character.
  const showCharacter = (kept) => {
    const chip = document.querySelector('[data-character]');
    if (!chip || chip.dataset.shown === kept) return;
    chip.dataset.shown = kept;
    chip.hidden = !kept;
    const [id, ...named] = kept.split(' ');
    const show = (name) => {
      chip.innerHTML = `<span class="chip">${escape(word('form.character').replace('{name}', name))} <button type="button" class="act plain"
        data-forget-character aria-label="${escape(word('form.character_forget'))}">×</button></span>`;
    };
    if (!kept) return;
    show(named.join(' '));
    if (named.length) return;
    fetch(`studio/characters/${encodeURIComponent(id)}`).then((answer) => answer.json())
      .then((said) => { if (chip.dataset.shown === kept && said.data) show(said.data.name); }).catch(() => {});
  };
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('[data-forget-character]')) typeInto('#character', '');
  });
  // A component of Gradio hears of a new value as if somebody had typed it.
  const typeInto = (place, value) => {
    const field = document.querySelector(`${place} textarea, ${place} input`);
    if (!field) return;
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, value);
    field.dispatchEvent(new Event('input', {bubbles: true}));
  };

  const showSkeleton = (name) => {
    const figure = document.querySelector('.skeleton');
    if (!figure) return;
    figure.hidden = !name;
    if (name) figure.querySelector('img').src = `studio/poses/${name}/skeleton`;
  };

  // ----------------------------------------------------------------- drafts

  const joined = (...words) => words.map((one) => (one || '').trim()).filter(Boolean).join(', ');
  const members = (form) => ({
    prompt: joined(form.prompt, form.pose), negative_prompt: form.negative || '', clothing: form.clothing || '',
    style: joined(form.style, form.style_words), realism: Boolean(form.realism), framing: form.framing || 'full',
    transparent: Boolean(form.transparent), pose_file_id: form.pose_file || null,
    reference_file_id: form.reference_file || null, seed: /^\d+$/.test(form.seed || '') ? form.seed : null,
  });

  // One place that shows drafts shows the newest only: what is asked meanwhile makes an older one void.
  const drafts = (() => {
    const turns = {};
    const timers = {};
    const running = {};
    const me = Math.random().toString(36).slice(2);
    const later = (place, act) => {
      clearTimeout(timers[place]);
      timers[place] = setTimeout(act, DRAFT_AFTER_MS);
    };
    // What has been asked for is no longer wanted; gives the turn of what comes next.
    const forget = (place) => {
      running[place]?.abort();
      return (turns[place] = (turns[place] || 0) + 1);
    };
    const ask = async (place, wanted) => {
      const turn = forget(place);
      running[place] = new AbortController();
      let said;
      try {
        const answer = await fetch('studio/draft', {
          signal: running[place].signal,
          method: 'POST', headers: {'content-type': 'application/json'},
          body: JSON.stringify({...wanted, page: `${me}-${place}`}),
        });
        said = await answer.json();
        if (!answer.ok) said = {problem: sentence(said)};
        else await loaded(said.url);
      } catch (error) {
        said = {problem: ''};  // the server is away; the page says so elsewhere
      }
      return turn === turns[place] ? said : null;
    };
    return {later, ask, forget};
  })();
  const loaded = (url) => { const image = new Image(); image.src = url; return image.decode().catch(() => {}); };

  const drawDraft = async (form) => {
    const figure = document.querySelector('.draft');
    if (!figure) return;
    if (!(form.prompt || '').trim()) {
      drafts.forget('draft');
      figure.hidden = true;
      return;
    }
    const wanted = {...members(form), view: form.view, ...draftSize(form.shape)};
    const said = await drafts.ask('draft', wanted);
    if (!said) return;
    const image = figure.querySelector('img');
    figure.hidden = !said.url && !said.problem;
    image.hidden = !said.url;
    if (said.url) { image.src = said.url; image.alt = `${word('draft.title')}: ${wanted.prompt}`; }
    figure.querySelector('b').textContent = word('draft.title');
    figure.querySelector('span').textContent = said.problem || (said.notes || []).map(noted).join('; ') || word('draft.about');
    figure.classList.toggle('problem', Boolean(said.problem));
  };
  const draftSize = (shape) => {
    const [width, height] = (shape || '2:3').split(':').map(Number);
    const unit = Math.sqrt((256 * 384) / (width * height));
    return {width: Math.round(width * unit / 8) * 8, height: Math.round(height * unit / 8) * 8};
  };

  // The chosen character, or the one of the form, from any side; again when another one was chosen.
  let turnAgain = () => {};
  let isTurnMissed = false;  // words were changed while nobody could see whom they describe
  const turn = (names, all) => {
    const [yaw, , ...values] = all;
    const form = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    turnAgain = () => drafts.later('turn', () => drawTurned(yaw, form));
    turnAgain();
    return [];
  };
  const drawTurned = async (yaw, form) => {
    const figure = document.querySelector('.turning');
    isTurnMissed = !figure || !shown(figure);
    if (isTurnMissed) return;
    const chosen = document.querySelector('#views-source [data-query]');
    const wanted = chosen ? JSON.parse(chosen.dataset.query) : members(form);
    const words = figure.querySelector('p');
    if (!wanted.seed) delete wanted.seed;
    if (!wanted.prompt) {
      drafts.forget('turn');
      figure.querySelector('img').hidden = true;
      words.textContent = word('views.turn_empty');
      return;
    }
    // While the engine prepares itself a draft takes long, and it says so elsewhere on the page.
    const waiting = setInterval(() => { words.textContent = document.querySelector('.getting-ready')?.textContent || ''; }, 300);
    const said = await drafts.ask('turn', {...wanted, yaw});
    clearInterval(waiting);
    if (!said) return;
    const image = figure.querySelector('img');
    if (said.url) { image.src = said.url; image.hidden = false; image.alt = `${wanted.prompt}, ${yaw}°`; }
    words.textContent = said.problem || '';
  };

  // ------------------------------------------------------------------ tiles

  // Small pictures of styles and poses, drawn by the engine: one after the other, and never before a job.
  const POSES_AND_STYLES = {style: 'studio/styles/', pose: 'studio/poses/'};
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const paintTiles = async () => {
    await pause(TILES_AFTER_MS);
    for (;;) {
      for (const [kind, route] of Object.entries(POSES_AND_STYLES)) {
        for (const input of document.querySelectorAll(`#${kind} input`)) {
          const tile = input.closest('label');
          const name = tiles[kind]?.[input.value];
          if (!name || tile.style.backgroundImage || !shown(tile)) continue;
          while (document.querySelector('.stage.working') || document.hidden) await pause(500);
          const url = route + name;
          await loaded(url);
          tile.style.backgroundImage = `url("${url}")`;
        }
      }
      await pause(700);
    }
  };
  const shown = (element) => element.offsetParent !== null;
  let tiles = {};

  // ---------------------------------------------------------------- compare

  document.addEventListener('input', (event) => {
    const pane = event.target.closest?.('[data-compare]');
    if (!pane) return;
    if (event.target.type === 'range') pane.style.setProperty('--cut', `${event.target.value}%`);
    const side = event.target.dataset.side;
    if (side) {
      const image = pane.querySelectorAll('.pair-of img')[side === 'left' ? 0 : 1];
      image.src = event.target.value;
      image.alt = event.target.selectedOptions[0].textContent;
    }
  });

  // ------------------------------------------------------------------ times

  const span = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  };
  const ago = (at) => {
    const words = new Intl.RelativeTimeFormat(document.documentElement.lang || 'en', {numeric: 'auto'});
    const seconds = at - Date.now() / 1000;
    for (const [unit, length] of [['day', 86400], ['hour', 3600], ['minute', 60]]) {
      if (Math.abs(seconds) >= length) return words.format(Math.round(seconds / length), unit);
    }
    return words.format(Math.round(Math.min(0, seconds) / 10) * 10, 'second');
  };
  const tick = () => {
    for (const time of document.querySelectorAll('time[data-since]')) {
      time.textContent = span(Date.now() / 1000 - Number(time.dataset.since));
    }
    for (const time of document.querySelectorAll('time[data-at]')) {
      time.textContent = ago(Number(time.dataset.at));
      time.dateTime = new Date(Number(time.dataset.at) * 1000).toISOString();
    }
  };
  setInterval(tick, 1000);
  new MutationObserver((changes) => {
    if (changes.some((one) => [...one.addedNodes].some((node) => node.querySelector?.('time')))) tick();
  }).observe(document.documentElement, {childList: true, subtree: true});

  // ------------------------------------------------------------------- keys

  const press = (selector) => {
    const found = [...document.querySelectorAll(selector)].find((one) => shown(one) && !one.disabled);
    if (found) found.click();
    return Boolean(found);
  };
  // With anything of a view in focus: accept it, or draw it again.
  const KEYS_OF_VIEWS = {a: '[data-do=accept], [data-do=unaccept]', r: '[data-do=reroll]'};
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      if (press('#generate, #views-generate, #talk-generate')) event.preventDefault();
    } else if (event.key === 'Escape' && !event.defaultPrevented) {
      if (!document.querySelector('[role=listbox], dialog[open]')) press('#cancel, #views-cancel, #talk-cancel');
    } else if (KEYS_OF_VIEWS[event.key] && !(event.ctrlKey || event.metaKey || event.altKey)) {
      const button = event.target.closest?.('#views .view')?.querySelector(KEYS_OF_VIEWS[event.key]);
      if (button) { button.click(); event.preventDefault(); }
    } else if (event.altKey && /^[1-9]$/.test(event.key)) {
      goTo(TABS[Number(event.key) - 1]);
      event.preventDefault();
    }
  });

  // --------------------------------------------------------------- masthead

  const COOKIE = 'avatarforge_language';
  const SCHEME = 'avatarforge.scheme';
  const paint = () => {
    const scheme = localStorage.getItem(SCHEME);
    if (scheme) document.body.classList.toggle('dark', scheme === 'dark');
  };
  document.addEventListener('change', (event) => {
    if (!event.target.matches?.('[data-language]')) return;
    document.cookie = `${COOKIE}=${event.target.value}; path=${location.pathname}; max-age=31536000; samesite=lax`;
    location.reload();
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('[data-theme]')) {
      localStorage.setItem(SCHEME, document.body.classList.contains('dark') ? 'light' : 'dark');
      paint();
    }
    const send = event.target.closest?.('[data-send]');
    if (send) goTo(send.dataset.send);
  });
  const whenThere = (selector, act) => {
    const found = document.querySelector(selector);
    if (found) act(found);
    else setTimeout(() => whenThere(selector, act), 50);
  };
  whenThere('[data-language]', (list) => { list.value = language(); });
  whenThere('#go', () => {
    paint();
    goTo(new URL(location).searchParams.get('tab'));
  });
  // On a phone the stage is far from the words: until it is in sight, its draft stays at the edge.
  whenThere('#shown', (stage) => {
    new IntersectionObserver((seen) => stage.classList.toggle('seen', seen[0].isIntersecting), {
      rootMargin: '0px 0px -30% 0px',
    }).observe(stage);
  });
  whenThere('#tabs .tab-container', (row) => {
    row.addEventListener('scroll', () => fadeTabs(row), {passive: true});
    const look = () => { lookAtTab(row); showTab(); fadeTabs(row); };
    // Their words come later than they do, and so does the tab that the address asks for.
    const sizes = new ResizeObserver(look);
    for (const one of [row, ...row.children]) sizes.observe(one);
    new MutationObserver(look).observe(row, {subtree: true, attributes: true, attributeFilter: ['aria-selected']});
    look();
  });
  whenThere('#views-source', (place) => {
    let known = '';
    new MutationObserver(() => {
      const chosen = place.querySelector('[data-query]')?.dataset.query || '';
      if (chosen !== known) { known = chosen; turnAgain(); }
    }).observe(place, {childList: true, subtree: true});
  });
  whenThere('.turning', (figure) => {
    new IntersectionObserver((seen) => { if (seen[0].isIntersecting && isTurnMissed) turnAgain(); }).observe(figure);
  });
  whenThere('[data-tiles]', (list) => {
    tiles = JSON.parse(list.dataset.tiles);
    paintTiles();
  });
  return {tabs: TABS, draft: drafts.ask, word, escape, sentence, phrase, phrases, noted, remember, opened, made, going, seen, brokeOff, restore, changed, turn, goTo};
})();
