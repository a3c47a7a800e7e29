// The browser's side of the app: fields, figures, tabs, the link, the study file. No value is computed here.
(() => {
  "use strict";
  const TYPING_MS = 350, DRAGGING_MS = 40, NARROW_PX = 760, UPLOAD_BYTES = 64000;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const byId = (id) => document.getElementById(id);
  const say = (text) => { byId("said").textContent = text; };

  // Fields: every one is sent as text, typed ones after a pause.
  const timers = new WeakMap();
  class FieldBinding extends Shiny.InputBinding {
    find(scope) { return $(scope).find(".field"); }
    getValue(el) { return el.value; }
    subscribe(el, callback) {
      const typed = el.tagName === "INPUT" || el.tagName === "TEXTAREA";
      $(el).on("input.field", () => {
        clearTimeout(timers.get(el));
        timers.set(el, setTimeout(() => callback(false), typed && !el.dataset.now ? TYPING_MS : 0));
      });
      $(el).on("change.field", () => { clearTimeout(timers.get(el)); callback(false); });
    }
    unsubscribe(el) { $(el).off(".field"); }
    receiveMessage(el, data) { if ("value" in data) { el.value = data.value; $(el).trigger("change"); } }
  }
  Shiny.inputBindings.register(new FieldBinding(), "speciosa.field");

  // The server learns with the first message how wide the screen is, and draws for it.
  class WidthBinding extends Shiny.InputBinding {
    find(scope) { return $(scope).find("#narrow"); }
    getValue() { return window.innerWidth < NARROW_PX ? "yes" : "no"; }
    subscribe(el, callback) {
      let resizing = 0;
      window.addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => callback(false), TYPING_MS); });
    }
  }
  Shiny.inputBindings.register(new WidthBinding(), "speciosa.width");

  const send = (el) => {
    el.dataset.now = "1";
    el.dispatchEvent(new Event("input", { bubbles: true }));
    delete el.dataset.now;
  };

  // A dose slider writes the amount into the words beside it; the words are what counts.
  const AMOUNT = /^(\s*)(\d+\.?\d*|\.\d+)/;
  const amountOf = (text) => { const found = AMOUNT.exec(text); return found ? Number(found[2]) : null; };
  const showSlider = (words, fresh) => {
    const slider = byId(words.dataset.slider);
    if (!slider) return;
    const amount = amountOf(words.value);
    slider.disabled = amount === null || amount === 0;
    if (slider.disabled) { byId(slider.id + "-shown").textContent = "no dose"; return; }
    if (fresh || amount > Number(slider.max) || amount < Number(slider.min)) {
      slider.max = String(4 * amount); slider.min = String(amount / 8); slider.step = String(amount / 40);
    }
    slider.value = String(amount);
    const unit = words.value.replace(AMOUNT, "").trim().split(/\s+/)[0] || "";
    byId(slider.id + "-shown").textContent = `${amount} ${unit}`;
    slider.setAttribute("aria-valuetext", `${amount} ${unit}`);
  };
  let dragging = 0;
  document.addEventListener("input", (event) => {
    const el = event.target;
    if (el.matches(".dose")) {
      const words = byId(el.dataset.words);
      words.value = words.value.replace(AMOUNT, `$1${Number(Number(el.value).toPrecision(3))}`);
      byId(el.id + "-shown").textContent = el.value;
      clearTimeout(dragging);
      dragging = setTimeout(() => { showSlider(words, false); send(words); }, DRAGGING_MS);
    } else if (el.id === "q" && byId("entry").value) {
      byId("entry").value = "";
      send(byId("entry"));
    } else if (el.matches(".words")) {
      showSlider(el, false);
    }
  });
  document.addEventListener("change", (event) => {
    const el = event.target;
    if (el.matches(".treatment")) {
      const chosen = el.selectedOptions[0], words = byId(el.dataset.words), name = byId(el.dataset.name);
      const row = words.closest(".arm");
      if (row) row.classList.toggle("absent", chosen.value === "absent");
      if (chosen.value !== "own") {
        words.value = chosen.dataset.regimen;
        if (name) { name.value = chosen.dataset.name; send(name); }
        showSlider(words, true);
        send(words);
        if (chosen.dataset.open) {
          words.closest("details")?.setAttribute("open", "");
          words.focus();
          words.setSelectionRange(0, 0);
        }
      } else {
        if (words.value === "absent") words.value = "";
        words.closest("details")?.setAttribute("open", "");
        words.focus();
      }
    }
    if (el.matches(".weight")) byId("w").value = [...document.querySelectorAll(".weight")].map((w) => `${w.dataset.outcome}:${w.value}`).join(",");
    if (el.matches(".weight")) send(byId("w"));
    if (el.dataset.shows) { showNext = el.dataset.shows; }
    if (el.id === "study-file" && el.files.length) {
      const file = el.files[0];
      if (file.size > UPLOAD_BYTES) { say(`The study file has ${file.size} bytes; at most ${UPLOAD_BYTES} are read.`); return; }
      file.text().then((text) => Shiny.setInputValue("study_file", text, { priority: "event" }));
      el.value = "";
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches(".weight")) {
      byId(event.target.id + "-shown").textContent = event.target.value;
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // Buttons that fill one field of the patient; pressed again they leave it open.
  const press = () => {
    for (const button of document.querySelectorAll("button[data-fills]")) {
      button.setAttribute("aria-pressed", String(byId(button.dataset.fills).value === button.dataset.value));
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-fills]");
    if (!button) return;
    const field = byId(button.dataset.fills);
    field.value = field.value === button.dataset.value ? "" : button.dataset.value;
    send(field);
    press();
  });
  document.addEventListener("input", press);

  // Words typed beside a list leave in it what has them; Enter takes the first.
  const matching = (find) => {
    const words = find.value.trim().toLowerCase().split(/\s+/);
    const list = byId(find.dataset.list);
    const fits = (option) => words.every((word) => `${option.textContent} ${option.dataset.also || ""}`.toLowerCase().includes(word));
    for (const option of list.options) option.hidden = option.value !== list.value && !fits(option);
    for (const group of list.querySelectorAll("optgroup")) group.hidden = [...group.children].every((option) => option.hidden);
    return [...list.options].find(fits);
  };
  document.addEventListener("input", (event) => { if (event.target.matches(".find")) matching(event.target); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.(".find")) return;
    event.preventDefault();
    const found = matching(event.target), list = byId(event.target.dataset.list);
    if (!found) { say(`Nothing in the list has “${event.target.value}”.`); return; }
    list.value = found.value;
    event.target.value = "";
    matching(event.target);
    list.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // Tabs: arrow keys move, the page field tells the server.
  const open = (page, focus) => {
    for (const tab of document.querySelectorAll('[role="tab"]')) {
      const chosen = tab.dataset.page === page;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen && focus) tab.focus();
      const panel = byId(tab.getAttribute("aria-controls"));
      panel.hidden = !chosen;
      $(panel).trigger(chosen ? "shown" : "hidden");
    }
    const question = byId("question");
    question.hidden = page !== "compare" && page !== "patient";
    byId(`controls-${page}`)[page === "patient" ? "after" : "before"](question);
    for (const part of document.querySelectorAll(".page-controls")) part.hidden = part.dataset.for !== page;
    document.body.dataset.page = page;
    if (byId("page").value !== page) { byId("page").value = page; send(byId("page")); }
  };
  document.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) { event.preventDefault(); open(tab.dataset.page, true); }
    const event_button = event.target.closest("button[data-event]");
    if (event_button) Shiny.setInputValue(event_button.dataset.event, String(Date.now()), { priority: "event" });
    const entry = event.target.closest("button[data-entry]");
    if (entry) { byId("entry").value = entry.dataset.entry; send(byId("entry")); byId("found")?.removeAttribute("open"); open("sources", false); }
    if (event.target.closest("#copy-link")) {
      byId("link").select();
      navigator.clipboard?.writeText(byId("link").value).then(() => say("Link copied."), () => say("Press Ctrl+C to copy the link."));
    }
    const anchor = event.target.closest('a[href^="#"]');
    if (anchor) {
      const target = byId(decodeURIComponent(anchor.getAttribute("href").slice(1)));
      for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
      if (target) { event.preventDefault(); target.scrollIntoView({ block: "center" }); target.tabIndex = -1; target.focus({ preventScroll: true }); target.classList.add("found"); setTimeout(() => target.classList.remove("found"), 1800); }
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.getAttribute?.("role") !== "tab") return;
    const tabs = [...document.querySelectorAll('[role="tab"]')], here = tabs.indexOf(event.target);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step ? (here + step + tabs.length) % tabs.length : null;
    if (next !== null) { event.preventDefault(); open(tabs[next].dataset.page, true); }
  });

  // Figures: the server sends a drawing as Vega-Lite; it is drawn aside and then put in place, so nothing flickers.
  // Where only its numbers are new, the drawing that stands there gets them: building one takes ten times as long.
  const parted = (spec) => {
    const rows = [];
    const apart = (key, value) => {
      if (key !== "data" || !value?.values) return value;
      rows.push(value.values);
      return { name: `rows${rows.length - 1}` };
    };
    let form = JSON.stringify(spec, apart);
    if (dark.matches) {
      const ink = JSON.parse(document.body.dataset.dark);
      form = form.replace(/#[0-9a-f]{6}/g, (c) => ink[c] || c).replace('"background":"white"', '"background":"transparent"');
    }
    return { form, rows };
  };
  const joined = ({ form, rows }) => JSON.parse(form, (key, value) => (key === "data" && value?.name ? { ...value, values: rows[Number(value.name.slice(4))] } : value));
  const draw = async (spec, old, aside) => {
    const parts = parted(spec);
    if (old?.form === parts.form) {
      parts.rows.forEach((rows, place) => old.made.view.data(`rows${place}`, rows));
      await old.made.view.runAsync();
      return old;
    }
    const holder = document.createElement("div");
    aside.append(holder);
    const made = await vegaEmbed(holder, joined(parts), { ast: true, renderer: "svg", actions: false, tooltip: false });
    return { form: parts.form, holder, made };
  };
  // On a small screen a table that would scroll sideways stands one row below the other, each cell under its heading.
  const stack = (el) => {
    if (window.innerWidth >= NARROW_PX) return;
    for (const box of el.querySelectorAll(".table")) {
      if (box.closest(".by-arm, .stacked") || box.scrollWidth <= box.clientWidth) continue;
      const headings = [...box.querySelectorAll("thead th")].map((head) => head.firstChild?.textContent || "");
      for (const row of box.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, place) => { if (cell.tagName === "TD") cell.dataset.label = headings[place]; });
      }
      box.classList.add("stacked");
    }
  };
  document.addEventListener("toggle", (event) => { if (event.target.matches?.(".view details")) stack(event.target); }, true);
  const states = new WeakMap();
  // What a list chooses is brought into sight once it is drawn.
  let showNext = "";
  const paint = async (el, view, state) => {
    const aside = document.createElement("div");
    aside.className = "aside";
    aside.style.width = `${el.clientWidth}px`;
    document.body.append(aside);
    const fresh = document.createElement("div");
    fresh.innerHTML = view.html;
    const place = (number, drawing) => (state.view ? fresh : el).querySelector(`[data-figure="${number}"]`)?.replaceChildren(drawing.holder);
    const show = () => {
      for (const shown of el.querySelectorAll("details[open][id]")) fresh.querySelector(`details[id="${CSS.escape(shown.id)}"]`)?.setAttribute("open", "");
      el.replaceChildren(...fresh.childNodes);
      stack(el);
    };
    // A page that shows nothing yet has its words at once, and each figure when it is drawn.
    if (!state.view) show();
    const drawn = [];
    try {
      for (const [number, spec] of view.figures.entries()) {
        drawn.push(await draw(spec, state.drawn[number], aside));
        place(number, drawn[number]);
        if (!state.view) await new Promise((painted) => setTimeout(painted));
      }
    } catch (error) {
      console.error("figure", error);
    }
    if (state.view) show();
    aside.remove();
    for (const old of state.drawn) if (!drawn.includes(old)) old.made.finalize();
    Object.assign(state, { view, drawn, turn: state.turn + 1 });
    el.dataset.key = view.key; el.dataset.stage = view.stage; el.dataset.turn = String(state.turn);
    el.setAttribute("aria-busy", "false");
    if (showNext) byId(showNext)?.scrollIntoView({ block: "start" });
    showNext = "";
  };
  class ViewBinding extends Shiny.OutputBinding {
    find(scope) { return $(scope).find(".view"); }
    renderError(el, error) { el.textContent = error.message; }
    async renderValue(el, view) {
      if (!view) return;
      if (!states.has(el)) states.set(el, { drawn: [], turn: 0, view: null, next: null, busy: false });
      const state = states.get(el);
      state.next = view;
      if (state.busy) return;
      state.busy = true;
      while (state.next) {
        const newest = state.next;
        state.next = null;
        await paint(el, newest, state);
      }
      state.busy = false;
    }
  }
  // A figure as a file: what stands on the page, drawn by the same view.
  const save = (content, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-save]");
    if (!button) return;
    const figure = button.closest("figure");
    const drawn = states.get(figure.closest(".view")).drawn[Number(figure.querySelector("[data-figure]").dataset.figure)];
    const name = `${figure.id.slice(4)}.${button.dataset.save}`;
    if (button.dataset.save === "svg") save(new Blob([await drawn.made.view.toSVG()], { type: "image/svg+xml" }), name);
    else (await drawn.made.view.toCanvas(2)).toBlob((content) => save(content, name));
  });
  const views = new ViewBinding();
  Shiny.outputBindings.register(views, "speciosa.view");
  dark.addEventListener("change", () => {
    for (const el of document.querySelectorAll(".view")) if (states.get(el)?.view) views.renderValue(el, states.get(el).view);
  });

  // Kept results: rows that the server wrote, one below the other where they tell of the same outcomes; they last as long as the tab.
  const KEPT = "speciosa.kept", MOST_KEPT = 8;
  const keptOnes = () => { try { return JSON.parse(sessionStorage.getItem(KEPT)) || []; } catch { return []; } };
  const showKept = (all) => {
    try { sessionStorage.setItem(KEPT, JSON.stringify(all)); } catch { say("This browser keeps results only until the page is loaded again."); }
    byId("kept").hidden = !all.length;
    const heads = [...new Set(all.map((one) => one.head))];
    byId("kept-tables").innerHTML = heads.map((head) => {
      const bodies = all.map((one, place) => (one.head !== head ? "" : `<tbody><tr class="about"><td colspan="9"><b>${place + 1}.</b> <span class="basis"></span> ` +
        `<a data-open="${place}">Open again</a> <button type="button" class="link" data-drop="${place}">Remove</button></td></tr>${one.rows}</tbody>`)).join("");
      return `<div class="table" role="region" tabindex="0" aria-label="Kept results"><table><thead><tr>${head}</tr></thead>${bodies}</table></div>`;
    }).join("");
    for (const link of document.querySelectorAll("#kept [data-open]")) {
      const one = all[Number(link.dataset.open)];
      link.href = `${location.pathname}${one.query ? "?" + one.query : ""}`;
      link.previousElementSibling.textContent = one.about;
    }
  };
  document.addEventListener("click", (event) => {
    const drop = event.target.closest("button[data-drop]");
    if (drop) showKept(keptOnes().filter((_, place) => place !== Number(drop.dataset.drop)));
  });
  Shiny.addCustomMessageHandler("kept", (one) => {
    const others = keptOnes().filter((other) => other.query !== one.query || other.about !== one.about);
    showKept([...others, one].slice(-MOST_KEPT));
    say("Kept. Change something: what you kept stands above the new answer.");
  });

  // Messages from the server.
  Shiny.addCustomMessageHandler("link", (message) => {
    const address = `${location.pathname}${message.query ? "?" + message.query : ""}`;
    history.replaceState(null, "", address);
    byId("link").value = location.origin + address;
    for (const [field, [light, ground]] of Object.entries(message.colours)) {
      const row = byId(field)?.closest(".arm");
      row?.style.setProperty("--arm", light);
      row?.style.setProperty("--arm-dark", ground);
    }
  });
  Shiny.addCustomMessageHandler("go", (message) => { location.search = message.query; });
  Shiny.addCustomMessageHandler("faults", (message) => {
    for (const slot of document.querySelectorAll(".fault")) {
      const text = message.faults[slot.dataset.field] || "";
      if (slot.textContent !== text) slot.textContent = text;
      const field = byId(slot.dataset.field);
      if (field) field.setAttribute("aria-invalid", String(Boolean(text)));
      if (text) slot.closest("details")?.setAttribute("open", "");
    }
  });
  Shiny.addCustomMessageHandler("refused", (message) => say(message.text));
  Shiny.addCustomMessageHandler("progress", (message) => {
    const bar = byId("progress");
    bar.hidden = message.done === null;
    byId("cancel").hidden = bar.hidden;
    if (byId("stage").textContent !== message.text) byId("stage").textContent = message.text;
    if (message.done !== null) bar.value = message.done;
  });
  Shiny.addCustomMessageHandler("ready", (message) => { byId("ready").innerHTML = message.html; byId("ready").querySelector("a")?.click(); });

  $(document).on("shiny:disconnected", () => say("The connection to the app is lost. Load the page again to go on."));
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".words").forEach((words) => showSlider(words, true));
    open(byId("page").value, false);
    showKept(keptOnes());
    // The first drawing of a page takes several times as long as the next: an empty one is drawn while the server works.
    press();
    const axis = (field) => ({ field, type: "quantitative" });
    draw({ data: { values: [{ x: 0, y: 0 }, { x: 1, y: 1 }] }, mark: "line", encoding: { x: axis("x"), y: axis("y") } }, null, document.createElement("div"))
      .then((warm) => warm.made.finalize());
  });
})();
