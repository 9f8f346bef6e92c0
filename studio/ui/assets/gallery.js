// The gallery: pages of small pictures, marks, one picture in full, two compared, settings out of a dropped file.
avatarforge.gallery = (() => {
  const {word, escape, noted} = avatarforge;
  const room = avatarforge.room('gallery');
  const {part, say, ask, tell, guarded, appear} = room;
  const PAGE = 60;
  const SEARCH_AFTER_MS = 200;
  const FILTERS = ['view', 'style', 'model', 'tag'];
  const DAYS = {today: 1, week: 7, month: 30};

  let pictures = [];  // as they are shown, the newest first
  let older = null;
  const selected = new Set();
  let anchor = '';  // where a selection of many began
  let settings = '';

  const find = (id) => pictures.find((one) => one.id === id);
  const isBin = () => part('[data-bin]').getAttribute('aria-pressed') === 'true';

  // ----------------------------------------------------------------- fetching

  const query = (more = {}) => {
    const asked = new URLSearchParams({limit: PAGE, ...more});
    const words = part('[data-search]').value.trim();
    if (words) asked.set('search', words);
    for (const name of FILTERS) {
      const value = part(`[data-filter=${name}]`).value;
      if (value) asked.set(name, value);
    }
    const days = DAYS[part('[data-filter=date]').value];
    if (days) {
      const since = new Date();
      since.setHours(0, 0, 0, 0);
      since.setDate(since.getDate() - days + 1);
      asked.set('since', since.toISOString());
    }
    if (part('[data-favourites]').getAttribute('aria-pressed') === 'true') asked.set('favourite', 'true');
    if (isBin()) asked.set('deleted', 'true');
    return asked;
  };

  const {load, fill, current, changing, isLoading} = room.pages({
    hasMore: () => older !== null,
    fetch: (anew) => ask(`gallery?${query(anew ? {} : {before: older})}`),
    show: (page, anew) => {
      if (anew) {
        pictures = [];
        selected.clear();
        count();
      }
      const more = page.pictures.filter((one) => !find(one.id));
      pictures.push(...more);
      older = page.older;
      part('[data-grid]').append(...more.map(card));
      part('[data-empty]').hidden = pictures.length > 0;
      part('[data-empty]').textContent = say(isFiltered() ? 'none_found' : isBin() ? 'bin_empty' : 'empty');
      showActions();
    },
  });
  const isFiltered = () => [...query().keys()].some((name) => !['limit', 'deleted'].includes(name));
  const count = guarded(async () => {
    const said = await current(() => ask(`gallery/count?${query()}`));
    if (said) part('[data-count]').textContent = say(said.is_exact ? 'count' : 'count_more', {count: said.count});
  });

  // What has come since; only at the top of an unfiltered gallery would anybody look for it.
  const arrived = guarded(async () => {
    const isElsewhere = () => isFiltered() || isBin();
    if (!room.isOpen() || isElsewhere() || isLoading()) return;
    const page = await current(() => ask(`gallery?${query()}`));
    if (!page || isElsewhere()) return;  // somebody looks for something else meanwhile
    const fresh = page.pictures.filter((one) => !find(one.id));
    if (fresh.length === page.pictures.length && pictures.length) { load(true); return; }
    pictures.unshift(...fresh);
    part('[data-grid]').prepend(...fresh.map(card));
    part('[data-empty]').hidden = pictures.length > 0;
    if (fresh.length) count();
  });

  const choices = guarded(async () => {
    const said = await ask('gallery/choices');
    for (const name of FILTERS) {
      const list = part(`[data-filter=${name}]`);
      const chosen = list.value;
      list.innerHTML = `<option value="">${escape(say(`any_${name}`))}</option>` + said[name].map((one) =>
        `<option value="${escape(one.value)}">${escape(shortened(name, one.value))} (${one.count})</option>`).join('');
      list.value = chosen;
      list.hidden = said[name].length === 0;
    }
  });
  const shortened = (name, value) => {
    if (name === 'view') return viewName(value);
    return value.length > 40 ? `${value.slice(0, 39)}…` : value;
  };
  const viewName = (view) => { const found = word(`view.${view}`); return found.startsWith('view.') ? view : found; };

  // ------------------------------------------------------------------ showing

  const alt = (one) => `${one.prompt.replace(/\n+/g, ', ')} (${viewName(one.view)})`;
  const card = (one) => {
    const item = document.createElement('li');
    item.dataset.id = one.id;
    const image = one.thumbnail
      ? `<img src="${escape(one.thumbnail)}" alt="${escape(alt(one))}" loading="lazy" decoding="async">`
      : `<span class="file">${escape(one.mime_type)}</span>`;
    const plays = one.media === 'video' ? ' plays' : '';
    item.innerHTML = `<button type="button" class="open${plays}" aria-label="${escape(alt(one))}">${image}</button>
      <button type="button" class="mark check" role="checkbox" aria-checked="false" data-pick
        aria-label="${escape(say('select'))}">✓</button>
      <button type="button" class="mark star" data-star aria-label="${escape(say('favourite'))}">★</button>`;
    paint(item, one);
    return item;
  };
  const paint = (item, one) => {
    if (!item) return;
    item.classList.toggle('favourite', one.favourite);
    item.querySelector('[data-star]').setAttribute('aria-pressed', String(one.favourite));
    item.classList.toggle('selected', selected.has(one.id));
    item.querySelector('[data-pick]').setAttribute('aria-checked', String(selected.has(one.id)));
  };
  const cardOf = (id) => part(`[data-grid] > [data-id="${CSS.escape(id)}"]`);

  const showActions = () => {
    for (const id of [...selected]) if (!find(id)) selected.delete(id);
    const bar = part('[data-actions]');
    bar.hidden = selected.size === 0;
    part('[data-selected]').textContent = say('selected', {count: selected.size});
    part('[data-act=compare]').hidden = selected.size !== 2;
    for (const act of ['favourite', 'tag', 'zip', 'delete']) part(`[data-act=${act}]`).hidden = isBin();
    part('[data-act=undelete]').hidden = !isBin();
  };

  const pick = (id, upTo) => {
    if (upTo && anchor && find(anchor)) {
      const [from, to] = [anchor, id].map((one) => pictures.findIndex((other) => other.id === one)).sort((a, b) => a - b);
      for (const one of pictures.slice(from, to + 1)) selected.add(one.id);
      for (const one of pictures.slice(from, to + 1)) paint(cardOf(one.id), one);
    } else {
      if (selected.has(id)) selected.delete(id); else selected.add(id);
      anchor = id;
      paint(cardOf(id), find(id));
    }
    showActions();
  };

  // ------------------------------------------------------------------- acting

  const changed = (fresh) => {
    for (const one of fresh) {
      const place = pictures.findIndex((other) => other.id === one.id);
      if (place >= 0) pictures[place] = one;
      paint(cardOf(one.id), one);
    }
  };
  const favour = changing(async (ids) => {
    const on = !ids.every((id) => find(id)?.favourite);
    changed((await ask('gallery/marks', {ids, favourite: on})).pictures);
  });
  const tag = changing(async (ids, add, remove = []) => {
    changed((await ask('gallery/marks', {ids, add_tags: add, remove_tags: remove})).pictures);
    choices();
  });
  const remove = changing(async (ids) => {
    const gone = (await ask('gallery/delete', {ids})).ids;
    leave(gone);
    tell(say('deleted', {count: gone.length}), {label: say('undo'), act: () => takeBack(gone)});
  });
  const takeBack = changing(async (ids) => {
    const said = await ask('gallery/undelete', {ids});
    tell(say('undeleted', {count: said.count}));
    load(true);
  });
  const leave = (ids) => {
    const gone = new Set(ids);
    pictures = pictures.filter((one) => !gone.has(one.id));
    for (const id of ids) { cardOf(id)?.remove(); selected.delete(id); }
    part('[data-empty]').hidden = pictures.length > 0;
    showActions();
    count();
    fill();
  };
  const zip = guarded(async (ids) => {
    room.save((await ask('gallery/selection', {ids})).url);
  });

  const use = guarded(async (path, file) => {
    const body = file && new FormData();
    if (file) body.append('file', file);
    const found = await ask(path, body);
    if (!found.request) throw new Error([say('no_words'), ...found.notes.map(noted)].join(' '));
    take({...found.request, ...(found.view ? {views: [found.view]} : {})});
    part('dialog').close();
    avatarforge.goTo('avatar');
    tell([say('restored'), ...found.notes.map(noted)].join(' '));
  });
  const take = (request) => {
    settings = JSON.stringify(request);
    document.querySelector('#gallery-take').click();
  };
  const taken = () => settings;

  // -------------------------------------------------------------- one picture

  let open = '';
  const show = guarded(async (id) => {
    const one = find(id);
    if (!one) return;
    open = id;
    const dialog = part('dialog');
    const facts = [
      viewName(one.view), one.style, `${one.width} × ${one.height}`, `${word('form.seed')} ${one.seed}`, one.workflow,
      one.model, new Date(one.created_at).toLocaleString(document.documentElement.lang || undefined),
    ].filter(Boolean);
    const tags = one.tags.map((name) => `<span class="chip">${escape(name)}<button type="button" data-untag="${
      escape(name)}" aria-label="${escape(say('untag', {tag: name}))}">×</button></span>`).join('');
    const media = one.media === 'video'
      ? `<video src="${escape(one.url)}#t=0.001" controls playsinline preload="metadata" aria-label="${escape(alt(one))}"></video>` : `<img src="${escape(one.url)}" alt="${escape(alt(one))}">`;
    const link = (name, tab, words) => `<a class="act" href="?${name}=${encodeURIComponent(one.generation_id)}${
      tab ? `&tab=${tab}` : ''}">${escape(word(words))}</a>`;
    // What moves has no settings of a drawing, and no other sides.
    const ways = ['talk', 'video', 'edit'].includes(one.kind) ? link('talk', 'talking', 'action.open')
      : `<button type="button" class="act main" data-use>${escape(say('use'))}</button>${link('job', '', 'action.open')}${
        link('views', 'views', 'action.to_views')}${link('sheet', 'sheet', 'action.to_sheet')}${one.media === 'image'
        ? `<button type="button" class="act" data-send="talking" data-picture="${escape(one.id)}">${
          escape(word('action.to_talking'))}</button><button type="button" class="act" data-keep-character="${escape(one.id)}">${
          escape(word('action.keep'))}</button>` : ''}`;
    dialog.innerHTML = `<div class="full"><button type="button" class="act step" data-step="-1"
        aria-label="${escape(say('previous'))}">‹</button>${media}
      <button type="button" class="act step" data-step="1" aria-label="${escape(say('next'))}">›</button></div>
      <div class="about"><header><h2>${escape(one.prompt.split('\n')[0])}</h2>
        <button type="button" class="act plain" data-close aria-label="${escape(say('close'))}">✕</button></header>
        <p class="chips">${facts.map((fact) => `<span class="chip">${escape(fact)}</span>`).join('')}</p>
        <div class="chips tags">${tags}<form data-tagging><input class="field" maxlength="60"
          aria-label="${escape(say('add_tag'))}" placeholder="${escape(say('add_tag'))}" list="gallery-tags"></form></div>
        <div class="row">${ways}
          <button type="button" class="act" data-star aria-pressed="${one.favourite}">★ ${escape(say('favourite'))}</button>
          <a class="act" href="${escape(one.url)}" download>${escape(word('action.download'))}</a>
          <button type="button" class="act" data-delete>${escape(say('delete'))}</button></div>
        <details class="recipe"><summary>${escape(word('result.recipe'))}</summary><pre>…</pre></details></div>`;
    appear(dialog);
    dialog.querySelector('details').addEventListener('toggle', guarded(async (event) => {
      const said = await ask(`gallery/${id}`);
      event.target.querySelector('pre').textContent = JSON.stringify(said.recipe, null, 1);
    }), {once: true});
  });
  const step = (by) => {
    const place = pictures.findIndex((one) => one.id === open) + by;
    if (place >= pictures.length - 5) load(false);
    if (pictures[place]) show(pictures[place].id);
  };

  const compare = guarded(async (first, second) => {
    const said = await ask(`gallery/compare?${new URLSearchParams({first, second})}`);
    open = '';
    const sides = [first, second].map((id, i) => {
      const one = find(id);
      return `<figure><img src="${escape(one.url)}" alt="${escape(alt(one))}">
        <figcaption>${escape(say(i ? 'second' : 'first'))}</figcaption></figure>`;
    });
    const why = said.differences.length
      ? `<table><thead><tr><th></th><th>${escape(say('first'))}</th><th>${escape(say('second'))}</th></tr></thead><tbody>${
        said.differences.map((one) => `<tr><th scope="row">${escape(memberName(one))}</th><td>${
          escape(shown(one.first))}</td><td>${escape(shown(one.second))}</td></tr>`).join('')}</tbody></table>`
      : `<p>${escape(say('same'))}</p>`;
    const dialog = part('dialog');
    dialog.innerHTML = `<div class="about"><header><h2>${escape(say('why_different'))}</h2>
      <button type="button" class="act plain" data-close aria-label="${escape(say('close'))}">✕</button></header>
      <div class="sides">${sides.join('')}</div>${why}</div>`;
    appear(dialog);
  });
  const MEMBERS = {prompt: 'form.prompt', clothing: 'form.clothing', style: 'form.style', view: 'form.view',
    seed: 'form.seed', size: 'form.scale', workflow: 'form.workflow', model: 'form.model', loras: 'form.loras',
    steps: 'form.steps', cfg: 'form.cfg', sampler: 'form.sampler', negative_prompt: 'form.negative',
    realism: 'form.realism', framing: 'form.framing'};
  const memberName = (one) => (MEMBERS[one.member] ? word(MEMBERS[one.member]) : one.label);
  const shown = (value) => {
    if (value === null || value === undefined || value === '') return '–';
    if (typeof value === 'boolean') return value ? '✓' : '–';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };

  // ------------------------------------------------------------------- wiring

  const pressed = (button) => { button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true'); };
  const build = (root) => {
    const list = (name) => `<select class="field" data-filter="${name}" aria-label="${escape(say(`by_${name}`))}" hidden></select>`;
    const act = (name) => `<button type="button" class="act" data-act="${name}">${escape(say(name))}</button>`;
    const dates = ['', ...Object.keys(DAYS)].map((name) =>
      `<option value="${name}">${escape(say(`date_${name || 'any'}`))}</option>`).join('');
    root.innerHTML = `<div class="tools"><input type="search" class="field" data-search placeholder="${escape(say('search'))}"
        aria-label="${escape(say('search'))}">${FILTERS.map(list).join('')}
      <select class="field" data-filter="date" aria-label="${escape(say('by_date'))}">${dates}</select>
      <button type="button" class="act" data-favourites aria-pressed="false">★ ${escape(say('favourites'))}</button>
      <button type="button" class="act" data-bin aria-pressed="false">${escape(say('bin'))}</button>
      <span class="quiet" data-count role="status"></span></div>
      <label class="drop slim"><input type="file" accept="image/png,image/jpeg,image/webp" aria-label="${escape(say('drop'))}">
        <span>${escape(say('drop'))}</span></label>
      <div class="tools actions" data-actions hidden><strong data-selected></strong>${
        ['favourite', 'tag', 'compare', 'zip', 'delete', 'undelete', 'clear'].map(act).join('')}</div>
      <ul class="grid" data-grid></ul><p class="quiet" data-empty hidden></p><div data-end></div>
      ${room.toast}<dialog tabindex="-1" aria-label="${escape(word('tab.gallery'))}"></dialog>`;
    root.addEventListener('click', clicked);
    root.addEventListener('keydown', key);
    root.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = event.target.querySelector('input').value.trim();
      if (name && open) tag([open], [name]).then(() => show(open));
    });
    let later;
    root.addEventListener('input', (event) => {
      if (!event.target.matches('[data-search]')) return;
      clearTimeout(later);
      later = setTimeout(() => load(true), SEARCH_AFTER_MS);
    });
    root.addEventListener('change', (event) => {
      if (event.target.matches('[data-filter]')) load(true);
      if (event.target.type === 'file' && event.target.files[0]) {
        use('restore', event.target.files[0]);
        event.target.value = '';
      }
    });
    // A picture may be dropped anywhere on the tab.
    for (const name of ['dragover', 'drop']) {
      root.addEventListener(name, (event) => {
        if (![...event.dataTransfer.types].includes('Files')) return;
        event.preventDefault();
        if (name === 'drop' && event.dataTransfer.files[0]) use('restore', event.dataTransfer.files[0]);
      });
    }
    document.addEventListener('scroll', fill, {passive: true, capture: true});
    load(true);
  };

  const clicked = (event) => {
    const hit = (selector) => event.target.closest(selector);
    const item = hit('[data-grid] > li');
    if (hit('dialog')) {
      if (event.target.tagName === 'DIALOG' || hit('[data-close]')) part('dialog').close();
      else if (hit('[data-step]')) step(Number(hit('[data-step]').dataset.step));
      else if (hit('[data-send], [data-keep-character]')) part('dialog').close();
      else if (hit('[data-use]')) use(`gallery/${open}/settings`);
      else if (hit('[data-star]')) favour([open]).then(() => show(open));
      else if (hit('[data-untag]')) tag([open], [], [hit('[data-untag]').dataset.untag]).then(() => show(open));
      else if (hit('[data-delete]')) { part('dialog').close(); remove([open]); }
    } else if (item && (hit('[data-pick]') || event.shiftKey || event.ctrlKey || event.metaKey)) {
      pick(item.dataset.id, event.shiftKey);
    } else if (item && hit('[data-star]')) favour([item.dataset.id]);
    else if (item) show(item.dataset.id);
    else if (hit('[data-favourites], [data-bin]')) { pressed(hit('[data-favourites], [data-bin]')); load(true); }
    else if (hit('[data-act]')) acted(hit('[data-act]').dataset.act);
  };
  const acted = (act) => {
    const ids = [...selected];
    const name = act === 'tag' ? (prompt(say('add_tag')) || '').trim() : '';
    if (act === 'favourite') favour(ids);
    else if (act === 'tag' && name) tag(ids, [name]);
    else if (act === 'compare') compare(...pictures.filter((one) => selected.has(one.id)).map((one) => one.id));
    else if (act === 'zip') zip(ids);
    else if (act === 'delete') remove(ids);
    else if (act === 'undelete') takeBack(ids);
    else if (act === 'clear') {
      selected.clear();
      for (const one of pictures) paint(cardOf(one.id), one);
      showActions();
    }
  };

  const key = (event) => {
    if (event.target.matches('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (part('dialog').open) {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (by) step(by);
      else if (event.key === 'f' && open) favour([open]).then(() => show(open));
      else if (event.key === 'Delete' && open) { part('dialog').close(); remove([open]); }
      return;
    }
    const item = event.target.closest('[data-grid] > li');
    if (!item) return;
    if (room.arrow(event, part('[data-grid]'), item)) { /* moved */ }
    else if (event.key === 'f') favour([item.dataset.id]);
    else if (event.key === ' ') pick(item.dataset.id, event.shiftKey);
    else if (event.key === 'Delete') remove(selected.size ? [...selected] : [item.dataset.id]);
    else return;
    event.preventDefault();
  };

  room.begin('[data-gallery]', build, '#gallery-newest', () => { choices(); arrived(); fill(); });
  return {take, taken};
})();
