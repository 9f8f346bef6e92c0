// Characters that are kept: cards, one of them to edit with a live draft, styles, sets, pictures, bundles.
avatarforge.characters = (() => {
  const {word, escape, noted} = avatarforge;
  const {films} = avatarforge;
  const room = avatarforge.room('characters');
  const {part, parts, say, tell, guarded} = room;
  const PAGE = 60;
  const SEARCH_AFTER_MS = 200;
  const SAVE_AFTER_MS = 500;
  const LOOK_AGAIN_MS = 1200;
  // What the document names comes first; the rest are words of our own that are drawn as well.
  const LOOKS = ['gender', 'species', 'hair_color', 'hair_style', 'eye_color', 'skin_tone', 'build', 'features', 'clothing'];
  const TRAITS = ['extroversion', 'creativity', 'humor', 'professionalism', 'authenticity'];
  const FACES = ['neutral', 'happy', 'laughing', 'smirk', 'wink', 'shy', 'surprised', 'scared', 'sad', 'crying', 'angry',
    'determined', 'serious', 'confused', 'sleepy', 'disgusted', 'calm', 'evil grin'];

  let people = [];
  let total = 0;
  let one = null;  // whoever is being edited

  const ask = async (...all) => { const said = await room.ask(...all); return said.data ?? said; };
  const at = (id, rest = '') => `characters/${encodeURIComponent(id)}${rest}`;

  // -------------------------------------------------------------------- cards

  const searched = () => part('[data-search]').value.trim();
  const {load, fill} = room.pages({
    hasMore: () => people.length < total,
    fetch: (anew) => {
      const asked = new URLSearchParams({limit: PAGE, offset: anew ? 0 : people.length});
      if (searched()) asked.set('search', searched());
      return ask(`characters/cards?${asked}`);
    },
    show: (page, anew) => {
      if (anew) people = [];
      const more = page.characters.filter((other) => !people.some((known) => known.id === other.id));
      people.push(...more);
      total = page.characters.length ? page.total : people.length;
      part('[data-grid]').append(...more.map(card));
      part('[data-count]').textContent = say('count', {count: total});
      part('[data-empty]').hidden = people.length > 0;
      part('[data-empty]').textContent = say(searched() ? 'none_found' : 'empty');
    },
  });
  const face = (person) => {
    const image = new Image();
    Object.assign(image, {loading: 'lazy', decoding: 'async', alt: person.name, src: person.picture_url});
    // While the engine is away there is a letter instead of a face.
    image.onerror = () => image.replaceWith([...person.name][0] || '?');
    return image;
  };
  const card = (person) => {
    const item = document.createElement('li');
    item.dataset.id = person.id;
    const facts = [person.age !== null && person.age !== undefined ? say('years', {age: person.age}) : '', person.location].filter(Boolean);
    item.innerHTML = `<button type="button" class="open"><span class="face"></span>
      <span class="named"><b>${escape(person.name)}</b><small>${escape(facts.join(' · ') || person.bio.slice(0, 60))}</small></span></button>`;
    item.querySelector('.face').append(face(person));
    return item;
  };

  // ------------------------------------------------------------------- making

  const made = (person) => {
    load(true);
    edit(person.id);
  };
  const fromWords = guarded(async () => {
    const text = part('[data-words]').value.trim();
    if (!text) { tell(say('no_words')); return; }
    const said = await ask('characters/from-words', {words: text});
    made(said.character);
    part('[data-words]').value = '';
    if (said.not_understood.length) tell(say('not_understood', {words: said.not_understood.join(', ')}));
  });
  const send = async (path, file) => {
    const body = new FormData();
    body.append('file', file);
    return ask(path, body);
  };
  const fromPicture = guarded(async (file) => {
    const {file_id} = await send('../upload/reference_image', file);
    const name = file.name.replace(/\.\w+$/, '').slice(0, 100) || say('unnamed');
    made((await ask('characters/from-picture', {name, file_id})).character);
  });
  const bring = guarded(async (file) => {
    const said = await send('characters/import', file);
    made(said.character || said);
    tell([say('imported'), ...(said.notes || []).map(noted)].join(' '));
  });
  // From the result of any tab: "keep this character".
  const keep = async (picture) => {
    avatarforge.goTo('characters');
    await room.built;
    await keepHere(picture);
  };
  const keepHere = guarded(async (picture) => {
    made((await ask('characters/from-result', {name: say('unnamed'), output_id: picture})).character);
    tell(say('kept'));
  });

  // ------------------------------------------------------------------ editing

  const field = (name, value, options = {}) => `<label class="named"><span>${escape(options.words || say(name))}</span>${options.long
    ? `<textarea class="field" rows="${options.long}" data-field="${name}">${escape(value ?? '')}</textarea>`
    : `<input class="field" data-field="${name}" value="${escape(value ?? '')}"${options.more || ''}>`}</label>`;
  // Words of one's own stay, too.
  const moods = (mood) => `<label class="named"><span>${escape(say('look_expression'))}</span><select class="field" data-field="appearance.expression"><option
    value="">${escape(say('as_it_comes'))}</option>${[...new Set([...FACES, mood])].filter(Boolean).map((name) => `<option value="${escape(name)}"${
    name === mood ? ' selected' : ''}>${escape(FACES.includes(name) ? word(`expression.${name}`) : name)}</option>`).join('')}</select></label>`;
  const styleRow = (style) => `<div class="style-row" data-style="${escape(style.id)}"><b>${escape(style.name)}</b>
    <small>${escape([style.prompt_prefix, style.prompt_suffix].filter(Boolean).join(', '))}</small>
    <button type="button" class="act${style.is_default ? ' on' : ''}" data-default aria-pressed="${style.is_default}">${escape(say('default'))}</button>
    <button type="button" class="act" data-drop-style>${escape(say('remove'))}</button></div>`;
  let wanted = '';  // whoever was clicked last, if several are on their way
  const edit = guarded(async (id) => {
    wanted = id;
    await saved();
    const said = await ask(at(id));
    if (wanted !== id) return;
    one = said;
    part('[data-list]').hidden = true;
    const place = part('[data-editor]');
    place.hidden = false;
    const looks = one.appearance || {};
    const manner = one.personality || {};
    place.innerHTML = `<header><button type="button" class="act" data-back>‹ ${escape(say('back'))}</button><h2>${escape(one.name)}</h2>
        <small class="quiet" data-saved role="status"></small>
        <button type="button" class="act main" data-use="avatar">${escape(say('use_avatar'))}</button>
        <button type="button" class="act" data-use="views">${escape(word('tab.views'))}</button>
        <button type="button" class="act" data-use="sheet">${escape(word('tab.sheet'))}</button>
        <button type="button" class="act" data-use="talking">${escape(word('tab.talking'))}</button>
        <a class="act" href="studio/${at(id, '/bundle')}" download>${escape(say('export'))}</a>
        <button type="button" class="act" data-delete>${escape(say('delete'))}</button></header>
      <div class="fields" data-form>
        <div class="two">${field('name', one.name, {more: ' maxlength="255" required'})}${field('age', one.age, {more: ' inputmode="numeric"'})}
          ${field('location', one.location)}${field('timezone', one.timezone)}</div>
        ${field('bio', one.bio, {long: 2})}
        <div class="two">${LOOKS.map((name) => field(`appearance.${name}`, looks[name], {words: say(`look_${name}`)})).join('')}
          ${moods(looks.expression)}${field('appearance.style_keywords', (looks.style_keywords || []).join(', '), {words: say('look_style_keywords')})}</div>
        <details class="recipe"><summary>${escape(say('manner'))}</summary><div class="fields" style="margin-top:.6rem">
          <div class="two">${TRAITS.map((name) => `<label class="named"><span>${escape(say(`trait_${name}`))}</span><input type="range" min="0" max="1"
            step="0.05" data-field="personality.${name}" value="${Number(manner[name] ?? 0.5)}"></label>`).join('')}</div>
          <div class="two">${field('personality.communication_style', manner.communication_style, {words: say('communication_style')})}
            ${field('personality.content_tone', manner.content_tone, {words: say('content_tone')})}
            ${field('interests', (one.interests || []).join(', '))}
            ${field('personality.preferred_topics', (manner.preferred_topics || []).join(', '), {words: say('preferred_topics')})}</div></div></details>
      </div>
      <aside class="look"><div><img data-draft alt="" hidden><p data-about role="status"></p></div></aside>
      <section class="part"><h3>${escape(say('styles'))}</h3><div data-styles>${(one.styles || []).map(styleRow).join('')}</div>
        <form class="tools" data-new-style><input class="field" name="name" required maxlength="255" placeholder="${escape(say('style_name'))}"
            aria-label="${escape(say('style_name'))}"><input class="field" name="prompt_prefix" placeholder="${escape(say('style_words'))}"
            aria-label="${escape(say('style_words'))}" style="flex:1 1 14rem"><button class="act">${escape(say('add_style'))}</button></form></section>
      <section class="part"><h3>${escape(say('make'))}</h3>
        <form class="tools" data-generate><input class="field" name="prompt" placeholder="${escape(say('prompt'))}" aria-label="${
          escape(say('prompt'))}" style="flex:1 1 16rem"><select class="field" name="style_id" aria-label="${escape(say('style'))}"></select>
          <button class="act main">${escape(word('avatar.generate'))}</button></form>
        <details class="recipe"><summary>${escape(say('expressions'))}</summary><form class="fields" data-set="expressions" style="margin-top:.6rem">
          <div class="faces">${FACES.map((name, i) => `<label><input type="checkbox" value="${name}"${i && i < 3 ? ' checked' : ''}>${
            escape(word(`expression.${name}`))}</label>`).join('')}</div><div class="row"><button class="act main">${escape(say('make_set'))}</button></div></form></details>
        <details class="recipe"><summary>${escape(say('costumes'))}</summary><form class="fields" data-set="costumes" style="margin-top:.6rem">
          <textarea class="field" rows="4" aria-label="${escape(say('costumes'))}" placeholder="${escape(say('costumes_hint'))}"></textarea>
          <div class="row"><button class="act main">${escape(say('make_set'))}</button></div></form></details>${films.html()}</section>
      <section class="part"><div class="row"><h3>${escape(say('pictures'))}</h3><button type="button" class="act" data-in-library>${
        escape(say('in_library'))}</button></div><ul class="pictures-of" data-pictures></ul>
        <p class="quiet" data-no-pictures hidden>${escape(say('no_pictures'))}</p></section>`;
    listStyles();
    avatarforge.remember({character: id});
    drawSoon(0);
    pictures();
    guarded(films.opened)();
  });
  const listStyles = () => {
    part('[name=style_id]').innerHTML = `<option value="">${escape(say('default_style'))}</option>` + (one.styles || []).map((style) =>
      `<option value="${escape(style.id)}">${escape(style.name)}</option>`).join('');
  };
  const close = guarded(async () => {
    wanted = '';
    await saved();
    shut();
  });
  const shut = () => {
    one = null;
    part('[data-editor]').hidden = true;
    part('[data-list]').hidden = false;
    avatarforge.remember({character: ''});
    load(true);
  };

  // What is typed is kept by itself; the draft shows what is kept.
  const LISTS = ['interests', 'preferred_topics', 'style_keywords'];
  const typed = () => {
    const values = {appearance: {...one.appearance}, personality: {...one.personality}};
    for (const input of parts('[data-form] [data-field]')) {
      const [group, name] = input.dataset.field.includes('.') ? input.dataset.field.split('.') : ['', input.dataset.field];
      const text = input.value.trim();
      let value = text;
      if (LISTS.includes(name)) value = text.split(',').map((word) => word.trim()).filter(Boolean);
      else if (input.type === 'range') value = Number(text);
      else if (name === 'age') value = text === '' ? null : Number(text);
      else if (group) value = text || null;
      (group ? values[group] : values)[name] = value;
    }
    return values;
  };
  let saving;  // runs until it is saved what was typed last
  let last = Promise.resolve();  // one after the other, as an older one must not come later
  const changed = () => {
    part('[data-saved]').textContent = '…';
    clearTimeout(saving);
    saving = setTimeout(saved, SAVE_AFTER_MS);
  };
  // What was typed is with the studio when this ends; whoever leaves or asks for pictures waits for that.
  const saved = () => {
    if (saving) {
      clearTimeout(saving);
      saving = undefined;
      last = last.then(save);
    }
    return last;
  };
  const save = guarded(async () => {
    if (!one) return;
    const id = one.id;
    const values = typed();
    if (!values.name) { part('[data-saved]').textContent = say('no_name'); return; }
    if (values.age !== null && !Number.isInteger(values.age)) { part('[data-saved]').textContent = say('no_age'); return; }
    const said = await ask(at(id), values, 'PUT');
    if (one?.id !== id) return;
    one = {...said, styles: said.styles || one.styles};
    part('.editor h2').textContent = one.name;
    if (!saving) part('[data-saved]').textContent = say('saved');
    drawSoon(0);
  });

  let later;
  let drawing = new AbortController();
  const drawSoon = (after) => { clearTimeout(later); later = setTimeout(draw, after); };
  const stopDrawing = () => { clearTimeout(later); drawing.abort(); };
  const draw = async () => {
    const id = one?.id;
    if (!id) return;
    stopDrawing();
    const {signal} = drawing = new AbortController();
    let said;
    try {
      const {request} = await ask(at(id, '/request'), undefined, undefined, signal);
      const {prompt, negative_prompt, clothing, style, realism, framing, reference_file_id, seed} = request;
      said = await avatarforge.draft('character', {prompt, negative_prompt, clothing, style, realism, framing, reference_file_id,
        seed: seed === undefined ? null : String(seed)});
    } catch (error) {
      said = {problem: String(error.message || error)};
    }
    if (signal.aborted) return;
    if (!said || one?.id !== id) return;
    const image = part('[data-draft]');
    if (said.url) { image.src = said.url; image.alt = one.name; image.hidden = false; }
    part('[data-about]').textContent = said.problem || (said.notes || []).map(noted).join('; ') || say('draft');
  };

  // ----------------------------------------------------------------- pictures

  const waiting = new Map();  // jobs of this page that are not finished, with their words
  let look = 0;
  const pictures = guarded(async () => {
    if (!one) return;
    const id = one.id;
    const mine = ++look;
    const page = await ask(`content/library?${new URLSearchParams({character_id: id, limit: 100})}`);
    if (one?.id !== id || mine !== look) return;  // a newer look has more of them
    const source = (item) => `studio/content/library/${encodeURIComponent(item.id)}/preview`;
    const tiles = [...waiting.values()].filter((job) => job.character === id).map((job) => `<li><a class="under-way-of" title="${
      escape(job.words)}"><span class="under-way">${escape(word('status.processing'))} …</span></a></li>`);
    part('[data-pictures]').innerHTML = tiles.join('') + page.items.map((item) => `<li${item.content_type === 'video' ? ' class="plays"' : ''}><a href="${source(item)}" target="_blank" rel="noopener"
      title="${escape(item.prompt)}">${item.thumbnail_url ? `<img src="${source(item)}?width=320" alt="${escape(item.prompt)}" loading="lazy">`
        : `<span class="under-way">${escape(item.mime_type)}</span>`}</a></li>`).join('');
    part('[data-no-pictures]').hidden = page.items.length + tiles.length > 0;
  });
  const follow = async (id, job, words) => {
    waiting.set(job, {character: id, words});
    pictures();
    for (;;) {
      await new Promise((go) => setTimeout(go, LOOK_AGAIN_MS));
      let said;
      try {
        said = await ask(`jobs/${encodeURIComponent(job)}`);
      } catch (error) {
        if (error.status !== 404) continue;
        said = {};  // somebody has deleted it
      }
      if (['queued', 'processing'].includes(said.status)) continue;
      waiting.delete(job);
      if (said.status === 'failed') tell(say('failed', {why: avatarforge.sentence({detail: said.error?.message || ''})}));
      pictures();
      return;
    }
  };
  const generate = guarded(async (form) => {
    const {id} = one;
    const values = Object.fromEntries(new FormData(form));
    await saved();
    const said = await ask(at(id, '/generate/image'), {prompt: values.prompt || say('plain_prompt'), style_id: values.style_id || null});
    follow(id, said.job_id, values.prompt);
  });
  const makeSet = guarded(async (form) => {
    const {id} = one;
    const kind = form.dataset.set;
    const names = kind === 'expressions' ? [...form.querySelectorAll(':checked')].map((box) => box.value)
      : form.querySelector('textarea').value.split('\n').map((line) => line.trim()).filter(Boolean);
    if (!names.length) { tell(say('nothing_chosen')); return; }
    await saved();
    const said = await ask(at(id, '/sets'), {kind, items: names.map((name) => (kind === 'costumes' ? {name, words: name} : {name}))});
    for (const item of said.items) follow(id, item.job_id, item.name);
    tell(say('set_begun', {count: said.items.length}));
  });

  // ---------------------------------------------------------------------- use

  const use = guarded(async (tab) => {
    const {id, name} = one;
    await saved();
    const said = await ask(at(id, '/request'));
    if (tab === 'talking' || tab === 'sheet') {
      const page = await ask(`content/library?${new URLSearchParams({character_id: id, type: 'image', limit: 1})}`);
      if (!page.items.length) { tell(say('picture_first')); return; }
      const go = document.createElement('button');
      Object.assign(go.dataset, tab === 'talking' ? {send: 'talking', picture: page.items[0].id} : {send: 'sheet', id: page.items[0].job_id});
      go.hidden = true;
      room.root.append(go);
      go.click();
      go.remove();
      return;
    }
    avatarforge.gallery.take({...said.request, views: ['front']});
    avatarforge.goTo(tab);
    tell(say('in_form', {name}));
  });
  const remove = guarded(async () => {
    const {id, name} = one;
    await saved();  // what was typed is there when it is taken back
    stopDrawing();  // nobody asks any more for somebody who is gone
    await ask(at(id), undefined, 'DELETE');
    if (one?.id === id) shut();
    tell(say('deleted', {name}), {label: say('undo'), act: guarded(async () => { made(await ask(at(id, '/restore'), {})); })});
  });

  // ------------------------------------------------------------------- styles

  const addStyle = guarded(async (form) => {
    const {id} = one;
    await ask(at(id, '/styles'), Object.fromEntries(new FormData(form)));
    form.reset();
    await stylesAgain(id);
  });
  const stylesAgain = async (id) => {
    const {styles} = await ask(at(id, '/styles'));
    if (one?.id !== id) return;
    one.styles = styles;
    part('[data-styles]').innerHTML = one.styles.map(styleRow).join('');
    listStyles();
    drawSoon(0);
  };
  const setDefault = guarded(async (style) => {
    const {id, styles} = one;
    const isDefault = styles.find((other) => other.id === style).is_default;
    await ask(at(id, `/styles/${encodeURIComponent(style)}`), {is_default: !isDefault}, 'PUT');
    await stylesAgain(id);
  });
  const dropStyle = guarded(async (style) => {
    const {id} = one;
    await ask(at(id, `/styles/${encodeURIComponent(style)}`), undefined, 'DELETE');
    await stylesAgain(id);
  });

  // ------------------------------------------------------------------- wiring

  const build = (root) => {
    root.innerHTML = `<div class="fields" data-list><div class="maker"><textarea class="field" rows="2" data-words placeholder="${
        escape(say('words_hint'))}" aria-label="${escape(say('words_hint'))}"></textarea>
        <button type="button" class="act main" data-from-words>${escape(say('from_words'))}</button>
        <div class="row"><label class="act" tabindex="-1">${escape(say('from_picture'))}<input type="file" data-picture hidden
          accept="image/png,image/jpeg,image/webp"></label><label class="act" tabindex="-1">${escape(say('import'))}<input type="file" data-bundle hidden
          accept=".zip,application/zip"></label><small class="quiet">${escape(say('from_result'))}</small></div></div>
        <div class="tools"><input type="search" class="field" data-search placeholder="${escape(say('search'))}" aria-label="${escape(say('search'))}">
          <span class="quiet" data-count role="status"></span></div>
        <ul class="grid" data-grid></ul><p class="quiet" data-empty hidden></p><div data-end></div></div>
      <div class="editor" data-editor hidden></div>${room.toast}`;
    root.addEventListener('click', clicked);
    root.addEventListener('keydown', (event) => {
      const item = event.target.closest('[data-grid] > li');
      if (item && room.arrow(event, part('[data-grid]'), item)) event.preventDefault();
    });
    let search;
    root.addEventListener('input', (event) => {
      if (event.target.matches('[data-search]')) { clearTimeout(search); search = setTimeout(() => load(true), SEARCH_AFTER_MS); }
      else if (event.target.matches('[data-field]')) changed();
    });
    root.addEventListener('change', (event) => {
      const [file] = event.target.type === 'file' ? event.target.files : [];
      if (!file) return;
      if (event.target.matches('[data-picture]')) fromPicture(file);
      else bring(file);
      event.target.value = '';
    });
    root.addEventListener('submit', (event) => {
      event.preventDefault();
      const form = event.target;
      if (form.matches('[data-new-style]')) addStyle(form);
      else if (form.matches('[data-generate]')) generate(form);
      else if (form.matches('[data-set]')) makeSet(form);
    });
    films.begin({part, guarded, saved, root: () => root, shown: () => one, done: (id) => { if (one?.id === id) pictures(); }});
    addEventListener('pagehide', saved);
    document.addEventListener('scroll', fill, {passive: true, capture: true});
    const asked = new URL(location).searchParams.get('character');
    if (asked) edit(asked);
  };
  const clicked = (event) => {
    const hit = (selector) => event.target.closest(selector);
    const item = hit('[data-grid] > li');
    const style = hit('[data-style]')?.dataset.style;
    if (item) edit(item.dataset.id);
    else if (hit('[data-from-words]')) fromWords();
    else if (hit('[data-back]')) close();
    else if (hit('[data-in-library]')) guarded(avatarforge.library.showOf)(one.id);
    else if (hit('[data-use]')) use(hit('[data-use]').dataset.use);
    else if (hit('[data-delete]')) remove();
    else if (hit('[data-default]')) setDefault(style);
    else if (hit('[data-drop-style]')) dropStyle(style);
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-keep-character]');
    if (button) keep(button.dataset.keepCharacter);
  });
  room.begin('[data-characters]', build, '#characters-newest', () => { if (one) pictures(); else if (room.isOpen()) load(true); });
  return {};
})();
