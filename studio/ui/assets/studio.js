// What the page does by itself: addresses, drafts, keys, times, language, and mending a broken stream.
window.avatarforge = (() => {
  const DRAFT_AFTER_MS = 200;
  const AGAIN_AFTER_MS = 1500;
  const TABS = ['avatar', 'views', 'queue', 'engine'];

  // ------------------------------------------------------------------ words

  const language = () => (document.documentElement.lang || navigator.language || 'en').split('-')[0];
  const word = (key) => {
    const tables = window.gradio_config?.i18n_translations || {};
    return (tables[language()] || {})[key] || (tables.en || {})[key] || key;
  };
  const escape = (text) => String(text).replace(/[&<>"'`]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  // Our routes answer refusals in several documented shapes.
  const sentence = (answer) => {
    const said = answer?.error || answer?.detail || answer;
    if (typeof said === 'string') return said;
    return [said?.message, said?.hint].filter(Boolean).join(' ') || word('error.unknown');
  };

  // -------------------------------------------------------------- addresses

  const remember = (changes) => {
    const url = new URL(location);
    for (const [name, value] of Object.entries(changes)) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    history.replaceState(null, '', url);
  };

  const opened = () => {
    const asked = new URL(location).searchParams;
    return [JSON.stringify({
      job: asked.get('job') || '', views: asked.get('views') || '', tab: asked.get('tab') || TABS[0],
    })];
  };

  const made = (name, id) => {
    remember({[name]: id});
    // On a phone the picture is below the form.
    if (innerWidth <= 900) document.querySelector('.shown')?.scrollIntoView({block: 'start'});
    return [];
  };

  const goTo = (tab) => {
    const index = TABS.indexOf(tab);
    const button = document.querySelectorAll('#tabs [role=tab]')[index];
    if (button) button.click();
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

  const changed = (names, values) => {
    const form = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    draw(form);
    return form;
  };

  // ----------------------------------------------------------------- drafts

  let waiting = 0;
  let newest = 0;
  const draw = (form) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => drawNow(form), DRAFT_AFTER_MS);
  };
  const drawNow = async () => { newest += 1; };

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

  const visible = (element) => element && element.offsetParent !== null && !element.disabled;
  const press = (selector) => {
    const found = [...document.querySelectorAll(selector)].find(visible);
    if (found) found.click();
    return Boolean(found);
  };
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      if (press('#generate, #views-generate')) event.preventDefault();
    } else if (event.key === 'Escape' && !event.defaultPrevented) {
      if (!document.querySelector('[role=listbox], dialog[open]')) press('#cancel, #views-cancel');
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
    const tab = event.target.closest?.('#tabs [role=tab]');
    if (tab) {
      const index = [...document.querySelectorAll('#tabs [role=tab]')].indexOf(tab);
      remember({tab: index > 0 ? TABS[index] : ''});
    }
  });
  const whenThere = (selector, act) => {
    const found = document.querySelector(selector);
    if (found) act(found);
    else setTimeout(() => whenThere(selector, act), 50);
  };
  whenThere('[data-language]', (list) => { list.value = language(); });
  whenThere('#tabs [role=tab]', () => {
    paint();
    goTo(new URL(location).searchParams.get('tab'));
  });
  return {word, escape, sentence, remember, opened, made, goTo, brokeOff, restore, changed};
})();
