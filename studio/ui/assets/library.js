// The library of what characters have made: approve and reject by keys, quality, duplicates, captions, platforms, undo.
avatarforge.library = (() => {
  const {word, escape, noted} = avatarforge;
  const room = avatarforge.room('library');
  const {part, parts, say, tell, guarded, appear} = room;
  const PAGE = 60;
  const SEARCH_AFTER_MS = 200;
  const ROUTE = 'content/library';
  const TONES = ['casual', 'friendly', 'professional', 'humorous', 'poetic', 'short'];
  const PLATFORMS = ['instagram', 'twitter', 'facebook', 'tiktok', 'youtube', 'telegram', 'generic'];
  const FILTERS = ['character', 'type', 'status', 'sort'];
  const CHOICES = {
    type: ['type_image', 'type_video', 'type_audio', 'type_text'],
    status: ['status_pending', 'status_approved', 'status_rejected'],
    sort: ['sort_newest', 'sort_best', 'sort_oldest'],
  };

  let items = [];
  let total = 0;
  let begun = false;  // nothing is asked before the tab is opened
  let open = '';
  let anchor = '';
  const selected = new Set();
  const done = [];  // what can be taken back, the newest last

  const find = (id) => items.find((one) => one.id === id);
  const ask = async (...all) => { const said = await room.ask(...all); return said.data ?? said; };
  const cardOf = (id) => part(`[data-grid] > [data-id="${CSS.escape(id)}"]`);

  // ----------------------------------------------------------------- fetching

  const query = (more = {}) => {
    const asked = new URLSearchParams({limit: PAGE, ...more});
    const words = part('[data-search]').value.trim();
    if (words) asked.set('q', words);
    for (const name of FILTERS) {
      const value = part(`[data-filter=${name}]`).value;
      if (value) asked.set(name === 'character' ? 'character_id' : name, value);
    }
    return asked;
  };
  const isFiltered = () => [...query().keys()].some((name) => !['limit', 'sort'].includes(name));
  const {load, fill, current, changing, isLoading} = room.pages({
    hasMore: () => items.length < total,
    fetch: (anew) => ask(`${ROUTE}?${query({offset: anew ? 0 : items.length})}`),
    show: (page, anew) => {
      if (anew) {
        items = [];
        selected.clear();
      }
      const more = page.items.filter((one) => !find(one.id));
      items.push(...more);
      total = page.items.length ? page.total : items.length;
      part('[data-grid]').append(...more.map(card));
      counted();
      judgeAll();
    },
  });
  const counted = () => {
    part('[data-count]').textContent = say('count', {count: total});
    part('[data-empty]').hidden = items.length > 0;
    part('[data-empty]').textContent = say(isFiltered() ? 'none_found' : 'empty');
    showActions();
  };
  const arrived = guarded(async () => {
    if (!room.isOpen() || isLoading()) return;
    characters();
    if (!begun) {
      begun = true;
      await load(true);
      return;
    }
    const isBusy = () => selected.size || open || part('[data-filter=sort]').value !== 'newest';
    if (isBusy()) return;
    const page = await current(() => ask(`${ROUTE}?${query()}`));
    if (!page || isBusy()) return;  // somebody has filtered, picked or opened one meanwhile
    const fresh = page.items.filter((one) => !find(one.id));
    if (!fresh.length && page.total === total) return;
    if (fresh.length + items.length !== page.total) { load(true); return; }
    items.unshift(...fresh);
    total = page.total;
    part('[data-grid]').prepend(...fresh.map(card));
    counted();
    judgeAll();
  });
  const characters = guarded(async () => {
    const list = part('[data-filter=character]');
    const said = await ask('characters/cards?limit=100');
    const chosen = list.value;  // only now: somebody may have chosen meanwhile
    const named = [...said.characters].sort((one, other) => one.name.localeCompare(other.name));
    list.innerHTML = `<option value="">${escape(say('any_character'))}</option>` + named.map((one) =>
      `<option value="${escape(one.id)}">${escape(one.name)}</option>`).join('');
    list.value = chosen;
  });
  // From the tab of a character: all that is hers, to be decided.
  const showOf = async (id) => {
    avatarforge.goTo('library');
    await room.built;
    await characters();
    part('[data-search]').value = '';
    for (const name of FILTERS.filter((one) => one !== 'sort')) part(`[data-filter=${name}]`).value = name === 'character' ? id : '';
    begun = true;
    await load(true);
  };

  // ------------------------------------------------------------------ showing

  const alt = (one) => [one.description || one.prompt, one.character_name].filter(Boolean).join(', ') || one.content_type;
  const small = (one) => `studio/${ROUTE}/${encodeURIComponent(one.id)}/preview?width=320`;
  const whole = (one) => `studio/${ROUTE}/${encodeURIComponent(one.id)}/preview`;
  const card = (one) => {
    const item = document.createElement('li');
    item.dataset.id = one.id;
    const shown = one.thumbnail_url
      ? `<img src="${escape(small(one))}" alt="${escape(alt(one))}" loading="lazy" decoding="async">`
      : `<span class="file">${escape(one.content_type === 'audio' ? '♪' : one.mime_type)}</span>`;
    item.innerHTML = `<button type="button" class="open${one.content_type === 'video' ? ' plays' : ''}"
        aria-label="${escape(alt(one))}">${shown}</button>
      <button type="button" class="mark check" role="checkbox" aria-checked="false" data-pick aria-label="${escape(say('select'))}">✓</button>
      <span class="badges"><b data-score></b><b data-state></b></span>`;
    paint(item, one);
    return item;
  };
  const SIGNS = {approved: '✓', rejected: '✗', pending: ''};
  const grade = (score) => (score >= 7 ? 'good' : score >= 4.5 ? 'fair' : 'poor');
  const paint = (item, one) => {
    if (!item || !one) return;
    item.classList.toggle('selected', selected.has(one.id));
    item.classList.toggle('rejected', one.approval_status === 'rejected');
    item.querySelector('[data-pick]').setAttribute('aria-checked', String(selected.has(one.id)));
    const score = item.querySelector('[data-score]');
    score.hidden = one.quality_score === null;
    score.textContent = one.quality_score === null ? '' : one.quality_score.toFixed(1);
    score.className = one.quality_score === null ? '' : grade(one.quality_score);
    score.title = say('quality');
    const state = item.querySelector('[data-state]');
    state.hidden = !SIGNS[one.approval_status];
    state.textContent = SIGNS[one.approval_status];
    state.className = one.approval_status;
    state.title = say(`status_${one.approval_status}`);
  };
  const changed = (one) => {
    const place = items.findIndex((other) => other.id === one.id);
    if (place >= 0) items[place] = one;
    paint(cardOf(one.id), one);
  };
  const showActions = () => {
    for (const id of [...selected]) if (!find(id)) selected.delete(id);
    part('[data-actions]').hidden = selected.size === 0;
    part('[data-selected]').textContent = say('selected', {count: selected.size});
    part('[data-undo]').disabled = done.length === 0;
  };
  const pick = (id, upTo) => {
    if (upTo && find(anchor)) {
      const [from, to] = [anchor, id].map((one) => items.findIndex((other) => other.id === one)).sort((a, b) => a - b);
      for (const one of items.slice(from, to + 1)) selected.add(one.id);
    } else if (!selected.delete(id)) selected.add(id);
    anchor = id;
    for (const one of items) paint(cardOf(one.id), one);
    showActions();
  };

  // ------------------------------------------------------------------ quality

  // What nobody has judged yet is judged while it is looked at, one after the other.
  let judging = false;
  const judgeAll = async () => {
    if (judging) return;
    judging = true;
    try {
      for (;;) {
        const next = items.find((one) => one.quality_score === null && one.content_type === 'image' && !one.failed);
        if (!next || !room.isOpen() || document.hidden) return;
        try {
          const verdict = await ask(`content/validate/${encodeURIComponent(next.id)}`, {});
          if (find(next.id)) changed({...find(next.id), quality_score: verdict.quality_score});
        } catch {
          next.failed = true;  // its own page tells why
        }
      }
    } finally {
      judging = false;
    }
  };

  // ------------------------------------------------------------------- acting

  // Every change can be taken back, also after others: `z` takes the newest one.
  const note = (words, undo) => {
    const step = {words, undo};
    done.push(step);
    if (done.length > 50) done.shift();
    showActions();
    tell(words, {label: say('undo'), act: () => takeBack(step)});
  };
  const takeBack = changing(async (step = done.at(-1)) => {
    if (!step || !done.includes(step)) return;
    done.splice(done.indexOf(step), 1);
    await step.undo();
    showActions();
    tell(say('undone', {words: step.words}));
  });
  const put = async (id, values) => changed(await ask(`${ROUTE}/${encodeURIComponent(id)}`, values, 'PUT'));
  const decide = changing(async (ids, verdict) => {
    const before = ids.map((id) => [id, find(id)?.approval_status]).filter(([, status]) => status && status !== verdict);
    if (!before.length) return;
    await ask(`${ROUTE}/batch/${verdict === 'approved' ? 'approve' : 'reject'}`, {content_ids: before.map(([id]) => id)});
    for (const [id] of before) changed({...find(id), approval_status: verdict});
    note(say(verdict, {count: before.length}), async () => {
      for (const [id, status] of before) await put(id, {approval_status: status});
    });
    if (open) show(open);
  });
  const label = changing(async (ids, name, on) => {
    const route = (id) => `${ROUTE}/${encodeURIComponent(id)}/tags`;
    const touched = ids.filter((id) => find(id).tags.includes(name) !== on);
    for (const id of touched) changed(await ask(route(id), {tags: [name]}, on ? 'POST' : 'DELETE'));
    if (!touched.length) return;
    note(say(on ? 'tagged' : 'untagged', {tag: name}), async () => {
      for (const id of touched) changed(await ask(route(id), {tags: [name]}, on ? 'DELETE' : 'POST'));
    });
    if (open) show(open);
  });
  const remove = changing(async (ids) => {
    await ask(`${ROUTE}/batch/delete`, {content_ids: ids});
    for (const id of ids) { cardOf(id)?.remove(); selected.delete(id); }
    const gone = new Set(ids);
    const left = items.filter((one) => !gone.has(one.id));
    total -= items.length - left.length;
    items = left;
    counted();
    note(say('deleted', {count: ids.length}), async () => {
      await ask(`${ROUTE}/batch/restore`, {content_ids: ids});
      await load(true);
    });
  });
  const zip = guarded(async (ids) => {
    const answer = await fetch(`studio/${ROUTE}/batch/download`, {
      method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({content_ids: ids}),
    });
    if (!answer.ok) throw new Error(avatarforge.sentence(await answer.json()));
    const url = URL.createObjectURL(await answer.blob());
    room.save(url);
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  });
  const chosen = (item) => (selected.size ? [...selected] : item ? [item.dataset.id] : []);
  const askTag = () => (prompt(say('add_tag')) || '').trim();

  // -------------------------------------------------------------- one of them

  const media = (one) => {
    const source = escape(whole(one));
    if (one.content_type === 'video') return `<video src="${source}#t=0.001" controls playsinline preload="metadata" aria-label="${escape(alt(one))}"></video>`;
    if (one.content_type === 'audio') return `<audio src="${source}" controls preload="metadata" aria-label="${escape(alt(one))}"></audio>`;
    return `<img src="${source}" alt="${escape(alt(one))}">`;
  };
  const options = (names, words, chosen) => names.map((name) =>
    `<option value="${escape(name)}"${name === chosen ? ' selected' : ''}>${escape(words(name))}</option>`).join('');
  const short = (text) => (text.length > 120 ? `${text.slice(0, 118).replace(/[\s,]+\S*$/, '')} …` : text);
  const size = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const show = guarded(async (id) => {
    const one = find(id);
    if (!one) return;
    const again = open === id && part('dialog').open;
    open = id;
    const facts = [
      one.character_name, one.width ? `${one.width} × ${one.height}` : '', one.duration ? `${one.duration.toFixed(1)} s` : '',
      size(one.file_size), one.folder_path, one.times_used ? say('used', {count: one.times_used}) : '',
      new Date(one.created_at).toLocaleString(document.documentElement.lang || undefined),
    ].filter(Boolean);
    const tags = one.tags.map((name) => `<span class="chip">${escape(name)}<button type="button" data-untag="${
      escape(name)}" aria-label="${escape(say('untag', {tag: name}))}">×</button></span>`).join('');
    const state = (verdict, key) => `<button type="button" class="act${one.approval_status === verdict ? ' on' : ''}" data-decide="${verdict}"
      aria-pressed="${one.approval_status === verdict}">${SIGNS[verdict]} ${escape(say(key))}</button>`;
    const visual = one.content_type === 'image' || one.content_type === 'video';
    const kept = again ? {words: part('[data-words]')?.value, checks: part('[data-checks]')?.innerHTML, plans: part('[data-plans]')?.innerHTML} : {};
    part('dialog').innerHTML = `<div class="full"><button type="button" class="act step" data-step="-1"
        aria-label="${escape(say('previous'))}">‹</button>${media(one)}
      <button type="button" class="act step" data-step="1" aria-label="${escape(say('next'))}">›</button></div>
      <div class="about"><header><h2>${escape(short(one.description || one.prompt.split('\n')[0] || one.content_type))}</h2>
        <button type="button" class="act plain" data-close aria-label="${escape(say('close'))}">✕</button></header>
      <p class="chips">${facts.map((fact) => `<span class="chip">${escape(fact)}</span>`).join('')}</p>
      <div class="row">${state('approved', 'approve')}${state('rejected', 'reject')}
        <a class="act" href="studio/${ROUTE}/${encodeURIComponent(id)}/download" download>${escape(word('action.download'))}</a>
        <button type="button" class="act" data-delete>${escape(say('delete'))}</button></div>
      <div class="chips tags">${tags}<form data-tagging><input class="field" maxlength="60" aria-label="${escape(say('add_tag'))}"
        placeholder="${escape(say('add_tag'))}"></form></div>
      ${one.content_type === 'image' ? `<details class="recipe" data-quality><summary>${escape(say('quality'))}${
        one.quality_score === null ? '' : ` <b class="chip ${grade(one.quality_score)}">${one.quality_score.toFixed(1)}</b>`}</summary>
        <div data-checks>${kept.checks || `<p class="quiet">${escape(say('judging'))}</p>`}</div></details>` : ''}
      ${visual ? `<details class="recipe" data-caption><summary>${escape(say('caption'))}</summary><div class="fields">
        <div class="row"><select class="field" data-tone aria-label="${escape(say('tone'))}">${options(TONES, (name) => say(`tone_${name}`), 'casual')}</select>
          <select class="field" data-for aria-label="${escape(say('platform'))}">${options(PLATFORMS, noted, 'instagram')}</select>
          <button type="button" class="act main" data-write>${escape(say('write'))}</button></div>
        <textarea class="field" rows="4" data-words aria-label="${escape(say('caption'))}">${escape(kept.words ?? one.description ?? '')}</textarea>
        <div class="row"><button type="button" class="act" data-keep>${escape(say('keep_caption'))}</button>
          <button type="button" class="act" data-copy>${escape(say('copy'))}</button><small class="quiet" data-by></small></div></div></details>
      <details class="recipe" data-repurpose><summary>${escape(say('repurpose'))}</summary><div data-plans>${
        kept.plans || `<p class="quiet">…</p>`}</div></details>` : ''}</div>`;
    appear(part('dialog'));
    for (const [place, fill] of [['[data-quality]', quality], ['[data-repurpose]', plans]]) {
      part(place)?.addEventListener('toggle', (event) => { if (event.target.open) fill(one); }, {once: true});
    }
  });
  // Those of platforms have names of their own.
  const checkName = (name) => {
    const known = say(`check_${name}`);
    return known === `library.check_${name}` ? noted(name.replaceAll('_', ' ')) : known;
  };
  const quality = guarded(async (one) => {
    const verdict = await ask(`content/validate/${encodeURIComponent(one.id)}`, {});
    changed({...find(one.id), quality_score: verdict.quality_score});
    if (open !== one.id) return;
    const rows = verdict.checks.map((check) => `<tr><th scope="row">${check.passed ? '✓' : '✗'} ${escape(checkName(check.name))}</th>
      <td>${escape(noted(check.why || ''))}</td></tr>`).join('');
    const twins = (verdict.metadata.duplicates || []).map((id) => `<button type="button" class="twin" data-open="${
      escape(id)}"><img src="${escape(small({id}))}" alt="${escape(say('duplicate'))}"></button>`).join('');
    part('[data-checks]').innerHTML = `<table><tbody>${rows}</tbody></table>${twins
      ? `<p>${escape(say('duplicates'))}</p><div class="row">${twins}</div>` : ''}`;
  });

  const write = guarded(async (one) => {
    const said = await ask('content/caption', {
      content_id: one.id, platform: part('[data-for]').value, tone: part('[data-tone]').value,
    });
    part('[data-words]').value = said.caption;
    part('[data-by]').textContent = say(said.engine === 'template' ? 'by_template' : 'by_model', {name: said.model || said.engine || ''});
  });
  const keepWords = changing(async (one) => {
    const before = one.description;
    await put(one.id, {description: part('[data-words]').value});
    note(say('kept_caption'), () => put(one.id, {description: before ?? ''}));
  });

  // How each platform would cut it: shown by the browser alone, made only when it is asked for.
  const plans = guarded(async (one) => {
    const said = await ask(`${ROUTE}/${encodeURIComponent(one.id)}/repurpose/platforms`);
    if (open !== one.id) return;
    const cards = said.platforms.map((name) => {
      const wanted = said.requirements[name];
      return `<label class="plan"><input type="checkbox" value="${escape(name)}" data-plan checked>${cutting(one, wanted)}
        <b>${escape(noted(name.replaceAll('_', ' ')))}</b><small class="quiet">${escape(wanted.aspect_ratio)} · ${
          escape(wanted.width && wanted.height ? `${wanted.width} × ${wanted.height}` : `≤ ${wanted.max_width} × ${wanted.max_height}`)}</small></label>`;
    }).join('');
    part('[data-plans]').innerHTML = `<div class="plans">${cards}</div>
      <div class="row"><button type="button" class="act main" data-make>${escape(say('make_all'))}</button><small class="quiet" data-made></small></div>`;
  });
  const cutting = (one, wanted) => {
    const [across, down] = wanted.aspect_ratio.split(':').map(Number);
    const crop = wanted.crop;
    if (!crop || !one.width) {
      return `<span class="cut" style="aspect-ratio:${across}/${down}"><img src="${escape(small(one))}" alt=""></span>`;
    }
    // Lengths in shares of the frame: what lies outside of the picture is padded.
    const style = [['left', -crop.x / crop.width], ['top', -crop.y / crop.height], ['width', one.width / crop.width],
      ['height', one.height / crop.height]].map(([side, share]) => `${side}:${share * 100}%`).join(';');
    return `<span class="cut exact" style="aspect-ratio:${crop.width}/${crop.height}"><img src="${escape(small(one))}" alt="" style="${style}"></span>`;
  };
  const make = guarded(async (one) => {
    const wanted = parts('[data-plan]:checked').map((box) => box.value);
    if (!wanted.length) return;
    part('[data-make]').disabled = true;
    part('[data-made]').textContent = say('making');
    try {
      const said = await ask(`${ROUTE}/${encodeURIComponent(one.id)}/repurpose/multiple`, {platforms: wanted});
      const results = Object.values(said.repurposed);
      const made = results.map((result) => result.content_id).filter(Boolean);
      const later = results.filter((result) => !result.content_id && ['pending', 'processing'].includes(result.status));
      const failed = [...Object.entries(said.errors || {}), ...Object.entries(said.repurposed)
        .filter(([, result]) => ['failed', 'cancelled'].includes(result.status)).map(([name, result]) => [name, result.error || word(`status.${result.status}`)])]
        .map(([name, why]) => `${noted(name.replaceAll('_', ' '))}: ${why}`);
      // Videos take longer than anybody waits for an answer; they come by themselves.
      const told = [say('made', {count: made.length}), later.length ? say('on_their_way', {count: later.length}) : '', ...failed];
      if (part('[data-made]')) part('[data-made]').textContent = told.filter(Boolean).join(' ');
      if (made.length) note(say('made', {count: made.length}), async () => {
        await ask(`${ROUTE}/batch/delete`, {content_ids: made});
        await load(true);
      });
    } finally {
      // Whoever has closed it meanwhile finds another one, or none.
      if (part('[data-make]')) part('[data-make]').disabled = false;
    }
  });

  const step = (by) => {
    const place = items.findIndex((one) => one.id === open) + by;
    if (place >= items.length - 5) load(false);
    if (items[place]) show(items[place].id);
  };

  // ------------------------------------------------------------------ storage

  const storage = guarded(async () => {
    const place = part('[data-storage]');
    if (!place.hidden) { place.hidden = true; return; }
    const said = await ask('content/storage');
    const rows = said.by_character || [];
    const most = Math.max(1, ...rows.map((one) => one.bytes));
    place.innerHTML = `<h3>${escape(say('storage', {count: said.total, size: size(said.total_bytes)}))}</h3>${rows.map((one) => `<div class="held">
      <span>${escape(one.character_name || say('no_character'))}</span><div class="bar"><i style="width:${(one.bytes / most) * 100}%"></i></div>
      <small>${one.count} · ${escape(size(one.bytes))}</small></div>`).join('')}`;
    place.hidden = false;
  });

  // ------------------------------------------------------------------- wiring

  const build = (root) => {
    const list = (name) => `<select class="field" data-filter="${name}" aria-label="${escape(say(`by_${name}`))}">${
      name === 'sort' ? '' : `<option value="">${escape(say(`any_${name}`))}</option>`}${
      (CHOICES[name] || []).map((key) => `<option value="${key.slice(name.length + 1)}">${escape(say(key))}</option>`).join('')}</select>`;
    const act = (name) => `<button type="button" class="act" data-act="${name}">${escape(say(name))}</button>`;
    root.innerHTML = `<div class="tools"><input type="search" class="field" data-search placeholder="${escape(say('search'))}"
        aria-label="${escape(say('search'))}">${FILTERS.map(list).join('')}
      <button type="button" class="act" data-space>${escape(say('space'))}</button>
      <button type="button" class="act" data-undo disabled>${escape(say('undo'))}</button>
      <span class="quiet" data-count role="status"></span></div>
      <p class="quiet keys">${escape(say('keys'))}</p><section class="storage" data-storage hidden></section>
      <div class="tools actions" data-actions hidden><strong data-selected></strong>${
        ['approve', 'reject', 'tag', 'zip', 'delete', 'clear'].map(act).join('')}</div>
      <ul class="grid" data-grid></ul><p class="quiet" data-empty hidden></p><div data-end></div>
      ${room.toast}<dialog tabindex="-1" aria-label="${escape(word('tab.library'))}"></dialog>`;
    root.addEventListener('click', clicked);
    root.addEventListener('keydown', key);
    root.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = event.target.querySelector('input').value.trim();
      if (name && open) label([open], name, true);
    });
    let later;
    root.addEventListener('input', (event) => {
      if (!event.target.matches('[data-search]')) return;
      clearTimeout(later);
      later = setTimeout(() => load(true), SEARCH_AFTER_MS);
    });
    root.addEventListener('change', (event) => { if (event.target.matches('[data-filter]')) load(true); });
    part('dialog').addEventListener('close', () => {
      const last = open;
      open = '';
      cardOf(last)?.querySelector('.open').focus();
    });
    document.addEventListener('scroll', fill, {passive: true, capture: true});
  };

  const clicked = (event) => {
    const hit = (selector) => event.target.closest(selector);
    const item = hit('[data-grid] > li');
    if (hit('dialog')) {
      if (event.target.tagName === 'DIALOG' || hit('[data-close]')) part('dialog').close();
      else if (hit('[data-step]')) step(Number(hit('[data-step]').dataset.step));
      else if (hit('[data-decide]')) decide([open], hit('[data-decide]').dataset.decide);
      else if (hit('[data-untag]')) label([open], hit('[data-untag]').dataset.untag, false);
      else if (hit('[data-write]')) write(find(open));
      else if (hit('[data-keep]')) keepWords(find(open));
      else if (hit('[data-copy]')) navigator.clipboard?.writeText(part('[data-words]').value).then(() => tell(say('copied')));
      else if (hit('[data-make]')) make(find(open));
      else if (hit('[data-open]') && find(hit('[data-open]').dataset.open)) show(hit('[data-open]').dataset.open);
      else if (hit('[data-delete]')) { const id = open; part('dialog').close(); remove([id]); }
    } else if (item && (hit('[data-pick]') || event.shiftKey || event.ctrlKey || event.metaKey)) pick(item.dataset.id, event.shiftKey);
    else if (item) show(item.dataset.id);
    else if (hit('[data-undo]')) takeBack();
    else if (hit('[data-space]')) storage();
    else if (hit('[data-act]')) acted(hit('[data-act]').dataset.act, [...selected]);
  };
  const acted = (act, ids) => {
    if (!ids.length) return;
    if (act === 'approve') decide(ids, 'approved');
    else if (act === 'reject') decide(ids, 'rejected');
    else if (act === 'tag') { const name = askTag(); if (name) label(ids, name, true); }
    else if (act === 'zip') zip(ids);
    else if (act === 'delete') remove(ids);
    else if (act === 'clear') { selected.clear(); for (const one of items) paint(cardOf(one.id), one); showActions(); }
  };

  const KEYS = {a: 'approve', r: 'reject', t: 'tag', Delete: 'delete'};
  const key = (event) => {
    if (event.target.matches('input:not([type=checkbox]), select, textarea') || event.altKey) return;
    if (event.key === 'z') { takeBack(); event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey) return;
    const act = KEYS[event.key];
    if (part('dialog').open) {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (by) step(by);
      else if (act === 'delete') { const id = open; part('dialog').close(); remove([id]); }
      else if (act) acted(act, [open]);
      else return;
      event.preventDefault();
      return;
    }
    const item = event.target.closest('[data-grid] > li');
    if (!item) return;
    if (room.arrow(event, part('[data-grid]'), item)) { /* moved */ }
    else if (act) {
      const ids = chosen(item);
      const next = item.nextElementSibling || item.previousElementSibling;
      acted(act, ids);
      // Whoever decides goes on to the next one.
      if (!selected.size) next?.querySelector('.open').focus();
    } else if (event.key === ' ') pick(item.dataset.id, event.shiftKey);
    else return;
    event.preventDefault();
  };

  room.begin('[data-library]', build, '#library-newest', () => { arrived(); fill(); judgeAll(); });
  return {showOf};
})();
