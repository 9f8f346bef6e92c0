// What the tabs share that speak to the studio's own routes: asking, telling, their words, and how they begin.
avatarforge.room = (name) => {
  const {word, escape, sentence} = avatarforge;
  const UNDO_MS = 12000;
  const MOST_KEPT_ALIVE = 16000;
  const MORE_WITHIN_PX = 600;  // below what can be seen
  const room = {root: null};

  room.part = (selector) => room.root.querySelector(selector);
  room.parts = (selector) => [...room.root.querySelectorAll(selector)];
  room.say = (key, facts = {}) => word(`${name}.${key}`, facts.count).replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? '');
  room.isOpen = () => Boolean(room.root?.offsetParent);

  // A body is sent as JSON or as a form; without one it is only asked.
  room.ask = async (path, body, method, signal) => {
    const options = {method: method || (body === undefined ? 'GET' : 'POST'), signal};
    if (body instanceof FormData) options.body = body;
    else if (body !== undefined) {
      options.body = JSON.stringify(body);
      options.headers = {'content-type': 'application/json'};
      // Sent though the page is left; browsers take no more than that along.
      options.keepalive = options.body.length < MOST_KEPT_ALIVE;
    }
    const answer = await fetch(`studio/${path}`, options);
    const said = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw Object.assign(new Error(sentence(said)), {status: answer.status});
    return said;
  };

  let hiding;
  room.tell = (text, action) => {
    const place = room.part('[data-toast]');
    place.innerHTML = `<span>${escape(text)}</span>`;
    if (action) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'act';
      button.textContent = action.label;
      button.onclick = () => { place.hidden = true; action.act(); };
      place.append(button);
    }
    place.hidden = false;
    // A dialog is above everything else; what is told now is above the dialog.
    if (place.matches(':popover-open')) place.hidePopover();
    place.showPopover();
    clearTimeout(hiding);
    hiding = setTimeout(() => { place.hidden = true; }, UNDO_MS);
  };
  room.toast = '<div class="toast" data-toast role="status" popover="manual" hidden></div>';
  room.guarded = (act) => async (...all) => {
    try { return await act(...all); } catch (error) { room.tell(String(error.message || error)); return undefined; }
  };
  room.save = (url) => {
    const link = document.createElement('a');
    link.href = url;
    link.download = '';
    link.click();
  };

  // A list that comes page by page, and its changes. `fetch(anew)` asks for a page, `show(page, anew)` has it seen,
  // `hasMore()` says whether to ask again when the end comes into sight.
  room.pages = ({fetch, show, hasMore}) => {
    let turn = 0;  // answers to older questions are void
    let changes = 0;  // begun and ended: a list that was asked before one of them may lack it
    let loading = false;
    // The answer as it is now, or nothing when somebody has asked for another list meanwhile.
    const current = async (question) => {
      const mine = turn;
      for (;;) {
        const before = changes;
        const said = await question();
        if (mine !== turn) return undefined;
        if (before === changes) return said;
      }
    };
    const load = room.guarded(async (anew) => {
      if (!anew && (loading || !hasMore())) return;
      if (anew) turn += 1;
      const mine = turn;
      loading = true;
      try {
        const page = await current(() => fetch(anew));
        if (!page) return;
        if (anew) room.part('[data-grid]').replaceChildren();
        show(page, anew);
      } finally {
        if (mine === turn) loading = false;
      }
      fill();
    });
    const fill = () => {
      if (room.isOpen() && room.part('[data-end]').offsetParent
        && room.part('[data-end]').getBoundingClientRect().top < innerHeight + MORE_WITHIN_PX) load(false);
    };
    const changing = (act) => room.guarded(async (...all) => {
      changes += 1;
      try { return await act(...all); } finally { changes += 1; }
    });
    return {load, fill, current, changing, isLoading: () => loading};
  };

  // What has the focus goes with the old content; the keys of the dialog must still be heard.
  room.appear = (dialog) => { if (!dialog.open) dialog.showModal(); dialog.focus(); };
  // The next item in the direction of an arrow key, in a grid whose rows end where the window does.
  room.arrow = (event, grid, item) => {
    const across = Math.max(1, Math.round(grid.offsetWidth / item.offsetWidth));
    const by = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across}[event.key];
    if (!by) return false;
    const all = [...grid.children];
    all[all.indexOf(item) + by]?.querySelector('.open').focus();
    return true;
  };

  // Built when its tab is first looked at; `news` names the element by which the stream tells that something is new.
  let built;
  room.built = new Promise((done) => { built = done; });
  room.begin = (place, build, news, arrived) => {
    const found = document.querySelector(place);
    const told = document.querySelector(news);
    if (!found || !told) { setTimeout(() => room.begin(place, build, news, arrived), 100); return; }
    const newest = () => told.querySelector('[data-newest]')?.dataset.newest ?? '';
    let known;
    const look = () => {
      if (!room.isOpen() || newest() === known) return;
      known = newest();
      arrived();
    };
    new MutationObserver(look).observe(told, {
      childList: true, subtree: true, attributes: true, attributeFilter: ['data-newest'],
    });
    new IntersectionObserver((seen) => {
      if (!seen[0].isIntersecting) return;
      if (!room.root) {
        room.root = found;
        build(found);
        built();
      }
      look();
    }).observe(found);
  };
  return room;
};
